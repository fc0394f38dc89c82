"""Google People: the contacts of one Google account, and those that Google made up from its mail.

What the vendor's lists do, and what is done about it:
- A list read whole ends with a token, and the next run sends it and gets what changed. The token dies seven days
  after the whole reading, not after its last use: so the list is read whole again every six days, and whenever
  Google says that the token has expired. Everything else that is asked must stay the same from the first request
  on.
- A contact that was deleted since says so, without any time: its record's time is when the list was begun to be
  read. Deletions that a dead token hides show in the next whole list: whoever is not in it is marked as deleted.
- A contact's name in the API changes when it is linked with a Google profile or no longer is. Google tells the
  former names: each becomes a deleted record that is about the new one, as a claim: the link is Google's guess.
- Changes take minutes until a token shows them. They are not lost: a later run has them.
- Google tells no time at which a contact was made: a record occurred when it was last changed.
- The first page of a whole reading has a quota of its own: 429, tried again later.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from msgspec import Struct, field

from integrations.changes import Kept
from integrations.contract import About, ContactRecord, Identifier, Level, Moment
from integrations.http import HttpApi, Values
from integrations.limits import Rate
from integrations.oauth import AccessToken
from integrations.paging import At, Token
from integrations.payloads import Key, Payload
from integrations.rest import UNTOLD, Rest, Stream, Swept
from integrations.source import Source
from integrations.verdicts import LATER, for_a_person

LARGEST_PAGE = 1000
TOKEN_LASTS = timedelta(days=6)
"""Seven by the description. A day less, so that a run an hour late still has its token."""
EXPIRED = frozenset({"EXPIRED_SYNC_TOKEN"})
RATES = (Rate(requests=60, seconds=60),)
"""Each project has its own quota, which its console shows; this is ours, and reads 60,000 contacts a minute."""
SCOPES = "https://www.googleapis.com/auth/"
MEANINGS = {
    "rateLimitExceeded": LATER,
    "userRateLimitExceeded": LATER,
    # Google has answered these with 403.
    "SERVICE_DISABLED": for_a_person("Enable the People API in its project"),
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": for_a_person(
        "Give it a refresh token with the scopes contacts.readonly and contacts.other.readonly, or set\n"
        "    other_contacts = false"
    ),
}

LEVELS = {
    ("CONTACT", False): Level.STORED,
    # Typed or saved by the owner of the address book: the business's books.
    ("CONTACT", True): Level.STORED,
    ("PROFILE", True): Level.STORED,
    # Google has checked that the profile's owner holds it. That this profile is the person of our contact is
    # Google's own matching, and nobody has proved anything to us: the books know it, and no more.
    ("DOMAIN_PROFILE", True): Level.STORED,
    # The same, where the company's own directory is what checked it.
    ("DOMAIN_PROFILE", False): Level.STORED,
    # The company's administrators keep the directory.
}
"""By the source of a field, and whether it is marked as verified. All else is claimed: the unverified field of a
profile is its owner's word, other contacts are what Google picked up from mail."""


class GooglePeopleSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a Google People source."""

    client_id: str
    base_url: str = "https://people.googleapis.com"
    token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    other_contacts: bool = True
    """Whether to read what Google picked up from mail, too. It takes a scope of its own."""


class _Origin(Payload):
    type: str = ""


class _Source(Payload):
    updated_at: Moment | None = field(name="updateTime", default=None)


class _About(Payload):
    """What is known of a field."""

    primary: bool = False
    verified: bool = False
    source: _Origin = field(default_factory=_Origin)


class _Field(Payload, kw_only=True):
    """A name, an e-mail address, a number or a company: what they have in common, and what one of them has."""

    metadata: _About = field(default_factory=_About)
    value: str | None = None
    canonical: str | None = field(name="canonicalForm", default=None)
    display_name: str | None = field(name="displayName", default=None)
    name: str | None = None

    @property
    def level(self) -> Level:
        return LEVELS.get((self.metadata.source.type, self.metadata.verified), Level.CLAIMED)


class _Metadata(Payload, kw_only=True):
    sources: tuple[_Source, ...] = ()
    former: tuple[Key, ...] = field(name="previousResourceNames", default=())
    deleted: bool = False


class _Person(Payload, kw_only=True):
    name: Key = field(name="resourceName")
    metadata: _Metadata
    names: tuple[_Field, ...] = ()
    emails: tuple[_Field, ...] = field(name="emailAddresses", default=())
    phones: tuple[_Field, ...] = field(name="phoneNumbers", default=())
    companies: tuple[_Field, ...] = field(name="organizations", default=())

    def records(self, source: str, prefix: str, most: Level) -> Iterator[ContactRecord]:
        key = prefix + self.name
        at = max((each.updated_at for each in self.metadata.sources if each.updated_at), default=UNTOLD)
        if self.metadata.deleted:
            yield ContactRecord(id=key, occurred_at=at, updated_at=at, identifiers=(), deleted=True)
            return
        profile: dict[str, Any] = {"company": _chosen(self.companies, "name")} if self.companies else {}
        yield ContactRecord(
            id=key,
            occurred_at=at,
            updated_at=at,
            name=_chosen(self.names, "display_name"),
            identifiers=tuple(self._identifiers(most)),
            profile=profile,
        )
        for former in self.metadata.former:
            yield ContactRecord(
                id=prefix + former,
                occurred_at=at,
                updated_at=at,
                identifiers=(),
                about=About(source, key, level=Level.CLAIMED),
                deleted=True,
            )

    def _identifiers(self, most: Level) -> Iterator[Identifier]:
        for email in self.emails:
            if email.value:
                yield Identifier(type="email", value=email.value, level=min(email.level, most))
        for phone in self.phones:
            # Google writes a number in the form E.164 where it can: the account's country is not ours to guess.
            if value := phone.canonical or phone.value:
                yield Identifier(type="phone", value=value, level=min(phone.level, most))


def _chosen(fields: Iterable[_Field], attribute: str) -> str | None:
    """Return what the address book says, else what Google takes for the main one, else the first."""
    ranked = sorted(
        fields, key=lambda each: (each.metadata.source.type != "CONTACT", not each.metadata.primary)
    )
    return next((text for each in ranked if (text := getattr(each, attribute))), None)


def google_people(source: Source) -> Rest:
    """Return what reads the contacts, then the other contacts."""
    options = source.options(GooglePeopleSettings)
    grant = {
        "grant_type": "refresh_token",
        "client_id": options.client_id,
        "client_secret": source.secret("client_secret"),
        "refresh_token": source.secret("refresh_token"),
    }
    api = HttpApi(
        source,
        options.base_url,
        auth=AccessToken(source, options.token_url, grant),
        rates=RATES,
        meanings=MEANINGS,
    )
    lists = (
        ("connections", "people/me/connections", "personFields", ",organizations", "contacts.readonly", True),
        ("otherContacts", "otherContacts", "readMask", "", "contacts.other.readonly", False),
    )
    streams = [
        Stream(
            name=name,
            path=f"/v1/{path}",
            entries=name,
            # Google leaves an empty list out.
            empty="nextSyncToken",
            into=_Person,
            records=partial(_records, source.name, f"{name}:", books),
            query=partial(_asked, mask, f"names,emailAddresses,phoneNumbers,metadata{more}"),
            changes=Kept(at="nextSyncToken", expired=EXPIRED, lasts=TOKEN_LASTS),
            paging=Token("nextPageToken", "pageToken", size="pageSize"),
            largest=LARGEST_PAGE,
            sweeps=Swept(prefix=f"{name}:", id="resourceName"),
            permission=SCOPES + scope,
        )
        for name, path, mask, more, scope, books in lists
    ]
    return Rest(source, api, streams if options.other_contacts else streams[:1])


def _records(source: str, prefix: str, books: bool, person: _Person) -> Iterator[ContactRecord]:
    return person.records(source, prefix, most=Level.VERIFIED if books else Level.CLAIMED)


def _asked(mask: str, fields: str, at: At) -> Values:
    token = {"syncToken": at.token} if at.token else {}
    return {mask: fields, "requestSyncToken": "true", **token}
