"""Our processes beside the servers: two workers, beat and Flower, as a table."""

import os
import secrets
import sys
from collections.abc import Sequence

from config.queues import QUEUES, SOFT_SHUTDOWN_SECONDS
from config.settings import Settings
from worker.servers.supervisor import Child, warm

TICK = "tick"
WORK = tuple(queue for queue in QUEUES if queue != TICK)

LOOPBACK = "127.0.0.1"

_CALM = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
"""Eight lines at every start for somebody who tries it as root; our containers have a user of their own."""

_LOGIN_FILE = "flower_login"
_USER = "avouch"

_QUIET = ("--without-mingle", "--without-gossip")
"""Workers that know of each other: a second at every start, and nothing here needs it."""


def worker(queues: Sequence[str], concurrency: int, *, node: str = "celery", solo: bool = False) -> list[str]:
    """Return Celery's arguments for a worker that takes from `queues`."""
    pool = ["--pool", "solo"] if solo else ["--concurrency", str(concurrency)]
    return ["worker", "--hostname", f"{node}@%h", "--queues", ",".join(queues), *pool, *_QUIET]


def beat() -> list[str]:
    """Return Celery's arguments for beat."""
    return ["beat"]


def flower(address: str, port: int) -> list[str]:
    """Return Celery's arguments for Flower; its password is in the environment."""
    # It warns of every worker that has not started yet, at every start.
    return ["flower", f"--address={address}", f"--port={port}", "--logging=error"]


def together(
    settings: Settings, *, flower_port: int, flower_login: str | None, concurrency: int
) -> list[Child]:
    """Return all processes of one machine.

    The tick has a worker of its own, so that a flood of work never delays it; solo, it costs 50 MB. Workers
    end warmly: a task takes ten seconds at most, and an idle worker ends at once.
    """
    ready, ending = "ready.", warm(SOFT_SHUTDOWN_SECONDS)
    tick = worker([TICK], 1, node="tick", solo=True)
    work = worker(WORK, concurrency, node="work")
    password = {"FLOWER_BASIC_AUTH": settings.flower_basic_auth or flower_login or ""}
    return [
        Child(name="tick", argv=celery(tick), ready=ready, stop=ending, env=_CALM),
        Child(name="work", argv=celery(work), ready=ready, stop=ending, env=_CALM),
        Child(name="beat", argv=celery(beat())),
        Child(name="flower", argv=celery(flower(LOOPBACK, flower_port)), env=password),
    ]


def celery(arguments: Sequence[str]) -> list[str]:
    """Return the command that runs Celery with our app."""
    return [sys.executable, "-m", "celery", "--app", "worker.celery", "--quiet", *arguments]


def flower_login(settings: Settings) -> str:
    """Return Flower's user and password of this home, made at the first start.

    Without one, Flower's API would be open to every web page that is open in a browser on this machine.
    """
    path = settings.make_home() / _LOGIN_FILE
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{_USER}:{secrets.token_hex(8)}\n")
    return path.read_text(encoding="ascii").strip()
