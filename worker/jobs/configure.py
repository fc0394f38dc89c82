"""Configure: bring the rows of sources, schedules and policy in line with `avouch.toml`."""

from collections.abc import Collection
from datetime import datetime

from msgspec.structs import replace

from config.schedule import next_run
from config.sources import Configuration, SourceSettings
from integrations import registry
from worker.domain.policy import Policy
from worker.jobs import convert, region
from worker.jobs.policy import of_body, of_settings, put, written
from worker.storage.unit_of_work import Transaction, UnitOfWork

DISABLED = "disabled in avouch.toml"
REMOVED = "no longer in avouch.toml"
ORIGIN = "avouch.toml"
FACT = "policy"
"""What `[policy]` of the file said when it was applied last."""


def apply(uow: UnitOfWork, configuration: Configuration, now: datetime) -> bool:
    """Apply `configuration` if it is not in force yet; say whether it was applied.

    Where there is no file at all, what was applied last stays: a command may be typed in any folder.
    A changed trust, region or policy changes what the evidence means: the records it touches are queued.
    """
    with uow.begin() as tx:
        convert.ensure_own_source(tx)
        applied = tx.work.fact("configuration")
        if applied == configuration.digest or (applied is not None and not configuration.present):
            return False
        for source in tx.sources.all():
            tx.sources.lock(source.name)  # In one order, before any is changed: two may apply at once.
        retrusted = [
            settings.name
            for settings in configuration.sources.values()
            if _put_source(uow, tx, settings, now)
        ]
        for source in tx.sources.all():
            if source.configured and source.name not in configuration.sources:
                tx.sources.set(source.name, configured=False, next_run_at=None, paused=REMOVED)
        for job in configuration.schedules.values():
            every = None if job.every is None else int(job.every.total_seconds())
            first = next_run(now, every=job.every, cron=job.cron, jitter_seed=job.name) or now
            tx.work.put_schedule(job.name, job.task, every, job.cron, first)
        tx.work.drop_schedules(list(configuration.schedules))
        _put_policy(tx, configuration, retrusted, now)
        tx.work.set_fact("configuration", configuration.digest, now)
    return True


def _put_source(uow: UnitOfWork, tx: Transaction, settings: SourceSettings, now: datetime) -> bool:
    """Bring one source's row in line; say whether its word counts for more or less than before."""
    entry = registry.entry(settings.connector)
    before = tx.sources.lock(settings.name)
    every = None if settings.every is None else int(settings.every.total_seconds())
    trust = settings.trust or entry.trust.value
    timed = before is None or (before.every, before.cron) != (every, settings.cron) or not before.configured
    scheduled = every is not None or settings.cron is not None
    paused = None if before is None or before.paused in {DISABLED, REMOVED} else before.paused
    tx.sources.put(
        name=settings.name,
        kind=entry.kind,
        connector=settings.connector,
        trust=trust,
        region=settings.region,
        configured=True,
        every=every,
        cron=settings.cron,
        paused=paused if settings.enabled else DISABLED,
        next_run_at=(now if scheduled else None) if timed else before.next_run_at if before else None,
    )
    if before is not None and before.region != settings.region:
        region.change(uow, tx, settings.name, settings.region)
    return before is not None and before.trust != trust


def _put_policy(
    tx: Transaction, configuration: Configuration, retrusted: Collection[str], now: datetime
) -> None:
    """Make a new version of the policy when `[policy]`, or the trust of a source, is another than before.

    A version that was applied by hand stays in force until the file says something new. What the file says
    of a source's trust is newer than what a version said of it.
    """
    said = of_settings(configuration.policy)
    newest = tx.policies.newest()
    before = Policy() if newest is None else of_body(newest.body)
    trust = {name: level for name, level in before.trust.items() if name not in retrusted}
    applied = tx.work.fact(FACT)
    if applied is not None and written(of_body(applied)) == written(said):  # Older ones had fewer settings.
        policy = replace(before, trust=trust)
    else:
        tx.work.set_fact(FACT, written(said), now)
        policy = replace(said, trust=trust)
    if newest is None or written(policy) != written(before) or retrusted:
        put(tx, written(policy), origin=ORIGIN, author="", now=now)
