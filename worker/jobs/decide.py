"""Decide: what people say about records becomes evidence, and the rules do the rest.

Nothing here moves a record. A decision is kept, the records it names are queued, and `resolve` gives them
their contacts. Deciders wait for each other, so that the same said twice at once is one decision.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from worker.domain.contacts import Contact
from worker.domain.decisions import Decision, DecisionKind, decision_id
from worker.domain.policy import Policy
from worker.domain.records import Key
from worker.domain.resolve import resolve
from worker.domain.undo import Plan, plan
from worker.jobs import dedupe
from worker.jobs.closure import closure
from worker.jobs.policy import policy_in_force
from worker.storage.changes import ChangeRow
from worker.storage.unit_of_work import Transaction, UnitOfWork

Sides = tuple[tuple[str, ...], ...]
_TICK = timedelta(microseconds=1)


class NotDecidedError(Exception):
    """Raised when something cannot be decided. The message says why and what to type; nothing was kept."""


class Said(NamedTuple):
    """Who says it, why, and when."""

    author: str
    reason: str
    at: datetime


class Undone(NamedTuple):
    """How a change was undone."""

    change: ChangeRow
    withdrawn: tuple[str, ...]
    """Ids of the decisions that were taken back."""
    decided: tuple[Decision, ...]
    """What was decided in their place."""


def merge(uow: UnitOfWork, one: str, other: str, said: Said) -> Decision:
    """Decide that the contacts of two ids are one person.

    It ties what the two ids stood for before anybody merged anything, so that in a chain of merges each
    link can be withdrawn by itself.

    Raises:
        NotDecidedError: an id leads to no contact, or they are one contact already.
    """
    with uow.begin() as tx:
        tx.only_decider()
        return merge_within(tx, one, other, said)


def merge_within(tx: Transaction, one: str, other: str, said: Said) -> Decision:
    """Decide as `merge` does, inside a transaction that has the right to decide."""
    here, there = _contact(tx, one), _contact(tx, other)
    if here.id == there.id:
        raise NotDecidedError(f"they are one contact already. See: avouch show {here.id}")
    policy = policy_in_force(tx)
    sides = (_before_merges(tx, one, here, policy), _before_merges(tx, other, there, policy))
    if not set(sides[0]).isdisjoint(sides[1]):  # Torn since: say it of what they are now.
        sides = (here.record_ids, there.record_ids)
    return _keep(tx, "same", sides, None, said)


def differ(uow: UnitOfWork, one: str, other: str, said: Said) -> Decision:
    """Decide that the contacts of two ids are different people: nobody is asked about them again.

    Raises:
        NotDecidedError: an id leads to no contact, or they are one contact now.
    """
    with uow.begin() as tx:
        tx.only_decider()
        return differ_within(tx, one, other, said)


def differ_within(tx: Transaction, one: str, other: str, said: Said) -> Decision:
    """Decide as `differ` does, inside a transaction that has the right to decide."""
    here, there = _contact(tx, one), _contact(tx, other)
    if here.id == there.id:
        raise NotDecidedError(
            f"they are one contact now. To take records out of it: avouch split {here.id} RECORD"
        )
    return _keep(tx, "different", (here.record_ids, there.record_ids), None, said)


def split(uow: UnitOfWork, some_id: str, record_ids: Sequence[str], said: Said) -> Decision:
    """Decide that records of a contact are another person than the rest of it.

    Raises:
        NotDecidedError: the id leads to no contact, a record is not on it, or none would be left.
    """
    with uow.begin() as tx:
        tx.only_decider()
        contact = _contact(tx, some_id)
        out = dict.fromkeys(record_ids)
        strange = [each for each in out if each not in contact.record_ids]
        if strange:
            raise NotDecidedError(f"the record {strange[0]} is not on it. See: avouch show {contact.id}")
        rest = tuple(each for each in contact.record_ids if each not in out)
        if not rest:
            raise NotDecidedError("these are all of its records: nothing would be left to split them from")
        return _keep(tx, "different", (tuple(out), rest), None, said)


def mark(uow: UnitOfWork, kind: Literal["common", "own"], key: Key, said: Said) -> Decision:
    """Decide that an identifier joins nobody: many people use it, or it is the company's own."""
    with uow.begin() as tx:
        tx.only_decider()
        return _keep(tx, kind, (), key, said)


def withdraw(uow: UnitOfWork, some_decision: str, said: Said) -> Decision:
    """Take a decision back: contacts are again what the rest of the evidence makes them.

    Raises:
        NotDecidedError: there is no such decision, or it was withdrawn before.
    """
    with uow.begin() as tx:
        tx.only_decider()
        decision = tx.decisions.get(some_decision)
        if decision is None:
            raise NotDecidedError(f"there is no decision {some_decision}. See: avouch decisions list")
        if decision.withdrawn_at is not None:
            raise NotDecidedError(f"it was withdrawn already, by {decision.withdrawn_by or 'somebody'}")
        withdraw_within(tx, decision, said)
        return decision


def undo(uow: UnitOfWork, number: int, said: Said) -> Undone:
    """Undo a change: every record, call and note is again where it was, and stays there.

    Raises:
        NotDecidedError: there is no such change, it was undone, or the evidence since says otherwise.
    """
    with uow.begin() as tx:
        tx.only_decider()
        row = tx.changes.get(number)
        if row is None:
            raise NotDecidedError(f"there is no change {number}. See: avouch changes")
        if row.undone_at is not None:
            raise NotDecidedError(f"it was undone already, on {row.undone_at:%Y-%m-%d} by {row.undone_by}")
        return _undo(tx, row, said)


def _undo(tx: Transaction, row: ChangeRow, said: Said) -> Undone:
    policy = policy_in_force(tx)
    of_change = [each for side in row.change.sides for each in side] + list(row.change.brought)
    if not of_change:
        raise NotDecidedError(f"it was logged by a version that kept no sides. {_instead(tx, row)}")
    records, _, decisions = closure(tx, of_change, policy)
    template = Decision(id="", kind="same", at=said.at, author=said.author, reason=said.reason)
    taken = plan(row.change, records, policy, decisions, template)
    if taken is None:
        raise NotDecidedError(_WHY_NOT[row.change.kind].format(contact=row.change.contact))
    by_id = {each.id: each for each in decisions}
    for each in taken.withdraw:
        withdraw_within(tx, by_id[each], said)
    decided = tuple(_keep(tx, kind, sides, key, said) for kind, sides, key in _to_keep(taken))
    tx.changes.undone(row, said.at, said.author)
    return Undone(row, taken.withdraw, decided)


def _instead(tx: Transaction, row: ChangeRow) -> str:
    """Say what does the same for a change of which only the contact is known."""
    contact = tx.contacts.find(row.change.contact)
    named = tx.decisions.naming(contact.record_ids) if contact else []
    taken = [each for each in named if each.kind == "convert" and each.withdrawn_at is None]
    if row.change.kind in {"joined", "converted"} and taken:
        return f"If a proof made it: avouch decisions withdraw {taken[-1].id}"
    return f"Take records out with: avouch split {row.change.contact} RECORD"


_WHY_NOT = {
    "joined": "its contacts are apart already, or never were joined by themselves. See: avouch show {contact}",
    "converted": "it is no user any more, or was one before. See: avouch why {contact}",
    "split": "they are one contact already, or something since keeps them apart. See: avouch why {contact}",
    "reverted": "no decision made it a lead: its proof does not hold any more. Give a new one: avouch convert"
    " {contact}",
}


def _to_keep(taken: Plan) -> list[tuple[DecisionKind, Sides, Key | None]]:
    kept: list[tuple[DecisionKind, Sides, Key | None]] = [
        ("void", ((record_id,),), key) for record_id, key in taken.void
    ]
    if taken.apart:
        kept.append(("different", taken.apart, None))
    if taken.same:
        kept.append(("same", taken.same, None))
    return kept


def _contact(tx: Transaction, some_id: str) -> Contact:
    found = tx.contacts.find(some_id)
    if found is None:
        erased_at = tx.tombstones.erased_at(some_id)
        then = (
            "Look for it: avouch lookup --phone or --email"
            if erased_at is None
            else f"It was erased on {erased_at:%Y-%m-%d}"
        )
        raise NotDecidedError(f"no contact has the id {some_id}. {then}")
    return found


def _before_merges(tx: Transaction, some_id: str, contact: Contact, policy: Policy) -> tuple[str, ...]:
    """Return the records that would be with this one had nobody merged anything."""
    records, _, decisions = closure(tx, [some_id], policy)
    without = [each for each in decisions if each.kind != "same"]
    if len(without) == len(decisions):
        return contact.record_ids
    made = resolve(records, policy, without).contacts
    return next((each.record_ids for each in made if some_id in each.record_ids), contact.record_ids)


def _keep(tx: Transaction, kind: DecisionKind, sides: Sides, key: Key | None, said: Said) -> Decision:
    """Keep a decision and queue what it touches; one that stands already is returned as it is."""
    named = [each for side in sides for each in side]
    known = tx.decisions.naming(named) if named else tx.decisions.marking(key)
    same = [
        each for each in known if each.kind == kind and each.key == key and _said(each.sides) == _said(sides)
    ]
    standing = next((each for each in same if each.withdrawn_at is None), None)
    if standing is not None:
        return standing
    # Whoever decides knows what was decided before, so that it is later by the clock too. A machine whose clock
    # runs ahead must not have the last word, or hold off new proof, until that time has come.
    at = max((min(said.at, tx.now()), *(each.at + _TICK for each in known)))
    decision = Decision(
        id=decision_id(kind, sides, key, (each.id for each in same)),
        kind=kind,
        at=at,
        author=said.author,
        reason=said.reason,
        sides=sides,
        key=key,
    )
    tx.decisions.add(decision)
    _queue(tx, decision)
    return decision


def _said(sides: Sides) -> set[frozenset[str]]:
    return {frozenset(side) for side in sides}


def withdraw_within(tx: Transaction, decision: Decision, said: Said) -> None:
    """Take back a decision that is in force, inside a transaction that has the right to decide."""
    tx.decisions.withdraw(decision.id, said.at, said.author, said.reason)
    _queue(tx, decision)


def _queue(tx: Transaction, decision: Decision) -> None:
    """Queue the records whose contacts a decision may change."""
    touched = set(decision.record_ids)
    if not touched and decision.key is not None:
        touched = tx.evidence.holding([decision.key[2]])
        tx.to_dedupe.append(tx.suggestions.holders(decision.key[2]))  # Those who claim it, too.
        dedupe.look_again(tx, [decision.key[2]])
    tx.to_resolve.append(sorted(touched))
