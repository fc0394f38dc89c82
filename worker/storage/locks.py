"""Locks that end with their transaction."""

from sqlalchemy import Connection, text

_NAMESPACE = 0x61766F75
""""avou": keeps our advisory locks apart from those of other programs in the same database."""

RESOLVE = 1
DEDUPE = 2
MIGRATE = 3
DECIDE = 4


def try_lock(connection: Connection, what: int) -> bool:
    """Take an advisory lock until the transaction ends; False when somebody else has it."""
    return bool(
        connection.execute(
            text("SELECT pg_try_advisory_xact_lock(:space, :what)"), {"space": _NAMESPACE, "what": what}
        ).scalar_one()
    )


def lock(connection: Connection, what: int) -> None:
    """Wait for an advisory lock, and keep it until the transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:space, :what)"), {"space": _NAMESPACE, "what": what}
    )
