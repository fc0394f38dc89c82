"""Intercom: contacts, and the conversations they had.

A contact of Intercom's is one record, with Intercom's id. A conversation is a further version of each of its
contacts' records that carries the interaction and nothing else: no name, no profile, no identifier, so it
changes nothing that the contact's own version says. Its times are the conversation's: the earliest
`occurred_at` over a record's versions is the record's, so a conversation that began later moves nothing.

What the vendor's search does, and what is done about it:
- `updated_at >` is matched by calendar day in the workspace's time zone (the description), or by the second
  (measured by others). So a run asks from more than a day before and drops what is older than its window.
- A new contact may be searchable only minutes later: the window reaches back by a quarter of an hour.
- A contact that was merged or deleted is gone without a word. So the whole list is read once a day: the record of
  one who is not in it stays, marked as deleted, and joins nobody: Intercom merges by e-mail addresses and numbers
  that nobody has proved, and does not say into whom.
- No notes come: a contact lists only links to them.
- Of a signed identity only its outcome comes: neither the token's own id nor its expiry, nor whether an address
  was verified. So no identifier here has a token, and replays are for Intercom's server to refuse.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from html import unescape
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field
from msgspec.structs import replace

from integrations.changes import Newest, Whole
from integrations.contract import ContactRecord, Identifier, Interaction, Level, Moment, Page
from integrations.credentials import bearer
from integrations.http import HttpApi, Request
from integrations.limits import Rate
from integrations.paging import Answer, At, Token
from integrations.payloads import Key, Payload, read_entries
from integrations.rest import Rest, Stream, Swept
from integrations.source import Source
from integrations.streams import Overlap, Seen

VERSION = "2.15"
HOSTS = {
    "us": "https://api.intercom.io",
    "eu": "https://api.eu.intercom.io",
    "au": "https://api.au.intercom.io",
}
LARGEST_PAGE = 150
OVERLAP = Overlap(least=15 * 60, most=15 * 60)
RATES = (Rate(requests=1600, seconds=10),)
"""An app has 10,000 requests a minute, which are dealt out in windows of ten seconds."""
DAY = 26 * 60 * 60
"""Seconds to ask back by, so that the window begins after the next midnight: the longest day has 25 hours."""
MOST_IDS = 15
"""Ids in one search: a group of filters has at most 15, and an IN stands for such a group."""
LONGEST_SUMMARY = 2000
PLACES = frozenset({"country", "region", "city"})

KINDS = {"conversation": "chat", "email": "email", "phone_call": "call", "phone_switch": "call"}
"""What a conversation is by the type of its source; others (sms, whatsapp, instagram ...) are messages."""


class _Levels(Struct, frozen=True, kw_only=True):
    """How sure the identifiers of a contact are."""

    seen: Level
    """The account of one who has been in the Messenger."""
    unseen: Level
    """The account of one who hasn't: the business's own server or an import has put it in."""
    email: Level
    phone: Level = Level.CLAIMED
    """Typed by a visitor or a colleague; nothing that Intercom signs holds it."""


_ANYBODY = _Levels(seen=Level.CLAIMED, unseen=Level.CLAIMED, email=Level.CLAIMED)
# Intercom has no verified flag. Unless the workspace enforces identity verification, whoever opens the
# Messenger says which user and which e-mail address he is.

LEVELS: dict[bool | str, _Levels] = {
    False: _ANYBODY,
    # The hash signs the user's id, and Intercom's server checks it. The e-mail address travels beside it
    # unsigned: taking it for more would let a user put somebody else's there and become that person.
    "hmac": _Levels(seen=Level.VERIFIED, unseen=Level.STORED, email=Level.CLAIMED),
    # The token holds both. The address is what the business's own app has for this user; the person has
    # proved the account, not the address.
    "jwt": _Levels(seen=Level.VERIFIED, unseen=Level.STORED, email=Level.STORED),
}
LEVELS[True] = LEVELS["hmac"]  # Enforced, without saying how: the weaker of the two.


class IntercomSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of an Intercom source."""

    data_region: Literal["us", "eu", "au"] = "us"
    base_url: str | None = None
    """In place of the region's address."""
    identity_verification: bool | Literal["hmac", "jwt"] = False
    """Whether the workspace enforces it for the Messenger, and how. Not enforced is as good as absent."""
    reconcile_hours: Annotated[float, Meta(ge=1)] = 24
    """How often the whole list of contacts is read, to see which were deleted or merged away."""
    account_namespace: str | None = None
    """Whose accounts `external_id` names. None: this source's own, equal to no other source's."""


class _Contact(Payload, kw_only=True):
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

    @property
    def seen(self) -> Seen:
        return Seen(int(self.updated_at.timestamp()))

    def record(self, levels: _Levels, namespace: str) -> ContactRecord:
        return ContactRecord(
            id=self.id,
            occurred_at=self.created_at,
            updated_at=self.updated_at,
            name=UNSET if self.name is UNSET else self.name or None,
            identifiers=tuple(self._identifiers(levels, namespace)),
            profile=self._profile(),
        )

    def _identifiers(self, levels: _Levels, namespace: str) -> Iterator[Identifier]:
        if self.role != "user":
            # A lead's external_id is one that Intercom made up, and its words are a visitor's.
            levels = _ANYBODY
        elif self.external_id:
            level = levels.seen if self.last_seen_at else levels.unseen
            method = "session" if level is Level.VERIFIED else ""
            yield Identifier(
                type="account", namespace=namespace, value=self.external_id, level=level, method=method
            )
        if self.email:
            yield Identifier(type="email", value=self.email, level=levels.email)
        if self.phone:
            yield Identifier(type="phone", value=self.phone, level=levels.phone)

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


class _Conversation(Payload, kw_only=True):
    id: Key
    created_at: Moment
    updated_at: Moment
    title: str | None = None
    source: _Opening | None = None
    contacts: _Mentions | None = None

    @property
    def seen(self) -> Seen:
        return Seen(int(self.updated_at.timestamp()))

    def records(self) -> Iterator[ContactRecord]:
        for contact in (self.contacts or _Mentions()).contacts:
            yield ContactRecord(
                id=contact.id,
                occurred_at=self.created_at,
                updated_at=self.updated_at,
                identifiers=(),
                interactions=(self._interaction(contact.id),),
            )

    def _interaction(self, contact: str) -> Interaction:
        opening = self.source or _Opening()
        said = (self.title, opening.subject, opening.body)
        return Interaction(
            # In a conversation of several contacts each has an interaction of its own.
            id=f"{self.id}:{contact}",
            kind=KINDS.get(opening.type, "message"),
            at=self.created_at,
            direction="inbound" if opening.delivered_as == "customer_initiated" else "outbound",
            summary=": ".join(filter(None, map(_plain, said)))[:LONGEST_SUMMARY],
        )


def _plain(html: str | None) -> str:
    """Return the words of a text that may be HTML."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html or "")).split())


class Intercom:
    """Reads contacts, then conversations; and now and then all contacts, to see which are gone."""

    def __init__(self, source: Source) -> None:
        options = source.options(IntercomSettings)
        self._levels = LEVELS[options.identity_verification]
        self._namespace = options.account_namespace or source.name
        self._api = HttpApi(
            source.name,
            options.base_url or HOSTS[options.data_region],
            auth=bearer(source.name, source.secret("access_token")),
            headers={"Intercom-Version": VERSION},
            rates=RATES,
            limiter=source.limiter,
        )
        changed = Stream(
            name="contacts",
            path="/contacts/search",
            entries="data",
            into=_Contact,
            seen=lambda contact: contact.seen,
            records=self._contact,
            body=_changed_since,
            changes=Newest(overlap=OVERLAP),
            paging=Token(
                "pages.next.starting_after", "pagination.starting_after", size="pagination.per_page"
            ),
            largest=LARGEST_PAGE,
            permission="Read and list users and companies",
        )
        conversations = replace(
            changed,
            name="conversations",
            path="/conversations/search",
            entries="conversations",
            into=_Conversation,
            records=_Conversation.records,
            permission="Read conversations",
        )
        everybody = Stream(
            name="all-contacts",
            path="/contacts",
            entries="data",
            into=_Contact,
            records=self._contact,
            changes=Whole(every=timedelta(hours=options.reconcile_hours), at_first=False),
            paging=Token("pages.next.starting_after", "starting_after", size="per_page"),
            largest=LARGEST_PAGE,
            sweeps=Swept(),
        )
        self._rest = Rest(source, self._api, (changed, conversations, everybody))
        self.fetch = self._rest.fetch
        self.parts = self._rest.parts

    def refetch(self, ids: Sequence[str]) -> Page:
        """Return these contacts as they are now, on a page without a cursor.

        Those that were merged or deleted since are not among them.
        """
        items: list[Raw] = []
        for start in range(0, len(ids), MOST_IDS):
            among = {"field": "id", "operator": "IN", "value": list(ids[start : start + MOST_IDS])}
            asked = {"query": among, "pagination": {"per_page": MOST_IDS}}
            found = Request(path="/contacts/search", method="POST", body=asked)
            items += self._api.read(found, lambda body: Answer(body, "data").entries)
        read = read_entries(items, _Contact, where="contacts", records=self._contact)
        return Page(deliveries=read.deliveries, rejected=read.rejected, cursor="", more=False)

    def _contact(self, contact: _Contact) -> Iterable[ContactRecord]:
        return (contact.record(self._levels, self._namespace),)


def _changed_since(at: At) -> dict[str, Any]:
    return {
        "query": {"field": "updated_at", "operator": ">", "value": max(at.since - DAY, 0)},
        # Oldest first: what changes while we read moves to the end and is read there.
        "sort": {"field": "updated_at", "order": "ascending"},
    }
