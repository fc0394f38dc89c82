"""Admission: which records can be kept at all, and in what form."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from integrations.contract import ContactRecord, Identifier

MOST_CHARACTERS = 65_536
"""The longest text a field may hold: more than any note an agent writes, less than a file sent by mistake."""
MOST_KEY_CHARACTERS = 512
"""The longest id or namespace: they are part of an index, which takes 2,704 bytes."""
MOST_IDENTIFIERS = 200
"""More identifiers than this on one record are no person's: comparing them in pairs would take minutes."""

_encode = msgspec.json.Encoder().encode


def admitted(record: ContactRecord) -> ContactRecord | str:
    """Return the record with its times in UTC, or the reason why it cannot be kept.

    The reason names the field and never its value.
    """
    try:
        body = _encode(record)
        problem = _problem(record, body)
        return problem or (record if _is_utc(record) else _in_utc(record))
    except UnicodeEncodeError:
        return "a text holds half a character (a lone surrogate)"
    except RecursionError:
        return "profile: is nested too deep"
    except OverflowError:
        return "a time is out of range in UTC"


def _problem(record: ContactRecord, body: bytes) -> str:
    """Return what keeps a record out, "" for nothing. `body` tells cheaply what need not be looked at."""
    if not record.id.strip():
        return "id: is empty"
    if len(record.identifiers) > MOST_IDENTIFIERS:
        return f"identifiers: {len(record.identifiers)} of them, at most {MOST_IDENTIFIERS} are kept"
    if b"\\u0000" in body:
        field = next((field for field, text in _texts(record) if "\0" in text), None)
        if field is not None:
            return f"{field}: holds a NUL character"
    if any(each.token is not None and not each.token.id.strip() for each in record.identifiers):
        return "identifiers.token.id: is empty"
    limits = ((_keys(record), MOST_KEY_CHARACTERS),) if len(body) > MOST_KEY_CHARACTERS else ()
    if len(body) > MOST_CHARACTERS:
        limits = (*limits, (_texts(record), MOST_CHARACTERS))
    for texts, most in limits:
        for field, text in texts:
            if len(text) > most:
                return f"{field}: {len(text):,} characters, at most {most:,} are kept"
    return ""


def _keys(record: ContactRecord) -> Iterable[tuple[str, str]]:
    """Name the texts of a record that are indexed."""
    yield "id", record.id
    for each in record.identifiers:
        yield "identifiers.namespace", each.namespace
        yield "identifiers.token.id", "" if each.token is None else each.token.id
    for interaction in record.interactions:
        yield "interactions.id", interaction.id
    for note in record.notes:
        yield "notes.id", note.id


def _texts(record: ContactRecord) -> Iterable[tuple[str, str]]:
    """Name every text of a record."""
    yield from _walk("", msgspec.to_builtins(record))


def _walk(path: str, value: object) -> Iterable[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for field, inner in value.items():
            yield f"{path}.{field}" if path and path != "profile" else "a profile field's name", str(field)
            yield from _walk(f"{path}.{field}".lstrip("."), inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _walk(path, inner)


def _moments(record: ContactRecord) -> Iterable[datetime]:
    yield record.occurred_at
    if record.updated_at is not None:
        yield record.updated_at
    yield from (each.at for each in record.interactions)
    yield from (each.at for each in record.notes)
    for identifier in record.identifiers:
        if identifier.token is not None and identifier.token.expires_at is not None:
            yield identifier.token.expires_at


def _is_utc(record: ContactRecord) -> bool:
    return all(moment.tzinfo is UTC for moment in _moments(record))


def _in_utc(record: ContactRecord) -> ContactRecord:
    """Write all times in UTC, so that one moment written in two zones is one content."""
    replace = msgspec.structs.replace
    return replace(
        record,
        occurred_at=record.occurred_at.astimezone(UTC),
        identifiers=tuple(map(_token_in_utc, record.identifiers)),
        updated_at=None if record.updated_at is None else record.updated_at.astimezone(UTC),
        interactions=tuple(replace(each, at=each.at.astimezone(UTC)) for each in record.interactions),
        notes=tuple(replace(each, at=each.at.astimezone(UTC)) for each in record.notes),
    )


def _token_in_utc(each: Identifier) -> Identifier:
    if each.token is None or each.token.expires_at is None:
        return each
    replace = msgspec.structs.replace
    return replace(each, token=replace(each.token, expires_at=each.token.expires_at.astimezone(UTC)))
