"""CSV files: exports of address books and CRMs, and what people keep in spreadsheets."""

from collections.abc import Mapping
from typing import BinaryIO

from integrations.contract import Page
from integrations.errors import AccessError, FormatError
from integrations.imports.files.bookmark import Reading
from integrations.imports.files.encoding import guess_warnings, known
from integrations.imports.files.pages import Chunk, FilePages
from integrations.imports.files.people import Manner, People
from integrations.imports.files.sheet import CsvOptions, sheet, survey
from integrations.imports.files.tables import MOST_ROWS, check_table, first_words, read_rows
from integrations.imports.files.times import Clock, FileTime, zone_of
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
        self._paging = FilePages(source, options.path, _Csv(options, manner, source.name))

    def fetch(self, cursor: str | None) -> Page:
        """Return the records of the rows after `cursor`."""
        return self._paging.page(cursor)


def _check(options: CsvOptions) -> None:
    check_table(options)
    if options.delimiter and (len(options.delimiter) != 1 or options.delimiter in '"\r\n\0'):
        raise ValueError("delimiter has to be one character, and no quote")
    if options.encoding:
        known(options.encoding)


class _Csv:
    most_entries = MOST_ROWS

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
        chunk = read_rows(rows, people, most)
        if first_page:
            said = [*first_words(opened.table, self._options, people), *guess_warnings(reading.traits)]
            chunk = chunk._replace(warnings=said)
        return chunk._replace(stamp=time.stamp)
