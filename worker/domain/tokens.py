"""Tokens: a signed identity proves somebody once, in time, and to whom it was made out."""

from collections.abc import Iterable

from worker.domain.records import Record, Sighting


def first_use(records: Iterable[Record]) -> dict[str, int]:
    """Return for each token the first of `records`, in their order, that carries it."""
    found: dict[str, int] = {}
    for index, record in enumerate(records):
        for each in record.sightings:
            if each.token:
                found.setdefault(each.token, index)
    return found


def fault(sighting: Sighting, record: Record, audiences: frozenset[str], *, replayed: bool) -> str | None:
    """Say why the token of `sighting` proves nothing, or None where it is good.

    A visit is judged by its start: a token may expire during a long one. Completes "its token ...".
    """
    if sighting.token_until is not None and sighting.token_until < record.occurred_at:
        return "had expired"
    if audiences and sighting.token_for and sighting.token_for not in audiences:
        return "was made for somebody else"
    return "had been used on another record" if replayed else None
