"""Rebuild: make every contact again from the evidence, and say where what is stored differs."""

from datetime import datetime
from typing import NamedTuple

from worker.domain.contacts import encode
from worker.domain.resolve import resolve
from worker.jobs.policy import policy_in_force
from worker.jobs.resolve import write
from worker.storage.unit_of_work import UnitOfWork


class BusyError(Exception):
    """Raised when a worker is resolving just now, or records wait to be resolved: try again in a moment."""


class Rebuilt(NamedTuple):
    """What a rebuild found."""

    records: int
    contacts: int
    differ: tuple[str, ...]
    """Ids of contacts that are stored otherwise than they are rebuilt, or only on one side."""


def run(uow: UnitOfWork, now: datetime, *, check: bool) -> Rebuilt:
    """Resolve all evidence at once and compare it with what is stored; unless `check`, store it.

    Holds all records in memory: about 2 kB each.

    Raises:
        BusyError: a worker resolves just now, or something waits to be resolved.
    """
    with uow.begin() as tx:
        if not tx.only_resolver():
            raise BusyError("a worker is resolving just now. Try again in a moment")
        waiting = tx.to_resolve.waiting()
        if waiting:
            raise BusyError(f"{waiting:,} records wait to be resolved. See: avouch status")
        records = list(tx.evidence.load_all())
        resolution = resolve(records, policy_in_force(tx))
        stored = tx.contacts.all_bodies()
        made = {each.id: encode(each) for each in resolution.contacts}
        membership = tx.contacts.membership([record.id for record in records])
        whose = {record_id: each.id for each in resolution.contacts for record_id in each.record_ids}
        differ = {each for each in stored.keys() | made.keys() if stored.get(each) != made.get(each)}
        differ |= {whose[each] for each in whose if membership.get(each) != whose[each]}
        if differ and tx.to_resolve.any():
            raise BusyError("records landed meanwhile. Try again in a moment")
        if differ and not check:
            write(tx, now, resolution, membership, stored)
    return Rebuilt(len(records), len(made), tuple(sorted(differ)))
