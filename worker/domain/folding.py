"""Folding: every version of one record that was ever delivered makes the record as it is now."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from integrations.contract import Interaction, Level, Note, Token
from worker.domain import names, phones
from worker.domain.identifiers import Key, canonical
from worker.domain.records import Record, Sighting, Unusable, Version, record_id


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
    name, profile = _stated(ordered)
    about, about_level = _about(id_key, ordered)
    interactions: dict[str, Interaction] = {}
    notes: dict[str, Note] = {}
    for version in ordered:
        interactions.update((each.id, each) for each in version.record.interactions)
        notes.update((each.id, each) for each in version.record.notes)
    sightings, unusable = _sightings(ordered)
    named_at, name_known_by = _named_at(ordered)
    record = Record(
        id=record_id(id_key, source, newest.id),
        source=source,
        key=newest.id,
        occurred_at=min(version.record.occurred_at for version in ordered),
        version_at=min(ordered[-1].stated_at, ordered[-1].landed_at),
        sightings=sightings,
        unusable=unusable,
        name=name,
        named_at=named_at,
        name_known_by=name_known_by,
        profile=profile,
        about=about,
        about_level=about_level,
        deleted=newest.deleted,
    )
    return Folded(record, tuple(interactions.values()), tuple(notes.values()))


def _stated(ordered: list[Version]) -> tuple[str, dict[str, Any]]:
    """Return the newest statement of the name and of each profile field. None clears, "" says nothing."""
    name: str | None = None
    profile: dict[str, Any] = {}
    for version in ordered:
        said = version.record
        if said.name is not UNSET and said.name != "":
            name = said.name
        profile.update((field, value) for field, value in said.profile.items() if value != "")
    return name or "", {field: value for field, value in profile.items() if value is not None}


def _about(id_key: bytes, ordered: list[Version]) -> tuple[str, Level]:
    """Return the record that the newest statement of `about` names, "" for none, and how sure it is."""
    for version in reversed(ordered):
        said = version.record.about
        if said is not None:
            return record_id(id_key, said.source, said.id), said.level
    return "", Level.VERIFIED


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
    seen: dict[tuple[str, str, str, Level, str], Sighting] = {}
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
            level = each.level or Level.STORED
            if not isinstance(form, Key):
                unusable[each.type, each.value] = Unusable(each.type, each.value, form.reason)
                old = phones.old_spelling(each.value, version.region) if each.type == "phone" else None
                if old is None:
                    continue
                # Kept as a claim: it ties nothing, and suggests who has the number as it is spelled today.
                form, level = Key("", old), Level.CLAIMED
            key = (each.type, form.namespace, form.value)
            sighting = Sighting(*key, level, stated_at, stated_at, known_by=known_by, method=each.method)
            token = ""
            if each.token is not None:
                token = each.token.id
                sighting = _by_token(sighting, each.token)
            earlier = seen.get((*key, level, token))
            seen[*key, level, token] = sighting if earlier is None else _span(earlier, sighting)
            carried[key] = max(level.rank, carried.get(key, 0))
    for full, sighting in seen.items() if len(ordered) > 1 else ():
        if carried.get(full[:3], -1) < full[3].rank:
            seen[full] = msgspec.structs.replace(sighting, former=True)
    return tuple(seen[full] for full in sorted(seen, key=_by_value)), tuple(unusable.values())


def _by_token(sighting: Sighting, token: Token) -> Sighting:
    expires_at = None if token.expires_at is None else token.expires_at.astimezone(UTC)
    return msgspec.structs.replace(sighting, token=token.id, token_until=expires_at, token_for=token.audience)


def _by_value(full: tuple[str, str, str, Level, str]) -> tuple[str, str, str, int, str]:
    return (*full[:3], full[3].rank, full[4])


def _span(one: Sighting, other: Sighting) -> Sighting:
    """Widen one sighting by another of the same identifier at the same level."""
    first = min(one, other, key=lambda each: (each.proved_at, each.first_at, each.method))
    return msgspec.structs.replace(
        first,
        first_at=min(one.first_at, other.first_at),
        last_at=max(one.last_at, other.last_at),
        known_by=None if first.proved_at == min(one.first_at, other.first_at) else first.proved_at,
    )
