"""Tables of call records as exchanges write them, and a source that reads them. All people and numbers are invented."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy
from msgspec.structs import replace

from integrations.contract import ContactRecord, Page
from integrations.phone.call_records import CallRecords
from integrations.source import Source

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

ASTERISK = """
CREATE TABLE cdr (
    accountcode VARCHAR(20), src VARCHAR(80), dst VARCHAR(80), dcontext VARCHAR(80), clid VARCHAR(80),
    channel VARCHAR(80), dstchannel VARCHAR(80), lastapp VARCHAR(80), lastdata VARCHAR(80),
    "start" TIMESTAMP, answer TIMESTAMP, "end" TIMESTAMP, duration INTEGER, billsec INTEGER,
    disposition VARCHAR(45), amaflags VARCHAR(45), userfield VARCHAR(256), uniqueid VARCHAR(150),
    linkedid VARCHAR(150), peeraccount VARCHAR(20), sequence INTEGER
)
"""
KAMAILIO = """
CREATE TABLE acc_cdrs (
    id INTEGER PRIMARY KEY NOT NULL,
    start_time TIMESTAMP NOT NULL, end_time TIMESTAMP NOT NULL, duration REAL NOT NULL,
    src_user VARCHAR(64), dst_user VARCHAR(64), callid VARCHAR(255)
)
"""
INSIDE: Mapping[str, Any] = {"internal_digits": 3, "own_numbers": ["+1 202 555 0100"]}


def a_source(url: str, *, page_limit: int | None = None, **settings: Any) -> Source:
    return Source(
        name="pbx",
        connector="sql-calls",
        settings={"preset": "asterisk", "timezone": "UTC", **INSIDE, **settings},
        secrets={"url": url},
        page_limit=page_limit,
    )


def a_row(unique: str, start: str = "2026-03-02 10:00:00", **values: Any) -> dict[str, Any]:
    """Return a row as Asterisk writes it for a call from outside to an extension."""
    row = {"src": "2025550111", "dst": "201", "clid": '"Ana Ruiz" <2025550111>', "start": start, "duration": 35,
           "disposition": "ANSWERED", "uniqueid": unique, "linkedid": unique, "sequence": 1}  # fmt: skip
    return {**row, **values}


def julian(at: datetime) -> float:
    """Return a time as Kamailio's db_sqlite keeps it."""
    return 2440587.5 + at.timestamp() / 86400


def a_dialog(number: int, at: datetime, **values: Any) -> dict[str, Any]:
    """Return a row as Kamailio's acc module writes it in SQLite."""
    row = {"id": number, "start_time": julian(at), "end_time": julian(at) + 0.0004, "duration": 34.56,
           "src_user": "+12025550111", "dst_user": "201", "callid": f"call-{number}@203.0.113.9"}  # fmt: skip
    return {**row, **values}


def sqlite_file(folder: Path, *statements: str) -> str:
    path = folder / "calls.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return f"sqlite:///{path}"


def execute(url: str, *statements: str) -> None:
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sqlalchemy.text(statement))


def fill(url: str, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        for row in rows:
            target = sqlalchemy.table(table, *map(sqlalchemy.column, row))
            connection.execute(target.insert().values(dict(row)))


def read(source: Source, cursor: str | None = None) -> list[Page]:
    """Fetch to the end of a run, each page by a new connector: nothing may live but in the cursor."""
    pages: list[Page] = []
    while not pages or pages[-1].more:
        assert len(pages) < 1000
        connector = CallRecords(replace(source, clock=lambda: NOON))
        pages.append(connector.fetch(pages[-1].cursor if pages else cursor))
    return pages


def records(pages: Sequence[Page]) -> list[ContactRecord]:
    return [delivery.record for page in pages for delivery in page.deliveries]


def ids(pages: Sequence[Page]) -> list[str]:
    return [record.id for record in records(pages)]


def reasons(pages: Sequence[Page]) -> dict[str, str]:
    return {each.where: each.reason for page in pages for each in page.rejected}


def told(record: ContactRecord) -> tuple[str, list[tuple[str, str | None]]]:
    """Return the direction of a call, and the values with their levels."""
    levels = [(each.value, each.level.value if each.level else None) for each in record.identifiers]
    return record.interactions[0].direction, levels
