"""The doorbell that rings the others."""

from worker import wiring
from worker.celery import app
from worker.jobs import clock, tick


@app.task(name="avouch.tick", expires=5)
def avouch_tick() -> None:
    """Find what is due and send a message for it. Safe to run twice: what is sent are hints."""
    for ring in tick.due(wiring.unit_of_work(), wiring.configuration, clock.now()):
        app.send_task(ring.task, args=ring.args, expires=ring.expires)
