"""Commands about suggestions: which there are, and a person's answer."""

import getpass
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from worker.cli.options import as_json, author, reason

if TYPE_CHECKING:
    from worker.domain.suggestions import Suggestion
    from worker.jobs.suggest import Answer
    from worker.storage.unit_of_work import Transaction


@click.group()
def suggestions() -> None:
    """Contacts that may be one person; a person decides."""


@suggestions.command("list")
@click.option("--contact", metavar="ID", help="Only those that name this contact.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@as_json
def list_suggestions(contact: str | None, limit: int, *, as_json: bool) -> None:
    """List pairs of contacts that may be one person.

    Those with the surest evidence come first. The id in front is what accept and reject take.

    \b
    Example:
        avouch suggestions list --limit 10
    """
    from worker.cli import show, suggesting
    from worker.session import session

    with session() as uow, uow.begin() as tx:
        found, total = _found(tx, contact, limit)
        ids = sorted({each for one in found for each in (one.one, one.other)})
        named = {each.id: each for each in tx.contacts.get_all(ids)}
    if as_json:
        show.json_line({"suggestions": [suggesting.as_json(each) for each in found], "total": total})
        return
    rows = [suggesting.row(each, named) for each in found]
    if rows:
        show.out().print(
            show.grid("suggestion", "who", "they share", "records", rows=rows, numbers=["records"])
        )
    click.echo(f"{show.count(total, 'suggestion')}, {len(found):,} shown.", err=True)


def _found(tx: "Transaction", contact: str | None, limit: int) -> "tuple[list[Suggestion], int]":
    """Return the suggestions to show, and how many there are."""
    from worker.jobs.people import UnknownIdError

    if contact is None:
        return tx.suggestions.strongest(limit), tx.suggestions.count()
    its = tx.contacts.find(contact)
    if its is None:
        raise UnknownIdError(f"No contact has the id {contact}.")
    of_contact = tx.suggestions.of([its.id])
    return of_contact[:limit], len(of_contact)


@suggestions.command()
@click.argument("names", nargs=-1, required=True, metavar="SUGGESTION...")
@reason
@author
@as_json
def accept(names: Sequence[str], reason: str, author: str | None, *, as_json: bool) -> None:
    """Decide that the two contacts of a suggestion are one person.

    It is refused where what it rests on is not what was listed any more. Of several, all are decided or none.

    \b
    Example:
        avouch suggestions accept 0f9b35b1c8-4e02aa --reason "same voice"
    """
    _answer(names, "accept", reason, author, as_json=as_json)


@suggestions.command()
@click.argument("names", nargs=-1, required=True, metavar="SUGGESTION...")
@reason
@author
@as_json
def reject(names: Sequence[str], reason: str, author: str | None, *, as_json: bool) -> None:
    """Decide that the two contacts of a suggestion are different people.

    Nobody is asked about them again. It is refused where what it rests on is not what was listed any more.

    \b
    Example:
        avouch suggestions reject 0f9b35b1c8-4e02aa --reason "her sister"
    """
    _answer(names, "reject", reason, author, as_json=as_json)


def _answer(
    names: Sequence[str], verdict: "Answer", reason: str, author: str | None, *, as_json: bool
) -> None:
    from worker.cli import show, suggesting
    from worker.jobs import clock, suggest
    from worker.jobs.decide import Said
    from worker.session import session

    with session() as uow:
        said = Said(author or getpass.getuser(), reason.strip(), clock.now())
        answered = suggest.answer(uow, names, verdict, said)
    if as_json:
        show.json_line({"answered": [suggesting.answered_json(each) for each in answered]})
        return
    for each in answered:
        click.echo(suggesting.ended(each, verdict))
