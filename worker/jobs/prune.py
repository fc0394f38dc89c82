"""Prune: forget old runs. Evidence, notes and changes are never pruned."""

from datetime import datetime, timedelta

from worker.storage.unit_of_work import UnitOfWork

KEPT = timedelta(days=90)
"""Runs older than this are of no use to an operator any more."""


def run(uow: UnitOfWork, now: datetime) -> int:
    """Delete runs that finished more than `KEPT` ago; return how many."""
    with uow.begin() as tx:
        return tx.work.forget_runs(now - KEPT)
