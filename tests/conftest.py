"""What every test may ask for: PostgreSQL and Valkey, started once for a whole run."""

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from sqlalchemy import Engine

from config.settings import Settings, plain_url
from tests.database import empty, new_database, schema_at
from worker import servers
from worker.servers import Endpoints
from worker.storage.unit_of_work import UnitOfWork

# The cases of the contract explain themselves when they fail, also where another folder loads them first.
pytest.register_assert_rewrite("tests.connectors.contract")

_ROOM = 2_000_000_000
"""Bytes that a whole run needs at its widest, and some."""

# How fast an example runs is the machine's business, and the first one on a fresh machine makes tables of letters.
settings.register_profile("day", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The long runs: pytest tests/properties --hypothesis-profile=night
settings.register_profile(
    "night", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("day")


def _quick_disk() -> str | None:
    """Return a place in memory where there is room, as on most Linux systems; else None, the usual place.

    The servers write as durably as ever, and need not wait for a disk that the test throws away.
    """
    memory = Path("/dev/shm")  # noqa: S108 -- `mkdtemp` makes a folder there that nobody else can have made
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM
    return str(memory) if roomy and os.access(memory, os.W_OK) else None


@contextmanager
def _open_folder() -> Iterator[Path]:
    """Give a folder that every user can pass through; pytest's own `tmp_path` is closed to others.

    PostgreSQL's user is another one when root runs the tests.
    """
    folder = Path(tempfile.mkdtemp(prefix="avouch-test-", dir=_quick_disk())).resolve()
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        data = (folder / "home" / "postgres" / "data").resolve()
        if not data.is_relative_to(folder):
            shutil.rmtree(data.parent, ignore_errors=True)
        shutil.rmtree(folder)


@pytest.fixture
def new_home() -> Iterator[Path]:
    """A home of the test's own, not made yet: for tests of the first start."""
    with _open_folder() as folder:
        yield folder / "home"


@pytest.fixture(scope="session")
def _used_home() -> Iterator[Path]:
    """A home whose servers were started once and stopped; setting one up takes longer than copying it."""
    with _open_folder() as folder:
        path = folder / "home"
        with servers.running(Settings.load({"AVOUCH_HOME": str(path)})):
            pass
        yield path


@pytest.fixture
def home(_used_home: Path, new_home: Path) -> Path:
    """A home of the test's own that has been used before; its servers are stopped."""
    subprocess.run(["/bin/cp", "-a", _used_home, new_home], check=True)  # shutil does not keep owners
    return new_home


_GUARD = """
import shutil, sys
from pathlib import Path
from config.settings import Settings
from worker import servers
sys.stdin.read()
folder = Path(sys.argv[1])
if folder.exists():
    with servers.running(Settings.load({"AVOUCH_HOME": str(folder / "home")})):
        pass
    shutil.rmtree(folder)
"""


@contextmanager
def _guarded(folder: Path) -> Iterator[None]:
    """Clear `folder` and its servers away even if the test run is killed: a process waits for our end."""
    argv = [sys.executable, "-c", _GUARD, str(folder)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, start_new_session=True, cwd=Path(__file__).parents[1]
    ) as guard:
        yield
        guard.kill()


@pytest.fixture(scope="session")
def endpoints() -> Iterator[Endpoints]:
    """PostgreSQL and Valkey for the whole run: our own, or those of TEST_DATABASE_URL and TEST_BROKER_URL."""
    given = {name: os.environ.get(f"TEST_{name}", "") for name in ("DATABASE_URL", "BROKER_URL")}
    with _open_folder() as folder:
        settings = Settings.load({"AVOUCH_HOME": str(folder / "home"), **given})
        with _guarded(folder), servers.running(settings) as found:
            yield found


@pytest.fixture
def database_url(endpoints: Endpoints) -> Iterator[str]:
    """An empty database of the test's own, its URL as SQLAlchemy wants it; dropped after the test."""
    name = f"avouch_test_{uuid.uuid4().hex}"
    with psycopg.connect(plain_url(endpoints.database_url), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        yield _with_database(endpoints.database_url, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _with_database(url: str, name: str) -> str:
    """Return `url` leading to the database `name`, with its parameters kept."""
    before, mark, parameters = url.partition("?")
    return f"{before.rpartition('/')[0]}/{name}{mark}{parameters}"


@pytest.fixture(scope="session")
def _jobs_database(endpoints: Endpoints) -> Iterator[tuple[Engine, UnitOfWork]]:
    """One database for all tests of jobs, emptied before each: making one takes longer than most tests."""
    with new_database(endpoints.database_url) as url, schema_at(url) as opened:
        yield opened


@pytest.fixture
def uow(_jobs_database: tuple[Engine, UnitOfWork]) -> UnitOfWork:
    """The unit of work on an empty database with the present schema."""
    engine, opened = _jobs_database
    empty(engine)
    return opened


@pytest.fixture
def engine(_jobs_database: tuple[Engine, UnitOfWork]) -> Engine:
    """The same database past all stores, to damage it."""
    return _jobs_database[0]
