"""Workbooks of Excel and of the programs that write its files (.xlsx): one sheet, read like a CSV file.

What a workbook has and a CSV file has not:
- Numbers and times are kept in full, not as they are shown: a phone shown as 6.50253E+09 has all its digits. The
  exception are numbers of more than 15 digits, of which Excel itself has made zeros: no id can be told by them.
- A cell with a formula holds the result of the last time it was worked out.
- A merged cell counts in its first cell; hidden rows are rows.
"""

from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

from integrations.contract import Page
from integrations.errors import AccessError
from integrations.imports.files.archive import SheetFacts, check_archive, sheet_facts
from integrations.imports.files.bookmark import Reading
from integrations.imports.files.columns import Table, positional_table
from integrations.imports.files.pages import PACKED, Chunk, FilePages
from integrations.imports.files.people import Manner, People
from integrations.imports.files.tables import (
    MOST_ROWS,
    TableOptions,
    check_table,
    first_row,
    first_words,
    headed,
    read_rows,
)
from integrations.imports.files.times import Clock, FileTime, zone_of
from integrations.imports.files.workbook import Found, WorkbookRows, find_sheet
from integrations.source import Source

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_NOT_PACKED_SO = {
    **{start: what for start, what in PACKED.items() if start != _ZIP},
    _OLE: "a workbook with a password, or one of the old kind (.xls); save it as .xlsx without a password",
}


class XlsxOptions(TableOptions, forbid_unknown_fields=True, kw_only=True):
    """The settings of an `xlsx` source."""

    sheet: str | int = ""
    """Its name, or its number from 1; the first that people see where nothing is said."""


class XlsxFile:
    """Reads the rows of workbooks. A row of the books is stored evidence; it proves nobody's identity."""

    def __init__(self, source: Source) -> None:
        options = source.options(XlsxOptions)
        try:
            check_table(options)
            clock = Clock(zone_of(options.timezone), options.date_format)
        except ValueError as error:
            raise AccessError(
                f"{source.name}: {error}\n"
                f"    Correct it in avouch.toml, then run: avouch sources test {source.name}"
            ) from error
        form = _Xlsx(options, Manner(clock, options.clear_marker), source.name)
        self._paging = FilePages(source, options.path, form, packed=_NOT_PACKED_SO)

    def fetch(self, cursor: str | None) -> Page:
        """Return the records of the rows after `cursor`."""
        return self._paging.page(cursor)


class _Opened(NamedTuple):
    rows: WorkbookRows
    table: Table


class _Xlsx:
    most_entries = MOST_ROWS

    def __init__(self, options: XlsxOptions, manner: Manner, namespace: str) -> None:
        self._options = options
        self._manner = manner
        self._namespace = namespace
        self._stopped: tuple[tuple[str, int], _Opened] | None = None
        """Where the last page stopped. Another process has to unpack the rows before that again."""

    def survey(self, content: BinaryIO) -> Mapping[str, str]:
        """Check that the file is safe to unpack, choose the sheet, and check that its columns can be mapped."""
        check_archive(content)
        found = find_sheet(content, self._options.sheet)
        facts = sheet_facts(content, found.part)
        traits = {"sheet": found.title, "rows": str(facts.rows), "said": "\n".join(_remarks(found, facts))}
        self._open(content, traits)
        return traits

    def read(self, content: BinaryIO, reading: Reading, most: int) -> Chunk:
        """Read up to `most` rows, blank ones aside."""
        first_page = reading.place.offset == 0
        opened = self._resumed(content, reading)
        time = FileTime(self._options.as_of, reading.modified)
        people = People(opened.table, self._manner, time)
        chunk = read_rows(opened.rows, people, most, f"sheet {reading.traits['sheet']!r}, ")
        self._stopped = None if chunk.ended else ((reading.digest, chunk.place.entry), opened)
        if first_page:
            said = [*reading.traits["said"].splitlines(), *first_words(opened.table, self._options, people)]
            chunk = chunk._replace(warnings=said)
        return chunk._replace(stamp=time.stamp)

    def _resumed(self, content: BinaryIO, reading: Reading) -> _Opened:
        place = reading.place
        if self._stopped is not None and self._stopped[0] == (reading.digest, place.entry):
            return self._stopped[1]
        opened = self._open(content, reading.traits)
        if place.offset:
            opened.rows.go_to(place.entry)
        return opened

    def _open(self, content: BinaryIO, traits: Mapping[str, str]) -> _Opened:
        options = self._options
        rows = WorkbookRows(content, traits["sheet"], int(traits["rows"]), iso=bool(options.date_format))
        first = first_row(rows)
        if isinstance(options.columns, list) and not options.header:
            table = positional_table(options.columns, len(first.cells), self._namespace)
            rows.give_back(first)
        else:
            table = headed([cell.strip() for cell in first.cells], options, self._namespace)
        rows.headers = [column.header for column in table.columns]
        exact = table.of("id", "account", "occurred_at", "updated_at")
        rows.exact = {column.place: column.header for column in exact}
        return _Opened(rows, table)


def _remarks(found: Found, facts: SheetFacts) -> list[str]:
    said = []
    if found.others:
        others = ", ".join(map(repr, found.others))
        said.append(f"only the sheet {found.title!r} is read; {others} hold something too: set sheet")
    if facts.hidden:
        said.append(f"{facts.hidden:,} hidden rows are read like the others")
    if facts.errors:
        said.append(f"{facts.errors:,} cells hold a formula that failed, and count as empty")
    if facts.without_result:
        said.append(
            f"{facts.without_result:,} cells hold a formula without its result, and count as empty;"
            " save the workbook in a spreadsheet program"
        )
    return said
