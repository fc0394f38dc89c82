"""The cards of a vCard file, one by one: a damaged card costs itself, never the cards after it."""

from typing import NamedTuple

from integrations.imports.files.bookmark import Place
from integrations.imports.files.encoding import Encoding
from integrations.imports.files.lines import Line, Lines, TooLong

LONGEST_CARD = 1024 * 1024
"""Bytes of one card without its pictures."""

_BEGIN = b"BEGIN:VCARD"
_END = b"END:VCARD"
_REPLACED = "\ufffd".encode()
_BINARY = frozenset({b"PHOTO", b"LOGO", b"SOUND", b"KEY"})
"""Properties that hold files: of no use here, and the greater part of most exports."""


class Card(NamedTuple):
    """One card: its lines between BEGIN and END, with their folds undone and pictures left out."""

    number: int
    lines: list[bytes]


class BadCard(NamedTuple):
    """A card that can't be read, with the reason."""

    number: int
    reason: str
    raw: bytes


class Cards:
    """Reads one card after the other from where the lines stand."""

    def __init__(self, lines: Lines, encoding: Encoding) -> None:
        self._lines = lines
        self._encoding = encoding
        self._number = 0

    @property
    def offset(self) -> int:
        """Bytes before the next card."""
        return self._lines.offset

    def go_to(self, place: Place) -> None:
        """Go on at a place where cards were read before."""
        self._lines.go_to(place.offset)
        self._number = place.entry

    def place(self) -> Place:
        """Return the place before the next card."""
        return Place(self._lines.offset, self._number)

    def next(self) -> Card | BadCard | None:
        """Return the next card, or None at the end of the file."""
        outside = bytearray()
        while (line := self._lines.next()) is not None:
            begins = _is(self._plain(line), _BEGIN)
            if outside and begins:
                self._lines.give_back([line])
                break
            if begins:
                self._number += 1
                return self._card()
            text = self._plain(line)
            if text.strip() and len(outside) < LONGEST_CARD:
                outside += text
        if not outside:
            return None
        self._number += 1
        return BadCard(self._number, "text that belongs to no card", bytes(outside))

    def _card(self) -> Card | BadCard:
        """Read to the end of the card, whatever is in it."""
        body = _Body()
        depth = 1
        while (line := self._lines.next()) is not None:
            text = self._plain(line)
            if _is(text, _BEGIN):
                if not body.expects_card:
                    self._lines.give_back([line])
                    return BadCard(self._number, "the next card begins before this one ends", body.raw)
                depth += 1
            elif _is(text, _END):
                depth -= 1
                if depth == 0:
                    return (
                        BadCard(self._number, body.fault, body.raw) if body.fault else body.card(self._number)
                    )
            elif depth == 1:
                body.add(text, line)
                if self._encoding.wide and _REPLACED in text:
                    body.fault = body.fault or f"a line is not valid {self._encoding.name}"
        return BadCard(self._number, "the file ends in the middle of this card", body.raw)

    def _plain(self, line: Line) -> bytes:
        """Return a line as the bytes of an encoding in which letters of ASCII are one byte each."""
        text = line.head if isinstance(line, TooLong) else line
        return text.decode(self._encoding.name, "replace").encode() if self._encoding.wide else text


class _Body:
    """What is between BEGIN and END, as it is put together."""

    def __init__(self) -> None:
        self._lines: list[bytearray] = []
        self._size = 0
        self._skips = False
        self._quoted = False
        self._old = False
        self.fault = ""

    @property
    def expects_card(self) -> bool:
        """True behind an AGENT of version 2.1, whose value is a card of its own."""
        return bool(self._lines) and bytes(self._lines[-1]).upper().startswith((b"AGENT:", b"AGENT;"))

    @property
    def raw(self) -> bytes:
        """The lines so far, for a person to look at."""
        return b"\r\n".join(map(bytes, self._lines))

    def card(self, number: int) -> Card:
        """Return the card that these lines are."""
        return Card(number, [bytes(line) for line in self._lines])

    def add(self, text: bytes, line: Line) -> None:
        """Add one line of the file: a property, or what goes on from the line before."""
        text = text.rstrip(b"\r\n")
        if self._quoted:
            self._go_on(b"\n" + text)
        elif text[:1] in {b" ", b"\t"}:
            self._go_on(text if self._old else text[1:])
        elif text.strip() and not (self._skips and b":" not in text):
            # Pictures of version 2.1 go on without a space in front; their letters include no colon.
            self._begin(text)
        if isinstance(line, TooLong) and not self._skips:
            self.fault = self.fault or line.reason

    def _begin(self, text: bytes) -> None:
        head = text.partition(b":")[0].upper()
        name = head.partition(b";")[0].rpartition(b".")[2].strip()
        self._skips = name in _BINARY
        if name == b"VERSION":
            self._old = text.partition(b":")[2].strip() == b"2.1"
        self._quoted = False
        if not self._skips:
            self._lines.append(bytearray())
            self._go_on(text, soft=b"QUOTED-PRINTABLE" in head)

    def _go_on(self, text: bytes, *, soft: bool | None = None) -> None:
        if self._skips or not self._lines:
            return
        self._size += len(text)
        if self._size > LONGEST_CARD:
            self.fault = f"the card has more than {LONGEST_CARD:,} bytes without its pictures"
            return
        self._lines[-1] += text
        # Quoted-printable goes on behind a line that ends in "=".
        self._quoted = (self._quoted if soft is None else soft) and text.endswith(b"=")


def _is(text: bytes, mark: bytes) -> bool:
    # A space in front would make it a part of the line before.
    return text.rstrip().upper() == mark
