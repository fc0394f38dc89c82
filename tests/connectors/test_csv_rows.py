"""Damaged CSV: a bad row costs itself. Whatever the file holds, each of its lines is a record or a reject."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.contract import Page
from integrations.errors import SourceError
from integrations.registry import connector
from tests.connectors.importing import a_file, a_source, pages_in, pages_of, reasons, records, rejects

HEADER = "id,name,phone\n"


def rows(folder: Path, text: str | bytes, **options: object) -> list[Page]:
    content = text if isinstance(text, bytes) else (HEADER + text).encode()
    return pages_in(folder, "a.csv", content, **options)


def ids(pages: list[Page]) -> list[str]:
    return [record.id for record in records(pages)]


class TestDamagedRows:
    """The reason says what is wrong, the place says where, and the rows around it come in."""

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("2,Bo,1,2", "the row has 4 cells, and the file has 3 columns"),
            ('2,"Bo"x,1', "text follows a closing quote"),
            ('2,"Bo,1', "a quote is opened and not closed"),
            (f"2,{'x' * 70_000},1", "column 'name': the cell has 70,000 characters; at most 65,536 are read"),
            (f"2,{'x' * 140_000},1", "a cell has more than 65,536 characters"),
            (f"2,{'x' * 5_000_000},1", "the line has 5,000,005 bytes; at most 1,048,576 are read"),
            ("2,B\0o,1", "column 'name': holds a NUL character"),
            ("2,B\ro,1", "a carriage return stands in the middle of the row"),
            (",n/a,", "the row has no id, no name and no identifier"),
            ("2", "the row has 1 of 3 cells, and none says who it is"),
            ("6.50253E+09,Bo,1", "column 'id': a spreadsheet has shortened the number; format the column as text and export again"),
        ],
    )  # fmt: skip
    def test_a_bad_row_is_rejected_and_the_others_are_read(
        self, tmp_path: Path, row: str, reason: str
    ) -> None:
        pages = rows(tmp_path, f"1,Ana,7\n{row}\n3,Cy,8\n4,Di,9\n")

        assert ids(pages) == ["1", "3", "4"]
        assert reasons(pages) == {"row 3": reason}
        assert all(each.raw.startswith(row[:9].replace("\0", "\ufffd")) for each in rejects(pages))
        assert all(len(each.raw) <= 16_384 for each in rejects(pages))

    def test_bytes_that_are_no_text_cost_their_row(self, tmp_path: Path) -> None:
        content = HEADER.encode() + "1,José,\n2,Zoë,\n".encode() + b"3,Jos\xe9,\n4,Di,\n"

        pages = rows(tmp_path, content)

        assert ids(pages) == ["1", "2", "4"]
        assert reasons(pages) == {"row 4": "the row is not valid utf-8 (byte 5)"}

    def test_a_row_of_long_cells_is_a_row(self, tmp_path: Path) -> None:
        assert ids(rows(tmp_path, f"1,{'x' * 40_000},{'y' * 40_000}\n")) == ["1"]

    def test_cells_beyond_the_columns_may_be_empty(self, tmp_path: Path) -> None:
        assert ids(rows(tmp_path, "1,Ana,7,,\n")) == ["1"]

    def test_cells_that_are_left_off_at_the_end_are_empty(self, tmp_path: Path) -> None:
        assert ids(rows(tmp_path, "1,Ana\n2,Bo,7\n")) == ["1", "2"]

    def test_a_file_that_was_cut_off_in_a_row_says_so(self, tmp_path: Path) -> None:
        pages = rows(tmp_path, "1,Ana,7\n2,Bo")

        assert ids(pages) == ["1"]
        assert reasons(pages) == {"row 3": "the file ends in the middle of this row, after 2 of 3 cells"}

    def test_a_last_row_without_a_newline_is_a_row(self, tmp_path: Path) -> None:
        assert ids(rows(tmp_path, "1,Ana,7\n2,Bo,8")) == ["1", "2"]

    def test_blank_rows_are_no_rows_but_are_counted(self, tmp_path: Path) -> None:
        pages = rows(tmp_path, "\n,,\n  \n1,Ana,7\n2,Bo,7,8\n")

        assert ids(pages) == ["1"]
        assert list(reasons(pages)) == ["row 6"]


class TestStrayQuotes:
    """A quote that is not closed swallows nothing but its own row."""

    def test_a_cell_may_go_on_over_lines(self, tmp_path: Path) -> None:
        (page,) = rows(tmp_path, '1,"Ana\nRuiz",7\n2,Bo,8\n')

        assert [record.name for record in records([page])] == ["Ana\nRuiz", "Bo"]
        assert page.deliveries[0].raw == '1,"Ana\nRuiz",7'

    def test_a_space_before_a_quote_does_no_harm(self, tmp_path: Path) -> None:
        assert records(rows(tmp_path, '1, "Ruiz, Ana", 7\n'))[0].name == "Ruiz, Ana"

    def test_a_stray_quote_costs_its_row_however_many_follow(self, tmp_path: Path) -> None:
        text = '1,"Ana,7\n' + "".join(f"{number},Bo,8\n" for number in range(2, 3000))

        pages = rows(tmp_path, text)

        assert len(ids(pages)) == 2998
        assert reasons(pages) == {"row 2": "a quote is opened and not closed"}

    def test_a_quote_that_another_row_closes_by_chance_costs_its_row(self, tmp_path: Path) -> None:
        pages = rows(tmp_path, '1,"Ana,7\n2,Bo,8\n3,Cy,9"\n4,Di,1\n')

        assert ids(pages) == ["2", "3", "4"]
        assert reasons(pages) == {"row 2": "a quote is opened and not closed"}

    def test_a_stray_quote_in_every_row_costs_every_row(self, tmp_path: Path) -> None:
        pages = rows(tmp_path, "".join(f'{number},"Bo,8\n' for number in range(40)))

        assert ids(pages) == []
        assert len(rejects(pages)) == 40

    def test_the_lines_of_a_damaged_cell_do_not_pass_for_people(self, tmp_path: Path) -> None:
        pages = rows(tmp_path, '1,"Ana\nsaid hello\nand "left",7\n2,Bo,8\n3\n')

        assert ids(pages) == ["2"]
        assert list(reasons(pages)) == ["row 2", "row 3", "row 4", "row 6"]
        assert reasons(pages)["row 3"] == "the row has 1 of 3 cells, and stands behind a damaged one"

    def test_the_care_behind_a_damaged_row_outlives_the_page(self, tmp_path: Path) -> None:
        text = HEADER + '1,"Ana\nsaid hello\nand "left",7\n2,Bo,8\n'

        pages = pages_of(a_source(a_file(tmp_path, "a.csv", text), page_limit=1))

        assert ids(pages) == ["2"]
        assert list(reasons(pages)) == ["row 2", "row 3", "row 4"]

    def test_a_damaged_line_inside_an_open_quote_is_told_of_itself_too(self, tmp_path: Path) -> None:
        content = HEADER.encode() + "1,Zoë,\n2,Zoë,\n".encode() + b'3,"Ana,7\n4,Jos\xe9,8\n5,Di,9\n'

        pages = rows(tmp_path, content)

        assert ids(pages) == ["1", "2", "5"]
        assert reasons(pages) == {
            "row 4": "a quote is opened and not closed",
            "row 5": "the row is not valid utf-8 (byte 5)",
        }

    def test_an_endless_line_inside_an_open_quote_costs_itself(self, tmp_path: Path) -> None:
        pages = rows(tmp_path, f'1,"Ana,7\n2,{"x" * 2_000_000},8\n3,Cy,9\n')

        assert ids(pages) == ["3"]
        assert list(reasons(pages)) == ["row 2", "row 3"]

    def test_a_row_that_goes_on_for_a_megabyte_costs_itself(self, tmp_path: Path) -> None:
        cell = '"' + "\n".join(["y" * 10_000] * 6) + '"'
        header = ",".join(["id", "name", *(f"note {number}" for number in range(20))])
        text = f"{header}\n1,Ana,{','.join([cell] * 20)}\n2,Bo{',' * 20}\n"

        pages = rows(tmp_path, text.encode())

        assert ids(pages) == ["2"]
        assert reasons(pages)["row 2"] == "a quote is opened and not closed"


@pytest.mark.parametrize("limit", [1, 3, 2000])
def test_an_import_that_was_killed_ends_as_a_clean_run(tmp_path: Path, limit: int) -> None:
    text = HEADER + "".join(f'{number},"Ana\n{number}",7\n' for number in range(30)) + '31,"x,1\n32,Bo,2,3\n'
    path = a_file(tmp_path, "a.csv", text)
    clean = pages_of(a_source(path))

    source = a_source(path, page_limit=limit)
    pages = pages_of(source)

    for killed_after in range(len(pages) - 1):
        rest = pages_of(source, pages[killed_after].cursor)
        again = [*pages[: killed_after + 1], *rest]
        assert records(again) == records(clean)
        assert reasons(again) == reasons(clean)


cells = st.text(st.sampled_from("ab1\"',;\t\n\r @é0+|="), max_size=6)
lines = st.lists(st.lists(cells, min_size=1, max_size=5).map(",".join), max_size=12).map("\n".join)
LAW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LAW
@given(text=lines, limit=st.sampled_from([1, 2, 50]), encoding=st.sampled_from(["utf-8", "cp1252", "utf-16"]))
def test_every_line_is_part_of_a_record_or_of_a_reject(
    tmp_path: Path, text: str, limit: int, encoding: str
) -> None:
    path = a_file(tmp_path, "a.csv", (HEADER + text).encode(encoding))

    pages = pages_of(a_source(path, page_limit=limit, delimiter=",", encoding=encoding))

    raws = [delivery.raw or "" for page in pages for delivery in page.deliveries]
    raws += [rejected.raw for rejected in rejects(pages)]
    assert sorted(solid(text.split("\n"))) == sorted(solid("\n".join(raws).split("\n")))


def solid(parts: list[str]) -> list[str]:
    """Leave out what holds nothing: blank lines, and lines of delimiters."""
    return [part.strip("\r") for part in parts if part.strip(' ,\r\t"')]


@LAW
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode), headed=st.booleans())
def test_no_bytes_raise_anything_but_an_error_of_the_source(
    tmp_path: Path, content: bytes, headed: bool
) -> None:
    path = a_file(tmp_path, "a.csv", HEADER.encode() + content if headed else content)

    try:
        pages = pages_of(a_source(path))
    except SourceError:
        return

    assert all(page.cursor for page in pages)


@LAW
@given(
    table=st.lists(
        st.tuples(
            st.integers(1, 999).map(str), st.text(st.characters(exclude_categories=["C", "Z"]), max_size=9)
        ),
        min_size=1,
        max_size=20,
    ),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_every_row_of_a_well_formed_file_is_a_record(
    tmp_path: Path, table: list[tuple[str, str]], delimiter: str, quoting: int
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type] # one of the csv.QUOTE_*
    writer.writerows([("id", "full name"), *table])
    source = a_source(a_file(tmp_path, "a.csv", text.getvalue()))

    page = connector(source).fetch(None)

    assert not page.rejected
    assert [record.id for record in records([page])] == [number for number, _ in table]
