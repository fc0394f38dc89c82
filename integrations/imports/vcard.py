"""vCard files, versions 2.1, 3.0 and 4.0: what phones and address books export."""

import re
from collections.abc import Mapping
from io import BytesIO
from typing import BinaryIO

from msgspec import Struct

from integrations.contract import ContactRecord, Delivery, Moment, Page, Rejected
from integrations.errors import AccessError, FormatError
from integrations.imports.files.bookmark import Reading
from integrations.imports.files.card_people import record_of
from integrations.imports.files.cards import BadCard, Card, Cards
from integrations.imports.files.encoding import (
    UTF_8,
    Encoding,
    detected,
    guess_warnings,
    kept,
    known,
    restored,
)
from integrations.imports.files.lines import Lines
from integrations.imports.files.pages import PAGE_BYTES, Chunk, FilePages, reject
from integrations.imports.files.times import Clock, FileTime, zone_of
from integrations.source import Source

_SEARCHED = 64 * 1024
"""Bytes at the start of a file in which a first card has to begin."""


class VCardOptions(Struct, forbid_unknown_fields=True, kw_only=True):
    """The settings of a `vcard` source."""

    path: str
    encoding: str = ""
    timezone: str = "UTC"
    as_of: Moment | None = None


class VCardFile:
    """Reads the cards of vCard files. A card of the books is stored evidence; it proves nobody's identity."""

    def __init__(self, source: Source) -> None:
        options = source.options(VCardOptions)
        try:
            clock = Clock(zone_of(options.timezone))
            if options.encoding:
                known(options.encoding)
        except (ValueError, FormatError) as error:
            raise AccessError(
                f"{source.name}: {error}\n"
                f"    Correct it in avouch.toml, then run: avouch sources test {source.name}"
            ) from error
        self._paging = FilePages(source, options.path, _VCard(options, clock))

    def fetch(self, cursor: str | None) -> Page:
        """Return the records of the cards after `cursor`."""
        return self._paging.page(cursor)


class _VCard:
    most_entries = 2000

    def __init__(self, options: VCardOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock

    def survey(self, content: BinaryIO) -> Mapping[str, str]:
        """Find the encoding, and refuse a file in which no card begins."""
        encoding = detected(content, self._options.encoding, folded=True)
        content.seek(encoding.mark)
        head = content.read(_SEARCHED).decode(encoding.name, "replace")
        if not re.search(r"^BEGIN:VCARD\s*$", head, re.IGNORECASE | re.MULTILINE):
            raise FormatError("the file is no vCard: no line says BEGIN:VCARD")
        return kept(encoding)

    def read(self, content: BinaryIO, reading: Reading, most: int) -> Chunk:
        """Read up to `most` cards."""
        encoding = restored(reading.traits)
        start = reading.place.offset or encoding.mark
        content.seek(start)
        cards = Cards(Lines(content, ending=encoding.ending), encoding)
        if reading.place.offset:
            cards.go_to(reading.place)
        time = FileTime(self._options.as_of, reading.modified)
        text_encoding = "utf-8" if encoding.wide else encoding.name
        deliveries: list[Delivery] = []
        rejected: list[Rejected] = []
        card: Card | BadCard | None = None
        while len(deliveries) + len(rejected) < most and cards.offset - start < PAGE_BYTES:
            card = cards.next()
            if card is None:
                break
            read = _read(card, text_encoding, self._clock, time)
            if isinstance(read, Rejected):
                rejected.append(read)
            else:
                deliveries.append(read)
        warnings = guess_warnings(reading.traits) if not reading.place.offset else ()
        return Chunk(deliveries, rejected, cards.place(), card is None, warnings, time.stamp)


def _read(card: Card | BadCard, encoding: str, clock: Clock, time: FileTime) -> Delivery | Rejected:
    where = f"card {card.number}"
    if isinstance(card, BadCard):
        return reject(where, card.reason, card.raw.decode(encoding, "replace"))
    raw = b"\r\n".join(card.lines).decode(encoding, "replace")
    try:
        return Delivery(record_of(card, encoding, clock, time), raw, where)
    except ValueError as error:
        return reject(where, str(error), raw)


def record_in(text: bytes, time: FileTime) -> ContactRecord:
    """Return the record of `text`, which is one card in UTF-8, as other protocols carry them.

    Raises `ValueError` with a reason that names the property.
    """
    cards = Cards(Lines(BytesIO(text)), Encoding(UTF_8))
    card = cards.next()
    if card is None:
        raise ValueError("the card is empty")
    if isinstance(card, BadCard):
        raise ValueError(card.reason)  # noqa: TRY004 - what is wrong is the text
    if cards.next() is not None:
        raise ValueError("more than one card")
    return record_of(card, UTF_8, Clock(), time)
