"""What a connector may say: the canonical record of an outside system, and the page it comes on.

This module is the only one that both sides share, so it imports nothing of ours. A connector reports;
whether two records are one person is decided in `worker.domain`.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

from msgspec import UNSET, Meta, Struct, UnsetType

Moment = Annotated[datetime, Meta(tz=True)]
"""A point in time with its zone. A time without a zone is refused: guessing one moves calls by hours."""

IdentifierType = Literal["account", "email", "phone", "device", "handle"]

SourceKind = Literal["phone", "chat", "import"]


class Level(Enum):
    """How sure an identifier is on a record; compares from weak to strong.

    >>> Level.CLAIMED < Level.OBSERVED < Level.STORED < Level.VERIFIED
    True
    """

    CLAIMED = "claimed"
    """Somebody said or typed it."""
    OBSERVED = "observed"
    """The channel carried it: a caller's number, a sender's handle."""
    STORED = "stored"
    """The business's own books hold it."""
    VERIFIED = "verified"
    """The person proved it: a session, a signed identity, a one-time code, a returning platform cookie."""

    @property
    def rank(self) -> int:
        """0 for claimed to 3 for verified: how storage keeps a level."""
        return _RANKS[self.value]

    def __lt__(self, other: "Level") -> bool:
        return _RANKS[self.value] < _RANKS[other.value]

    def __le__(self, other: "Level") -> bool:
        return _RANKS[self.value] <= _RANKS[other.value]


_RANKS = {"claimed": 0, "observed": 1, "stored": 2, "verified": 3}
LEVELS = (Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED)


class Token(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a signed token (a JWT) that was found good says of itself: it proves somebody once, and in time."""

    id: str
    """Its own id (`jti`, RFC 7519 section 4.1.7), or a digest of the whole token where it has none."""
    expires_at: Moment | None = None
    audience: str = ""
    """Whom it was made for (`aud`)."""


class Identifier(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One identifier as the source gave it: the raw value; the canonical form is made when it lands."""

    type: IdentifierType
    value: str
    namespace: str = ""
    """Whose accounts, devices or handles these are ("app", "site", "whatsapp"); empty for e-mail and phone."""
    level: Level | None = None
    """None means stored, the level of a business's own books. The source's trust caps every level."""
    method: str = ""
    """How it was verified: session, jwt, hmac, otp, link, cookie."""
    token: Token | None = None
    """The signed token that states it. Seen on another record, expired or for others, it is only claimed."""


class About(Struct, frozen=True, omit_defaults=True):
    """The other record that this one is about the same person as, as our own platform states."""

    source: str
    id: str
    level: Level = Level.VERIFIED
    """How sure it is. Below verified it joins nobody and is a suggestion: a vendor's own merge is claimed."""


class Interaction(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A call, a chat, a message; `at` is its start."""

    id: str
    kind: str
    at: Moment
    direction: str = ""
    summary: str = ""


class Note(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text by the team that came with the record."""

    id: str
    at: Moment
    body: str
    author: str = ""


class ContactRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record in the canonical form (the `jsonl` import format). Its key is (source, id).

    A name or a profile field that is absent leaves what earlier versions said; `None` clears it.
    """

    id: str
    occurred_at: Moment
    identifiers: tuple[Identifier, ...]
    updated_at: Moment | None = None
    name: str | UnsetType | None = UNSET
    profile: dict[str, Any] = {}
    about: About | None = None
    interactions: tuple[Interaction, ...] = ()
    notes: tuple[Note, ...] = ()
    deleted: bool = False


class Delivery(Struct, frozen=True):
    """A record and, where it differs from the canonical form, the text the source sent."""

    record: ContactRecord
    raw: str | None = None
    where: str = ""
    """The place in words a person can find again ("row 41"), as `Rejected` has it. No personal data."""


class Rejected(Struct, frozen=True):
    """One entry that could not become a record. It is kept with its reason; the page goes on."""

    where: str
    """The place in words a person can find again ("row 41", "calls, entry 3"). No personal data."""
    reason: str
    """What is wrong, naming the field. No values."""
    raw: str
    """The entry as it came, cut to a bearable length. Kept in the database, never logged."""


class Sweep(Struct, frozen=True, kw_only=True):
    """Part of a complete list of a source's records: what is not in it when it ends is gone at the source."""

    began_at: Moment
    """When the list was begun; names the sweep. What landed later cannot be missing from it."""
    listed: tuple[str, ...]
    """The keys of the records on this page that are not deleted."""
    ended: bool
    prefix: str = ""
    """The list holds only records whose keys begin so; others are not missing."""
    identified: bool = False
    """The list holds only records with an identifier; others are not missing."""
    emptied: bool = False
    """The source itself says that all of it is gone. Otherwise a list that misses most of what is known is not
    believed before the next one says the same: it may be a fault of the source's."""


class Page(Struct, frozen=True, kw_only=True):
    """What one fetch brought. `cursor` is stored in the same transaction as the records."""

    deliveries: tuple[Delivery, ...]
    cursor: str
    """Opaque to everybody but the connector; the next fetch gets it back."""
    more: bool
    """True when a further fetch would bring more at once."""
    rejected: tuple[Rejected, ...] = ()
    warnings: tuple[str, ...] = ()
    """What a person should know of this page ("column 'Fax 2' is not mapped"). No personal data."""
    stamp: datetime | None = None
    """The stamp of this delivery: ranks versions of records that carry no `updated_at`."""
    share_read: float | None = None
    """How much of the whole has been read, from 0 to 1, where the source tells."""
    sweep: Sweep | None = None
    """Set where the page is part of a complete list."""


class Connector(Protocol):
    """Reads one configured source, a page at a time."""

    def fetch(self, cursor: str | None) -> Page:
        """Return the page after `cursor`; None starts from the beginning.

        Raises `integrations.errors.UnavailableError` (again later by itself), `AccessError` (needs a
        person) or `FormatError` (the answer is not what the vendor describes).
        """
        ...


class Part(Struct, frozen=True):
    """One thing that a source is read for, so that it can be tried by itself."""

    name: str
    cursor: str
    """Where reading it begins."""
    permission: str = ""
    """What the credentials need for it, in the vendor's words."""


@runtime_checkable
class HasParts(Protocol):
    """A connector whose parts can be tried one by one: calls may be readable and messages not."""

    def parts(self) -> Sequence[Part]:
        """Return its parts in the order they are read."""
        ...


@runtime_checkable
class Refetches(Protocol):
    """A connector that can ask again for single records, such as leads the vendor has since identified."""

    def refetch(self, ids: Sequence[str]) -> Page:
        """Return the newest version of the records with these ids, as far as they still exist."""
        ...
