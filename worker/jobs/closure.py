"""The closure: every record that the rules could look at together with a changed one."""

from collections.abc import Iterable

from worker.domain.policy import Policy
from worker.domain.reach import reaching
from worker.domain.records import Record
from worker.storage.unit_of_work import Transaction


def closure(
    tx: Transaction, record_ids: Iterable[str], policy: Policy
) -> tuple[list[Record], dict[str, str]]:
    """Return the closure of `record_ids`, and the present contact of each record that has one.

    Records are reached over equal values, observed or better, over `about` in both directions, and over
    the contacts they are in now. Rules look no further, so resolving the closure gives what resolving
    everything would. Claims reach nothing: ten thousand of them would make each next one dear.
    """
    loaded: dict[str, Record] = {}
    membership: dict[str, str] = {}
    values: set[str] = set()
    contacts: set[str] = set()
    frontier = set(record_ids)
    while frontier:
        records = tx.evidence.load(sorted(frontier))
        loaded.update((record.id, record) for record in records)
        ids = [record.id for record in records]
        now_in = tx.contacts.membership(ids)
        membership.update(now_in)
        reached = {record.about for record in records if record.about}
        reached |= tx.evidence.about(ids)
        new_values = {value for record in records for _, _, value in reaching(record, policy)} - values
        if new_values:
            values |= new_values
            reached |= tx.evidence.holding(sorted(new_values))
        new_contacts = set(now_in.values()) - contacts
        if new_contacts:
            contacts |= new_contacts
            for body in tx.contacts.members_of(sorted(new_contacts)):
                reached.update(body)
        frontier = reached - loaded.keys() - frontier
    return list(loaded.values()), membership
