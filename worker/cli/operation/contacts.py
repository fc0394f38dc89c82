"""Commands about all contacts: reconcile, rebuild, export."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from worker.cli.options import as_json

if TYPE_CHECKING:
    from worker.jobs.rebuild import Rebuilt


@click.command()
@as_json
def reconcile(*, as_json: bool) -> None:
    """Judge what waits, and ask sources again about leads.

    A source may have identified a lead since. Workers do this every five minutes by themselves.

    \b
    Example:
        avouch reconcile
    """
    from worker import wiring
    from worker.cli import show
    from worker.jobs import clock, settle
    from worker.jobs import reconcile as job
    from worker.session import session

    with session(needs_configuration=True) as uow:
        done = job.leads(uow, wiring.connector_for, clock.now())
        settled = settle.run(uow)
    if as_json:
        show.json_line({**done._asdict(), "resolved": done.resolved + settled.resolved})
        return
    click.echo(
        f"{show.count(done.resolved + settled.resolved, 'waiting record')} judged;"
        f" {show.count(done.asked_again, 'lead')} asked for again, {done.changed:,} of them changed."
    )


@click.command()
@click.option("--check", is_flag=True, help="Compare only: exit code 1 and the ids where it differs.")
@click.option(
    "--proofs",
    is_flag=True,
    help="With --check: have the independent checker verify every stored proof instead.",
)
@as_json
def rebuild(check: bool, proofs: bool, *, as_json: bool) -> None:
    """Make every contact again; nothing should change.

    Contacts are a function of the evidence alone, so this proves that what is stored is right, or mends it.
    With --check --proofs, a second reading of the rules, which shares no code with the first, looks whether
    each proof holds, each contact has its proofs, and each conflict case is one.

    \b
    Example:
        avouch rebuild --check
        avouch rebuild --check --proofs
    """
    from worker.cli import show
    from worker.cli.operation import proving
    from worker.jobs import clock
    from worker.jobs import rebuild as job
    from worker.session import session

    if proofs and not check:
        raise click.UsageError("--proofs only checks. Type: avouch rebuild --check --proofs")
    with session() as uow:
        done = job.run(uow, clock.now(), check=check)
        checked = proving.check_proofs(uow) if proofs else None
    if as_json:
        show.json_line({**done._asdict(), "check": check, **(proving.as_json(checked) if checked else {})})
    else:
        _tell(done, check=check)
        if checked is not None:
            proving.tell(checked)
    if check and not (done.is_right and (checked is None or not checked.faults)):
        sys.exit(1)


def _tell(done: "Rebuilt", *, check: bool) -> None:
    """Print what a rebuild found."""
    from worker.cli import show

    what = f"{show.count(done.records, 'record')} make {show.count(done.contacts, 'contact')}"
    if done.is_right:
        click.echo(f"{what}: exactly those that are stored.")
    if done.refolded:
        click.echo(f"{show.count(done.refolded, 'record')}: stored otherwise than delivered.")
    if done.differ:
        verb = "are stored otherwise" if check else "were stored otherwise and are right now"
        click.echo(f"{what}; {len(done.differ):,} {verb}:")
        for each in done.differ:
            click.echo(f"  {each}")


@click.command()
@click.option(
    "--format",
    "format_",
    type=click.Choice(["jsonl"]),
    default="jsonl",
    show_default=True,
    help="One JSON object a line.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; default: standard output."
)
@click.option("--person", metavar="ID", help="Everything about one contact instead, as one JSON document.")
@as_json
def export(format_: str, output: Path | None, person: str | None, *, as_json: bool) -> None:  # noqa: ARG001 - the one format there is
    """Write every contact: equal bytes for equal evidence.

    One contact a line, sorted by id. What still waits to be resolved is resolved first.
    With --output, --json prints how many there are. With --person, everything that is held about one contact,
    without other people's data.

    \b
    Example:
        avouch export --output contacts.jsonl
        avouch export | head -1
        avouch export --person 0f9b3c51d2e84a6c9b1d7e20 --output person.json
    """
    if person is not None:
        from worker.cli.lookup.personal import export_person

        export_person(person, output, as_json=as_json)
        return
    from worker.cli import show
    from worker.cli.progress import settling
    from worker.jobs import export as job
    from worker.session import session

    with session() as uow:
        settling(uow)
        if output is None:
            # Bytes, so that neither the locale nor the platform's line ending has a say in them.
            job.run(uow, lambda line: sys.stdout.buffer.write(line.encode()))
            sys.stdout.flush()
            return
        draft = output.with_name(f"{output.name}.part")
        with draft.open("wb") as file:
            count = job.run(uow, lambda line: file.write(line.encode()))
        draft.replace(output)
    if as_json:
        show.json_line({"contacts": count, "file": str(output)})
    else:
        click.echo(f"{show.count(count, 'contact')} written to {output}.", err=True)
