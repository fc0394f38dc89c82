"""Reconcile: leads that gained proof, and sources asked again for leads they have since identified.

The cost follows what changed: what landed waits in the queue of changed records, and records to ask
for again wait in a table by due time. No query looks at all leads.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

import structlog

from integrations.contract import Connector, Refetches
from integrations.errors import SourceError
from worker.domain.contacts import encode
from worker.domain.resolve import resolve as apply_rules
from worker.jobs import resolve
from worker.jobs.closure import closure
from worker.jobs.land import Arrival, land
from worker.jobs.policy import policy_in_force
from worker.storage.unit_of_work import UnitOfWork

RECHECK_AFTER = (timedelta(hours=6), timedelta(days=1), timedelta(days=7), timedelta(days=30))
"""When a lead is asked for again after the first time; then its vendor is taken to know no more."""
RECHECK_RETRY = timedelta(minutes=15)
"""When leads of a source that did not answer are asked for again."""
RECHECKS_A_RUN = 500
RECHECKS_A_REQUEST = 50
SAMPLE = 200
"""Records a sampled check: a second of work, and a fault that touches 2 % of contacts is found in one day."""

log = structlog.get_logger()


class Reconciled(NamedTuple):
    """What one reconcile did."""

    resolved: int
    asked_again: int
    changed: int


def leads(uow: UnitOfWork, connector_for: Callable[[str], Connector], now: datetime) -> Reconciled:
    """Resolve what still waits, then ask sources again for leads that are due. Safe to run twice.

    What was set aside because it failed is tried again. One batch is resolved before and one after asking:
    a long queue is the resolver's, which the tick rings for.
    """
    with uow.begin() as tx:
        tx.to_resolve.try_again()
    resolved = resolve.run(uow, now).records
    asked, changed = _ask_again(uow, connector_for, now)
    resolved += resolve.run(uow, now).records
    return Reconciled(resolved, asked, changed)


def _ask_again(uow: UnitOfWork, connector_for: Callable[[str], Connector], now: datetime) -> tuple[int, int]:
    with uow.begin() as tx:
        due = tx.work.due_rechecks(now, RECHECKS_A_RUN)
        tx.work.unwatch(
            [row.record_id for row in due if row.kind == "user" or row.attempts > len(RECHECK_AFTER)]
        )
    waiting = [row for row in due if row.kind != "user" and row.attempts <= len(RECHECK_AFTER)]
    asked = changed = 0
    for source, rows in groupby(
        sorted(waiting, key=lambda row: (row.source, row.key)), lambda row: row.source
    ):
        of_source = list(rows)
        for start in range(0, len(of_source), RECHECKS_A_REQUEST):
            some = of_source[start : start + RECHECKS_A_REQUEST]
            try:
                changed += _refetch(uow, connector_for(source), source, some, now)
            except SourceError as error:
                log.warning("recheck_failed", source=source, error=str(error))
                with uow.begin() as tx:
                    # Out of the way of other sources; these do not count as asked.
                    tx.work.postpone_rechecks(
                        [row.record_id for row in of_source[start:]], now + RECHECK_RETRY
                    )
                break
            asked += len(some)
    return asked, changed


def _refetch(uow: UnitOfWork, connector: Connector, source: str, rows: Sequence[Any], now: datetime) -> int:
    """Land the newest version of some records, and plan when to ask again."""
    if not isinstance(connector, Refetches):
        with uow.begin() as tx:
            tx.work.unwatch([row.record_id for row in rows])
        return 0
    page = connector.refetch([row.key for row in rows])
    with uow.begin() as tx:
        held = tx.sources.lock(source)
        arrival = Arrival(source, held.region if held else None, page.stamp, now)
        landed = land(tx, uow.id_key, arrival, page.deliveries, page.rejected)
        for attempts, same in groupby(sorted(rows, key=lambda row: row.attempts), lambda row: row.attempts):
            wait = RECHECK_AFTER[min(attempts, len(RECHECK_AFTER) - 1)]
            tx.work.plan_recheck([row.record_id for row in same], now + wait)
    return landed.changed


def verify(uow: UnitOfWork, start: str, sample: int = SAMPLE) -> tuple[int, list[str]]:
    """Resolve a sample of stored records again; return how many were compared and the contacts that differ.

    `start` is any text: the sample is the records whose ids follow it. What differs is queued, so that it
    mends itself, and logged, because it should not happen.
    """
    with uow.begin() as tx:
        if not tx.only_resolver() or tx.to_resolve.waiting():
            return 0, []
        ids = tx.evidence.ids_after(start, sample)
        policy = policy_in_force(tx)
        records, membership, decisions = closure(tx, ids, policy)
        stored = tx.contacts.bodies(sorted(set(membership.values())))
        made = {each.id: encode(each) for each in apply_rules(records, policy, decisions).contacts}
        differ = sorted(each for each in stored.keys() | made.keys() if stored.get(each) != made.get(each))
        if tx.to_resolve.any():
            return 0, []  # A page landed meanwhile: what differs may be only what it brought.
        if differ:
            tx.to_resolve.append([record.id for record in records])
    if differ:
        log.error("stored_differs_from_rebuilt", contacts=differ[:20], count=len(differ))
    return len(ids), differ
