"""Sync: pull what is new at one source, page by page, each page landed with its cursor."""

import os
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

import psutil
import structlog

from config.schedule import next_run
from integrations.contract import Connector, Page, Refetches
from integrations.errors import AccessError, FormatError, SourceError, ThrottledError, UnavailableError
from worker.domain.findings import future_warnings
from worker.jobs import backoff, clock
from worker.jobs.clock import Clock
from worker.jobs.land import Arrival, Landed, land
from worker.jobs.sweep import swept
from worker.storage.errors import StorageError
from worker.storage.sources import Lease, SourceRow
from worker.storage.unit_of_work import Transaction, UnitOfWork

LEASE = timedelta(seconds=120)
"""Longer than a page may take: HTTP deadline (60 s) and statement timeout (60 s) together."""
FORMAT_FAILURES = 5
"""After this many unreadable answers in a row a person has to look; until then it may be a passing fault."""
FIRST_RECHECK = timedelta(hours=1)
"""A lead that its vendor identifies is mostly identified within the hour it made contact."""

log = structlog.get_logger()


class Outcome(Enum):
    """How a run of a source ended."""

    DONE = "done"
    """Everything there is has landed."""
    MORE = "more"
    """Time is up and more is there: run again at once."""
    THROTTLED = "throttled"
    """The vendor's rate limit is used up; the same run goes on once it is not. No failure."""
    LATER = "later"
    """The source did not answer as it should; it is asked again later by itself."""
    UNREADABLE = "unreadable"
    """The answer was not what its format says; asked again later, but not for ever."""
    PAUSED = "paused"
    """A person must act: the source says why."""
    BUSY = "busy"
    """Another run has the source's lease."""


class Report(NamedTuple):
    """What one call of `run` did."""

    outcome: Outcome
    pages: int = 0
    pulled: int = 0
    changed: int = 0
    rejected: int = 0
    error: str | None = None
    suppressed: int = 0
    """Entries of people who were erased: kept nowhere."""
    beside: int = 0
    """Kept records that hold an identifier of an erased person beside others."""
    gone: int = 0
    """Records that the source does not list any more."""
    back: int = 0
    """Records that it lists again."""
    wait: timedelta = timedelta(0)
    """After a throttled run: how long until it goes on."""


def owner_name() -> str:
    """Name this run so that a person, and the next run on this machine, can tell whose lease it is."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_dead(owner: str) -> bool:
    """Say whether a lease's owner was a process of this machine that has ended without giving it back."""
    host, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    return host == socket.gethostname() and pid.isdigit() and not psutil.pid_exists(int(pid))


class Refused:
    """A connector that could not be built: every fetch says why, so that the run ends as it should."""

    def __init__(self, error: SourceError) -> None:
        """Remember the reason."""
        self._error = error

    def fetch(self, cursor: str | None) -> Page:  # noqa: ARG002 - a connector's fetch takes it
        """Raise the reason."""
        raise self._error


class Run:
    """One run of one source."""

    def __init__(self, uow: UnitOfWork, connector: Connector, clock: Clock = clock.now) -> None:
        """Take what the run works with."""
        self._uow = uow
        self._connector = connector
        self._clock = clock

    def __call__(
        self,
        name: str,
        *,
        for_at_most: timedelta | None = None,
        full: bool = False,
        on_page: Callable[[Page, Landed], None] | None = None,
    ) -> Report:
        """Pull until everything is there or time is up.

        Safe to run twice: a second run finds the lease taken, and a run that lost its lease writes
        nothing. `full` starts from the beginning; what is there already lands as unchanged.
        """
        started = self._start(name, owner_name(), full=full)
        if isinstance(started, Report):
            return started
        lease, run, due_at = started
        report = Report(Outcome.MORE)
        deadline = None if for_at_most is None else self._clock() + for_at_most
        try:
            while report.outcome is Outcome.MORE:
                page = self._connector.fetch(lease.cursor)
                landed = self._land(lease, run, page)
                if landed is None:
                    return report._replace(outcome=Outcome.BUSY)
                lease = lease._replace(cursor=page.cursor)
                report = _add(report, landed, Outcome.MORE if page.more else Outcome.DONE)
                if on_page is not None:
                    on_page(page, landed)
                if deadline is not None and self._clock() >= deadline:
                    break
        except SourceError as error:
            return self._failed(lease, run, report, error)
        except Exception as error:
            kind = type(error).__name__  # Its text may quote a record.
            unforeseen = UnavailableError(f"{name}: an unforeseen {kind}; the log of the worker says where")
            with suppress(StorageError):
                self._failed(lease, run, report, unforeseen)
            raise
        return self._finish(lease, run, report, due_at)

    def _start(self, name: str, owner: str, *, full: bool) -> tuple[Lease, int, datetime | None] | Report:
        """Take the lease and open a run, or say why this is not the time for it.

        Also tells when the source was due, so that somebody who asks for it meanwhile is noticed.
        """
        now = self._clock()
        with self._uow.begin() as tx:
            source = tx.sources.lock(name)
            if source is not None and source.lease_owner and is_dead(source.lease_owner):
                tx.sources.set(name, lease_until=now)
            if source is not None and source.paused:
                return Report(Outcome.PAUSED, error=source.paused)
            lease = tx.sources.take_lease(name, owner, now, LEASE)
            if lease is None:
                return Report(Outcome.BUSY)
            if full:
                tx.sources.set(name, cursor=None)
                lease = lease._replace(cursor=None)
            run = tx.work.open_run(name)
            due_at = source.next_run_at if source is not None else None
            return lease, tx.work.start_run(name, now) if run is None else run, due_at

    def _land(self, lease: Lease, run: int, page: Page) -> Landed | None:
        """Land one page with its cursor; None when the lease is no longer ours."""
        now = self._clock()
        with self._uow.begin() as tx:
            if not tx.sources.hold(lease):
                log.warning("lease_lost", source=lease.source, fence=lease.fence)
                return None
            source = tx.sources.get(lease.source)
            arrival = Arrival(lease.source, source.region if source else None, page.stamp, now)
            landed = land(tx, self._uow.id_key, arrival, page.deliveries, page.rejected)
            landed = swept(tx, self._uow.id_key, arrival, page.sweep, landed)
            if isinstance(self._connector, Refetches):
                tx.work.watch(landed.record_ids, lease.source, now + FIRST_RECHECK)
            tx.work.count_page(
                run,
                pulled=landed.pulled,
                changed=landed.changed,
                rejected=landed.rejected,
                suppressed=landed.suppressed,
                warnings=(*page.warnings, *landed.warnings, *future_warnings(page.deliveries, now)),
            )
            tx.tombstones.warn(run, landed.beside)
            tx.sources.move(lease, page.cursor, now + LEASE)
        return landed

    def _finish(self, lease: Lease, run: int, report: Report, due_at: datetime | None) -> Report:
        now = self._clock()
        with self._uow.begin() as tx:
            if report.outcome is Outcome.MORE:
                tx.sources.release(lease, next_run_at=now)
                return report
            source = tx.sources.lock(lease.source)
            after = next_time(source, now) if source else None
            if source is not None and source.next_run_at not in {due_at, None}:
                after = source.next_run_at  # Somebody asked for a run while this one was going on.
            if not tx.sources.release(lease, next_run_at=after, synced_at=now):
                return report._replace(outcome=Outcome.BUSY)
            tx.work.finish_run(run, now, report.outcome.value)
        log.info("sync_finished", source=lease.source, pages=report.pages, changed=report.changed)
        return report

    def _throttled(self, lease: Lease, report: Report, error: ThrottledError) -> Report:
        """Give the lease back until the vendor takes requests again. The run stays open and counts no failure."""
        wait = error.retry_after or timedelta(0)
        with self._uow.begin() as tx:
            if not tx.sources.release(lease, next_run_at=self._clock() + wait):
                return report._replace(outcome=Outcome.BUSY)
        log.info("sync_throttled", source=lease.source, seconds=wait.total_seconds())
        return report._replace(outcome=Outcome.THROTTLED, error=str(error), wait=wait)

    def _failed(self, lease: Lease, run: int, report: Report, error: SourceError) -> Report:
        """Write down what went wrong, and when, or after whom, the source is asked again."""
        if isinstance(error, ThrottledError):
            return self._throttled(lease, report, error)
        now = self._clock()
        with self._uow.begin() as tx:
            source = tx.sources.get(lease.source)
            failures = (source.failures if source else 0) + 1
            outcome = _outcome_of(tx, lease.source, error)
            retry_after = error.retry_after if isinstance(error, UnavailableError) else None
            scheduled = source is not None and source.configured
            # A source that only `avouch import` feeds has a person beside it: nothing to pause.
            paused = {"paused": str(error)} if outcome is Outcome.PAUSED and scheduled else {}
            if not tx.sources.release(
                lease,
                failures=failures,
                error=str(error),
                next_run_at=now + backoff.delay(failures, retry_after) if scheduled else None,
                **paused,
            ):
                return report._replace(outcome=Outcome.BUSY)
            tx.work.finish_run(run, now, outcome.value, str(error))
        log.warning("sync_failed", source=lease.source, outcome=outcome.value, error=str(error))
        return report._replace(outcome=outcome, error=str(error))


def _outcome_of(tx: Transaction, source: str, error: SourceError) -> Outcome:
    """Say how a run ends by `error`: an unreadable answer is a person's only after several in a row."""
    if isinstance(error, AccessError):
        return Outcome.PAUSED
    if not isinstance(error, FormatError):
        return Outcome.LATER
    before = [run.outcome for run in tx.work.runs(source, FORMAT_FAILURES) if run.finished_at is not None]
    in_a_row = before[: FORMAT_FAILURES - 1] == [Outcome.UNREADABLE.value] * (FORMAT_FAILURES - 1)
    return Outcome.PAUSED if in_a_row else Outcome.UNREADABLE


def next_time(source: SourceRow, after: datetime) -> datetime | None:
    """Return when a source that ran at `after` runs next; None for one that runs on demand only."""
    if not source.configured:
        return None
    every = None if source.every is None else timedelta(seconds=source.every)
    return next_run(after, every=every, cron=source.cron, jitter_seed=source.name)


def both(one: Report, after: Report) -> Report:
    """Return what two calls of `run` did together: it ended as the later one did."""
    counted = ("pages", "pulled", "changed", "rejected", "suppressed", "beside", "gone", "back")
    return after._replace(**{name: getattr(one, name) + getattr(after, name) for name in counted})


def _add(report: Report, landed: Landed, outcome: Outcome) -> Report:
    return Report(
        outcome,
        report.pages + 1,
        report.pulled + landed.pulled,
        report.changed + landed.changed,
        report.rejected + landed.rejected,
        None,
        report.suppressed + landed.suppressed,
        report.beside + landed.beside,
        report.gone + landed.gone,
        report.back + landed.back,
    )
