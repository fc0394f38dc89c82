"""Tokens: a signed identity proves somebody once, in time, and to whom it was made out."""

from collections.abc import Iterable

from integrations.contract import Level
from worker.domain.policy import Policy
from worker.domain.records import Record, Sighting


def first_use(records: Iterable[Record], policy: Policy) -> dict[str, int]:
    """Return for each token the first of `records`, in their order, that was proved by it.

    Where its source may not state proof, a token is a claim: it uses up nothing, or whoever learns the id of
    a token could take its proof away.
    """
    found: dict[str, int] = {}
    for index, record in enumerate(records):
        for each in record.sightings:
            if each.token and min(each.level, policy.cap(record.source)) is Level.VERIFIED:
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
