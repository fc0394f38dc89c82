"""Resolve what changed: closure, rules, and the difference to what is stored, in one transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import NamedTuple

import structlog

from worker.domain.changes import changes
from worker.domain.contacts import decode, encode
from worker.domain.resolve import Resolution, resolve
from worker.jobs import collector
from worker.jobs.closure import closure
from worker.jobs.policy import in_force
from worker.storage.unit_of_work import Transaction, UnitOfWork

BATCH = 20_000
"""Changed records a transaction at most, about two seconds' work. Only a back-fill gets there: the more
records of one person are judged at once, the fewer are read again."""


log = structlog.get_logger()


class Outcome(Enum):
    """How a call of `run` ended."""

    IDLE = "idle"
    """Nothing waits."""
    BUSY = "busy"
    """Another worker resolves; it will take what waits."""
    MORE = "more"
    """A batch is done and more may wait."""


class Judged(NamedTuple):
    """When contacts were judged, and by which version of the policy."""

    at: datetime
    policy: int


class Resolved(NamedTuple):
    """What one call did."""

    outcome: Outcome
    records: int = 0
    written: int = 0


def run(uow: UnitOfWork, now: datetime, at_most: int = BATCH) -> Resolved:
    """Resolve one batch of changed records. Safe to run twice, in parallel, or to be killed.

    A batch that fails is tried again row by row of the queue; a row that fails by itself is set aside, so
    that the others go on. `reconcile.leads` lets it be tried again.
    """
    try:
        return _run(uow, now, at_most)
    except Exception:
        if at_most == 1:
            raise
        log.exception("batch_failed", records=at_most)
    try:
        return _run(uow, now, 1)
    except Exception as error:
        log.exception("row_set_aside")
        with uow.begin() as tx:
            taken, record_ids = tx.to_resolve.take(1)
            tx.to_resolve.set_aside(taken, type(error).__name__)
        return Resolved(Outcome.MORE, len(record_ids))


def _run(uow: UnitOfWork, now: datetime, at_most: int) -> Resolved:
    with collector.paused(), uow.begin() as tx:
        if not tx.only_resolver():
            return Resolved(Outcome.BUSY)
        taken, record_ids = tx.to_resolve.take(at_most)
        if not taken:
            return Resolved(Outcome.IDLE)
        version, policy = in_force(tx)
        records, membership, decisions = closure(tx, record_ids, policy)
        resolution = resolve(records, policy, decisions)
        written = write(tx, Judged(now, version), resolution, membership, asked=record_ids)
        tx.to_resolve.done(taken)
    return Resolved(Outcome.MORE, len(record_ids), written)


def write(
    tx: Transaction,
    judged: Judged,
    resolution: Resolution,
    membership: Mapping[str, str],
    stored: Mapping[str, str] | None = None,
    asked: Iterable[str] = (),
) -> int:
    """Write the difference between `resolution` and what is stored of its records; return contacts written.

    `stored` is given where it is known better than by the records: a rebuild compares with every contact.
    `asked` are the records that were queued.
    """
    before = tx.contacts.bodies(sorted(set(membership.values()))) if stored is None else stored
    changed = [each for each in resolution.contacts if before.get(each.id) != encode(each)]
    kept = {each.id for each in resolution.contacts}
    gone = [contact_id for contact_id in before if contact_id not in kept]
    replaced = [each.id for each in changed if each.id in before]
    belongs = {record_id: each.id for each in resolution.contacts for record_id in each.record_ids}
    moved = {each: contact for each, contact in belongs.items() if membership.get(each) != contact}
    # In another contact now, or in none: the evidence of a conversion that was withdrawn.
    stale = [each for each, contact in membership.items() if belongs.get(each) != contact]
    tx.contacts.replace([*gone, *replaced], changed, stale, moved, judged.policy)
    if before:
        came_from = {
            membership[each] for contact in changed for each in contact.record_ids if each in membership
        }
        were = {each: decode(before[each]) for each in came_from & before.keys()}
        tx.changes.log(judged.at, judged.policy, changes(changed, membership, were))
    # Whom a changed record or a decision is about may be suggested otherwise, though the contact is the same.
    again = {belongs[each] for each in asked if each in belongs}
    tx.to_dedupe.append(list(dict.fromkeys([*gone, *(each.id for each in changed), *sorted(again)])))
    tx.cases.replace([*belongs], resolution.conflicts, judged.policy)
    return len(changed)
