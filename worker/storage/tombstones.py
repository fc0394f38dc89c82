"""Tombstones in the database: keyed hashes of what was erased, and how often each kept a record out."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from worker.storage.database import id_array


class TombstoneStore:
    """Reads and writes tombstones inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def none(self) -> bool:
        """Say whether nobody was ever erased: then no record has to be looked at."""
        return self._connection.execute(text("SELECT 1 FROM tombstones LIMIT 1")).first() is None

    def among(self, digests: Iterable[str]) -> set[str]:
        """Return those of `digests` that are tombstones."""
        rows = self._connection.execute(
            text("SELECT digest FROM tombstones WHERE digest = ANY(CAST(:digests AS text[]))"),
            {"digests": id_array(digests)},
        )
        return set(rows.scalars().all())

    def erased_at(self, record_id: str) -> datetime | None:
        """Return when the record with this id was erased; None where it was not."""
        found: datetime | None = self._connection.execute(
            text("SELECT at FROM tombstones WHERE digest = :id AND kind = 'record'"), {"id": record_id}
        ).scalar_one_or_none()
        return found

    def put(self, kind: str, digests: Iterable[str], at: datetime) -> int:
        """Set tombstones; one that is there stays as it is. Returns how many are new."""
        added = self._connection.execute(
            text(
                "INSERT INTO tombstones (digest, kind, at) SELECT unnest(CAST(:digests AS text[])), :kind, :at"
                " ON CONFLICT DO NOTHING"
            ),
            {"digests": id_array(sorted(digests)), "kind": kind, "at": at},
        )
        return int(added.rowcount)

    def count_up(self, digests: Sequence[str]) -> None:
        """Count for each tombstone the records that it kept out: one for each time it is in `digests`."""
        if digests:
            self._connection.execute(
                text(
                    "UPDATE tombstones t SET times = t.times + d.n FROM (SELECT digest, count(*) AS n"
                    " FROM unnest(CAST(:digests AS text[])) digest GROUP BY 1) d WHERE t.digest = d.digest"
                ),
                {"digests": id_array(digests)},
            )

    def warn(self, run: int, records: int) -> None:
        """Keep one warning of a run that says how many records hold an erased identifier beside others."""
        if records:
            warnings = self._connection.execute(
                text("SELECT warnings FROM runs WHERE id = :run"), {"run": run}
            ).scalar_one()
            told = [each for each in warnings if each.endswith(_BESIDE)]
            total = records + sum(int(each.partition(" ")[0].replace(",", "")) for each in told)
            self._connection.execute(
                text("UPDATE runs SET warnings = to_jsonb(CAST(:warnings AS text[])) WHERE id = :run"),
                {"warnings": [*(each for each in warnings if each not in told), *beside(total)], "run": run},
            )


_BESIDE = " of an erased person beside others"


def beside(records: int) -> list[str]:
    """Return the warning that records were kept though they hold an erased identifier; none for none.

    >>> beside(2)
    ['2 records hold an identifier of an erased person beside others']
    """
    if not records:
        return []
    hold = "record holds" if records == 1 else "records hold"
    return [f"{records:,} {hold} an identifier{_BESIDE}"]
