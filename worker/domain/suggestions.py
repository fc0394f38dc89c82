"""Suggestions: two contacts that may be one person, with the reasons. A person decides."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from worker.domain.evidence import Key

MOST_CONTACTS_A_VALUE = 8
"""A value on more contacts than this suggests nobody: it says as little as a switchboard."""


class Reason(Struct, frozen=True, order=True):
    """One value that both contacts hold, and how surely each does (ranks of levels)."""

    type: str
    namespace: str
    value: str
    one: int
    other: int


class Suggestion(Struct, frozen=True):
    """A pair of contacts, smaller id first, with every value they share."""

    one: str
    other: str
    reasons: tuple[Reason, ...]
    count: int
    """On how many records the shared values stand: ten claims weigh more than one."""


Holding = tuple[str, int, int]
"""A contact's hold on a value: contact id, highest rank, number of records."""


def suggest(held: Mapping[Key, Iterable[Holding]], changed: set[str]) -> list[Suggestion]:
    """Return the suggestions that name a contact in `changed`, by pair.

    `held` has for each value that joins no people by itself the contacts that hold it. Whatever was
    certain has been joined before, so an equal value on two contacts is exactly what a person should see.
    """
    reasons: dict[tuple[str, str], list[Reason]] = {}
    counts: dict[tuple[str, str], int] = {}
    for key in sorted(held):
        holdings = sorted(held[key])
        if len(holdings) > MOST_CONTACTS_A_VALUE:
            continue
        for place, (one, one_rank, one_count) in enumerate(holdings):
            for other, other_rank, other_count in holdings[place + 1 :]:
                if one in changed or other in changed:
                    reasons.setdefault((one, other), []).append(Reason(*key, one_rank, other_rank))
                    counts[one, other] = counts.get((one, other), 0) + one_count + other_count
    return [
        Suggestion(one, other, tuple(found), counts[one, other]) for (one, other), found in reasons.items()
    ]
