"""A connector without Python: a TOML file says what a REST vendor lists and what its entries hold.

For plain lists; what a vendor does beyond that (a token in two steps, entries that need a second request) is a
module of a few lines on the same engine.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from integrations.contract import ContactRecord, Identifier, Interaction, Moment
from integrations.credentials import Credentials, basic, key
from integrations.declaration import Declaration, DeclaredIdentifier, DeclaredStream, declaration
from integrations.http import HttpApi, Values
from integrations.paging import At
from integrations.payloads import summary, utc_text
from integrations.records import full_name, identified
from integrations.rest import Rest, Stream, Swept
from integrations.source import Source
from integrations.streams import Seen

MILLISECONDS = 1000


class DeclaredSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a declared source."""

    path: str
    """The file that declares the vendor."""
    base_url: str | None = None
    """In place of the file's: another region, a server of one's own."""


def declared(source: Source) -> Rest:
    """Return the connector that a file declares; raises `AccessError` where it is wrong."""
    options = source.options(DeclaredSettings)
    vendor = declaration(source.name, Path(options.path))
    api = HttpApi(
        source,
        options.base_url or vendor.base_url,
        auth=_credentials(source, vendor),
        headers=vendor.headers,
        rates=vendor.rates,
    )
    return Rest(source, api, [_stream(each) for each in vendor.streams])


def _credentials(source: Source, vendor: Declaration) -> Credentials:
    auth = vendor.auth
    if auth.style == "basic":
        return basic(source.secret("user"), source.secrets.get("password", ""))
    scheme = "Bearer " if auth.style == "bearer" else auth.scheme
    return key(source.name, source.secret("token"), auth.header, scheme)


def _stream(stream: DeclaredStream) -> Stream:
    return Stream(
        name=stream.name,
        path=stream.path,
        entries=stream.entries,
        into=dict[str, Any],
        records=partial(_records, stream),
        seen=partial(_seen, stream),
        query=partial(_query, stream),
        changes=stream.changed,
        paging=stream.page,
        largest=stream.largest,
        rates=stream.rates,
        sweeps=Swept(stream.record.prefix, stream.record.id) if stream.sweeps else None,
        permission=stream.permission,
    )


def _query(stream: DeclaredStream, at: At) -> Values:
    """Return the parameters with what is known filled in."""
    known = {
        "since": _written(at.since, stream.times) if at.since else "",
        "until": _written(at.until, stream.times) if at.until else "",
        "token": at.token,
    }
    query: dict[str, str | int] = {}
    for name, value in stream.params.items():
        waits = isinstance(value, str) and any(f"{{{each}}}" in value and not known[each] for each in known)
        if not waits:
            query[name] = value if isinstance(value, int) else _filled(value, known)
    return query


def _filled(text: str, known: Mapping[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _written(seconds: int, times: str) -> str:
    if times == "iso":
        return utc_text(seconds)
    return str(seconds * MILLISECONDS if times == "unix-ms" else seconds)


def _seen(stream: DeclaredStream, entry: dict[str, Any]) -> Seen:
    at = _moment(entry, stream.record.updated_at or stream.record.occurred_at, stream.times)
    return Seen.when(at)


def _records(stream: DeclaredStream, entry: dict[str, Any]) -> Iterator[ContactRecord]:
    said = stream.record
    named = _text(entry, said.id)
    if not named:
        raise ValueError(f"An id is missing - at `$.{said.id}`")
    record_key = f"{said.prefix}{named}"
    occurred_at = _moment(entry, said.occurred_at, stream.times)
    deleted = bool(said.deleted and any(_values(entry, said.deleted)))
    name = full_name(*(_text(entry, part) for part in said.name))
    yield ContactRecord(
        id=record_key,
        occurred_at=occurred_at,
        updated_at=_moment(entry, said.updated_at, stream.times) if said.updated_at else None,
        name=name if said.name and not deleted else UNSET,
        identifiers=() if deleted else tuple(_identifiers(said.identifiers, entry)),
        profile={
            field: _values(entry, place)[0] for field, place in said.profile.items() if _values(entry, place)
        },
        interactions=tuple(_interactions(stream, entry, record_key, occurred_at)),
        deleted=deleted,
    )


def _identifiers(identifiers: tuple[DeclaredIdentifier, ...], entry: dict[str, Any]) -> Iterator[Identifier]:
    for each in identifiers:
        if all(_fits(_values(entry, place), wanted) for place, wanted in each.when.items()):
            values = map(_as_text, _values(entry, each.at))
            yield from identified(
                each.type, *values, level=each.level, namespace=each.namespace, method=each.method
            )


def _fits(values: list[Any], wanted: object) -> bool:
    return any(value in (wanted if isinstance(wanted, tuple) else (wanted,)) for value in values)


def _interactions(
    stream: DeclaredStream, entry: dict[str, Any], record_key: str, at: datetime
) -> Iterator[Interaction]:
    said = stream.record.interaction
    if said is None:
        return
    direction = ""
    if said.direction:
        direction = "inbound" if _text(entry, said.direction) in said.inbound else "outbound"
    words = summary(*(_text(entry, place) for place in said.summary), between=", ")
    yield Interaction(id=record_key, kind=said.kind, at=at, direction=direction, summary=words)


def _moment(entry: dict[str, Any], place: str, times: str) -> datetime:
    value = next(iter(_values(entry, place)), None)
    try:
        if times == "unix-ms":
            return datetime.fromtimestamp(float(value) / MILLISECONDS, UTC)  # type: ignore[arg-type]  # or TypeError
        return msgspec.convert(value, type=Moment, strict=False)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"Expected a time with its zone ({times}) - at `$.{place}`") from error


def _text(entry: dict[str, Any], place: str) -> str:
    return _as_text(next(iter(_values(entry, place)), None))


def _as_text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _values(entry: object, place: str) -> list[Any]:
    """Return what stands at a place of an entry, leaving out what is null or not there."""
    found: list[Any] = [entry]
    for step in place.split("."):
        name = step.removesuffix("[]")
        found = [each[name] for each in found if isinstance(each, dict) and each.get(name) is not None]
        if step.endswith("[]"):
            found = [item for each in found if isinstance(each, list) for item in each]
    return [each for each in found if each is not None]
