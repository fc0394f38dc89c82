"""Rows of a CSV file: one damaged row costs itself, never the rows after it."""

import csv
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from integrations.imports.files.bookmark import Place
from integrations.imports.files.lines import Lines, TooLong

LONGEST_CELL = 64 * 1024
"""Characters of one cell: more than any note an agent writes."""
LONGEST_ROW = 1024 * 1024
"""Bytes of one row over all its lines. A quote that is never closed is looked for so far, and no further."""

_OPEN_QUOTE = "a quote is opened and not closed"
_REASONS = {
    "unexpected end of data": _OPEN_QUOTE,
    "new-line character seen": "a carriage return stands in the middle of the row",
    "field larger than": f"a cell has more than {LONGEST_CELL:,} characters",
    "": "text follows a closing quote",
}
"""How csv's errors begin, and what they mean to somebody who looks at the file."""

_BROKEN = "behind a damaged row"


class Row(NamedTuple):
    """One row; a blank one has no cells."""

    number: int
    cells: list[str]
    text: str


class BadRow(NamedTuple):
    """A row that can't be read, with the reason."""

    number: int
    reason: str
    raw: str


class Rows:
    """Reads one row after the other.

    A row goes on over several lines while a quote is open. If the quote is never closed, or the row doesn't
    come out as a row of this file, only its first line is given up and reading goes on with the second: so a
    stray quote can't swallow what follows. From there on a row must have all its cells, until one has: what
    were the other lines of a long cell would otherwise pass for people.
    """

    def __init__(self, lines: Lines, encoding: str, delimiter: str) -> None:
        self._lines = lines
        self._encoding = encoding
        self._feed = _Feed(lines, encoding)
        # Strict: text after a closing quote is how a stray quote shows.
        self._reader = csv.reader(self._feed, delimiter=delimiter, strict=True, skipinitialspace=True)
        self.headers: Sequence[str] | None = None
        """What the columns are called; None takes rows of any width."""
        self.number = 0
        """Rows before the next one, as a spreadsheet counts them: blank ones too."""
        self.broken = False
        """True behind a row that was given up with a quote open."""

    @property
    def offset(self) -> int:
        """Bytes before the next row."""
        return self._lines.offset

    def go_to(self, place: Place) -> None:
        """Go on at a place where rows were read before."""
        self._lines.go_to(place.offset)
        self.number = place.entry
        self.broken = bool(place.state)

    def place(self) -> Place:
        """Return the place before the next row."""
        return Place(self._lines.offset, self.number, _BROKEN if self.broken else "")

    def next(self) -> Row | BadRow | None:
        """Return the next row, or None at the end of the file."""
        first = self._lines.next()
        if first is None:
            return None
        self.number += 1
        if isinstance(first, TooLong):
            return BadRow(self.number, first.reason, self._shown(first.head))
        self._lines.give_back([first])
        row = self._parsed()
        if isinstance(row, Row):
            return row
        rest = self._feed.taken[1:]
        if rest:
            self.broken = True
            self._lines.give_back(rest)
        return BadRow(self.number, row, self._shown(first))

    def _shown(self, line: bytes) -> str:
        return line.decode(self._encoding, "replace")

    def _parsed(self) -> Row | str:
        """Return the row, or why it isn't one."""
        self._feed.restart()
        try:
            cells = next(self._reader)
        except csv.Error as error:
            return next(reason for start, reason in _REASONS.items() if str(error).startswith(start))
        except UnicodeDecodeError as error:
            if len(self._feed.taken) > 1:
                return _OPEN_QUOTE
            return f"the row is not valid {self._encoding} (byte {error.start})"
        text = "".join(self._feed.texts)
        if not any(cells) or not any(map(str.strip, cells)):
            return Row(self.number, [], text)
        if self.headers is not None:
            reason = self._objection(cells, text, len(self.headers))
            if reason:
                return reason
            self.broken = self.broken and len(cells) < len(self.headers)
            del cells[len(self.headers) :]
        return Row(self.number, cells, text.rstrip("\r\n"))

    def _objection(self, cells: list[str], text: str, width: int) -> str:
        count = len(cells)
        if any(map(str.strip, cells[width:])):
            return f"the row has {count} cells, and the file has {width} columns"
        if count < width:
            if len(self._feed.taken) > 1:
                return _OPEN_QUOTE
            if self.broken:
                return f"the row has {count} of {width} cells, and stands behind a damaged one"
            if not text.endswith(("\n", "\r")):
                return f"the file ends in the middle of this row, after {count} of {width} cells"
        if len(text) > LONGEST_CELL or "\0" in text:
            return self._unbearable(cells)
        return ""

    def _unbearable(self, cells: list[str]) -> str:
        """Say which cell is too long, or holds what no database text can."""
        for cell, header in zip(cells, self.headers or (), strict=False):
            if len(cell) > LONGEST_CELL:
                size = f"{len(cell):,} characters; at most {LONGEST_CELL:,} are read"
                return f"column {header!r}: the cell has {size}"
            if "\0" in cell:
                return f"column {header!r}: holds a NUL character"
        return ""


class _Feed(Iterator[str]):
    """The lines of one row, as text, one by one as the reader asks for them."""

    def __init__(self, lines: Lines, encoding: str) -> None:
        self._lines = lines
        self._encoding = encoding
        self._size = 0
        self.taken: list[bytes] = []
        self.texts: list[str] = []

    def restart(self) -> None:
        """Begin a new row."""
        self.taken, self.texts, self._size = [], [], 0

    def __next__(self) -> str:
        line = self._lines.next()
        if line is None:
            raise StopIteration
        if isinstance(line, TooLong) or self._size + len(line) > LONGEST_ROW:
            self._lines.give_back([line])
            raise StopIteration
        self._size += len(line)
        self.taken.append(line)
        text = line.decode(self._encoding)
        self.texts.append(text)
        return text
