"""Convert: a proof for a lead becomes evidence, and the rules do the rest."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from config.sources import RESERVED
from integrations.contract import About, ContactRecord, Delivery, Identifier, IdentifierType, Level
from worker.domain.admission import MOST_IDENTIFIERS
from worker.domain.contacts import Contact, Kind
from worker.domain.decisions import Decision, decision_id
from worker.domain.evidence import LINE_TYPES
from worker.domain.identifiers import Key, canonical
from worker.domain.records import Key as RecordKey
from worker.domain.records import Record, is_id, record_id
from worker.jobs.land import Arrival, land
from worker.storage.unit_of_work import Transaction, UnitOfWork

SOURCE = RESERVED
"""The source of what our own platform states: trusted `verified`, so that its `about` joins."""


class NotConvertibleError(Exception):
    """Raised when a proof cannot be taken: no such contact, or the value is no identifier. Nothing was kept."""


class Evidence(NamedTuple):
    """The two ids that the task carries: no address and no number."""

    lead: str
    """The id of the record that the proof is about."""
    evidence: str
    """The id of the evidence record."""


class ProofGiven(NamedTuple):
    """What somebody proved: an identifier, and by which method."""

    type: IdentifierType
    value: str
    method: str
    namespace: str = ""
    author: str = ""
    """Who says so; empty where a program does."""
    reason: str = ""


def ensure_own_source(tx: Transaction) -> None:
    """Make sure that our own source is there."""
    if tx.sources.get(SOURCE) is None:
        tx.sources.put(name=SOURCE, kind="import", connector=SOURCE, trust="verified", configured=False)


def take_proof(uow: UnitOfWork, some_id: str, proof: ProofGiven, now: datetime) -> Evidence:
    """Land `proof` for the contact that `some_id` leads to, as a record of evidence.

    The same proof for the same lead is one record, however often it is given. The record carries the
    lead's lines too, so that earlier calls come along.

    Raises:
        NotConvertibleError: there is no such contact, or the identifier has no canonical form or is of somebody
            who was erased.
    """
    with uow.begin() as tx:
        tx.sources.keep()
        ensure_own_source(tx)
        subject = subject_of(tx, some_id)
        contact = _contact(tx, subject)
        # A user's other records may have been on lines that somebody else uses.
        records = tx.evidence.load(contact.record_ids if contact.kind is Kind.LEAD else [subject])
        (about,) = (record for record in records if record.id == subject)
        form = canonical(proof.type, proof.namespace, proof.value, _region(tx, about))
        if not isinstance(form, Key):
            raise NotConvertibleError(f"the {proof.type} cannot be used: {form.reason}")
        key = (proof.type, form.namespace, form.value)
        given = Identifier(
            type=key[0], namespace=key[1], value=key[2], level=Level.VERIFIED, method=proof.method
        )
        tx.sources.lock(SOURCE)
        record = ContactRecord(
            id=_evidence_key(tx, uow.id_key, about, given),
            occurred_at=now,
            identifiers=(given, *_lines(records, given)),
            about=About(about.source, about.key),
        )
        evidence = Evidence(about.id, record_id(uow.id_key, SOURCE, record.id))
        if not tx.evidence.load([evidence.evidence]):
            _land(tx, uow.id_key, record, proof)
            _decide(tx, evidence, key, proof, now)
    return evidence


def _land(tx: Transaction, id_key: bytes, record: ContactRecord, proof: ProofGiven) -> None:
    landed = land(tx, id_key, Arrival(SOURCE, None, None, record.occurred_at), [Delivery(record)], [])
    if landed.suppressed:
        raise NotConvertibleError(f"whoever this {proof.type} belongs to was erased, and nothing is kept")


def _contact(tx: Transaction, some_id: str) -> Contact:
    found = tx.contacts.find(some_id)
    if found is None:
        erased_at = tx.tombstones.erased_at(some_id)
        erased = "" if erased_at is None else f"; it was erased on {erased_at:%Y-%m-%d}"
        raise NotConvertibleError(f"no contact has the id {some_id}{erased}")
    return found


def _decide(tx: Transaction, evidence: Evidence, key: RecordKey, proof: ProofGiven, now: datetime) -> None:
    """Keep who took the proof, so that it can be withdrawn."""
    sides = ((evidence.lead,), (evidence.evidence,))
    decision = Decision(
        id=decision_id("convert", sides, key),
        kind="convert",
        at=now,
        author=proof.author,
        reason=proof.reason,
        sides=sides,
        key=key,
    )
    tx.decisions.add(decision)


def _evidence_key(tx: Transaction, id_key: bytes, about: Record, given: Identifier) -> str:
    """Name the evidence: the same proof for the same lead is one record, until it is withdrawn."""
    tries = 0
    while True:
        said = "\0".join((about.id, *given_key(given), *([str(tries)] if tries else [])))
        key = f"proof-{hashlib.blake2b(said.encode(), digest_size=12).hexdigest()}"
        kept = tx.decisions.naming([record_id(id_key, SOURCE, key)])
        if any(each.withdrawn_at is None for each in kept) or not kept:
            return key
        tries += 1


def subject_of(tx: Transaction, some_id: str) -> str:
    """Return the record that is meant by an id: the id of a proof given here means what the proof is about.

    The proof can be withdrawn, and whatever was said or written under its id must stay.
    """
    for record in tx.evidence.load([some_id]) if is_id(some_id) else ():
        if record.source == SOURCE and record.about:
            return record.about
    return some_id


def given_key(given: Identifier) -> tuple[str, str, str, str]:
    """Return what makes a proof the same proof: identifier and method."""
    return (given.type, given.namespace, given.value, given.method)


def _region(tx: Transaction, record: Record) -> str | None:
    source = tx.sources.get(record.source)
    return None if source is None else source.region


def _lines(records: Iterable[Record], given: Identifier) -> list[Identifier]:
    """Return the lines of the lead's records, so that the proof and the lines stand on one record."""
    lines = {
        (each.type, each.namespace, each.value)
        for record in records
        for each in record.sightings
        if each.level is Level.OBSERVED and each.type in LINE_TYPES
    }
    return [
        Identifier(type=type_, namespace=namespace, value=value, level=Level.OBSERVED)  # type: ignore[arg-type]  # canonical types only
        for type_, namespace, value in sorted(lines - {(given.type, given.namespace, given.value)})
    ][: MOST_IDENTIFIERS - 1]


def outcome(uow: UnitOfWork, evidence: Evidence) -> tuple[Contact | None, bool]:
    """Return the contact that the lead's record is in now, and whether it is a user."""
    with uow.begin() as tx:
        contact = tx.contacts.find(evidence.lead)
    return contact, contact is not None and contact.kind is Kind.USER
