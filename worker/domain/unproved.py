"""Unproved: proofs on records that prove nothing, each with why."""

from collections.abc import Iterable
from typing import NamedTuple

from integrations.contract import Level
from worker.domain import tokens
from worker.domain.evidence import CLAIMED, Evidence
from worker.domain.records import Key, Record, Sighting


class Unproved(NamedTuple):
    """An identifier that its record calls verified and that counts as claimed."""

    record_id: str
    key: Key
    why: str
    """Completes "it counts as claimed: ..."."""


TAKEN_FOR_FALSE = "a person took it for false"
OTHER_ACCOUNT = "the record names another account, too"


def unproved(evidence: Evidence, record_ids: Iterable[str]) -> list[Unproved]:
    """Return what records of `evidence` prove in vain, in the order of `record_ids`.

    Whether a token was used before is asked of all evidence, so that must hold every use of it.
    """
    first_use = tokens.first_use(evidence.records, evidence.policy)
    found: dict[tuple[str, Key], Unproved] = {}
    for record_id in record_ids:
        index = evidence.index.get(record_id)
        for each in () if index is None else evidence.records[index].sightings:
            key = (each.type, each.namespace, each.value)
            if each.level is Level.VERIFIED and index is not None and evidence.held[index][key] == CLAIMED:
                record = evidence.records[index]
                why = _why(evidence, record, each, replayed=first_use.get(each.token, index) != index)
                if why:
                    found[record_id, key] = Unproved(record_id, key, why)
    return list(found.values())


def _why(evidence: Evidence, record: Record, sighting: Sighting, *, replayed: bool) -> str | None:
    """Say why a verified sighting counts as claimed; None where its source is merely not trusted with proof."""
    if evidence.policy.cap(record.source) is not Level.VERIFIED:
        return None
    if (record.id, (sighting.type, sighting.namespace, sighting.value)) in evidence.ruling.void_proofs:
        return TAKEN_FOR_FALSE
    if sighting.token:
        fault = tokens.fault(sighting, record, evidence.policy.audiences, replayed=replayed)
        if fault:
            return f"its token {fault}"
    return OTHER_ACCOUNT
