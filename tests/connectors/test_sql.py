"""The SQL door: what goes wrong at a database becomes one of three errors, and nothing of it is shown."""

import socket
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pymysql
import pytest
import sqlalchemy
from sqlalchemy.exc import DBAPIError

from integrations import sql
from integrations.errors import AccessError, FormatError, SourceError, UnavailableError
from integrations.source import Source
from integrations.sql import Database, Slice
from tests.connectors.calling import execute, fill, sqlite_file

CALLS = "CREATE TABLE calls (id INTEGER PRIMARY KEY, way TEXT)"
ALL = Slice("calls", ("id",), "id")
PASSWORD = "s3cret"


def a_database(url: str) -> Database:
    return Database(Source(name="pbx", connector="sql-calls", secrets={"url": url}))


@contextmanager
def refused(kind: type[SourceError], said: str, *hidden: str) -> Iterator[None]:
    """Expect an error of `kind` that says `said`, shows nothing of `hidden`, and carries no other error along."""
    with pytest.raises(kind, match=f"(?s)^pbx: .*{said}") as caught:
        yield

    assert [each for each in hidden if each in str(caught.value)] == []
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@contextmanager
def silent_server() -> Iterator[int]:
    """Accept connections on loopback and close each at once; give the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            try:
                while True:
                    server.accept()[0].close()
            except OSError:
                return

        thread = Thread(target=hang_up, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


class TestUrl:
    """A URL is a secret: what is wrong with it is said without it."""

    @pytest.mark.parametrize("url", ["s3cret", "nosuch://u:s3cret@h/d", "postgresql://u:s3cret@h:port/d"])
    def test_what_is_no_url_of_a_database_needs_a_person(self, url: str) -> None:
        with refused(AccessError, "write postgresql://USER:PASSWORD@HOST/DATABASE", "s3cret"):
            a_database(url)

    def test_a_missing_driver_is_named_with_what_to_type(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pymysql", None)

        with refused(AccessError, "pip install pymysql", "s3cret"):
            a_database("mysql://u:s3cret@h/d")

    @pytest.mark.parametrize("scheme", sorted(sql.DRIVERS))
    def test_a_usual_url_gets_its_driver(self, scheme: str) -> None:
        with silent_server() as port, refused(UnavailableError, "tried again later", "s3cret"):
            a_database(f"{scheme}://u:s3cret@127.0.0.1:{port}/d").table("calls")


class TestSqlite:
    """A file is opened to read, and is never made."""

    def test_a_file_that_is_not_there_is_not_made(self, tmp_path: Path) -> None:
        path = tmp_path / "none.sqlite"

        with refused(AccessError, "its file can't be opened"):
            a_database(f"sqlite:///{path}").table("calls")

        assert not path.exists()

    def test_a_file_that_is_no_database_needs_a_person(self, tmp_path: Path) -> None:
        path = tmp_path / "other.sqlite"
        path.write_bytes(b"x" * 5000)

        with refused(AccessError, "its file can't be opened"):
            a_database(f"sqlite:///{path}").rows(ALL)

    def test_a_table_tells_its_columns_numbers_and_indexes(self, tmp_path: Path) -> None:
        url = sqlite_file(
            tmp_path, "CREATE TABLE calls (a INT UNIQUE, b TEXT, c INT)", "CREATE INDEX i ON calls (b)"
        )

        assert a_database(url).table("calls") == sql.Table(
            "calls", ("a", "b", "c"), "", frozenset({"a", "b"})
        )

    def test_a_file_that_is_locked_is_read_later(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sql, "CONNECT_SECONDS", 0)
        url = sqlite_file(tmp_path, CALLS)
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)

        with engine.connect() as writer:
            writer.exec_driver_sql("BEGIN EXCLUSIVE")
            with refused(UnavailableError, "no answer from the database"):
                a_database(url).rows(ALL)

    def test_a_column_that_is_not_there_is_a_format_error(self, tmp_path: Path) -> None:
        url = sqlite_file(tmp_path, CALLS)

        with refused(FormatError, "Check table and columns in avouch.toml", "nowhere"):
            a_database(url).rows(ALL._replace(columns=["nowhere"], order="nowhere", start="x"))


@pytest.fixture
def role(database_url: str) -> Iterator[str]:
    """A user of the database that may read one table, with the password s3cret."""
    name = f"reader_{uuid.uuid4().hex}"
    execute(
        database_url,
        CALLS,
        "CREATE TABLE hidden (id INT)",
        f"CREATE ROLE {name} LOGIN PASSWORD 's3cret'",
        f"GRANT SELECT ON calls TO {name}",
    )
    yield name
    execute(database_url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def as_user(url: str, name: str, password: str = PASSWORD, database: str | None = None) -> str:
    made = sqlalchemy.make_url(url).set(username=name, password=password)
    return (made.set(database=database) if database else made).render_as_string(hide_password=False)


@pytest.mark.servers
class TestPostgreSQL:
    """A real server says no in many ways."""

    def test_a_user_who_may_only_read_is_enough(self, database_url: str, role: str) -> None:
        fill(database_url, "calls", [{"id": 7, "way": "in"}])
        database = a_database(as_user(database_url, role))

        assert database.table("calls").serial == "id"
        assert database.rows(ALL) == [{"id": 7}]
        assert database.last("calls", "id") == 7

    @pytest.mark.parametrize(
        ("password", "database"), [("wrong-s3cret", None), ("s3cret", "no_such_database")]
    )
    def test_a_wrong_password_or_database_needs_a_person(
        self, database_url: str, role: str, password: str, database: str | None
    ) -> None:
        url = as_user(database_url, role, password, database)

        with refused(AccessError, "check user, password, database", "s3cret", role, "no_such_database"):
            a_database(url).table("calls")

    def test_a_table_that_may_not_be_read_needs_a_person(self, database_url: str, role: str) -> None:
        with refused(AccessError, r"\(SQLSTATE 42501\); check user", role, "s3cret"):
            a_database(as_user(database_url, role)).rows(ALL._replace(table="hidden"))

    def test_nothing_can_be_written_through_the_door(self, database_url: str) -> None:
        execute(
            database_url,
            CALLS,
            "CREATE FUNCTION writes() RETURNS INT LANGUAGE sql AS 'INSERT INTO calls VALUES (1) RETURNING id'",
            "CREATE VIEW written AS SELECT writes() AS id",
        )

        with refused(UnavailableError, r"\(SQLSTATE 25006\)"):
            a_database(database_url).rows(ALL._replace(table="written"))

    def test_a_value_of_another_kind_is_a_format_error_without_it(self, database_url: str) -> None:
        execute(database_url, CALLS)

        with refused(FormatError, r"\(SQLSTATE 22P02\)", "Ana"):
            a_database(database_url).rows(ALL._replace(start="Ana"))

    def test_a_page_that_takes_too_long_is_tried_again_later(
        self, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sql._BEFORE_READING, "postgresql", "SET LOCAL statement_timeout = '50ms'")
        execute(database_url, "CREATE VIEW slow AS SELECT 1 AS id FROM pg_sleep(60)")

        with refused(UnavailableError, r"\(SQLSTATE 57014\)"):
            a_database(database_url).rows(ALL._replace(table="slow"))

    def test_a_connection_that_is_dropped_is_made_again_later(self, database_url: str) -> None:
        execute(database_url, "CREATE VIEW slow AS SELECT 1 AS id FROM pg_sleep(60)")
        engine = sqlalchemy.create_engine(database_url, isolation_level="AUTOCOMMIT")
        ours = sqlalchemy.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'avouch'"
            " AND datname = current_database() AND query LIKE '%FROM slow%'"
        )

        with ThreadPoolExecutor(1) as pool, engine.connect() as other:
            reading = pool.submit(a_database(database_url).rows, ALL._replace(table="slow"))
            while not reading.done() and not other.execute(ours).scalar():
                pass
            with refused(UnavailableError, "no answer from the database"):
                reading.result()
        engine.dispose()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (pymysql.err.OperationalError(1045, "Access denied for user 'u'@'h'"), AccessError),
        (pymysql.err.OperationalError(1142, "SELECT command denied to user 'u'"), AccessError),
        (
            pymysql.err.OperationalError(2013, "Lost connection to MySQL server during query"),
            UnavailableError,
        ),
        (pymysql.err.ProgrammingError(1064, "You have an error near 'Ana'"), FormatError),
        (pymysql.err.OperationalError(1054, "Unknown column 'nowhere'"), FormatError),
    ],
)
def test_the_numbers_of_mysql_say_what_to_do(
    tmp_path: Path, error: Exception, kind: type[SourceError]
) -> None:
    database = a_database(sqlite_file(tmp_path, CALLS))

    told = database._told(DBAPIError.instance("SELECT 1", {}, error, pymysql.err.Error))  # type: ignore[arg-type] # a pair of errors

    assert isinstance(told, kind)
    assert not {"'u'", "Ana", "nowhere"} & set(str(told).split())
