"""The command `avouch changes`: what happened to contacts."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from worker.cli.options import as_json

if TYPE_CHECKING:
    from worker.domain.contacts import Contact
    from worker.storage.changes import ChangeRow
    from worker.storage.unit_of_work import Transaction


class When(click.ParamType[datetime]):
    """A moment: a time or a date of RFC 3339, or how long ago."""

    name = "when"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        from config.errors import WrongValueError
        from config.values import duration
        from worker.jobs import clock

        try:
            return clock.now() - duration(value)
        except (WrongValueError, OverflowError):
            pass
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value} is no time; write 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 2h, 1d",
                param,
                ctx,
            )
        return at if at.tzinfo else at.replace(tzinfo=UTC)


@click.command()
@click.option("--since", type=When(), help="Not those before: 2026-03-01, 2026-03-01T10:00:00Z, 2h, 1d.")
@click.option("--contact", help="Of one contact only: any id of it.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@as_json
def changes(since: datetime | None, contact: str | None, limit: int, *, as_json: bool) -> None:
    """List what happened to contacts, newest first.

    They are joined, split, converted from lead to user, or reverted. Each can be undone by its number.

    \b
    Example:
        avouch changes --since 1d
    """
    from worker.cli import show
    from worker.session import session

    with session() as uow, uow.begin() as tx:
        found = _found(tx, since, contact, limit)
        now_in = tx.contacts.membership(sorted({each for row in found for each in _ids(row)}))
        contacts = {each.id: each for each in tx.contacts.get_all(sorted(set(now_in.values())))}
    if as_json:
        show.json_line({"changes": [_as_json(row) for row in found]})
        return
    if not found:
        click.echo(
            "No contact has changed since it came in." if since is None else "Nothing since.", err=True
        )
        return
    known = {each: contacts[contact_id] for each, contact_id in now_in.items() if contact_id in contacts}
    rows = [(row.number, row.at, row.change.kind, _who(row, known), _what(row)) for row in found]
    headers = ("change", "when (UTC)", "kind", "contact", "what happened")
    show.out().print(show.grid(*headers, rows=rows))
    click.echo("To undo one: avouch undo CHANGE. To see why: avouch why ID", err=True)


def _found(tx: "Transaction", since: datetime | None, contact: str | None, limit: int) -> "list[ChangeRow]":
    if contact is None:
        return tx.changes.latest(limit, since)
    from worker.jobs.people import find

    of_contact = tx.changes.of(find(tx, contact).record_ids)
    return [row for row in reversed(of_contact) if since is None or row.at >= since][:limit]


def _ids(row: "ChangeRow") -> Iterable[str]:
    return (row.change.contact, *row.change.others)


def _who(row: "ChangeRow", contacts: "Mapping[str, Contact]") -> str:
    """Name the contact by what is known of it now; its id is what to type."""
    from worker.cli import show

    known = contacts.get(row.change.contact)
    return f"{show.who(known)}\n{row.change.contact}" if known else row.change.contact


def _what(row: "ChangeRow") -> str:
    from worker.cli.words import happened

    rules = f"rules: {', '.join(row.change.rules)}" if row.change.rules else ""
    others = [f"with {each}" for each in row.change.others if each != row.change.contact]
    return "\n".join(filter(None, (happened(row), *others, rules)))


def _as_json(row: "ChangeRow") -> dict[str, Any]:
    from worker.domain.export import moment

    return {
        "change": row.number,
        "at": moment(row.at),
        "kind": row.change.kind,
        "id": row.change.contact,
        "from": row.change.others,
        "sides": row.change.sides,
        "rules": row.change.rules,
        "policy": row.policy,
        "undone_at": None if row.undone_at is None else moment(row.undone_at),
        "undone_by": row.undone_by or None,
    }
