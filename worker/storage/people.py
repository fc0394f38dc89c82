"""What agents read and write about contacts: look-ups, interactions, notes, suggestions."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, text

from worker.domain.suggestions import Suggestion
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


class SharedRow(NamedTuple):
    """One value on one contact: the highest level, and on how many records."""

    type: str
    namespace: str
    value: str
    contact_id: str
    level: int
    records: int


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

    def sharing(self, values: Sequence[str]) -> list[SharedRow]:
        """Return for each of `values` the contacts that hold it, with level and number of records."""
        rows = self._connection.execute(
            text(
                "SELECT i.type, i.namespace, i.value, m.contact_id, max(i.level), count(DISTINCT i.record_id)"
                " FROM identifiers i JOIN members m USING (record_id) WHERE i.value = ANY(:values)"
                " GROUP BY 1, 2, 3, 4"
            ),
            {"values": list(values)},
        )
        return [SharedRow(*row) for row in rows.all()]

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

    def suggestions_of(self, contact_ids: Sequence[str]) -> list[Suggestion]:
        """Return the suggestions that name one of the contacts."""
        rows = self._connection.execute(
            text(
                "SELECT one, other, reasons, count FROM suggestions WHERE one = ANY(:ids) OR other = ANY(:ids)"
                " ORDER BY one, other"
            ),
            {"ids": list(contact_ids)},
        )
        return [_suggestion(row) for row in rows]

    def suggestions(self, limit: int) -> list[Suggestion]:
        """Return suggestions, those with the most evidence first."""
        rows = self._connection.execute(
            text(
                "SELECT one, other, reasons, count FROM suggestions ORDER BY count DESC, one, other LIMIT :limit"
            ),
            {"limit": limit},
        )
        return [_suggestion(row) for row in rows]

    def count_suggestions(self) -> int:
        """Return how many suggestions wait."""
        return int(self._connection.execute(text("SELECT count(*) FROM suggestions")).scalar_one())

    def replace_suggestions(self, contact_ids: Sequence[str], found: Iterable[Suggestion]) -> None:
        """Make `found` the only suggestions that name one of `contact_ids`."""
        self._connection.execute(
            text("DELETE FROM suggestions WHERE one = ANY(:ids) OR other = ANY(:ids)"),
            {"ids": list(contact_ids)},
        )
        rows = [
            {
                "one": each.one,
                "other": each.other,
                "reasons": msgspec.to_builtins(each.reasons),
                "count": each.count,
            }
            for each in found
        ]
        if rows:
            self._connection.execute(tables.suggestions.insert(), rows)


def _suggestion(row: tuple[str, str, object, int]) -> Suggestion:
    one, other, reasons, count = row
    return msgspec.convert({"one": one, "other": other, "reasons": reasons, "count": count}, Suggestion)
