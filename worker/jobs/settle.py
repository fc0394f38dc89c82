"""Settle: work off everything that waits, here and now, beside workers or without them."""

import time
from collections.abc import Callable
from typing import NamedTuple

from worker.jobs import clock, dedupe, dedupe_auto, resolve
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
    decided: int = 0
    """Pairs that the policy decided."""


def run(
    uow: UnitOfWork,
    *,
    now: Clock = clock.now,
    pause: Callable[[float], object] = time.sleep,
    progress: Progress | None = None,
    decides: bool = True,
) -> Settled:
    """Resolve what waits now, make the suggestions that wait, and let the policy decide where it may.

    Where a worker is at it already, wait for it: when this returns, everything that had landed before is
    decided. It ends while a long run goes on landing: what lands later is not waited for. Whoever wants to see
    first what the policy would decide says that it `decides` nothing.
    """
    settled = _work_off(uow, now, pause, progress)
    while decides and (made := dedupe_auto.run(uow, now())).outcome is Outcome.MORE:
        more = _work_off(uow, now, pause, progress)
        settled = Settled(
            settled.resolved + more.resolved,
            settled.suggestions + more.suggestions,
            settled.decided + made.records,
        )
    return settled


def _work_off(
    uow: UnitOfWork, now: Clock, pause: Callable[[float], object], progress: Progress | None
) -> Settled:
    resolved = suggestions = 0
    with uow.begin() as tx:
        last = tx.to_resolve.last()
    while _waits(uow, last):
        batch = resolve.run(uow, now())
        resolved += batch.records
        _tell(uow, progress, resolved)
        if batch.outcome is Outcome.BUSY:
            pause(PAUSE_SECONDS)
    while (made := dedupe.run(uow)).outcome is not Outcome.IDLE:
        suggestions += made.written
        if made.outcome is Outcome.BUSY:
            if _waits(uow):
                break  # Records landed meanwhile: suggestions about them come with theirs.
            pause(PAUSE_SECONDS)
    return Settled(resolved, suggestions)


def _waits(uow: UnitOfWork, up_to: int | None = None) -> bool:
    with uow.begin() as tx:
        return tx.to_resolve.any(up_to)


def _tell(uow: UnitOfWork, progress: Progress | None, resolved: int) -> None:
    if progress is not None:
        with uow.begin() as tx:
            progress(resolved, tx.to_resolve.waiting())
