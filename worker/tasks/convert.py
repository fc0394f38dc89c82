"""The doorbell of converting a lead."""

import structlog

from worker import wiring
from worker.celery import app
from worker.jobs import clock, convert, resolve
from worker.tasks.resolve import dedupe_changed

log = structlog.get_logger()


@app.task(name="convert.lead")
def convert_lead(lead: str, evidence: str) -> None:
    """Judge a lead by a proof that has landed as the record `evidence`.

    Both are ids: no address and no number is in the message. Safe to run twice or to lose: the evidence
    waits in the queue of changed records, and the tick finds it there.
    """
    uow = wiring.unit_of_work()
    while resolve.run(uow, clock.now()).outcome is resolve.Outcome.MORE:
        pass
    contact, is_user = convert.outcome(uow, convert.Evidence(lead, evidence))
    log.info(
        "lead_judged", lead=lead, evidence=evidence, contact=contact.id if contact else None, user=is_user
    )
    dedupe_changed.delay()
