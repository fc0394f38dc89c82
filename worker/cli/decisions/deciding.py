"""Commands by which people decide: merge, split, undo, mark, and the decisions they made."""

import difflib
from typing import TYPE_CHECKING

import click

from worker.cli.decisions import taking_back
from worker.cli.options import REGION, TYPED, as_json, author, reason, says

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worker.domain.decisions import Decision
    from worker.storage.unit_of_work import Transaction, UnitOfWork


@click.command()
@click.argument("one", metavar="ID")
@click.argument("other", metavar="ID")
@reason
@author
@as_json
def merge(one: str, other: str, reason: str, author: str | None, *, as_json: bool) -> None:
    """Decide that two contacts are one person.

    Nothing is moved or lost: the decision is evidence, kept with its author and reason, and can be taken back.

    \b
    Example:
        avouch merge 0f9b3c51d2e84a6c9b1d7e20 5b1c8fe04d7a92c36e0f1a2b --reason "same voice"
    """
    from worker.cli import show
    from worker.cli.decisions import outcomes
    from worker.jobs import decide
    from worker.session import session

    with session() as uow:
        ended = outcomes.decided(uow, lambda: decide.merge(uow, one, other, says(author, reason)))
    if as_json:
        show.json_line(outcomes.as_json(ended))
    else:
        outcomes.tell(ended, "They are one contact now:", "It is decided, but they are still two contacts")


@click.command()
@click.argument("id")
@click.argument("records", nargs=-1, required=True, metavar="RECORD...")
@reason
@author
@as_json
def split(
    id: str,  # noqa: A002 - the word of the usage line
    records: "Sequence[str]",
    reason: str,
    author: str | None,
    *,
    as_json: bool,
) -> None:
    """Decide that records of a contact are somebody else.

    RECORD is SOURCE/KEY as avouch show prints it, or the id of a record. Calls and notes go with their record.

    \b
    Example:
        avouch split 0f9b3c51d2e84a6c9b1d7e20 crm/7 --reason "her son"
    """
    from worker.cli import show
    from worker.cli.decisions import outcomes
    from worker.jobs import decide
    from worker.session import session

    with session() as uow:
        out = _records(uow, id, records)
        ended = outcomes.decided(uow, lambda: decide.split(uow, id, out, says(author, reason)))
    if as_json:
        show.json_line(outcomes.as_json(ended))
    else:
        title = f"They are {len(ended.contacts)} contacts now:"
        outcomes.tell(ended, title, "It is decided, but they are still one contact")


def _records(uow: "UnitOfWork", some_id: str, given: "Sequence[str]") -> list[str]:
    """Return the ids of records that were typed; each has to be on the contact."""
    from worker.jobs.people import People

    profile = People(uow).profile(some_id)
    by_name = {f"{record.source}/{record.key}": record.id for record in profile.records}
    found = []
    for each in given:
        if each not in by_name and each not in profile.contact.record_ids:
            close = difflib.get_close_matches(each, by_name, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise click.ClickException(
                f"{each} is no record of this contact.{hint} See: avouch show {profile.contact.id}"
            )
        found.append(by_name.get(each, each))
    return found


@click.command()
@click.argument("change", type=click.IntRange(min=1))
@reason
@author
@as_json
def undo(change: int, reason: str, author: str | None, *, as_json: bool) -> None:
    """Undo a change: all is again as it was before it.

    Every record, call and note goes back to where it was. CHANGE is a number of avouch changes.

    \b
    Example:
        avouch undo 17 --reason "two people, one phone"
    """
    from worker.cli import show
    from worker.cli.decisions import outcomes
    from worker.jobs import decide
    from worker.session import session

    with session() as uow:
        done, ended = outcomes.undone(uow, lambda: decide.undo(uow, change, says(author, reason)))
    if as_json:
        show.json_line({"change": change, "withdrawn": done.withdrawn, **outcomes.as_json(ended)})
    else:
        outcomes.tell_undone(done, ended)


@click.command()
@click.argument("identifier", type=TYPED)
@click.option(
    "--as", "kind", type=click.Choice(("common", "own")), required=True, help="What it is: see above."
)
@click.option("--region", type=REGION, help="The country of a number without a country code.")
@reason
@author
@as_json
def mark(
    identifier: tuple[str, str, str],
    kind: str,
    region: str | None,
    reason: str,
    author: str | None,
    *,
    as_json: bool,
) -> None:
    """Decide that an identifier joins nobody.

    Common: many people use it, such as a switchboard or a family's address. Own: it is a number of the company
    itself, and nobody's line. IDENTIFIER is TYPE:VALUE or TYPE/NAMESPACE:VALUE.

    \b
    Example:
        avouch mark phone:+34912345678 --as common --reason "switchboard of Acme"
    """
    type_, namespace, value = identifier
    if kind == "own" and type_ != "phone":
        raise click.UsageError("Only a phone number can be the company's own; did you mean --as common?")
    from worker.cli import show
    from worker.cli.decisions import outcomes
    from worker.cli.words import written
    from worker.jobs import decide
    from worker.jobs.people import key_of
    from worker.session import session

    key = key_of(type_, value, region=region, namespace=namespace)
    with session() as uow:
        ended = outcomes.decided(
            uow,
            lambda: decide.mark(uow, "own" if kind == "own" else "common", key, says(author, reason)),
        )
    if as_json:
        show.json_line(outcomes.as_json(ended))
        return
    holders = show.count(len(ended.contacts), "contact")
    what = "common: it joins nobody" if kind == "common" else "the company's own: it is nobody's line"
    outcomes.tell(ended, f"{written(key)} is {what}. {holders} {_HOLD[len(ended.contacts) == 1]} it.")


_HOLD = {True: "holds", False: "hold"}


@click.group()
def decisions() -> None:
    """What people decided; each can be taken back."""


@decisions.command("list")
@click.option("--contact", help="Of one contact only: any id of it.")
@click.option("--decided-by", metavar="AUTHOR", help="Only those in force that this author made.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@as_json
def list_decisions(contact: str | None, decided_by: str | None, limit: int, *, as_json: bool) -> None:
    """List what people decided, newest first.

    Those that were withdrawn, too: a decision is kept for ever.

    \b
    Example:
        avouch decisions list --contact 0f9b3c51d2e84a6c9b1d7e20
        avouch decisions list --decided-by policy:dedupe_auto
    """
    if contact and decided_by:
        raise click.UsageError("Give --contact or --decided-by, one of them.")
    from worker.cli import show
    from worker.cli.decisions import outcomes
    from worker.cli.words import because, described
    from worker.session import session

    with session() as uow, uow.begin() as tx:
        found, total = _found(tx, contact, decided_by, limit)
        ids = sorted({each for one in found for each in one.record_ids})
        by_id = {record.id: record for record in tx.evidence.load(ids)}
    if as_json:
        show.json_line({"decisions": [outcomes.decision_json(each) for each in found], "total": total})
        return
    rows = [
        (
            each.id,
            each.at,
            each.author,
            f"{described(each, by_id)}{because(each.reason)}",
            each.withdrawn_at and f"withdrawn on {show.day(each.withdrawn_at)} by {each.withdrawn_by}",
        )
        for each in found
    ]
    if rows:
        headers = ("decision", "when (UTC)", "who", "what", "and then")
        show.out().print(show.grid(*headers, rows=rows))
    click.echo(f"{show.count(total, 'decision')}, {len(found):,} shown.", err=True)


def _found(
    tx: "Transaction", contact: str | None, decided_by: str | None, limit: int
) -> "tuple[Sequence[Decision], int]":
    """Return the decisions to list, newest first, and how many there are."""
    from worker.jobs import take_back
    from worker.jobs.people import find

    if contact is None and decided_by is None:
        return tx.decisions.latest(limit), tx.decisions.count()
    if decided_by is not None:
        known = take_back.standing(tx, decided_by)
    else:
        known = tx.decisions.naming(find(tx, contact or "").record_ids)[::-1]
    return known[:limit], len(known)


decisions.add_command(taking_back.withdraw)
