"""Erasing: what is left of decisions when records that they name are gone."""

from collections.abc import Collection

from msgspec.structs import replace

from worker.domain.decisions import Decision

_SIDES = 2
"""With fewer sides a decision about people says nothing any more."""


def without(decision: Decision, erased: Collection[str]) -> Decision | None:
    """Return what is left of `decision` without the erased records, None where nothing is.

    What people wrote as reasons may speak of whoever was erased, so it goes. The decision stays the one it
    was: same id, time and author.

    >>> from datetime import datetime
    >>> said = Decision(id="1", kind="same", at=datetime(2026, 3, 1), author="eva", reason="Ana's sister",
    ...     sides=(("a", "b"), ("c",), ("d",)))
    >>> left = without(said, {"b", "d"})
    >>> left.sides, left.reason
    ((('a',), ('c',)), '')
    >>> without(said, {"a", "b", "c"}) is None
    True
    """
    if decision.kind not in {"same", "different"}:
        return None  # Proof for, or of, an erased record.
    sides = [tuple(each for each in side if each not in erased) for side in decision.sides]
    kept = tuple(side for side in sides if side)
    if len(kept) < _SIDES:
        return None
    return replace(decision, sides=kept, reason="", withdrawn_because="")
