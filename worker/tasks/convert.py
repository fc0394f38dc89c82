"""The doorbell of converting a lead."""

import time

import structlog

from worker import wiring
from worker.celery import app
from worker.jobs import clock, convert, resolve
from worker.jobs.settle import PAUSE_SECONDS
from worker.tasks.resolve import FOR_AT_MOST, dedupe_changed

log = structlog.get_logger()


@app.task(name="convert.lead")
def convert_lead(lead: str, evidence: str) -> None:
    """Judge a lead by a proof that has landed as the record `evidence`.

    Both are ids: no address and no number is in the message. Safe to run twice or to lose: the evidence
    waits in the queue of changed records, and the tick finds it there.
    """
    uow = wiring.unit_of_work()
    deadline = clock.now() + FOR_AT_MOST
    while (outcome := resolve.run(uow, clock.now()).outcome) is not resolve.Outcome.IDLE:
        if clock.now() >= deadline:
            convert_lead.delay(lead, evidence)
            return
        if outcome is resolve.Outcome.BUSY:
            time.sleep(PAUSE_SECONDS)
    contact, is_user = convert.outcome(uow, convert.Evidence(lead, evidence))
    log.info(
        "lead_judged", lead=lead, evidence=evidence, contact=contact.id if contact else None, user=is_user
    )
    dedupe_changed.delay()
