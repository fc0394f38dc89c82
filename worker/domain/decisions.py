"""Decisions: what people said about records, and what of it is in force.

A decision is evidence like a record. It names records, so it holds over merges and splits, and it takes effect
through `resolve` alone. It is kept for ever and can be withdrawn.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from msgspec import Struct

from worker.domain.records import Key

DecisionKind = Literal["same", "different", "convert", "common", "own", "void"]

_ID_CHARACTERS = 16
"""64 bits: people decide some thousand times a year."""


class Decision(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one person said once.

    | kind | says | sides | key |
    |---|---|---|---|
    | same | all records of the sides are one person | two or more | |
    | different | no record of one side is the person of another side | two or more | |
    | convert | the second side's record is proof for the first side's | two of one record | what was proved |
    | common | the identifier joins no people | | the identifier |
    | own | the identifier is the company's own, and nobody's line | | the identifier |
    | void | what a record proves of the identifier is false; no key: its complete details prove nothing | one | |
    """

    id: str
    kind: DecisionKind
    at: datetime
    author: str
    reason: str = ""
    sides: tuple[tuple[str, ...], ...] = ()
    """Ids of records."""
    key: Key | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""
    withdrawn_because: str = ""

    @property
    def order(self) -> tuple[datetime, str]:
        """Sort decisions from the earliest; two of one moment go by id, never by arrival."""
        return (self.at, self.id)

    @property
    def record_ids(self) -> frozenset[str]:
        """Every record that it names."""
        return frozenset(record_id for side in self.sides for record_id in side)


def decision_id(
    kind: DecisionKind, sides: Iterable[Iterable[str]], key: Key | None, earlier: Iterable[str] = ()
) -> str:
    """Derive a decision's id from what it says, so that the same said twice is one decision.

    Said again after it was withdrawn, it is another one: `earlier` has the ids of those withdrawn.

    >>> decision_id("same", [["a"], ["b"]], None) == decision_id("same", [["b"], ["a"]], None)
    True
    """
    said = sorted(",".join(sorted(side)) for side in sides)
    if kind in {"convert", "void"}:  # Their sides are not alike: the order is part of what is said.
        said = [",".join(side) for side in sides]
    text = "\0".join((kind, *said, *(key or ()), *sorted(earlier)))
    return hashlib.blake2b(text.encode(), digest_size=_ID_CHARACTERS // 2).hexdigest()


class Same(NamedTuple):
    """Records that a decision makes one person, as far as no later decision says otherwise."""

    decision: str
    record_ids: frozenset[str]


class Apart(NamedTuple):
    """Records that a decision keeps apart: for each the number of its side."""

    decision: Decision
    side_of: Mapping[str, int]


class Ruling(Struct, frozen=True):
    """The decisions in force, as the rules read them."""

    same: tuple[Same, ...] = ()
    apart: tuple[Apart, ...] = ()
    """The earliest first."""
    common: frozenset[Key] = frozenset()
    own: frozenset[Key] = frozenset()
    void_records: frozenset[str] = frozenset()
    """Evidence that a withdrawn conversion rested on: it counts for nothing and is on no contact."""
    void_proofs: frozenset[tuple[str, Key | None]] = frozenset()
    """What a record proves falsely: the identifier, or None for its complete details."""


def ruling(decisions: Iterable[Decision]) -> Ruling:
    """Return what is in force of `decisions`: of two that contradict each other the later one.

    A *same* holds its records together except across the sides of a later *different*. A *different* is
    overruled by a later *same* that holds records of two of its sides. So two people who decide the
    opposite at once end in one order, whoever comes first to the database.

    >>> said = lambda kind, day, *sides: Decision(
    ...     id=str(day), kind=kind, at=datetime(2026, 3, day), author="eva", sides=sides)
    >>> ruling([said("same", 1, ("a",), ("b",)), said("different", 2, ("a",), ("b",))]).same
    ()
    >>> ruling([said("same", 3, ("a",), ("b",)), said("different", 2, ("a",), ("b",))]).apart
    ()
    """
    given = list(decisions)
    standing = sorted((each for each in given if each.withdrawn_at is None), key=lambda each: each.order)
    same: list[Same] = []
    apart: list[Apart] = []
    for decision in reversed(standing):  # From the latest, so that what could overrule it is known.
        if decision.kind == "same":
            parts = [decision.record_ids]
            for later in apart:
                parts = [part for whole in parts for part in _cut(whole, later.side_of)]
            same.extend(Same(decision.id, part) for part in parts if len(part) > 1)
        elif decision.kind == "different":
            side_of = {each: number for number, side in enumerate(decision.sides) for each in side}
            if all(len(_sides(each.record_ids, side_of)) < 2 for each in same):  # noqa: PLR2004 - two sides
                apart.append(Apart(decision, side_of))
    return Ruling(
        same=tuple(reversed(same)),
        apart=tuple(reversed(apart)),
        common=_keys(standing, "common"),
        own=_keys(standing, "own"),
        void_records=_evidence(given) - _evidence(standing),
        void_proofs=frozenset((each.sides[0][0], each.key) for each in standing if each.kind == "void"),
    )


def separated(decisions: Sequence[Apart], some: Iterable[str], others: Iterable[str]) -> Decision | None:
    """Return the latest decision that keeps records of `some` apart from records of `others`, if any."""
    one, other = frozenset(some), frozenset(others)
    for decision, side_of in reversed(decisions):
        here, there = _sides(one, side_of), _sides(other, side_of)
        if any(side != against for side in here for against in there):
            return decision
    return None


def _cut(whole: frozenset[str], side_of: Mapping[str, int]) -> Iterable[frozenset[str]]:
    """Divide records by the sides of a later decision; who is on none of them was said nothing about."""
    sides = _sides(whole, side_of)
    if len(sides) < 2:  # noqa: PLR2004 - two sides
        return [whole]
    return [frozenset(each for each in whole if side_of.get(each) == side) for side in sorted(sides)]


def _sides(records: Iterable[str], side_of: Mapping[str, int]) -> set[int]:
    return {side_of[each] for each in records if each in side_of}


def _evidence(decisions: Iterable[Decision]) -> frozenset[str]:
    """Return the records that conversions rest on."""
    return frozenset(each.sides[1][0] for each in decisions if each.kind == "convert")


def _keys(decisions: Iterable[Decision], kind: DecisionKind) -> frozenset[Key]:
    return frozenset(each.key for each in decisions if each.kind == kind and each.key is not None)
