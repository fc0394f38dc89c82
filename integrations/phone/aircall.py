"""Aircall: calls with the notes that the team made on them, and the contacts that the team shares.

What the vendor's lists do, and what is done about it:
- Calls are listed by the time at which they began, oldest first, and know no order by change. Each run asks again from
  hours before its newest call: that is how long the notes and tags on a call are followed.
- No list gives more than 10,000 entries: a span of time with more is halved until it has fewer.
- Contacts are ordered by their last change. Whether they are also filtered by it, or by when they were made, the
  vendor's pages leave open: asked so, new ones come in either case. Once a day the whole address book is read, for
  changes and for who is gone: deleted and merged contacts vanish without a word. Its pages are read
  from the last to the first: read forward, one is passed over if another is deleted at that moment, and would be
  taken for gone.
- A call names the contact that Aircall found by the number. That is no evidence, and is not read.
- A withheld number is a word: a record without identifiers.
- A call that waits or goes on is left out, and holds the window back until it is over.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from integrations.changes import Spans, Whole
from integrations.contract import ContactRecord, Interaction, Level, Moment, Note
from integrations.credentials import basic
from integrations.http import HttpApi, Values
from integrations.limits import Rate
from integrations.paging import At, Backwards, Link
from integrations.payloads import Payload, Valued, summary, values
from integrations.phone.parties import identifiers
from integrations.records import carrying, full_name, identified, time_taken
from integrations.rest import Rest, Stream, Swept
from integrations.source import Hours, Source
from integrations.streams import Overlap, Seen

LARGEST_PAGE = 50
CEILING = 10_000
EVER = timedelta(days=15 * 365)
"""How far the first run goes back: to before there was an Aircall. An empty span costs one request."""
OVERLAP = Overlap(least=6 * 60 * 60, most=24 * 60 * 60)
"""Six hours for the notes; no call goes on for a day. A thousand calls in six hours are twenty requests again."""
RATES = (Rate(requests=60, seconds=60),)
"""A company has 60 requests a minute, or by newer pages 120."""

LEVELS = {
    # The channel carried it, and it can be forged.
    "inbound": Level.OBSERVED,
    # Somebody at this line answered: whoever uses it has it now. A line is not a person.
    "answered": Level.OBSERVED,
    # Aircall doesn't say whether it rang: only the one who dialled has said that there is such a line.
    "dialled": Level.CLAIMED,
    # What the team wrote into the address book.
    "contact": Level.STORED,
}


class AircallSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of an Aircall source."""

    base_url: str = "https://api.aircall.io"
    reconcile_hours: Hours = 24
    """How often the whole address book is read."""


class _User(Payload):
    name: str | None = None


class _Comment(Payload):
    id: int
    posted_at: Moment
    content: str | None = None
    posted_by: _User | None = None

    def note(self) -> Note:
        author = (self.posted_by or _User()).name or ""
        return Note(id=f"comment:{self.id}", at=self.posted_at, body=self.content or "", author=author)


class _Tag(Payload):
    id: int
    name: str
    created_at: Moment | None = None
    tagged_by: _User | None = None


class _Call(Payload, kw_only=True):
    id: int
    direction: str
    status: str
    started_at: Moment
    answered_at: Moment | None = None
    ended_at: Moment | None = None
    duration: int | None = None
    raw_digits: str | None = None
    missed_call_reason: str | None = None
    comments: tuple[_Comment, ...] | None = None
    tags: tuple[_Tag, ...] | None = None

    @property
    def open(self) -> bool:
        return self.status != "done"

    def records(self) -> Iterator[ContactRecord]:
        # Other directions are calls between colleagues.
        if self.open or self.direction not in {"inbound", "outbound"}:
            return
        answer = "answered" if self.answered_at else "not answered"
        reason = (self.missed_call_reason or "").replace("_", " ")
        lasted = time_taken(self.duration) if self.answered_at else ""
        call = Interaction(
            id=f"call:{self.id}",
            kind="call",
            at=self.started_at,
            direction=self.direction,
            summary=summary(answer, reason, lasted, between=", "),
        )
        told = "inbound" if self.direction == "inbound" else "answered" if self.answered_at else "dialled"
        line = identifiers(self.raw_digits or "", LEVELS[told])
        record = carrying(call, changed_at=self._changed_at(), identifiers=line)
        yield replace(record, notes=tuple(self._notes()))

    def _changed_at(self) -> datetime:
        """The last of the times that a call names: it has none of its last change."""
        noted = [each.posted_at for each in self.comments or ()]
        tagged = [each.created_at for each in self.tags or () if each.created_at]
        return max(filter(None, (self.started_at, self.ended_at, *noted, *tagged)))

    def _notes(self) -> Iterator[Note]:
        for comment in self.comments or ():
            yield comment.note()
        for tag in self.tags or ():
            yield Note(
                # One tag is on many calls.
                id=f"tag:{self.id}:{tag.id}",
                at=tag.created_at or self.ended_at or self.started_at,
                body=f"Tag: {tag.name}",
                author=(tag.tagged_by or _User()).name or "",
            )


class _Contact(Payload, kw_only=True):
    id: int
    created_at: Moment
    updated_at: Moment
    first_name: str | None = None
    last_name: str | None = None
    company_name: str | None = None
    information: str | None = None
    phone_numbers: tuple[Valued, ...] | None = None
    emails: tuple[Valued, ...] | None = None

    def records(self) -> Iterator[ContactRecord]:
        yield ContactRecord(
            id=f"contact:{self.id}",
            occurred_at=self.created_at,
            updated_at=self.updated_at,
            name=full_name(self.first_name, self.last_name),
            identifiers=(
                *identified("phone", *values(self.phone_numbers), level=LEVELS["contact"]),
                *identified("email", *values(self.emails), level=LEVELS["contact"]),
            ),
            profile={"company": self.company_name or None, "information": self.information or None},
        )


def _span(at: At) -> Values:
    times = {"from": at.since, "to": at.until}
    return {"order": "asc", **{name: time for name, time in times.items() if time}}


def aircall(source: Source) -> Rest:
    """Return what reads calls, then contacts; and now and then all contacts, to see which are gone."""
    options = source.options(AircallSettings)
    auth = basic(source.secret("api_id"), source.secret("api_token"))
    api = HttpApi(source, options.base_url, auth=auth, rates=RATES)
    return Rest(source, api, _streams(timedelta(hours=options.reconcile_hours)))


def _streams(every: timedelta) -> tuple[Stream, ...]:
    calls = Stream(
        name="calls",
        path="/v1/calls",
        entries="calls",
        into=_Call,
        seen=lambda call: Seen.when(call.started_at, is_open=call.open),
        records=_Call.records,
        query=_span,
        changes=Spans(longest=EVER, overlap=OVERLAP, reach=EVER, total="meta.total", ceiling=CEILING),
        paging=Link("meta.next_page_link", size="per_page"),
        largest=LARGEST_PAGE,
    )
    contacts = replace(
        calls,
        name="contacts",
        path="/v1/contacts",
        entries="contacts",
        into=_Contact,
        seen=lambda contact: Seen.when(contact.updated_at),
        records=_Contact.records,
        query=lambda at: {"order_by": "updated_at", **_span(at)},
    )
    everybody = replace(
        contacts,
        name="all-contacts",
        query=lambda at: {**_span(at), "per_page": at.size},
        changes=Whole(every=every, at_first=False, total="meta.total", ceiling=CEILING),
        paging=Backwards("page", count="meta.total"),
        sweeps=Swept(prefix="contact:"),
    )
    return calls, contacts, everybody
