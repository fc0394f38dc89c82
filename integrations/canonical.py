"""The canonical form as text: one record as JSON, checked for all that no record may hold.

What a program writes is not a vendor's answer: an unknown field is kept, and a wrong one is told by its place.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct

from integrations.contract import About, ContactRecord, Delivery, Identifier, Interaction, Note, Token

_NUL = re.compile("\0")
_HALF = re.compile("[\ud800-\udfff]")
_EDGES = (1, 9999)
"""Years whose first or last hours, told in UTC, no calendar of ours holds."""


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


def reason_of(error: ValueError, line: bytes) -> str:
    """Return why `delivery_of` refused a line: the field and what is wrong with it, without its value."""
    half = _field_with_half_a_character(line)
    return f"{half}: holds half a character (a lone surrogate)" if half else _without_value(error)


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
