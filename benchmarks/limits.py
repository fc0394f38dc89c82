"""`python -m benchmarks.limits`: five workers before one vendor that takes ten requests a second.

Real processes, those of `avouch up --concurrency 5` without Flower: a worker with five children, one for the
tick, beat, PostgreSQL and Valkey. Only the vendor is invented. Its five lists are five sources with one token,
so that all children are under its one limit at once; it fails now and then, as vendors do.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import click
from msgspec import Struct
from msgspec.structs import asdict
from rich.console import Console
from rich.table import Table

from benchmarks.paced_vendor import RATE, TOKEN, PacedVendor
from config.settings import Settings
from worker.monitoring import processes
from worker.servers import supervisor
from worker.session import connected, opened
from worker.storage.unit_of_work import UnitOfWork

_APP = "benchmarks.paced_vendor"
_SOURCE = """
[sources.paced-{number}]
connector = "paced"
base_url = "{url}"
list = "{number}"
token = {{ env = "PACED_TOKEN" }}
page_limit = {page}
every = "1d"
"""


class Task(Struct, frozen=True, kw_only=True):
    """What is to be pulled, by how many."""

    workers: int
    records: int
    """In each of the lists; there are as many as workers."""
    page: int
    errors: float
    unavailable: float
    way: float

    @property
    def total(self) -> int:
        """All records of all lists."""
        return self.workers * self.records


class Measured(Struct, frozen=True, kw_only=True):
    """What the vendor saw, and what arrived."""

    processes: int
    """How many processes sent them."""
    requests: int
    most_in_a_second: int
    """The highest number of requests in any window of a second, wherever it begins."""
    too_many: int
    """Requests that were answered with 429."""
    errors: int
    unavailable: int
    pulled: int
    """Entries that landed, each as often as it came."""
    landed: int
    """Different records that are there in the end."""
    seconds: float
    """From the first request to the last."""
    of_the_limit: float
    """How much of what the vendor allowed was used."""


@click.command()
@click.option("--workers", default=5, show_default=True, help="Children that pull, and lists to pull.")
@click.option("--records", default=2_000, show_default=True, help="Records in each list.")
@click.option("--page", default=25, show_default=True, help="Records on a page, which is a request.")
@click.option("--errors", default=0.01, show_default=True, help="Share of requests answered with 500.")
@click.option("--unavailable", default=0.005, show_default=True, help="Share answered with 503, Retry-After.")
@click.option(
    "--way", default=0.08, show_default=True, help="Longest way of a request or answer, in seconds."
)
@click.option("--folder", type=click.Path(path_type=Path, exists=True), help="Use a home in this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(folder: Path | None, *, as_json: bool, **wanted: float) -> None:
    """Watch whether workers keep one limit together; exit code 1 if they do not, or if a record is lost."""
    task = Task(**wanted)  # type: ignore[arg-type]  # click makes them what the options' defaults are
    with ExitStack() as kept:
        home = folder or Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="avouch-limits-")))
        if folder is None:
            home.chmod(0o755)  # PostgreSQL's own user has to pass through, when started by root.
        found = measure(task, home)
    if as_json:
        click.echo(json.dumps(asdict(found)))
    else:
        _show(task, found)
    good = found.most_in_a_second <= RATE.requests and found.too_many == 0
    sys.exit(0 if good and found.pulled == found.landed == task.total else 1)


def measure(task: Task, folder: Path) -> Measured:
    """Pull everything there is, and return what the vendor saw of it."""
    vendor = PacedVendor(
        records=task.records, longest_way=task.way, errors=task.errors, unavailable=task.unavailable
    )
    os.environ |= {
        "AVOUCH_HOME": str(folder / "home"),
        "AVOUCH_CONFIG": str(folder / "avouch.toml"),
        "AVOUCH_LOG_LEVEL": "warning",
        "PACED_TOKEN": TOKEN,
    }
    text = "".join(
        _SOURCE.format(number=number, url=vendor.url, page=task.page) for number in range(task.workers)
    )
    (folder / "avouch.toml").write_text(text, encoding="utf-8")
    with vendor, connected() as settings:
        uow = opened(settings, needs_configuration=True)
        with _working(settings, task.workers, folder / "workers.log"):
            _wait_until_done(uow, task.workers)
        return _counted(vendor, uow)


@contextmanager
def _working(settings: Settings, workers: int, log: Path) -> Iterator[None]:
    """Run what `avouch up` runs, but for Flower, with an app that knows the invented vendor."""
    table = [
        replace(child, argv=[_APP if word == "worker.celery" else word for word in child.argv])
        for child in processes.together(settings, flower_port=0, flower_login=None, concurrency=workers)
        if child.name != "flower"
    ]
    with supervisor.background(table, log) as group:
        group.wait_ready()
        yield


def _wait_until_done(uow: UnitOfWork, sources: int) -> None:
    end = time.monotonic() + 600
    while time.monotonic() < end:
        with uow.begin() as tx:
            done = [each for each in tx.sources.all() if each.synced_at and each.lease_owner is None]
            if len(done) == sources and not tx.to_resolve.any():
                return
        time.sleep(0.1)
    raise click.ClickException("the workers did not finish within ten minutes")


def _counted(vendor: PacedVendor, uow: UnitOfWork) -> Measured:
    seen = vendor.seen
    windows = (
        sum(at <= other < at + RATE.seconds for other in seen[start:]) for start, at in enumerate(seen)
    )
    seconds = seen[-1] - seen[0]
    with uow.begin() as tx:
        pulled = sum(each.pulled for each in tx.work.run_totals())
        landed = sum(len(tx.evidence.ids_of_source(each.name)) for each in tx.sources.all())
    return Measured(
        processes=len(vendor.processes),
        requests=len(seen),
        most_in_a_second=max(windows),
        too_many=vendor.answered.count(429),
        errors=vendor.answered.count(500),
        unavailable=vendor.answered.count(503),
        pulled=pulled,
        landed=landed,
        seconds=round(seconds, 1),
        of_the_limit=round((len(seen) - RATE.requests) / RATE.requests * RATE.seconds / seconds, 2),
    )


def _show(task: Task, found: Measured) -> None:
    table = Table(title=f"{task.workers} workers, one vendor that takes {RATE.requests} requests a second")
    table.add_column("what")
    table.add_column("", justify="right")
    for what, number in (
        ("processes that sent requests", str(found.processes)),
        ("requests", f"{found.requests:,}"),
        ("most in any second", str(found.most_in_a_second)),
        ("answered 429: too many", str(found.too_many)),
        ("answered 500", str(found.errors)),
        ("answered 503, Retry-After", str(found.unavailable)),
        ("records there are", f"{task.total:,}"),
        ("entries that landed", f"{found.pulled:,}"),
        ("different records in the end", f"{found.landed:,}"),
        ("seconds", f"{found.seconds:.1f}"),
        ("of what the limit allows", f"{found.of_the_limit:.0%}"),
    ):
        table.add_row(what, number)
    Console().print(table)


if __name__ == "__main__":
    main()
