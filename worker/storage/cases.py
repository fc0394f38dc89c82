"""Conflict cases in the database: open as long as the evidence contradicts itself."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert

from worker.domain.conflicts import Conflict
from worker.storage import tables
from worker.storage.database import id_array

_COLUMNS = "kind, reason, type, namespace, value, records, sides, decision"


class CaseStore:
    """Reads and writes conflict cases inside one transaction. Only the resolve job writes."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def replace(self, record_ids: Sequence[str], found: Iterable[Conflict], policy: int) -> None:
        """Make `found` the only conflict cases that touch `record_ids`."""
        self._connection.execute(
            text("DELETE FROM conflicts WHERE records && CAST(:ids AS text[])"), {"ids": id_array(record_ids)}
        )
        rows = [
            {
                "id": case.case,
                "kind": case.kind,
                "reason": case.reason,
                "type": case.key[0] if case.key else None,
                "namespace": case.key[1] if case.key else None,
                "value": case.key[2] if case.key else None,
                "records": list(case.records),
                "sides": [list(side) for side in case.sides],
                "decision": case.decision,
                "policy": policy,
            }
            for case in found
        ]
        if rows:
            self._connection.execute(insert(tables.conflicts).on_conflict_do_nothing(), rows)

    def of(self, record_ids: Sequence[str]) -> list[Conflict]:
        """Return the open conflict cases that touch any of the records."""
        return self._read("WHERE records && CAST(:ids AS text[]) ORDER BY id", ids=id_array(record_ids))

    def all(self, limit: int, kind: str | None = None) -> list[Conflict]:
        """Return open conflict cases, those of one kind where it is given, in the order of their ids."""
        return self._read(
            "WHERE CAST(:kind AS text) IS NULL OR kind = :kind ORDER BY id LIMIT :limit",
            kind=kind,
            limit=limit,
        )

    def beginning(self, prefix: str, limit: int = 5) -> list[Conflict]:
        """Return open conflict cases whose id begins so."""
        return self._read(
            "WHERE starts_with(id, :prefix) ORDER BY id LIMIT :limit", prefix=prefix, limit=limit
        )

    def get(self, case_id: str) -> Conflict | None:
        """Return one open conflict case."""
        found = self._read("WHERE id = :id", id=case_id)
        return found[0] if found else None

    def _read(self, which: str, **values: object) -> list[Conflict]:
        rows = self._connection.execute(
            text(f"SELECT {_COLUMNS} FROM conflicts {which}"),  # noqa: S608 - own texts
            values,
        )
        return [
            Conflict(
                kind,
                reason,
                (type_, namespace, value) if value is not None else None,
                tuple(records),
                tuple(tuple(side) for side in sides),
                decision,
            )
            for kind, reason, type_, namespace, value, records, sides, decision in rows
        ]

    def count(self, kind: str | None = None) -> int:
        """Return how many conflict cases are open, of one kind where it is given."""
        counted = self._connection.execute(
            text("SELECT count(*) FROM conflicts WHERE CAST(:kind AS text) IS NULL OR kind = :kind"),
            {"kind": kind},
        )
        return int(counted.scalar_one())
