"""Lead or user: which records carry proof of a person, and since when."""

from collections.abc import Container
from datetime import datetime
from typing import NamedTuple

from worker.domain.common import Common
from worker.domain.evidence import STORED, VERIFIED, Evidence, Key
from worker.domain.policy import Detail


class Proof(NamedTuple):
    """What makes a record's contact a user."""

    rule: str
    """"verified" or "complete"."""
    key: Key | None
    """The identifier that was verified; None for complete details."""
    since: datetime
    """The version time at which it first stood on the record."""
    proved_at: datetime
    """The same, but never later than its delivery: what other records are compared with."""


def proof_of(evidence: Evidence, index: int, common: Common, contested: Container[Key]) -> Proof | None:
    """Return the record's earliest proof, or None where it has none."""
    found = proofs_of(evidence, index, common, contested)
    return min(found, key=lambda proof: (proof.since, proof.rule, proof.key or ()), default=None)


def proofs_of(evidence: Evidence, index: int, common: Common, contested: Container[Key]) -> list[Proof]:
    """Return everything on a record that proves its person.

    A verified identifier does unless it is common or contested; a row of the books does when its details are
    complete.
    """
    proofs = []
    for (key, rank), sighting in evidence.sightings[index].items():
        if rank == VERIFIED == evidence.held[index][key] and key not in common and key not in contested:
            proofs.append(Proof("verified", key, sighting.first_at, sighting.proved_at))
    complete = _complete(evidence, index, common)
    if complete is not None:
        proofs.append(complete)
    return proofs


def _complete(evidence: Evidence, index: int, common: Common) -> Proof | None:
    if not evidence.books[index] or (evidence.records[index].id, None) in evidence.ruling.void_proofs:
        return None
    times = [_detail_since(evidence, index, detail, common) for detail in evidence.policy.complete]
    if not times or None in times:
        return None
    stated = [time for time in times if time is not None]
    return Proof("complete", None, max(first for first, _ in stated), max(proved for _, proved in stated))


def _detail_since(
    evidence: Evidence, index: int, detail: Detail, common: Common
) -> tuple[datetime, datetime] | None:
    """Return since when the record holds a detail: e-mail and phone stored or better, the name in full."""
    if detail == "name":
        record = evidence.records[index]
        if not evidence.identity_names[index] or record.named_at is None:
            return None
        return (record.named_at, record.name_known_by or record.named_at)
    sightings = [
        (sighting.first_at, sighting.proved_at)
        for (key, rank), sighting in evidence.sightings[index].items()
        if key[0] == detail and rank >= STORED and key not in common.blocked
    ]
    return min(sightings, default=None)
