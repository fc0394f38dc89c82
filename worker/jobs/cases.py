"""Cases: an open conflict with everything that a person needs to judge it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from integrations.contract import LEVELS, Level
from worker.domain.conflicts import Conflict
from worker.domain.contacts import Contact
from worker.domain.decisions import Decision, ruling
from worker.domain.evidence import OBSERVED, Evidence
from worker.domain.records import Key, Record, Sighting
from worker.domain.suggestions import Suggestion
from worker.jobs.policy import policy_in_force
from worker.storage.unit_of_work import Transaction, UnitOfWork

MOST, MOST_IN_LIST = 500, 20
"""Records on one side of a case that are looked at: a switchboard has thousands, and nobody reads them all."""


class UnknownCaseError(Exception):
    """Raised when an id leads to no open case, or its beginning to several. The message says which."""


class Holding(NamedTuple):
    """What one record of a case holds."""

    record: Record
    level: Level | None
    """How surely it holds the value of the case; None where the case is about no value, or it does not."""
    since: datetime
    """Since when it does; without a value, when it happened."""
    accounts: tuple[tuple[str, str], ...]
    """The accounts that the record names, each with its namespace."""
    held: tuple[tuple[Key, Level], ...]
    """Everything else on it, observed or better, the surest first."""


class Side(NamedTuple):
    """One person that a case is about, or who stands between."""

    contacts: tuple[Contact, ...]
    holdings: tuple[Holding, ...]
    more: int
    """Records beyond those that were looked at."""


class Case(NamedTuple):
    """A conflict laid out."""

    conflict: Conflict
    sides: tuple[Side, ...]
    between: Side
    """The records on no side."""
    decision: Decision | None
    suggestions: tuple[Suggestion, ...]
    """Those among its contacts: to reject one tells the two from each other."""

    @property
    def since(self) -> datetime | None:
        """When the second side came to it: the evidence contradicts itself since then."""
        first = sorted(min(each.since for each in side.holdings) for side in self.sides if side.holdings)
        if len(first) > 1:
            return first[1]
        return min((each.since for each in self.between.holdings), default=None)


def listed(uow: UnitOfWork, kind: str | None, limit: int) -> tuple[list[Case], int]:
    """Return open cases, and how many there are in all."""
    with uow.begin() as tx:
        return [_case(tx, each, MOST_IN_LIST) for each in tx.cases.all(limit, kind)], tx.cases.count(kind)


def find(uow: UnitOfWork, beginning: str) -> Case:
    """Return the one open case whose id begins so.

    Raises:
        UnknownCaseError: none does, or several do.
    """
    with uow.begin() as tx:
        found = tx.cases.beginning(beginning)
        if len(found) == 1:
            return _case(tx, found[0], MOST)
    if found:
        several = ", ".join(each.case[: len(beginning) + 4] for each in found)
        raise UnknownCaseError(f"Several cases begin with {beginning}: {several}. Write some more of it.")
    raise UnknownCaseError(
        f"No open case begins with {beginning}: it may be settled by now. See: avouch conflicts list"
    )


def _case(tx: Transaction, conflict: Conflict, most: int) -> Case:
    on_a_side = {each for side in conflict.sides for each in side}
    between = [each for each in conflict.records if each not in on_a_side]
    shown = [each for side in (*conflict.sides, between) for each in side[:most]]
    policy = policy_in_force(tx)
    evidence = Evidence(tx.evidence.load(shown), policy, ruling(tx.decisions.naming(shown)))
    membership = tx.contacts.membership(shown)
    contacts = {each.id: each for each in tx.contacts.get_all(sorted(set(membership.values())))}

    def side(record_ids: Sequence[str]) -> Side:
        ids = dict.fromkeys(membership[each] for each in record_ids if each in membership)
        return Side(
            tuple(contacts[each] for each in ids if each in contacts),
            tuple(_holdings(evidence, conflict, record_ids[:most])),
            max(0, len(record_ids) - most),
        )

    return Case(
        conflict,
        tuple(side(each) for each in conflict.sides),
        side(between),
        tx.decisions.get(conflict.decision) if conflict.decision else None,
        tuple(tx.suggestions.among(contacts)),
    )


def _holdings(evidence: Evidence, conflict: Conflict, record_ids: Iterable[str]) -> Iterable[Holding]:
    """Return what records of a case hold, the earliest first."""
    for index in sorted(evidence.index[each] for each in record_ids if each in evidence.index):
        record = evidence.records[index]
        rank = evidence.held[index].get(conflict.key) if conflict.key else None
        level = None if rank is None else LEVELS[rank]
        seen = [each.first_at for each in record.sightings if _key(each) == conflict.key and level]
        since = min(seen, default=record.occurred_at)
        yield Holding(record, level, since, _accounts(record), _held(evidence, index))


def _held(evidence: Evidence, index: int) -> tuple[tuple[Key, Level], ...]:
    held = [(-rank, key) for key, rank in evidence.held[index].items() if rank >= OBSERVED]
    return tuple((key, LEVELS[-rank]) for rank, key in sorted(held) if key[0] != "account")


def _accounts(record: Record) -> tuple[tuple[str, str], ...]:
    """Return the accounts that a record names now, each with its namespace."""
    named = {
        (each.namespace, each.value)
        for each in record.sightings
        if each.type == "account" and not each.former and each.level >= Level.STORED
    }
    return tuple(sorted(named))


def _key(sighting: Sighting) -> Key:
    return (sighting.type, sighting.namespace, sighting.value)
