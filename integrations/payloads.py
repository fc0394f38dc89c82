"""The one reader of vendor JSON: an answer into a struct, and its entries one by one.

An answer lists its entries as `msgspec.Raw`; each is decoded by itself, so that one bad record costs itself
and not its page. What goes wrong is told as field and type, in msgspec's words, never as a value. Therefore
payloads hold no `Enum` and no `Literal`: msgspec prints the value that is not one of them.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from functools import lru_cache
from typing import Annotated, Any, TypeVar, cast

import msgspec
from msgspec import Meta, Struct

from integrations.contract import ContactRecord, Delivery, Moment, Rejected

Key = Annotated[str, Meta(min_length=1, max_length=200)]
"""An id that the vendor gave. An empty one would make every such record the same record."""

LONGEST_ENTRY = 1024 * 1024
"""Bytes of one entry. A longer one is an upload gone astray; it is rejected so that its page can land."""
LONGEST_SUMMARY = 2000
"""Characters kept of what a message says: enough to know what it was about."""
LONGEST_REJECT = 16 * 1024
"""Characters kept of a rejected entry: enough to see what it was, bearable ten thousand times over."""


class Payload(Struct):
    """The part of a vendor's JSON object that we read; other fields are ignored and stay in the raw text."""


class Valued(Payload):
    """An e-mail address or a number, as those vendors write it that give several of a person."""

    value: str | None = None


Into = TypeVar("Into")
Entry = TypeVar("Entry")


class Entries(Struct, frozen=True):
    """What the entries of one page became."""

    deliveries: tuple[Delivery, ...]
    rejected: tuple[Rejected, ...]
    unread: tuple[str, ...] = ()
    """The rejected entries as they came, uncut."""


@lru_cache(maxsize=128)
def _decoder(into: Hashable) -> msgspec.json.Decoder[Any]:
    # Not strict: Unix seconds become moments, and numbers that a vendor writes as text become numbers.
    return msgspec.json.Decoder(cast("type[Any]", into), strict=False)


def decode(body: bytes | msgspec.Raw, into: type[Into]) -> Into:
    """Return JSON as the struct `into`; raises `ValueError` with a reason that names no value."""
    try:
        decoded: Into = _decoder(cast("Hashable", into)).decode(body)
    except UnicodeDecodeError as error:
        raise ValueError("The text is not valid UTF-8") from error
    return decoded


def read_entries(
    items: Sequence[msgspec.Raw],
    into: type[Entry],
    *,
    where: str,
    records: Callable[[Entry], Iterable[ContactRecord]],
) -> Entries:
    """Decode each entry by itself and let `records` say which records it makes: none, one or more.

    Args:
        items: The entries as they came.
        into: What one entry looks like.
        where: What the vendor calls the list ("calls"); a reject is then "calls, entry 3".
        records: Turns one entry into records; may raise `ValueError` with a reason that names no value.
    """
    deliveries: list[Delivery] = []
    rejected: list[Rejected] = []
    unread: list[str] = []
    for number, item in enumerate(items, start=1):
        raw = bytes(item).decode("utf-8", "replace")
        try:
            place = f"{where}, entry {number}"
            made = [Delivery(record, raw, place) for record in records(_entry(item, into))]
        except ValueError as error:
            rejected.append(Rejected(place, str(error), raw[:LONGEST_REJECT]))
            unread.append(raw)
        else:
            deliveries += made
    return Entries(tuple(deliveries), tuple(rejected), tuple(unread))


def _entry(item: msgspec.Raw, into: type[Entry]) -> Entry:
    size = len(bytes(item))
    if size > LONGEST_ENTRY:
        raise ValueError(f"The entry has {size:,} bytes; at most {LONGEST_ENTRY:,} are read")
    return decode(item, into)


def values(several: Iterable[Valued] | None) -> tuple[str | None, ...]:
    """Return the addresses or numbers of a list that may be missing."""
    return tuple(each.value for each in several or ())


def summary(*said: str | None, between: str = ": ") -> str:
    """Return in one line what an interaction says of itself, without what is not there, cut to a bearable length.

    >>> summary("An invoice", None, "Hello,  where is it?")
    'An invoice: Hello, where is it?'
    """
    return " ".join(between.join(filter(None, said)).split())[:LONGEST_SUMMARY]


def utc_text(seconds: int) -> str:
    """Return a moment in Unix seconds as most vendors take it (RFC 3339, UTC).

    >>> utc_text(1772445600)
    '2026-03-02T10:00:00Z'
    """
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def mail_time_told(text: str | None, field: str) -> datetime | None:
    """Return what `mail_time` does, of a field that may be missing or empty."""
    return mail_time(text, field) if text else None


def mail_time(text: str, field: str) -> datetime:
    """Return the moment of a date as e-mails write it (RFC 2822), which some vendors use in JSON.

    A date without a zone is UTC, as RFC 2822's `-0000` is. Raises `ValueError` naming `field`.

    >>> mail_time("Mon, 02 Mar 2026 10:00:00 +0100", "start_time").isoformat()
    '2026-03-02T09:00:00+00:00'
    """
    parts = parsedate_tz(text)
    if parts is not None:
        year, month, day, hour, minute, second = parts[:6]
        with suppress(ValueError, OverflowError):
            # msgspec makes the datetime, since it refuses to write the ones a frozen clock makes in tests.
            at = msgspec.convert(
                f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", type=Moment
            )
            return at - timedelta(seconds=parts[9] or 0)
    raise ValueError(f"Expected a date as in RFC 2822 - at `$.{field}`")
