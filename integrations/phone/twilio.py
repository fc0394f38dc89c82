"""Twilio: calls and messages. A call carries a number at most, and proves nothing about who speaks.

Each finished call and message is a record of its own, with the other party's address. What the vendor's lists
do, and what is done about it:
- They come newest first and know no order by change. A run asks from a little before the newest entry of the
  last one; a call still going on is left out and holds that window back until it has ended.
- A deleted call or message is gone from the list without a word. The record stays.
- The number of a caller who hides it is a word, or that word typed on a keypad: a record without identifiers.
- A leg that `<Dial>` made (`outbound-dial`) has a colleague at its far end when a call is forwarded, and a
  customer when an agent calls out from a softphone. Twilio doesn't say which, so these legs are left out
  unless the setting `dialled_legs` says that they are customers.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from msgspec import Meta, Raw, Struct, field

from integrations.contract import (
    ContactRecord,
    Identifier,
    IdentifierType,
    Interaction,
    Level,
    Page,
)
from integrations.credentials import Credentials, basic
from integrations.http import HttpApi
from integrations.payloads import Key, Payload, mail_time
from integrations.source import Source
from integrations.streams import Overlap, Seen, Streams, Walk, now

LARGEST_PAGE = 1000
OVERLAP = Overlap(least=60 * 60, most=24 * 60 * 60)
"""No call lasts longer than a day: Twilio ends it."""


class _Outcome(Struct, frozen=True):
    words: str
    dialled: Level
    """The level of the number that we called or wrote to."""


_CONNECTED = Level.OBSERVED
# The network carried the call or message to this line: whoever uses it has it now. Typed wrongly it is still
# the line that was reached, and a line is not a person. A call back belongs with the calls from that line.
_DIALLED = Level.CLAIMED
# Nobody but the one who typed the number has said that there is such a line.

OUTCOMES = {
    "completed": _Outcome("answered", _CONNECTED),
    "busy": _Outcome("busy", _CONNECTED),
    "no-answer": _Outcome("not answered", _CONNECTED),
    "canceled": _Outcome("cancelled", _DIALLED),
    "failed": _Outcome("failed", _DIALLED),
    "sent": _Outcome("", _CONNECTED),
    "delivered": _Outcome("", _CONNECTED),
    "partially_delivered": _Outcome("", _CONNECTED),
    "read": _Outcome("", _CONNECTED),
    "received": _Outcome("", _CONNECTED),
    "undelivered": _Outcome("not delivered", _DIALLED),
}
CARRIED = Level.OBSERVED
"""The number of one who calls or writes to us: the channel carried it, and it can be forged."""

OPEN = frozenset(
    {"queued", "ringing", "initiated", "in-progress", "accepted", "scheduled", "sending", "receiving"}
)
"""States after which another one comes. A state that neither table knows is delivered, so nothing is lost."""

ADDRESSES: dict[str, IdentifierType] = {"": "phone", "whatsapp": "phone", "rcs": "phone"}
"""What an address "scheme:value" is; others (client, sip, sim, messenger ...) are handles of that scheme."""

WITHHELD = frozenset(
    {"", "anonymous", "blocked", "private", "restricted", "unavailable", "unknown", "withheld"}
    # ANONYMOUS, BLOCKED, PRIVATE, RESTRICTED, UNAVAILABLE and UNKNOWN on a telephone's keypad.
    | {"266696687", "2562533", "7748283", "7378742833", "86282452253", "8656696"}
)


class TwilioSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a Twilio source."""

    account_sid: Annotated[str, Meta(pattern="^AC[0-9a-fA-F]{32}$")]
    base_url: str = "https://api.twilio.com"
    dialled_legs: bool = False


class _Entry(Payload, kw_only=True):
    """A call or a message: what they have in common, and what one of them has."""

    sid: Key
    status: str
    direction: str
    date_created: str
    date_updated: str | None = None
    sender: str | None = field(name="from", default=None)
    to: str | None = None
    start_time: str | None = None
    date_sent: str | None = None
    duration: str | None = None
    caller_name: str | None = None
    body: str | None = None
    num_media: str | None = None

    @property
    def started(self) -> datetime | None:
        """When it was dialled or sent; None while it waits for that."""
        if self.start_time:
            return mail_time(self.start_time, "start_time")
        return mail_time(self.date_sent, "date_sent") if self.date_sent else None

    @property
    def at(self) -> datetime:
        return self.started or mail_time(self.date_created, "date_created")

    @property
    def seen(self) -> Seen:
        # What has not been dialled yet will start after this run, and be found by a later one.
        return Seen(int(self.at.timestamp()), open=self.status in OPEN and self.started is not None)

    def record(self, kind: str) -> ContactRecord:
        inbound = self.direction == "inbound"
        outcome = OUTCOMES.get(self.status, _Outcome(self.status, _DIALLED))
        address, level = (self.sender, CARRIED) if inbound else (self.to, outcome.dialled)
        call = Interaction(
            id=self.sid,
            kind=kind,
            at=self.at,
            direction="inbound" if inbound else "outbound",
            summary=self._summary(outcome),
        )
        return ContactRecord(
            id=self.sid,
            occurred_at=self.at,
            updated_at=mail_time(self.date_updated, "date_updated") if self.date_updated else None,
            identifiers=identifiers(address, level),
            # The carrier's entry for the number, often a household or a town: so it is no name.
            profile={"caller_name": self.caller_name} if self.caller_name else {},
            interactions=(call,),
        )

    def _summary(self, outcome: _Outcome) -> str:
        lasted = f"{self.duration} s" if self.duration else ""
        files = "" if self.num_media in {None, "", "0"} else f"files: {self.num_media}"
        return ", ".join(filter(None, (outcome.words, lasted, self.body, files)))


class _Calls(Payload):
    entries: list[Raw] = field(name="calls")
    next_page_uri: str | None = None


class _Messages(Payload):
    entries: list[Raw] = field(name="messages")
    next_page_uri: str | None = None


class _Stream(Struct, frozen=True):
    """One list of the vendor's."""

    path: str
    since: str
    """The parameter that asks for entries from a moment on; the sign is part of its name."""
    page: type[_Calls | _Messages]
    kind: str
    """What its entries are as interactions."""


STREAMS = {
    "calls": _Stream("Calls.json", "StartTime>", _Calls, "call"),
    "messages": _Stream("Messages.json", "DateSent>", _Messages, "message"),
}


class Twilio:
    """Reads finished calls, then messages."""

    def __init__(self, source: Source, clock: Callable[[], datetime] = now) -> None:
        self._options = source.options(TwilioSettings)
        self._page_size = min(source.page_limit or LARGEST_PAGE, LARGEST_PAGE)
        self._streams = Streams(source.name, tuple(STREAMS), OVERLAP, clock)
        self._api = HttpApi(source.name, self._options.base_url, auth=_credentials(source, self._options))

    def fetch(self, cursor: str | None) -> Page:
        """Return the next page of calls or messages."""
        walk = self._streams.resume(cursor)
        stream = STREAMS[walk.stream]
        listed = self._listed(stream, walk)

        records = partial(self._records, stream.kind)
        return self._streams.page(
            walk, listed.entries, _Entry, records=records, following=listed.next_page_uri
        )

    def _listed(self, stream: _Stream, walk: Walk) -> _Calls | _Messages:
        if walk.next:
            return self._api.get(walk.next, into=stream.page)
        params: dict[str, str | int] = {"PageSize": self._page_size}
        if walk.mark.since:
            since = datetime.fromtimestamp(walk.mark.since, UTC)
            params[stream.since] = f"{since:%Y-%m-%dT%H:%M:%SZ}"
        path = f"/2010-04-01/Accounts/{self._options.account_sid}/{stream.path}"
        return self._api.get(path, into=stream.page, params=params)

    def _records(self, kind: str, entry: _Entry) -> tuple[ContactRecord, ...]:
        inner_leg = entry.direction == "outbound-dial" and not self._options.dialled_legs
        return () if inner_leg or entry.status in OPEN else (entry.record(kind),)


def identifiers(address: str | None, level: Level) -> tuple[Identifier, ...]:
    """Return what an address of Twilio's identifies: a number, a handle, or nothing.

    >>> [(i.type, i.namespace, i.value) for i in identifiers("whatsapp:+34600000001", Level.OBSERVED)]
    [('phone', '', '+34600000001')]
    >>> [(i.type, i.namespace, i.value) for i in identifiers("sip:ana@pbx.example.com", Level.OBSERVED)]
    [('handle', 'sip', 'ana@pbx.example.com')]
    >>> identifiers("+266696687", Level.OBSERVED)
    ()
    """
    scheme, colon, value = (address or "").strip().partition(":")
    if not colon:
        scheme, value = "", scheme
    name = value.partition("@")[0].removeprefix("+").casefold()
    if name in WITHHELD:
        return ()
    kind = ADDRESSES.get(scheme, "handle")
    return (Identifier(type=kind, namespace=scheme if kind == "handle" else "", value=value, level=level),)


def _credentials(source: Source, options: TwilioSettings) -> Credentials:
    if "api_key_sid" in source.secrets:
        return basic(source.secret("api_key_sid"), source.secret("api_key_secret"))
    return basic(options.account_sid, source.secret("auth_token"))
