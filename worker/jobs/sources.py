"""What people do to sources: pause, resume, and ask for a run now."""

from datetime import datetime

from worker.jobs.configure import DISABLED, REMOVED
from worker.storage.sources import SourceRow
from worker.storage.unit_of_work import Transaction, UnitOfWork

BY_HAND = "paused by hand"


class SourceStateError(Exception):
    """Raised when a source cannot do what was asked for. The message says what to type instead."""


def pause(uow: UnitOfWork, name: str) -> None:
    """Pull no more from a source until it is resumed. A run that is going on is cut off between two pages."""
    with uow.begin() as tx:
        source = _pulled(tx, name)
        if source.paused is None:
            _cut_off(tx, source, paused=BY_HAND)


def resume(uow: UnitOfWork, name: str, now: datetime) -> None:
    """Pull again from a paused source, at once where it has a schedule. Resuming twice changes nothing."""
    with uow.begin() as tx:
        source = _pulled(tx, name)
        if source.paused in {DISABLED, REMOVED}:
            raise SourceStateError(f"{name} is {source.paused}. Change that there, and it is pulled again.")
        if source.paused is not None:
            scheduled = source.every is not None or source.cron is not None
            tx.sources.set(name, paused=None, failures=0, error=None, next_run_at=now if scheduled else None)


def check_may_run(uow: UnitOfWork, name: str) -> None:
    """Raise `SourceStateError` for a source that is paused, or that only imports feed."""
    with uow.begin() as tx:
        _ready(tx, name)


def ask(uow: UnitOfWork, name: str, now: datetime, *, full: bool = False) -> None:
    """Make a source due now. The row is the request, so a lost message does no harm.

    `full` forgets how far the source was read; a run that is going on from there is cut off.

    Raises `SourceStateError` for a source that is paused, or that only imports feed.
    """
    with uow.begin() as tx:
        source = _ready(tx, name)
        if full:
            _cut_off(tx, source, cursor=None)
        tx.sources.set(name, next_run_at=now)


def _ready(tx: Transaction, name: str) -> SourceRow:
    source = _pulled(tx, name)
    if source.paused is not None:
        raise SourceStateError(
            f"{name} is paused: {source.paused}\n    When that is settled, run: avouch sources resume {name}"
        )
    return source


def _pulled(tx: Transaction, name: str) -> SourceRow:
    """Lock and return a source that is pulled from."""
    source = tx.sources.lock(name)
    if source is None:
        raise SourceStateError(f"No source is called {name}. See: avouch sources list")
    if not source.configured and source.paused is None:
        raise SourceStateError(
            f"{name} is fed by imports, there is nothing to pull from.\n"
            f"    Import a file: avouch import FILE --source {name}"
        )
    return source


def _cut_off(tx: Transaction, source: SourceRow, **values: object) -> None:
    """Change a source and end its lease: whoever holds it finds that its next page is refused."""
    tx.sources.set(source.name, fence=source.fence + 1, lease_owner=None, lease_until=None, **values)
