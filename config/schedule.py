"""What runs by itself, how often, and when next. Times are arguments: nothing here reads a clock."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cronsim import CronSim

from config.tables import Key, read_keys, refuse_unknown
from config.values import timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Periodic:
    """A job that is due again and again; exactly one of `every` and `cron` is set."""

    name: str
    """The key in `[schedule]`."""
    task: str
    """The Celery task that starts it."""
    every: timedelta | None = None
    cron: str | None = None


PERIODIC: Mapping[str, Periodic] = {
    job.name: job
    for job in (
        # Leads that gained proof are judged within minutes; the cost follows what changed, so often is cheap.
        Periodic(name="reconcile", task="reconcile.leads", every=timedelta(minutes=5)),
        # Compares a sample of stored contacts with rebuilt ones: four times a day finds a fault the same day.
        Periodic(name="verify", task="reconcile.verify", every=timedelta(hours=6)),
        # Counts names anew and looks at every contact again, about eight minutes a million; names change slowly.
        Periodic(name="dedupe", task="dedupe.all", every=timedelta(days=7)),
        # Old runs; a day's worth is small.
        Periodic(name="prune", task="maintenance.prune", every=timedelta(days=1)),
    )
}

KEYS: Mapping[str, Key] = {
    name: Key(timing, 'a number and s, m, h or d ("10m"), or five cron fields in UTC ("0 3 * * *")')
    for name in PERIODIC
}

SHARE = 0.05
"""How far a run may move, as a share of its interval, to either side: the average stays the interval."""
FARTHEST = timedelta(seconds=15)
"""Nobody waits noticeably longer for a daily job; a minute's worth of sources is spread enough by this."""


def next_run(
    after: datetime, *, every: timedelta | None = None, cron: str | None = None, jitter_seed: str
) -> datetime | None:
    """Return the first due time after `after`, in UTC; None when there is no schedule (on demand only).

    Intervals get a small jitter that `jitter_seed` and `after` decide, so that sources configured alike don't
    all ask at the same second. Cron times are exact: a person chose them.

    Args:
        after: When the run was started. Given this and not its due time, a long stop is followed by one run,
            not by each that was missed.
        every: The interval.
        cron: Five cron fields, read in UTC.
        jitter_seed: The name of what is scheduled.
    """
    if after.tzinfo is None:
        raise ValueError("after has no time zone")
    after = after.astimezone(UTC)
    if cron is not None:
        return next(CronSim(cron, after))
    return None if every is None else after + every + _jitter(every, f"{jitter_seed} {after.isoformat()}")


def read_schedule(table: Mapping[str, object], problems: list[str]) -> dict[str, Periodic]:
    """Return all periodic jobs, with the intervals of `[schedule]`; what is wrong is added to `problems`."""
    refuse_unknown(table, KEYS, "schedule", problems)
    timings = read_keys(table, KEYS, "schedule", problems)
    return {name: _at(job, timings[name]) for name, job in PERIODIC.items()}


def _at(job: Periodic, when: timedelta | str | None) -> Periodic:
    if when is None:
        return job
    if isinstance(when, str):
        return replace(job, every=None, cron=when)
    return replace(job, every=when, cron=None)


def _jitter(every: timedelta, seed: str) -> timedelta:
    """Return a length between minus and plus the farthest a run may move, the same for the same seed."""
    fraction = int.from_bytes(sha256(seed.encode()).digest()[:8]) / 2**64
    return (2 * fraction - 1) * min(SHARE * every, FARTHEST)
