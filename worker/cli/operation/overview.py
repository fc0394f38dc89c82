"""What runs, gathered and shown, for `avouch status`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
from msgspec import Struct
from rich.console import Console

from config.settings import Settings
from worker import servers
from worker.cli import show
from worker.jobs import clock
from worker.monitoring import status
from worker.monitoring.status import Work
from worker.servers import Part
from worker.session import session


class Overview(Struct, frozen=True, kw_only=True):
    """Everything that `avouch status` shows."""

    servers: Sequence[Part]
    workers: Sequence[str] = ()
    beats: Sequence[str] = ()
    queues: Mapping[str, int] = {}
    """Messages that wait."""
    work: Work | None = None
    """None while the servers do not run."""


def gather(settings: Settings) -> Overview:
    """Look at what runs; start nothing."""
    parts = servers.state(settings)
    if not all(part.running for part in parts):
        return Overview(servers=parts)
    with session() as uow:
        from worker.monitoring import workers  # Celery's app reads the broker's address when it is loaded.

        found = workers.answers()
        return Overview(
            servers=parts,
            workers=found.workers,
            beats=found.beats,
            queues=workers.waiting(),
            work=status.look(uow, clock.now()),
        )


def as_json(seen: Overview) -> dict[str, Any]:
    """Return an overview for JSON."""
    shown = ("name", "embedded", "running", "address", "problem", "pid")
    return {
        "servers": [{name: getattr(part, name) for name in shown} for part in seen.servers],
        "workers": seen.workers,
        "beats": seen.beats,
        "queues": seen.queues,
        "work": seen.work,
    }


def text(seen: Overview) -> None:
    """Print an overview, and what to type next."""
    console = show.out()
    console.print(show.grid("what", "state", "", rows=_processes(seen)))
    if seen.work is not None:
        _work(console, seen.work, seen.queues)
    for hint in _hints(seen):
        click.echo(hint, err=True)


def _processes(seen: Overview) -> Iterator[tuple[str, str, str]]:
    for part in seen.servers:
        yield part.name, _state(part.running), part.address if part.running else part.problem
    if seen.work is None:
        return
    for what, names in (("workers", seen.workers), ("beat", seen.beats)):
        yield what, _state(bool(names)), ", ".join(names) or "nothing is pulled by itself"
    age = seen.work.tick_age_seconds
    told = "there has been none" if age is None else f"the last one {show.length(age)} ago"
    yield "tick", _state(seen.work.ticks), told


def _state(runs: bool) -> str:
    return "runs" if runs else "does not run"


def _work(console: Console, work: Work, queues: Mapping[str, int]) -> None:
    console.print()
    if work.sources:
        headers = ("source", "kind", "state", "last sync (UTC)", "next run (UTC)", "why")
        rows = [
            (each.name, each.kind, each.state, each.last_sync, each.next_run, each.why)
            for each in work.sources
        ]
        console.print(show.grid(*headers, rows=rows))
        console.print()
    counts = (
        show.count(work.users, "user"),
        show.count(work.leads, "lead"),
        show.count(work.suggestions, "suggestion"),
        show.count(work.conflicts, "conflict"),
        show.count(work.rejects, "rejected entry", "rejected entries"),
    )
    console.print(", ".join(counts))
    if work.policy:
        console.print(f"Policy: version {work.policy} is in force.")
    messages = ", ".join(f"{name} {n:,}" for name, n in queues.items())
    console.print(
        f"Waiting to be resolved: {show.count(work.records_waiting, 'record')}. Messages: {messages}."
    )


def _hints(seen: Overview) -> Iterator[str]:
    if seen.work is None or not seen.workers or not seen.work.ticks:
        yield "Start everything: avouch up"
    for source in seen.work.sources if seen.work else ():
        if source.state == "paused":
            yield f"{source.name} is paused. When its cause is settled: avouch sources resume {source.name}"
