"""What there is and how it is doing, as one value: for `avouch status`, and whoever watches."""

from datetime import datetime, timedelta

from msgspec import Struct

from config.queues import TICK_SECONDS
from worker.jobs import convert
from worker.storage.sources import SourceRow
from worker.storage.unit_of_work import Transaction, UnitOfWork

TICK_STALE = timedelta(seconds=10 * TICK_SECONDS)
"""A tick older than this means that beat or its worker is not there; a restart of both takes half of it."""


class SourceState(Struct, frozen=True, kw_only=True):
    """One source, as far as an operator cares."""

    name: str
    kind: str
    connector: str
    trust: str
    region: str | None
    state: str
    """"pulling", "due", "scheduled", "on demand", "imports", "failing" or "paused"."""
    why: str | None
    """What keeps it from being pulled, or the last error."""
    schedule: str | None
    last_sync: datetime | None
    next_run: datetime | None
    late_seconds: int
    """How long it has been due."""


class Work(Struct, frozen=True, kw_only=True):
    """What the database knows of the work."""

    last_tick: datetime | None
    tick_age_seconds: int | None
    records_waiting: int
    """Records that landed and wait to be resolved."""
    contacts_waiting: int
    """Contacts whose suggestions wait to be made anew."""
    sources: list[SourceState]
    leads: int
    users: int
    suggestions: int
    conflicts: int
    rejects: int
    policy: int = 0
    """The version in force; 0 before there is any."""

    @property
    def ticks(self) -> bool:
        """Whether beat and a worker bring the work forward."""
        return self.tick_age_seconds is not None and self.tick_age_seconds < TICK_STALE.total_seconds()


def look(uow: UnitOfWork, now: datetime) -> Work:
    """Return the state of the work at `now`. Reads only."""
    with uow.begin() as tx:
        tick = tx.work.facts().get("tick")
        counts = tx.contacts.counts()
        return Work(
            last_tick=tick[1] if tick else None,
            tick_age_seconds=max(0, _seconds(now - tick[1])) if tick else None,
            records_waiting=tx.to_resolve.waiting(),
            contacts_waiting=tx.to_dedupe.waiting(),
            sources=sources(tx, now),
            leads=counts.get("lead", 0),
            users=counts.get("user", 0),
            suggestions=tx.suggestions.count(),
            conflicts=tx.cases.count(),
            rejects=tx.work.count_rejects(),
            policy=newest.version if (newest := tx.policies.newest()) else 0,
        )


def sources(tx: Transaction, now: datetime) -> list[SourceState]:
    """Return the state of every source that people know of: our own platform's is not one of them."""
    return [_state(row, now) for row in tx.sources.all() if row.name != convert.SOURCE]


def _state(row: SourceRow, now: datetime) -> SourceState:
    late = now - row.next_run_at if row.next_run_at and row.paused is None else timedelta(0)
    return SourceState(
        name=row.name,
        kind=row.kind,
        connector=row.connector,
        trust=row.trust,
        region=row.region,
        state=_word(row, now),
        why=row.paused or row.error,
        schedule=row.cron or (None if row.every is None else f"every {_length(row.every)}"),
        last_sync=row.synced_at,
        next_run=None if row.paused else row.next_run_at,
        late_seconds=max(0, _seconds(late)),
    )


def _word(row: SourceRow, now: datetime) -> str:
    """Name a source's state; the first that holds is the one to know."""
    states = (
        ("paused", row.paused is not None),
        ("pulling", row.lease_until is not None and row.lease_until > now),
        ("failing", row.failures > 0),
        ("imports", not row.configured),
        ("on demand", row.next_run_at is None),
        ("due", row.next_run_at is not None and row.next_run_at <= now),
    )
    return next((word for word, holds in states if holds), "scheduled")


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def _length(seconds: int) -> str:
    """Write a length of time as avouch.toml does.

    >>> _length(300), _length(90)
    ('5m', '90s')
    """
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"
