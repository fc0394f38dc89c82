"""Whether a sync that is killed at any moment ends as one that was left in peace."""

import hashlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Engine, text

from tests.database import exported, new_database, schema_at
from tests.simulated.vendor import simulated
from worker.demo.simulator_server import LoopbackServer
from worker.storage.unit_of_work import UnitOfWork

ROOT = Path(__file__).parents[2]
PATIENCE = 600.0
"""Seconds that one pull may take."""


class Ended(Struct, frozen=True):
    """How a pull ended."""

    records: int
    contacts: int
    digest: str
    """Of the export and of everything that landed: records, versions, interactions, notes and rejects."""
    kills: int
    seconds: float


def pulled(
    server_url: str, connector: str, size: int, *, page_limit: int, kills: int, seed: int = 0
) -> Ended:
    """Pull a simulated vendor into a new database, killing the process `kills` times on the way.

    With few entries a page there are many places where a kill may come.
    """
    vendor = simulated(connector, size)
    with (
        new_database(server_url) as url,
        schema_at(url) as (engine, uow),
        LoopbackServer(vendor.answer) as server,
    ):
        command = [sys.executable, "-m", "tests.simulated.pull", connector, url, server.url]
        command += [str(size), str(page_limit)]
        begun = time.monotonic()
        killed = sum(_kill(command, engine, most) for most in _places(size, kills, seed))
        with _running(command) as last:
            said = last.communicate(timeout=PATIENCE)[0]
        if last.returncode != 0:
            raise RuntimeError(said)
        return _ended(engine, uow, killed, time.monotonic() - begun)


def _places(size: int, kills: int, seed: int) -> list[int]:
    """Return after how many landed records each kill comes."""
    places = random.Random(seed)  # noqa: S311 - spreads kills, guards nothing
    return sorted(places.randrange(size * 9 // 10) for _ in range(kills))


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        yield process


def _kill(command: list[str], engine: Engine, most: int) -> bool:
    """Kill a pull once it has landed something and more than `most` records are there; say whether it still ran."""
    most = max(most, _landed(engine))
    with _running(command) as process:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and _landed(engine) <= most and time.monotonic() < deadline:
            time.sleep(0.005)  # Another process: there is nothing to wait on but its rows.
        runs = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return runs


def _landed(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM records")).scalar_one())


_EVIDENCE = (
    "SELECT r.source, r.key, r.body FROM records r ORDER BY 1, 2",
    "SELECT record_id, digest, body FROM versions ORDER BY 1, 2",
    "SELECT record_id, id, kind, at, direction, summary FROM interactions ORDER BY 1, 2",
    "SELECT record_id, id, at, author, body FROM notes ORDER BY 1, 2",
    "SELECT source, digest FROM rejects ORDER BY 1, 2",
)


def _ended(engine: Engine, uow: UnitOfWork, kills: int, seconds: float) -> Ended:
    contacts = exported(uow)
    digest = hashlib.sha256("\n".join(contacts).encode())
    with engine.connect() as connection:
        for query in _EVIDENCE:
            for row in connection.execute(text(query)):
                digest.update(repr(tuple(row)).encode())
    return Ended(_landed(engine), len(contacts), digest.hexdigest(), kills, seconds)
