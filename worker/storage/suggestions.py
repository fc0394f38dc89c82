"""Suggestions in the database, and what dedupe reads to make them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, text

from worker.domain.records import Key
from worker.domain.suggestions import Reason, Suggestion
from worker.storage import tables
from worker.storage.database import copy_rows, id_array
from worker.storage.tables.evidence import HAS_MAILBOX, MAILBOX

_COLUMNS = "one, other, reasons, count, crowd"
_NAMING = "WHERE one = ANY(CAST(:ids AS text[])) OR other = ANY(CAST(:ids AS text[]))"
_STRENGTH = "(SELECT max((r->>'one')::int + (r->>'other')::int) FROM jsonb_array_elements(reasons) r)"
_LOOSE = "(source = ANY(CAST(:sources AS text[])) OR NOT about_certain)"
_STRONGEST_FIRST = f"ORDER BY {_STRENGTH} DESC, jsonb_array_length(reasons) DESC, count DESC, one, other"


class SharedRow(NamedTuple):
    """One value on one contact: the highest level as the source stated it, and on how many records."""

    type: str
    namespace: str
    value: str
    contact_id: str
    level: int
    records: int


class ToldRow(NamedTuple):
    """What one source says of a record: it is about the same person as records of a contact."""

    about: str
    of: str
    """The contact of the record that it is said of."""
    contact_id: str
    records: int


class SuggestionStore:
    """Reads and writes suggestions inside one transaction. Only the dedupe job writes."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def of(self, contact_ids: Iterable[str]) -> list[Suggestion]:
        """Return the suggestions that name one of the contacts, the strongest first."""
        return self._read(f"{_NAMING} {_STRONGEST_FIRST}", ids=id_array(contact_ids))

    def among(self, contact_ids: Iterable[str]) -> list[Suggestion]:
        """Return the suggestions of which both contacts are given."""
        which = "WHERE one = ANY(CAST(:ids AS text[])) AND other = ANY(CAST(:ids AS text[]))"
        return self._read(which, ids=id_array(contact_ids))

    def strongest(self, limit: int) -> list[Suggestion]:
        """Return suggestions, those with the surest evidence first. Looks at each: 5 us a suggestion."""
        return self._read(f"{_STRONGEST_FIRST} LIMIT :limit", limit=limit)

    def named(self, suggestion_id: str) -> list[Suggestion]:
        """Return the suggestions with an id: one, but for an accident."""
        return self._read("WHERE id = :id ORDER BY one, other", id=suggestion_id)

    def count(self) -> int:
        """Return how many suggestions wait."""
        return int(self._connection.execute(text("SELECT count(*) FROM suggestions")).scalar_one())

    def take(self, contact_ids: Iterable[str]) -> list[Suggestion]:
        """Remove the suggestions that name one of the contacts, and return them."""
        statement = f"DELETE FROM suggestions {_NAMING} RETURNING {_COLUMNS}"  # noqa: S608 - own texts
        rows = self._connection.execute(text(statement), {"ids": id_array(contact_ids)})
        return [_suggestion(row) for row in rows.all()]

    def put(self, found: Iterable[Suggestion]) -> None:
        """Write suggestions; none of their pairs may be there."""
        copy_rows(
            self._connection,
            tables.suggestions,
            (
                (each.one, each.other, _json(each.reasons), each.count, each.id, each.basis, each.crowd)
                for each in found
            ),
        )

    def sharing(self, values: Iterable[str]) -> list[SharedRow]:
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

    def holders(self, value: str) -> list[str]:
        """Return the contacts that hold a value at any level."""
        rows = self._connection.execute(
            text(
                "SELECT DISTINCT m.contact_id FROM identifiers i JOIN members m USING (record_id)"
                " WHERE i.value = :value ORDER BY 1"
            ),
            {"value": value},
        )
        return list(rows.scalars().all())

    def spellings(self, mailboxes: Iterable[str]) -> list[str]:
        """Return the e-mail addresses that are other spellings of the given ones (`emails.variants`)."""
        rows = self._connection.execute(
            text(
                f"SELECT DISTINCT value FROM identifiers WHERE {HAS_MAILBOX} AND {MAILBOX} = ANY(:mailboxes)"  # noqa: S608 - own texts
            ),
            {"mailboxes": list(mailboxes)},
        )
        return list(rows.scalars().all())

    def contested(self, values: Iterable[str]) -> set[Key]:
        """Return those of the values that are contested, as keys. Reads through all open cases."""
        rows = self._connection.execute(
            text(
                "SELECT type, namespace, value FROM conflicts WHERE kind = 'contested' AND value = ANY(:values)"
            ),
            {"values": list(values)},
        )
        return {(type_, namespace, value) for type_, namespace, value in rows}

    def told(self, record_ids: Iterable[str], sources: Sequence[str]) -> list[ToldRow]:
        """Return what is said by `about`, of the records and of those that the records are said to be of.

        By `sources` whatever they say, by others what they are not sure of.
        """
        rows = self._connection.execute(
            text(
                "WITH target AS (SELECT about AS id FROM records WHERE id = ANY(CAST(:ids AS text[]))"  # noqa: S608 - own texts
                f" AND about IS NOT NULL AND {_LOOSE}"
                " UNION SELECT about FROM records WHERE about = ANY(CAST(:ids AS text[])))"
                " SELECT t.id, o.contact_id, m.contact_id, count(*) FROM target t"
                f" JOIN members o ON o.record_id = t.id JOIN records r ON r.about = t.id AND {_LOOSE}"
                " JOIN members m ON m.record_id = r.id GROUP BY 1, 2, 3"
            ),
            {"ids": id_array(record_ids), "sources": list(sources)},
        )
        return [ToldRow(*row) for row in rows]

    def any_told(self, sources: Sequence[str]) -> bool:
        """Say whether any of `sources`, or anybody who is not sure, ever said that a record is about another."""
        found = self._connection.execute(
            text(
                # In the order of the index, so that it is read whatever the planner makes of the condition.
                "(SELECT 1 FROM records WHERE NOT about_certain ORDER BY about LIMIT 1) UNION ALL"
                " (SELECT 1 FROM records WHERE about IS NOT NULL AND source = ANY(CAST(:sources AS text[])) LIMIT 1)"
                " LIMIT 1"
            ),
            {"sources": list(sources)},
        )
        return found.first() is not None

    def ids_like(self, beginning: str, limit: int) -> list[str]:
        """Return ids of records that begin so."""
        rows = self._connection.execute(
            text("SELECT id FROM records WHERE id >= :start AND id < :stop ORDER BY id LIMIT :limit"),
            {
                "start": beginning,
                "stop": f"{beginning}g",
                "limit": limit,
            },  # "g" follows every digit of an id.
        )
        return list(rows.scalars().all())

    def _read(self, which: str, **values: object) -> list[Suggestion]:
        rows = self._connection.execute(text(f"SELECT {_COLUMNS} FROM suggestions {which}"), values)  # noqa: S608 - own texts
        return [_suggestion(row) for row in rows.all()]


def _json(reasons: Sequence[Reason]) -> str:
    return msgspec.json.encode(reasons).decode()


def _suggestion(row: Sequence[object]) -> Suggestion:
    return msgspec.convert(dict(zip(_COLUMNS.split(", "), row, strict=True)), Suggestion)
