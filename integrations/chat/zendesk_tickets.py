"""Tickets of Zendesk's: each is an interaction of whoever opened it, or a call from a number."""

from collections.abc import Iterator

from msgspec import field
from msgspec.structs import replace

from integrations.contract import ContactRecord, Interaction, Level, Moment
from integrations.payloads import Payload, summary
from integrations.records import carrying, identified

END_USER = "end-user"
CALLED_FROM = Level.OBSERVED
# The other number of a call, and that of a user whom Talk made for an unknown caller: the channel carried it.

KINDS = {"email": "email", "voice": "call", "chat": "chat", "native_messaging": "chat", "messaging": "chat"}
"""What a ticket is by its channel; others (web, api, mobile, whatsapp ...) are messages."""


class _Requester(Payload, kw_only=True):
    role: str | None = None
    active: bool | None = True


class _End(Payload, kw_only=True):
    phone: str | None = None


class _Source(Payload, kw_only=True):
    sender: _End | None = field(name="from", default=None)
    to: _End | None = None
    rel: str | None = None


class _Via(Payload, kw_only=True):
    channel: str = ""
    source: _Source | None = None


class Ticket(Payload, kw_only=True):
    """A ticket with whoever opened it, who came beside it."""

    id: int
    created_at: Moment
    updated_at: Moment
    requester_id: int | None = None
    status: str | None = None
    subject: str | None = None
    description: str | None = None
    via: _Via | None = None
    requesters: tuple[_Requester, ...] = ()

    def records(self) -> Iterator[ContactRecord]:
        """Return the version of the requester's record, or the call; nothing of colleagues' own tickets."""
        if self.status == "deleted":
            return
        via = self.via or _Via()
        source = via.source or _Source()
        kind = KINDS.get(via.channel, "message")
        is_outbound = source.rel == "outbound"
        ticket = Interaction(
            id=f"ticket:{self.id}",
            kind=kind,
            at=self.created_at,
            direction="outbound" if is_outbound else "inbound",
            summary=summary(self.subject, self.description),
        )
        other = source.to if is_outbound else source.sender
        if kind == "call" and other is not None and other.phone:
            called_from = identified("phone", other.phone, level=CALLED_FROM)
            yield carrying(ticket, of=f"call:{self.id}", changed_at=self.updated_at, identifiers=called_from)
        elif self.requester_id is not None and all(each.role == END_USER for each in self.requesters):
            is_gone = any(each.active is False for each in self.requesters)
            record = carrying(ticket, of=f"user:{self.requester_id}", changed_at=self.updated_at)
            yield replace(record, deleted=is_gone)
