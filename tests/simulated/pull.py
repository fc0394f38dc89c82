"""Pull one simulated vendor to its end: `python -m tests.simulated.pull CONNECTOR DATABASE_URL VENDOR_URL SIZE PAGE_LIMIT`.

A process to be killed: the job as `avouch sync --wait` runs it, but without a limiter, since the vendor is invented.
"""

import sys
from datetime import timedelta

import click

from integrations import registry
from integrations.connectors import CONNECTORS
from integrations.source import Source
from tests.builders import ID_KEY
from tests.simulated.vendor import simulated
from worker.jobs import clock, resolve
from worker.jobs.sync import Outcome, Run
from worker.storage.database import engine_for
from worker.storage.unit_of_work import UnitOfWork


@click.command()
@click.argument("connector")
@click.argument("database_url")
@click.argument("vendor_url")
@click.argument("size", type=int)
@click.argument("page_limit", type=int)
def main(connector: str, database_url: str, vendor_url: str, size: int, page_limit: int) -> None:
    """Land everything, then resolve it."""
    vendor = simulated(connector, size)
    uow = UnitOfWork(engine_for(database_url), ID_KEY)
    with uow.begin() as tx:
        if tx.sources.get(connector) is None:
            entry = CONNECTORS[connector]
            tx.sources.put(
                name=connector,
                kind=entry.kind,
                connector=connector,
                trust=entry.trust.value,
                configured=True,
            )
    source = Source(
        name=connector,
        connector=connector,
        region="US",
        settings=vendor.settings(vendor_url),
        secrets=vendor.secrets,
        page_limit=page_limit,
        # One clock for all runs of a day: what a vendor gives without a time has that of the reading.
        clock=lambda: clock.now().replace(hour=0, minute=0, second=0, microsecond=0),
    )
    report = Run(uow, registry.connector(source))(connector, for_at_most=timedelta(minutes=10))
    if report.outcome is not Outcome.DONE:
        raise click.ClickException(f"{connector}: {report.outcome.value}: {report.error}")
    while resolve.run(uow, clock.now()).records:
        pass


if __name__ == "__main__":
    sys.exit(main())
