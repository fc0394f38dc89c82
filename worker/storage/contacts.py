"""Contacts in the database: which record is whose, what each contact looks like, and what changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert

from worker.domain.contacts import Contact, decode, encode
from worker.domain.records import is_id
from worker.domain.resolve import Conflict
from worker.storage import tables
from worker.storage.database import copy_rows, id_array


class Counted(NamedTuple):
    """A contact with how many interactions and notes its records carry."""

    contact: Contact
    interactions: int
    notes: int


class ContactStore:
    """Reads and writes contacts inside one transaction. Only the resolve job writes."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def membership(self, record_ids: Sequence[str]) -> dict[str, str]:
        """Return the contact of each record that has one."""
        rows = self._connection.execute(
            text("SELECT record_id, contact_id FROM members WHERE record_id = ANY(CAST(:ids AS text[]))"),
            {"ids": id_array(record_ids)},
        )
        return {row[0]: row[1] for row in rows}

    def bodies(self, contact_ids: Sequence[str]) -> dict[str, str]:
        """Return the stored text of contacts, by id."""
        rows = self._connection.execute(
            text("SELECT id, body FROM contacts WHERE id = ANY(CAST(:ids AS text[]))"),
            {"ids": id_array(contact_ids)},
        )
        return {row[0]: row[1] for row in rows}

    def all_bodies(self) -> dict[str, str]:
        """Return the stored text of all contacts, by id, for a comparison with a rebuild."""
        return {row[0]: row[1] for row in self._connection.execute(text("SELECT id, body FROM contacts"))}

    def members_of(self, contact_ids: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the ids of the records of each contact."""
        return [decode(body).record_ids for body in self.bodies(contact_ids).values()]

    def get_all(self, contact_ids: Sequence[str]) -> list[Contact]:
        """Return the contacts with these present ids, as far as there are any."""
        return [decode(body) for body in self.bodies(contact_ids).values()]

    def get(self, contact_id: str) -> Contact | None:
        """Return one contact by its present id."""
        body = self.bodies([contact_id]).get(contact_id)
        return None if body is None else decode(body)

    def find(self, some_id: str) -> Contact | None:
        """Return the contact that any id ever shown leads to: every id is some record's."""
        if not is_id(some_id):
            return None
        contact_id = self.membership([some_id]).get(some_id)
        return None if contact_id is None else self.get(contact_id)

    def replace(
        self, gone: Sequence[str], written: Sequence[Contact], moved: dict[str, str], *, fresh: bool
    ) -> None:
        """Write contacts and members. `fresh` says that none of them was there before."""
        if gone:
            self._connection.execute(
                text("DELETE FROM contacts WHERE id = ANY(CAST(:ids AS text[]))"), {"ids": id_array(gone)}
            )
        if moved and not fresh:
            self._connection.execute(
                text("DELETE FROM members WHERE record_id = ANY(CAST(:ids AS text[]))"),
                {"ids": id_array(moved)},
            )
        copy_rows(self._connection, tables.contacts, map(_contact_row, written))
        copy_rows(self._connection, tables.members, moved.items())

    def log(self, at: datetime, changes: Iterable[tuple[str, str, dict[str, object]]]) -> None:
        """Add rows to the log of changes: kind, contact, detail (ids and rules only)."""
        rows = [
            {"at": at, "kind": kind, "contact_id": contact_id, "detail": detail}
            for kind, contact_id, detail in changes
        ]
        if rows:
            self._connection.execute(tables.changes.insert(), rows)

    def changes(self, contact_ids: Sequence[str]) -> list[tuple[datetime, str, str, dict[str, object]]]:
        """Return the logged changes of contacts, oldest first: time, kind, contact, detail."""
        rows = self._connection.execute(
            text(
                "SELECT at, kind, contact_id, detail FROM changes"
                " WHERE contact_id = ANY(CAST(:ids AS text[])) ORDER BY id"
            ),
            {"ids": id_array(contact_ids)},
        )
        return [(at, kind, contact_id, detail) for at, kind, contact_id, detail in rows]

    def latest_changes(self, limit: int) -> list[tuple[datetime, str, str, dict[str, object]]]:
        """Return the newest logged changes, newest first: time, kind, contact, detail."""
        rows = self._connection.execute(
            text("SELECT at, kind, contact_id, detail FROM changes ORDER BY id DESC LIMIT :limit"),
            {"limit": limit},
        )
        return [(at, kind, contact_id, detail) for at, kind, contact_id, detail in rows.all()]

    def converted(self, limit: int) -> list[str]:
        """Return the contacts that were a lead and became a user, the latest first."""
        rows = self._connection.execute(
            text(
                "SELECT contact_id FROM changes WHERE kind = 'converted' GROUP BY 1 ORDER BY max(id) DESC LIMIT :limit"
            ),
            {"limit": limit},
        )
        return list(rows.scalars().all())

    def replace_conflicts(self, record_ids: Sequence[str], found: Iterable[tuple[str, Conflict]]) -> None:
        """Make `found` the only conflict cases that touch `record_ids`."""
        self._connection.execute(
            text("DELETE FROM conflicts WHERE records && CAST(:ids AS text[])"), {"ids": id_array(record_ids)}
        )
        rows = [
            {
                "id": case_id,
                "kind": case.kind,
                "reason": case.reason,
                "type": case.key[0] if case.key else None,
                "namespace": case.key[1] if case.key else None,
                "value": case.key[2] if case.key else None,
                "records": list(case.records),
            }
            for case_id, case in found
        ]
        if rows:
            self._connection.execute(insert(tables.conflicts).on_conflict_do_nothing(), rows)

    def conflicts_of(self, record_ids: Sequence[str]) -> list[Conflict]:
        """Return the open conflict cases that touch any of the records."""
        rows = self._connection.execute(
            text(
                "SELECT kind, reason, type, namespace, value, records FROM conflicts"
                " WHERE records && CAST(:ids AS text[]) ORDER BY id"
            ),
            {"ids": id_array(record_ids)},
        )
        return [
            Conflict(kind, reason, (type_, namespace, value) if value is not None else None, tuple(records))
            for kind, reason, type_, namespace, value, records in rows
        ]

    def counted(self, contact_ids: Sequence[str] | None = None) -> Iterable[Counted]:
        """Return contacts sorted by id, each with its counts; all of them when no ids are given."""
        chosen = "" if contact_ids is None else "WHERE c.id = ANY(CAST(:ids AS text[]))"
        rows = self._connection.execute(
            text(
                "SELECT c.body, coalesce(i.n, 0), coalesce(n.n, 0) FROM contacts c"  # noqa: S608 - fixed text
                " LEFT JOIN (SELECT m.contact_id, count(*) n FROM interactions JOIN members m USING (record_id)"
                "   GROUP BY 1) i ON i.contact_id = c.id"
                " LEFT JOIN (SELECT m.contact_id, count(*) n FROM notes JOIN members m USING (record_id)"
                f"   GROUP BY 1) n ON n.contact_id = c.id {chosen} ORDER BY c.id"
            ),
            {} if contact_ids is None else {"ids": id_array(contact_ids)},
            execution_options={"yield_per": 2_000},
        )
        for body, interactions, notes in rows:
            yield Counted(decode(body), interactions, notes)

    def count_conflicts(self) -> int:
        """Return how many conflict cases are open."""
        return int(self._connection.execute(text("SELECT count(*) FROM conflicts")).scalar_one())

    def counts(self) -> dict[str, int]:
        """Return how many contacts of each kind there are."""
        rows = self._connection.execute(text("SELECT kind, count(*) FROM contacts GROUP BY kind"))
        return {row[0]: row[1] for row in rows}


def _contact_row(contact: Contact) -> tuple[object, ...]:
    return (contact.id, contact.kind.value, contact.name, contact.converted_at, encode(contact))
