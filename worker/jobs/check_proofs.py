"""Check proofs: have the checker look at every contact, proof and conflict case that is stored."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from worker.checker import Case, Fault, check
from worker.domain.contacts import Contact
from worker.jobs.policy import policy_in_force
from worker.jobs.rebuild import BusyError, hold_still
from worker.storage.unit_of_work import Transaction, UnitOfWork

EVERY = 1_000
"""Contacts between two words on how far it is."""

Progress = Callable[[int, int], None]
"""Takes how many contacts are checked, and of how many."""


class Checked(NamedTuple):
    """What the checker found."""

    proofs: int
    contacts: int
    faults: tuple[Fault, ...]


def run(uow: UnitOfWork, progress: Progress = lambda _done, _of: None) -> Checked:
    """Check all that is stored and write nothing. Holds all records and contacts in memory: about 5 kB a record.

    Takes the folded records as they are stored: whether they are what was delivered, `rebuild --check` says.

    Raises:
        BusyError: a worker resolves just now, or something waits to be resolved.
    """
    with uow.begin() as tx:
        hold_still(tx)
        contacts = [each.contact for each in tx.contacts.counted()]
        records = list(tx.evidence.load_all())
        said = tx.decisions.all()

        def checked(done: int) -> None:
            if done % EVERY == 0 or done == len(contacts):
                progress(done, len(contacts))

        faults = check(contacts, records, said, policy_in_force(tx), _cases(tx), checked)
        faults += _of_members(contacts, tx.contacts.membership([each.id for each in records]))
        if faults and tx.to_resolve.any():
            raise BusyError("records landed meanwhile. Try again in a moment")
    return Checked(sum(len(each.proofs) for each in contacts), len(contacts), tuple(faults))


def _cases(tx: Transaction) -> Iterable[Case]:
    for each in tx.cases.all(tx.cases.count()):
        yield Case(each.case, each.kind, each.key, each.records, each.sides, each.decision)


def _of_members(contacts: Iterable[Contact], membership: dict[str, str]) -> list[Fault]:
    """Find where a record leads to another contact than the one that holds it: what a search by id would show."""
    found = []
    for contact in contacts:
        elsewhere = tuple(each for each in contact.record_ids if membership.pop(each, None) != contact.id)
        if elsewhere:
            found.append(Fault(contact.id, "one contact", "holds records that lead elsewhere", elsewhere))
    for record_id, contact_id in sorted(membership.items()):
        found.append(
            Fault(contact_id, "one contact", "is led to by a record that it does not hold", (record_id,))
        )
    return found
