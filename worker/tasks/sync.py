"""The doorbell of pulling from a source."""

from datetime import timedelta

from integrations.contract import Connector, Page
from integrations.errors import SourceError
from worker import wiring
from worker.celery import app
from worker.jobs import sync
from worker.jobs.land import Landed
from worker.tasks.resolve import resolve_changed

RING_AFTER = 10_000
"""Changed records that wait while a run goes on: about a second's work for the resolver."""


@app.task(name="sync.source", expires=20)
def sync_source(source: str) -> None:
    """Pull what is due at `source`.

    Safe to run twice, to lose, or to run late: the lease, the cursor and the next try are rows that the
    job commits with its pages.
    """
    run = sync.Run(wiring.unit_of_work(), _connector(source))
    report = run(source, for_at_most=timedelta(seconds=10), on_page=_Bell())
    if report.changed or report.gone or report.back:
        resolve_changed.delay()
    if report.outcome is sync.Outcome.MORE:  # One that is throttled is found by the tick, once it is due.
        sync_source.delay(source)


def _connector(source: str) -> Connector:
    """Build the connector; one that cannot be built ends its run as a refused request would."""
    try:
        return wiring.connector_for(source)
    except SourceError as error:
        return sync.Refused(error)


class _Bell:
    """Rings for resolving while a long run still reads: pages are committed by then.

    Not for each page: records of one person come on several, and are cheaper to judge together.
    """

    def __init__(self) -> None:
        self._waiting = 0

    def __call__(self, _: Page, landed: Landed) -> None:
        self._waiting += landed.changed
        if self._waiting >= RING_AFTER:
            self._waiting = 0
            resolve_changed.delay()
