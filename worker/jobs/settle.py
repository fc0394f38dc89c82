"""Settle: work off everything that waits, here and now, beside workers or without them."""

import time
from collections.abc import Callable
from typing import NamedTuple

from worker.jobs import clock, dedupe, resolve
from worker.jobs.clock import Clock
from worker.jobs.resolve import Outcome
from worker.storage.unit_of_work import UnitOfWork

PAUSE_SECONDS = 0.2
"""Between two looks while a worker has the right to resolve; its batches take about a second."""

Progress = Callable[[int, int], object]
"""Takes how many changed records are done and how many wait."""


class Settled(NamedTuple):
    """What was done here; what a worker did meanwhile is not counted."""

    resolved: int
    suggestions: int


def run(
    uow: UnitOfWork,
    *,
    now: Clock = clock.now,
    pause: Callable[[float], object] = time.sleep,
    progress: Progress | None = None,
) -> Settled:
    """Resolve until no record waits, then make suggestions until no contact waits.

    Where a worker is at it already, wait for it: when this returns, everything that had landed before is
    decided. It ends, since whoever holds the right to resolve either commits or is cut off.
    """
    resolved = suggestions = 0
    while True:
        batch = resolve.run(uow, now())
        resolved += batch.records
        if batch.outcome is not Outcome.IDLE:
            _tell(uow, progress, resolved)
        elif (batch := dedupe.run(uow)).outcome is Outcome.IDLE:
            return Settled(resolved, suggestions)
        else:
            suggestions += batch.written
        if batch.outcome is Outcome.BUSY:
            pause(PAUSE_SECONDS)


def _tell(uow: UnitOfWork, progress: Progress | None, resolved: int) -> None:
    if progress is not None:
        with uow.begin() as tx:
            progress(resolved, tx.to_resolve.waiting())
