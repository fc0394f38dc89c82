"""Dedupe all: every contact is looked at again, by a new census of names or by another model.

The queue of changed contacts does the work: it is what makes a pass restartable, bounded in memory and countable.
How far it is: `tx.to_dedupe.waiting()`.
"""

from datetime import datetime
from typing import NamedTuple

import msgspec

from worker.domain.matching.model import Census, Model, census
from worker.storage.unit_of_work import Transaction, UnitOfWork

CENSUS = "census"
"""The origin of a model that differs from the one before in how common names are, and in nothing else."""
LEAST_CONTACTS = 1_000
"""Fewer than these say nothing of how common a name is: the model keeps the census that it came with."""
_WAIT_SECONDS = 60
"""For the batch of suggestions that is being made; it takes a few seconds."""


class Begun(NamedTuple):
    """What a pass has to do."""

    contacts: int
    """How many were queued; those that waited before are not counted."""
    model: int
    """The version of the model that the pass goes by, 0 for the one that ships."""


def run(
    uow: UnitOfWork, now: datetime, *, model: Model | None = None, author: str = "", origin: str = CENSUS
) -> Begun:
    """Put a model with a new census in force, and queue every contact. Safe to run twice.

    A census is of one moment: scores that followed every new contact could not be made a batch at a time. Reads
    all portraits, 2 us each; suggestions wait only while ids are queued.

    Args:
        uow: The database.
        now: When the version of the model begins.
        model: Goes in force in place of the one that is.
        author: Who put it there; empty for Avouch itself.
        origin: How it came about.
    """
    with uow.begin() as tx:
        counted = census(tx.portraits.names())
    with uow.begin() as tx:
        before = tx.models.newest()
        version = 0 if before is None else before.version
        in_force = tx.models.in_force()
        wanted = _counting(model or in_force, counted)
        if wanted != in_force:
            version = tx.models.put(wanted, author=author, origin=origin, at=now)
        return Begun(queue(tx), version)


def queue(tx: Transaction) -> int:
    """Queue every contact that does not wait already; return how many. Comes after whatever made it necessary.

    A batch that is being made by what was in force before ends first, and no other one begins until this is committed.
    """
    tx.between_batches(_WAIT_SECONDS)
    return tx.to_dedupe.append_others("contacts")


def _counting(model: Model, counted: Census) -> Model:
    return msgspec.structs.replace(model, census=counted) if counted.contacts >= LEAST_CONTACTS else model
