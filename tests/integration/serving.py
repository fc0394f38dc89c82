"""What tests of the servers do again and again."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import redis

from config.settings import Settings, plain_url
from worker import servers
from worker.servers import Part
from worker.servers.processes import is_running

ANOTHER_COMMAND = """
import sys
from config.settings import Settings
from worker import servers
with servers.running(Settings.load({"AVOUCH_HOME": sys.argv[1]})):
    print("ready", flush=True)
    sys.stdin.read()
"""


def settings_of(home: Path, **variables: str) -> Settings:
    return Settings.load({"AVOUCH_HOME": str(home), **variables})


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement in a session of its own and return its rows."""
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@contextmanager
def broker(url: str) -> Iterator[redis.Redis]:
    with closing(redis.Redis.from_url(url, decode_responses=True)) as client:
        yield client


@contextmanager
def another_command(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Give another process that uses the servers of `home` until its standard input ends."""
    argv = [sys.executable, "-c", ANOTHER_COMMAND, str(home)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


def parts(settings: Settings) -> dict[str, Part]:
    return {part.name: part for part in servers.state(settings)}


def process_of(settings: Settings, name: str) -> psutil.Process:
    return psutil.Process(parts(settings)[name].pid)


def processes(settings: Settings) -> list[psutil.Process]:
    return [process_of(settings, name) for name in ("PostgreSQL", "Valkey")]


def left(found: list[psutil.Process]) -> list[psutil.Process]:
    """Return those that still run; one that only waits for its parent to notice does not."""
    return [process for process in found if is_running(process)]
