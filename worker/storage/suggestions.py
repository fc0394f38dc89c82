"""Suggestions in the database, and what dedupe reads to make them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, text

from worker.domain.matching.scoring import Score
from worker.domain.reasons import Reason
from worker.domain.records import Key
from worker.domain.suggestions import Suggestion
from worker.storage import tables
from worker.storage.database import copy_rows, id_array
from worker.storage.tables.evidence import HAS_MAILBOX, MAILBOX

# JSON as text: msgspec reads it into what it is ten times as fast as psycopg into dictionaries.
_COLUMNS = "one, other, CAST(reasons AS text), count, crowd, CAST(score AS text)"
_NAMING = "WHERE one = ANY(CAST(:ids AS text[])) OR other = ANY(CAST(:ids AS text[]))"
_LOOSE = "(source = ANY(CAST(:sources AS text[])) OR NOT about_certain)"
_STRONGEST_FIRST = "ORDER BY weight DESC, count DESC, one, other"
_SAID = """
    reasons @? '$[*] ? (@.kind == "about" || @.kind == "conflict"
        || @.kind == "equal" && (@.type == "account" || @.type == "device" || @.type == "handle"))'
"""
"""Rests on what no comparison weighs: it is worth a look at any weight."""
_SHOWN = f"(weight >= :least OR {_SAID})"
_NOT_PUT_OFF = """
    NOT EXISTS (SELECT FROM put_off p WHERE (p.one, p.other, p.basis) = (suggestions.one, suggestions.other,
        suggestions.basis) AND p.until > :now)
"""
_encode = msgspec.json.Encoder().encode
_reasons = msgspec.json.Decoder(list[Reason]).decode
_score = msgspec.json.Decoder(Score).decode
_ANY_WEIGHT = float("-inf")
_BEFORE_ALL = datetime.max.replace(tzinfo=UTC)
"""Nothing is put off any more by then."""


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

    def strongest(
        self, limit: int, least_weight: float = _ANY_WEIGHT, now: datetime = _BEFORE_ALL
    ) -> list[Suggestion]:
        """Return the most probable suggestions first; all there are unless a line or a time is given.

        Args:
            limit: So many at most.
            least_weight: The line, in bits. Those below it are left out, but for what no comparison weighs.
            now: Leaves out what is put off beyond this moment.
        """
        which = f"WHERE {_SHOWN} AND {_NOT_PUT_OFF} {_STRONGEST_FIRST} LIMIT :limit"
        return self._read(which, limit=limit, least=least_weight, now=now)

    def put_off_count(self, now: datetime, least_weight: float = _ANY_WEIGHT) -> int:
        """Return how many suggestions above the line are put off beyond `now`."""
        return self._count(f"WHERE {_SHOWN} AND NOT {_NOT_PUT_OFF}", least=least_weight, now=now)

    def named(self, suggestion_id: str) -> list[Suggestion]:
        """Return the suggestions with an id: one, but for an accident."""
        return self._read("WHERE id = :id ORDER BY one, other", id=suggestion_id)

    def count(self) -> int:
        """Return how many suggestions wait."""
        return self._count("")

    def take(self, contact_ids: Iterable[str]) -> list[Reason]:
        """Remove the suggestions that name one of the contacts, and return their reasons."""
        statement = f"DELETE FROM suggestions {_NAMING} RETURNING CAST(reasons AS text)"  # noqa: S608 - own texts
        rows = self._connection.execute(text(statement), {"ids": id_array(contact_ids)})
        return [each for reasons in rows.scalars().all() for each in _reasons(reasons)]

    def put(self, found: Iterable[Suggestion]) -> None:
        """Write suggestions; none of their pairs may be there."""
        copy_rows(
            self._connection,
            tables.suggestions,
            (
                (
                    each.one,
                    each.other,
                    _json(each.reasons),
                    each.count,
                    each.id,
                    each.basis,
                    each.crowd,
                    each.score.weight,
                    _json(each.score),
                )
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

    def _count(self, which: str, **values: object) -> int:
        counted = self._connection.execute(text(f"SELECT count(*) FROM suggestions {which}"), values)  # noqa: S608 - own texts
        return int(counted.scalar_one())

    def _read(self, which: str, **values: object) -> list[Suggestion]:
        rows = self._connection.execute(text(f"SELECT {_COLUMNS} FROM suggestions {which}"), values)  # noqa: S608 - own texts
        return [_suggestion(row) for row in rows.all()]


def _json(value: object) -> str:
    return _encode(value).decode()


def _suggestion(row: Sequence[Any]) -> Suggestion:
    one, other, reasons, count, crowd, score = row
    return Suggestion(one, other, tuple(_reasons(reasons)), count, crowd, _score(score))
