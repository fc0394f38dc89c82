"""Commands about probable pairs as a whole: look at everybody anew, train the model, measure it, show it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from worker.cli.options import as_json, says

if TYPE_CHECKING:
    from worker.storage.unit_of_work import UnitOfWork

_MOST_VERSIONS = 1_000


@click.group()
def dedupe() -> None:
    """How probable pairs are found and weighed."""


@dedupe.command("all")
@click.option("--wait", is_flag=True, help="Do it here and now; default: workers do.")
@as_json
def look_at_all(*, wait: bool, as_json: bool) -> None:
    """Look at every contact anew, by a new census of names.

    Changed contacts are looked at by themselves, and everybody once a week. This is for the time in between: after
    an import of many people, say, since how common a name is has changed. It may be stopped; workers go on.

    \b
    Example:
        avouch dedupe all --wait
    """
    from worker.cli import show
    from worker.jobs import dedupe_all as job
    from worker.session import session

    with session() as uow:
        said = says(None)
        begun = job.run(uow, said.at, author=said.author)
        if wait:
            _work_off(uow)
        with uow.begin() as tx:
            found, waiting = tx.suggestions.count(), tx.to_dedupe.waiting()
    if as_json:
        show.json_line(
            {"queued": begun.contacts, "model": begun.model, "waiting": waiting, "suggestions": found}
        )
    elif wait:
        click.echo(
            f"{show.count(begun.contacts, 'contact')} looked at; {show.count(found, 'suggestion')} wait."
        )
    else:
        click.echo(f"{show.count(waiting, 'contact')} queued.")
        click.echo("Workers look at them. To see how many wait: avouch status", err=True)


def _work_off(uow: "UnitOfWork") -> None:
    """Look at all that wait, under a bar."""
    from worker.cli.progress import bar
    from worker.jobs import dedupe as job
    from worker.jobs import settle
    from worker.jobs.resolve import Outcome

    with uow.begin() as tx:
        total = tx.to_dedupe.waiting()
    done = 0
    with bar("Looking at everybody") as update:
        while (made := job.run(uow)).outcome is not Outcome.IDLE:
            done += made.records
            update(min(1.0, done / max(1, total)), f"{done:,} of {total:,} contacts")
            if made.outcome is Outcome.BUSY:
                settle.run(uow)  # Records landed, or a worker is at it.
        settle.run(uow)


@dedupe.command("train")
@click.option("--dry-run", is_flag=True, help="Print what would change; put nothing in force.")
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=50_000,
    show_default=True,
    help="Look at so many contacts and those they are compared with.",
)
@as_json
def train_model(*, dry_run: bool, sample: int, as_json: bool) -> None:
    """Fit the weights to the contacts that are here, and to what was decided.

    It begins at the model that ships and stays near it: how common it is that a pair is one person is learnt from
    all pairs, what a level weighs mostly from suggestions that were accepted or rejected, and from merges and splits.
    The new model is in force at once, and every contact is scored by it.

    \b
    Example:
        avouch dedupe train --dry-run
        avouch dedupe train
    """
    from worker.cli import show
    from worker.cli.likeness import dedupe_reports, dedupe_words
    from worker.cli.progress import bar, settling
    from worker.jobs import train as job
    from worker.session import session

    with session() as uow:
        settling(uow)
        with bar("Training") as update:
            done = job.run(
                uow,
                says(None),
                dry_run=dry_run,
                sample=sample,
                progress=lambda at, of: update(at / max(1, of), f"{at:,} of {of:,} contacts"),
            )
    if as_json:
        show.json_line({"dry_run": dry_run, **dedupe_words.trained_json(done)})
        return
    dedupe_reports.trained(done, dry_run=dry_run)


@dedupe.command("evaluate")
@click.option(
    "--truth",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="CSV with the columns source, id, person.",
)
@as_json
def evaluate(truth: Path, *, as_json: bool) -> None:
    """Measure contacts and suggestions by a list of whose each record is.

    The list is CSV with the columns source, id and person: a source, the id of a record at it, and any name for the
    person whose it is. What is not listed does not count. A row is a record; a pair of rows is right when both are
    of one person.

    \b
    Example:
        avouch dedupe evaluate --truth known-people.csv
    """
    from worker.cli import show
    from worker.cli.likeness import dedupe_reports, dedupe_words
    from worker.cli.progress import settling
    from worker.jobs import evaluate as job
    from worker.session import session

    try:
        rows = job.read(truth)
        with session() as uow:
            settling(uow)
            done = job.run(uow, rows, truth.name)
    except job.TruthError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        show.json_line(dedupe_words.evaluated_json(done))
        return
    dedupe_reports.evaluated(done, truth.name)


@dedupe.command("model")
@click.option("--versions", is_flag=True, help="List the versions there were, the newest first.")
@click.option("--use", metavar="VERSION", help="Put an earlier version in force again, or `default`.")
@as_json
def show_model(*, versions: bool, use: str | None, as_json: bool) -> None:
    """Show what each level weighs in the model in force, or go back to another.

    A weight is in bits: each doubles the odds that two contacts are one person, below zero it halves them.

    \b
    Example:
        avouch dedupe model
        avouch dedupe model --use default
    """
    from worker.cli import show
    from worker.cli.likeness import dedupe_reports, dedupe_words
    from worker.session import session

    if versions and use is not None:
        raise click.UsageError("Give --versions or --use, one of them.")
    with session() as uow:
        if use is not None:
            _use(uow, use, as_json=as_json)
            return
        with uow.begin() as tx:
            rows = tx.models.latest(_MOST_VERSIONS if versions else 1)
            model = tx.models.in_force()
    if versions:
        told = [(row.version, row.at, row.author, row.origin) for row in rows]
        if as_json:
            keys = ("version", "at", "author", "origin")
            show.json_line({"versions": [dict(zip(keys, each, strict=True)) for each in told]})
        else:
            show.out().print(show.grid("version", "since (UTC)", "by", "from", rows=told))
        return
    version = rows[0].version if rows else None
    if as_json:
        show.json_line({"version": version, **dedupe_words.model_json(model)})
    else:
        dedupe_reports.model(model, version)


def _use(uow: "UnitOfWork", version: str, *, as_json: bool) -> None:
    """Put an earlier version in force again, as a new one."""
    from worker.cli import show
    from worker.cli.likeness import dedupe_reports
    from worker.domain.matching.model import default
    from worker.jobs import dedupe_all as job

    if version == "default":
        model, origin = default(), "the model that ships"
    else:
        with uow.begin() as tx:
            row = tx.models.get(int(version)) if version.isdecimal() else None
        if row is None:
            raise click.ClickException(
                f"There is no version {version} of the model. See: avouch dedupe model --versions"
            )
        model, origin = row.model, f"version {version}"
    said = says(None)
    new = job.run(uow, said.at, model=model, author=said.author, origin=origin).model
    if as_json:
        show.json_line({"version": new, "from": origin})
    else:
        click.echo(f"Version {new} of the model is in force: {origin}.")
        click.echo(dedupe_reports.NEXT, err=True)
