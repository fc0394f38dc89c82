"""What agents ask: who is calling, what is known, why; and the notes they write."""

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from worker.domain import identifiers, phones
from worker.domain.conflicts import Conflict
from worker.domain.contacts import Contact, Kind, fields_of
from worker.domain.evidence import OBSERVED, VERIFIED
from worker.domain.identifiers import Key
from worker.domain.records import Key as RecordKey
from worker.domain.records import Record
from worker.domain.suggestions import Suggestion
from worker.jobs import convert
from worker.jobs.explain import Around, around
from worker.jobs.policy import policy_in_force
from worker.storage.changes import ChangeRow
from worker.storage.people import InteractionRow, NoteRow
from worker.storage.unit_of_work import Transaction, UnitOfWork

LONG_GAP = timedelta(days=365)
"""A line that was silent for this long may have a new owner: numbers are given out again within months."""
SHOWN_INTERACTIONS = 10


class UnknownIdError(Exception):
    """Raised when an id leads to no contact."""


class NotAnIdentifierError(Exception):
    """Raised when what was asked for is no usable identifier; the message gives the reason."""


class Profile(NamedTuple):
    """A contact with everything that stands on its records."""

    contact: Contact
    records: list[Record]
    interactions: list[InteractionRow]
    notes: list[NoteRow]
    suggestions: list[Suggestion]
    conflicts: list[Conflict]
    fields: dict[str, Any]
    policy: int = 0
    """The version of the policy by which the contact became what it is."""

    @property
    def gone(self) -> int:
        """How many of its records were deleted at their source. Their history stays."""
        return sum(record.deleted for record in self.records)

    @property
    def last_at(self) -> datetime | None:
        """When the contact was last in touch."""
        return max((each.at for each in self.interactions), default=None)


class Match(NamedTuple):
    """One contact that holds what was asked for."""

    how: str
    """"is this line", "may be", or "claims it": what an agent may believe."""
    profile: Profile


class Panel(NamedTuple):
    """What an agent sees when the phone rings."""

    type: str
    value: str
    matches: list[Match]
    hints: list[str]


class Explained(NamedTuple):
    """Why a contact is what it is: its proofs with what they rest on, and what stands around it."""

    profile: Profile
    around: Around
    changes: list[ChangeRow]


class People:
    """Answers agents' questions."""

    def __init__(self, uow: UnitOfWork) -> None:
        """Ask this database."""
        self._uow = uow

    def lookup(
        self, type_: str, value: str, *, region: str | None, namespace: str = "", now: datetime
    ) -> Panel:
        """Return who an identifier belongs, or may belong, to. Exact equality of canonical values only.

        Raises:
            NotAnIdentifierError: the value has no canonical form.
        """
        key = key_of(type_, value, region=region, namespace=namespace)
        with self._uow.begin() as tx:
            rows = [row for row in tx.people.holders([key[2]]) if (row.type, row.namespace) == key[:2]]
            profiles = {
                each.id: _profile(tx, each)
                for each in tx.contacts.get_all(sorted({r.contact_id for r in rows}))
            }
        highest: dict[str, int] = {}
        for row in rows:
            highest[row.contact_id] = max(row.level, highest.get(row.contact_id, 0))
        matches = [Match(_how(profile.contact, highest[each]), profile) for each, profile in profiles.items()]
        matches.sort(key=lambda match: (_ORDER[match.how], match.profile.contact.id))
        return Panel(type_, key[2], matches, _hints(matches, type_, key[2], now))

    def profile(self, some_id: str) -> Profile:
        """Return the contact that any id ever shown leads to.

        Raises:
            UnknownIdError: no record has this id.
        """
        with self._uow.begin() as tx:
            return _profile(tx, find(tx, some_id))

    def why(self, some_id: str) -> Explained:
        """Return why a contact is what it is.

        Raises:
            UnknownIdError: no record has this id.
        """
        with self._uow.begin() as tx:
            profile = _profile(tx, find(tx, some_id))
            changes = tx.changes.of(list(profile.contact.record_ids))
            stands_around = around(tx, profile.contact, profile.conflicts)
        return Explained(profile, stands_around, changes)

    def note(self, some_id: str, body: str, author: str, now: datetime) -> NoteRow:
        """Write a note on the record whose id was given: it stays with that record through joins and splits.

        A proof that was given here can be withdrawn, so what is written under its id belongs to the record
        that it is about.

        Raises:
            UnknownIdError: no record has this id.
        """
        note = NoteRow(f"note-{secrets.token_hex(8)}", now, author, body, some_id)
        with self._uow.begin() as tx:
            tx.sources.keep()
            find(tx, some_id)
            note = note._replace(record_id=convert.subject_of(tx, some_id))
            tx.people.write_note(note.record_id, note)
        return note


def key_of(type_: str, value: str, *, region: str | None, namespace: str = "") -> RecordKey:
    """Return the canonical form of an identifier that somebody typed.

    Raises:
        NotAnIdentifierError: the value has no canonical form.
    """
    form = identifiers.canonical(type_, namespace, value, region)
    if form is phones.NO_COUNTRY:
        raise NotAnIdentifierError("has no country code. Write it with + and the code, or say --region ES")
    if not isinstance(form, Key):
        raise NotAnIdentifierError(form.reason)
    return type_, form.namespace, form.value


_ORDER = {"is this line": 0, "proved it": 1, "may be": 2, "claims it": 3}


def _how(contact: Contact, level: int) -> str:
    """Say what holding a value at `level` means for an agent."""
    if level >= VERIFIED:
        return "proved it"
    if level < OBSERVED:
        return "claims it"
    return "may be" if contact.kind is Kind.USER else "is this line"


def find(tx: Transaction, some_id: str) -> Contact:
    """Return the contact that any id ever shown leads to.

    Raises:
        UnknownIdError: no record has this id.
    """
    contact = tx.contacts.find(some_id)
    if contact is None:
        erased_at = tx.tombstones.erased_at(some_id)
        erased = "" if erased_at is None else f" It was erased on {erased_at:%Y-%m-%d}."
        raise UnknownIdError(f"No contact has the id {some_id}.{erased}")
    return contact


def _profile(tx: Transaction, contact: Contact) -> Profile:
    ids = list(contact.record_ids)
    records = tx.evidence.load(ids)
    return Profile(
        contact,
        records,
        tx.people.interactions(ids, SHOWN_INTERACTIONS),
        tx.people.notes(ids),
        tx.suggestions.of([contact.id]),
        tx.cases.of(ids),
        fields_of(records, policy_in_force(tx), tx.decisions.naming(ids)),
        tx.contacts.judged_by(contact.id),
    )


def _hints(matches: list[Match], type_: str, value: str, now: datetime) -> list[str]:
    """Return what an agent should keep in mind. No values: hints may end up in logs."""
    hints = []
    holders = [match for match in matches if match.how in {"proved it", "may be"}]
    if type_ == "phone" and holders:
        hints.append("A number is not a person: verify before you share anything.")
    if len(holders) > 1:
        hints.append(f"{len(holders)} contacts hold it. Nobody is picked.")
    last = max((at for match in matches if (at := match.profile.last_at)), default=None)
    if last is not None and now - last > LONG_GAP:
        hints.append(f"Long gap: last contact {last:%Y-%m-%d}. It may be someone else now.")
    if not matches and type_ == "phone" and phones.variants(value):
        hints.append(
            "Nobody has exactly this number; it has other spellings. Try the number as it was dialled."
        )
    return hints
