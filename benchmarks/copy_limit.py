"""The COPY limit: how fast PostgreSQL takes contacts with their identifiers when nothing is decided.

COPY into temporary tables, then one upsert of contacts and of their identifiers, into tables that hold
100,000 contacts already; one durable commit a batch, one process. Measured twice: from rows that lie
ready in memory, and from the same file that Avouch reads, decoded and in canonical form.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import msgspec
from sqlalchemy import Engine, text

from integrations.contract import ContactRecord
from worker.domain.identifiers import Key, canonical
from worker.storage.database import cursor_of

_decode = msgspec.json.Decoder(ContactRecord).decode

BATCH = 5_000

PRELOADED = 100_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS limit_contact (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source text NOT NULL,
    external_id text NOT NULL, name text, email text, phone text, company text, occurred_at timestamptz,
    raw jsonb, UNIQUE (source, external_id));
CREATE TABLE IF NOT EXISTS limit_identifier (type text NOT NULL, value text NOT NULL, contact_id bigint NOT NULL,
    PRIMARY KEY (type, value, contact_id));
"""
_TEMPORARY = """
CREATE TEMP TABLE IF NOT EXISTS new_contact (source text, external_id text, name text, email text, phone text,
    company text, occurred_at timestamptz, raw jsonb) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS new_identifier (type text, value text, external_id text) ON COMMIT DELETE ROWS;
"""
_UPSERT = """
WITH put AS (
    INSERT INTO limit_contact (source, external_id, name, email, phone, company, occurred_at, raw)
    SELECT * FROM new_contact
    ON CONFLICT (source, external_id) DO UPDATE SET name = excluded.name, email = excluded.email,
        phone = excluded.phone, company = excluded.company, raw = excluded.raw
    RETURNING id, external_id)
INSERT INTO limit_identifier SELECT n.type, n.value, put.id FROM new_identifier n JOIN put USING (external_id)
ON CONFLICT DO NOTHING
"""


Row = tuple[tuple[object, ...], Sequence[tuple[str, str, str]]]
"""A contact and its identifiers, ready to be copied."""


def row_of(record: ContactRecord, raw: str) -> Row:
    """Bring one record into the form of the tables: identifiers in canonical form."""
    found = [
        (each.type, form.value, record.id)
        for each in record.identifiers
        if isinstance(form := canonical(each.type, each.namespace, each.value, None), Key)
    ]
    by_type = {type_: value for type_, value, _ in found}
    name = record.name if isinstance(record.name, str) else None
    return (
        ("bench", record.id, name, by_type.get("email"), by_type.get("phone"), None, record.occurred_at, raw),
        found,
    )


def rows_of(lines: Iterable[bytes]) -> list[Row]:
    """Decode lines of the canonical form, and bring them into the form of the tables."""
    return [row_of(_decode(line), line.decode()) for line in lines]


def prepare(engine: Engine) -> None:
    """Make the tables, and fill them with what was there before."""
    with engine.begin() as connection:
        connection.execute(text(_SCHEMA))
    raw = msgspec.json.encode({"about": "x" * 600}).decode()
    at = datetime.now(UTC)
    old: list[Row] = [
        (
            ("old", f"old-{n}", None, None, None, None, at, raw),
            [
                ("phone", f"+349{n * 7919 % 10**8:08d}", f"old-{n}"),
                ("email", f"old.{n}@example.com", f"old-{n}"),
            ],
        )
        for n in range(PRELOADED)
    ]
    for first in range(0, PRELOADED, BATCH):
        _upsert(engine, old[first : first + BATCH])


def from_rows(engine: Engine, rows: Sequence[Row]) -> float:
    """Return records a second, from rows that lie ready."""
    _forget_last(engine)
    started = time.perf_counter()
    for first in range(0, len(rows), BATCH):
        _upsert(engine, rows[first : first + BATCH])
    return len(rows) / (time.perf_counter() - started)


def from_file(engine: Engine, path: Path) -> float:
    """Return records a second, from a file in the canonical form."""
    _forget_last(engine)
    number = 0
    started = time.perf_counter()
    with path.open("rb") as file:
        while lines := list(islice(file, BATCH)):
            _upsert(engine, rows_of(lines))
            number += len(lines)
    return number / (time.perf_counter() - started)


def _forget_last(engine: Engine) -> None:
    """Delete what the last round added, so that each round lands new records."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "DELETE FROM limit_identifier WHERE contact_id IN"
                " (SELECT id FROM limit_contact WHERE source = 'bench')"
            )
        )
        connection.execute(text("DELETE FROM limit_contact WHERE source = 'bench'"))


def _upsert(engine: Engine, rows: Sequence[Row]) -> None:
    with engine.begin() as connection:
        connection.execute(text(_TEMPORARY))
        with cursor_of(connection) as cursor:
            with cursor.copy("COPY new_contact FROM STDIN") as copy:
                for contact, _ in rows:
                    copy.write_row(contact)
            with cursor.copy("COPY new_identifier FROM STDIN") as copy:
                for _, identifiers in rows:
                    for identifier in identifiers:
                        copy.write_row(identifier)
        connection.execute(text(_UPSERT))
