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

from datetime import datetime
from functools import partial

from msgspec import Struct, field

from integrations.changes import Newest
from integrations.contract import ContactRecord, Interaction, Level
from integrations.http import HttpApi, Values
from integrations.limits import Rate
from integrations.paging import At, Link
from integrations.payloads import Key, Payload, mail_time, mail_time_told, summary, utc_text
from integrations.phone.parties import addressed
from integrations.phone.twilio_account import AccountSid, credentials
from integrations.records import carrying, time_taken
from integrations.rest import Rest, Stream
from integrations.source import Source
from integrations.streams import Overlap, Seen

LARGEST_PAGE = 1000
OVERLAP = Overlap(least=60 * 60, most=24 * 60 * 60)
"""No call lasts longer than a day: Twilio ends it."""

RATES = (Rate(requests=10, seconds=0),)
"""Twilio limits requests at the same time, and does not say to how many; the answer to one too many is a 429."""

_CONNECTED = Level.OBSERVED
# The network carried the call or message to this line: whoever uses it has it now. Typed wrongly it is still
# the line that was reached, and a line is not a person. A call back belongs with the calls from that line.
_DIALLED = Level.CLAIMED
# Nobody but the one who typed the number has said that there is such a line.

OUTCOMES: dict[str, tuple[str, Level]] = {
    "completed": ("answered", _CONNECTED),
    "busy": ("busy", _CONNECTED),
    "no-answer": ("not answered", _CONNECTED),
    "canceled": ("cancelled", _DIALLED),
    "failed": ("failed", _DIALLED),
    "sent": ("", _CONNECTED),
    "delivered": ("", _CONNECTED),
    "partially_delivered": ("", _CONNECTED),
    "read": ("", _CONNECTED),
    "received": ("", _CONNECTED),
    "undelivered": ("not delivered", _DIALLED),
}
"""How a call or message ended: in words, and how sure that makes the number that we called or wrote to."""

CARRIED = Level.OBSERVED
"""The number of one who calls or writes to us: the channel carried it, and it can be forged."""

OPEN = frozenset(
    {"queued", "ringing", "initiated", "in-progress", "accepted", "scheduled", "sending", "receiving"}
)
"""States after which another one comes. A state that neither table knows is delivered, so nothing is lost."""


class TwilioSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a Twilio source."""

    account_sid: AccountSid
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
        dialled = mail_time_told(self.start_time, "start_time")
        return dialled or mail_time_told(self.date_sent, "date_sent")

    @property
    def at(self) -> datetime:
        return self.started or mail_time(self.date_created, "date_created")

    @property
    def seen(self) -> Seen:
        # What has not been dialled yet will start after this run, and be found by a later one.
        return Seen.when(self.at, is_open=self.status in OPEN and self.started is not None)

    def record(self, kind: str) -> ContactRecord:
        inbound = self.direction == "inbound"
        words, dialled = OUTCOMES.get(self.status, (self.status, _DIALLED))
        address, level = (self.sender, CARRIED) if inbound else (self.to, dialled)
        files = "" if self.num_media in {None, "", "0"} else f"files: {self.num_media}"
        call = Interaction(
            id=self.sid,
            kind=kind,
            at=self.at,
            direction="inbound" if inbound else "outbound",
            summary=summary(words, time_taken(self.duration), self.body, files, between=", "),
        )
        return carrying(
            call,
            changed_at=mail_time_told(self.date_updated, "date_updated"),
            identifiers=addressed(address or "", level),
            caller_name=self.caller_name,
        )


def twilio(source: Source) -> Rest:
    """Return what reads finished calls, then messages."""
    options = source.options(TwilioSettings)
    api = HttpApi(source, options.base_url, auth=credentials(source, options.account_sid), rates=RATES)
    lists = (
        ("calls", "Calls.json", "StartTime>", "call"),
        ("messages", "Messages.json", "DateSent>", "message"),
    )
    streams = [
        Stream(
            name=name,
            path=f"/2010-04-01/Accounts/{options.account_sid}/{path}",
            entries=name,
            into=_Entry,
            seen=lambda entry: entry.seen,
            records=partial(_records, options, kind),
            # The sign is part of the parameter's name.
            query=partial(_since, parameter),
            changes=Newest(overlap=OVERLAP),
            paging=Link("next_page_uri", size="PageSize"),
            largest=LARGEST_PAGE,
        )
        for name, path, parameter, kind in lists
    ]
    return Rest(source, api, streams)


def _since(parameter: str, at: At) -> Values:
    return {parameter: utc_text(at.since)} if at.since else {}


def _records(options: TwilioSettings, kind: str, entry: _Entry) -> tuple[ContactRecord, ...]:
    inner_leg = entry.direction == "outbound-dial" and not options.dialled_legs
    return () if inner_leg or entry.status in OPEN else (entry.record(kind),)
