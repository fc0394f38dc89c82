"""Tick: what is due now, as PostgreSQL knows it. The task beside it sends the messages."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from config.errors import ConfigurationError
from config.schedule import next_run
from config.sources import Configuration
from worker.jobs import configure
from worker.storage.unit_of_work import UnitOfWork

log = structlog.get_logger()


PERIODIC_EXPIRES = 3_600
"""A periodic job is rung for once: its message may wait for an hour behind other work."""


class Ring(NamedTuple):
    """A message to send: a hint that there is work, with names only."""

    task: str
    args: tuple[str, ...] = ()
    expires: int = 20
    """In seconds. What is due is rung for again at the next tick, so a hint soon has no worth."""


def due(uow: UnitOfWork, configuration: Callable[[], Configuration], now: datetime) -> list[Ring]:
    """Return what to start now. Two ticks at once, or none for an hour, do no harm.

    A changed `avouch.toml` is applied here, so that it needs no restart; one that is wrong is reported
    and the last good one stays in force.
    """
    try:
        if configure.apply(uow, configuration(), now):
            log.info("configuration_applied")
    except ConfigurationError as error:
        log.warning("configuration_wrong", error=str(error))
    rings = []
    with uow.begin() as tx:
        rings += [Ring("sync.source", (name,)) for name in tx.sources.due(now)]
        if tx.to_resolve.any():
            rings.append(Ring("resolve.changed"))
        if tx.to_dedupe.any():
            rings.append(Ring("dedupe.changed"))
        for job in tx.work.due_schedules(now):
            every = None if job.every is None else timedelta(seconds=job.every)
            after = next_run(now, every=every, cron=job.cron, jitter_seed=job.name)
            if after is not None:
                tx.work.scheduled(job.name, after)
            rings.append(Ring(job.task, expires=PERIODIC_EXPIRES))
        tx.work.set_fact("tick", now.isoformat(), now)
    return rings
