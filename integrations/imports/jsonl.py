"""Files in the canonical form: one record a line, as JSON."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

import msgspec
from msgspec import Raw, Struct

from integrations.contract import (
    About,
    ContactRecord,
    Delivery,
    Identifier,
    Interaction,
    Note,
    Page,
    Rejected,
    Token,
)
from integrations.errors import FormatError
from integrations.imports.files.bookmark import Place, Reading
from integrations.imports.files.lines import Lines, TooLong
from integrations.imports.files.pages import PAGE_BYTES, Chunk, FilePages, reject
from integrations.source import Source

_MARK = b"\xef\xbb\xbf"
_NUL = re.compile("\0")
_HALF = re.compile("[\ud800-\udfff]")
_EDGES = (1, 9999)
"""Years whose first or last hours, told in UTC, no calendar of ours holds."""


class JsonlOptions(Struct, forbid_unknown_fields=True):
    """The settings of a `jsonl` source."""

    path: str


def _shape(of: type[Struct], name: str, **nested: object) -> type[Struct]:
    """Return a struct with the fields of `of` that takes any value and no further field."""
    fields = [(field, nested.get(field, Any), None) for field in of.__struct_fields__]
    return msgspec.defstruct(name, fields, forbid_unknown_fields=True, gc=False)


_SHAPE: Any = _shape(
    ContactRecord,
    "RecordShape",
    identifiers=list[_shape(Identifier, "IdentifierShape", token=_shape(Token, "TokenShape") | None)],  # type: ignore[misc] # a type made at run time
    about=_shape(About, "AboutShape") | None,
    interactions=list[_shape(Interaction, "InteractionShape")],  # type: ignore[misc] # likewise
    notes=list[_shape(Note, "NoteShape")],  # type: ignore[misc] # likewise
    profile=Raw,
)
_KNOWN = frozenset(ContactRecord.__struct_fields__)
_OF_A_TOKEN = Token.__struct_fields__

_record = msgspec.json.Decoder(ContactRecord).decode
_shaped = msgspec.json.Decoder(_SHAPE).decode
_anything = msgspec.json.Decoder(dict[str, Any]).decode


class JsonlFile:
    """Reads records in the canonical form. What they say of their levels stands, up to the source's trust."""

    def __init__(self, source: Source) -> None:
        self._paging = FilePages(source, source.options(JsonlOptions).path, _Jsonl())

    def fetch(self, cursor: str | None) -> Page:
        """Return the records of the lines after `cursor`."""
        return self._paging.page(cursor)


class _Jsonl:
    most_entries = 5000

    def survey(self, content: BinaryIO) -> Mapping[str, str]:
        """Refuse what is JSON, or text, of another kind: a million rejects would say the same."""
        content.seek(0)
        head = content.read(1024)
        if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            raise FormatError("the file is in UTF-16; save it as UTF-8")
        if head.removeprefix(_MARK).lstrip().startswith(b"["):
            raise FormatError("the file is a JSON list; write one record a line, such as with: jq -c '.[]'")
        return {}

    def read(self, content: BinaryIO, reading: Reading, most: int) -> Chunk:
        """Read up to `most` lines, blank ones aside."""
        place = reading.place
        start = place.offset
        content.seek(start)
        if start == 0 and content.read(len(_MARK)) != _MARK:
            content.seek(0)
        lines = Lines(content)
        deliveries: list[Delivery] = []
        rejected: list[Rejected] = []
        number = place.entry
        line = None
        while len(deliveries) + len(rejected) < most and lines.offset - start < PAGE_BYTES:
            line = lines.next()
            if line is None:
                break
            number += 1
            read = _read(line, number)
            if read is None:
                continue
            if isinstance(read, Delivery):
                deliveries.append(read)
            else:
                rejected.append(read)
        return Chunk(deliveries, rejected, Place(lines.offset, number), ended=line is None)


def _read(line: bytes | TooLong, number: int) -> Delivery | Rejected | None:
    """Return what one line holds; None for a blank line."""
    if isinstance(line, TooLong):
        return reject(f"line {number}", line.reason, line.head)
    try:
        return delivery_of(line, f"line {number}")
    except ValueError as error:
        if not line.strip():
            return None
        half = _field_with_half_a_character(line)
        reason = f"{half}: holds half a character (a lone surrogate)" if half else _without_value(error)
        return reject(f"line {number}", reason, line)


def delivery_of(line: bytes, where: str = "") -> Delivery:
    """Return the record that the line at `where` holds, with its text where that says more than the record.

    A field that the canonical form doesn't know goes to `profile`. Raises `ValueError` with a reason that
    names the field.
    """
    try:
        if not line.isascii():
            line.decode()  # Also what the decoder would pass over: text of a field that nobody knows.
        record = _record(line)
        if not record.id.strip():
            raise ValueError("id: is empty")
        # A NUL can only come as an escape, and one byte is found ten times faster than six.
        if b"\\" in line and b"\\u0000" in line:
            _check_texts(_anything(line))
        _check_moments(record)
        if any(each.token is not None for each in record.identifiers):
            _check_tokens(record, _anything(line))
        try:
            _shaped(line)
        except msgspec.ValidationError:
            return _with_unknown_fields(record, line, where)
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
    return Delivery(record, None, where)


def _with_unknown_fields(record: ContactRecord, line: bytes, where: str) -> Delivery:
    unknown = {name: value for name, value in _anything(line).items() if name not in _KNOWN}
    if unknown:
        record = msgspec.structs.replace(record, profile={**unknown, **record.profile})
    # Unknown fields of an identifier, a call or a note have no place in the record; the text keeps them.
    return Delivery(record, line.decode().removeprefix("\ufeff").strip(), where)


def _check_texts(value: Mapping[str, Any]) -> None:
    field = _field_with(_NUL, "", value)
    if field is not None:
        raise ValueError(f"{field}: holds a NUL character")


def _check_moments(record: ContactRecord) -> None:
    if record.occurred_at.year in _EDGES:
        raise ValueError("occurred_at: is out of range")
    if record.updated_at is not None and record.updated_at.year in _EDGES:
        raise ValueError("updated_at: is out of range")
    for field, entries in (("interactions", record.interactions), ("notes", record.notes)):
        for each in entries:
            if each.at.year in _EDGES:
                raise ValueError(f"{field}: at is out of range")


def _check_tokens(record: ContactRecord, said: Mapping[str, Any]) -> None:
    """Refuse a token that could not be told from another, or one whose limits were written under other names."""
    for place, each in enumerate(record.identifiers):
        if each.token is None:
            continue
        field = f"identifiers[{place}].token"
        if not each.token.id.strip():
            raise ValueError(f"{field}.id: is empty")
        if each.token.expires_at is not None and each.token.expires_at.year in _EDGES:
            raise ValueError(f"{field}.expires_at: is out of range")
        if said["identifiers"][place]["token"].keys() - set(_OF_A_TOKEN):
            # An expiry under another name would make a token that never expires.
            raise ValueError(f"{field}: has an unknown field; it takes {', '.join(_OF_A_TOKEN)}")


def _field_with(sign: re.Pattern[str], path: str, value: object) -> str | None:
    """Return the path of the first text with such a sign; of the object, where a field's name has it."""
    if isinstance(value, str):
        return path if sign.search(value) else None
    inner: Iterable[tuple[str, object]] = ()
    if isinstance(value, dict):
        if any(map(sign.search, value)):
            return f"{path}: a field's name".removeprefix(": ")
        inner = ((f"{path}.{key}".removeprefix("."), each) for key, each in value.items())
    elif isinstance(value, list):
        inner = ((f"{path}[{place}]", each) for place, each in enumerate(value))
    found = (_field_with(sign, inside, each) for inside, each in inner)
    return next((field for field in found if field is not None), None)


def _field_with_half_a_character(line: bytes) -> str | None:
    """Return the field of a lone surrogate, which the decoder only calls malformed."""
    if b"\\ud" not in line and b"\\uD" not in line:
        return None
    try:
        return _field_with(_HALF, "", json.loads(line))
    except (ValueError, RecursionError):
        return None


_VALUE = re.compile(r"Invalid enum value .* - at", re.DOTALL)
_ALLOWED = {
    "level": "claimed, observed, stored or verified",
    "type": "account, email, phone, device or handle",
}


def _without_value(error: ValueError) -> str:
    """Return the reason without the value that msgspec quotes of a field with fixed values."""
    if isinstance(error, UnicodeDecodeError):
        return f"the line is not valid UTF-8 (byte {error.start})"
    reason = str(error)
    if not _VALUE.match(reason):
        return reason
    field = reason.rpartition("`$")[2].rstrip("`").rpartition(".")[2]
    return _VALUE.sub(f"Expected {_ALLOWED.get(field, 'another value')} - at", reason)
