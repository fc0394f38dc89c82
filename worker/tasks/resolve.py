"""The doorbells of resolving and of suggestions."""

from datetime import timedelta

import structlog

from worker import wiring
from worker.celery import app
from worker.jobs import clock, dedupe, dedupe_all, dedupe_auto, resolve

log = structlog.get_logger()

FOR_AT_MOST = timedelta(seconds=10)
"""How long one task works before it lets others have the process."""


@app.task(name="resolve.changed", expires=20)
def resolve_changed() -> None:
    """Resolve changed records until none wait, or time is up and the next task goes on.

    Safe to run twice: only one worker resolves at a time, and a batch and its queue rows are one
    transaction.
    """
    deadline = clock.now() + FOR_AT_MOST
    done = 0
    while (batch := resolve.run(wiring.unit_of_work(), clock.now())).outcome is resolve.Outcome.MORE:
        done += batch.records
        if clock.now() >= deadline:
            resolve_changed.delay()
            break
    if done:
        log.info("resolved", records=done)
        dedupe_changed.delay()


@app.task(name="dedupe.changed", expires=20)
def dedupe_changed() -> None:
    """Make the suggestions of changed contacts anew, then let the policy decide where it may.

    Safe to run twice: it replaces what it made, and what is decided is no suggestion any more.
    """
    deadline = clock.now() + FOR_AT_MOST
    while dedupe.run(wiring.unit_of_work()).outcome is resolve.Outcome.MORE:
        if clock.now() >= deadline:
            dedupe_changed.delay()
            return
    uow, now = wiring.unit_of_work(), clock.now()
    if dedupe_auto.is_due(uow, now) and dedupe_auto.run(uow, now).outcome is resolve.Outcome.MORE:
        resolve_changed.delay()


@app.task(name="dedupe.all", expires=3_600)
def dedupe_everything() -> None:
    """Queue every contact to be looked at again, by a new census of names.

    Safe to run twice or to miss: what waits already is not queued again, and `dedupe.changed` works it off.
    """
    begun = dedupe_all.run(wiring.unit_of_work(), clock.now())
    log.info("dedupe_begun", contacts=begun.contacts, model=begun.model)
    dedupe_changed.delay()
