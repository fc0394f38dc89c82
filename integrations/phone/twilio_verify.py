"""Twilio Verify: the one-time codes that were entered, as proof that somebody has a number or a mailbox.

A verification that was approved is a record: at that moment the person had the number or the mailbox that the code went
to. What the vendor does, and what is done about it:
- Verifications themselves can't be listed, and the vendor forgets one as soon as it is approved, so asking for it again
  finds nothing. Its attempts, that is the messages with its code, are listed for 30 days and say whether one was
  converted: the right code was entered. Several attempts of one verification are one record.
- An attempt is listed under the time at which it was sent and converts later, up to a day (a service's codes live for
  ten minutes, at most for 24 hours). So each run asks again from a day before the newest one.
- Attempts that were not converted are not read: anybody can type anybody's number, and some do so by the thousand to
  earn from the messages. As claims they would be leads that nobody made.
- The time of change also moves when a message is delivered or priced. The proof is as old as the first version that
  shows it, which is soon after the code.
- A number may have another owner by now. The proof is of its moment, and a newer one of somebody else contests it.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct

from integrations.changes import Newest
from integrations.contract import ContactRecord, IdentifierType, Level, Moment
from integrations.http import HttpApi, Values
from integrations.limits import Rate
from integrations.paging import At, Link
from integrations.payloads import Key, Payload, utc_text
from integrations.phone.twilio_account import AccountSid, credentials
from integrations.records import identified
from integrations.rest import Rest, Stream
from integrations.source import Source
from integrations.streams import Overlap, Seen

LARGEST_PAGE = 1000
KEPT = timedelta(days=30)
OVERLAP = Overlap(least=24 * 60 * 60, most=24 * 60 * 60)
RATES = (Rate(requests=100, seconds=60),)

LEVEL = Level.VERIFIED
"""A code that went to this number or mailbox came back from the person. It proves the number or mailbox alone."""
METHOD = "otp"
CHANNELS: dict[str, IdentifierType] = {
    "sms": "phone",
    "call": "phone",
    "whatsapp": "phone",
    "rbm": "phone",
    "email": "email",
}
"""What a code on this channel proves. One that is not here may be no code at all: its entries are rejected."""


class TwilioVerifySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a Twilio Verify source."""

    account_sid: AccountSid
    service_sid: Annotated[str, Meta(pattern="^VA[0-9a-fA-F]{32}$")] | None = None
    """Only verifications of this service; None: of all. Leave out services for tests and for other purposes."""
    base_url: str = "https://verify.twilio.com"


class _Destination(Payload):
    to: Annotated[str, Meta(min_length=1)]


class _Attempt(Payload, kw_only=True):
    verification_sid: Key
    conversion_status: str
    channel: str
    channel_data: _Destination
    date_created: Moment
    date_updated: Moment

    def records(self) -> Iterator[ContactRecord]:
        # Both ways of writing it stand in the vendor's pages.
        if self.conversion_status.lower() != "converted":
            return
        if self.channel.lower() not in CHANNELS:
            raise ValueError("Expected a channel that codes are sent on - at `$.channel`")
        kind = CHANNELS[self.channel.lower()]
        to = self.channel_data.to.removeprefix("whatsapp:")
        yield ContactRecord(
            id=self.verification_sid,
            occurred_at=self.date_created,
            updated_at=self.date_updated,
            identifiers=identified(kind, to, level=LEVEL, method=METHOD),
            profile={"verified_by": self.channel.lower()},
        )


def twilio_verify(source: Source) -> Rest:
    """Return what reads approved verifications."""
    options = source.options(TwilioVerifySettings)
    api = HttpApi(source, options.base_url, auth=credentials(source, options.account_sid), rates=RATES)
    service: Values = {"VerifyServiceSid": options.service_sid} if options.service_sid else {}

    def converted(at: At) -> Values:
        oldest = (source.clock() - KEPT).timestamp()
        # Nothing older is kept; whether it may be asked for is not said.
        since: Values = {"DateCreatedAfter": utc_text(at.since)} if at.since > oldest else {}
        return {"Status": "converted", **service, **since}

    attempts = Stream(
        name="attempts",
        path="/v2/Attempts",
        entries="attempts",
        into=_Attempt,
        seen=lambda attempt: Seen.when(attempt.date_created),
        records=_Attempt.records,
        query=converted,
        changes=Newest(overlap=OVERLAP),
        paging=Link("meta.next_page_url", size="PageSize"),
        largest=LARGEST_PAGE,
    )
    return Rest(source, api, (attempts,))
