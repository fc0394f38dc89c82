"""What a row of a CSV file says: names, identifiers, times, and what spreadsheets leave of them."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import UNSET

from integrations.contract import ContactRecord, Level
from integrations.errors import FormatError
from tests.connectors.importing import (
    a_file,
    a_source,
    pages_in,
    pages_of,
    reasons,
    records,
    rejects,
    told,
    values,
    warnings,
)

SAMPLES = Path(__file__).resolve().parents[2] / "worker" / "demo" / "files"
CYRILLIC = "Иван Ильич"
NAMES = "Nombre;Apellidos;Teléfono\nJosé;Muñoz;1\nÁngel;Peña;2\nBegoña;Núñez;3\n"


def a_record(folder: Path, header: str, row: str, /, **settings: object) -> ContactRecord:
    (record,) = records(pages_in(folder, "a.csv", f"{header}\n{row}\n", **settings))
    return record


class TestLayout:
    """Encoding, delimiter and headers are found out, or the file is refused with what to type."""

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
    def test_names_come_out_of_any_usual_encoding(self, tmp_path: Path, encoding: str) -> None:
        pages = pages_in(tmp_path, "a.csv", NAMES.encode(encoding))

        assert [record.name for record in records(pages)] == ["José Muñoz", "Ángel Peña", "Begoña Núñez"]
        guessed = ["the file is not UTF-8 and was read as cp1252; if names look wrong, set encoding"]
        assert warnings(pages) == (guessed if encoding in {"cp1252", "latin-1"} else [])

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    def test_utf_16_is_known_without_a_mark(self, tmp_path: Path, encoding: str) -> None:
        assert len(records(pages_in(tmp_path, "a.csv", NAMES.encode(encoding)))) == 3

    def test_cyrillic_is_told_from_western_text(self, tmp_path: Path) -> None:
        content = ("name;phone\n" + f"{CYRILLIC};1\n" * 3).encode("cp1251")

        assert records(pages_in(tmp_path, "a.csv", content))[0].name == CYRILLIC

    def test_a_sample_of_a_large_file_tells_its_encoding(self, tmp_path: Path) -> None:
        content = ("id;name\n" + "".join(f"{number};José Muñoz\n" for number in range(9000))).encode("cp1252")

        assert records(pages_in(tmp_path, "a.csv", content))[-1].name == "José Muñoz"

    @pytest.mark.parametrize(
        ("content", "stated"),
        [
            (NAMES.encode("mac_roman"), "mac_roman"),
            (NAMES.encode("utf-16"), "utf-16"),
            (NAMES.encode("utf-16-be"), "utf-16-be"),
            (b"\xfe\xff" + NAMES.encode("utf-16-be"), "utf-16"),
            (NAMES.encode("utf-8-sig"), "utf-8-sig"),
        ],
    )
    def test_a_stated_encoding_is_taken(self, tmp_path: Path, content: bytes, stated: str) -> None:
        pages = pages_in(tmp_path, "a.csv", content, encoding=stated)

        assert records(pages)[0].name == "José Muñoz"
        assert not warnings(pages)

    def test_the_first_accent_may_stand_far_down(self, tmp_path: Path) -> None:
        content = b"id,name\n" + b"".join(b"%d,Ana\n" % number for number in range(200_000)) + b"x,Jos\xe9\n"

        pages = pages_of(a_source(a_file(tmp_path, "a.csv", content), page_limit=1_000_000))

        assert records(pages)[-1].name == "José"

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_the_delimiter_is_found(self, tmp_path: Path, delimiter: str) -> None:
        content = "Name,Phone,Note\nAna,1,hi\n".replace(",", delimiter)

        assert records(pages_in(tmp_path, "a.csv", content))[0].name == "Ana"

    def test_another_delimiter_can_be_stated(self, tmp_path: Path) -> None:
        assert values(a_record(tmp_path, "Name^Phone", "Ana^1", delimiter="^"), "phone") == ["1"]

    def test_excels_line_on_the_delimiter_is_understood(self, tmp_path: Path) -> None:
        pages = pages_in(tmp_path, "a.csv", "sep=^\r\nName^Phone\r\nAna^1\r\nBo^1^2\r\n")

        assert values(records(pages)[0], "phone") == ["1"]
        assert list(reasons(pages)) == ["row 4"]

    @pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_lines_of_every_system_are_lines(self, tmp_path: Path, ending: str, encoding: str) -> None:
        content = NAMES.replace("\n", ending).encode(encoding)

        pages = pages_of(a_source(a_file(tmp_path, "a.csv", content), page_limit=1))

        assert [record.name for record in records(pages)] == ["José Muñoz", "Ángel Peña", "Begoña Núñez"]

    def test_a_wide_file_may_hold_letters_that_look_like_line_ends(self, tmp_path: Path) -> None:
        content = ("name;phone\n" + "\u0a41\u0100\n".join(["Ana;1"] * 3)).encode("utf-16")

        pages = pages_in(tmp_path, "a.csv", content)

        assert [values(record, "phone")[0] for record in records(pages)] == [
            "1\u0a41\u0100",
            "1\u0a41\u0100",
            "1",
        ]

    def test_an_endless_line_of_a_wide_file_costs_itself(self, tmp_path: Path) -> None:
        content = ("name;phone\n" + "x" * 2_000_000 + "\nAna;1\n").encode("utf-16")

        pages = pages_in(tmp_path, "a.csv", content)

        assert [record.name for record in records(pages)] == ["Ana"]
        assert reasons(pages) == {"row 2": "the line has 4,000,002 bytes; at most 1,048,576 are read"}

    @pytest.mark.parametrize(
        "row", ["Ana,ana@example.com", "Ana,+34 612 34 56 78", "name,ana@example.com", "Ana,Ruiz"]
    )
    def test_a_file_without_headers_is_refused_with_what_to_type(self, tmp_path: Path, row: str) -> None:
        with pytest.raises(FormatError) as raised:
            pages_in(tmp_path, "a.csv", f"{row}\nBo,x\n")

        assert "row 1 holds no headers that are known (2 columns)" in str(raised.value)
        assert 'columns = ["name", "phone", "ignore"]' in str(raised.value)
        assert "Ana" not in str(raised.value)

    def test_a_list_of_targets_reads_a_file_without_headers(self, tmp_path: Path) -> None:
        content = "Ana;1;x;gold\nBo;2;y;\n"

        pages = pages_of(
            a_source(a_file(tmp_path, "a.csv", content), columns=["name", "phone", "ignore"], page_limit=1)
        )

        assert [(record.name, record.profile) for record in records(pages)] == [
            ("Ana", {"column 4": "gold"}),
            ("Bo", {}),
        ]
        assert warnings(pages) == ["columns that are not mapped are kept in the profile: 'column 4'"]

    def test_a_list_of_targets_may_leave_out_row_1(self, tmp_path: Path) -> None:
        record = a_record(tmp_path, "x;y;z;", "Ana;1;2;", columns=["name", "phone", "account"], header=True)

        assert told(record.identifiers) == [("phone", "", "1"), ("account", "books", "2")]

    def test_headers_are_taken_for_headers_if_a_person_says_so(self, tmp_path: Path) -> None:
        record = a_record(tmp_path, "Name,2024-01-01 23", "Ana,x", header=True)

        assert record.profile == {"2024-01-01 23": "x"}

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("Notes,City\nhi,Rome\n", "row 1 has no column that says who a row is about"),
            ("\n\n", "the file holds no row"),
            ('"name,phone\nAna,1\n', "row 1, which should hold the headers: a quote is opened"),
            (b"\xff\xfe\x00\x00x", "this is text in UTF-32"),
            ("x" * 2_000_000, "row 1, which should hold the headers: the line has 2,000,000 bytes"),
        ],
    )
    def test_a_file_that_tells_nothing_is_refused(
        self, tmp_path: Path, content: str | bytes, told: str
    ) -> None:
        with pytest.raises(FormatError, match=told):
            pages_in(tmp_path, "a.csv", content)

    def test_a_header_alone_is_a_file_of_nobody(self, tmp_path: Path) -> None:
        (page,) = pages_in(tmp_path, "a.csv", "Name,Phone\n")

        assert (page.deliveries, page.rejected, page.more) == ((), (), False)


class TestNames:
    @pytest.mark.parametrize(
        ("header", "row", "name"),
        [
            ("Full name,Phone", "Ana Ruiz,1", "Ana Ruiz"),
            ("First name,Middle name,Last name,Name suffix", "Ana,M.,Ruiz,Jr.", "Ana M. Ruiz Jr."),
            ("Nombre,Apellidos,Phone", "Ana,Ruiz Gil,1", "Ana Ruiz Gil"),
            ("Nombre,Primer apellido,Segundo apellido", "Ana,Ruiz,Gil", "Ana Ruiz Gil"),
            ("Nom,Prénom,Phone", "Ruiz,Ana,1", "Ana Ruiz"),
            ("Name,Vorname,Phone", "Ana Ruiz,Ana,1", "Ana Ruiz"),
            ("Name,Given name,Family name", "Dr. A. Ruiz,Ana,Ruiz", "Dr. A. Ruiz"),
            ("Name,Given name,Family name", ",Ana,Ruiz", "Ana Ruiz"),
            ("Name,Suffix,Phone", "Bo Hall,Jr.,1", "Bo Hall Jr."),
            ("Name,Suffix,Phone", "Bo Hall Jr,Jr.,1", "Bo Hall Jr"),
            ("First name,Last name", "Ana,NULL", "Ana"),
            ("First name,Last name", "Ana,Null", "Ana Null"),
        ],
    )
    def test_a_full_name_is_made_of_what_there_is(
        self, tmp_path: Path, header: str, row: str, name: str
    ) -> None:
        assert a_record(tmp_path, header, row).name == name

    @pytest.mark.parametrize("name", ["n/a", "NULL", "-", "none", "[object Object]", "undefined", ""])
    def test_what_programs_write_for_no_name_is_no_name(self, tmp_path: Path, name: str) -> None:
        assert a_record(tmp_path, "Name,Phone", f"{name},1").name is UNSET

    @pytest.mark.parametrize(
        "row", ["+34 612-345-678,+34612345678,", "Ana@Example.com,,ana@example.com", "7,7,ana@example.com"]
    )
    def test_an_address_or_a_number_is_no_name(self, tmp_path: Path, row: str) -> None:
        assert a_record(tmp_path, "Name,Phone,Email", row).name is UNSET


class TestIdentifiers:
    def test_they_are_what_the_books_hold(self, tmp_path: Path) -> None:
        record = a_record(tmp_path, "Name,Phone,Email", "Ana,1,a@example.com")

        assert {each.level for each in record.identifiers} == {Level.STORED}

    @pytest.mark.parametrize(
        ("cell", "value"),
        [
            ("6.50253E+09", "6.50253E+09"),
            ('"=""0034612345678"""', "0034612345678"),
            ('="0034612345678"', "0034612345678"),
            ("'+34612345678", "+34612345678"),
            ("n/a", "n/a"),
            ("+1 202-555-0123;ext=12", "+1 202-555-0123;ext=12"),
            ("=1+1", "=1+1"),
        ],
    )
    def test_a_number_is_landed_as_it_stands(self, tmp_path: Path, cell: str, value: str) -> None:
        record = a_record(tmp_path, "Name|Phone", f"Ana|{cell}")

        assert values(record, "phone") == [value]

    def test_a_cell_may_hold_several(self, tmp_path: Path) -> None:
        record = a_record(tmp_path, "Name|Phone|Email", "Ana|1 ::: 2|a@b.c; d@e.f, g@h.i ::: a@b.c :::")

        assert values(record, "phone") == ["1", "2"]
        assert values(record, "email") == ["a@b.c", "d@e.f", "g@h.i"]

    def test_an_apostrophe_that_belongs_to_a_name_stays(self, tmp_path: Path) -> None:
        assert a_record(tmp_path, "Name,Phone", "'t Hart,1").name == "'t Hart"


class TestIds:
    def test_a_row_without_an_id_has_the_same_one_in_every_file(self, tmp_path: Path) -> None:
        one = a_record(tmp_path, "Name,Phone,Email", "Ana Ruiz,+34 612,A@x.com")
        other = a_record(tmp_path, "Email;Phone;Name;City", "a@x.com;+34612;ANA  RUIZ;Rome")

        assert one.id == other.id
        assert one.id.startswith("row-")

    def test_another_name_number_or_address_makes_another_id(self, tmp_path: Path) -> None:
        rows = [
            "Ana,1,a@x.com",
            "Bo,1,a@x.com",
            "Ana,2,a@x.com",
            "Ana,1,b@x.com",
            "Ana,1x2,a@x.com",
            "Ana,12,a@x.com",
        ]

        found = records(pages_in(tmp_path, "a.csv", "\n".join(["Name,Phone,Email", *rows])))

        assert len({record.id for record in found}) == len(rows)

    @pytest.mark.parametrize("key", ["", "n/a", "NULL", "<clear>"])
    def test_a_row_whose_id_is_missing_is_a_row_without_one(self, tmp_path: Path, key: str) -> None:
        assert a_record(tmp_path, "ID,Name", f"{key},Ana").id.startswith("row-")

    def test_an_account_that_a_spreadsheet_shortened_rejects_its_row(self, tmp_path: Path) -> None:
        pages = pages_in(tmp_path, "a.csv", "Name,Nr\nAna,1.23E+11\n", columns={"Nr": "account:crm"})

        assert reasons(pages)["row 2"].startswith("column 'Nr': a spreadsheet has shortened the number")

    def test_two_rows_with_one_id_that_differ_are_named(self, tmp_path: Path) -> None:
        rows = ["7,Ana,a@x.com", "8,Bo,", "7,Ana,b@x.com", "8,Bo,"] + ["7,Cy,"] * 12

        pages = pages_in(tmp_path, "a.csv", "\n".join(["id,name,email", *rows]))

        assert len(records(pages)) == 16
        said = warnings(pages)
        assert (
            said[0] == "row 2 and row 4 have one id and different e-mail addresses; both are kept as versions"
        )
        assert said[1] == "row 2 and row 6 have one id and differ; both are kept as versions"
        assert said[-1] == "3 more have the id of an earlier entry and differ"


class TestUntouchedAndCleared:
    """A column that is absent and a cell that is empty leave things as they are; the marker clears."""

    @pytest.mark.parametrize(
        ("header", "row", "name", "profile"),
        [
            ("id,phone", "7,1", UNSET, {}),
            ("id,name,company,tier", "7,,,", UNSET, {}),
            ("id,name,company,tier", "7,<clear>,<clear>,<clear>", None, {"company": None, "tier": None}),
            ("id,first name,last name,tier", "7,Ana,<clear>,a", "Ana", {"tier": "a"}),
        ],
    )
    def test_of_the_name_and_the_profile(
        self, tmp_path: Path, header: str, row: str, name: object, profile: dict[str, object]
    ) -> None:
        record = a_record(tmp_path, header, row)

        assert (record.name, record.profile) == (name, profile)

    def test_an_identifiers_cell_that_is_cleared_is_empty(self, tmp_path: Path) -> None:
        record = a_record(tmp_path, "id,phone,note,created,updated", "7,<clear>,<clear>,<clear>,<clear>")

        assert (record.identifiers, record.notes, record.updated_at) == ((), (), None)

    def test_the_marker_can_be_another_or_none(self, tmp_path: Path) -> None:
        assert a_record(tmp_path, "id,name", "7,DELETE", clear_marker="DELETE").name is None
        assert a_record(tmp_path, "id,name", "7,<clear>", clear_marker="").name == "<clear>"

    def test_the_first_column_of_a_field_that_says_something_counts(self, tmp_path: Path) -> None:
        columns = {"A": "profile:tier", "B": "profile:tier", "C": "profile:tier"}

        assert a_record(tmp_path, "id,A,B,C", "7,,x,y", columns=columns).profile == {"tier": "x"}
        assert a_record(tmp_path, "id,A,B,C", "7,<clear>,,y", columns=columns).profile == {"tier": "y"}


class TestNotes:
    def test_a_note_is_itself_again_and_an_edited_one_is_another(self, tmp_path: Path) -> None:
        header = "id,Notes,Comments,Updated at"
        first = a_record(tmp_path, header, "7,hi,there,2024-03-01T10:00Z")
        again = a_record(tmp_path, header, "7,hi,you,2024-03-01T10:00Z")

        assert [note.body for note in first.notes] == ["hi", "there"]
        assert first.notes[0] == again.notes[0]
        assert first.notes[1].id != again.notes[1].id
        assert first.notes[0].at == datetime(2024, 3, 1, 10, tzinfo=UTC)


class TestTimes:
    """A time is read if it can only be one; otherwise the row is rejected and the reason says what to set."""

    @pytest.mark.parametrize(
        ("cell", "at"),
        [
            ("2024-03-01T10:00:00Z", "2024-03-01 10:00"),
            ("2024-03-01T12:00:00+02:00", "2024-03-01 10:00"),
            ("2024-03-01T10:00:00.000+0000", "2024-03-01 10:00"),
            ("2024-03-01 10:00", "2024-03-01 10:00"),
            ("2024-03-01", "2024-03-01 00:00"),
            ("20240301T100000Z", "2024-03-01 10:00"),
            ("2024/3/1 10:00", "2024-03-01 10:00"),
            ("25/12/2024", "2024-12-25 00:00"),
            ("25.12.2024 10:00", "2024-12-25 10:00"),
            ("12/25/2024 02:30 PM", "2024-12-25 14:30"),
            ("12/25/2024 12:30:10 am", "2024-12-25 00:30"),
            ("03/03/2024", "2024-03-03 00:00"),
            ("1 Mar 2024", "2024-03-01 00:00"),
            ("March 1, 2024", "2024-03-01 00:00"),
        ],
    )
    def test_a_time_that_can_only_be_one(self, tmp_path: Path, cell: str, at: str) -> None:
        record = a_record(tmp_path, "Name|Created", f"Ana|{cell}")

        assert f"{record.occurred_at:%Y-%m-%d %H:%M}" == at

    @pytest.mark.parametrize(
        ("cell", "reason"),
        [
            ("03/04/2024", 'day or month first? Set date_format to "%d/%m/%Y" or "%m/%d/%Y"'),
            ("03.04.2024", 'day or month first? Set date_format to "%d/%m/%Y" or "%m/%d/%Y"'),
            ("25/12/24", 'the year has two digits; set date_format, such as "%d.%m.%y"'),
            ("25/13/2024", "there is no such day"),
            ("31/02/2024", "there is no such day or hour"),
            ("2024-02-31", "there is no such day or hour"),
            ("12/25/2024 13:00 PM", "there is no such hour"),
            ("0001-01-01", "the year is not between 1900 and 2199"),
            ("45352", 'not a time that is understood; set date_format, such as "%d/%m/%Y %H:%M"'),
            ("yesterday", 'not a time that is understood; set date_format, such as "%d/%m/%Y %H:%M"'),
        ],
    )
    def test_a_time_that_could_be_two_rejects_its_row(self, tmp_path: Path, cell: str, reason: str) -> None:
        pages = pages_in(tmp_path, "a.csv", f"Name|Created\nAna|{cell}\nBo|\n")

        assert reasons(pages) == {"row 2": f"column 'Created': {reason}"}
        assert [record.name for record in records(pages)] == ["Bo"]

    def test_a_stated_format_is_the_only_one(self, tmp_path: Path) -> None:
        content = "Name|Created\nAna|03/04/2024\nBo|2024-04-03\n"

        pages = pages_in(tmp_path, "a.csv", content, date_format="%d/%m/%Y")

        assert records(pages)[0].occurred_at == datetime(2024, 4, 3, tzinfo=UTC)
        assert reasons(pages) == {"row 3": "column 'Created': not a time in the date_format '%d/%m/%Y'"}

    def test_times_without_a_zone_are_those_of_the_setting_and_told(self, tmp_path: Path) -> None:
        content = "Name|Created\nAna|2024-03-01 10:00\n"

        pages = pages_in(tmp_path, "a.csv", content, timezone="Europe/Madrid")

        assert records(pages)[0].occurred_at == datetime(2024, 3, 1, 9, tzinfo=UTC)
        assert warnings(pages) == [
            "times without a zone were read in Europe/Madrid; if that is wrong, set timezone"
        ]

    @pytest.mark.parametrize("cell", ["", "0000-00-00 00:00:00", "n/a", "NULL", "-"])
    def test_what_stands_for_no_date_is_no_date(self, tmp_path: Path, cell: str) -> None:
        record = a_record(tmp_path, "Name|Created|Updated", f"Ana|{cell}|2024-03-01T10:00Z")

        assert record.occurred_at == record.updated_at == datetime(2024, 3, 1, 10, tzinfo=UTC)

    def test_without_any_time_the_files_own_counts(self, tmp_path: Path) -> None:
        path = a_file(tmp_path, "a.csv", "Name\nAna\n")
        os.utime(path, (1_700_000_000, 1_700_000_000))

        (page,) = pages_of(a_source(path))

        moment = datetime.fromtimestamp(1_700_000_000, UTC)
        assert page.stamp == page.deliveries[0].record.occurred_at == moment
        assert page.deliveries[0].record.updated_at is None

    def test_as_of_goes_before_the_files_own_time(self, tmp_path: Path) -> None:
        (page,) = pages_in(tmp_path, "a.csv", "Name\nAna\n", as_of="2024-03-01T10:00:00Z")

        assert page.stamp == page.deliveries[0].record.occurred_at == datetime(2024, 3, 1, 10, tzinfo=UTC)

    def test_a_file_touched_half_way_keeps_the_time_it_was_begun_with(self, tmp_path: Path) -> None:
        path = a_file(tmp_path, "a.csv", "Name\nAna\nBo\n")
        source = a_source(path, page_limit=1)
        first = pages_of(source)[0]

        os.utime(path, (1, 1))

        assert pages_of(source, first.cursor)[0].stamp == first.stamp


class TestSamples:
    """The files that the demo imports are real export formats, with the faults that real exports have."""

    def test_the_address_book_of_google_contacts(self) -> None:
        pages = pages_of(a_source(SAMPLES / "google-contacts.csv"))

        assert len(records(pages)) == 24
        assert reasons(pages) == {"row 13": "a quote is opened and not closed"}
        assert not warnings(pages)
        assert len({record.id for record in records(pages)}) == 24

    def test_the_export_of_a_crm(self) -> None:
        source = a_source(SAMPLES / "crm-export.csv", columns={"Kundennummer": "account:crm"})

        pages = pages_of(source)

        found = {record.id: record for record in records(pages)}
        assert len(found) == 18
        assert not rejects(pages)
        assert found["C-1002"].name == "Jürgen Müller"
        assert values(found["C-1007"], "phone") == ["6.50253E+09"]
        assert told(found["C-1001"].identifiers)[0] == ("account", "crm", "K-50010")
