"""The processes that Avouch consists of beside its servers: two workers, beat, and Flower."""

import sys
from collections.abc import Mapping, Sequence

from config.settings import Settings
from worker.servers.supervisor import Child, warm

_CELERY = (sys.executable, "-m", "celery", "-A", "worker.celery")
_ALONE = ("--without-mingle", "--without-gossip")
"""Workers need nothing of each other: without these they start a second sooner."""

TICK = ("tick",)
WORK = ("sync", "resolve", "background")

_STOP_SECONDS = 30.0
"""A task works for ten seconds at most; one that takes three times as long hangs."""


def worker_argv(name: str, queues: Sequence[str], concurrency: int) -> tuple[str, ...]:
    """Return the command line of a worker for `queues`.

    The tick has a worker of its own, so that no flood of other work delays it: one process, 85 MB less.
    """
    pool = ("--pool", "solo") if tuple(queues) == TICK else ("--concurrency", str(concurrency))
    return (*_CELERY, "worker", "-n", f"{name}@%h", "-Q", ",".join(queues), *pool, *_ALONE)


def beat_argv() -> tuple[str, ...]:
    """Return the command line of beat: its one entry is the tick, so it keeps no file."""
    return (*_CELERY, "beat")


def flower_argv(settings: Settings, address: str = "127.0.0.1") -> tuple[str, ...]:
    """Return the command line of Flower. Its password comes from the environment, where no `ps` shows it."""
    return (*_CELERY, "flower", f"--address={address}", f"--port={settings.flower_port}")


def flower_env(settings: Settings) -> dict[str, str]:
    """Return Flower's environment: a password, or else its API for this machine only."""
    if settings.flower_basic_auth:
        return {"FLOWER_BASIC_AUTH": settings.flower_basic_auth}
    return {"FLOWER_UNAUTHENTICATED_API": "true"}


def children(settings: Settings, env: Mapping[str, str], *, flower: bool = True) -> list[Child]:
    """Return the table that the supervisor runs; `env` names servers and keys (`Settings.environment`)."""
    table = [
        Child(name="tick", argv=worker_argv("tick", TICK, 1), env=env, ready="ready.", stop=warm(_STOP_SECONDS)),
        Child(
            name="work",
            argv=worker_argv("work", WORK, settings.concurrency),
            env=env,
            ready="ready.",
            stop=warm(_STOP_SECONDS),
        ),
    ]
    if flower:
        own = {**env, **flower_env(settings)}
        table.append(Child(name="flower", argv=flower_argv(settings), env=own, ready="Connected to"))
    table.append(Child(name="beat", argv=beat_argv(), env=env))
    return table
