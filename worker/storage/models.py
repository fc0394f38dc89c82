"""Versions of the model that weighs probable pairs: the newest is in force."""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, text

from worker.domain.matching import model
from worker.domain.matching.model import Model

_read = lru_cache(maxsize=2)(model.decode)
"""Reading one takes longer than scoring a hundred pairs, and each batch asks for the same one."""
_default = lru_cache(maxsize=1)(model.default)
_COLUMNS = "version, at, author, origin, body"


class ModelRow(NamedTuple):
    """One version of the model."""

    version: int
    at: datetime
    author: str
    origin: str
    """How it came about: trained, a census, a file."""
    model: Model


class ModelStore:
    """Reads and adds versions of the model inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def put(self, added: Model, *, author: str, origin: str, at: datetime) -> int:
        """Put a model in force; return the number of its version.

        What is stored was scored by the one before: queue all contacts in the same transaction
        (`jobs/dedupe_all.py`).
        """
        row = self._connection.execute(
            text(
                "INSERT INTO models (at, author, origin, body) VALUES (:at, :author, :origin, :body)"
                " RETURNING version"
            ),
            {"at": at, "author": author, "origin": origin, "body": model.encode(added)},
        )
        return int(row.scalar_one())

    def newest(self) -> ModelRow | None:
        """Return the version in force; None where it is the model that ships with Avouch."""
        found = self.latest(1)
        return found[0] if found else None

    def latest(self, limit: int) -> list[ModelRow]:
        """Return the newest versions, newest first."""
        rows = self._connection.execute(
            text(f"SELECT {_COLUMNS} FROM models ORDER BY version DESC LIMIT :limit"),  # noqa: S608 - own names
            {"limit": limit},
        )
        return list(map(_row, rows))

    def get(self, version: int) -> ModelRow | None:
        """Return one version."""
        row = self._connection.execute(
            text(f"SELECT {_COLUMNS} FROM models WHERE version = :version"),  # noqa: S608 - own names
            {"version": version},
        ).one_or_none()
        return None if row is None else _row(row)

    def in_force(self) -> Model:
        """Return the model that pairs are scored by."""
        newest = self.newest()
        return _default() if newest is None else newest.model


def _row(row: Row[Any]) -> ModelRow:
    return ModelRow(row.version, row.at, row.author, row.origin, _read(row.body))
