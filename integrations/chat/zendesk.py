"""Zendesk Support with Talk: end users, the tickets they opened, and calls.

An end user is one record ("user:12"). A ticket is a further version of its requester's record that carries the
interaction and nothing else. A call of Talk's is a record of its own ("call:34") with the number that carried it:
Talk files a call under whoever has that number as his direct line, and a number is not the person. Agents and
admins are colleagues, and no contacts.

What the vendor's lists do, and what is done about it:
- An export keeps the place by a cursor, and leaves out the last minute, so that nothing is passed over. The same
  user or ticket twice is normal; landing drops it. A cursor that does not advance stops the run.
- Identities come beside the users in the same answer. One by one they would cost a request for each user, of ten
  that an account has in a minute.
- A deleted user is exported as inactive, one deleted for good under a name that says so: a deleted version.
- A merge leaves the loser inactive without a word about the winner, who gets its identities. So a merge is a
  deletion here, and identities that a merge may have brought (all but the primary one) prove nothing.
- A ticket tells of itself and of the side-loaded requester only. Comments would cost a request each: none come.
- 429 comes with `Retry-After`.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from integrations.changes import Kept
from integrations.chat.zendesk_tickets import CALLED_FROM, END_USER, Ticket
from integrations.contract import ContactRecord, Identifier, Level, Moment
from integrations.credentials import Credentials, basic, bearer
from integrations.errors import AccessError
from integrations.http import HttpApi, Values
from integrations.limits import Rate
from integrations.paging import At, Token
from integrations.payloads import Payload
from integrations.records import gone, identified, name_told
from integrations.rest import Rest, Stream
from integrations.sideload import SideLoad
from integrations.source import Source

RATES = (Rate(requests=10, seconds=60, group="incremental exports"),)
"""All exports of an account together. The account's own limit (200 a minute and more) is far above it."""
LARGEST_PAGE = 1000
FIRST_TIME = 1167609600
"""Where the first export begins: 2007, when there was no Zendesk yet."""
GONE = "Permanently Deleted User"
TALK_NAME = re.compile(r"(Caller )?\+?[\d() .-]{7,}")
"""How Talk names the user that it makes for an unknown caller."""

EMAILS: dict[str | None, tuple[Level, str]] = {
    # Zendesk itself has sent a link to this address and it was opened. Only Zendesk can say so.
    "full": (Level.VERIFIED, "link"),
    # The business's login or app states the address: its books. The person proved the account there, not the address.
    "sso": (Level.STORED, ""),
    "embed": (Level.STORED, ""),
    # An agent or a program of the business has marked it: the books' word, not the person's.
    "low": (Level.STORED, ""),
    # Verified, and no word of how (accounts and answers from before 2025): the weakest of the ways above.
    None: (Level.STORED, ""),
}
"""How sure the primary address of a user is, once verified, by `verification_method`; otherwise as below."""

UNPROVED = (Level.CLAIMED, "")
# Not verified: whoever wrote an e-mail or filled in a form has named it. Also the ways that are not known here.
EMAIL_BESIDE = UNPROVED
# An address that is not the primary one: a merge gives the winner all identities of the loser with their marks, and
# agents merge by resemblance. Two people's verified addresses on one record would make them one person.
EMAIL_SHARED = UNPROVED
# An address that Zendesk lets several users have (a household, a team): whoever reads it is not one person.

DIRECT_LINE = Level.CLAIMED
# Typed by an agent, by the user or by a program; nobody ever calls back to verify it.
SHARED_LINE = Level.CLAIMED
# A switchboard or a household: Zendesk itself tells it from a direct line.

ACCOUNT = Level.STORED
# `external_id` can be written by agents, programs and signed tokens, never by the end user: the business's books.

HANDLES = {
    # Made by the channel when somebody wrote through it; the API lets nobody add one.
    "any_channel": Level.OBSERVED,
    "messaging": Level.OBSERVED,
    # Agents can type these.
    "facebook": Level.CLAIMED,
    "google": Level.CLAIMED,
    "twitter": Level.CLAIMED,
}
"""Identities of other kinds. Not here: `foreign` and `sdk`, which mean something inside Zendesk only."""


class ZendeskSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a Zendesk source."""

    subdomain: Annotated[str, Meta(pattern="^[A-Za-z0-9-]+$")]
    user: str | None = None
    """The e-mail address of the admin whose API token is used."""
    base_url: str | None = None
    """In place of the subdomain's address."""
    account_namespace: str | None = None
    """Whose accounts `external_id` names. None: this source's own, equal to no other source's."""


class _Identity(Payload, kw_only=True):
    type: str
    value: str
    verified: bool = False
    primary: bool = False
    verification_method: str | None = None
    ownership: str | None = None

    def identifier(self, called_from: str) -> Identifier | None:
        if self.type == "email":
            level, method = EMAIL_BESIDE
            if self.ownership == "shared":
                level, method = EMAIL_SHARED
            elif self.primary and self.verified:
                level, method = EMAILS.get(self.verification_method, UNPROVED)
            return Identifier(type="email", value=self.value, level=level, method=method)
        if self.type == "phone_number":
            return Identifier(type="phone", value=self.value, level=_line(self.value, called_from))
        if self.type in HANDLES:
            level = HANDLES[self.type]
            return Identifier(type="handle", namespace=self.type, value=self.value, level=level)
        return None


class _User(Payload, kw_only=True):
    id: int
    created_at: Moment | None = None
    updated_at: Moment
    role: str | None = None
    active: bool | None = True
    name: str | UnsetType | None = UNSET
    email: str | None = None
    phone: str | None = None
    shared_phone_number: bool | None = None
    external_id: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    user_fields: dict[str, Any] | None = None
    identities: tuple[_Identity, ...] = ()

    def records(self, namespace: str) -> Iterator[ContactRecord]:
        is_gone = self.active is False or self.name == GONE
        if self.role not in ({END_USER, None} if is_gone else {END_USER}):
            return
        key, made_at = f"user:{self.id}", self.created_at or self.updated_at
        if is_gone:
            yield gone(key, made_at, self.updated_at)
            return
        yield ContactRecord(
            id=key,
            occurred_at=made_at,
            updated_at=self.updated_at,
            # Talk names an unknown caller by the number: that is no name.
            name=None if self._called_from else name_told(self.name),
            identifiers=tuple(self._identifiers(namespace)),
            profile={**(self.user_fields or {}), "language": self.locale, "time_zone": self.time_zone},
        )

    @property
    def _called_from(self) -> str:
        """The digits of the number that this user is named by; empty where he has a name."""
        name = self.name if isinstance(self.name, str) else ""
        return _digits(name) if TALK_NAME.fullmatch(name) else ""

    def _identifiers(self, namespace: str) -> Iterator[Identifier]:
        # "ian1" and "IAN1" are one value to Zendesk.
        account = (self.external_id or "").casefold()
        yield from identified("account", account, level=ACCOUNT, namespace=namespace)
        known = set()
        for identity in self.identities:
            found = identity.identifier(self._called_from)
            if found is not None:
                known.add(found.value)
                yield found
        # What no identity holds: an answer that came without them, and a shared number, which is none.
        if self.email and self.email not in known:
            yield Identifier(type="email", value=self.email, level=Level.CLAIMED)
        if self.phone and self.phone not in known:
            level = SHARED_LINE if self.shared_phone_number else _line(self.phone, self._called_from)
            yield Identifier(type="phone", value=self.phone, level=level)


def zendesk(source: Source) -> Rest:
    """Return what reads end users, then tickets."""
    options = source.options(ZendeskSettings)
    api = HttpApi(
        source,
        options.base_url or f"https://{options.subdomain}.zendesk.com",
        auth=_credentials(source, options),
        rates=RATES,
    )
    users = Stream(
        name="users",
        path="/api/v2/incremental/users/cursor",
        entries="users",
        into=_User,
        records=partial(_User.records, namespace=options.account_namespace or source.name),
        query=partial(_since, "identities"),
        changes=Kept(at="after_cursor"),
        paging=Token("after_cursor", "cursor", size="per_page", ends="end_of_stream"),
        largest=LARGEST_PAGE,
        beside=SideLoad("identities", key="user_id", into="identities"),
        permission="Admin; an OAuth token: read",
    )
    tickets = replace(
        users,
        name="tickets",
        path="/api/v2/incremental/tickets/cursor",
        entries="tickets",
        into=Ticket,
        records=Ticket.records,
        query=partial(_since, "users"),
        # How long a page is, Zendesk decides here.
        paging=Token("after_cursor", "cursor", ends="end_of_stream"),
        beside=SideLoad("users", key="id", into="requesters", of="requester_id"),
    )
    return Rest(source, api, (users, tickets))


def _since(beside: str, at: At) -> Values:
    """Return the parameters of a page: where the first export begins, or the cursor that the last one kept."""
    if at.next:
        return {"include": beside}
    return {"include": beside, **({"cursor": at.token} if at.token else {"start_time": FIRST_TIME})}


def _credentials(source: Source, options: ZendeskSettings) -> Credentials:
    if "access_token" in source.secrets:
        return bearer(source.name, source.secret("access_token"))
    if options.user is None:
        raise AccessError(
            f"{source.name}: an API token of Zendesk needs the setting user, the admin's e-mail address.\n"
            f"    Set it in avouch.toml, then run: avouch sources test {source.name}"
        )
    return basic(f"{options.user}/token", source.secret("api_token"))


def _line(number: str, called_from: str) -> Level:
    return CALLED_FROM if called_from and called_from == _digits(number) else DIRECT_LINE


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
