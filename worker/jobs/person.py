"""Person: everything that is held about one contact, as one document, without other people's data.

Other contacts are counts, people of the team are "the team", and of decisions, changes, suggestions and
conflicts there is what they say of this contact's own records and identifiers.
"""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from worker.domain.contacts import Contact, fields_of
from worker.domain.decisions import Decision
from worker.domain.export import moment
from worker.domain.records import Key, Record, Sighting, record_id
from worker.domain.suggestions import Suggestion
from worker.jobs.people import find
from worker.jobs.policy import in_force
from worker.storage.changes import ChangeRow
from worker.storage.unit_of_work import Transaction, UnitOfWork

TEAM = "the team"
"""Stands for whoever of the team wrote or decided something."""

Document = dict[str, Any]


class _Own(NamedTuple):
    """What is this contact's own."""

    contact: Contact
    records: list[Record]
    ids: frozenset[str]
    keys: frozenset[Key]
    staff: re.Pattern[str] | None
    """Matches the names of the team that stand beside notes."""


def document(uow: UnitOfWork, some_id: str, now: datetime) -> Document:
    """Return everything that is held about the contact that an id leads to, of one moment. Settle before.

    Why the contact is what it is comes in words, from whoever tells it.

    Raises:
        UnknownIdError: no record has this id.
    """
    with uow.begin() as tx:
        tx.snapshot()
        own = _own(tx, find(tx, some_id))
        version, policy = in_force(tx)
        sources = {record.source for record in own.records}
        return {
            "at": moment(now),
            "policy": version,
            "contact": {
                "id": own.contact.id,
                "kind": own.contact.kind.value,
                "name": own.contact.name,
                "converted_at": _moment(own.contact.converted_at),
                "identifiers": [
                    {**_identifier((held.type, held.namespace, held.value)), "level": held.level.value}
                    for held in own.contact.identifiers
                ],
                "profile": fields_of(own.records, policy),
            },
            "sources": [
                {"name": each.name, "kind": each.kind, "connector": each.connector, "trust": each.trust}
                for each in tx.sources.all()
                if each.name in sources
            ],
            "records": [_record(each, own, tx, uow.id_key) for each in own.records],
            "interactions": _interactions(tx, own),
            "notes": _notes(tx, own),
            "decisions": [_decision(each, own) for each in tx.decisions.naming(own.ids)],
            "changes": [_change(each, own) for each in tx.changes.of(sorted(own.ids))],
            "suggestions": [_suggestion(each, own) for each in tx.suggestions.of([own.contact.id])],
            "conflicts": _conflicts(tx, own),
        }


def _own(tx: Transaction, contact: Contact) -> _Own:
    """Return the contact with its records, and the evidence of conversions of it that were withdrawn."""
    ids = set(contact.record_ids)
    told = tx.evidence.about(sorted(ids)) - ids
    ids |= told - tx.contacts.membership(sorted(told)).keys()
    records = sorted(tx.evidence.load(sorted(ids)), key=lambda record: record.order)
    keys = {(each.type, each.namespace, each.value) for record in records for each in record.sightings}
    of_person = " ".join([contact.name or "", *(value for _, _, value in keys)])
    names = {note.author for note in tx.people.notes(sorted(ids))} - {""}
    strange = sorted(name for name in names if name not in of_person)
    staff = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, strange))})(?!\w)") if strange else None
    return _Own(contact, records, frozenset(ids), frozenset(keys), staff)


def _record(record: Record, own: _Own, tx: Transaction, id_key: bytes) -> Document:
    return {
        "id": record.id,
        "source": record.source,
        "key": record.key,
        "occurred_at": moment(record.occurred_at),
        "deleted": record.deleted,
        "identifiers": [_sighting(each) for each in record.sightings],
        "unusable": [msgspec.structs.asdict(each) for each in record.unusable],
        "versions": [
            {
                "landed_at": moment(each.landed_at),
                "stamp": _moment(each.stamp),
                "region": each.region,
                "body": _body(msgspec.json.decode(each.body), own, id_key),
                "raw": None if each.raw is None else _without_staff(each.raw, own),
            }
            for each in tx.evidence.delivered(record.id)
        ],
    }


def _sighting(each: Sighting) -> Document:
    return {
        **_identifier((each.type, each.namespace, each.value)),
        "level": each.level.value,
        "method": each.method,
        "first_at": moment(each.first_at),
        "last_at": moment(each.last_at),
        "former": each.former,
    }


def _body(body: Document, own: _Own, id_key: bytes) -> Document:
    """Leave out of a record as it was delivered whose notes these are, and that it is about somebody else."""
    for note in body.get("notes", ()):
        if note.get("author"):
            note["author"] = TEAM
    about = body.get("about")
    if about and record_id(id_key, about["source"], about["id"]) not in own.ids:
        body["about"] = None
    return body


def _without_staff(raw: str, own: _Own) -> str:
    return raw if own.staff is None else own.staff.sub(TEAM, raw)


def _interactions(tx: Transaction, own: _Own) -> list[Document]:
    every = tx.people.interactions(sorted(own.ids), 2**31)
    return [
        {
            "record": each.record_id,
            "at": moment(each.at),
            "kind": each.kind,
            "direction": each.direction,
            "summary": each.summary,
        }
        for each in reversed(every)
    ]


def _notes(tx: Transaction, own: _Own) -> list[Document]:
    return [
        {"record": each.record_id, "id": each.id, "at": moment(each.at), "author": TEAM, "body": each.body}
        for each in reversed(tx.people.notes(sorted(own.ids)))
    ]


def _decision(decision: Decision, own: _Own) -> Document:
    """Say what was decided of the contact's own records. A reason that may speak of others is left out."""
    others = len(decision.record_ids - own.ids)
    return {
        "id": decision.id,
        "kind": decision.kind,
        "at": moment(decision.at),
        "by": TEAM,
        "reason": "" if others else decision.reason,
        "identifier": _identifier(decision.key) if decision.key in own.keys else None,
        "sides": _sides(decision.sides, own),
        "other_records": others,
        "withdrawn_at": _moment(decision.withdrawn_at),
    }


def _change(row: ChangeRow, own: _Own) -> Document:
    change = row.change
    return {
        "change": row.number,
        "at": moment(row.at),
        "kind": change.kind,
        "sides": _sides(change.sides, own),
        "brought": [each for each in change.brought if each in own.ids],
        "rules": change.rules,
        "policy": row.policy,
        "other_contacts": len({change.contact, *change.others} - own.ids),
        "undone_at": _moment(row.undone_at),
    }


def _suggestion(suggestion: Suggestion, own: _Own) -> Document:
    """Say by which of its own identifiers the contact may be another one too."""
    first = suggestion.one == own.contact.id
    shares = []
    for each in suggestion.reasons:
        value = each.value if first or not each.other_value else each.other_value
        if (each.type, each.namespace, value) in own.keys:
            shares.append({**_identifier((each.type, each.namespace, value)), "kind": each.kind})
    return {"shares": shares, "other_contacts": 1 + suggestion.crowd}


def _conflicts(tx: Transaction, own: _Own) -> list[Document]:
    return [
        {
            "kind": case.kind,
            "reason": case.reason,
            "identifier": _identifier(case.key) if case.key in own.keys else None,
            "records": [each for each in case.records if each in own.ids],
            "other_records": len(set(case.records) - own.ids),
        }
        for case in tx.cases.of(sorted(own.ids))
    ]


def _sides(sides: Iterable[Collection[str]], own: _Own) -> list[list[str]]:
    own_sides = [[each for each in side if each in own.ids] for side in sides]
    return [side for side in own_sides if side]


def _identifier(key: Key | None) -> dict[str, str]:
    type_, namespace, value = key or ("", "", "")
    return {"type": type_, **({"namespace": namespace} if namespace else {}), "value": value}


def _moment(at: datetime | None) -> str | None:
    return None if at is None else moment(at)
