"""Rebuild: make every contact again from the evidence, and say where what is stored differs."""

from datetime import datetime
from typing import NamedTuple

from worker.domain.contacts import encode
from worker.domain.folding import fold
from worker.domain.resolve import resolve
from worker.jobs.policy import in_force
from worker.jobs.resolve import Judged, write
from worker.storage.unit_of_work import Transaction, UnitOfWork


class BusyError(Exception):
    """Raised when a worker is resolving just now, or records wait to be resolved: try again in a moment."""


class Rebuilt(NamedTuple):
    """What a rebuild found."""

    records: int
    contacts: int
    differ: tuple[str, ...]
    """Ids of contacts that are stored otherwise than they are rebuilt, or only on one side."""
    refolded: int
    """Records that are stored otherwise than their versions make them."""

    @property
    def is_right(self) -> bool:
        """Say whether everything was stored as the evidence makes it."""
        return not self.differ and not self.refolded


def hold_still(tx: Transaction) -> None:
    """Keep contacts as they are until this transaction ends, however long it reads.

    Raises:
        BusyError: a worker resolves just now, or something waits to be resolved.
    """
    if not tx.only_resolver():
        raise BusyError("a worker is resolving just now. Try again in a moment")
    waiting = tx.to_resolve.waiting()
    if waiting:
        raise BusyError(f"{waiting:,} records wait to be resolved. See: avouch status")
    tx.patient()


def run(uow: UnitOfWork, now: datetime, *, check: bool) -> Rebuilt:
    """Fold and resolve all evidence at once and compare it with what is stored; unless `check`, store it.

    It starts from the versions as they were delivered, so that nothing derived is taken for granted. Holds
    all records in memory: about 3 kB each.

    Raises:
        BusyError: a worker resolves just now, or something waits to be resolved.
    """
    with uow.begin() as tx:
        hold_still(tx)
        before = {record.id: record for record in tx.evidence.load_all()}
        folded = [fold(uow.id_key, source, versions) for source, versions in tx.evidence.all_versions()]
        otherwise = [each for each in folded if before.get(each.record.id) != each.record]
        records = [each.record for each in folded]
        version, policy = in_force(tx)
        resolution = resolve(records, policy, tx.decisions.all())
        stored = tx.contacts.all_bodies()
        made = {each.id: encode(each) for each in resolution.contacts}
        membership = tx.contacts.membership([record.id for record in records])
        whose = {record_id: each.id for each in resolution.contacts for record_id in each.record_ids}
        differ = {each for each in stored.keys() | made.keys() if stored.get(each) != made.get(each)}
        differ |= {whose[each] for each in whose if membership.get(each) != whose[each]}
        differ |= {membership[each] for each in membership.keys() - whose.keys()}
        if (differ or otherwise) and tx.to_resolve.any():
            raise BusyError("records landed meanwhile. Try again in a moment")
        if otherwise and not check:
            ids = [each.record.id for each in otherwise]
            tx.evidence.put(otherwise, {each: before[each] for each in ids if each in before})
        if differ and not check:
            write(tx, Judged(now, version), resolution, membership, stored)
    return Rebuilt(len(records), len(made), tuple(sorted(differ)), len(otherwise))
