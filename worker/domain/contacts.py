"""Contacts: what the groups of records look like from outside."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from integrations.contract import LEVELS, Level
from worker.domain.decisions import Decision, ruling
from worker.domain.evidence import CLAIMED, OBSERVED, STORED, VERIFIED, Evidence, Key
from worker.domain.policy import Policy
from worker.domain.proofs import Reason, reason_of_user, reasons_of_joins
from worker.domain.records import Record
from worker.domain.ties import Join
from worker.domain.users import Proof


class Kind(Enum):
    """The two kinds of contact."""

    LEAD = "lead"
    """Somebody who made contact and is not identified: one line, or one record."""
    USER = "user"
    """Somebody identified with certainty."""


class RecordKey(NamedTuple):
    """A record by its source and its id there."""

    source: str
    id: str


class Held(Struct, frozen=True, omit_defaults=True, gc=False):
    """An identifier of a contact at the highest level on any of its records."""

    type: str
    value: str
    level: Level
    namespace: str = ""


class Contact(Struct, frozen=True, kw_only=True, gc=False):
    """One person (user) or one line (lead), derived from its records."""

    id: str
    kind: Kind
    name: str | None
    records: tuple[RecordKey, ...]
    record_ids: tuple[str, ...]
    identifiers: tuple[Held, ...]
    converted_at: datetime | None
    proofs: tuple[Reason, ...]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Contact).decode


def encode(contact: Contact) -> str:
    """Write a contact down as JSON; equal contacts give equal text."""
    return _encode(contact).decode()


def decode(body: str) -> Contact:
    """Read what `encode` wrote."""
    return _decode(body)


class Group(NamedTuple):
    """The records of one contact-to-be: its own, and those that came along."""

    own: list[int]
    joins: list[Join]
    along: list[int]


def contact_of(evidence: Evidence, group: Group, proofs: Mapping[int, Proof]) -> Contact:
    """Describe the contact that `group` makes."""
    everybody = sorted((*group.own, *group.along))
    proved = [index for index in group.own if index in proofs]
    founding = min(proved, default=everybody[0])
    reasons = reasons_of_joins(evidence, everybody, group.joins) if len(everybody) > 1 else []
    if proved:
        reasons.insert(0, reason_of_user(evidence, group.own, proofs))
    return Contact(
        id=evidence.records[founding].id,
        kind=Kind.USER if proved else Kind.LEAD,
        name=_name(evidence, everybody),
        records=tuple(
            sorted(
                RecordKey(evidence.records[index].source, evidence.records[index].key) for index in everybody
            )
        ),
        record_ids=tuple(evidence.records[index].id for index in everybody),
        identifiers=_identifiers(evidence, everybody),
        converted_at=min((proofs[index].since for index in proved), default=None),
        proofs=tuple(reasons),
    )


def field_rank(evidence: Evidence, index: int) -> int:
    """Return how far a record's name and profile can be believed.

    What was typed beside a one-time code or a cookie is better than a caller's name, and no better than
    the books.
    """
    held = evidence.held[index]
    if evidence.accounts[index] and any(
        rank == VERIFIED and key[0] == "account" for key, rank in held.items()
    ):
        return VERIFIED
    if evidence.books[index]:
        return STORED
    return OBSERVED if VERIFIED in held.values() else CLAIMED


def fields_of(
    records: Iterable[Record], policy: Policy, decisions: Iterable[Decision] = ()
) -> dict[str, Any]:
    """Return a contact's profile: for each field the highest level, then the newest version, then record key."""
    evidence = Evidence(records, policy, ruling(decisions))
    by_key = sorted(enumerate(evidence.records), key=lambda each: (each[1].source, each[1].key), reverse=True)
    by_key.sort(key=lambda each: (field_rank(evidence, each[0]), each[1].version_at))
    fields: dict[str, Any] = {}
    for _, record in by_key:
        fields.update(record.profile)
    return dict(sorted(fields.items()))


def _name(evidence: Evidence, group: Iterable[int]) -> str | None:
    """Pick the name: highest level, then newest version, then record key."""
    named = [index for index in group if evidence.records[index].name]
    if not named:
        return None
    if len(named) > 1:
        named.sort(key=lambda index: (evidence.records[index].source, evidence.records[index].key))
    best = max(named, key=lambda index: (field_rank(evidence, index), evidence.records[index].version_at))
    return evidence.records[best].name


def _identifiers(evidence: Evidence, group: list[int]) -> tuple[Held, ...]:
    highest: dict[Key, int] = {}
    for index in group:
        for key, rank in evidence.held[index].items():
            if rank > highest.get(key, -1):
                highest[key] = rank
    return tuple(
        Held(type_, value, LEVELS[highest[type_, namespace, value]], namespace)
        for type_, namespace, value in sorted(highest)
    )
