"""Where an import is: it goes on where it was killed, and reads again what has changed and nothing else.

Told with `jsonl` files; CSV and vCard files are paged by the same code.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from integrations.contract import Page
from integrations.errors import AccessError, FormatError, UnavailableError
from integrations.registry import connector
from tests.connectors.importing import a_file, a_source, pages_of, reasons, records, rejects, warnings


def people(*ids: str) -> str:
    return "".join(
        json.dumps({"id": each, "occurred_at": "2026-03-01T10:00:00Z", "identifiers": []}) + "\n"
        for each in ids
    )


def ids(pages: Iterable[Page]) -> list[str]:
    return [record.id for record in records(pages)]


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """Take the right to read; root keeps it, so there the file's place is taken by a folder."""
    if os.geteuid() == 0:
        path.unlink()
        (path / "x").mkdir(parents=True)
        yield
    else:
        path.chmod(0)
        yield
        path.chmod(0o600)


def test_an_import_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    everybody = [f"r{number}" for number in range(100)]
    source = a_source(a_file(tmp_path, "a.jsonl", people(*everybody)), page_limit=7)
    whole = pages_of(source)

    for killed_after in range(len(whole) - 1):
        rest = pages_of(source, whole[killed_after].cursor)
        assert ids(whole[: killed_after + 1]) + ids(rest) == everybody


def test_lines_are_counted_over_pages(tmp_path: Path) -> None:
    content = people("a") + "\n" + people("b") + "nonsense\n" + people("c") + "nonsense\n"

    pages = pages_of(a_source(a_file(tmp_path, "a.jsonl", content), page_limit=1))

    assert list(reasons(pages)) == ["line 4", "line 6"]


def test_the_share_read_grows_to_one(tmp_path: Path) -> None:
    content = people(*"abcdefghij")

    pages = pages_of(a_source(a_file(tmp_path, "a.jsonl", content), page_limit=4))

    shares = [page.share_read for page in pages]
    assert shares == [0.4, 0.8, 1.0]


def test_a_file_that_is_read_is_not_read_again(tmp_path: Path) -> None:
    source = a_source(a_file(tmp_path, "a.jsonl", people("a", "b")))
    done = pages_of(source)[-1]

    (page,) = pages_of(source, done.cursor)

    assert (page.deliveries, page.more, page.cursor, page.share_read) == ((), False, done.cursor, 1.0)


def test_a_copy_with_a_new_date_is_not_read_again(tmp_path: Path) -> None:
    path = a_file(tmp_path, "a.jsonl", people("a", "b"))
    source = a_source(path)
    done = pages_of(source)[-1]

    os.utime(path, (1, 1))

    (page,) = pages_of(source, done.cursor)
    assert page.deliveries == ()
    assert page.cursor != done.cursor  # It now knows the new date, so next time the content is not digested.


def test_a_file_that_has_changed_is_read_from_its_start(tmp_path: Path) -> None:
    path = a_file(tmp_path, "a.jsonl", people("a", "b"))
    source = a_source(path)
    done = pages_of(source)[-1]

    a_file(tmp_path, "a.jsonl", people("a", "b", "c"))

    assert ids(pages_of(source, done.cursor)) == ["a", "b", "c"]


def test_a_file_that_changes_while_it_is_read_starts_again(tmp_path: Path) -> None:
    path = a_file(tmp_path, "a.jsonl", people("a", "b", "c"))
    source = a_source(path, page_limit=2)
    first = connector(source).fetch(None)

    a_file(tmp_path, "a.jsonl", people("x", "b", "c"))

    assert ids(pages_of(source, first.cursor)) == ["x", "b", "c"]


def test_a_file_that_is_only_touched_while_it_is_read_goes_on(tmp_path: Path) -> None:
    path = a_file(tmp_path, "a.jsonl", people("a", "b", "c"))
    source = a_source(path, page_limit=2)
    first = connector(source).fetch(None)

    os.utime(path, (1, 1))

    assert ids(pages_of(source, first.cursor)) == ["c"]


def test_a_file_that_changes_and_changes_back_is_read_again(tmp_path: Path) -> None:
    path = a_file(tmp_path, "a.jsonl", people("a", "b"))
    source = a_source(path, page_limit=1)
    done = pages_of(source)[-1]
    a_file(tmp_path, "a.jsonl", people("x", "b"))
    half = connector(source).fetch(done.cursor)

    a_file(tmp_path, "a.jsonl", people("a", "b"))

    assert ids(pages_of(source, half.cursor)) == ["a", "b"]


@pytest.mark.parametrize("cursor", ["", "{}", "nonsense", '{"after": "evt_1"}', "[1]"])
def test_a_cursor_that_is_not_ours_starts_again(tmp_path: Path, cursor: str) -> None:
    source = a_source(a_file(tmp_path, "a.jsonl", people("a")))

    assert ids(pages_of(source, cursor)) == ["a"]


def test_other_settings_read_everything_again(tmp_path: Path) -> None:
    path = a_file(tmp_path, "a.csv", "name;Kunde\nAna;7\n")
    done = pages_of(a_source(path))[-1]

    pages = pages_of(a_source(path, columns={"Kunde": "account:crm"}), done.cursor)

    assert [each.namespace for each in records(pages)[0].identifiers] == ["crm"]


class TestFolder:
    """A pattern stands for a folder that is read again on every scheduled sync."""

    def test_files_are_read_in_the_order_of_their_names(self, tmp_path: Path) -> None:
        for name in "cab":
            a_file(tmp_path, f"{name}.jsonl", people(name))

        pages = pages_of(a_source(tmp_path / "*.jsonl"))

        assert ids(pages) == ["a", "b", "c"]
        assert [page.more for page in pages] == [True, True, False]
        assert [page.share_read for page in pages] == [pytest.approx(1 / 3), pytest.approx(2 / 3), 1.0]

    def test_only_new_and_changed_files_are_read_later(self, tmp_path: Path) -> None:
        for name in "abc":
            a_file(tmp_path, f"{name}.jsonl", people(name))
        source = a_source(tmp_path / "*.jsonl")
        done = pages_of(source)[-1]

        a_file(tmp_path, "b.jsonl", people("b", "b2"))
        a_file(tmp_path, "d.jsonl", people("d"))

        assert ids(pages_of(source, done.cursor)) == ["b", "b2", "d"]

    def test_the_file_that_is_being_read_comes_first(self, tmp_path: Path) -> None:
        a_file(tmp_path, "b.jsonl", people("b1", "b2"))
        source = a_source(tmp_path / "*.jsonl", page_limit=1)
        first = connector(source).fetch(None)

        a_file(tmp_path, "a.jsonl", people("a"))

        assert ids(pages_of(source, first.cursor)) == ["b2", "a"]

    def test_a_file_that_is_gone_is_forgotten(self, tmp_path: Path) -> None:
        for name in "ab":
            a_file(tmp_path, f"{name}.jsonl", people(name + "1", name + "2"))
        source = a_source(tmp_path / "*.jsonl", page_limit=1)
        half = connector(source).fetch(None)

        (tmp_path / "a.jsonl").unlink()

        last = pages_of(source, half.cursor)[-1]
        assert "a.jsonl" not in last.cursor

    def test_rejects_and_warnings_name_their_file(self, tmp_path: Path) -> None:
        a_file(tmp_path, "a.jsonl", "nonsense\n")
        a_file(tmp_path, "b.jsonl", "")

        pages = pages_of(a_source(tmp_path / "*.jsonl"))

        assert list(reasons(pages)) == ["a.jsonl, line 1"]
        assert warnings(pages) == ["b.jsonl: the file is empty"]

    def test_a_file_of_another_kind_keeps_no_other_out(self, tmp_path: Path) -> None:
        a_file(tmp_path, "a.jsonl", b"PK\x03\x04")
        a_file(tmp_path, "b.jsonl", people("b"))
        source = a_source(tmp_path / "*.jsonl")

        pages = pages_of(source)

        assert ids(pages) == ["b"]
        assert [(each.where, each.reason[:21]) for each in rejects(pages)] == [
            ("a.jsonl", "this is a ZIP archive")
        ]
        assert not rejects(pages_of(source, pages[-1].cursor))

    def test_folders_and_files_of_other_names_are_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "sub.jsonl").mkdir()
        a_file(tmp_path, "a.jsonl.part", people("x"))
        a_file(tmp_path, "a.jsonl", people("a"))

        assert ids(pages_of(a_source(tmp_path / "*.jsonl"))) == ["a"]

    def test_a_link_to_nothing_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl").symlink_to(tmp_path / "gone.jsonl")

        assert ids(pages_of(a_source(tmp_path / "*.jsonl"))) == []

    def test_an_empty_folder_holds_nothing(self, tmp_path: Path) -> None:
        (page,) = pages_of(a_source(tmp_path / "*.jsonl"))

        assert (page.deliveries, page.more, page.share_read) == ((), False, 1.0)

    def test_a_folder_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(UnavailableError, match="drop is not there"):
            pages_of(a_source(tmp_path / "drop" / "*.jsonl"))

    def test_a_name_with_a_bracket_is_a_name_if_the_file_is_there(self, tmp_path: Path) -> None:
        path = a_file(tmp_path, "people[1].jsonl", people("a") + "nonsense")

        pages = pages_of(a_source(path))

        assert (ids(pages), list(reasons(pages))) == (["a"], ["line 2"])


class TestErrors:
    """What a person reads says where, what, and what to type."""

    def test_a_file_that_is_not_there_is_looked_for_again(self, tmp_path: Path) -> None:
        with pytest.raises(UnavailableError) as raised:
            pages_of(a_source(tmp_path / "a.jsonl"))

        assert str(raised.value) == (
            f"books: {tmp_path}/a.jsonl is not there. It is looked for again by itself.\n"
            "    If it is somewhere else, correct path, then run: avouch sources test books"
        )

    def test_a_file_that_may_not_be_read_needs_a_person(self, tmp_path: Path) -> None:
        path = a_file(tmp_path, "a.jsonl", people("a"))

        with unreadable(path), pytest.raises(AccessError, match=r"books: .*a\.jsonl"):
            pages_of(a_source(path))

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl").mkdir()

        with pytest.raises(AccessError, match=r"is not a file\. For all files in it, set path to"):
            pages_of(a_source(tmp_path / "a.jsonl"))

    def test_a_pipe_is_no_file(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.jsonl")

        with pytest.raises(AccessError, match="is not a file"):
            pages_of(a_source(tmp_path / "a.jsonl"))

    def test_a_path_through_a_file_needs_a_person(self, tmp_path: Path) -> None:
        a_file(tmp_path, "a", "")

        with pytest.raises(AccessError, match="can't be read: Not a directory"):
            pages_of(a_source(tmp_path / "a" / "b.jsonl"))

    def test_a_name_that_no_disk_takes_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(UnavailableError, match="can't be read: File name too long"):
            pages_of(a_source(tmp_path / ("x" * 300 + ".jsonl")))

    def test_a_wrong_file_is_told_with_its_source(self, tmp_path: Path) -> None:
        path = a_file(tmp_path, "a.jsonl", b"\x1f\x8b\x08")

        with pytest.raises(FormatError, match=r"books: .*a\.jsonl: this is compressed \(gzip\); unpack it"):
            pages_of(a_source(path))

    def test_an_unknown_setting_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(AccessError, match="unknown field `colums`"):
            connector(a_source(tmp_path / "a.jsonl", colums={}))
