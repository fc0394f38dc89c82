"""Why not: the question why two contacts are not one, with everything that the answer rests on."""

from typing import NamedTuple

from worker.domain.conflicts import Conflict
from worker.domain.contacts import Contact
from worker.domain.records import Record
from worker.domain.suggestions import Suggestion
from worker.domain.why_not import WhyNot, why_not
from worker.jobs.closure import closure
from worker.jobs.people import find
from worker.jobs.policy import policy_in_force
from worker.storage.unit_of_work import UnitOfWork


class Compared(NamedTuple):
    """Two contacts beside each other."""

    answer: WhyNot
    one: Contact
    other: Contact
    by_id: dict[str, Record]
    cases: list[Conflict]
    """The open conflict cases that touch both."""
    suggestion: Suggestion | None
    """That they may be one person, where nobody has answered it yet."""


def run(uow: UnitOfWork, one_id: str, other_id: str) -> Compared:
    """Compare the contacts that two ids lead to, by what waits for nobody: resolve first what has landed.

    Raises:
        UnknownIdError: an id leads to no contact.
    """
    with uow.begin() as tx:
        one, other = find(tx, one_id), find(tx, other_id)
        policy = policy_in_force(tx)
        records, _, decisions = closure(tx, (*one.record_ids, *other.record_ids), policy)
        cases = [
            case
            for case in tx.cases.of((*one.record_ids, *other.record_ids))
            if not set(case.records).isdisjoint(one.record_ids)
            and not set(case.records).isdisjoint(other.record_ids)
        ]
        suggestions = tx.suggestions.among([one.id, other.id])
    return Compared(
        why_not(one, other, records, policy, decisions),
        one,
        other,
        {record.id: record for record in records},
        cases,
        suggestions[0] if suggestions else None,
    )
