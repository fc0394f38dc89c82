"""Conflict cases: where the evidence contradicts itself, with who stands on which side."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import combinations

from msgspec import Struct

from worker.domain.components import Components, Torn
from worker.domain.contested import Clash
from worker.domain.evidence import STORED, VERIFIED, Evidence, Key
from worker.domain.ties import Join, is_certain


class Conflict(Struct, frozen=True):
    """A case for a person to look at: evidence that contradicts itself. Nothing was guessed."""

    kind: str
    """One of `KINDS`."""
    reason: str
    key: Key | None
    records: tuple[str, ...]
    """Every record that the case is about."""
    sides: tuple[tuple[str, ...], ...] = ()
    """The records of each person that it is between; who stands between them is on no side."""
    decision: str = ""
    """The decision that new evidence speaks against, of a case that is reopened."""

    @property
    def case(self) -> str:
        """Return the id of the case: the same for the same contradiction, whatever else is known of it."""
        what = "\0".join((self.kind, self.decision, *(self.key or self.records)))
        return hashlib.blake2b(what.encode(), digest_size=15).hexdigest()


KINDS = {
    "contested": "one value, two people",
    "torn": "a chain of evidence between two accounts",
    "two accounts": "one record that names two accounts at once",
    "reopened": "proof that people are one whom somebody decided to be different",
}


def conflicts(evidence: Evidence, clashes: Mapping[Key, Clash], certain: Components) -> Iterable[Conflict]:
    """Return the cases that the evidence opens, always in the same order."""
    for key, clash in sorted(clashes.items()):
        held = [evidence.records[index].id for index, rank in evidence.holders[key] if rank >= STORED]
        sides = tuple(_ids(evidence, side) for side in clash.sides)
        yield Conflict("contested", clash.reason, key, tuple(held), sides)
    for torn in sorted(certain.torn):
        yield _case_of_accounts(evidence, torn)
    for index, namespace in evidence.of_two:
        reason = f"two accounts of {namespace} at once"
        yield Conflict("two accounts", reason, None, (evidence.records[index].id,))
    for torn in sorted(certain.kept_apart):
        case = _case_reopened(evidence, torn)
        if case is not None:
            yield case


def _case_of_accounts(evidence: Evidence, torn: Torn) -> Conflict:
    sides: dict[str, list[int]] = {}
    for index in torn.members:
        account = evidence.accounts[index].get(torn.namespace)
        if account is not None:
            sides.setdefault(account, []).append(index)
    reason = "two accounts through a chain"
    ids = tuple(_ids(evidence, side) for _, side in sorted(sides.items()))
    return Conflict("torn", reason, None, _ids(evidence, torn.members), ids)


def _case_reopened(evidence: Evidence, torn: Torn) -> Conflict | None:
    """Return the case of people who were decided to be different and were proved to be one since, if any."""
    decision = evidence.ruling.apart[int(torn.namespace)].decision
    side_of = {
        index: side
        for index in torn.members
        if (side := evidence.sides[index].get(torn.namespace)) is not None
    }
    for join in sorted(torn.cut):
        is_new = any(proved_at > decision.at for proved_at in _proved_at(evidence, join))
        if is_new and _leads_from_side_to_side(join, torn.cut, side_of):
            sides: dict[str, list[str]] = {}
            for index, side in sorted(side_of.items()):
                sides.setdefault(side, []).append(evidence.records[index].id)
            return Conflict(
                "reopened",
                "proved to be one since somebody decided that they are different",
                join.keys[0] if join.keys else None,
                _ids(evidence, torn.members),
                tuple(sorted(map(tuple, sides.values()))),
                decision.id,
            )
    return None


def _leads_from_side_to_side(join: Join, cut: Iterable[Join], side_of: Mapping[int, str]) -> bool:
    """Say whether `join` is a step on a way from one side to another, over records that are on none.

    What is proved about one side alone says nothing of the other.
    """
    steps = [tuple(_members(each)) for each in cut if each is not join]
    ends = []
    for start in _members(join):
        reached, frontier = {start}, {start} - side_of.keys()
        while frontier:  # A side ends the way: what lies behind it is another way.
            found = {each for step in steps if not frontier.isdisjoint(step) for each in step} - reached
            reached |= found
            frontier = found - side_of.keys()
        ends.append({side_of[each] for each in reached if each in side_of})
    return any(one != other for here, there in combinations(ends, 2) for one in here for other in there)


def _members(join: Join) -> tuple[int, ...]:
    return (*join.anchors, *join.members)


def _proved_at(evidence: Evidence, join: Join) -> Iterable[datetime]:
    """Return the times of the proofs that a join rests on; none where it rests on none."""
    if join.rule in {"verified", "verified-stored"}:
        return (evidence.sightings[index][join.keys[0], VERIFIED].proved_at for index in join.anchors)
    if join.rule == "about":
        one, other = (evidence.records[index] for index in join.anchors)
        return (
            each.occurred_at
            for each, target in ((one, other), (other, one))
            if each.about == target.id and is_certain(each, evidence.policy)
        )
    return ()


def _ids(evidence: Evidence, members: Iterable[int]) -> tuple[str, ...]:
    return tuple(evidence.records[index].id for index in members)
