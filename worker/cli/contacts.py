"""Commands about all contacts: suggestions, changes, reconcile, rebuild, export."""

import sys
from pathlib import Path

import click

from worker.cli.options import as_json


@click.group()
def suggestions() -> None:
    """Contacts that may be one person; a person decides."""


@suggestions.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@as_json
def list_suggestions(limit: int, *, as_json: bool) -> None:
    """List pairs of contacts that may be one person, those with the most evidence first.

    \b
    Example:
        avouch suggestions list --limit 10
    """
    from worker.cli import panel, show
    from worker.cli.sentences import written
    from worker.session import session

    with session() as uow, uow.begin() as tx:
        found = tx.people.suggestions(limit)
        named = {
            each.id: each
            for each in tx.contacts.get_all(sorted({i for s in found for i in (s.one, s.other)}))
        }
        total = tx.people.count_suggestions()
    if as_json:
        show.json_line({"suggestions": [panel.suggestion_json(each) for each in found], "total": total})
        return
    rows = []
    for each in found:
        shared = ", ".join(written((reason.type, reason.namespace, reason.value)) for reason in each.reasons)
        one, other = (
            f"{show.who(named[i])} ({named[i].kind.value})\n{i}" if i in named else i
            for i in (each.one, each.other)
        )
        rows.append((one, other, shared, each.count))
    if rows:
        show.out().print(show.grid("one", "other", "they share", "records", rows=rows, numbers=["records"]))
    click.echo(f"{show.count(total, 'suggestion')}, {len(found):,} shown.", err=True)


@click.command()
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@as_json
def changes(limit: int, *, as_json: bool) -> None:
    """List what happened to contacts, newest first.

    They are joined, split, converted from lead to user, or reverted.

    \b
    Example:
        avouch changes --limit 20
    """
    from worker.cli import show
    from worker.cli.sentences import happened
    from worker.domain.export import moment
    from worker.session import session

    with session() as uow, uow.begin() as tx:
        found = tx.changes.latest(limit)
    if as_json:
        rows = [
            {
                "change": row.number,
                "at": moment(row.at),
                "kind": row.change.kind,
                "id": row.change.contact,
                "from": row.change.others,
                "sides": row.change.sides,
                "rules": row.change.rules,
                "policy": row.policy,
                "undone_at": None if row.undone_at is None else moment(row.undone_at),
            }
            for row in found
        ]
        show.json_line({"changes": rows})
        return
    told = [(row.number, row.at, row.change.kind, row.change.contact, happened(row.change)) for row in found]
    if told:
        show.out().print(show.grid("change", "when (UTC)", "kind", "contact", "what happened", rows=told))
    else:
        click.echo("No contact has changed since it came in.", err=True)


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
@as_json
def rebuild(check: bool, *, as_json: bool) -> None:
    """Make every contact again; nothing should change.

    Contacts are a function of the evidence alone, so this proves that what is stored is right, or mends it.

    \b
    Example:
        avouch rebuild --check
    """
    from worker.cli import show
    from worker.jobs import clock
    from worker.jobs import rebuild as job
    from worker.session import session

    with session() as uow:
        done = job.run(uow, clock.now(), check=check)
    if as_json:
        show.json_line({**done._asdict(), "check": check})
    else:
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
    if check and not done.is_right:
        sys.exit(1)


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
@as_json
def export(format_: str, output: Path | None, *, as_json: bool) -> None:  # noqa: ARG001 - the one format there is
    """Write every contact: equal bytes for equal evidence.

    One contact a line, sorted by id. What still waits to be resolved is resolved first.
    With --output, --json prints how many there are.

    \b
    Example:
        avouch export --output contacts.jsonl
        avouch export | head -1
    """
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
