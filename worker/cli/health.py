"""Commands about health: what runs, what doesn't, and what to type."""

import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from worker.cli.options import as_json

if TYPE_CHECKING:
    from config.settings import Settings
    from worker.monitoring.doctor import Check
    from worker.monitoring.status import Work
    from worker.servers import Part


@click.command()
@as_json
def status(*, as_json: bool) -> None:
    """Show what runs: servers, workers, queues, sources, contacts. Starts nothing.

    \b
    Example:
        avouch status
    """
    from config.settings import Settings
    from worker import servers
    from worker.cli import show
    from worker.cli.session import session
    from worker.jobs import clock
    from worker.monitoring import status as monitoring
    from worker.monitoring import workers

    parts = servers.state(Settings.load(os.environ))
    work, found, queues = None, [], {}
    if all(part.running for part in parts):
        with session() as uow:
            work = monitoring.look(uow, clock.now())
            found, queues = workers.alive(), workers.waiting()
    if as_json:
        show.json_line(
            {"servers": list(map(_part_json, parts)), "workers": found, "queues": queues, "work": work}
        )
    else:
        _print_status(parts, work, found, queues)


def _part_json(part: "Part") -> dict[str, Any]:
    shown = ("name", "embedded", "running", "address", "problem", "pid")
    return {name: getattr(part, name) for name in shown}


def _print_status(
    parts: Sequence["Part"], work: "Work | None", workers: Sequence[str], queues: dict[str, int]
) -> None:
    from worker.cli import show

    console = show.out()
    rows = [(part.name, "runs" if part.running else "does not run", part.address or part.problem) for part in parts]
    if work is not None:
        rows.append(("Workers", "run" if workers else "do not run", ", ".join(workers) or "nothing is pulled by itself"))
        age = "there has been none" if work.tick_age_seconds is None else f"{show.length(work.tick_age_seconds)} ago"
        rows.append(("Tick", "runs" if work.ticks else "does not run", age))
    console.print(show.grid("what", "state", "", rows=rows))
    if work is None:
        click.echo("Start everything: avouch up", err=True)
        return
    console.print()
    if work.sources:
        headers = ("source", "kind", "state", "last sync (UTC)", "next run (UTC)", "why")
        console.print(
            show.grid(
                *headers,
                rows=[(s.name, s.kind, s.state, s.last_sync, s.next_run, s.why) for s in work.sources],
            )
        )
        console.print()
    waiting = ", ".join(f"{name} {n:,}" for name, n in queues.items())
    console.print(
        f"{show.count(work.users, 'user')}, {show.count(work.leads, 'lead')},"
        f" {show.count(work.suggestions, 'suggestion')}, {show.count(work.conflicts, 'conflict')},"
        f" {show.count(work.rejects, 'rejected entry', 'rejected entries')}"
    )
    console.print(f"Messages: {waiting}. Waiting to be resolved: {show.count(work.records_waiting, 'record')}.")
    for hint in _hints(work, workers):
        click.echo(hint, err=True)


def _hints(work: "Work", workers: Sequence[str]) -> Iterator[str]:
    if not workers or not work.ticks:
        yield "Start workers, beat and Flower: avouch up"
    for source in work.sources:
        if source.state == "paused":
            yield f"{source.name} is paused. When its cause is settled: avouch sources resume {source.name}"


_MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "bold red")}


@click.command()
@as_json
def doctor(*, as_json: bool) -> None:
    """Check everything that has to be right, and say what to type where it is not.

    Starts the embedded servers if nothing runs, as any command does. Exit code 1 when something fails.

    \b
    Example:
        avouch doctor
    """
    from worker.cli import show

    checks = list(_checks())
    if as_json:
        show.json_line({"checks": checks, "ok": all(check.result != "fail" for check in checks)})
    else:
        from rich.text import Text

        console = show.out()
        rows = []
        for check in checks:
            says = check.says if check.type is None else f"{check.says}\n    {check.type}"
            rows.append((Text(*_MARKS[check.result]), check.what, says))
        console.print(show.grid("", "what", "", rows=rows))
    if any(check.result == "fail" for check in checks):
        sys.exit(1)


def _checks() -> Iterator["Check"]:
    from config.settings import Settings, SettingsError
    from worker.monitoring.doctor import Check
    from worker.servers import ServersError

    try:
        settings = Settings.load(os.environ)
        yield from _examined(settings)
    except SettingsError as error:
        yield Check("settings", "fail", str(error))
    except ServersError as error:
        yield Check("servers", "fail", str(error))


def _examined(settings: "Settings") -> Iterator["Check"]:
    from worker.cli.session import SchemaError, connected, prepare
    from worker.monitoring import doctor
    from worker.storage.errors import StorageError

    with connected() as named:
        try:
            prepare(named)
        except (SchemaError, StorageError):
            pass  # Not there or not this version's: the check of the tables says so.
        yield from doctor.examine(settings)
