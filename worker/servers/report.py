"""What runs, for `avouch status` and `avouch doctor`. Looks only: starts, makes and repairs nothing."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from config.settings import Settings, plain_url
from worker.servers.home import Home
from worker.servers.ports import LOOPBACK
from worker.servers.postgres import Postgres
from worker.servers.server import Answer, Server
from worker.servers.valkey import Valkey

_KNOCK_SECONDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One server, as found."""

    name: str
    embedded: bool
    """False for a server that DATABASE_URL or BROKER_URL names."""
    running: bool
    """True when it takes our password now."""
    address: str
    """Host, port and database; no user, no password. Empty for an embedded server never started."""
    problem: str = ""
    """Why it is not running, as far as can be said."""
    pid: int | None = None
    data: Path | None = None
    log: Path | None = None


def state(settings: Settings) -> Sequence[Part]:
    """Return the database and the broker, as they are now."""
    home = Home(settings)
    return [
        _named("PostgreSQL", settings.database_url, _ask_database)
        if settings.database_url
        else _own(Postgres(home), home),
        _named("Valkey", settings.broker_url, _ask_broker)
        if settings.broker_url
        else _own(Valkey(home), home),
    ]


def _own(server: Server, home: Home) -> Part:
    problems: list[str] = []
    access = process = None
    answer = Answer.NOT_YET
    try:
        access, process = home.access(server.key, problems.append), server.find()
        if access and process:
            answer = server.probe(access)
    except OSError as error:
        problems.append(f"{error.filename} cannot be read: {error.strerror}.")
    running = answer is Answer.READY
    if process is None:
        problems.append("It is not started; avouch commands start it when they need it.")
    elif not running:
        problems.append("It runs, but does not let us in; the next avouch command starts it again.")
    return Part(
        name=server.name,
        embedded=True,
        running=running,
        address=f"{LOOPBACK}:{access.port}" if access else "",
        problem="" if running else " ".join(problems),
        pid=process.pid if process else None,
        data=server.data,
        log=server.log,
    )


def _named(name: str, url: str, ask: Callable[[str], None]) -> Part:
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2] + parts.path
    try:
        ask(url)
    except Exception as error:  # noqa: BLE001 -- whatever keeps us from it is the answer to the question
        return Part(name=name, embedded=False, running=False, address=address, problem=str(error).strip())
    return Part(name=name, embedded=False, running=True, address=address)


def _ask_database(url: str) -> None:
    with psycopg.connect(plain_url(url), connect_timeout=_KNOCK_SECONDS) as connection:
        connection.execute("SELECT")


def _ask_broker(url: str) -> None:
    import redis  # Slow to load, and needed for a broker of somebody else's only.

    with contextlib.closing(
        redis.Redis.from_url(url, socket_connect_timeout=_KNOCK_SECONDS, socket_timeout=_KNOCK_SECONDS)
    ) as client:
        client.ping()
