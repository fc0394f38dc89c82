"""What Intercom lists: contacts, conversations, calls and notes; and how sure each identifier is."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import replace

from integrations.contract import About, ContactRecord, Identifier, Interaction, Level, Moment, Note
from integrations.payloads import Key, Payload, summary
from integrations.records import carrying, identified, name_told, time_taken
from integrations.streams import Seen

CONTACT = "contact:"
CALL = "call:"
PLACES = frozenset({"country", "region", "city"})

PHONE_CALL = "phone_call"
KINDS = {"conversation": "chat", "email": "email", PHONE_CALL: "call", "phone_switch": "chat"}
"""What a conversation is by the type of its source; others (sms, whatsapp, instagram ...) are messages. A switch is
a caller who was sent a link and went on in the Messenger."""


class Levels(Struct, frozen=True, kw_only=True):
    """How sure the identifiers of a contact are."""

    seen: Level
    """The account of one who has been in the Messenger; or of whom a program with an API token says so: it can write
    `last_seen_at`, and `external_id` too."""
    unseen: Level
    """The account of one who hasn't: the business's own server or an import has put it in."""
    email: Level
    phone: Level = Level.CLAIMED
    """Typed by a visitor or a colleague; nothing that Intercom signs holds it."""


_ANYBODY = Levels(seen=Level.CLAIMED, unseen=Level.CLAIMED, email=Level.CLAIMED)
# Intercom has no verified flag. Unless the workspace enforces identity verification, whoever opens the
# Messenger says which user and which e-mail address he is.

LEVELS: dict[bool | str, Levels] = {
    False: _ANYBODY,
    # The hash signs the user's id, and Intercom's server checks it. The e-mail address travels beside it
    # unsigned: taking it for more would let a user put somebody else's there and become that person.
    "hmac": Levels(seen=Level.VERIFIED, unseen=Level.STORED, email=Level.CLAIMED),
    # The token holds both, as the setting says. The address is what the business's own app has for this user: its
    # books. Whether he has proved it (`email_verified`) does not reach us, so it is never more than that.
    "jwt": Levels(seen=Level.VERIFIED, unseen=Level.STORED, email=Level.STORED),
}
LEVELS[True] = LEVELS["hmac"]  # Enforced, without saying how: the weaker of the two.

CALLED = {
    # The channel carried it, and it can be forged.
    "inbound": Level.OBSERVED,
    # Somebody at this line answered: whoever uses it has it now. A line is not a person.
    "answered": Level.OBSERVED,
    # Nobody but the one who dialled has said that there is such a line.
    "dialled": Level.CLAIMED,
}
"""How sure the other number of a call is."""
CALLER = Level.CLAIMED
# That a call is a contact's: Intercom finds the contact by the number, which anybody can have typed there.


class _Some(Payload):
    total_count: int | None = None


class Contact(Payload, kw_only=True):
    id: Key
    created_at: Moment
    updated_at: Moment
    role: str | None = None
    external_id: str | None = None
    email: str | None = None
    phone: str | None = None
    name: str | UnsetType | None = UNSET
    last_seen_at: Moment | None = None
    language: str | UnsetType | None = field(name="language_override", default=UNSET)
    location: dict[str, Any] | None = None
    custom_attributes: dict[str, Any] | None = None
    notes: _Some | None = None

    @property
    def noted(self) -> tuple[str, ...]:
        """The id, where there are notes to ask for."""
        return (self.id,) if self.notes is not None and self.notes.total_count else ()

    def record(self, levels: Levels, namespace: str) -> ContactRecord:
        return ContactRecord(
            id=f"{CONTACT}{self.id}",
            occurred_at=self.created_at,
            updated_at=self.updated_at,
            name=name_told(self.name),
            identifiers=tuple(self._identifiers(levels, namespace)),
            profile=self._profile(),
        )

    def _identifiers(self, levels: Levels, namespace: str) -> Iterator[Identifier]:
        if self.role != "user":
            # A lead's external_id is one that Intercom made up, and its words are a visitor's.
            levels = _ANYBODY
        elif self.external_id:
            level = levels.seen if self.last_seen_at else levels.unseen
            method = "session" if level is Level.VERIFIED else ""
            yield from identified(
                "account", self.external_id, level=level, namespace=namespace, method=method
            )
        yield from identified("email", self.email, level=levels.email)
        yield from identified("phone", self.phone, level=levels.phone)

    def _profile(self) -> dict[str, Any]:
        profile = dict(self.custom_attributes or {})
        profile |= {name: value for name, value in (self.location or {}).items() if name in PLACES}
        if self.language is not UNSET:
            profile["language"] = self.language
        return profile


class _Mentioned(Payload):
    id: Key


class _Mentions(Payload):
    contacts: tuple[_Mentioned, ...] = ()


class _Opening(Payload):
    """How a conversation began."""

    type: str = "conversation"
    delivered_as: str = "customer_initiated"
    subject: str | None = None
    body: str | None = None


class Conversation(Payload, kw_only=True):
    id: Key
    created_at: Moment
    updated_at: Moment
    title: str | None = None
    source: _Opening | None = None
    contacts: _Mentions | None = None

    def records(self, *, without: str) -> Iterator[ContactRecord]:
        """Return the versions of its contacts' records; none where its source is of the type `without`."""
        opening = self.source or _Opening()
        if opening.type == without:
            return
        for contact in (self.contacts or _Mentions()).contacts:
            said = self._interaction(opening, contact.id)
            yield carrying(said, of=f"{CONTACT}{contact.id}", changed_at=self.updated_at)

    def _interaction(self, opening: _Opening, contact: str) -> Interaction:
        said = (self.title, opening.subject, opening.body)
        return Interaction(
            # In a conversation of several contacts each has an interaction of its own.
            id=f"{self.id}:{contact}",
            kind=KINDS.get(opening.type, "message"),
            at=self.created_at,
            direction="inbound" if opening.delivered_as == "customer_initiated" else "outbound",
            summary=summary(*map(_plain, said)),
        )


class Call(Payload, kw_only=True):
    id: Key
    created_at: Moment
    updated_at: Moment | None = None
    initiated_at: Moment | None = None
    answered_at: Moment | None = None
    ended_at: Moment | None = None
    direction: str | None = None
    state: str | None = None
    ended_reason: str | None = None
    contact_id: str | None = None
    phone: str | None = None

    @property
    def seen(self) -> Seen:
        # Delivered all the same, should it never be said to have ended; and read again until it is.
        return Seen.when(self.created_at, is_open=self.ended_at is None)

    def records(self, source: str) -> Iterator[ContactRecord]:
        """Return the call as a record of its own, or as a version of its contact's where it has no number."""
        key = f"{CALL}{self.id}"
        is_inbound = self.direction == "inbound"
        call = Interaction(
            id=key,
            kind="call",
            at=self.initiated_at or self.created_at,
            direction="inbound" if is_inbound else "outbound",
            summary=self._summary(),
        )
        record = carrying(call, changed_at=self.updated_at or self.created_at)
        contact = f"{CONTACT}{self.contact_id}" if self.contact_id else ""
        if not self.phone:
            # Made in the Messenger, or withheld: no number can have led Intercom to the contact.
            yield replace(record, id=contact or key)
            return
        level = CALLED["inbound" if is_inbound else "answered" if self.answered_at else "dialled"]
        yield replace(
            record,
            identifiers=identified("phone", self.phone, level=level),
            about=About(source, contact, level=CALLER) if contact else None,
        )

    def _summary(self) -> str:
        talked = self.ended_at - self.answered_at if self.ended_at and self.answered_at else timedelta(0)
        how = (self.ended_reason or self.state or "").replace("_", " ")
        return summary(how, time_taken(round(talked.total_seconds())), between=", ")


class _Author(Payload):
    name: str | None = None


class ContactNote(Payload, kw_only=True):
    id: Key
    created_at: Moment
    body: str | None = None
    author: _Author | None = None

    def note(self) -> Note:
        author = (self.author.name if self.author else None) or ""
        return Note(id=f"note:{self.id}", at=self.created_at, body=_plain(self.body), author=author)


def noted(contact: str, entry: ContactNote) -> Iterator[ContactRecord]:
    """Return the version of the contact's record that a note makes."""
    yield carrying(entry.note(), of=f"{CONTACT}{contact}", changed_at=entry.created_at)


def _plain(html: str | None) -> str:
    """Return the words of a text that may be HTML."""
    # A tag holds no "<" either: else a text of nothing but those would be searched to its end for each of them.
    return " ".join(unescape(re.sub(r"<[^<>]*>", " ", html or "")).split())
