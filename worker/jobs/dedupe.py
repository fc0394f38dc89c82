"""Dedupe: suggestions for the contacts that changed. It joins nobody; a person decides."""

from worker.domain import blocklist
from worker.domain.contacts import Contact
from worker.domain.evidence import CLAIMED, Key
from worker.domain.policy import Policy
from worker.domain.suggestions import Holding, suggest
from worker.jobs.policy import policy_in_force
from worker.jobs.resolve import Outcome, Resolved
from worker.storage.unit_of_work import Transaction, UnitOfWork

BATCH = 2_000


def run(uow: UnitOfWork, at_most: int = BATCH) -> Resolved:
    """Make the suggestions of one batch of changed contacts anew. Safe to run twice or in parallel."""
    with uow.begin() as tx:
        if not tx.only_deduper() or tx.to_resolve.any():
            # While records wait to be resolved, suggestions about them would be made twice.
            return Resolved(Outcome.BUSY)
        taken, contact_ids = tx.to_dedupe.take(at_most)
        if not taken:
            return Resolved(Outcome.IDLE)
        policy = policy_in_force(tx)
        contacts = tx.contacts.get_all(contact_ids)
        held = _who_holds(tx, _comparable(contacts, policy) - _contested(tx, contacts))
        found = suggest(held, {contact.id for contact in contacts})
        tx.people.replace_suggestions(contact_ids, found)
        tx.to_dedupe.done(taken)
    return Resolved(Outcome.MORE, len(contact_ids), len(found))


def _comparable(contacts: list[Contact], policy: Policy) -> set[Key]:
    """Return the values of `contacts` that may suggest somebody: no common ones."""
    return {
        (each.type, each.namespace, each.value)
        for contact in contacts
        for each in contact.identifiers
        if not blocklist.why_common(each.type, each.value, policy.own_numbers, policy.extra_roles)
    }


def _contested(tx: Transaction, contacts: list[Contact]) -> set[Key]:
    """Return the contested values: each is a conflict case of its own, and the people are certainly two."""
    cases = tx.cases.of([record_id for contact in contacts for record_id in contact.record_ids])
    return {case.key for case in cases if case.key is not None}


def _who_holds(tx: Transaction, keys: set[Key]) -> dict[Key, list[Holding]]:
    """Return for each value that several contacts hold, who does."""
    held: dict[Key, dict[str, tuple[int, int]]] = {}
    for row in tx.people.sharing(sorted({value for _, _, value in keys})):
        key = (row.type, row.namespace, row.value)
        if key in keys:
            of_key = held.setdefault(key, {})
            highest, records = of_key.get(row.contact_id, (CLAIMED, 0))
            of_key[row.contact_id] = (max(highest, row.level), records + row.records)
    return {
        key: [(contact_id, rank, records) for contact_id, (rank, records) in contacts.items()]
        for key, contacts in held.items()
        if len(contacts) > 1
    }
