"""A record as the rules see it: every version that was ever delivered, folded into one."""

import hashlib
import hmac
import re
from base64 import b32encode
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from integrations.contract import ContactRecord, Interaction, Level, Note
from worker.domain import names
from worker.domain.identifiers import Key, canonical

_ID_BYTES = 15
"""120 bits: a collision among a thousand million records is less likely than 1 in 10^18."""

_ID_FORM = re.compile(r"[a-z2-7]{24}")

_encode = msgspec.json.Encoder(order="deterministic").encode


def record_id(id_key: bytes, source: str, key: str) -> str:
    """Derive the id of the record with `key` at `source`: 24 characters, the same in every order.

    A keyed hash, so that nobody without the key can test whether a phone number is a record's key.

    >>> record_id(b"k", "pbx", "call-7") == record_id(b"k", "pbx", "call-7")
    True
    >>> record_id(b"k", "pb", "xcall-7") == record_id(b"k", "pbx", "call-7")
    False
    """
    message = f"{len(source)}:{source}:{key}".encode()
    digest = hmac.digest(id_key, message, "sha256")
    return b32encode(digest[:_ID_BYTES]).decode("ascii").lower()


def is_id(text: str) -> bool:
    """Say whether `text` has the form of a record's id.

    >>> is_id("mfrggzdfmztwq2lkmfrggzdf"), is_id("call-7")
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
    """The stamp its delivery carried, if any."""
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
        stated = self.record.updated_at or self.stamp or self.record.occurred_at
        return (min(stated, self.landed_at), stated, self.digest)


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
    deleted: bool = False

    @property
    def order(self) -> tuple[datetime, str, str]:
        """Sort records from the earliest: the order that names founding records and breaks ties."""
        return (self.occurred_at, self.source, self.key)


class Folded(Struct, frozen=True):
    """A record with the interactions and notes that came with any of its versions."""

    record: Record
    interactions: tuple[Interaction, ...]
    notes: tuple[Note, ...]


def fold(id_key: bytes, source: str, versions: Iterable[Version]) -> Folded:
    """Fold every version of one record into its present state.

    The newest statement of each field wins; a field that a version does not mention is left alone.
    Identifiers, interactions and notes are never lost. The result depends on the set of versions
    alone, not on the order in which they arrived.
    """
    ordered = sorted(versions, key=lambda version: version.rank)
    newest = ordered[-1].record
    name: str | UnsetType | None = UNSET
    about = ""
    profile: dict[str, Any] = {}
    interactions: dict[str, Interaction] = {}
    notes: dict[str, Note] = {}
    for version in ordered:
        said = version.record
        if said.name is not UNSET and said.name != "":
            name = said.name
        if said.about is not None:
            about = record_id(id_key, said.about.source, said.about.id)
        profile.update((field, value) for field, value in said.profile.items() if value != "")
        interactions.update((each.id, each) for each in said.interactions)
        notes.update((each.id, each) for each in said.notes)
    sightings, unusable = _sightings(ordered)
    named_at, name_known_by = _named_at(ordered)
    record = Record(
        id=record_id(id_key, source, newest.id),
        source=source,
        key=newest.id,
        occurred_at=min(version.record.occurred_at for version in ordered),
        version_at=ordered[-1].rank[0],
        sightings=sightings,
        unusable=unusable,
        name=name if isinstance(name, str) else "",
        named_at=named_at,
        name_known_by=name_known_by,
        profile={field: value for field, value in profile.items() if value is not None},
        about=about,
        deleted=newest.deleted,
    )
    return Folded(record, tuple(interactions.values()), tuple(notes.values()))


def _named_at(ordered: list[Version]) -> tuple[datetime | None, datetime | None]:
    """Return when a version first stated a full name, and when it was delivered if that came sooner."""
    named = [
        version
        for version in ordered
        if isinstance(version.record.name, str) and names.is_full(version.record.name)
    ]
    if not named:
        return None, None
    stated_at = min(version.stated_at for version in named)
    known_by = min(min(version.stated_at, version.landed_at) for version in named)
    return stated_at, None if known_by == stated_at else known_by


def _sightings(ordered: list[Version]) -> tuple[tuple[Sighting, ...], tuple[Unusable, ...]]:
    """Gather the identifiers of all versions: first and last sight of each at each level."""
    seen: dict[tuple[str, str, str, Level], Sighting] = {}
    unusable: dict[tuple[str, str], Unusable] = {}
    carried: dict[tuple[str, str, str], int] = {}
    for version in ordered:
        said = version.record
        if said.identifiers:
            carried = {}
        stated_at = version.stated_at
        known_by = version.landed_at if stated_at > version.landed_at else None
        for each in said.identifiers:
            form = canonical(each.type, each.namespace, each.value, version.region)
            if not isinstance(form, Key):
                unusable[each.type, each.value] = Unusable(each.type, each.value, form.reason)
                continue
            key = (each.type, form.namespace, form.value)
            level = each.level or Level.STORED
            sighting = Sighting(*key, level, stated_at, stated_at, known_by=known_by, method=each.method)
            earlier = seen.get((*key, level))
            seen[*key, level] = sighting if earlier is None else _span(earlier, sighting)
            carried[key] = max(level.rank, carried.get(key, 0))
    for full, sighting in seen.items() if len(ordered) > 1 else ():
        if carried.get(full[:3], -1) < full[3].rank:
            seen[full] = msgspec.structs.replace(sighting, former=True)
    return tuple(seen[full] for full in sorted(seen, key=_by_value)), tuple(unusable.values())


def _by_value(full: tuple[str, str, str, Level]) -> tuple[str, str, str, int]:
    return (*full[:3], full[3].rank)


def _span(one: Sighting, other: Sighting) -> Sighting:
    """Widen one sighting by another of the same identifier at the same level."""
    first = min(one, other, key=lambda each: (each.proved_at, each.first_at, each.method))
    return msgspec.structs.replace(
        first,
        first_at=min(one.first_at, other.first_at),
        last_at=max(one.last_at, other.last_at),
        known_by=None if first.proved_at == min(one.first_at, other.first_at) else first.proved_at,
    )
