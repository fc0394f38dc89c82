"""Taking decisions back: one, or all that one author made, such as the policy."""

import difflib
from datetime import datetime
from typing import TYPE_CHECKING

import click

from worker.cli.decisions.changes import When
from worker.cli.options import as_json, author, reason, says

if TYPE_CHECKING:
    from worker.jobs.decide import Said
    from worker.storage.unit_of_work import UnitOfWork

_KNOWN = 10_000
"""Decisions among which a mistyped one is looked for."""


@click.command()
@click.argument("decision", required=False)
@click.option("--decided-by", metavar="AUTHOR", help="In place of one: all in force that this author made.")
@click.option("--since", type=When(), help="Of these, only those since: 2026-03-01, 2h, 1d.")
@reason
@author
@as_json
def withdraw(
    decision: str | None,
    decided_by: str | None,
    since: datetime | None,
    reason: str,
    author: str | None,
    *,
    as_json: bool,
) -> None:
    """Take a decision back, or all of one author.

    Contacts are again what the rest of the evidence makes them. The beginning of its id is enough.

    \b
    Example:
        avouch decisions withdraw 3f2a91c05b7d8e64 --reason "I misheard"
        avouch decisions withdraw --decided-by policy:dedupe_auto --since 7d
    """
    if (decision is None) == (decided_by is None) or (since and not decided_by):
        raise click.UsageError("Give one DECISION, or --decided-by with or without --since.")
    said = says(author, reason)
    if decision is None:
        _all_of(decided_by or "", since, said, as_json=as_json)
    else:
        _one(decision, said, as_json=as_json)


def _one(decision: str, said: "Said", *, as_json: bool) -> None:
    from worker.cli import show
    from worker.cli.decisions import outcomes
    from worker.cli.words import described
    from worker.jobs import decide
    from worker.session import session

    with session() as uow:
        known = _decision_id(uow, decision)
        ended = outcomes.decided(uow, lambda: decide.withdraw(uow, known, said))
    if as_json:
        show.json_line(outcomes.as_json(ended))
    else:
        outcomes.tell(ended, f"Withdrawn: {described(ended.decisions[0], ended.by_id)}.\nNow there are:")


def _all_of(author: str, since: datetime | None, said: "Said", *, as_json: bool) -> None:
    from worker.cli import show
    from worker.cli.progress import settling
    from worker.jobs import take_back
    from worker.session import session

    with session() as uow:
        withdrawn = take_back.run(uow, author, said, since)
        settling(uow)
    if as_json:
        show.json_line({"withdrawn": [each.id for each in withdrawn]})
    else:
        number = show.count(len(withdrawn), "decision")
        click.echo(f"Withdrawn: {number} by {author}. The policy decides none of them again.")


def _decision_id(uow: "UnitOfWork", given: str) -> str:
    """Return the id that begins so; the job says what is wrong with a strange one, we with a mistyped one."""
    with uow.begin() as tx:
        if tx.decisions.get(given) is not None:
            return given
        known = [each.id for each in tx.decisions.latest(_KNOWN)]
    beginning = [each for each in known if each.startswith(given)]
    if len(beginning) == 1:
        return beginning[0]
    close = beginning or difflib.get_close_matches(given, known, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise click.ClickException(f"There is no decision {given}.{hint} See: avouch decisions list")
