"""Erasing in the database: every row that holds something of some records goes, and nothing else."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, text

from worker.domain.decisions import Decision
from worker.domain.records import Key
from worker.storage import tables
from worker.storage.database import id_array

_BY_RECORD = {
    "versions": "DELETE FROM versions WHERE record_id = ANY(CAST(:ids AS text[]))",
    "records": "DELETE FROM records WHERE id = ANY(CAST(:ids AS text[]))",
    # Has no index by record, which landing would pay for; this is one scan, a second for ten million rows.
    "identifiers": "DELETE FROM identifiers WHERE record_id = ANY(CAST(:ids AS text[]))",
    "interactions": "DELETE FROM interactions WHERE record_id = ANY(CAST(:ids AS text[]))",
    "notes": "DELETE FROM notes WHERE record_id = ANY(CAST(:ids AS text[]))",
    "rechecks": "DELETE FROM rechecks WHERE record_id = ANY(CAST(:ids AS text[]))",
    "swept": "DELETE FROM swept WHERE record_id = ANY(CAST(:ids AS text[]))",
    "conflicts": "DELETE FROM conflicts WHERE records && CAST(:ids AS text[])",
    # Every id of a contact is a record's; those of contacts that were judged otherwise before go too.
    "suggestions": "WITH named AS (SELECT unnest(CAST(:ids AS text[])) AS id UNION SELECT contact_id FROM members"
    " WHERE record_id = ANY(CAST(:ids AS text[]))) DELETE FROM suggestions"
    " WHERE one IN (SELECT id FROM named) OR other IN (SELECT id FROM named)",
    "put_off": "WITH named AS (SELECT unnest(CAST(:ids AS text[])) AS id UNION SELECT contact_id FROM members"
    " WHERE record_id = ANY(CAST(:ids AS text[]))) DELETE FROM put_off"
    " WHERE one IN (SELECT id FROM named) OR other IN (SELECT id FROM named)",
    # Contacts that a record was in are made again from the records that stay.
    "contacts": "DELETE FROM contacts WHERE id IN (SELECT contact_id FROM members"
    " WHERE record_id = ANY(CAST(:ids AS text[])))",
    "members": "DELETE FROM members WHERE record_id = ANY(CAST(:ids AS text[]))",
    # Every text in the detail of a change is an id or a rule.
    "changes": "DELETE FROM changes WHERE contact_id = ANY(CAST(:ids AS text[]))"
    " OR others && CAST(:ids AS text[]) OR id IN (SELECT c.id FROM changes c, jsonb_path_query(c.detail,"
    " '$.** ? (@.type() == \"string\")') named WHERE named #>> '{}' = ANY(CAST(:ids AS text[])))",
}
"""What goes by the ids of records, in this order."""


class ErasingStore:
    """Deletes inside one transaction. Whoever uses it has kept everybody else out."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def holders(self, values: Sequence[str]) -> list[tuple[str, Key, int]]:
        """Return the contacts that have one of `values`, of whatever type, with the key and the highest level."""
        rows = self._connection.execute(
            text(
                "SELECT m.contact_id, i.type, i.namespace, i.value, max(i.level) FROM identifiers i"
                " JOIN members m USING (record_id) WHERE i.value = ANY(:values) GROUP BY 1, 2, 3, 4"
            ),
            {"values": list(values)},
        )
        return [
            (contact_id, (type_, namespace, value), level)
            for contact_id, type_, namespace, value, level in rows
        ]

    def records(self, record_ids: Collection[str]) -> dict[str, int]:
        """Delete everything that is kept of the records; return how many rows of each table."""
        return {
            table: self._delete(statement, ids=id_array(record_ids))
            for table, statement in _BY_RECORD.items()
        }

    def rejects(self, patterns: Iterable[str], source: str | None = None) -> int:
        """Delete rejected entries, of one source if given, whose text matches one of the regular expressions."""
        return sum(
            self._delete(
                "DELETE FROM rejects WHERE raw ~* :pattern"
                " AND (CAST(:source AS text) IS NULL OR source = :source)",
                pattern=each,
                source=source,
            )
            for each in patterns
        )

    def decision(self, decision: Decision, left: Decision | None, erased: Collection[str]) -> None:
        """Replace a decision by what is `left` of it, if anything."""
        if left is None:
            self._delete("DELETE FROM decision_records WHERE decision_id = :id", id=decision.id)
            self._delete("DELETE FROM decisions WHERE id = :id", id=decision.id)
            return
        self._delete(
            "DELETE FROM decision_records WHERE decision_id = :id AND record_id = ANY(CAST(:ids AS text[]))",
            id=decision.id,
            ids=id_array(erased),
        )
        self._connection.execute(
            tables.decisions.update()
            .where(tables.decisions.c.id == decision.id)
            .values(
                sides=[list(side) for side in left.sides],
                reason=left.reason,
                withdrawn_because=left.withdrawn_because,
            )
        )

    def marks(self, keys: Iterable[Key]) -> int:
        """Delete what was decided about identifiers that no record holds any more; return how many."""
        return sum(
            self._delete(
                "DELETE FROM decisions d WHERE kind IN ('common', 'own')"
                " AND (type, namespace, value) = (:type, :namespace, :value) AND NOT EXISTS (SELECT 1"
                " FROM identifiers i WHERE (i.value, i.type, i.namespace) = (d.value, d.type, d.namespace))",
                type=type_,
                namespace=namespace,
                value=value,
            )
            for type_, namespace, value in keys
        )

    def _delete(self, statement: str, **values: Any) -> int:  # noqa: ANN401 - whatever the statement takes
        return int(self._connection.execute(text(statement), values).rowcount)
