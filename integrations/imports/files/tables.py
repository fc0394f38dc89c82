"""What CSV files and workbooks have in common: rows under headers, each a person."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from integrations.contract import Delivery, Moment, Rejected
from integrations.errors import FormatError
from integrations.imports.files.bookmark import Place
from integrations.imports.files.columns import Table, check_columns, positional_table, recognised, table_of
from integrations.imports.files.pages import PAGE_BYTES, Chunk, reject
from integrations.imports.files.people import People
from integrations.imports.files.rows import BadRow, Row

MOST_ROWS = 2000
"""Rows of a page where the source sets no limit."""

_NAMES_SOMEBODY = ("id", "name", "first_name", "last_name", "email", "phone", "account", "handle", "device")
_ADDRESS = re.compile(r"\S@\S+\.\S")
_NUMBER = re.compile(r"[\d\s()+./-]*")
_DIGITS = 7
"""A header has fewer digits; a telephone number hardly ever does."""


class TableOptions(Struct, forbid_unknown_fields=True, kw_only=True):
    """The settings that sources of CSV files and of workbooks share."""

    path: str
    columns: dict[str, str] | list[str] = {}
    """Targets by header; or one for each column of a file without headers."""
    header: bool | None = None
    """True when row 1 holds headers whatever it looks like."""
    timezone: str = "UTC"
    date_format: str = ""
    as_of: Moment | None = None
    clear_marker: str = "<clear>"

    @property
    def stated(self) -> Mapping[str, str]:
        """What `columns` says of headers."""
        return self.columns if isinstance(self.columns, dict) else {}


class RowReader(Protocol):
    """Reads one row after the other."""

    @property
    def offset(self) -> int:
        """Bytes before the next row."""
        ...

    def next(self) -> Row | BadRow | None:
        """Return the next row, or None at the end."""
        ...

    def place(self) -> Place:
        """Return the place before the next row."""
        ...


def check_table(options: TableOptions) -> None:
    """Check what the settings say of the columns; raises `ValueError`."""
    check_columns(options.columns)
    if options.header is False and not isinstance(options.columns, list):
        raise ValueError('header = false needs a target for each column: columns = ["name", "phone"]')
    if isinstance(options.columns, list) and not options.columns:
        raise ValueError('columns is empty; list a target for each column: columns = ["name", "phone"]')


def first_row(rows: RowReader) -> Row:
    """Return the first row that is not blank; raises `FormatError` when there is none."""
    while True:
        row = rows.next()
        if row is None:
            raise FormatError("the file holds no row")
        if isinstance(row, BadRow):
            raise FormatError(f"row {row.number}, which should hold the headers: {row.reason}")
        if row.cells:
            return row


def headed(headers: Sequence[str], options: TableOptions, namespace: str) -> Table:
    """Map the columns under these headers; raises `FormatError` when it can't be told what they are."""
    while len(headers) > 1 and not headers[-1]:
        headers = headers[:-1]  # A delimiter at the end of each row makes no column.
    if isinstance(options.columns, list):
        return positional_table(options.columns, len(headers), namespace)
    if options.header is None and (_looks_like_data(headers) or not recognised(headers, options.stated)):
        raise FormatError(_no_headers(len(headers)))
    table = table_of(headers, options.stated, namespace)
    if not table.of(*_NAMES_SOMEBODY):
        raise FormatError(
            "row 1 has no column that says who a row is about.\n"
            '    Name one in columns, such as: columns = {"Tel. 1" = "phone", "Member" = "name"}'
        )
    return table


def _no_headers(count: int) -> str:
    return (
        f"row 1 holds no headers that are known ({count} columns).\n"
        '    If it does hold headers, map them: columns = {"Tel. 1" = "phone", "Member" = "name"}\n'
        "    If the file has none, give a target for each column, in their order:"
        ' columns = ["name", "phone", "ignore"]'
    )


def _looks_like_data(cells: Sequence[str]) -> bool:
    return any(
        _ADDRESS.search(cell) or (_NUMBER.fullmatch(cell) and sum(map(str.isdigit, cell)) >= _DIGITS)
        for cell in cells
    )


def read_rows(rows: RowReader, people: People, most: int, prefix: str = "") -> Chunk:
    """Read up to `most` rows, blank ones aside; `prefix` says where they are ("sheet 'Contacts', ")."""
    start = rows.offset
    deliveries: list[Delivery] = []
    rejected: list[Rejected] = []
    row: Row | BadRow | None = None
    while len(deliveries) + len(rejected) < most and rows.offset - start < PAGE_BYTES:
        row = rows.next()
        if row is None:
            break
        read = _read(row, people, prefix)
        if isinstance(read, Rejected):
            rejected.append(read)
        elif read is not None:
            deliveries.append(read)
    return Chunk(deliveries, rejected, rows.place(), ended=row is None)


def _read(row: Row | BadRow, people: People, prefix: str) -> Delivery | Rejected | None:
    """Return what one row holds; None for a blank one."""
    where = f"{prefix}row {row.number}"
    if isinstance(row, BadRow):
        return reject(where, row.reason, row.raw)
    if not row.cells:
        return None
    try:
        return Delivery(people.record(row.cells), row.text, where)
    except ValueError as error:
        return reject(where, str(error), row.text)


def first_words(table: Table, options: TableOptions, people: People) -> list[str]:
    """Say what a person should know of the file, once: with its first page."""
    said = list(table.warnings)
    if people.unzoned:
        said.append(f"times without a zone were read in {options.timezone}; if that is wrong, set timezone")
    return said
