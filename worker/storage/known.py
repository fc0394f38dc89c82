"""What is known of a source, for comparing a file with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from integrations.contract import Level
from worker.storage.database import id_array

MOST_HOLDERS = 20
"""Records looked at for one value: one that more of them hold says little of who somebody is."""


class Holder(NamedTuple):
    """A record that holds a value, stored or better."""

    record_id: str
    type: str
    value: str
    name: str | None


class KnownStore:
    """Looks up records of one source by what they hold."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def present(self, record_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are known."""
        rows = self._connection.execute(
            text("SELECT id FROM records WHERE id = ANY(CAST(:ids AS text[]))"),
            {"ids": id_array(record_ids)},
        )
        return set(rows.scalars().all())

    def holders(self, source: str, values: Sequence[str], before: datetime) -> list[Holder]:
        """Return records of `source` that came before a time and hold one of these e-mails or numbers.

        One look-up in the index a value, and at most `MOST_HOLDERS` records of each.
        """
        rows = self._connection.execute(
            text(
                "SELECT found.record_id, found.type, wanted.value, found.name"
                " FROM unnest(CAST(:values AS text[])) wanted (value) CROSS JOIN LATERAL ("
                "SELECT i.record_id, i.type, CAST(r.body AS json) ->> 'name' AS name"
                " FROM identifiers i JOIN records r ON r.id = i.record_id AND r.source = :source"
                " WHERE i.value = wanted.value AND i.level >= :stored AND i.type IN ('email', 'phone')"
                " AND EXISTS (SELECT FROM versions v WHERE v.record_id = r.id AND v.landed_at < :before)"
                " LIMIT :most) found"
            ),
            {
                "values": list(values),
                "source": source,
                "stored": Level.STORED.rank,
                "before": before,
                "most": MOST_HOLDERS,
            },
        )
        return [Holder(*row) for row in rows]
