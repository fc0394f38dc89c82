"""The rows of a sheet of a workbook, in the words of a CSV file: what a cell holds, as text."""

import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

import msgspec
from openpyxl.reader.excel import ExcelReader

from integrations.errors import FormatError
from integrations.imports.files.archive import told
from integrations.imports.files.bookmark import Place
from integrations.imports.files.rows import LONGEST_CELL, BadRow, Row

ERRORS = frozenset({"#N/A", "#DIV/0!", "#REF!", "#NAME?", "#NULL!", "#NUM!", "#VALUE!", "#SPILL!", "#CALC!"})
"""What a cell holds whose formula failed."""
_DIGITS = 15
"""A spreadsheet keeps so many digits of a number; it makes zeros of the others."""
_ESCAPED = re.compile(r"_x(00[0-9A-Fa-f]{2})_")
_LOOKED_AT = 1000
_HALF = 500_000
"""Microseconds."""


class Found(NamedTuple):
    """A sheet that was chosen to be read."""

    title: str
    part: str
    others: tuple[str, ...]
    """Further sheets that people see and that hold something."""


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library from printing what it does not support: printers, colours, validations."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def find_sheet(content: BinaryIO, wanted: str | int) -> Found:
    """Return the sheet with this name or number; "" is the first that people see. Raises `FormatError`."""
    with _quiet(), told():
        reader = _opened(content)
        sheets = reader.wb.worksheets
        parts = {sheet.name: relation.target for sheet, relation in reader.parser.find_sheets()}
        chosen = _chosen(sheets, wanted)
        others = tuple(
            sheet.title
            for sheet in sheets
            if sheet is not chosen
            and wanted == ""
            and sheet.sheet_state == "visible"
            and _holds_something(sheet)
        )
        return Found(chosen.title, str(parts[chosen.title]), others)


def _opened(content: BinaryIO) -> Any:  # noqa: ANN401 - the library's types leave out what is read only
    content.seek(0)
    reader: Any = ExcelReader(content, read_only=True, data_only=True, keep_links=False)
    reader.read()
    return reader


def _chosen(sheets: Sequence[Any], wanted: str | int) -> Any:  # noqa: ANN401 - as above
    named = ", ".join(f"{number} {sheet.title!r}" for number, sheet in enumerate(sheets, start=1))
    if isinstance(wanted, int):
        if 1 <= wanted <= len(sheets):
            return sheets[wanted - 1]
    elif wanted:
        for sheet in sheets:
            if sheet.title.casefold() == wanted.casefold():
                return sheet
    elif sheets:
        return next((sheet for sheet in sheets if sheet.sheet_state == "visible"), sheets[0])
    raise FormatError(f"the workbook has no such sheet; it has: {named or 'none'}. Correct the setting sheet")


def _holds_something(sheet: Any) -> bool:  # noqa: ANN401 - as above
    sheet.reset_dimensions()
    return any(
        cell is not None for row in islice(sheet.iter_rows(values_only=True), _LOOKED_AT) for cell in row
    )


class WorkbookRows:
    """Reads one row after the other. The file is opened anew, so that the rows can outlive a page."""

    def __init__(self, content: BinaryIO, title: str, count: int, *, iso: bool) -> None:
        """Take the sheet `title` of a workbook of about `count` rows; `iso` writes each day with its time."""
        self._size = os.fstat(content.fileno()).st_size
        self._cells = _cells(os.dup(content.fileno()), title)
        self._count = count
        self._iso = iso
        self._again: Row | BadRow | None = None
        self.headers: Sequence[str] | None = None
        """What the columns are called; None takes rows of any width."""
        self.exact: Mapping[int, str] = {}
        """Columns, by place, in which a failed formula costs the row: an empty id would make it another."""
        self.number = 0
        self.offset = 0

    def go_to(self, number: int) -> None:
        """Leave out the rows up to this one. They have to be unpacked, as nothing in the file points there."""
        while self.number < number and self._values() is not None:
            pass

    def place(self) -> Place:
        """Return the place before the next row. Its bytes are estimated: the file is packed."""
        return Place(max(1, self._size * self.number // max(self._count, self.number, 1)), self.number)

    def give_back(self, row: Row) -> None:
        """Let `row` be read again."""
        self._again = row

    def next(self) -> Row | BadRow | None:
        """Return the next row, or None at the end of the sheet."""
        if self._again is not None:
            row, self._again = self._again, None
            return row
        values = self._values()
        if values is None:
            return None
        cells = [text_of(value, iso=self._iso) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            return Row(self.number, [], "")
        text = msgspec.json.encode(cells).decode()
        self.offset += len(text)
        reason = self._objection(cells)
        if reason:
            return BadRow(self.number, reason, text)
        return Row(self.number, ["" if cell in ERRORS else cell for cell in cells], text)

    def _values(self) -> Sequence[object] | None:
        with _quiet(), told():
            values = next(self._cells, None)
        self.number += values is not None
        return values

    def _objection(self, cells: Sequence[str]) -> str:
        width = len(self.headers) if self.headers is not None else len(cells)
        if len(cells) > width:
            return f"the row has {len(cells)} cells, and the sheet has {width} columns"
        for place, cell in enumerate(cells):
            if cell in ERRORS and place in self.exact:
                return f"column {self.exact[place]!r}: the formula of this cell failed ({cell})"
            if len(cell) > LONGEST_CELL:
                return f"a cell has {len(cell):,} characters; at most {LONGEST_CELL:,} are read"
        return ""


def _cells(file: int, title: str) -> Iterator[Sequence[object]]:
    with os.fdopen(file, "rb") as content:
        sheet = _opened(content).wb[title]
        # What a sheet says of its own size is often wrong, and would cut its rows.
        sheet.reset_dimensions()
        yield from sheet.iter_rows(values_only=True)


def text_of(value: object, *, iso: bool = False) -> str:
    """Return what a cell holds as a CSV file would say it, with numbers and times in full.

    >>> text_of(7.0), text_of(6502530000), text_of(0.5), text_of(True), text_of(datetime(2024, 3, 2))
    ('7', '6502530000', '0.5', 'TRUE', '2024-03-02')
    >>> text_of(1234567890123450), text_of(1234567890123456)
    ('1.23456789012345E+15', '1234567890123456')
    """
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value).replace("\0", "")
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        # Excel counts in days: a second is a fraction, and comes out a little beside itself.
        value = value.replace(microsecond=0) + timedelta(seconds=value.microsecond >= _HALF)
        return value.isoformat() if iso or value.time() != time() else value.date().isoformat()
    return "" if value is None else str(value)


def _number(value: float) -> str:
    if isinstance(value, float) and not value.is_integer():
        return repr(value)
    digits = str(int(value))
    if len(digits.lstrip("-")) > _DIGITS and not digits.lstrip("-")[_DIGITS:].strip("0"):
        return f"{value:.14E}"  # Digits are lost: different numbers look the same.
    return digits
