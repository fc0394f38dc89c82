"""Erase: everything that is held about a contact goes, in one transaction, and cannot come back.

What stays are tombstones: keyed hashes by which landing knows what is of somebody who was erased. Killed
before it commits, nothing is gone; afterwards, all is, and the records that stay wait to be judged anew.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from msgspec import Struct

from worker.domain import blocklist
from worker.domain.decisions import ruling
from worker.domain.erasing import without
from worker.domain.evidence import OBSERVED, Evidence
from worker.domain.identifiers import Key as Form
from worker.domain.identifiers import canonical
from worker.domain.mentions import patterns
from worker.domain.policy import Policy
from worker.domain.records import Key, Record
from worker.domain.resolve import resolve
from worker.domain.tombstones import digest, own_keys
from worker.jobs import dedupe
from worker.jobs.closure import Closure, closure
from worker.jobs.people import UnknownIdError
from worker.jobs.policy import policy_in_force
from worker.jobs.rebuild import BusyError
from worker.storage.errors import StorageError, waited_too_long
from worker.storage.unit_of_work import Transaction, UnitOfWork

WAIT_SECONDS = 30
"""How long it waits for each of those who hold records in memory: a batch takes some seconds, a rebuild longer."""

log = structlog.get_logger()


class NotErasedError(Exception):
    """Raised when somebody cannot be erased: erased before, or changed since. Nothing was done."""


class Erased(Struct, frozen=True, kw_only=True):
    """What went, in rows, and what speaks of the person still."""

    id: str
    """The contact as it was."""
    records: int
    versions: int
    interactions: int
    notes: int
    rejects: int
    changes: int
    suggestions: int
    conflicts: int
    decisions: int
    """Decisions that went; those that others are named in too lost this person's records, and their reasons."""
    tombstones: int
    """New ones: one for each record, and for each identifier that is nobody else's."""
    mentioned_by: tuple[str, ...]
    """Other contacts that claim one of its identifiers."""
    shared_with: tuple[str, ...]
    """Other contacts that hold one of its identifiers surer than that: a family, a later caller of the line."""


def as_json(erased: Erased) -> dict[str, Any]:
    """Return the report for JSON."""
    return {field: getattr(erased, field) for field in Erased.__struct_fields__}


class Person(NamedTuple):
    """Whom an id leads to now, whatever waits to be resolved."""

    id: str
    records: list[Record]
    around: Closure
    policy: Policy

    @property
    def record_ids(self) -> set[str]:
        """The ids of the person's records."""
        return {record.id for record in self.records}


def run(
    uow: UnitOfWork,
    some_id: str,
    now: datetime,
    *,
    rehearse: bool = False,
    expected: Erased | None = None,
    wait_seconds: int = WAIT_SECONDS,
) -> Erased:
    """Erase the contact that `some_id` leads to. Whoever calls it settles before and afterwards.

    A rehearsal does everything and takes it back, so that what it counts is what would go.

    Args:
        uow: The database.
        some_id: Any id that was ever shown of the contact.
        now: The time that the tombstones carry.
        rehearse: Take it back in the end.
        expected: What somebody agreed to; where more would go by now, nothing does.
        wait_seconds: How long to wait for each of those who work on records.

    Raises:
        UnknownIdError: the id leads to no contact.
        NotErasedError: it was erased before, or is not any more what somebody agreed to.
        BusyError: somebody worked on records for too long.
    """
    with uow.begin() as tx:
        _alone(tx, wait_seconds)
        done = _erase(tx, uow.id_key, _person(tx, some_id), now)
        _check(done, expected)
        if rehearse:
            tx.take_back()
    if not rehearse:
        log.info("contact_erased", records=done.records, versions=done.versions, notes=done.notes)
    return done


def _check(done: Erased, expected: Erased | None) -> None:
    if expected is not None and (done.id, done.records) != (expected.id, expected.records):
        raise NotErasedError("it has changed since you were asked. Look at it again, then erase it")


def _alone(tx: Transaction, wait_seconds: int) -> None:
    try:
        tx.only_eraser(wait_seconds)
    except StorageError as error:
        if not waited_too_long(error):
            raise
        raise BusyError(
            f"somebody has worked on records for longer than {wait_seconds} seconds. See who: avouch status"
        ) from error


def _person(tx: Transaction, some_id: str) -> Person:
    """Return whom an id leads to by the evidence as it is now; what is stored may lag behind it."""
    policy = policy_in_force(tx)
    around = closure(tx, [some_id] if tx.evidence.load([some_id]) else [], policy)
    by_id = {record.id: record for record in around.records}
    if some_id not in by_id:
        erased_at = tx.tombstones.erased_at(some_id)
        if erased_at is not None:
            raise NotErasedError(f"it was erased already, on {erased_at:%Y-%m-%d}")
        raise UnknownIdError(f"No contact has the id {some_id}.")
    contacts = resolve(around.records, policy, around.decisions).contacts
    whose = {record_id: contact for contact in contacts for record_id in contact.record_ids}
    # The evidence of a conversion that was withdrawn is on no contact: it is of whom it was about.
    found = whose.get(some_id) or whose.get(by_id[some_id].about)
    if found is None:
        raise UnknownIdError(f"No contact has the id {some_id}.")
    ids = set(found.record_ids)
    ids |= {each.id for each in around.records if each.id not in whose and each.about in ids}
    return Person(found.id, [by_id[each] for each in sorted(ids)], around, policy)


def _erase(tx: Transaction, id_key: bytes, person: Person, now: datetime) -> Erased:
    erased = person.record_ids
    evidence = Evidence(person.around.records, person.policy, ruling(person.around.decisions))
    own = own_keys(evidence, erased)
    held = _held(evidence, person)
    others = _others(tx, person, held)
    alone = {key for key in held if key in own or _is_nobody_elses(evidence, key, erased)}
    rejects = _rejects(tx, person, alone)
    dedupe.forget(tx, {*erased, *tx.contacts.membership(sorted(erased)).values()})
    gone = tx.erasing.records(erased)
    decided, touched = _decisions(tx, erased)
    decided += _marks(tx, _keys(person.records))
    set_up = tx.tombstones.put("record", erased, now)
    set_up += tx.tombstones.put("identifier", (digest(id_key, key) for key in own), now)
    around = {each.id for each in person.around.records} | touched
    tx.to_resolve.append(sorted(around - erased))
    tx.to_dedupe.append(sorted({*others.claiming, *others.holding}))
    return Erased(
        id=person.id,
        records=gone["records"],
        versions=gone["versions"],
        interactions=gone["interactions"],
        notes=gone["notes"],
        rejects=rejects,
        changes=gone["changes"],
        suggestions=gone["suggestions"],
        conflicts=gone["conflicts"],
        decisions=decided,
        tombstones=set_up,
        mentioned_by=tuple(sorted(others.claiming - others.holding)),
        shared_with=tuple(sorted(others.holding)),
    )


def _keys(records: Iterable[Record]) -> set[Key]:
    return {(each.type, each.namespace, each.value) for record in records for each in record.sightings}


def _held(evidence: Evidence, person: Person) -> dict[Key, int]:
    """Return the identifiers that the person holds surer than by a claim, and that are not on the block list."""
    found: dict[Key, int] = {}
    for record_id in person.record_ids & evidence.index.keys():
        for key, rank in evidence.held[evidence.index[record_id]].items():
            if rank >= OBSERVED and not blocklist.why_common(
                key[0], key[2], person.policy.own_numbers, person.policy.extra_roles
            ):
                found[key] = max(rank, found.get(key, rank))
    return found


def _is_nobody_elses(evidence: Evidence, key: Key, erased: Collection[str]) -> bool:
    return all(evidence.records[each.record].id in erased for each in evidence.holders[key])


class _Others(NamedTuple):
    """Other contacts that have an identifier of the person."""

    claiming: set[str]
    holding: set[str]


def _others(tx: Transaction, person: Person, held: Collection[Key]) -> _Others:
    own = set(tx.contacts.membership(sorted(person.record_ids)).values())
    others = _Others(set(), set())
    for contact_id, key, level in tx.erasing.holders(sorted({value for _, _, value in held})):
        if contact_id not in own and key in held:
            (others.holding if level >= OBSERVED else others.claiming).add(contact_id)
    return others


def _rejects(tx: Transaction, person: Person, alone: Collection[Key]) -> int:
    """Delete rejected entries that name the person: by an identifier, or in its source by a record's key."""
    words = {value for _, _, value in alone}
    for versions in tx.evidence.versions(sorted(person.record_ids)).values():
        for version in versions:
            for each in version.record.identifiers:
                form = canonical(each.type, each.namespace, each.value, version.region)
                if isinstance(form, Form) and (each.type, form.namespace, form.value) in alone:
                    words.add(each.value)
    deleted = tx.erasing.rejects(patterns(words, {value for type_, _, value in alone if type_ == "phone"}))
    for source in {record.source for record in person.records}:
        keys = {record.key for record in person.records if record.source == source}
        deleted += tx.erasing.rejects(patterns(keys), source)
    return deleted


def _marks(tx: Transaction, keys: Collection[Key]) -> int:
    """Delete marks on identifiers that nobody holds any more; return how many."""
    deleted = tx.erasing.marks(keys)
    if deleted:
        dedupe.look_again(tx, (value for _, _, value in keys))
    return deleted


def _decisions(tx: Transaction, erased: Collection[str]) -> tuple[int, set[str]]:
    """Take the records out of decisions; return how many of these went, and the other records that they name."""
    deleted = 0
    touched: set[str] = set()
    for decision in tx.decisions.naming(erased):
        left = without(decision, erased)
        tx.erasing.decision(decision, left, erased)
        deleted += left is None
        touched |= decision.record_ids
    return deleted, touched
