"""Explain: what stands around a contact, so that a person understands why it is what it is."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from worker.domain.conflicts import Conflict
from worker.domain.contacts import Contact
from worker.domain.decisions import Apart, Decision, ruling
from worker.domain.evidence import Evidence
from worker.domain.records import Record
from worker.domain.unproved import Unproved, unproved
from worker.jobs.closure import closure
from worker.jobs.policy import policy_in_force
from worker.storage.policies import PolicyRow
from worker.storage.unit_of_work import Transaction

_ACROSS = 100
"""Records of other contacts that are looked at for one case: a switchboard has thousands."""


class Apartness(NamedTuple):
    """Somebody decided that a contact is another person than these."""

    decision: Decision
    contacts: tuple[Contact, ...]


class Around(NamedTuple):
    """What stands around a contact."""

    by_id: dict[str, Record]
    """The records that share something with it, its own among them."""
    contact_of: dict[str, Contact]
    """By record, the contacts that stand across a conflict."""
    decisions: dict[str, Decision]
    """Those that name its records or mark an identifier, by id; withdrawn ones too."""
    apart: list[Apartness]
    unproved: list[Unproved]
    policy: PolicyRow | None
    """The version by which it was judged; None where none was kept."""


def around(tx: Transaction, contact: Contact, conflicts: Iterable[Conflict]) -> Around:
    """Return what stands around a contact. Costs as much as to resolve it."""
    policy = policy_in_force(tx)
    records, membership, decisions = closure(tx, contact.record_ids, policy)
    in_force = ruling(decisions)
    across = [each for case in conflicts for each in case.records[:_ACROSS]]
    return Around(
        {record.id: record for record in records},
        _contacts(tx, across, membership),
        {each.id: each for each in decisions},
        _kept_apart(tx, contact, in_force.apart),
        unproved(Evidence(records, policy, in_force), contact.record_ids),
        tx.policies.get(tx.contacts.judged_by(contact.id)),
    )


def _contacts(
    tx: Transaction, record_ids: Sequence[str], membership: dict[str, str] | None = None
) -> dict[str, Contact]:
    """Return the present contact of each record that has one."""
    now_in = tx.contacts.membership(record_ids) if membership is None else membership
    wanted = {now_in[each] for each in record_ids if each in now_in}
    by_id = {each.id: each for each in tx.contacts.get_all(sorted(wanted))}
    return {each: by_id[now_in[each]] for each in record_ids if now_in.get(each) in by_id}


def _kept_apart(tx: Transaction, contact: Contact, apart: Iterable[Apart]) -> list[Apartness]:
    """Return the decisions in force that keep a contact from others, each with whom they are now."""
    own = set(contact.record_ids)
    found = []
    for decision, side_of in apart:
        sides = {side_of[each] for each in own & side_of.keys()}
        beyond = [each for each, side in side_of.items() if sides and side not in sides]
        contacts = {each.id: each for each in _contacts(tx, beyond[:_ACROSS]).values()}
        others = tuple(each for _, each in sorted(contacts.items()) if each.id != contact.id)
        if others:
            found.append(Apartness(decision, others))
    return found
