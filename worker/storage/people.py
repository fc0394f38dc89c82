"""What agents read and write about contacts: look-ups, interactions, notes."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from worker.storage import tables


class InteractionRow(NamedTuple):
    """One call, chat or message of a contact."""

    at: datetime
    kind: str
    direction: str
    summary: str
    record_id: str


class NoteRow(NamedTuple):
    """One note of a contact."""

    id: str
    at: datetime
    author: str
    body: str
    record_id: str


class HeldRow(NamedTuple):
    """One identifier on one record, with the record's contact."""

    contact_id: str
    record_id: str
    type: str
    namespace: str
    value: str
    level: int


class PeopleStore:
    """Reads what agents see, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def holders(self, values: Sequence[str], limit: int = 500) -> list[HeldRow]:
        """Return who holds one of `values`, at any level, the surest first."""
        rows = self._connection.execute(
            text(
                "SELECT m.contact_id, i.record_id, i.type, i.namespace, i.value, i.level FROM identifiers i"
                " JOIN members m USING (record_id) WHERE i.value = ANY(:values)"
                " ORDER BY i.level DESC, m.contact_id, i.record_id LIMIT :limit"
            ),
            {"values": list(values), "limit": limit},
        )
        return [HeldRow(*row) for row in rows]

    def interactions(self, record_ids: Sequence[str], limit: int) -> list[InteractionRow]:
        """Return the latest interactions of records, newest first."""
        rows = self._connection.execute(
            text(
                "SELECT at, kind, direction, summary, record_id FROM interactions WHERE record_id = ANY(:ids)"
                " ORDER BY at DESC, record_id, id LIMIT :limit"
            ),
            {"ids": list(record_ids), "limit": limit},
        )
        return [InteractionRow(*row) for row in rows]

    def notes(self, record_ids: Sequence[str]) -> list[NoteRow]:
        """Return all notes of records, newest first."""
        rows = self._connection.execute(
            text(
                "SELECT id, at, author, body, record_id FROM notes WHERE record_id = ANY(:ids)"
                " ORDER BY at DESC, record_id, id"
            ),
            {"ids": list(record_ids)},
        )
        return [NoteRow(*row) for row in rows]

    def write_note(self, record_id: str, note: NoteRow) -> None:
        """Keep a note that the team wrote on a record."""
        self._connection.execute(
            tables.notes.insert().values(
                record_id=record_id,
                id=note.id,
                at=note.at,
                author=note.author,
                body=note.body,
                written_here=True,
            )
        )
