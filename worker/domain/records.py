"""A record as the rules see it: every version that was ever delivered, folded into one."""

import hashlib
import hmac
import re
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from integrations.contract import ContactRecord, Level

_ID_CHARACTERS = 24
"""96 bits: among a thousand million records, a collision is less likely than 1 in 10^10."""

_ID_FORM = re.compile(r"[0-9a-f]{24}")

Key = tuple[str, str, str]
"""An identifier in canonical form: type, namespace, value."""

_encode = msgspec.json.Encoder(order="deterministic").encode


@lru_cache(maxsize=1 << 15)
def record_id(id_key: bytes, source: str, key: str) -> str:
    """Derive the id of the record with `key` at `source`: 24 characters, the same in every order.

    A keyed hash, so that nobody without the key can test whether a phone number is a record's key.

    >>> record_id(b"k", "pbx", "call-7") == record_id(b"k", "pbx", "call-7")
    True
    >>> record_id(b"k", "pb", "xcall-7") == record_id(b"k", "pbx", "call-7")
    False
    """
    message = f"{len(source)}:{source}:{key}".encode()
    return hmac.digest(id_key, message, "sha256").hex()[:_ID_CHARACTERS]


def is_id(text: str) -> bool:
    """Say whether `text` has the form of a record's id.

    >>> is_id("0f9b3c51d2e84a6c9b1d7e20"), is_id("call-7")
    (True, False)
    """
    return _ID_FORM.fullmatch(text) is not None


def content_digest(record: ContactRecord) -> tuple[bytes, str]:
    """Return the record's canonical JSON and its digest: two deliveries with one digest say the same."""
    body = _encode(record)
    return body, hashlib.blake2b(body, digest_size=16).hexdigest()


class Sighting(Struct, frozen=True, array_like=True, gc=False):
    """One identifier at one level on a record, with its first and last sight (times of versions)."""

    type: str
    namespace: str
    value: str
    level: Level
    first_at: datetime
    last_at: datetime
    former: bool = False
    """True when the newest version that states identifiers no longer carries it as surely."""
    known_by: datetime | None = None
    """Set where `first_at` lay in the future when it was delivered: the stamp of that delivery."""
    method: str = ""
    token: str = ""
    """The id of the signed token that stated it, where one did: one token is one sign-in, on one record."""
    token_until: datetime | None = None
    """When that token expired."""
    token_for: str = ""
    """The audience that it was made for."""

    @property
    def proved_at(self) -> datetime:
        """When it first stood on the record, never later than its delivery."""
        return self.known_by or self.first_at


class Unusable(Struct, frozen=True, array_like=True):
    """An identifier that is kept as it came and never compared, with the reason."""

    type: str
    value: str
    reason: str


class Version(Struct, frozen=True):
    """One delivered version of a record: evidence, kept for ever."""

    record: ContactRecord
    digest: str
    stamp: datetime | None
    """The latest stamp that its deliveries carried, if any."""
    landed_at: datetime
    """When it first arrived. Ranks only versions whose own time lay in the future then."""
    region: str | None = None
    """The region its source had: national phone numbers are read by it."""

    @property
    def stated_at(self) -> datetime:
        """The time of what this version says."""
        return self.record.updated_at or self.record.occurred_at

    @property
    def rank(self) -> tuple[datetime, datetime, str]:
        """Order versions from old to new; a tie goes by content, never by arrival."""
        if self.record.updated_at is None and self.stamp is not None:
            return (self.stamp, self.stamp, self.digest)
        return (min(self.stated_at, self.landed_at), self.stated_at, self.digest)


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The versions of one key, folded: what `resolve` reads."""

    id: str
    source: str
    key: str
    occurred_at: datetime
    version_at: datetime
    sightings: tuple[Sighting, ...] = ()
    unusable: tuple[Unusable, ...] = ()
    name: str = ""
    named_at: datetime | None = None
    """Since when a full name stands on it."""
    name_known_by: datetime | None = None
    """Set where `named_at` lay in the future when it was delivered: the stamp of that delivery."""
    profile: dict[str, Any] = {}
    about: str = ""
    """The id of the record that this one is about the same person as."""
    about_level: Level = Level.VERIFIED
    """How sure its source is of that."""
    deleted: bool = False

    @property
    def order(self) -> tuple[datetime, str, str]:
        """Sort records from the earliest: the order that names founding records and breaks ties."""
        return (self.occurred_at, self.source, self.key)
