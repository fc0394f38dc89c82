"""HubSpot: the contacts of a CRM.

HubSpot licenses its description to nobody; this is written from public facts and from its own client library.
What its lists do, and what is done about it:
- The list of contacts has no filter and no end, and it is read whole at first and once a day. Between these the
  search is asked for what changed, oldest first.
- The search gives at most 10,000 contacts and answers 400 beyond: a span of time with more of them (an import, a
  workflow over everybody) is halved until it has fewer. It counts its pages: a contact that changes while they are
  read leaves its span, and one that slips over a page's edge by that comes with the next whole list.
- A contact may be found by the search only minutes later: its window reaches back by a quarter of an hour.
- Deleted contacts are in an archive for some 90 days, with the time; it is read once an hour. Whoever is neither
  there nor in the whole list stays as a record that is marked as deleted.
- Merged contacts are not in the list any more; the one that is left names them. Each becomes a deleted record that
  is about the other, as a claim: people and workflows at HubSpot merge by what nobody has proved.
- HubSpot sets the time of change for much that is none of ours (a page that was viewed). The same content again,
  with another time, is one more version.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from integrations.changes import Spans, Whole
from integrations.contract import ContactRecord, Identifier, IdentifierType, Level, Moment
from integrations.credentials import bearer
from integrations.http import HttpApi, Values
from integrations.limits import Rate
from integrations.paging import At, Token
from integrations.payloads import Key, Payload
from integrations.records import full_name, gone, identified, merged_away
from integrations.rest import Rest, Stream, Swept
from integrations.source import Hours, Source
from integrations.streams import Overlap, Seen
from integrations.verdicts import for_a_person

LARGEST_PAGE = 100
LARGEST_FIND = 200
CEILING = 10_000
OVERLAP = Overlap(least=15 * 60, most=15 * 60)
REACH = timedelta(days=1)
"""How far back the first search looks: longer than the whole list before it takes to read."""
LONGEST_SPAN = timedelta(days=30)
RATES = (Rate(requests=100, seconds=10),)
"""For a private app of the smallest plan."""
FINDS = (*RATES, Rate(requests=4, seconds=1, group="search"))
"""Some tell of four, newer pages of five a second, for all searches of an account together."""
PROPERTIES = (
    "email", "phone", "mobilephone", "firstname", "lastname", "company", "hs_merged_object_ids",
    "hs_additional_emails", "createdate", "lastmodifieddate",
)  # fmt: skip
SCOPE = "crm.objects.contacts.read"
MEANINGS = {"MISSING_SCOPES": for_a_person(f"Give its private app the scope {SCOPE}")}
"""RATE_LIMITS, INVALID_AUTHENTICATION and the other categories mean what their statuses do."""

LEVELS: dict[str, tuple[IdentifierType, Level]] = {
    "email": ("email", Level.STORED),
    # The business's own books, and what they know a contact by. A form of its web site may have filled it in: a
    # business that takes those for no more than words sets trust = "claimed".
    "phone": ("phone", Level.STORED),
    # As the e-mail address.
    "mobilephone": ("phone", Level.STORED),
    "hs_additional_emails": ("email", Level.CLAIMED),
    # These come from contacts that were merged into this one: the vendor's merge, which proves nothing.
}


class HubSpotSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a HubSpot source."""

    base_url: str = "https://api.hubapi.com"
    reconcile_hours: Hours = 24
    """How often the whole list is read, to see which contacts are gone."""


class _Contact(Payload, kw_only=True):
    id: Key
    properties: dict[str, str | None]
    created_at: Moment = field(name="createdAt")
    updated_at: Moment = field(name="updatedAt")
    archived: bool = False
    archived_at: Moment | None = field(name="archivedAt", default=None)

    def records(self, source: str) -> Iterator[ContactRecord]:
        if self.archived:
            yield gone(self.id, self.created_at, self.archived_at or self.updated_at)
            return
        yield ContactRecord(
            id=self.id,
            occurred_at=self.created_at,
            updated_at=self.updated_at,
            name=full_name(self.properties.get("firstname"), self.properties.get("lastname")),
            identifiers=tuple(self._identifiers()),
            profile={"company": self.properties.get("company") or None},
        )
        for former in self._several("hs_merged_object_ids"):
            yield merged_away(former, self.updated_at, source=source, into=self.id)

    def _identifiers(self) -> Iterator[Identifier]:
        for name, (kind, level) in LEVELS.items():
            yield from identified(kind, *self._several(name), level=level)

    def _several(self, name: str) -> Iterator[str]:
        """Return the values of a property, which HubSpot writes with semicolons between them."""
        return filter(None, map(str.strip, (self.properties.get(name) or "").split(";")))


def hubspot(source: Source) -> Rest:
    """Return what reads all contacts at first and now and then, what changed at every run, and the archive."""
    options = source.options(HubSpotSettings)
    auth = bearer(source.name, source.secret("access_token"))
    api = HttpApi(source, options.base_url, auth=auth, rates=RATES, meanings=MEANINGS)
    everybody = Stream(
        name="all-contacts",
        path="/crm/v3/objects/contacts",
        entries="results",
        into=_Contact,
        records=lambda contact: contact.records(source.name),
        query=lambda _: _listed("false"),
        changes=Whole(every=timedelta(hours=options.reconcile_hours)),
        paging=Token("paging.next.after", "after", size="limit"),
        largest=LARGEST_PAGE,
        sweeps=Swept(),
        permission=SCOPE,
    )
    changed = replace(
        everybody,
        name="contacts",
        path="/crm/v3/objects/contacts/search",
        seen=lambda contact: Seen.when(contact.updated_at),
        query=None,
        body=_changed_between,
        changes=Spans(longest=LONGEST_SPAN, overlap=OVERLAP, reach=REACH, total="total", ceiling=CEILING),
        largest=LARGEST_FIND,
        sweeps=None,
        rates=FINDS,
    )
    archive = replace(
        everybody,
        name="archived-contacts",
        query=lambda _: _listed("true"),
        changes=Whole(every=timedelta(hours=1), at_first=False),
        sweeps=None,
    )
    return Rest(source, api, (everybody, changed, archive))


def _listed(archived: str) -> Values:
    return {"properties": ",".join(PROPERTIES), "archived": archived}


def _changed_between(at: At) -> dict[str, Any]:
    filters = [
        {"propertyName": "lastmodifieddate", "operator": operator, "value": str(edge * 1000)}
        for operator, edge in (("GTE", at.since), ("LT", at.until))
    ]
    return {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}],
        "properties": list(PROPERTIES),
    }
