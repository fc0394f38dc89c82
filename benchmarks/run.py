"""`make bench`: what Avouch does in a second, beside what PostgreSQL can take at most, in one run.

Machines are noisy: trust the ratios. Each figure is the median of the rounds, which are interleaved.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import click
import structlog
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, text

from benchmarks import copy_limit
from benchmarks.records import as_jsonl, records
from config.settings import Settings
from integrations import registry
from integrations.source import Source
from worker import servers, wiring
from worker.domain import identifiers
from worker.jobs import clock, configure, dedupe, rebuild, resolve, sync
from worker.monitoring import processes
from worker.servers import supervisor
from worker.storage import migrate
from worker.storage.database import engine_for
from worker.storage.tables import metadata
from worker.storage.unit_of_work import UnitOfWork

_DERIVED_AND_EVIDENCE = ", ".join(sorted(metadata.tables.keys() - {"sources", "schedules", "facts"}))

_SOURCES = """
[sources.bench]
connector = "jsonl"
path = "{path}"
[schedule]
reconcile = "1d"
verify = "1d"
"""


class Bench:
    """The servers, the file, and the measurements on them."""

    def __init__(self, engine: Engine, number: int, folder: Path, table: list[supervisor.Child]) -> None:
        """Make the records, and the file they are read from; `table` is the workers to start."""
        self.engine = engine
        self._workers = table
        self.number = number
        self.path = folder / "bench.jsonl"
        self.path.write_bytes(as_jsonl(records(number)))
        self._rows = copy_limit.rows_of(self.path.read_bytes().splitlines())

    def empty(self) -> None:
        """Forget all evidence, where the source stands, and every canonical form."""
        identifiers._canonical.cache_clear()  # noqa: SLF001 - rounds must not be faster than a fresh process
        with self.engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {_DERIVED_AND_EVIDENCE}"))
            connection.execute(
                text("UPDATE sources SET cursor = NULL, lease_until = NULL, lease_owner = NULL")
            )

    def copy_limit(self) -> float:
        """Measure file to tables, with decoding and canonical forms, deciding nothing."""
        self.empty()
        return copy_limit.from_file(self.engine, self.path)

    def bare_copy(self) -> float:
        """Measure rows in memory to tables."""
        return copy_limit.from_rows(self.engine, self._rows)

    def in_one_process(self) -> float:
        """Measure file to contacts in one process: decode, canonicalise, land, resolve."""
        self.empty()
        return self._timed(lambda: self._pull(resolving=True))

    def sent_again(self) -> float:
        """Measure the same file again, all of it unchanged."""
        return self._timed(lambda: self._pull(resolving=True))

    def through_celery(self) -> float:
        """Measure file to contacts through the broker and the workers, until nothing waits."""
        from worker.tasks.sync import sync_source

        self.empty()
        with supervisor.background(self._workers, self.path.with_suffix(".log")) as group:
            group.wait_ready()
            return self._timed(lambda: self._wait_until_resolved(sync_source.delay("bench")))

    def suggestions(self) -> float:
        """Measure making the suggestions of all contacts, which happens beside the pulling."""
        uow = wiring.unit_of_work()

        def work() -> None:
            while dedupe.run(uow).outcome is resolve.Outcome.MORE:
                pass

        return self._timed(work)

    def check(self) -> None:
        """Make sure that what was measured is right: every record landed, and a rebuild changes nothing."""
        found = rebuild.run(wiring.unit_of_work(), clock.now(), check=True)
        if found.records != self.number or not found.is_right:
            raise click.ClickException(
                f"wrong result: {found.records} records, {len(found.differ)} contacts differ"
            )

    def _pull(self, *, resolving: bool) -> None:
        uow: UnitOfWork = wiring.unit_of_work()
        source = Source(name="bench", connector="jsonl", settings={"path": str(self.path)})
        sync.Run(uow, registry.connector(source))("bench", full=True)
        while resolving and resolve.run(uow, clock.now()).outcome is resolve.Outcome.MORE:
            pass

    def _wait_until_resolved(self, _sent: object) -> None:
        uow = wiring.unit_of_work()
        deadline = clock.now() + timedelta(minutes=5)
        while clock.now() < deadline:
            with uow.begin() as tx:
                source = tx.sources.get("bench")
                if source and source.cursor and source.lease_until is None and not tx.to_resolve.any():
                    return
            time.sleep(0.05)
        raise click.ClickException("the workers did not finish within five minutes")

    def _timed(self, work: Callable[[], object]) -> float:
        started = time.perf_counter()
        work()
        return self.number / (time.perf_counter() - started)


MEASURED: tuple[tuple[str, Callable[[Bench], float]], ...] = (
    ("COPY limit: decode, canonicalise, upsert", Bench.copy_limit),
    ("rows in memory, upsert only", Bench.bare_copy),
    ("file to contacts, one process", Bench.in_one_process),
    ("suggestions for all of it", Bench.suggestions),
    ("the same file again, unchanged", Bench.sent_again),
    ("file to contacts, through Celery", Bench.through_celery),
)


@click.command()
@click.option("--records", "number", default=20_000, show_default=True, help="How many records a round.")
@click.option("--rounds", default=3, show_default=True, help="How many rounds; the medians are shown.")
def main(number: int, rounds: int) -> None:
    """Measure Avouch beside the COPY limit of the same PostgreSQL, in one run."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    console = Console()
    with ExitStack() as running, tempfile.TemporaryDirectory(prefix="avouch-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's own user has to pass through, when started by root.
        found = _measure(running, Path(folder), number, rounds, console)
        running.close()
    limit = statistics.median(found[MEASURED[0][0]])
    table = Table(title=f"{number:,} mixed records, medians of {rounds} rounds")
    for heading in ("what", "records/s", "of the COPY limit"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for what, rates in found.items():
        rate = statistics.median(rates)
        table.add_row(what, f"{rate:,.0f}", f"{rate / limit:.2f}")
    console.print(table)


def _measure(
    running: ExitStack, folder: Path, number: int, rounds: int, console: Console
) -> dict[str, list[float]]:
    os.environ["AVOUCH_HOME"] = str(folder / "home")
    os.environ["AVOUCH_CONFIG"] = str(folder / "avouch.toml")
    settings = Settings.load()
    endpoints = running.enter_context(servers.running(settings))
    env = settings.environment(database_url=endpoints.database_url, broker_url=endpoints.broker_url)
    os.environ.update(env)
    wiring.forget()
    engine = engine_for(endpoints.database_url)
    migrate.upgrade(engine)
    bench = Bench(engine, number, folder, _workers(settings))
    (folder / "avouch.toml").write_text(_SOURCES.format(path=bench.path), encoding="utf-8")
    configure.apply(wiring.unit_of_work(), wiring.configuration(), clock.now())
    copy_limit.prepare(engine)
    found: dict[str, list[float]] = {what: [] for what, _ in MEASURED}
    for turn in range(rounds):
        for what, measure in MEASURED:
            with console.status(f"round {turn + 1} of {rounds}: {what}"):
                found[what].append(measure(bench))
        bench.check()
    engine.dispose()
    wiring.forget()
    return found


def _workers(settings: Settings) -> list[supervisor.Child]:
    table = processes.together(settings, flower_port=0, flower_login=None, concurrency=settings.concurrency)
    return [child for child in table if child.name != "flower"]


if __name__ == "__main__":
    main()
