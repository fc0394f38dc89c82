"""Take back: withdraw all that one author decided, such as the policy."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from worker.domain.decisions import Decision
from worker.jobs import decide
from worker.jobs.decide import Said
from worker.storage.unit_of_work import Transaction, UnitOfWork

BATCH = 1_000
"""Decisions a transaction: about a second, in which nobody else decides."""


def standing(tx: Transaction, author: str, since: datetime | None = None) -> list[Decision]:
    """Return what an author decided and nobody took back, the latest first. Reads all decisions."""
    return [
        each
        for each in reversed(tx.decisions.all())
        if each.author == author and each.withdrawn_at is None and (since is None or each.at >= since)
    ]


def run(
    uow: UnitOfWork, author: str, said: Said, since: datetime | None = None, at_most: int = BATCH
) -> list[Decision]:
    """Withdraw all that an author decided, the latest first, and return it. Safe to run twice or to be killed.

    Each batch is withdrawn whole or not at all; cut off, the next call takes the rest. Contacts are resolved after.

    Raises:
        NotDecidedError: nothing that this author decided is in force.
    """
    with uow.begin() as tx:
        found = standing(tx, author, since)
    if not found:
        when = "" if since is None else f" since {since:%Y-%m-%d}"
        raise decide.NotDecidedError(
            f"nothing that {author} decided{when} is in force. See: avouch decisions list"
        )
    return [each for batch in _batches(found, at_most) for each in _withdraw(uow, batch, said)]


def _withdraw(uow: UnitOfWork, batch: Sequence[Decision], said: Said) -> list[Decision]:
    with uow.begin() as tx:
        tx.only_decider()
        present = (tx.decisions.get(each.id) for each in batch)  # Somebody may have withdrawn one meanwhile.
        in_force = [each for each in present if each is not None and each.withdrawn_at is None]
        for each in in_force:
            decide.withdraw_within(tx, each, said)
        return in_force


def _batches(found: Sequence[Decision], size: int) -> Iterator[Sequence[Decision]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]
