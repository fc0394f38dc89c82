"""Settle: work off everything that waits, here and now, beside workers or without them."""

import time
from collections.abc import Callable
from typing import NamedTuple

from worker.jobs import clock, dedupe, resolve
from worker.jobs.clock import Clock
from worker.jobs.resolve import Outcome, Resolved
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
    decided. It ends, since a worker that holds the right to resolve either commits or is cut off.
    """
    resolved = 0

    def resolve_batch() -> Resolved:
        nonlocal resolved
        batch = resolve.run(uow, now())
        resolved += batch.records
        if progress is not None and batch.outcome is not Outcome.IDLE:
            with uow.begin() as tx:
                progress(resolved, tx.to_resolve.waiting())
        return batch

    _until_idle(resolve_batch, pause)
    suggestions = _until_idle(lambda: dedupe.run(uow), pause)
    return Settled(resolved, suggestions)


def _until_idle(one_batch: Callable[[], Resolved], pause: Callable[[float], object]) -> int:
    """Call `one_batch` until nothing waits; return how many rows it wrote."""
    written = 0
    while (batch := one_batch()).outcome is not Outcome.IDLE:
        written += batch.written
        if batch.outcome is Outcome.BUSY:
            pause(PAUSE_SECONDS)
    return written
