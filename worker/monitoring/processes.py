"""Our processes beside the servers: two workers, beat and Flower, as a table."""

import sys
from collections.abc import Sequence

from config.queues import QUEUES, SOFT_SHUTDOWN_SECONDS
from config.settings import Settings
from worker.servers.supervisor import Child, warm

TICK = "tick"
WORK = tuple(queue for queue in QUEUES if queue != TICK)

LOOPBACK = "127.0.0.1"

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
    return ["flower", f"--address={address}", f"--port={port}"]


def together(settings: Settings, *, flower_port: int, flower_login: str, concurrency: int) -> list[Child]:
    """Return all processes of one machine.

    The tick has a worker of its own, so that a flood of work never delays it; solo, it costs 50 MB. Workers end
    warmly: a task takes ten seconds at most, and an idle worker ends at once.
    """
    ready, ending = "ready.", warm(SOFT_SHUTDOWN_SECONDS)
    tick = worker([TICK], 1, node="tick", solo=True)
    work = worker(WORK, concurrency, node="work")
    password = {"FLOWER_BASIC_AUTH": settings.flower_basic_auth or flower_login}
    return [
        Child(name="tick", argv=celery(tick), ready=ready, stop=ending),
        Child(name="work", argv=celery(work), ready=ready, stop=ending),
        Child(name="beat", argv=celery(beat())),
        Child(name="flower", argv=celery(flower(LOOPBACK, flower_port)), ready="Visit me", env=password),
    ]


def celery(arguments: Sequence[str]) -> list[str]:
    """Return the command that runs Celery with our app."""
    return [sys.executable, "-m", "celery", "--app", "worker.celery", "--quiet", *arguments]
