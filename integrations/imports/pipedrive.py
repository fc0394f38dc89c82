"""Pipedrive: the persons of a CRM (API v2).

What the vendor's list does, and what is done about it:
- It can be asked for what was updated since a moment, oldest first: what changes while we read moves to its end
  and is read there. A run asks from a little before the newest person of the last one.
- A deleted person says so (`is_deleted`) for 30 days, and is then gone for good. Whether the list shows it in
  these days, and whether a deletion counts as an update, the description leaves open. So the whole list is read
  once a day too: the record of one who is not in it stays, marked as deleted.
- Two persons that were merged are one; of the other the list says nothing but that it is deleted. Into whom it
  went is not told, so it is a deletion like any other and joins nobody.
- Each page costs tokens of the company's daily budget (10 in the description, 20 by others): 10,000 persons are 20
  pages. When the budget is used up, the answer is a 429 until midnight; it is tried again every few minutes.
- Notes are only in API v1, whose times have no zone and which cannot be asked for changes: they don't come.
"""

from datetime import timedelta

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from integrations.changes import Newest, Whole
from integrations.contract import ContactRecord, Level, Moment
from integrations.credentials import key
from integrations.http import HttpApi, Values
from integrations.limits import Rate
from integrations.paging import At, Token
from integrations.payloads import Payload, Valued, utc_text, values
from integrations.records import gone, identified, name_told
from integrations.rest import Rest, Stream, Swept
from integrations.source import Hours, Source
from integrations.streams import Overlap, Seen

LARGEST_PAGE = 500
OVERLAP = Overlap(least=10 * 60, most=10 * 60)
"""The description says nothing of persons that appear late; this covers a lagging copy of their database."""
RATES = (Rate(requests=20, seconds=2),)
"""A user of the smallest plan has some 20 requests in any two seconds. The daily budget is the vendor's to count:
other programs of the company use it up too."""

LEVELS = {
    "email": Level.STORED,
    # The sales team's own books: they were typed or imported, and nobody has proved them. There is no verified
    # flag anywhere in the API.
    "phone": Level.STORED,
    # As the e-mail address. It is free text: what is no number is kept, and identifies nobody.
}


class PipedriveSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a Pipedrive source."""

    base_url: str = "https://api.pipedrive.com/api/v2"
    reconcile_hours: Hours = 24
    """How often the whole list is read, to see which persons are gone. Costs the tokens of all its pages."""


class _Person(Payload, kw_only=True):
    id: int
    add_time: Moment
    update_time: Moment | None = None
    name: str | UnsetType | None = UNSET
    emails: tuple[Valued, ...] | None = None
    phones: tuple[Valued, ...] | None = None
    job_title: str | UnsetType | None = UNSET
    is_deleted: bool = False

    @property
    def changed_at(self) -> Moment:
        return self.update_time or self.add_time

    def record(self) -> ContactRecord:
        if self.is_deleted:
            return gone(str(self.id), self.add_time, self.changed_at)
        return ContactRecord(
            id=str(self.id),
            occurred_at=self.add_time,
            updated_at=self.changed_at,
            name=name_told(self.name),
            identifiers=(
                *identified("email", *values(self.emails), level=LEVELS["email"]),
                *identified("phone", *values(self.phones), level=LEVELS["phone"]),
            ),
            profile={} if self.job_title is UNSET else {"job_title": self.job_title},
        )


def pipedrive(source: Source) -> Rest:
    """Return what reads persons as they change; and now and then all of them, to see which are gone."""
    options = source.options(PipedriveSettings)
    api = HttpApi(
        source,
        options.base_url.rstrip("/") + "/",
        auth=key(source.name, source.secret("api_token"), "x-api-token"),
        rates=RATES,
    )
    changed = Stream(
        name="persons",
        path="persons",
        entries="data",
        into=_Person,
        seen=lambda person: Seen.when(person.changed_at),
        records=lambda person: (person.record(),),
        query=_changed_since,
        changes=Newest(overlap=OVERLAP),
        paging=Token("additional_data.next_cursor", "cursor", size="limit"),
        largest=LARGEST_PAGE,
        permission="contacts:read, by a user who may see all persons",
    )
    everybody = replace(
        changed,
        name="all-persons",
        seen=None,
        query=None,
        changes=Whole(every=timedelta(hours=options.reconcile_hours), at_first=False),
        sweeps=Swept(),
    )
    return Rest(source, api, (changed, everybody))


def _changed_since(at: At) -> Values:
    since = {"updated_since": utc_text(at.since)} if at.since else {}
    return {"sort_by": "update_time", "sort_direction": "asc", **since}
