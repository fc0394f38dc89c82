"""Commands about sources: list, pause, resume, and pull from one now."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from worker.cli.intake.new_source import new_source
from worker.cli.intake.trying import try_source
from worker.cli.options import as_json, did_you_mean

if TYPE_CHECKING:
    from worker.storage.unit_of_work import UnitOfWork


def check_known(name: str, known: Iterable[str]) -> None:
    """Raise the error that says which source was meant, if there is none of this name."""
    names = list(known)
    if name not in names:
        raise click.ClickException(
            f"No source is called {name}.{did_you_mean(name, names)} See: avouch sources list"
        )


def _check(uow: "UnitOfWork", name: str) -> None:
    with uow.begin() as tx:
        check_known(name, [row.name for row in tx.sources.all()])


@click.group()
def sources() -> None:
    """The outside systems that contacts come from."""


@sources.command("list")
@as_json
def list_sources(*, as_json: bool) -> None:
    """List every source, how it is doing, and when it runs next.

    \b
    Example:
        avouch sources list
    """
    from worker.cli import show
    from worker.jobs import clock
    from worker.monitoring import status
    from worker.session import session

    with session() as uow, uow.begin() as tx:
        found = status.sources(tx, clock.now())
    if as_json:
        show.json_line({"sources": found})
        return
    if not found:
        click.echo(
            "There are no sources. Add one to avouch.toml, or import a file: avouch import --help", err=True
        )
        return
    headers = (
        "source",
        "connector",
        "trust",
        "region",
        "schedule",
        "state",
        "last sync (UTC)",
        "next run (UTC)",
    )
    rows = [
        (s.name, s.connector, s.trust, s.region, s.schedule, s.state, s.last_sync, s.next_run) for s in found
    ]
    show.out().print(show.grid(*headers, rows=rows))
    for each in found:
        if each.why:
            click.echo(f"{each.name}: {each.why}", err=True)


sources.add_command(try_source)
sources.add_command(new_source)


@sources.command()
@click.argument("name")
@as_json
def pause(name: str, *, as_json: bool) -> None:
    """Pull no more from a source until it is resumed.

    Nothing is lost: it goes on from where it stopped.

    \b
    Example:
        avouch sources pause phone-main
    """
    from worker.cli import show
    from worker.jobs import sources as job
    from worker.session import session

    with session() as uow:
        _check(uow, name)
        job.pause(uow, name)
    if as_json:
        show.json_line({"source": name, "paused": True})
    else:
        click.echo(f"{name} is paused. Go on with: avouch sources resume {name}")


@sources.command()
@click.argument("name")
@as_json
def resume(name: str, *, as_json: bool) -> None:
    """Pull again from a source that is paused, from where it stopped.

    \b
    Example:
        avouch sources resume phone-main
    """
    from worker.cli import show
    from worker.jobs import clock
    from worker.jobs import sources as job
    from worker.session import session

    with session() as uow:
        _check(uow, name)
        job.resume(uow, name, clock.now())
    if as_json:
        show.json_line({"source": name, "paused": False})
    else:
        click.echo(f"{name} goes on.")


@click.command()
@click.argument("source")
@click.option("--full", is_flag=True, help="Read it from its start; what is there already stays as it is.")
@click.option("--wait", is_flag=True, help="Pull here and print the report. Default: a worker pulls.")
@as_json
def sync(source: str, *, full: bool, wait: bool, as_json: bool) -> None:
    """Pull what is new at SOURCE now.

    \b
    Example:
        avouch sync phone-main
        avouch sync phone-main --wait
    """
    from worker.jobs import sources as job
    from worker.session import session

    with session(needs_configuration=True) as uow:
        _check(uow, source)
        job.check_may_run(uow, source)
        if wait:
            _pull_here(uow, source, full=full, as_json=as_json)
        else:
            _queue(uow, source, full=full, as_json=as_json)


def _pull_here(uow: "UnitOfWork", source: str, *, full: bool, as_json: bool) -> None:
    from worker import wiring
    from worker.cli import show
    from worker.cli.intake.pulling import pull, pulled_json, suppressed, vanished

    done = pull(uow, wiring.connector_for(source), source, full=full)
    if as_json:
        show.json_line(pulled_json(done))
    else:
        report = done.report
        click.echo(
            f"{source}: {show.count(report.pulled, 'entry', 'entries')} on"
            f" {show.count(report.pages, 'page')}: {report.changed:,} new or changed,"
            f" {done.unchanged:,} unchanged, {report.rejected:,} rejected{suppressed(done)}{vanished(done)}."
        )
        for each in done.reasons:
            click.echo(f"  {each.place}: {each.reason}")
        for warning in done.warnings:
            click.echo(f"  Note: {warning}")
        click.echo(f"In all: {show.count(done.users, 'user')}, {show.count(done.leads, 'lead')}.")
    done.check()


def _queue(uow: "UnitOfWork", source: str, *, full: bool, as_json: bool) -> None:
    from worker.cli import show
    from worker.jobs import clock
    from worker.jobs import sources as job
    from worker.monitoring import workers

    if not workers.any_alive():
        raise click.ClickException(
            f"No worker runs, so nobody would pull from {source}.\n"
            f"    Pull here: avouch sync {source} --wait\n    or start workers: avouch up"
        )
    job.ask(uow, source, clock.now(), full=full)
    workers.send("sync.source", source)
    if as_json:
        show.json_line({"source": source, "queued": True})
    else:
        click.echo(f"{source} is queued. Watch it: avouch status")
