"""What the rules cost by themselves: ordinary records, switchboards, and the same with decisions.

CPU time of the pure function, the least of the rounds; nothing is read or written. Trust the ratios.
"""

import gc
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from benchmarks.records import records
from integrations.contract import ContactRecord, Identifier, Level
from worker.domain.decisions import Decision, DecisionKind
from worker.domain.folding import fold
from worker.domain.records import Record, Version, content_digest
from worker.domain.resolve import resolve

_AT = datetime(2026, 6, 1, tzinfo=UTC)
_SWITCHBOARDS = (500, 1_000, 2_000, 4_000, 8_000)
_DECIDED_SHARE = 50
"""One record in so many is named by a decision: more than any business decides."""


def folded(made: Sequence[ContactRecord], source: str) -> list[Record]:
    """Return records as the rules see them."""
    return [
        fold(b"bench", source, [Version(each, content_digest(each)[1], None, _AT)]).record for each in made
    ]


def switchboard(size: int) -> list[Record]:
    """Return rows of one number, each another person, and calls from it: one closure."""
    number = "+34910000001"
    rows = [
        ContactRecord(
            id=f"row-{each}",
            occurred_at=_AT,
            name=f"Person{each} Family{each}",
            identifiers=(Identifier(type="phone", value=number, level=Level.STORED),),
        )
        for each in range(size - size // 10)
    ]
    calls = [
        ContactRecord(
            id=f"call-{each}",
            occurred_at=_AT,
            identifiers=(Identifier(type="phone", value=number, level=Level.OBSERVED),),
        )
        for each in range(size // 10)
    ]
    return folded(rows, "crm") + folded(calls, "pbx")


def decisions(some: Sequence[Record]) -> list[Decision]:
    """Return decisions about neighbours, half of them that they are the same."""
    kinds: tuple[DecisionKind, DecisionKind] = ("same", "different")
    step = 2 * _DECIDED_SHARE
    return [
        Decision(
            id=f"d{place}",
            kind=kinds[place // step % 2],
            at=_AT,
            author="bench",
            sides=((some[place].id,), (some[place + 1].id,)),
        )
        for place in range(0, len(some) - 1, step)
    ]


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Return the CPU seconds of the quickest round, as a job runs it: without the garbage collector."""
    taken = []
    for _ in range(rounds):
        gc.collect()
        gc.disable()
        before = time.process_time()
        work()
        taken.append(time.process_time() - before)
        gc.enable()
    return min(taken)


@click.command()
@click.option("--rounds", default=5, show_default=True, help="How often each is measured.")
def main(rounds: int) -> None:
    """Measure the rules."""
    table = Table("evidence", "records", "ms", "µs a record", box=None, header_style="bold")
    ordinary = folded(list(records(5_000)), "bench")
    decided = decisions(ordinary)
    rows: list[tuple[str, int, Callable[[], object]]] = [
        ("ordinary records", 5_000, lambda: resolve(ordinary)),
        (f"the same, with {len(decided)} decisions", 5_000, lambda: resolve(ordinary, None, decided)),
    ]
    for size in _SWITCHBOARDS:
        made = switchboard(size)
        rows.append(("a switchboard", size, lambda made=made: resolve(made)))  # type: ignore[misc]  # mypy reads no default
    for name, size, work in rows:
        taken = seconds(work, rounds)
        table.add_row(name, f"{size:,}", f"{taken * 1e3:,.0f}", f"{taken / size * 1e6:,.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
