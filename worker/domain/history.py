"""History comes along: the calls that a user made before the proof belong to the user."""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from worker.domain.evidence import LINE_TYPES, OBSERVED, STORED, VERIFIED, Evidence, Key
from worker.domain.users import Proof


def bindings(
    evidence: Evidence, shared: Container[Key], user_of: Mapping[int, int], proofs: Mapping[int, Proof]
) -> dict[Key, tuple[int, datetime, int]]:
    """Return for each line the user bound to it, the time of the proof, and the record that binds.

    A record binds when it carries both the line and proof of its user. A line to which two users are
    bound is nobody's, and so is a `shared` one, common or contested: whoever calls from it is a lead.
    """
    bound: dict[Key, tuple[int, datetime, int]] = {}
    nobodys: set[Key] = set()
    for index, proof in proofs.items():
        user = user_of[index]
        for key, at in _carried(evidence, index):
            if key in shared or key in nobodys:
                continue
            together = max(at, proof.proved_at)
            held = bound.get(key)
            if held is not None and held[0] != user:
                nobodys.add(key)
                del bound[key]
            elif held is None or (together, -index) > (held[1], -held[2]):
                bound[key] = (user, together, index)
    return bound


def _carried(evidence: Evidence, index: int) -> list[tuple[Key, datetime]]:
    """Return the lines a record carries, observed or verified, and since when."""
    found: dict[Key, datetime] = {}
    for (key, rank), sighting in evidence.sightings[index].items():
        if key[0] in LINE_TYPES and rank in {OBSERVED, VERIFIED}:
            found[key] = min(sighting.proved_at, found.get(key, sighting.proved_at))
    return list(found.items())


class Along(NamedTuple):
    """A lead whose records belong to a user: over which line, and by which record."""

    user: int
    key: Key
    binder: int


def coming_along(
    evidence: Evidence,
    leads: Mapping[int, list[int]],
    users: Mapping[int, list[int]],
    bound: Mapping[Key, tuple[int, datetime, int]],
) -> dict[int, Along]:
    """Return the leads (leader to records) that belong to a user whom a line is bound to.

    Never one that somebody decided to be another person than that user, and none of two that somebody
    decided to be different people.
    """
    if not bound:
        return {}
    found = {}
    for leader, part in leads.items():
        along = _comes_along(evidence, part, users, bound)
        if along is not None:
            found[leader] = along
    if not evidence.sides:
        return found
    sides: dict[tuple[int, str], set[str]] = {}
    for leader, along in found.items():
        for decision, side in _sides(evidence, leads[leader]):
            sides.setdefault((along.user, decision), set()).add(side)
    return {
        leader: along
        for leader, along in found.items()
        if all(len(sides[along.user, decision]) == 1 for decision, _ in _sides(evidence, leads[leader]))
    }


def _comes_along(
    evidence: Evidence,
    part: list[int],
    users: Mapping[int, list[int]],
    bound: Mapping[Key, tuple[int, datetime, int]],
) -> Along | None:
    """Return the user to whom a lead's records belong, if exactly one fits.

    Never a record that holds anything stored or verified, such as a row of the books: a line is too weak to
    say whose that is.
    """
    if any(rank >= STORED for index in part for rank in evidence.held[index].values()):
        return None
    found: dict[int, Along] = {}
    for index in part:
        started_at = evidence.records[index].occurred_at
        for key in evidence.lines(index):
            if key in bound:
                user, proved_at, binder = bound[key]
                if (started_at <= proved_at or evidence.policy.phone_binding == "attach") and not (
                    evidence.sides and _are_apart(evidence, part, users[user])
                ):
                    found.setdefault(user, Along(user, key, binder))
    return next(iter(found.values())) if len(found) == 1 else None


def _are_apart(evidence: Evidence, part: list[int], user: list[int]) -> bool:
    """Say whether somebody decided that the lead's records are not this user's."""
    of_user = dict(_sides(evidence, user))
    return any(of_user.get(decision, side) != side for decision, side in _sides(evidence, part))


def _sides(evidence: Evidence, part: list[int]) -> Iterable[tuple[str, str]]:
    return (each for index in part for each in evidence.sides[index].items())
