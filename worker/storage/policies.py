"""Versions of the policy: the newest is in force, and every earlier one can be gone back to."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text


class PolicyRow(NamedTuple):
    """One version of the policy."""

    version: int
    at: datetime
    author: str
    origin: str
    """Where it came from: avouch.toml, another file, an earlier version."""
    reason: str
    body: str
    """The settings as JSON (see `jobs/policy.py`)."""
    trust: str
    """The trust of every source when it was made, as JSON."""


_COLUMNS = "version, at, author, origin, reason, body, trust"


class PolicyStore:
    """Reads and adds versions of the policy inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def add(self, *, at: datetime, author: str, origin: str, reason: str, body: str, trust: str) -> int:
        """Put a new version in force; return its number."""
        added = self._connection.execute(
            text(
                "INSERT INTO policies (at, author, origin, reason, body, trust)"
                " VALUES (:at, :author, :origin, :reason, :body, :trust) RETURNING version"
            ),
            {"at": at, "author": author, "origin": origin, "reason": reason, "body": body, "trust": trust},
        )
        return int(added.scalar_one())

    def newest(self) -> PolicyRow | None:
        """Return the version in force."""
        found = self.all(1)
        return found[0] if found else None

    def get(self, version: int) -> PolicyRow | None:
        """Return one version."""
        row = self._connection.execute(
            text(f"SELECT {_COLUMNS} FROM policies WHERE version = :version"),  # noqa: S608 - own names
            {"version": version},
        ).one_or_none()
        return None if row is None else PolicyRow(*row)

    def all(self, limit: int) -> list[PolicyRow]:
        """Return the newest versions, newest first."""
        rows = self._connection.execute(
            text(f"SELECT {_COLUMNS} FROM policies ORDER BY version DESC LIMIT :limit"),  # noqa: S608 - own names
            {"limit": limit},
        )
        return [PolicyRow(*row) for row in rows]
