"""Contacts in the database: which record is whose, and what each contact looks like."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from config.sources import RESERVED
from worker.domain.contacts import Contact, decode, encode
from worker.domain.records import is_id
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
        """Return the contact that any id ever shown leads to: every id is some record's.

        The id of a proof given here that was withdrawn leads to the contact that it was about. Any other record
        that is on no contact waits to be resolved: what it says it is about may be a mere claim.
        """
        if not is_id(some_id):
            return None
        contact_id = self.membership([some_id]).get(some_id)
        if contact_id is None:
            row = self._connection.execute(
                text(
                    "SELECT m.contact_id FROM records r JOIN members m ON m.record_id = r.about"
                    " WHERE r.id = :id AND r.source = :given_here"
                ),
                {"id": some_id, "given_here": RESERVED},
            ).first()
            contact_id = None if row is None else row.contact_id
        return None if contact_id is None else self.get(contact_id)

    def replace(
        self,
        gone: Sequence[str],
        written: Sequence[Contact],
        stale: Sequence[str],
        moved: dict[str, str],
        policy: int,
    ) -> None:
        """Write contacts and members, as judged by a version of the policy.

        Args:
            gone: Contacts whose present text goes.
            written: The contacts to write.
            stale: Records that are in another contact now, or in none.
            moved: The contact of each record that is new or is in another one now.
            policy: The number of the version.
        """
        if gone:
            self._connection.execute(
                text("DELETE FROM contacts WHERE id = ANY(CAST(:ids AS text[]))"), {"ids": id_array(gone)}
            )
        if stale:
            self._connection.execute(
                text("DELETE FROM members WHERE record_id = ANY(CAST(:ids AS text[]))"),
                {"ids": id_array(stale)},
            )
        copy_rows(self._connection, tables.contacts, (_contact_row(each, policy) for each in written))
        copy_rows(self._connection, tables.members, moved.items())

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

    def carried(self) -> dict[str, tuple[int, int]]:
        """Return for each record that carries any how many interactions and notes it carries."""
        rows = self._connection.execute(
            text(
                "SELECT record_id, sum(i), sum(n) FROM (SELECT record_id, 1 i, 0 n FROM interactions"
                " UNION ALL SELECT record_id, 0, 1 FROM notes) each GROUP BY 1"
            )
        )
        return {record_id: (int(interactions), int(notes)) for record_id, interactions, notes in rows}

    def judged_by(self, contact_id: str) -> int:
        """Return the version of the policy by which a contact became what it is; 0 where none was kept."""
        found = self._connection.execute(
            text("SELECT coalesce(policy, 0) FROM contacts WHERE id = :id"), {"id": contact_id}
        )
        return int(found.scalar() or 0)

    def counts(self) -> dict[str, int]:
        """Return how many contacts of each kind there are."""
        rows = self._connection.execute(text("SELECT kind, count(*) FROM contacts GROUP BY kind"))
        return {row[0]: row[1] for row in rows}


def _contact_row(contact: Contact, policy: int) -> tuple[object, ...]:
    body = encode(contact)
    return (contact.id, contact.kind.value, contact.name, contact.converted_at, body, policy or None)
