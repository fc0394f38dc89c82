"""Portraits and blocking keys in the database: by what probable pairs are found. Only the dedupe job writes."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, text

from worker.domain.matching.portraits import Portrait
from worker.storage.database import cursor_of, id_array

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Portrait).decode

_PAGE = 5_000
_LIST = "string_to_array(%s, chr(31))"
"""A list of texts as one text: keys and values have no control characters, and psycopg's arrays cost thrice this."""


class Asked(NamedTuple):
    """A question for the holders of one key."""

    key: str
    at_most: int


class Sought(NamedTuple):
    """A question for the holders of one value, among those of a key that many have."""

    key: str
    value: str


class PortraitStore:
    """Reads and writes portraits and their keys inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def get_all(self, contact_ids: Iterable[str]) -> dict[str, Portrait]:
        """Return the portraits of contacts that have one."""
        with cursor_of(self._connection) as cursor:
            cursor.execute(
                "SELECT contact_id, body FROM portraits WHERE contact_id = ANY(%s::text[])",
                [id_array(contact_ids)],
            )
            return {contact_id: _decode(body) for contact_id, body in cursor.fetchall()}

    def names(self) -> Iterator[tuple[str, ...]]:
        """Return the names of each portrait, read little by little."""
        rows = self._connection.execute(
            text("SELECT body FROM portraits"), execution_options={"yield_per": _PAGE}
        )
        for (body,) in rows:
            yield _decode(body).names

    def count(self) -> int:
        """Return how many contacts have a portrait."""
        return int(self._connection.execute(text("SELECT count(*) FROM portraits")).scalar_one())

    def ids_after(self, start: str, limit: int) -> list[str]:
        """Return the contacts with a portrait whose ids follow `start`: these are as good as drawn by lot."""
        rows = self._connection.execute(
            text("SELECT contact_id FROM portraits WHERE contact_id > :start ORDER BY 1 LIMIT :limit"),
            {"start": start, "limit": limit},
        )
        return list(rows.scalars().all())

    def put(self, portraits: Mapping[str, Portrait], gone: Collection[str]) -> None:
        """Write portraits in place of those that were there, and take out those of contacts that are `gone`."""
        out = id_array({*portraits, *gone})
        with cursor_of(self._connection) as cursor:
            cursor.execute("DELETE FROM portraits WHERE contact_id = ANY(%s::text[])", [out])
            with cursor.copy("COPY portraits (contact_id, body) FROM STDIN") as copy:
                for contact_id, portrait in portraits.items():
                    copy.write_row((contact_id, _encode(portrait).decode()))

    def move(self, gone: Collection[tuple[str, str]], new: Collection[tuple[str, str]]) -> None:
        """Take out and put in holders of keys, each as (key, contact). Those to put in may not be there."""
        with cursor_of(self._connection) as cursor:
            if gone:
                keys, contact_ids = zip(*gone, strict=True)
                cursor.execute(
                    f"DELETE FROM match_keys m USING unnest({_LIST}, {_LIST}) g (key, contact_id)"  # noqa: S608 - own texts
                    " WHERE (m.key, m.contact_id) = (g.key, g.contact_id)",
                    [_list(keys), _list(contact_ids)],
                )
            if new:
                with cursor.copy("COPY match_keys (key, contact_id) FROM STDIN") as copy:
                    for row in sorted(new):  # In the order of the index, which is several times faster.
                        copy.write_row(row)

    def holders(self, asked: Iterable[Asked]) -> dict[str, list[str]]:
        """Return the contacts that hold each key, in order, at most as many as asked for; none for keys of nobody."""
        questions = sorted(asked)
        keys = [each.key for each in questions]
        with cursor_of(self._connection) as cursor:
            cursor.execute(
                f"SELECT a.place, h.found FROM unnest({_LIST}, %s::int[]) WITH ORDINALITY a (key, most, place)"  # noqa: S608 - own texts
                " CROSS JOIN LATERAL (SELECT string_agg(m.contact_id, ' ') AS found FROM (SELECT contact_id"
                " FROM match_keys WHERE key = a.key ORDER BY contact_id LIMIT a.most) m) h"
                " WHERE h.found IS NOT NULL",
                [_list(keys), id_array(str(each.at_most) for each in questions)],
            )
            return {keys[place - 1]: found.split(" ") for place, found in cursor.fetchall()}

    def showing(self, sought: Iterable[Sought], at_most: int | None = None) -> dict[str, list[str]]:
        """Return for each value the contacts among a key's holders whose portrait shows it, all or at most so many.

        Reads the portraits of the key's holders until there are enough.
        """
        wanted = list(sought)
        with cursor_of(self._connection) as cursor:
            cursor.execute(
                f"SELECT s.place, h.contact_id FROM unnest({_LIST}, {_LIST}) WITH ORDINALITY s (key, shown, place)"  # noqa: S608 - own texts
                " CROSS JOIN LATERAL (SELECT m.contact_id FROM match_keys m JOIN portraits p USING (contact_id)"
                " WHERE m.key = s.key AND strpos(p.body, s.shown) > 0 ORDER BY m.contact_id LIMIT %s) h",
                [
                    _list(each.key for each in wanted),
                    _list(_encode(each.value).decode() for each in wanted),
                    at_most,
                ],
            )
            found: dict[str, list[str]] = {each.value: [] for each in wanted}
            for place, contact_id in cursor:
                found[wanted[place - 1].value].append(contact_id)
        return found

    def silent(self, values: Iterable[str]) -> set[str]:
        """Return those of the values that suggested nobody when the pairs of their holders were made."""
        with cursor_of(self._connection) as cursor:
            cursor.execute(f"SELECT value FROM silent_values WHERE value = ANY({_LIST})", [_list(values)])  # noqa: S608 - own texts
            return {value for (value,) in cursor}

    def silence(self, silent: Collection[str], speaking: Collection[str]) -> None:
        """Note which values suggest nobody, and which do again."""
        with cursor_of(self._connection) as cursor:
            if speaking:
                cursor.execute(f"DELETE FROM silent_values WHERE value = ANY({_LIST})", [_list(speaking)])  # noqa: S608 - own texts
            if silent:
                cursor.execute(f"INSERT INTO silent_values SELECT unnest({_LIST})", [_list(silent)])


def _list(texts: Iterable[str]) -> str:
    return "\x1f".join(texts)
