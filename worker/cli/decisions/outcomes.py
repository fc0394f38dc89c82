"""How a decision ended: what the contacts are now, and the command that takes it back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import click

from worker.cli import show
from worker.cli.progress import settling
from worker.cli.words import NAMED, by_whom, described, key_json, named, short
from worker.domain.contacts import Contact
from worker.domain.decisions import Decision
from worker.domain.evidence import Key
from worker.domain.records import Record
from worker.jobs import why_not
from worker.jobs.decide import Undone
from worker.storage.changes import ChangeRow
from worker.storage.unit_of_work import Transaction, UnitOfWork

_LATEST = 500
"""Changes that are looked through for those of a decision; workers may log others meanwhile."""

_SHOWN = 8
"""Contacts that are shown; the rest is counted, for thousands may hold what was marked."""


class Ended(NamedTuple):
    """What the rules made of what was decided."""

    decisions: tuple[Decision, ...]
    by_id: Mapping[str, Record]
    contacts: tuple[Contact, ...]
    """Where the records are now that it names."""
    changes: tuple[ChangeRow, ...]
    """What it changed, the latest first."""
    why: str = ""
    """Why the contacts are otherwise than was decided, where they are."""

    @property
    def take_back(self) -> str:
        """The command that takes it back."""
        moved = sorted(self.changes, key=lambda row: row.change.kind not in {"joined", "split"})
        if moved:
            return f"avouch undo {moved[0].number}"
        standing = [each.id for each in self.decisions if each.withdrawn_at is None]
        return f"avouch decisions withdraw {standing[0]}" if standing else ""


def decided(uow: UnitOfWork, decide: Callable[[], Decision]) -> Ended:
    """Decide, let the rules work, and say how it ended."""
    before = _last_change(uow)
    decision = decide()
    settling(uow)
    with uow.begin() as tx:
        decision = tx.decisions.get(decision.id) or decision
        touched = decision.record_ids or tx.evidence.holding([decision.key[2]] if decision.key else [])
        ended = _look(tx, (decision,), touched, before)
    return ended._replace(why=_why_otherwise(uow, decision, ended))


def undone(uow: UnitOfWork, undo: Callable[[], Undone]) -> tuple[Undone, Ended]:
    """Undo a change, let the rules work, and say how it ended."""
    before = _last_change(uow)
    done = undo()
    settling(uow)
    with uow.begin() as tx:
        withdrawn = [each for one in done.withdrawn if (each := tx.decisions.get(one)) is not None]
        touched = {each for side in done.change.change.sides for each in side}
        return done, _look(tx, (*withdrawn, *done.decided), touched, before)


def _last_change(uow: UnitOfWork) -> int:
    with uow.begin() as tx:
        return max((row.number for row in tx.changes.latest(1)), default=0)


def _look(tx: Transaction, decisions: Sequence[Decision], touched: Iterable[str], before: int) -> Ended:
    """Look where records are now, and what was logged of them since."""
    ids = sorted(touched)
    contact_of = tx.contacts.membership(ids)
    contacts = sorted(tx.contacts.get_all(sorted(set(contact_of.values()))), key=lambda each: each.id)
    of_contacts = {each for contact in contacts[:_SHOWN] for each in contact.record_ids[:NAMED]}
    changes = [
        row
        for row in tx.changes.latest(_LATEST)
        if row.number > before and not {each for side in row.change.sides for each in side}.isdisjoint(ids)
    ]
    named_by = {each for decision in decisions for side in decision.sides for each in side[:NAMED]}
    records = tx.evidence.load(sorted(of_contacts | named_by))
    return Ended(tuple(decisions), {each.id: each for each in records}, tuple(contacts), tuple(changes))


def _why_otherwise(uow: UnitOfWork, decision: Decision, ended: Ended) -> str:
    """Say why a decision does not show, where it does not."""
    if decision.withdrawn_at is not None:
        return ""
    if decision.kind == "same" and len(ended.contacts) > 1:
        answer = why_not.run(uow, decision.sides[0][0], decision.sides[1][0]).answer
        if answer.decision is not None:
            return (
                f"a later decision told them from each other {by_whom(answer.decision)}.\n    To take"
                f" that one back: avouch decisions withdraw {answer.decision.id}"
            )
        if answer.accounts:
            namespace, mine, theirs = answer.accounts[0]
            return (
                f"they hold two different accounts of {namespace}, {mine} and {theirs}, which nobody"
                f" decided to be one person's.\n    See: avouch why-not {answer.one} {answer.other}"
            )
        return _why_torn(uow, decision) or f"see avouch why-not {answer.one} {answer.other}"
    if decision.kind == "different" and _still_together(decision, ended.contacts):
        return f"something since makes them one again. See: avouch why {decision.sides[0][0]}"
    return ""


def _why_torn(uow: UnitOfWork, decision: Decision) -> str:
    """Say which case tears what was decided to be one, if any does."""
    with uow.begin() as tx:
        torn = [case for case in tx.cases.of(sorted(decision.record_ids)) if case.kind == "torn"]
    if not torn:
        return ""
    return (
        "other evidence leads from them to two different accounts.\n"
        f"    See what to settle first: avouch conflicts show {short(torn[0])}"
    )


def _still_together(decision: Decision, contacts: Iterable[Contact]) -> bool:
    return any(
        sum(not set(side).isdisjoint(contact.record_ids) for side in decision.sides) > 1
        for contact in contacts
    )


def tell(ended: Ended, title: str, otherwise: str = "") -> None:
    """Print how it ended."""
    if ended.why:
        click.echo(f"{otherwise}: {ended.why}")
    else:
        click.echo(title)
    for contact in ended.contacts[:_SHOWN]:
        held = named(contact.record_ids, ended.by_id)
        click.echo(f"    {show.who(contact)} ({contact.kind.value})  {contact.id}\n        {held}")
    if len(ended.contacts) > _SHOWN:
        click.echo(f"    and {show.count(len(ended.contacts) - _SHOWN, 'more contact')}")
    if ended.take_back:
        click.echo(f"To take it back: {ended.take_back}")


def tell_undone(done: Undone, ended: Ended) -> None:
    """Print what was withdrawn or decided for an undo, and where things are now."""
    click.echo(f"Change {done.change.number} is undone.")
    for decision in ended.decisions:
        what = described(decision, ended.by_id)
        if decision.id in done.withdrawn:
            click.echo(f"    Withdrawn: {what} (decision {decision.id}).")
        else:
            click.echo(f"    Decided: {what} (decision {decision.id}).")
    tell(ended, "Now there are:" if len(ended.contacts) > 1 else "Now there is:")


def as_json(ended: Ended) -> dict[str, Any]:
    """Return how it ended, for JSON."""
    return {
        "decisions": [decision_json(each) for each in ended.decisions],
        "contacts": [
            {
                "id": each.id,
                "kind": each.kind.value,
                "name": each.name,
                "records": [{"source": record.source, "id": record.id} for record in each.records],
            }
            for each in ended.contacts
        ],
        "changes": [row.number for row in ended.changes],
        "as_decided": not ended.why,
        "why": ended.why or None,
        "take_back": ended.take_back or None,
    }


def decision_json(decision: Decision) -> dict[str, Any]:
    """Return a decision for JSON."""
    return {
        "id": decision.id,
        "kind": decision.kind,
        "at": decision.at,
        "author": decision.author,
        "reason": decision.reason,
        "sides": decision.sides,
        "identifier": _key_json(decision.key),
        "withdrawn_at": decision.withdrawn_at,
        "withdrawn_by": decision.withdrawn_by,
        "withdrawn_because": decision.withdrawn_because,
    }


def _key_json(key: Key | None) -> dict[str, str] | None:
    return None if key is None else key_json(key)
