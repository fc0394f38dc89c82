"""Commands about conflicts: where the evidence contradicts itself and a person has to look."""

import click

from worker.cli.options import as_json

KINDS = ("contested", "torn", "two accounts", "reopened")


@click.group()
def conflicts() -> None:
    """Where evidence contradicts itself; a person decides."""


@conflicts.command("list")
@click.option("--kind", type=click.Choice(KINDS), help="Of one kind only.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@as_json
def list_conflicts(kind: str | None, limit: int, *, as_json: bool) -> None:
    """List the open cases.

    Nothing is guessed where evidence contradicts itself: the people stay apart until somebody decides.

    \b
    Example:
        avouch conflicts list --kind contested
    """
    from worker.cli import show
    from worker.cli.decisions import casework
    from worker.jobs import cases
    from worker.session import session

    with session() as uow:
        found, total = cases.listed(uow, kind, limit)
    if as_json:
        show.json_line({"conflicts": [casework.as_json(each) for each in found], "total": total})
        return
    if found:
        rows = [casework.row(each) for each in found]
        show.out().print(show.grid("case", "since", "what", "who", rows=rows))
    click.echo(f"{show.count(total, 'open case')}, {len(found):,} shown.", err=True)
    if found:
        click.echo("To see what each side holds: avouch conflicts show CASE", err=True)


@conflicts.command("show")
@click.argument("case")
@as_json
def show_conflict(case: str, *, as_json: bool) -> None:
    """Show who stands on which side, and what may be done.

    The beginning of a CASE's id is enough where no other begins so.

    \b
    Example:
        avouch conflicts show 3f2a91c0
    """
    from worker.cli import show
    from worker.cli.decisions import casework
    from worker.jobs import cases
    from worker.session import session

    with session() as uow:
        found = cases.find(uow, case)
    if as_json:
        show.json_line(casework.as_json(found))
    else:
        casework.print_case(show.out(), found)
