"""Sweep: mark what a source does not list any more as deleted, and what it lists again as there.

A page may say that it is part of a complete list. What its pages list is remembered until the list has ended;
then each record that should have been on it, and was not, gets a version that marks it. Where that would be most
of them, the next list has to say so too. Such a version is evidence like any other: it lands, folds and waits to be
resolved as a delivery does, and a rebuild reads it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import structlog

from integrations.contract import ContactRecord, Delivery, Sweep
from worker.domain.records import record_id
from worker.jobs.land import Arrival, Landed, land
from worker.storage.sweeps import KeyRow, SweepRow
from worker.storage.unit_of_work import Transaction

BATCH = 2_000
"""Records that are marked at once: a few megabytes."""
FEW = 20
"""A list that misses more than so many, and more than it has, is not believed at once: an answer that was empty or
cut off by a fault would mark everybody as deleted until the next list."""
LATEST_BEGINNING = timedelta(hours=1)
"""The first page of a list lands within minutes after it was begun. Later than this, it is not the first one."""

log = structlog.get_logger()


def swept(tx: Transaction, id_key: bytes, arrival: Arrival, sweep: Sweep | None, landed: Landed) -> Landed:
    """Do what `sweep` asks for, inside the transaction that lands its page; return `landed` with the counts.

    The caller has landed the page's deliveries and holds the source's row. The same page again changes nothing.
    """
    if sweep is None:
        return landed
    source = arrival.source
    running = _running(tx, arrival, sweep)
    if not running.open:
        return landed
    tx.sweeps.remember(source, sweep.prefix, list(_ids(id_key, source, sweep.listed)))
    if not sweep.ended:
        return landed
    # Deliveries have a stamp; these versions have a time of their own.
    arrival = arrival._replace(stamp=None)
    gone = back = 0
    doubts = _doubts(tx, source, sweep, running)
    missing = tx.sweeps.missing(source, sweep.prefix, running.since, BATCH, identified=sweep.identified)
    for rows in () if doubts else missing:
        land(tx, id_key, arrival, [_marked(row, running.since, deleted=True) for row in rows], [])
        gone += tx.sweeps.count_deleted([row.id for row in rows])
    for rows in tx.sweeps.returned(source, sweep.prefix, BATCH):
        land(tx, id_key, arrival, [_marked(row, running.since, deleted=False) for row in rows], [])
        back += len(rows) - tx.sweeps.count_deleted([row.id for row in rows])
    tx.sweeps.put(source, sweep.prefix, running._replace(open=False, doubted=bool(doubts)))
    log.info("swept", source=source, prefix=sweep.prefix, gone=gone, back=back)
    return landed._replace(gone=gone, back=back, warnings=(*landed.warnings, *doubts))


def _doubts(tx: Transaction, source: str, sweep: Sweep, running: SweepRow) -> tuple[str, ...]:
    """Say why a list that has ended is not believed; nothing where it is."""
    if sweep.emptied or running.doubted:
        return ()
    missing, listed = tx.sweeps.counts(source, sweep.prefix, running.since, identified=sweep.identified)
    if missing <= max(FEW, listed):
        return ()
    log.warning("sweep_doubted", source=source, prefix=sweep.prefix, missing=missing, listed=listed)
    said = f"the complete list of its records has {listed:,} of those that are known and misses {missing:,}"
    return (f"{said}: they count as gone if the next complete list says so too",)


def _running(tx: Transaction, arrival: Arrival, sweep: Sweep) -> SweepRow:
    """Return the sweep that a page belongs to; one that was begun at another time takes the place of the last.

    It stays closed where its beginning is missing: everything on those pages would be taken for gone.
    """
    latest = tx.sweeps.latest(arrival.source, sweep.prefix)
    if latest is not None and latest.began_at == sweep.began_at:
        return latest
    doubted = latest is not None and latest.doubted
    now = arrival.landed_at
    is_late = sweep.began_at < now - LATEST_BEGINNING
    is_overtaken = latest is not None and sweep.began_at < latest.began_at <= now
    if is_late or is_overtaken:
        log.warning("sweep_without_beginning", source=arrival.source, prefix=sweep.prefix)
        if is_overtaken:
            return SweepRow(sweep.began_at, sweep.began_at, open=False)
    running = SweepRow(sweep.began_at, min(sweep.began_at, now), open=not is_late, doubted=doubted)
    tx.sweeps.put(arrival.source, sweep.prefix, running)
    return running


def _ids(id_key: bytes, source: str, keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        try:
            yield record_id(id_key, source, key)
        except UnicodeEncodeError:  # Half a character: such a record is never kept.
            continue


def _marked(row: KeyRow, at: datetime, *, deleted: bool) -> Delivery:
    return Delivery(
        ContactRecord(id=row.key, occurred_at=row.occurred_at, updated_at=at, identifiers=(), deleted=deleted)
    )
