"""What a vendor's TOML file says: the tables that `declared.py` makes a connector of.

Every field is data of the engine (`rest.py`): styles of paging, ways to ask for changes, rates. What is added here
is where the parts of a record stand in an entry, and how sure each identifier is, with the reason.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from integrations.changes import Kept, Newest, NewestFirst, Spans, Whole
from integrations.contract import IdentifierType, Level
from integrations.errors import AccessError
from integrations.limits import Rate
from integrations.paging import Backwards, LastId, Link, Numbers, Offsets, OnePage, Token

Place = Annotated[str, Meta(min_length=1)]
"""Where a value stands in an entry: "owner.name"; in every item of a list: "emails[].value"."""


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class DeclaredIdentifier(_Table, frozen=True, kw_only=True):
    """One identifier, or as many as its place has values."""

    type: IdentifierType
    at: Place
    level: Level
    reason: Annotated[str, Meta(min_length=10)]
    """Why it is as sure as that: printed nowhere, demanded so that somebody has thought about it."""
    namespace: str = ""
    method: str = ""
    when: Mapping[str, str | bool | int | tuple[str, ...]] = {}
    """Only where these places have these values: a caller's number on an inbound call."""


class DeclaredInteraction(_Table, frozen=True, kw_only=True):
    """The call, chat or message that an entry is."""

    kind: str
    direction: str = ""
    """Where the direction stands."""
    inbound: tuple[str, ...] = ("inbound",)
    """Its values that mean that somebody turned to us."""
    summary: tuple[Place, ...] = ()


class DeclaredRecord(_Table, frozen=True, kw_only=True):
    """The record that an entry is."""

    id: Place = "id"
    prefix: str = ""
    """Before the id in the record's key, where several lists of a source could have equal ids."""
    occurred_at: Place
    updated_at: str = ""
    name: tuple[Place, ...] = ()
    """The parts of a person's name, in order."""
    deleted: str = ""
    """Where a flag or a time says that it is deleted."""
    profile: Mapping[str, Place] = {}
    identifiers: tuple[DeclaredIdentifier, ...] = ()
    interaction: DeclaredInteraction | None = None


class DeclaredStream(_Table, frozen=True, kw_only=True):
    """One list."""

    name: str
    path: str
    record: DeclaredRecord
    changed: Newest | NewestFirst | Spans | Kept | Whole
    entries: str = ""
    page: OnePage | Link | Token | Numbers | Backwards | Offsets | LastId = OnePage()
    largest: Annotated[int, Meta(ge=1)] = 100
    params: Mapping[str, str | int] = {}
    """May hold {since}, {until} and {token}; a parameter whose value is not known yet is left out."""
    times: Literal["iso", "unix", "unix-ms"] = "iso"
    """How times are written, in entries and for {since} and {until}."""
    sweeps: bool = False
    """True where the list, read whole, shows what is gone."""
    rates: tuple[Rate, ...] | None = None
    permission: str = ""


class DeclaredAuth(_Table, frozen=True, kw_only=True):
    """How requests are signed."""

    style: Literal["bearer", "basic", "header"]
    """`basic` takes the secrets `user` and `password`, the others `token`."""
    header: str = "Authorization"
    scheme: str = ""
    """What stands before the token in the header."""


class Declaration(_Table, frozen=True, kw_only=True):
    """A vendor."""

    base_url: str
    auth: DeclaredAuth
    streams: Annotated[tuple[DeclaredStream, ...], Meta(min_length=1)]
    headers: Mapping[str, str] = {}
    rates: tuple[Rate, ...] = ()


def declaration(source: str, file: Path) -> Declaration:
    """Return what a file declares; raises `AccessError` naming the place in it where something is wrong."""
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        vendor = msgspec.convert(said, type=Declaration, strict=False)
        _check(vendor.streams)
    except OSError as error:
        why = f"can't be read: {error.strerror}"
        raise _wrong(source, file, why) from error
    except ValueError as error:  # Not UTF-8, not TOML, or not what a vendor's file says.
        raise _wrong(source, file, str(error)) from error
    return vendor


def _check(streams: Sequence[DeclaredStream]) -> None:
    """Raise `ValueError` where streams get in each other's way."""
    if len({each.name for each in streams}) < len(streams):
        raise ValueError("Two streams have one name - at `$.streams[...].name`")
    for whole in (each for each in streams if each.sweeps):
        begins = whole.record.prefix
        for other in (each for each in streams if each.record.prefix != begins):
            if other.record.prefix.startswith(begins):
                raise ValueError(
                    f"The keys of {other.name} begin as those of {whole.name} do, whose list would take them for gone:"
                    " give the latter a prefix of its own - at `$.streams[...].record.prefix`"
                )


def _wrong(source: str, file: Path, why: str) -> AccessError:
    return AccessError(
        f"{source}: {file.name}: {why}\n    Correct the file, then run: avouch sources test {source}"
    )
