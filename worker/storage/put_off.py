"""Suggestions that a person wants to see later."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from worker.storage.database import id_array


class PutOffRow(NamedTuple):
    """One pair that was put off."""

    one: str
    other: str
    basis: str
    """What it rested on when it was shown; resting on anything else it is shown at once."""
    until: datetime
    author: str
    at: datetime


class PutOffStore:
    """Reads and writes what is put off inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def put(self, one: str, other: str, basis: str, until: datetime, author: str, at: datetime) -> None:
        """Put a pair off, smaller id first; the last word on it counts."""
        self._connection.execute(
            text(
                "INSERT INTO put_off (one, other, basis, until, author, at)"
                " VALUES (:one, :other, :basis, :until, :author, :at) ON CONFLICT (one, other) DO UPDATE"
                " SET basis = excluded.basis, until = excluded.until, author = excluded.author, at = excluded.at"
            ),
            {"one": one, "other": other, "basis": basis, "until": until, "author": author, "at": at},
        )

    def of(self, contact_ids: Iterable[str]) -> list[PutOffRow]:
        """Return what was put off of pairs that name one of the contacts, whether it is due or not."""
        rows = self._connection.execute(
            text(
                "SELECT one, other, basis, until, author, at FROM put_off WHERE one = ANY(CAST(:ids AS text[]))"
                " OR other = ANY(CAST(:ids AS text[])) ORDER BY one, other"
            ),
            {"ids": id_array(contact_ids)},
        )
        return [PutOffRow(*row) for row in rows]

    def forget(self, before: datetime) -> int:
        """Delete what was due before a moment; return how many."""
        deleted = self._connection.execute(
            text("DELETE FROM put_off WHERE until < :before"), {"before": before}
        )
        return int(deleted.rowcount)
