"""What Chatwoot lists: contacts, conversations with their sender, and messages; and how sure each identifier is."""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from integrations.contract import ContactRecord, Identifier, Interaction, Level, Moment, Note
from integrations.payloads import Payload, summary
from integrations.records import carrying, identified

PREFIX = "contact:"
PLACES = frozenset({"country", "city"})
MADE_UP = re.compile(r"[a-z]+-[a-z]+-\d+")
"""The name that Chatwoot makes for a visitor ("silent-river-17")."""

SIGNED: dict[bool, tuple[Level, str]] = {
    # A visitor's session was verified by the HMAC of the identifier it then had. But unless every inbox insists on
    # the HMAC, he can have given another contact somebody's identifier and his own e-mail address without one, and
    # then let Chatwoot merge the verified session into that contact by the address.
    False: (Level.CLAIMED, ""),
    # Where no inbox takes an identifier unsigned, such a contact cannot be made: the identifier is the one signed.
    True: (Level.VERIFIED, "hmac"),
}
"""How sure the identifier is in a session that the server calls verified, by whether all inboxes insist on that."""

UNSIGNED = Level.CLAIMED
# Without the HMAC the visitor's own word; set by a program of the business it looks just the same.
TYPED = Level.CLAIMED
# An e-mail address or a number: typed by a visitor or a colleague, and nothing tells which. Chatwoot lets a visitor
# give anybody's.
CARRIED = Level.OBSERVED
# The number of one who wrote by a channel of telephone numbers. A colleague may have edited it since, and a merge
# may have changed it: so it is a line, and no person.
CARRIERS = frozenset({"Channel::Whatsapp", "Channel::Sms", "Channel::TwilioSms", "Channel::Voice"})

KINDS = {
    "Channel::WebWidget": "chat",
    "Channel::Api": "chat",
    "Channel::Email": "email",
    "Channel::Voice": "call",
}
"""What a conversation is by its channel; others (WhatsApp, SMS, Facebook ...) are messages."""


class Accounts(Struct, frozen=True):
    """What the settings say of identifiers."""

    namespace: str
    signed: tuple[Level, str]


class Contact(Payload, kw_only=True):
    id: int
    created_at: Moment
    last_activity_at: Moment | None = None
    name: str | UnsetType | None = UNSET
    email: str | None = None
    phone_number: str | None = None
    identifier: str | None = None
    additional_attributes: dict[str, Any] | None = None
    custom_attributes: dict[str, Any] | None = None

    def record(self, accounts: Accounts, *, signed: bool = False, carrier: str = "") -> ContactRecord:
        beside = self.additional_attributes or {}
        places = {name: value for name, value in beside.items() if name in PLACES}
        return ContactRecord(
            id=f"{PREFIX}{self.id}",
            occurred_at=self.created_at,
            name=UNSET if self.name is UNSET else self._full_name,
            identifiers=self._identifiers(accounts, signed=signed, carrier=carrier),
            profile={**(self.custom_attributes or {}), **places},
        )

    @property
    def _full_name(self) -> str | None:
        """The name, unless Chatwoot or the channel put something else in its place."""
        name = self.name or ""
        is_name = any(map(str.isalpha, name)) and name != self.email and not MADE_UP.fullmatch(name)
        return name if is_name else None

    def _identifiers(self, accounts: Accounts, *, signed: bool, carrier: str) -> tuple[Identifier, ...]:
        level, method = accounts.signed if signed else (UNSIGNED, "")
        return (
            *identified("account", self.identifier, level=level, namespace=accounts.namespace, method=method),
            *identified("email", self.email, level=TYPED),
            *identified("phone", self.phone_number, level=CARRIED if carrier in CARRIERS else TYPED),
        )


class _Said(Payload, kw_only=True):
    content: str | None = None
    private: bool = False


class _Meta(Payload, kw_only=True):
    sender: Contact | None = None
    channel: str | None = None
    hmac_verified: bool | None = None


class Conversation(Payload, kw_only=True):
    id: int
    created_at: Moment
    last_activity_at: Moment
    meta: _Meta
    last_non_activity_message: _Said | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        return (f"{self.id}:{self.meta.sender.id}",) if self.meta.sender is not None else ()

    def records(self, accounts: Accounts) -> Iterator[ContactRecord]:
        sender, channel = self.meta.sender, self.meta.channel or ""
        if sender is None:
            return
        said = self.last_non_activity_message
        words = None if said is None or said.private else said.content
        conversation = Interaction(
            id=f"conversation:{self.id}",
            kind=KINDS.get(channel, "message"),
            at=self.created_at,
            summary=summary(words),
        )
        yield replace(
            sender.record(accounts, signed=bool(self.meta.hmac_verified), carrier=channel),
            occurred_at=self.created_at,
            updated_at=self.last_activity_at,
            interactions=(conversation,),
        )


class _Author(Payload):
    name: str | None = None


class Message(Payload, kw_only=True):
    id: int
    created_at: Moment
    content: str | None = None
    private: bool = False
    sender: _Author | None = None

    def notes(self) -> Iterator[Note]:
        if self.private and self.content:
            author = (self.sender.name if self.sender else None) or ""
            yield Note(id=f"message:{self.id}", at=self.created_at, body=self.content, author=author)


def noted(conversation: str, message: Message) -> Iterator[ContactRecord]:
    """Return the version of the contact's record that a private message makes."""
    for note in message.notes():
        yield carrying(note, of=PREFIX + conversation.partition(":")[2], changed_at=note.at)
