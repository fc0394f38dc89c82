"""Accounts of a Matrix homeserver, messages in its rooms, and how sure they make an identifier."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

from integrations.contract import ContactRecord, Identifier, Interaction, Level
from integrations.payloads import Key, Payload, summary
from integrations.records import carrying, gone

MATRIX = "matrix"
"""The namespace of Matrix ids: each names its server, so they are the same everywhere."""
ADDED_AT_ONCE = 1000
"""Milliseconds: whoever opens a link or types a code has to come back for the address to be added."""
FIRST_IN_MILLISECONDS = 10**11
"""A smaller number is a time in seconds (to the year 5138), a larger one in milliseconds (from 1973 on)."""

LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999."""

KINDS: Mapping[str, str] = {
    "m.room.message": "message",
    # Its text is for the members' devices only: that somebody wrote is all that comes.
    "m.room.encrypted": "message",
    "m.sticker": "message",
    "m.call.invite": "call",
}
"""What an event is by its type; others are no interaction, and are not asked for."""

SEEN = (Level.VERIFIED, "session")
# Somebody has used the account, and the business's own server lets in nobody who has not logged in there.
UNSEEN = (Level.STORED, "")
# Nobody has: an administrator or a program has made it. It stands in the business's books.

OUTSIDE = Level.OBSERVED
# The id of a sender whom the server lets write without a login of its own. A guest has none; a bridge's puppet stands
# for a number or a handle of another network; another server vouches for its own users, and we for no other server.

METHODS: Mapping[str, str] = {"email": "link", "msisdn": "otp"}
"""What the server sends to an address before a user may add it himself."""
PROVED = Level.VERIFIED
# `validated_at` is when the link was opened or the code typed, but only where the user had to: see `addresses_proved`.
UNPROVED = Level.STORED
# Synapse writes the same `validated_at` for what an administrator types and for what a login service says, in one go
# with `added_at`. It is the business's books; and an address nobody has proved joins no stored one by itself.


class House(Struct, frozen=True, kw_only=True):
    """What the settings say of the homeserver."""

    server_name: str
    staff: tuple[str, ...]
    addresses_proved: bool
    providers: Mapping[str, str]

    def is_staff(self, user: str) -> bool:
        """Say whether a Matrix id is one of the business's own."""
        return any(fnmatchcase(user, pattern) for pattern in self.staff)

    def is_own(self, user: str) -> bool:
        """Say whether a Matrix id is an account of this server."""
        return user.partition(":")[2] == self.server_name


class Threepid(Payload, kw_only=True):
    """An address that belongs to an account: a "third-party identifier"."""

    medium: str
    address: str
    validated_at: int = 0
    added_at: int = 0

    def identifiers(self, *, may_be_proved: bool) -> Iterator[Identifier]:
        """Return it as an identifier; of media that are neither e-mail nor phone, nothing."""
        if self.medium not in METHODS:
            return
        is_proved = may_be_proved and 0 < self.validated_at < self.added_at - ADDED_AT_ONCE
        yield Identifier(
            type="email" if self.medium == "email" else "phone",
            # A number comes with its country and without its plus sign.
            value=self.address if self.medium == "email" else f"+{self.address.lstrip('+')}",
            level=PROVED if is_proved else UNPROVED,
            method=METHODS[self.medium] if is_proved else "",
        )


class ExternalId(Payload, kw_only=True):
    """An account at the service that a user logs in through."""

    auth_provider: Key
    external_id: Key


class User(Payload, kw_only=True):
    """An account, as the list has it or whole: the list lacks who the bridge is, addresses and logins."""

    name: Key
    creation_ts: Annotated[int, Meta(ge=0, le=LATEST)]
    deactivated: bool = False
    is_guest: bool = False
    appservice_id: str | None = None
    displayname: str | UnsetType | None = UNSET
    last_seen_ts: int | None = None
    threepids: tuple[Threepid, ...] = ()
    external_ids: tuple[ExternalId, ...] = ()

    @property
    def created_at(self) -> datetime:
        """To the second: the list tells milliseconds, the whole account tells seconds."""
        return moment(self.creation_ts).replace(microsecond=0)

    def wanted(self, house: House) -> Iterable[str]:
        """Return what stands for an account that is to be read whole; raises `ValueError` for a foreign one."""
        self._check_own(house)
        return () if self.deactivated or house.is_staff(self.name) else (self.name,)

    def gone(self, house: House) -> Iterator[ContactRecord]:
        """Return the tombstone of an account that was closed; of any other, nothing."""
        if self.deactivated and not house.is_staff(self.name):
            yield gone(self.name, self.created_at)

    def records(self, house: House) -> Iterator[ContactRecord]:
        """Return the record of an account that was read whole; raises `ValueError` for a foreign one."""
        self._check_own(house)
        if self.deactivated:
            yield from self.gone(house)
        else:
            yield ContactRecord(
                id=self.name,
                occurred_at=self.created_at,
                name=self._shown_as(),
                identifiers=tuple(self._identifiers(house)),
            )

    def _check_own(self, house: House) -> None:
        if not house.is_own(self.name):
            raise ValueError(
                "Expected an account of the server that the setting server_name names - at `$.name`"
            )

    def _shown_as(self) -> str | UnsetType | None:
        # Until somebody chooses a name, the server shows the first part of the id: that is none.
        is_named = self.displayname not in {None, "", self.name, self.name[1:].partition(":")[0]}
        return self.displayname if is_named else None

    def _identifiers(self, house: House) -> Iterator[Identifier]:
        if self.is_guest or self.appservice_id:
            yield outside(self.name)
            return
        level, method = SEEN if self.last_seen_ts else UNSEEN
        yield Identifier(type="account", namespace=MATRIX, value=self.name, level=level, method=method)
        for each in self.external_ids:
            namespace = house.providers.get(each.auth_provider, each.auth_provider)
            yield Identifier(
                type="account", namespace=namespace, value=each.external_id, level=level, method=method
            )
        for threepid in self.threepids:
            yield from threepid.identifiers(may_be_proved=house.addresses_proved)


class _Timeline(Payload):
    events: tuple[Any, ...] = ()


class Room(Payload, kw_only=True):
    """A room that our account is in and where something was written since the last run."""

    room_id: Key
    timeline: _Timeline = field(default_factory=_Timeline)

    @property
    def wanted(self) -> Iterable[str]:
        """Return what stands for a room whose messages are to be read."""
        return (self.room_id,) if self.timeline.events else ()


class Event(Payload, kw_only=True):
    """Something that a user did in a room."""

    event_id: Key
    sender: Key
    type: str
    origin_server_ts: Annotated[int, Meta(ge=0, le=LATEST)]
    content: dict[str, Any] | None = None

    def wanted(self, house: House) -> Iterable[str]:
        """Return what stands for the sender, whose account is looked at again; nothing where it is not ours to see."""
        is_customer = house.is_own(self.sender) and not house.is_staff(self.sender)
        return (self.sender,) if is_customer else ()

    def records(self, house: House) -> Iterator[ContactRecord]:
        """Return the version of the sender's record that says that this was written, and nothing else."""
        content = self.content or {}
        relation = content.get("m.relates_to")
        is_edit = isinstance(relation, dict) and relation.get("rel_type") == "m.replace"
        # What was taken back has no content any more.
        if not content or is_edit or self.type not in KINDS or house.is_staff(self.sender):
            return
        at = moment(self.origin_server_ts, is_milliseconds=True)
        body = content.get("body")
        said = summary(body) if isinstance(body, str) else ""
        yield carrying(
            Interaction(id=self.event_id, kind=KINDS[self.type], at=at, direction="inbound", summary=said),
            of=self.sender,
            changed_at=at,
            identifiers=() if house.is_own(self.sender) else (outside(self.sender),),
        )


def outside(user: str) -> Identifier:
    """Return the identifier of somebody whom this server knows by his id only."""
    return Identifier(type="handle", namespace=MATRIX, value=user, level=OUTSIDE)


def moment(number: int, *, is_milliseconds: bool = False) -> datetime:
    """Return a time that is in seconds in one answer and in milliseconds in another.

    >>> moment(1772445600) == moment(1772445600000)
    True
    """
    if is_milliseconds or number >= FIRST_IN_MILLISECONDS:
        return datetime.fromtimestamp(number // 1000, UTC) + timedelta(milliseconds=number % 1000)
    return datetime.fromtimestamp(number, UTC)
