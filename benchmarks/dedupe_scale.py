"""`python -m benchmarks.dedupe_scale`: what suggestions cost in the database, by how many contacts there are.

Labelled contacts land and are resolved as always. Then every contact is looked at for the first time, some change and
are looked at, and everything is looked at again. Machines are noisy: trust the growth from one size to the next.
"""

import functools
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import click
import structlog
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, text

from benchmarks.dedupe import people
from benchmarks.dedupe.measured import peak_megabytes
from benchmarks.dedupe.truth import Row
from config.settings import Settings
from integrations.contract import ContactRecord, Delivery, Identifier, IdentifierType, Level
from worker import servers
from worker.jobs import clock, dedupe, dedupe_all, neighbours, resolve
from worker.jobs.land import Arrival, land
from worker.storage import migrate
from worker.storage.contacts import ContactStore
from worker.storage.database import engine_for
from worker.storage.evidence import EvidenceStore
from worker.storage.matching import PortraitStore
from worker.storage.suggestions import SuggestionStore
from worker.storage.unit_of_work import UnitOfWork

_PAGE = 1_000
_LEVELS = {"phone": Level.OBSERVED, "chat": Level.CLAIMED, "import": Level.STORED, "manual": Level.CLAIMED}

STEPS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("fetch", PortraitStore, ("holders", "get_all", "showing", "silent")),
    ("fetch", SuggestionStore, ("sharing", "spellings", "among", "any_told", "take")),
    ("fetch", ContactStore, ("get_all",)),
    ("fetch", EvidenceStore, ("load",)),
    ("write", PortraitStore, ("put", "move")),
    ("write", SuggestionStore, ("put",)),
    ("keys", neighbours, ("keys_of",)),
    ("score", dedupe, ("score",)),
    ("portraits", dedupe, ("portrait_under",)),
)
"""What counts as which step of the job; what remains is the job's own bookkeeping."""


class Measured(NamedTuple):
    """What one part cost."""

    what: str
    contacts: int
    seconds: float
    steps: dict[str, float]


class Bench:
    """A database full of contacts."""

    def __init__(self, engine: Engine, size: int, changed: int, seed: int) -> None:
        """Land and resolve `size` labelled contacts; `changed` of them will change."""
        self._uow = UnitOfWork(engine, b"the key of this benchmark")
        self._engine = engine
        self._rng = random.Random(seed)
        with self._uow.begin() as tx:
            for name, (channel, region) in people.SOURCES.items():
                tx.sources.put(
                    name=name, kind="import", connector="jsonl", trust=_LEVELS[channel].value, region=region or None,
                    configured=False,
                )  # fmt: skip
        self._sample: list[Row] = []
        rows = (each.row for each in people.made(size, seed))
        while page := list(islice(rows, _PAGE)):
            self._land(page)
            self._sample += self._rng.sample(page, k=min(len(page), 2 * changed * _PAGE // size))
        self._resolve()
        self._analyse()

    def first_pass(self) -> Measured:
        """Look at every contact, none of which has a portrait."""
        return self._timed("every contact, for the first time", self._work)

    def changed(self, number: int) -> Measured:
        """Give so many contacts another name or number, and look at them."""
        rows = self._rng.sample(self._sample, k=number)
        self._land([row._replace(name=f"{row.name}a") for row in rows])
        self._resolve()
        return self._timed(f"{number:,} changed", self._work)

    def again(self) -> Measured:
        """Look at every contact again, by a new census."""

        def work() -> int:
            dedupe_all.run(self._uow, clock.now())
            return self._work()

        return self._timed("every contact again", work)

    def sizes(self) -> dict[str, str]:
        """Return how large the tables are."""
        self._analyse()
        with self._engine.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT relname, reltuples::bigint, pg_size_pretty(pg_total_relation_size(oid)) FROM pg_class"
                    " WHERE relname IN ('contacts', 'portraits', 'match_keys', 'suggestions') ORDER BY 1"
                )
            )
            return {name: f"{number:,} rows, {size}" for name, number, size in rows}

    def _work(self) -> int:
        looked_at = 0
        while (batch := dedupe.run(self._uow)).outcome is resolve.Outcome.MORE:
            looked_at += batch.records
        return looked_at

    def _land(self, rows: Sequence[Row]) -> None:
        by_source: dict[str, list[Row]] = {}
        for row in rows:
            by_source.setdefault(row.source, []).append(row)
        for source, its in by_source.items():
            with self._uow.begin() as tx:
                tx.sources.lock(source)
                region = people.SOURCES[source][1] or None
                arrival = Arrival(source, region, clock.now(), clock.now())
                land(tx, self._uow.id_key, arrival, [Delivery(_record(row)) for row in its], [])

    def _resolve(self) -> None:
        while resolve.run(self._uow, clock.now()).outcome is resolve.Outcome.MORE:
            pass

    def _analyse(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))

    def _timed(self, what: str, work: Callable[[], int]) -> Measured:
        steps: dict[str, float] = {}
        with _stopped(steps):
            started = time.perf_counter()
            contacts = work()
            seconds = time.perf_counter() - started
        return Measured(what, contacts, seconds, steps)


def _record(row: Row) -> ContactRecord:
    level = _LEVELS[row.channel]
    given: tuple[tuple[IdentifierType, str], ...] = ("phone", row.phone), ("email", row.email)
    held = [Identifier(type=type_, value=value, level=level) for type_, value in given if value]
    record = ContactRecord(
        id=row.id,
        occurred_at=datetime.fromisoformat(row.created_at),
        identifiers=tuple(held),
        name=row.name or None,
    )
    return replace(record, profile={"company": row.company}) if row.company else record


@contextmanager
def _stopped(steps: dict[str, float]) -> Iterator[None]:
    """Add up the seconds that each step of the job takes. The clock itself costs 0.2 us a call."""
    originals = [(place, name, getattr(place, name)) for _, place, names in STEPS for name in names]
    for step, place, names in STEPS:
        for name in names:
            setattr(place, name, _stopwatch(getattr(place, name), steps, step))
    yield
    for place, name, original in originals:
        setattr(place, name, original)


def _stopwatch(work: Callable[..., Any], steps: dict[str, float], step: str) -> Callable[..., Any]:
    @functools.wraps(work)
    def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it wraps
        started = time.perf_counter()
        done = work(*args, **kwargs)
        steps[step] = steps.get(step, 0.0) + time.perf_counter() - started
        return done

    return timed


@click.command(help=__doc__)
@click.option("--contacts", "sizes", multiple=True, type=int, default=(20_000,), show_default=True)
@click.option("--changed", default=1_000, show_default=True, help="How many contacts change.")
@click.option("--seed", default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a part.")
def main(sizes: Sequence[int], changed: int, seed: int, *, as_json: bool) -> None:
    """Measure each size in a database of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="avouch-bench-") as folder:
            Path(folder).chmod(0o755)  # PostgreSQL's own user has to pass through, when started by root.
            with servers.running(Settings.load({"AVOUCH_HOME": str(Path(folder) / "home")})) as endpoints:
                engine = engine_for(endpoints.database_url)
                migrate.upgrade(engine)
                _measure(engine, size, changed, seed, as_json=as_json)
                engine.dispose()


def _measure(engine: Engine, size: int, changed: int, seed: int, *, as_json: bool) -> None:
    bench = Bench(engine, size, changed, seed)
    found = [bench.first_pass(), *(bench.changed(changed) for _ in range(3)), bench.again()]
    if as_json:
        for each in found:
            click.echo(json.dumps({"size": size, **each._asdict()}))
        click.echo(json.dumps({"size": size, "peak_mb": peak_megabytes(), "tables": bench.sizes()}))
        return
    table = Table("part", "contacts", "seconds", "of which", title=f"{size:,} contacts landed")
    for each in found:
        steps = ", ".join(f"{step} {seconds:.2f}" for step, seconds in sorted(each.steps.items()))
        table.add_row(each.what, f"{each.contacts:,}", f"{each.seconds:.2f}", steps)
    console = Console(width=150)
    console.print(table)
    console.print(f"peak memory {peak_megabytes():,.0f} MB; tables: {bench.sizes()}")


if __name__ == "__main__":
    main()
