"""RingCentral: the calls of an account, and the text messages and the address book of one extension.

What the vendor's lists do, and what is done about it:
- The call log wants both ends of a time: without them it gives one day. It is read week by week, and each run asks
  again from hours before its newest call: a call stands in the log once it is over, under the time at which it began.
  Its synchronisation is not used: it gives up when more than 250 calls have come since the last time.
- A deleted call or message that a run still comes across is a deletion. One that was deleted later, or that the vendor
  keeps no longer, stays as it was: what has run out of its time was not deleted by anybody.
- Detailed records are asked for: only they say when they last changed.
- Voicemails and faxes are calls in the call log already, so of the message store only texts are read.
- The address book is synchronised by a token. Deleted contacts come with it; a token that is refused, as they are after
  a while, begins a whole reading, which finds what vanished meanwhile. The vendor tells no times of a contact: it
  counts as of when it was read.
- The number of a caller who hides it is missing, or a word: a record without identifiers.
- Every request within a penalty begins the penalty anew, so all workers hold back together.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated
from urllib.parse import urljoin

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from integrations.changes import Kept, Spans
from integrations.contract import ContactRecord, Identifier, Interaction, Level, Moment
from integrations.credentials import basic
from integrations.http import HttpApi, Values
from integrations.limits import Rate
from integrations.oauth import AccessToken
from integrations.paging import At, Link, Token
from integrations.payloads import Key, Payload, summary, utc_text
from integrations.phone.parties import identifiers
from integrations.phone.ringcentral_book import GONE, Contact
from integrations.records import carrying, gone, time_taken
from integrations.rest import Rest, Stream, Swept
from integrations.source import Source
from integrations.streams import Overlap, Seen
from integrations.verdicts import REFUSED

TOKENS = "/restapi/oauth/token"
ACCOUNT = "/restapi/v1.0/account/~"
LARGEST_PAGE = 1000
LARGEST_SYNC = 250
SPAN = timedelta(days=7)
OVERLAP = Overlap(least=4 * 60 * 60, most=24 * 60 * 60)
"""A call of four hours that is listed when it is over is still found. One that goes on holds the window for a day."""

HEAVY = (Rate(requests=10, seconds=60, group="Heavy"),)
LIGHT = (Rate(requests=50, seconds=60, group="Light"),)
AUTH = (Rate(requests=5, seconds=60, group="Auth"),)
DEAD_TOKEN = frozenset({"CMN-101"})
"""A parameter is not valid. On a request with a token it is the token; on others it stays an error."""
MEANINGS = {"CMN-302": REFUSED, "CMN-303": REFUSED}
"""A 429 that no waiting helps: the vendor knows no limits for this app."""

LEVELS = {
    # The channel carried it, and it can be forged: the vendor passes no attestation on.
    "inbound": Level.OBSERVED,
    # The network carried the call to this line: whoever uses it has it now. A line is not a person.
    "reached": Level.OBSERVED,
    # Nobody but the one who dialled or typed it has said that there is such a line.
    "dialled": Level.CLAIMED,
}
REACHED = frozenset(
    {"Call connected", "Accepted", "Busy", "No Answer", "Voicemail", "Declined", "Sent", "Delivered"}
)
"""How a call or a message to a line ended that there is. Others (Wrong Number, Call Failed ...) don't say so."""
OPEN = frozenset({"In Progress", "Queued"})
PLAIN = range(11, 16)
"""Digits of a number with its country's code, which the vendor writes without a plus sign."""


class RingCentralSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a RingCentral source."""

    base_url: str = "https://platform.ringcentral.com"
    extension: str = "~"
    """The id of the extension whose messages and address book are read; "~" is that of the credentials."""
    history_days: Annotated[int, Meta(ge=1)] = 730
    """How far the first run goes back: a request for each week, of which ten go in a minute."""


class _Party(Payload, rename="camel"):
    phone_number: str | None = None
    extension_number: str | None = None
    extension_id: str | None = None
    name: str | None = None

    @property
    def is_colleague(self) -> bool:
        return bool(self.extension_number or self.extension_id)

    def identifiers(self, level: Level) -> tuple[Identifier, ...]:
        number = self.phone_number or ""
        plain = number.isdigit() and len(number) in PLAIN and not number.startswith("0")
        return identifiers(f"+{number}" if plain else number, level)


class _Call(Payload, kw_only=True, rename="camel"):
    id: Key
    start_time: Moment
    direction: str
    type: str = "Voice"
    result: str = ""
    sender: _Party | None = field(name="from", default=None)
    to: _Party | None = None
    duration: int | None = None
    finished: bool = True
    deleted: bool = False
    last_modified_time: Moment | None = None

    @property
    def open(self) -> bool:
        return not self.finished or self.result in OPEN

    def records(self) -> Iterator[ContactRecord]:
        inbound = self.direction == "Inbound"
        other = (self.sender if inbound else self.to) or _Party()
        if self.open or other.is_colleague:
            return
        if self.deleted:
            yield gone(f"call:{self.id}", self.start_time, self.last_modified_time)
            return
        call = Interaction(
            id=f"call:{self.id}",
            kind="fax" if self.type == "Fax" else "call",
            at=self.start_time,
            direction=self.direction.lower(),
            summary=summary(self.result.lower(), time_taken(self.duration), between=", "),
        )
        line = other.identifiers(_level(inbound, self.result))
        yield carrying(call, changed_at=self.last_modified_time, identifiers=line, caller_name=other.name)


class _Message(Payload, kw_only=True, rename="camel"):
    id: int
    creation_time: Moment
    direction: str
    last_modified_time: Moment | None = None
    message_status: str = ""
    availability: str = ""
    subject: str | None = None
    sender: _Party | None = field(name="from", default=None)
    to: tuple[_Party, ...] = ()

    @property
    def open(self) -> bool:
        return self.message_status in OPEN

    def records(self) -> Iterator[ContactRecord]:
        """One for each outside party: a message may go to several."""
        inbound = self.direction == "Inbound"
        level = _level(inbound, self.message_status)
        for number, other in enumerate([self.sender or _Party()] if inbound else self.to):
            if self.open or other.is_colleague:
                continue
            key = f"message:{self.id}" if inbound or len(self.to) == 1 else f"message:{self.id}:{number}"
            if self.availability in GONE:
                yield gone(key, self.creation_time, self.last_modified_time)
                continue
            text = Interaction(
                id=key,
                kind="message",
                at=self.creation_time,
                direction=self.direction.lower(),
                summary=summary(self.subject),
            )
            yield carrying(text, changed_at=self.last_modified_time, identifiers=other.identifiers(level))


def _level(inbound: bool, outcome: str) -> Level:
    return LEVELS["inbound" if inbound else "reached" if outcome in REACHED else "dialled"]


def _span(at: At) -> Values:
    return {"dateFrom": utc_text(at.since), "dateTo": utc_text(at.until)}


def ringcentral(source: Source) -> Rest:
    """Return what reads calls, then texts, then the address book."""
    options = source.options(RingCentralSettings)
    grant = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": source.secret("jwt"),
    }
    client = basic(source.secret("client_id"), source.secret("client_secret"))
    api = HttpApi(
        source,
        options.base_url,
        auth=AccessToken(source, urljoin(options.base_url, TOKENS), grant, client=client, rates=AUTH),
        rates=HEAVY,
        meanings=MEANINGS,
    )
    return Rest(source, api, streams(options))


def streams(options: RingCentralSettings) -> tuple[Stream, ...]:
    """Return the lists that are read."""
    calls = Stream(
        name="calls",
        path=f"{ACCOUNT}/call-log",
        entries="records",
        into=_Call,
        seen=lambda call: Seen.when(call.start_time, is_open=call.open),
        records=_Call.records,
        query=lambda at: {"view": "Detailed", "showDeleted": "true", **_span(at)},
        changes=Spans(longest=SPAN, overlap=OVERLAP, reach=timedelta(days=options.history_days)),
        paging=Link("navigation.nextPage.uri", size="perPage"),
        largest=LARGEST_PAGE,
        permission="ReadCallLog, as a user who may see the company's call log",
    )
    texts = replace(
        calls,
        name="messages",
        path=f"{ACCOUNT}/extension/{options.extension}/message-store",
        into=_Message,
        seen=lambda text: Seen.when(text.creation_time, is_open=text.open),
        records=_Message.records,
        query=lambda at: {"messageType": "SMS", **_span(at)},
        rates=LIGHT,
        permission="ReadMessages",
    )
    return calls, texts, _book(options)


def _book(options: RingCentralSettings) -> Stream:
    return Stream(
        name="contacts",
        path=f"{ACCOUNT}/extension/{options.extension}/address-book-sync",
        entries="records",
        into=Contact,
        records=Contact.records,
        query=lambda at: {"syncType": "ISync", "syncToken": at.token} if at.token else {"syncType": "FSync"},
        changes=Kept(at="syncInfo.syncToken", expired=DEAD_TOKEN),
        paging=Token("nextPageId", sends="pageId", size="perPage"),
        largest=LARGEST_SYNC,
        sweeps=Swept(prefix="contact:"),
        permission="ReadContacts",
    )
