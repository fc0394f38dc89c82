"""The log of changes: what happened to contacts, in ids and rules, and whether it was undone."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from worker.domain.changes import Change
from worker.storage import tables
from worker.storage.database import id_array

_COLUMNS = "id, at, kind, contact_id, others, detail, undone_at, undone_by"


class ChangeRow(NamedTuple):
    """A logged change."""

    number: int
    at: datetime
    change: Change
    policy: int
    """The version of the policy by which it was judged; 0 where none was kept."""
    undone_at: datetime | None
    undone_by: str


class ChangeStore:
    """Reads and writes the log inside one transaction. Only the resolve job adds to it."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def log(self, at: datetime, policy: int, found: Iterable[Change]) -> None:
        """Add rows to the log of changes."""
        rows = [
            {
                "at": at,
                "kind": change.kind,
                "contact_id": change.contact,
                "others": list(change.others),
                "detail": {**_detail(change), "policy": policy},
            }
            for change in found
        ]
        if rows:
            self._connection.execute(tables.changes.insert(), rows)

    def of(self, contact_ids: Sequence[str]) -> list[ChangeRow]:
        """Return the logged changes of contacts, oldest first."""
        return self._read(
            "WHERE contact_id = ANY(CAST(:ids AS text[])) OR others && CAST(:ids AS text[]) ORDER BY id",
            ids=id_array(contact_ids),
        )

    def latest(self, limit: int, since: datetime | None = None) -> list[ChangeRow]:
        """Return the newest logged changes, newest first; not those before `since`."""
        return self._read(
            "WHERE CAST(:since AS timestamptz) IS NULL OR at >= :since ORDER BY id DESC LIMIT :limit",
            limit=limit,
            since=since,
        )

    def get(self, number: int) -> ChangeRow | None:
        """Return one logged change."""
        found = self._read("WHERE id = :number", number=number)
        return found[0] if found else None

    def undone(self, row: ChangeRow, at: datetime, by: str) -> None:
        """Note that a change was undone, and with it what else was logged of the same moment and contact."""
        self._connection.execute(
            text(
                "UPDATE changes SET undone_at = :at, undone_by = :by WHERE id = :number"
                " OR (contact_id = :contact AND at = :then AND kind IN ('joined', 'converted')"
                "  AND :kind IN ('joined', 'converted') AND undone_at IS NULL)"
            ),
            {
                "number": row.number,
                "at": at,
                "by": by,
                "contact": row.change.contact,
                "then": row.at,
                "kind": row.change.kind,
            },
        )

    def _read(self, which: str, **values: object) -> list[ChangeRow]:
        rows = self._connection.execute(
            text(f"SELECT {_COLUMNS} FROM changes {which}"),  # noqa: S608 - own texts
            values,
        )
        return [_change_row(row) for row in rows.all()]

    def converted(self, limit: int) -> list[str]:
        """Return the contacts that were a lead and became a user, the latest first."""
        rows = self._connection.execute(
            text(
                "SELECT contact_id FROM changes WHERE kind = 'converted' GROUP BY 1 ORDER BY max(id) DESC LIMIT :limit"
            ),
            {"limit": limit},
        )
        return list(rows.scalars().all())


def _detail(change: Change) -> dict[str, object]:
    return {
        "sides": [list(side) for side in change.sides],
        "leads": list(change.leads),
        "brought": list(change.brought),
        "rules": list(change.rules),
    }


def _change_row(row: Sequence[Any]) -> ChangeRow:
    number, at, kind, contact, others, detail, undone_at, undone_by = row
    change = Change(
        kind=kind,
        contact=contact,
        sides=tuple(tuple(side) for side in detail.get("sides", ())),
        others=tuple(others or detail.get("from", ())),  # "from" is how the first version wrote it.
        leads=tuple(detail.get("leads", ())),
        brought=tuple(detail.get("brought", ())),
        rules=tuple(detail.get("rules", ())),
    )
    return ChangeRow(number, at, change, detail.get("policy", 0), undone_at, undone_by)
