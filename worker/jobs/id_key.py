"""The key of the ids: a database keeps a digest of the first one, so that another is noticed."""

import hashlib
from datetime import datetime

from worker.storage.unit_of_work import UnitOfWork

FACT = "id_key"


class OtherKeyError(Exception):
    """Raised when the ids in the database were derived with another key. Nothing was read or written."""


def check(uow: UnitOfWork, now: datetime) -> None:
    """Make sure that the database's ids and ours come from one key; the first caller's is the one.

    Raises `OtherKeyError` otherwise: every contact would get a second id, and old ids would find nobody.
    """
    with uow.begin() as tx:
        known = tx.work.fact(FACT)
        if known is None:
            tx.work.set_fact(FACT, digest(uow.id_key), now)
        elif known != digest(uow.id_key):
            raise OtherKeyError(
                "The ids in this database were made with another id key; with this one, contacts would get"
                " second ids.\n    Set AVOUCH_ID_KEY (or AVOUCH_ID_KEY_FILE) to the first one. An embedded"
                " database's is in the file id_key of its AVOUCH_HOME."
            )


def digest(id_key: bytes) -> str:
    """Return what may be shown of a key: it tells two keys apart and says nothing about either."""
    return hashlib.blake2b(id_key, digest_size=8, person=b"avouch id key").hexdigest()
