"""The closure: every record that the rules could look at together with a changed one."""

from collections.abc import Iterable
from typing import NamedTuple

from worker.domain.decisions import Decision
from worker.domain.policy import Policy
from worker.domain.reach import reaching
from worker.domain.records import Record
from worker.storage.unit_of_work import Transaction


class Closure(NamedTuple):
    """What has to be resolved together."""

    records: list[Record]
    membership: dict[str, str]
    """The present contact of each record that has one."""
    decisions: list[Decision]


def closure(tx: Transaction, record_ids: Iterable[str], policy: Policy) -> Closure:
    """Return the closure of `record_ids`.

    Records are reached over equal values, observed or better, over `about` in both directions, over what
    people decided to be one person, and over the contacts they are in now. Rules look no further, so
    resolving the closure gives what resolving everything would. Claims reach nothing: ten thousand of them
    would make each next one dear.
    """
    found = _Search(tx, policy)
    frontier = set(record_ids)
    while frontier:
        frontier = found.step(frontier)
    found.add_what_overrules()
    return Closure(list(found.loaded.values()), found.membership, list(found.decisions.values()))


class _Search:
    """What was found so far, and how to go on from it."""

    def __init__(self, tx: Transaction, policy: Policy) -> None:
        self._tx = tx
        self._policy = policy
        self._undecided = tx.decisions.none()
        self._values: set[str] = set()
        self._contacts: set[str] = set()
        self.loaded: dict[str, Record] = {}
        self.membership: dict[str, str] = {}
        self.decisions: dict[str, Decision] = {}

    def step(self, frontier: set[str]) -> set[str]:
        """Load the records of the frontier; return the ids that they reach and that are not loaded."""
        tx = self._tx
        records = tx.evidence.load(sorted(frontier))
        self.loaded.update((record.id, record) for record in records)
        ids = [record.id for record in records]
        now_in = tx.contacts.membership(ids)
        self.membership.update(now_in)
        reached = {record.about for record in records if record.about}
        reached |= tx.evidence.about(ids)
        if not self._undecided:
            named = tx.decisions.naming(ids)
            self.decisions.update((each.id, each) for each in named)
            reached.update(*(each.record_ids for each in named if each.kind == "same"))
        values = {
            value for record in records for _, _, value in reaching(record, self._policy)
        } - self._values
        if values:
            self._values |= values
            reached |= tx.evidence.holding(sorted(values))
        contacts = set(now_in.values()) - self._contacts
        if contacts:
            self._contacts |= contacts
            reached.update(*tx.contacts.members_of(sorted(contacts)))
        return reached - self.loaded.keys() - frontier

    def add_what_overrules(self) -> None:
        """Add the decisions that could overrule those found, and those that mark identifiers.

        A later decision may speak of the same people and of none of the records at hand.
        """
        if self._undecided:
            return
        asked = set(self.loaded)
        while new := {each for one in self.decisions.values() for each in one.record_ids} - asked:
            asked |= new
            self.decisions.update((each.id, each) for each in self._tx.decisions.naming(new))
        marks = self._tx.decisions.about_identifiers()
        self.decisions.update((each.id, each) for each in marks)
