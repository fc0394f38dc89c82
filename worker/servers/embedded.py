"""The servers that start themselves where no address of one is set.

They are children of the command that starts them, in sessions of their own, and shared by all avouch commands
that use the same home: the last one to leave stops them. A command that is killed stops nothing, so its
servers live on; the next command takes them over and, being the last, stops them.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
import psycopg

from config.settings import Settings
from worker.servers import processes
from worker.servers.errors import ServersError
from worker.servers.home import Access, Home, Tell
from worker.servers.lifecycle import Up, ensure
from worker.servers.postgres import Postgres
from worker.servers.server import Server
from worker.servers.valkey import Valkey

_LOOK_SECONDS = 0.5
_LONGEST_PAUSE = 30.0
_SETTLED_SECONDS = 60.0
"""A server that has run this long since it was last started again is well; the pauses begin anew."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the servers are. The URLs hold passwords, so they are not shown."""

    database_url: str = field(repr=False)
    """For SQLAlchemy; `config.settings.plain_url` makes one for other programs."""
    broker_url: str = field(repr=False)
    started: tuple[str, ...] = ()
    """The names of the servers that were not running before."""


def say(message: str) -> None:
    """Tell the person at the terminal; standard output is for results."""
    sys.stderr.write(f"{message}\n")


@contextmanager
def running(settings: Settings, tell: Tell = say) -> Iterator[Endpoints]:
    """Give the addresses of servers that run for as long as the block does.

    What is set is used as it is; for the rest the embedded server of the home is used, started if need be.

    Raises `ServersError` when one does not start.
    """
    home = Home(settings)
    servers = embedded(settings, home)
    if not servers:
        yield _endpoints(settings, {})
        return
    home.make()
    place = home.join(tell)
    ups: dict[Server, Up] = {}
    try:
        with home.changing(tell):
            for server in servers:
                ups[server] = ensure(server, home, tell)
        yield _endpoints(settings, ups)
    finally:
        _leave(home, place, ups, tell)


@contextmanager
def watching(settings: Settings, tell: Tell = say) -> Iterator[None]:
    """Start embedded servers that die again, at the same address. Use it within `running`."""
    home = Home(settings)
    servers = embedded(settings, home)
    stopping = threading.Event()
    thread = threading.Thread(
        target=_watch, args=(home, servers, tell, stopping), name="servers", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def embedded(settings: Settings, home: Home) -> Sequence[Server]:
    """Return the servers that the settings leave to us."""
    table: Sequence[tuple[str | None, Server]] = (
        (settings.database_url, Postgres(home)),
        (settings.broker_url, Valkey(home)),
    )
    return [server for url, server in table if url is None]


def last_broker_url(settings: Settings) -> str | None:
    """Return where the broker of this home was reached last, starting nothing; None before the first start.

    For `celery -A worker.celery call` and its like, typed in the folder where `avouch up` runs.
    """
    if settings.broker_url is not None:
        return settings.broker_url
    home = Home(settings)
    server = Valkey(home)
    access = home.access(server.key, lambda _: None)
    return None if access is None else server.url(access)


def _endpoints(settings: Settings, ups: Mapping[Server, Up]) -> Endpoints:
    urls = {server.key: server.url(up.access) for server, up in ups.items()}
    return Endpoints(
        database_url=settings.database_url or urls["postgres"],
        broker_url=settings.broker_url or urls["valkey"],
        started=tuple(server.name for server, up in ups.items() if up.started),
    )


def _leave(home: Home, place: int, ups: Mapping[Server, Up], tell: Tell) -> None:
    """Stop the servers of this home, unless somebody else uses them."""
    try:
        if not home.run.exists():
            # Somebody removed the home while it was used; nobody will find these servers again.
            for server, up in ups.items():
                processes.stop(up.process, server.stop_plan)
            return
        with home.changing(tell):
            if home.is_last(place):
                # All of them: another user, who left before us, may have needed more than we did.
                for server in (Valkey(home), Postgres(home)):
                    if process := server.find():
                        processes.stop(process, server.stop_plan)
    finally:
        os.close(place)


@dataclass(slots=True)
class _Watched:
    server: Server
    access: Access
    process: psutil.Process | None
    restarts: int = 0
    """In a row, with no settled time between."""
    since: float = 0.0
    not_before: float = 0.0

    def look(self, home: Home, tell: Tell) -> None:
        now = time.monotonic()
        if self.process is not None and processes.is_running(self.process):
            if now - self.since > _SETTLED_SECONDS:
                self.restarts = 0
            return
        if now < self.not_before:
            return
        self.restarts += 1
        self.not_before = now + min(_LONGEST_PAUSE, 0.5 * 2**self.restarts)
        tell(f"{self.server.name} has ended. It is started again. Its log: {self.server.log}")
        try:
            with home.changing(tell):
                self.process = ensure(self.server, home, tell, keep=self.access).process
            self.since = time.monotonic()
        except (ServersError, OSError, psycopg.Error) as error:
            tell(f"{error}\n    The next try is in {self.not_before - now:.0f} s.")


def _watch(home: Home, servers: Sequence[Server], tell: Tell, stopping: threading.Event) -> None:
    known = [(server, home.access(server.key, tell)) for server in servers]
    watched = [_Watched(server, access, server.find()) for server, access in known if access]
    while not stopping.wait(_LOOK_SECONDS):
        for one in watched:
            one.look(home, tell)
