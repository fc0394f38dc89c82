"""The export: one contact a line, the same bytes for the same evidence."""

import json
from datetime import UTC, datetime

from worker.domain.contacts import Contact, Held
from worker.domain.proofs import Reason


def line(contact: Contact, interactions: int, notes: int) -> str:
    """Return one contact as a line of JSON, without its line ending.

    The order of the keys and the spaces are part of the format: exports are compared byte by byte.
    """
    return json.dumps(
        {
            "id": contact.id,
            "kind": contact.kind.value,
            "name": contact.name,
            "records": [{"source": record.source, "id": record.id} for record in contact.records],
            "identifiers": [_identifier(held) for held in contact.identifiers],
            "interactions": interactions,
            "notes": notes,
            "converted_at": None if contact.converted_at is None else moment(contact.converted_at),
            "proofs": [_proof(reason) for reason in contact.proofs],
        },
        ensure_ascii=False,
    )


def _identifier(held: Held) -> dict[str, str]:
    whose = {"namespace": held.namespace} if held.namespace else {}
    return {"type": held.type, **whose, "value": held.value, "level": held.level.value}


def _proof(reason: Reason) -> dict[str, object]:
    return {"rule": reason.rule, "evidence": list(reason.evidence)}


def moment(at: datetime) -> str:
    """Return a time in UTC as RFC 3339 writes it.

    >>> moment(datetime(2026, 3, 1, 10, 5, tzinfo=UTC))
    '2026-03-01T10:05:00Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
