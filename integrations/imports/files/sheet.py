"""How a CSV file is laid out: its encoding, what stands between its cells, and where its headers are."""

import re
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

from integrations.imports.files.columns import Table, positional_table, recognised
from integrations.imports.files.encoding import Encoding, detected, kept, restored
from integrations.imports.files.lines import Lines, TooLong
from integrations.imports.files.rows import BadRow, Row, Rows
from integrations.imports.files.tables import TableOptions, first_row, headed

DELIMITERS = (",", ";", "\t", "|")
_STATED_DELIMITER = re.compile(r"\ufeff?sep=(.)\s*", re.IGNORECASE)
"""The first line by which Excel is told the delimiter."""
_LOOKED_AT = 10
"""Rows that are compared to find the delimiter of a file without headers."""


class CsvOptions(TableOptions, forbid_unknown_fields=True, kw_only=True):
    """The settings of a `csv` source."""

    delimiter: str = ""
    encoding: str = ""


class Sheet(NamedTuple):
    """A CSV file that is ready to be read, from its first row of people."""

    rows: Rows
    table: Table


def survey(content: BinaryIO, options: CsvOptions) -> Mapping[str, str]:
    """Find out how the whole file is laid out; raises `FormatError` when it can't be told."""
    encoding = detected(content, options.encoding)
    delimiter = options.delimiter or _stated(content, encoding) or _best_delimiter(content, encoding, options)
    traits = {**kept(encoding), "delimiter": delimiter}
    sheet(content, traits, options, "")
    return traits


def sheet(content: BinaryIO, traits: Mapping[str, str], options: CsvOptions, namespace: str) -> Sheet:
    """Open the file as `survey` found it, with its columns mapped."""
    rows = _rows(content, restored(traits), traits["delimiter"])
    if isinstance(options.columns, list) and not options.header:
        start = rows.place()
        table = positional_table(options.columns, len(first_row(rows).cells), namespace)
        rows.go_to(start)
    else:
        headers = [cell.strip().lstrip("\ufeff").replace("\0", "") for cell in first_row(rows).cells]
        table = headed(headers, options, namespace)
    rows.headers = [column.header for column in table.columns]
    return Sheet(rows, table)


def _rows(content: BinaryIO, encoding: Encoding, delimiter: str) -> Rows:
    """Return the rows behind what only a spreadsheet needs."""
    content.seek(encoding.mark)
    stated = _stated_line(content, encoding)
    content.seek(encoding.mark + stated[1])
    rows = Rows(Lines(content, ending=encoding.ending), encoding.name, delimiter)
    rows.number = 1 if stated[0] else 0
    return rows


def _stated(content: BinaryIO, encoding: Encoding) -> str:
    content.seek(encoding.mark)
    return _stated_line(content, encoding)[0]


def _stated_line(content: BinaryIO, encoding: Encoding) -> tuple[str, int]:
    """Return the delimiter that the first line states, and that line's size; nothing if it doesn't."""
    line = Lines(content, ending=encoding.ending).next()
    if line is None or isinstance(line, TooLong):
        return "", 0
    match = _STATED_DELIMITER.fullmatch(line.decode(encoding.name, "replace"))
    return (match[1], len(line)) if match else ("", 0)


def _best_delimiter(content: BinaryIO, encoding: Encoding, options: CsvOptions) -> str:
    """Return the delimiter that makes the most headers known, else the one that cuts all rows alike."""
    return max(DELIMITERS, key=lambda delimiter: _fit(content, encoding, delimiter, options))


def _fit(content: BinaryIO, encoding: Encoding, delimiter: str, options: CsvOptions) -> tuple[int, int, int]:
    rows = _rows(content, encoding, delimiter)
    seen: list[list[str]] = []
    while len(seen) < _LOOKED_AT and (row := rows.next()) is not None:
        if isinstance(row, Row) and row.cells:
            seen.append(row.cells)
        elif isinstance(row, BadRow) and not seen:
            break
    if not seen:
        return 0, 0, 0
    width = len(seen[0])
    alike = width > 1 and all(len(cells) == width for cells in seen)
    return recognised(seen[0], options.stated), width if alike else 0, width
