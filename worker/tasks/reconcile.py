"""The doorbells of the periodic jobs."""

import secrets

import structlog

from worker import wiring
from worker.celery import app
from worker.jobs import clock, prune, reconcile
from worker.tasks.resolve import dedupe_changed

log = structlog.get_logger()


@app.task(name="reconcile.leads", expires=60)
def reconcile_leads() -> None:
    """Judge leads that gained proof, and ask sources again for leads. Safe to run twice or to miss."""
    done = reconcile.leads(wiring.unit_of_work(), wiring.connector_for, clock.now())
    log.info("reconciled", resolved=done.resolved, asked_again=done.asked_again, changed=done.changed)
    dedupe_changed.delay()


@app.task(name="reconcile.verify", expires=60)
def reconcile_verify() -> None:
    """Compare a sample of stored contacts with rebuilt ones. Safe to run twice: it only reads."""
    compared, differ = reconcile.verify(wiring.unit_of_work(), secrets.token_hex(4))
    log.info("verified", compared=compared, differ=len(differ))


@app.task(name="maintenance.prune", expires=60)
def maintenance_prune() -> None:
    """Delete old runs. Safe to run twice."""
    log.info("pruned", runs=prune.run(wiring.unit_of_work(), clock.now()))
