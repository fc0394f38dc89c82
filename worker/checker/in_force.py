"""What of the decisions is in force, read a second time from docs/decisions/0010."""

from collections.abc import Iterable
from typing import NamedTuple

from worker.domain.decisions import Decision
from worker.domain.records import Key


class InForce(NamedTuple):
    """What people said and nobody took back or overruled."""

    same: dict[str, list[frozenset[str]]]
    """For each decision *same* the groups of records that it still makes one person."""
    different: dict[str, Decision]
    """Decisions *different*, the earliest first."""
    common: frozenset[Key]
    own: frozenset[Key]
    withdrawn_evidence: frozenset[str]
    """Records that only a withdrawn conversion brought in: they are on no contact."""
    void: frozenset[tuple[str, Key | None]]
    """A record and the identifier that it proves falsely; None stands for its complete details."""


def in_force(decisions: Iterable[Decision]) -> InForce:
    """Return what is in force: where two decisions contradict each other, the later one, by time and id."""
    said = sorted(decisions, key=lambda each: (each.at, each.id), reverse=True)
    standing = [each for each in said if each.withdrawn_at is None]
    same: dict[str, list[frozenset[str]]] = {}
    different: list[Decision] = []
    for each in standing:
        if each.kind == "same":
            same[each.id] = _left_of(each, different)
        elif each.kind == "different" and not any(
            _crosses(group, each) for groups in same.values() for group in groups
        ):
            different.append(each)
    converted = {each.sides[1][0] for each in standing if each.kind == "convert"}
    return InForce(
        same=same,
        different={each.id: each for each in reversed(different)},
        common=frozenset(each.key for each in standing if each.kind == "common" and each.key),
        own=frozenset(each.key for each in standing if each.kind == "own" and each.key),
        withdrawn_evidence=frozenset(
            each.sides[1][0] for each in said if each.kind == "convert" and each.sides[1][0] not in converted
        ),
        void=frozenset((each.sides[0][0], each.key) for each in standing if each.kind == "void"),
    )


def _left_of(same: Decision, later: Iterable[Decision]) -> list[frozenset[str]]:
    """Return what later decisions (the latest first) leave of a *same*: its records on each of their sides.

    A record that is on no side of a decision that divides it is released.
    """
    groups = [frozenset(record for side in same.sides for record in side)]
    for different in later:
        groups = [
            part
            for group in groups
            for part in (
                [group.intersection(side) for side in different.sides]
                if _crosses(group, different)
                else [group]
            )
        ]
    return [group for group in groups if len(group) > 1]


def _crosses(group: frozenset[str], different: Decision) -> bool:
    """Say whether a group holds records of two sides."""
    return sum(not group.isdisjoint(side) for side in different.sides) > 1
