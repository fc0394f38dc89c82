"""Commands about suggestions: which there are, what speaks for one, and a person's answer."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from worker.cli.likeness.narrowing import Narrow, narrowed
from worker.cli.options import as_json, author, reason, says

if TYPE_CHECKING:
    from worker.jobs.decide import Said
    from worker.jobs.suggest import Answer, Listed
    from worker.storage.unit_of_work import Transaction, UnitOfWork

_MOST = 10_000
"""Suggestions that one list or one batch may have."""
_file = click.Path(dir_okay=False, path_type=Path)
_names = click.argument("names", nargs=-1, metavar="[SUGGESTION]...")
_batch = click.option(
    "--batch",
    type=click.IntRange(1, _MOST),
    default=50,
    show_default=True,
    help="Of those that the options choose, at most so many at once.",
)
_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group()
def suggestions() -> None:
    """Contacts that may be one person; a person decides."""


@suggestions.command("list")
@narrowed
@click.option("--put-off", is_flag=True, help="Those that were put off, instead of the others.")
@click.option(
    "--limit", type=click.IntRange(1, _MOST), default=50, show_default=True, help="At most so many."
)
@as_json
def list_suggestions(narrow: Narrow, limit: int, *, put_off: bool, as_json: bool) -> None:
    """List pairs of contacts that may be one person.

    The most probable come first, each with what speaks for it (+) and against it (-). The id in front is what
    show, accept, reject and later take.

    \b
    Example:
        avouch suggestions list --above 0.9 --limit 10
    """
    from worker.cli import show
    from worker.cli.likeness import suggesting
    from worker.session import session

    with session() as uow, uow.begin() as tx:
        found = narrow.listed(tx, limit, put_off=put_off)
        if not as_json:
            _print(tx, found)
    if as_json:
        show.json_line(suggesting.listed_json(found))
        return
    click.echo(
        f"{show.count(found.counts.listed, 'suggestion')}, {len(found.suggestions):,} shown.", err=True
    )
    if told := suggesting.hidden(found):
        click.echo(told, err=True)


def _print(tx: "Transaction", found: "Listed") -> None:
    """Print suggestions as a table."""
    from worker.cli import show
    from worker.cli.likeness import suggesting

    ids = sorted({each for one in found.suggestions for each in (one.one, one.other)})
    named = {each.id: each for each in tx.contacts.get_all(ids)}
    if found.suggestions:
        show.out().print(suggesting.table(found.suggestions, named, found.held))


@suggestions.command("show")
@click.argument("name", metavar="SUGGESTION")
@click.option("--svg", type=_file, help="Draw what speaks for and against it into this file.")
@click.option("--html", type=_file, help="Write all of it into this file, as a page that loads nothing.")
@as_json
def show_suggestion(name: str, svg: Path | None, html: Path | None, *, as_json: bool) -> None:
    """Show both contacts of a suggestion side by side, and what speaks for and against one person.

    Each bar is what one comparison adds or takes, in bits: each bit more doubles the odds.

    \b
    Example:
        avouch suggestions show 0f9b35b1c8-4e02aa --html pair.html
    """
    from worker.cli import show
    from worker.cli.likeness import side_by_side
    from worker.jobs import clock, suggest
    from worker.session import session

    with session() as uow:
        it = side_by_side.View(suggest.shown(uow, name, clock.now()))
    for file, drawn in ((svg, it.svg), (html, it.html)):
        if file is not None:
            file.write_text(drawn(), encoding="utf-8")
            click.echo(f"Written to {file}.", err=True)
    if as_json:
        show.json_line(it.as_json())
    elif svg is None and html is None:
        it.print(show.out())


@suggestions.command()
@_names
@narrowed
@_batch
@_yes
@reason
@author
@as_json
def accept(
    names: Sequence[str],
    narrow: Narrow,
    batch: int,
    reason: str,
    author: str | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Decide that the two contacts of a suggestion are one person.

    It is refused where what it rests on is not what was listed any more. Of several, all are decided or none.
    Without ids, options choose which; they are shown, and it asks first.

    \b
    Example:
        avouch suggestions accept 0f9b35b1c8-4e02aa --reason "same voice"
        avouch suggestions accept --above 0.999 --batch 50 --reason "over 99.9 %"
    """
    _answer(names, narrow, "accept", batch, says(author, reason), yes=yes, as_json=as_json)


@suggestions.command()
@_names
@narrowed
@_batch
@_yes
@reason
@author
@as_json
def reject(
    names: Sequence[str],
    narrow: Narrow,
    batch: int,
    reason: str,
    author: str | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Decide that the two contacts of a suggestion are different people.

    Nobody is asked about them again. It is refused where what it rests on is not what was listed any more. Without
    ids, options choose which; they are shown, and it asks first.

    \b
    Example:
        avouch suggestions reject 0f9b35b1c8-4e02aa --reason "her sister"
        avouch suggestions reject --below 0.2 --all --reason "another family"
    """
    _answer(names, narrow, "reject", batch, says(author, reason), yes=yes, as_json=as_json)


@suggestions.command()
@_names
@narrowed
@_batch
@_yes
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The day on which they are listed again.")
@click.option(
    "--days", type=click.IntRange(1, 3_650), default=30, show_default=True, help="Or in how many days."
)
@author
@as_json
def later(
    names: Sequence[str],
    narrow: Narrow,
    batch: int,
    until: datetime | None,
    days: int,
    author: str | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Put suggestions off: they are not listed until then, or until they rest on something else.

    Nothing is decided. Without ids, options choose which; they are shown, and it asks first.

    \b
    Example:
        avouch suggestions later 0f9b35b1c8-4e02aa --until 2026-12-01
    """
    from worker.cli import show
    from worker.cli.likeness import suggesting
    from worker.domain.export import moment
    from worker.jobs import suggest
    from worker.session import session

    said = says(author)
    then = until.replace(tzinfo=UTC) if until else said.at + timedelta(days=days)
    if then <= said.at:
        raise click.UsageError(f"{then:%Y-%m-%d} is past. Give a day to come: --until or --days")
    with session() as uow:
        chosen = _chosen(uow, names, narrow, batch, f"Put off until {then:%Y-%m-%d}", yes=yes, quiet=as_json)
        done = suggest.put_off(uow, chosen, then, said)
    if as_json:
        show.json_line({"put_off": [each.name for each in done], "until": moment(then)})
        return
    click.echo(suggesting.put_off(len(done), then))


_ASKS = {"accept": "Decide that each pair is one person", "reject": "Decide that each pair is two people"}


def _answer(
    names: Sequence[str],
    narrow: Narrow,
    verdict: "Answer",
    batch: int,
    said: "Said",
    *,
    yes: bool,
    as_json: bool,
) -> None:
    from worker.cli import show
    from worker.cli.likeness import suggesting
    from worker.jobs import suggest
    from worker.session import session

    with session() as uow:
        chosen = _chosen(uow, names, narrow, batch, _ASKS[verdict], yes=yes, quiet=as_json)
        answered = suggest.answer(uow, chosen, verdict, said)
    if as_json:
        show.json_line({"answered": [suggesting.answered_json(each) for each in answered]})
        return
    for each in answered:
        click.echo(suggesting.ended(each, verdict))


def _chosen(
    uow: "UnitOfWork", names: Sequence[str], narrow: Narrow, batch: int, asks: str, *, yes: bool, quiet: bool
) -> Sequence[str]:
    """Return the names of the suggestions to answer: those typed, or those that the options choose."""
    _need_one_way(names, narrow)
    if names:
        return names
    if not yes and (quiet or not sys.stdin.isatty()):
        raise click.UsageError("Nobody can be asked here. To answer without being asked, add --yes.")
    from worker.cli import show

    with uow.begin() as tx:
        found = narrow.listed(tx, batch)
        if not yes:
            _print(tx, found)
    chosen = [each.name for each in found.suggestions]
    left = found.counts.listed - len(chosen)
    if left:
        click.echo(f"{show.count(left, 'more suggestion')} would be another batch.", err=True)
    if chosen and not yes:
        click.confirm(f"{asks}? {show.count(len(chosen), 'suggestion')}", abort=True, err=True)
    return chosen


def _need_one_way(names: Sequence[str], narrow: Narrow) -> None:
    if names and narrow.chooses:
        raise click.UsageError("Give ids of suggestions or options that choose them, not both.")
    if not names and not narrow.chooses:
        raise click.UsageError("Give ids of suggestions, or options that choose them: --above 0.999")
