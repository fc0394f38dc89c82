"""Comparison: what is otherwise between two sets of contacts made of the same evidence."""

from collections.abc import Mapping
from typing import NamedTuple

from worker.domain.changes import Change, changes
from worker.domain.conflicts import Conflict
from worker.domain.contacts import Contact, decode

Cases = Mapping[str, Conflict]
"""Conflict cases by their id."""

_COMPARED = ("name", "identifiers", "converted_at", "proofs", "record_ids")
"""What may differ on a contact that is still the same records of the same kind."""


class Effect(NamedTuple):
    """What happened to one contact."""

    contact: Contact
    """As it is afterwards; of a split, the contact that was there before."""
    others: tuple[str, ...]
    """The ids of the contacts that it came from, or that a split left."""
    what: tuple[str, ...] = ()
    """Of a contact that is still the same records: what of it is otherwise."""


class Comparison(NamedTuple):
    """Everything that is otherwise, each kind in the order of ids. A contact may be of several kinds."""

    converted: tuple[Effect, ...] = ()
    """Leads that are users, or parts of users."""
    reverted: tuple[Effect, ...] = ()
    """Leads that were users, or parts of users."""
    joined: tuple[Effect, ...] = ()
    split: tuple[Effect, ...] = ()
    altered: tuple[Effect, ...] = ()
    """Contacts of none of these kinds, with another name, level of an identifier, proof or id."""
    opened: tuple[Conflict, ...] = ()
    closed: tuple[Conflict, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Say whether everything is as it was."""
        return not any(self)


def compare(before: Mapping[str, str], after: Mapping[str, str], were: Cases, are: Cases) -> Comparison:
    """Return what is otherwise between contacts, by id and in text, and between conflict cases.

    A contact whose text differs is of one kind at least, unless its records are merely new. Reads only what
    differs, so most of the price is that of finding it.
    """
    old = {each: decode(body) for each, body in before.items() if after.get(each) != body}
    new = {each: decode(body) for each, body in after.items() if before.get(each) != body}
    membership = {record_id: each.id for each in old.values() for record_id in each.record_ids}
    found = changes(new.values(), membership, old)
    of_kind: dict[str, list[Effect]] = {}
    for change in found:
        contact = (old if change.kind == "split" else new)[change.contact]
        of_kind.setdefault(change.kind, []).append(Effect(contact, change.others))
    named = {each for change in found for each in _now(change)}
    altered = [
        effect
        for contact in sorted(new.values(), key=lambda each: each.id)
        if contact.id not in named and (effect := _altered(contact, membership, old))
    ]
    return Comparison(
        converted=tuple(of_kind.get("converted", ())),
        reverted=tuple(of_kind.get("reverted", ())),
        joined=tuple(of_kind.get("joined", ())),
        split=tuple(of_kind.get("split", ())),
        altered=tuple(altered),
        opened=tuple(case for each, case in sorted(are.items()) if each not in were),
        closed=tuple(case for each, case in sorted(were.items()) if each not in are),
    )


def _now(change: Change) -> tuple[str, ...]:
    """Return the present ids of the contacts that a change is about."""
    return change.others if change.kind == "split" else (change.contact,)


def _altered(contact: Contact, membership: Mapping[str, str], old: Mapping[str, Contact]) -> Effect | None:
    """Say what is otherwise on a contact that came whole from one of its kind; None where it is new."""
    came = sorted({membership[each] for each in contact.record_ids if each in membership})
    if not came:
        return None
    former = old[came[0]]
    what = tuple(
        {"record_ids": "records"}.get(each, each)
        for each in _COMPARED
        if getattr(contact, each) != getattr(former, each)
    )
    return Effect(contact, tuple(came), (*(("id",) if former.id != contact.id else ()), *what))
