"""Decisions in the database: evidence, of which only the withdrawal is ever added."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert

from worker.domain.decisions import Decision
from worker.domain.records import Key
from worker.storage import tables
from worker.storage.database import id_array

_COLUMNS = (
    "d.id, d.kind, d.at, d.author, d.reason, d.sides, d.type, d.namespace, d.value,"
    " d.withdrawn_at, d.withdrawn_by, d.withdrawn_because"
)


class DecisionStore:
    """Reads and writes decisions inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def add(self, decision: Decision) -> bool:
        """Keep a decision; False when the same is there already, said by somebody at the same time."""
        added = self._connection.execute(
            insert(tables.decisions)
            .values(
                id=decision.id,
                kind=decision.kind,
                at=decision.at,
                author=decision.author,
                reason=decision.reason,
                sides=[list(side) for side in decision.sides],
                **_key_columns(decision.key),
            )
            .on_conflict_do_nothing()
            .returning(tables.decisions.c.id)
        )
        if added.first() is None:
            return False
        named = [{"record_id": each, "decision_id": decision.id} for each in sorted(decision.record_ids)]
        if named:
            self._connection.execute(tables.decision_records.insert(), named)
        return True

    def withdraw(self, decision_id: str, at: datetime, by: str, because: str) -> bool:
        """Take a decision back; False when it is not there or was taken back before."""
        withdrawn = self._connection.execute(
            text(
                "UPDATE decisions SET withdrawn_at = :at, withdrawn_by = :by, withdrawn_because = :because"
                " WHERE id = :id AND withdrawn_at IS NULL"
            ),
            {"id": decision_id, "at": at, "by": by, "because": because},
        )
        return withdrawn.rowcount == 1

    def get(self, decision_id: str) -> Decision | None:
        """Return one decision."""
        found = self._read("WHERE d.id = :id", id=decision_id)
        return found[0] if found else None

    def latest(self, limit: int) -> list[Decision]:
        """Return the newest decisions, withdrawn ones too, newest first."""
        return self._read("ORDER BY d.at DESC, d.id DESC LIMIT :limit", limit=limit)

    def count(self) -> int:
        """Return how many decisions there are, withdrawn ones too."""
        return int(self._connection.execute(text("SELECT count(*) FROM decisions")).scalar_one())

    def all(self) -> list[Decision]:
        """Return every decision, for a rebuild."""
        return self._read("ORDER BY d.at, d.id")

    def naming(self, record_ids: Iterable[str]) -> list[Decision]:
        """Return the decisions that name one of the records."""
        return self._read(
            "JOIN (SELECT DISTINCT decision_id FROM decision_records"
            " WHERE record_id = ANY(CAST(:ids AS text[]))) n ON n.decision_id = d.id ORDER BY d.at, d.id",
            ids=id_array(record_ids),
        )

    def about_identifiers(self) -> list[Decision]:
        """Return the decisions in force that mark an identifier, such as common; a business has a few."""
        return self._read("WHERE d.kind IN ('common', 'own') AND d.withdrawn_at IS NULL ORDER BY d.at, d.id")

    def marking(self, key: Key | None) -> list[Decision]:
        """Return the decisions about an identifier that name no record, withdrawn ones too."""
        type_, namespace, value = key or ("", "", "")
        return self._read(
            "WHERE d.kind IN ('common', 'own') AND (d.type, d.namespace, d.value) = (:type, :namespace, :value)"
            " ORDER BY d.at, d.id",
            type=type_,
            namespace=namespace,
            value=value,
        )

    def none(self) -> bool:
        """Say whether nobody ever decided anything: then nobody has to look decisions up."""
        return self._connection.execute(text("SELECT 1 FROM decisions LIMIT 1")).first() is None

    def _read(self, which: str, **values: object) -> list[Decision]:
        rows = self._connection.execute(text(f"SELECT {_COLUMNS} FROM decisions d {which}"), values)  # noqa: S608 - own texts
        return [_decision(row) for row in rows]


def _decision(row: Sequence[Any]) -> Decision:
    id_, kind, at, author, reason, sides, type_, namespace, value, *withdrawn = row
    return Decision(
        id=id_,
        kind=kind,
        at=at,
        author=author,
        reason=reason,
        sides=tuple(tuple(side) for side in sides),
        key=None if value is None else (type_, namespace, value),
        withdrawn_at=withdrawn[0],
        withdrawn_by=withdrawn[1],
        withdrawn_because=withdrawn[2],
    )


def _key_columns(key: Key | None) -> dict[str, str | None]:
    return dict(zip(("type", "namespace", "value"), key or (None, None, None), strict=True))
