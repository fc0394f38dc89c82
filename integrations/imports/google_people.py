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

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial

from msgspec import Struct, field

from integrations.changes import Kept
from integrations.contract import ContactRecord, Identifier, IdentifierType, Level, Moment
from integrations.http import HttpApi, Values
from integrations.limits import Rate
from integrations.oauth import refreshed
from integrations.paging import At, Token
from integrations.payloads import Key, Payload
from integrations.records import gone, identified, merged_away
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

Levels = Mapping[tuple[str, bool], Level]
LEVELS: Levels = {
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
profile is its owner's word."""
OTHERS: Levels = {}
"""Of other contacts all is claimed: Google picked them up from mail."""


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

    def records(self, source: str, prefix: str, levels: Levels) -> Iterator[ContactRecord]:
        key = prefix + self.name
        at = max((each.updated_at for each in self.metadata.sources if each.updated_at), default=UNTOLD)
        if self.metadata.deleted:
            yield gone(key, at, at)
            return
        yield ContactRecord(
            id=key,
            occurred_at=at,
            updated_at=at,
            name=_chosen(self.names, "display_name"),
            identifiers=(*_told("email", self.emails, levels), *_told("phone", self.phones, levels)),
            profile={"company": _chosen(self.companies, "name")} if self.companies else {},
        )
        for former in self.metadata.former:
            yield merged_away(prefix + former, at, source=source, into=key)


def _told(kind: IdentifierType, fields: Iterable[_Field], levels: Levels) -> Iterator[Identifier]:
    for each in fields:
        level = levels.get((each.metadata.source.type, each.metadata.verified), Level.CLAIMED)
        # Google writes a number in the form E.164 where it can: the account's country is not ours to guess.
        yield from identified(kind, each.canonical or each.value, level=level)


def _chosen(fields: Iterable[_Field], attribute: str) -> str | None:
    """Return what the address book says, else what Google takes for the main one, else the first."""
    ranked = sorted(
        fields, key=lambda each: (each.metadata.source.type != "CONTACT", not each.metadata.primary)
    )
    return next((text for each in ranked if (text := getattr(each, attribute))), None)


def google_people(source: Source) -> Rest:
    """Return what reads the contacts, then the other contacts."""
    options = source.options(GooglePeopleSettings)
    auth = refreshed(source, options.token_url, options.client_id)
    api = HttpApi(source, options.base_url, auth=auth, rates=RATES, meanings=MEANINGS)
    lists = (
        ("connections", "people/me/connections", "personFields", ",organizations", "contacts", LEVELS),
        ("otherContacts", "otherContacts", "readMask", "", "contacts.other", OTHERS),
    )
    streams = [
        Stream(
            name=name,
            path=f"/v1/{path}",
            entries=name,
            # Google leaves an empty list out.
            empty="nextSyncToken",
            into=_Person,
            records=partial(_Person.records, source=source.name, prefix=f"{name}:", levels=levels),
            query=partial(_asked, mask, f"names,emailAddresses,phoneNumbers,metadata{more}"),
            changes=Kept(at="nextSyncToken", expired=EXPIRED, lasts=TOKEN_LASTS),
            paging=Token("nextPageToken", "pageToken", size="pageSize"),
            largest=LARGEST_PAGE,
            sweeps=Swept(prefix=f"{name}:", id="resourceName"),
            permission=f"{SCOPES}{scope}.readonly",
        )
        for name, path, mask, more, scope, levels in lists
    ]
    return Rest(source, api, streams if options.other_contacts else streams[:1])


def _asked(mask: str, fields: str, at: At) -> Values:
    token = {"syncToken": at.token} if at.token else {}
    return {mask: fields, "requestSyncToken": "true", **token}
