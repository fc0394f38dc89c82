"""Export: every contact as a line of JSON, streamed in the order of ids."""

from collections.abc import Callable

from worker.domain.export import line
from worker.storage.unit_of_work import UnitOfWork


def run(uow: UnitOfWork, write: Callable[[str], object]) -> int:
    """Hand every contact to `write`, one line each with its ending; return how many there were.

    One query reads all of it, so the export shows one moment however long its reader takes. Settle before:
    records that still wait to be resolved are on no contact yet.
    """
    count = 0
    with uow.begin() as tx:
        tx.patient()
        for contact, interactions, notes in tx.contacts.counted():
            write(line(contact, interactions, notes) + "\n")
            count += 1
    return count
