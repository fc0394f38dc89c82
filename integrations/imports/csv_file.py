"""CSV files: exports of address books and CRMs, and what people keep in spreadsheets."""

from collections.abc import Mapping
from typing import BinaryIO

from integrations.contract import Delivery, Page, Rejected
from integrations.errors import AccessError, FormatError
from integrations.imports.bookmark import Reading
from integrations.imports.columns import check_columns
from integrations.imports.encoding import guess_warnings, known
from integrations.imports.paging import PAGE_BYTES, Chunk, Paging, reject
from integrations.imports.people import Manner, People
from integrations.imports.rows import BadRow, Row
from integrations.imports.sheet import CsvOptions, Sheet, sheet, survey
from integrations.imports.times import Clock, FileTime, zone_of
from integrations.source import Source


class CsvFile:
    """Reads the rows of CSV files. A row of the books is stored evidence; it proves nobody's identity."""

    def __init__(self, source: Source) -> None:
        options = source.options(CsvOptions)
        try:
            _check(options)
            clock = Clock(zone_of(options.timezone), options.date_format)
        except (ValueError, FormatError) as error:
            raise AccessError(
                f"{source.name}: {error}\n"
                f"    Correct it in avouch.toml, then run: avouch sources test {source.name}"
            ) from error
        manner = Manner(clock, options.clear_marker)
        self._paging = Paging(source, options.path, _Csv(options, manner, source.name))

    def fetch(self, cursor: str | None) -> Page:
        """Return the records of the rows after `cursor`."""
        return self._paging.page(cursor)


def _check(options: CsvOptions) -> None:
    check_columns(options.columns)
    if options.header is False and not isinstance(options.columns, list):
        raise ValueError('header = false needs a target for each column: columns = ["name", "phone"]')
    if isinstance(options.columns, list) and not options.columns:
        raise ValueError('columns is empty; list a target for each column: columns = ["name", "phone"]')
    if options.delimiter and (len(options.delimiter) != 1 or options.delimiter in '"\r\n\0'):
        raise ValueError("delimiter has to be one character, and no quote")
    if options.encoding:
        known(options.encoding)


class _Csv:
    most_entries = 2000

    def __init__(self, options: CsvOptions, manner: Manner, namespace: str) -> None:
        self._options = options
        self._manner = manner
        self._namespace = namespace

    def survey(self, content: BinaryIO) -> Mapping[str, str]:
        """Find encoding and delimiter, and check that the columns can be mapped."""
        return survey(content, self._options)

    def read(self, content: BinaryIO, reading: Reading, most: int) -> Chunk:
        """Read up to `most` rows, blank ones aside."""
        opened = sheet(content, reading.traits, self._options, self._namespace)
        rows = opened.rows
        first_page = reading.place.offset == 0
        if not first_page:
            rows.go_to(reading.place)
        time = FileTime(self._options.as_of, reading.modified)
        people = People(opened.table, self._manner, time)
        start = rows.offset
        deliveries: list[Delivery] = []
        rejected: list[Rejected] = []
        row: Row | BadRow | None = None
        while len(deliveries) + len(rejected) < most and rows.offset - start < PAGE_BYTES:
            row = rows.next()
            if row is None:
                break
            read = _read(row, people)
            if isinstance(read, Rejected):
                rejected.append(read)
            elif read is not None:
                deliveries.append(read)
        warnings = _first_words(opened, reading.traits, self._options, people) if first_page else []
        return Chunk(
            deliveries, rejected, rows.place(), ended=row is None, warnings=warnings, stamp=time.stamp
        )


def _read(row: Row | BadRow, people: People) -> Delivery | Rejected | None:
    """Return what one row holds; None for a blank one."""
    if isinstance(row, BadRow):
        return reject(f"row {row.number}", row.reason, row.raw)
    if not row.cells:
        return None
    try:
        return Delivery(people.record(row.cells), row.text, f"row {row.number}")
    except ValueError as error:
        return reject(f"row {row.number}", str(error), row.text)


def _first_words(opened: Sheet, traits: Mapping[str, str], options: CsvOptions, people: People) -> list[str]:
    """Say what a person should know of the file, once: with its first page."""
    said = list(opened.table.warnings)
    said += guess_warnings(traits)
    if people.unzoned:
        said.append(f"times without a zone were read in {options.timezone}; if that is wrong, set timezone")
    return said
