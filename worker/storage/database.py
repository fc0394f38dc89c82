"""The engine and the way into a transaction."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy
from sqlalchemy import Connection, Engine

_STATEMENT_TIMEOUT_MS = 60_000
"""A statement that runs longer is stuck: the batch is tried again by the next hint."""
_LOCK_TIMEOUT_MS = 5_000
_IDLE_TIMEOUT_MS = 90_000
"""A worker frozen inside a transaction gives its locks up after this: as long as a task may take, so that the
rules have time for a large batch, and shorter than a lease."""


def engine_for(url: str) -> Engine:
    """Return an engine for `url` whose sessions never hang for ever."""
    options = (
        f"-c statement_timeout={_STATEMENT_TIMEOUT_MS} -c lock_timeout={_LOCK_TIMEOUT_MS}"
        f" -c idle_in_transaction_session_timeout={_IDLE_TIMEOUT_MS} -c timezone=UTC"
    )
    return sqlalchemy.create_engine(
        url,
        pool_pre_ping=True,
        hide_parameters=True,  # An error's text would show people's data.
        pool_size=4,
        connect_args={"options": options, "connect_timeout": 5, "application_name": "avouch"},
    )


def copy_rows(connection: Connection, table: sqlalchemy.Table, rows: Iterable[Sequence[Any]]) -> None:
    """COPY `rows` into all columns of `table` but generated ones, in the table's column order.

    Several times the rate of INSERT; there is no ON CONFLICT, so the caller knows that rows are new.
    """
    columns = [column.name for column in table.columns if column.identity is None]
    statement = psycopg.sql.SQL("COPY {} ({}) FROM STDIN").format(
        psycopg.sql.Identifier(table.name), psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, columns))
    )
    with cursor_of(connection) as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def cursor_of(connection: Connection) -> Iterator[psycopg.Cursor[Any]]:
    """Give psycopg's own cursor inside SQLAlchemy's transaction, for what takes a row a record."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):  # Only psycopg 3 is configured.
        raise TypeError(f"expected a psycopg connection, got {type(driver).__name__}")
    with driver.cursor() as cursor:
        yield cursor


def id_array(ids: Iterable[str]) -> str:
    """Write ids as the text of a PostgreSQL array.

    Ids are letters and digits, so nothing needs quoting; psycopg's own array costs more than the look-up.
    """
    return "{" + ",".join(ids) + "}"
