"""History comes along: the calls that a user made before the proof belong to the user."""

from collections.abc import Container, Mapping
from datetime import datetime

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


def comes_along(
    evidence: Evidence, group: list[int], bound: Mapping[Key, tuple[int, datetime, int]]
) -> tuple[int, Key, int] | None:
    """Return the user to whom a lead's records belong, with the line and the binding record, or None.

    Never where two users fit, and never a record that holds anything stored or verified, such as a row of
    the books: a line is too weak to say whose that is.
    """
    if any(rank >= STORED for index in group for rank in evidence.held[index].values()):
        return None
    found: dict[int, tuple[Key, int]] = {}
    for index in group:
        started_at = evidence.records[index].occurred_at
        for key in evidence.lines(index):
            if key in bound:
                user, proved_at, binder = bound[key]
                if started_at <= proved_at or evidence.policy.phone_binding == "attach":
                    found.setdefault(user, (key, binder))
    if len(found) != 1:
        return None
    ((user, (key, binder)),) = found.items()
    return user, key, binder
