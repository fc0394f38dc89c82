"""The one SQL door of connectors: tables of other programs, read and never written.

Any database that SQLAlchemy knows. Times come back as the driver gives them: what a number or a text means as a
time is the connector's business. Every statement is bounded in time, so a table without an index keeps neither
the other program nor the worker waiting for ever.

No error of a driver is chained to ours: in its words stand hosts, users and the values of rows.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import sqlalchemy
from sqlalchemy import ColumnElement, Connection, Engine, Inspector, NullPool
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, NoSuchTableError
from sqlalchemy.types import Integer, NullType

from integrations.errors import AccessError, FormatError, SourceError, UnavailableError
from integrations.source import Source

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 30
"""A page by an index takes milliseconds; a whole table of ten million rows is read in about this time."""

DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql",
           "mariadb": "mariadb+pymysql"}  # fmt: skip
"""The driver that is taken where the URL names none."""

_CONNECT: Mapping[str, Mapping[str, Any]] = {
    "psycopg": {"connect_timeout": CONNECT_SECONDS, "application_name": "avouch"},
    "pymysql": {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": STATEMENT_SECONDS,
        "init_command": "SET SESSION TRANSACTION READ ONLY",
    },
}
_BEFORE_READING = {"postgresql": f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'"}

_NO_ENTRY = ("28", "3D", "42501", "0P")
"""How the SQLSTATEs begin that a person must act on: refused, no such database, no right to read, no role."""
_NO_ENTRY_MYSQL = frozenset({1044, 1045, 1049, 1142, 1143, 1227, 1698})
_NO_ENTRY_WORDS = (
    "authentication failed",
    "does not exist",
    "pg_hba",
    "no password supplied",
    "access denied",
)
"""libpq gives no SQLSTATE of a refused connection; its English words are all there is."""
_WRONG_STATEMENT = ("22", "42")
_WRONG_STATEMENT_MYSQL = frozenset({1054, 1064, 1146, 1292, 1366})


class Table(NamedTuple):
    """What is known of a table before it is read."""

    name: str
    columns: tuple[str, ...]
    serial: str
    """The one column of the primary key, if it holds whole numbers: they grow as rows are written. Else empty."""
    indexed: frozenset[str]
    """Columns that an index begins with."""


class Slice(NamedTuple):
    """A part of a table in the order of one column, which an index can give without sorting."""

    table: str
    columns: Sequence[str]
    order: str
    limit: int | None = None
    start: object = None
    """The least value of `order`; None begins at the very first."""
    after: object = None
    """The value of `order` behind which it begins."""
    equal: object = None
    """The value of `order` that all rows have."""


class Database:
    """Reads tables. Every call opens a connection and closes it: pages are far apart, and nothing is left open."""

    def __init__(self, source: Source) -> None:
        self._source = source.name
        self._engine = self._engine_of(source.secret("url"))

    def table(self, name: str) -> Table:
        """Return what there is to know of a table; raises `AccessError` when it isn't there."""
        with self._reading() as connection:
            inspector = sqlalchemy.inspect(connection)
            schema, _, bare = name.rpartition(".")
            return _described(inspector, name, bare, schema or None)

    def rows(self, part: Slice) -> list[dict[str, Any]]:
        """Return the rows of a part of a table, by the names of their columns."""
        order: ColumnElement[Any] = sqlalchemy.column(part.order)
        columns: list[ColumnElement[Any]] = [sqlalchemy.column(name) for name in part.columns]
        query = sqlalchemy.select(*columns).select_from(_named(part.table)).order_by(order).limit(part.limit)
        # Without a type: with one, SQLAlchemy would cast a time with a zone to one without.
        bound = partial(sqlalchemy.bindparam, None, type_=NullType())
        if part.start is not None:
            query = query.where(order >= bound(part.start))
        if part.after is not None:
            query = query.where(order > bound(part.after))
        if part.equal is not None:
            query = query.where(order == bound(part.equal))
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def last(self, table: str, column: str) -> Any:  # noqa: ANN401 - what the driver gives
        """Return the greatest value of a column; None in an empty table."""
        greatest: ColumnElement[Any] = sqlalchemy.func.max(sqlalchemy.column(column))
        query = sqlalchemy.select(greatest).select_from(_named(table))
        with self._reading() as connection:
            return connection.execute(query).scalar()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                before = _BEFORE_READING.get(self._engine.dialect.name)
                if before:
                    connection.execute(sqlalchemy.text(before))
                yield connection
        except NoSuchTableError:
            raise self._needs_a_person(
                "there is no such table, or this user may not see it; set table"
            ) from None
        except DBAPIError as error:
            raise self._told(error) from None

    def _engine_of(self, text: str) -> Engine:
        try:
            url = sqlalchemy.make_url(text)
            url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
            driver = url.get_driver_name()
            if url.get_backend_name() == "sqlite":
                opened: Callable[[], sqlite3.Connection] = partial(_sqlite, url.database or "")
                return sqlalchemy.create_engine("sqlite://", creator=opened, poolclass=NullPool)
            return sqlalchemy.create_engine(
                url,
                poolclass=NullPool,
                hide_parameters=True,
                connect_args=dict(_CONNECT.get(driver, {})),
                **_READ_ONLY.get(url.get_backend_name(), {}),
            )
        except ModuleNotFoundError as error:
            raise self._needs_a_person(
                f"the driver of its database is missing: pip install {error.name}"
            ) from None
        except (ArgumentError, NoSuchModuleError, ValueError):
            raise self._needs_a_person(
                "the secret url is not one of a database; write postgresql://USER:PASSWORD@HOST/DATABASE,"
                " mysql://... or sqlite:////PATH"
            ) from None

    def _told(self, error: DBAPIError) -> SourceError:
        """Say what a driver's error means for us: a person must act, again later, or not what we thought."""
        state, number, words = _facts(error)
        named = f" (SQLSTATE {state})" if state else ""
        if state.startswith(_NO_ENTRY) or number in _NO_ENTRY_MYSQL or words in {"refused", "file"}:
            what = (
                "its file can't be opened; correct the secret url"
                if words == "file"
                else f"the database let us not read{named}; check user, password, database and the right to SELECT"
            )
            return self._needs_a_person(what)
        if state.startswith(_WRONG_STATEMENT) or number in _WRONG_STATEMENT_MYSQL or words == "statement":
            return FormatError(
                f"{self._source}: the database did not understand what was asked{named}. Nothing was lost.\n"
                f"    Check table and columns in avouch.toml, then run: avouch sources test {self._source}"
            )
        return UnavailableError(
            f"{self._source}: no answer from the database{named}. It is tried again later by itself."
        )

    def _needs_a_person(self, what: str) -> AccessError:
        return AccessError(
            f"{self._source}: {what}.\n"
            f"    Nothing was lost. When it is right, run: avouch sources resume {self._source}",
            tried=f"{self._source}: {what}.\n    When it is right, run: avouch sources test {self._source}",
        )


_READ_ONLY: Mapping[str, Mapping[str, Any]] = {
    "postgresql": {"execution_options": {"postgresql_readonly": True}}
}


def _described(inspector: Inspector, name: str, bare: str, schema: str | None) -> Table:
    found = inspector.get_columns(bare, schema)
    key = inspector.get_pk_constraint(bare, schema)["constrained_columns"]
    whole = {column["name"] for column in found if isinstance(column["type"], Integer)}
    starts: list[Sequence[str | None]] = [key]
    starts += [index["column_names"] for index in inspector.get_indexes(bare, schema)]
    starts += [unique["column_names"] for unique in inspector.get_unique_constraints(bare, schema)]
    return Table(
        name=name,
        columns=tuple(column["name"] for column in found),
        serial=key[0] if len(key) == 1 and key[0] in whole else "",
        indexed=frozenset(str(names[0]) for names in starts if names),
    )


def _named(table: str) -> sqlalchemy.TableClause:
    schema, _, bare = table.rpartition(".")
    return sqlalchemy.table(bare, schema=schema or None)


def _sqlite(path: str) -> sqlite3.Connection:
    # A connection that could write would make the file, where there is none.
    return sqlite3.connect(
        f"file:{quote(str(Path(path).expanduser()))}?mode=ro", uri=True, timeout=CONNECT_SECONDS
    )


def _facts(error: DBAPIError) -> tuple[str, int, str]:
    """Return SQLSTATE, MySQL's number, and what the words of a driver without either say."""
    original = error.orig
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or ""
    arguments: tuple[Any, ...] = getattr(original, "args", ())
    number = arguments[0] if arguments and isinstance(arguments[0], int) else 0
    text = str(original).lower()
    words = ""
    if isinstance(original, sqlite3.Error):
        words = "file" if "unable to open" in text or "not a database" in text else ""
        words = words or ("statement" if "no such" in text else "")
    elif not state and not number and any(each in text for each in _NO_ENTRY_WORDS):
        words = "refused"
    return str(state), number, words
