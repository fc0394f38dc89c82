"""Workbooks: what a cell says, which sheet is read, and what must not be unpacked."""

import datetime as dt
import zipfile
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from integrations.contract import Level
from integrations.errors import AccessError, FormatError
from integrations.imports.files import archive
from integrations.imports.files.archive import told
from integrations.registry import connector
from tests.connectors.importing import a_source, pages_of, reasons, records, values, warnings

HEADERS = ["Name", "Email", "Phone", "Id"]
ANA = ["Ana Ruiz", "ana@example.com", "+34600000001", "7"]


def a_book(folder: Path, *rows: list[Any], name: str = "book.xlsx", **sheets: list[list[Any]]) -> Path:
    """Write a workbook: `rows` under the usual headers in its first sheet, `sheets` as they are behind it."""
    book = openpyxl.Workbook()
    first: Any = book.active
    first.title = "Contacts"
    for row in [HEADERS, *rows]:
        first.append(row)
    for title, content in sheets.items():
        sheet: Any = book.create_sheet(title)
        for row in content:
            sheet.append(row)
    book.save(folder / name)
    return folder / name


def rewritten(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Write the parts of a workbook anew, each as `change` returns it."""
    with zipfile.ZipFile(path) as book:
        parts = {part.filename: book.read(part) for part in book.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, change(name, content))
    return path


def in_sheet(old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, content: content.replace(old, new) if name.endswith("sheet1.xml") else content


class TestCells:
    """A cell is read in full, whatever it shows."""

    def test_a_row_is_what_the_books_hold(self, tmp_path: Path) -> None:
        pages = pages_of(a_source(a_book(tmp_path, ANA)))

        [record] = records(pages)
        assert (record.id, record.name) == ("7", "Ana Ruiz")
        assert {each.level for each in record.identifiers} == {Level.STORED}
        assert pages[0].deliveries[0].where == "sheet 'Contacts', row 2"
        assert pages[0].deliveries[0].raw == '["Ana Ruiz","ana@example.com","+34600000001","7"]'

    @pytest.mark.parametrize(
        ("cell", "expected"),
        [
            (34600000001, "34600000001"),
            (6502530000.0, "6502530000"),
            ("0034600000001", "0034600000001"),
            ("+1 202 555 0111_x000D_", "+1 202 555 0111"),
        ],
    )
    def test_a_phone_has_all_its_digits(self, tmp_path: Path, cell: object, expected: str) -> None:
        [record] = records(pages_of(a_source(a_book(tmp_path, ["Ana", None, cell, "7"]))))

        assert values(record, "phone") == [expected]

    @pytest.mark.parametrize(
        ("cell", "expected"), [(7, "7"), (7.0, "7"), ("007", "007"), (7.5, "7.5"), (True, "TRUE")]
    )
    def test_an_id_is_written_as_it_was_meant(self, tmp_path: Path, cell: object, expected: str) -> None:
        path = rewritten(a_book(tmp_path, ["Ana", None, None, cell]), in_sheet(b"<v>7</v>", b"<v>7.0</v>"))

        assert [record.id for record in records(pages_of(a_source(path)))] == [expected]

    @pytest.mark.parametrize("cell", [1.23e20, 1234567890123450])
    def test_an_id_whose_digits_are_lost_rejects_the_row(self, tmp_path: Path, cell: float) -> None:
        pages = pages_of(a_source(a_book(tmp_path, ["Ana", None, None, cell], ANA)))

        assert len(records(pages)) == 1
        assert reasons(pages)["sheet 'Contacts', row 2"].startswith(
            "column 'Id': a spreadsheet has shortened"
        )

    def test_times_are_read_as_times_whatever_the_date_format_is(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        sheet: Any = book.active
        sheet.append(["Name", "Created", "Birthday"])
        sheet.append(["Ana", dt.datetime(2024, 1, 2, 3, 4, 5), dt.date(1990, 5, 6)])  # noqa: DTZ001 - cells know no zone
        sheet.append(["Ben", dt.datetime(2024, 1, 2), None])  # noqa: DTZ001 - cells know no zone
        sheet.append(["Eva", "02/01/2024", None])
        book.save(tmp_path / "a.xlsx")

        found = records(
            pages_of(a_source(tmp_path / "a.xlsx", date_format="%d/%m/%Y", timezone="Europe/Madrid"))
        )

        assert [record.occurred_at for record in found] == [
            dt.datetime(2024, 1, 2, 2, 4, 5, tzinfo=UTC),
            dt.datetime(2024, 1, 1, 23, tzinfo=UTC),
            dt.datetime(2024, 1, 1, 23, tzinfo=UTC),
        ]

    def test_days_are_counted_from_1904_where_the_workbook_says_so(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        book.epoch = CALENDAR_MAC_1904
        sheet: Any = book.active
        sheet.append(["Name", "Created", "Birthday"])
        sheet.append(["Ana", dt.datetime(2024, 1, 2, 3, 4, 5), dt.date(1990, 5, 6)])  # noqa: DTZ001 - cells know no zone
        book.save(tmp_path / "a.xlsx")

        pages = pages_of(a_source(tmp_path / "a.xlsx"))

        [record] = records(pages)
        assert record.occurred_at == dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
        assert record.profile == {"Birthday": "1990-05-06"}
        assert "times without a zone were read in UTC; if that is wrong, set timezone" in warnings(pages)

    def test_a_failed_formula_is_empty_and_in_an_id_costs_the_row(self, tmp_path: Path) -> None:
        pages = pages_of(
            a_source(a_book(tmp_path, ["Ana", "#N/A", "+34600000001", "7"], ["Ben", None, None, "#REF!"]))
        )

        [record] = records(pages)
        assert values(record, "email") == []
        assert reasons(pages) == {
            "sheet 'Contacts', row 3": "column 'Id': the formula of this cell failed (#REF!)"
        }
        assert "2 cells hold a formula that failed, and count as empty" in warnings(pages)

    def test_a_formula_counts_by_its_result_and_one_without_is_told_of(self, tmp_path: Path) -> None:
        path = a_book(
            tmp_path, ["Ana", '="ana@"&"example.com"', None, "7"], ["Ben", "=B2", "+34600000002", "8"]
        )
        rewritten(
            path,
            in_sheet(
                b'<c r="B2"><f>"ana@"&amp;"example.com"</f><v /></c>',
                b'<c r="B2" t="str"><f>A1</f><v>ana@example.com</v></c>',
            ),
        )

        pages = pages_of(a_source(path))

        assert [values(record, "email") for record in records(pages)] == [["ana@example.com"], []]
        assert any(each.startswith("1 cells hold a formula without its result") for each in warnings(pages))

    def test_hidden_rows_and_merged_cells_are_read(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        sheet: Any = book.active
        for row in (HEADERS, ANA, ["Ben", None, "+34600000002", "8"]):
            sheet.append(row)
        sheet.row_dimensions[2].hidden = True
        sheet.merge_cells("A3:B3")
        book.save(tmp_path / "a.xlsx")

        pages = pages_of(a_source(tmp_path / "a.xlsx"))

        assert [record.name for record in records(pages)] == ["Ana Ruiz", "Ben"]
        assert "1 hidden rows are read like the others" in warnings(pages)

    def test_what_is_too_wide_or_too_long_is_rejected_and_blank_rows_count(self, tmp_path: Path) -> None:
        long = "x" * (64 * 1024 + 1)
        path = a_book(tmp_path, [*ANA, "over"], [], ["MARK", None, None, "8"], ANA)
        rewritten(path, in_sheet(b"MARK", long.encode()))
        rewritten(path, in_sheet(b'</row><row r="5">', b'<c r="E4" s="0" /></row><row r="5">'))

        pages = pages_of(a_source(path))

        assert [delivery.where for page in pages for delivery in page.deliveries] == [
            "sheet 'Contacts', row 5"
        ]
        assert reasons(pages) == {
            "sheet 'Contacts', row 2": "the row has 5 cells, and the sheet has 4 columns",
            "sheet 'Contacts', row 4": "a cell has 65,537 characters; at most 65,536 are read",
        }

    def test_a_day_beyond_all_calendars_is_a_failed_cell(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        sheet: Any = book.active
        sheet.append(["Name", "Created"])
        sheet.append(["Ana", dt.date(2024, 1, 2)])
        book.save(tmp_path / "a.xlsx")
        rewritten(tmp_path / "a.xlsx", in_sheet(b"<v>45293</v>", b"<v>99999999</v>"))

        assert reasons(pages_of(a_source(tmp_path / "a.xlsx"))) == {
            "sheet 'Sheet', row 2": "column 'Created': the formula of this cell failed (#VALUE!)"
        }


class TestSheets:
    """One sheet is read."""

    def test_the_first_that_people_see_is_read_and_others_are_told_of(self, tmp_path: Path) -> None:
        path = a_book(tmp_path, ANA, Old=[HEADERS, ["Ben", None, None, "8"]], Empty=[])
        book = openpyxl.load_workbook(path)
        hidden: Any = book.create_sheet("Secret", 0)
        hidden.append(["Name"])
        hidden.sheet_state = "hidden"
        book.create_chartsheet("Chart").add_chart(BarChart())
        book.save(path)

        pages = pages_of(a_source(path))

        assert [record.name for record in records(pages)] == ["Ana Ruiz"]
        assert warnings(pages) == ["only the sheet 'Contacts' is read; 'Old' hold something too: set sheet"]

    @pytest.mark.parametrize("sheet", ["Old", "old", 2])
    def test_a_sheet_is_chosen_by_name_or_number(self, tmp_path: Path, sheet: str | int) -> None:
        path = a_book(tmp_path, ANA, Old=[HEADERS, ["Ben", None, None, "8"]])

        pages = pages_of(a_source(path, sheet=sheet))

        assert [record.name for record in records(pages)] == ["Ben"]
        assert warnings(pages) == []

    @pytest.mark.parametrize("sheet", ["New", 0, 2])
    def test_a_sheet_that_is_not_there_is_an_error_that_lists_those_that_are(
        self, tmp_path: Path, sheet: str | int
    ) -> None:
        with pytest.raises(FormatError, match="no such sheet; it has: 1 'Contacts'"):
            pages_of(a_source(a_book(tmp_path, ANA), sheet=sheet))

    def test_a_workbook_of_charts_only_has_no_sheet_to_read(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        book.create_chartsheet().add_chart(BarChart())
        book.remove(book.worksheets[0])
        book.save(tmp_path / "a.xlsx")

        with pytest.raises(FormatError, match="no such sheet; it has: none"):
            pages_of(a_source(tmp_path / "a.xlsx"))

    def test_columns_can_be_told_by_their_place(self, tmp_path: Path) -> None:
        path = a_book(tmp_path, name="a.xlsx", Plain=[["Ana", "ana@example.com"], ["Ben", "ben@example.com"]])

        pages = pages_of(a_source(path, sheet="Plain", columns=["name", "email"]))

        assert [record.name for record in records(pages)] == ["Ana", "Ben"]

    @pytest.mark.parametrize("settings", [{"columns": []}, {"header": False}, {"timezone": "Mars"}])
    def test_settings_that_do_not_fit_need_a_person(self, tmp_path: Path, settings: dict[str, Any]) -> None:
        with pytest.raises(AccessError, match="avouch sources test books"):
            connector(a_source(a_book(tmp_path, ANA), **settings))


class TestPages:
    """Pages meet, by one process or by another."""

    @pytest.mark.parametrize("limit", [1, 2, 3, 1000])
    def test_pages_read_by_other_processes_meet(self, tmp_path: Path, limit: int) -> None:
        rows = [[f"Ana {number}", None, None, str(number)] for number in range(7)]

        pages = pages_of(a_source(a_book(tmp_path, *rows), page_limit=limit))

        assert [record.id for record in records(pages)] == [str(number) for number in range(7)]
        assert [page.share_read for page in pages] == sorted(page.share_read or 0 for page in pages)
        assert pages[-1].share_read == 1.0

    def test_one_process_goes_on_where_it_is(self, tmp_path: Path) -> None:
        rows = [[f"Ana {number}", None, None, str(number)] for number in range(7)]
        reader = connector(a_source(a_book(tmp_path, *rows), page_limit=3))

        first = reader.fetch(None)
        second = reader.fetch(first.cursor)
        again = reader.fetch(first.cursor)

        assert [record.id for record in records([second])] == ["3", "4", "5"]
        assert records([again]) == records([second])


class TestSafety:
    """What is no workbook, or would unpack without end, is refused before it is."""

    def refused(self, path: Path, said: str) -> None:
        with pytest.raises(FormatError, match=f"^books: .*{said}"):
            pages_of(a_source(path))

    def test_a_workbook_with_a_password_or_of_the_old_kind_says_what_to_do(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512))

        self.refused(path, r"a workbook with a password, or one of the old kind \(\.xls\); save it as \.xlsx")

    @pytest.mark.parametrize("content", [b"Name,Phone\n", b"PK\x03\x04 and no more"])
    def test_what_is_no_workbook_is_said(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "a.xlsx"
        path.write_bytes(content)

        self.refused(path, "this is no .xlsx workbook, or it is damaged")

    def test_another_archive_is_no_workbook(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as book:
            book.writestr("people.csv", "Name,Phone\n")

        self.refused(tmp_path / "a.xlsx", "this is no .xlsx workbook")

    def test_a_workbook_that_unpacks_to_too_much_is_refused(self, tmp_path: Path) -> None:
        path = a_book(tmp_path, ANA)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
            book.writestr("xl/media/image1.bin", b"0" * (archive.MOST_UNPACKED // 4))
            for number in range(4):
                book.writestr(f"xl/media/copy{number}.bin", b"0" * (archive.MOST_UNPACKED // 4))

        self.refused(path, r"the workbook unpacks to 640 MiB; at most 512 are read")

    def test_texts_that_would_fill_the_memory_are_refused(self, tmp_path: Path) -> None:
        path = a_book(tmp_path, ANA)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
            book.writestr("xl/sharedStrings.xml", b" " * (archive.MOST_TEXTS + 1))

        self.refused(path, "the text of the workbook unpacks to 128 MiB; at most 128 are read")

    def test_an_archive_of_very_many_parts_is_refused(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as book:
            for number in range(archive.MOST_PARTS + 1):
                book.writestr(f"{number}.xml", "")

        self.refused(tmp_path / "a.xlsx", "the workbook has 10,001 parts")

    @pytest.mark.parametrize(
        "content",
        [
            b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>',
            '<?xml version="1.0" encoding="UTF-16"?><worksheet/>'.encode("utf-16"),
            b"<worksheet>\0</worksheet>",
        ],
    )
    def test_xml_that_no_program_writes_is_refused(self, tmp_path: Path, content: bytes) -> None:
        path = rewritten(
            a_book(tmp_path, ANA), lambda name, before: content if name.endswith("sheet1.xml") else before
        )

        self.refused(path, "XML that no spreadsheet program writes")

    def test_an_archive_with_a_password_is_refused(self, tmp_path: Path) -> None:
        path = a_book(tmp_path, ANA)
        content = bytearray(path.read_bytes())
        directory = content.rindex(b"PK\x01\x02")
        content[directory + 8] |= 1
        path.write_bytes(content)

        self.refused(path, "packed with a password")

    def test_a_row_beyond_the_last_one_is_refused(self, tmp_path: Path) -> None:
        path = rewritten(a_book(tmp_path, ANA), in_sheet(b'<row r="2"', b'<row r="99999999999"'))

        self.refused(path, "a row beyond 1,048,576")

    def test_a_damaged_cell_is_a_damaged_workbook(self, tmp_path: Path) -> None:
        path = rewritten(
            a_book(tmp_path, ["Ana", None, 6502530000, "7"]), in_sheet(b"<v>6502530000</v>", b"<v>x</v>")
        )

        self.refused(path, "or it is damaged")

    def test_a_trouble_of_the_disk_is_not_the_files(self) -> None:
        with pytest.raises(OSError, match="Input/output"), told():
            raise OSError(5, "Input/output error")

        with pytest.raises(FormatError, match="this is no"), told():
            raise OSError("no workbook part")

    def test_a_sheet_larger_than_a_block_is_counted_whole(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(archive, "_BLOCK", 50)
        path = a_book(tmp_path, *([f"Ana {number}", "#N/A", None, str(number)] for number in range(20)))

        assert "20 cells hold a formula that failed, and count as empty" in warnings(pages_of(a_source(path)))
