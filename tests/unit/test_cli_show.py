"""How the command writes times, counts, numbers and people."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from integrations.contract import Level
from tests.builders import P, a_call, a_row
from worker.cli import show
from worker.domain.contacts import Contact, Held
from worker.domain.resolve import resolve

AT = datetime(2026, 3, 1, 0, 5, tzinfo=timezone(timedelta(hours=2)))


def the_contact(*records: object) -> Contact:
    (contact,) = resolve(records).contacts  # type: ignore[arg-type]  # builders make records
    return contact


def test_times_are_written_in_utc() -> None:
    assert show.minute(AT) == "2026-02-28 22:05"
    assert show.day(AT) == "28 February 2026"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (200_000, "2 d")]
)
def test_lengths_are_rough(seconds: float, text: str) -> None:
    assert show.length(seconds) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 entries"), (1, "1 entry"), (2_000, "2,000 entries")])
def test_counts_carry_their_noun(number: int, text: str) -> None:
    assert show.count(number, "entry", "entries") == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("+34612345678", "+34 612 34 56 78"),
        ("+12025550123;ext=12", "+1 202-555-0123 ext. 12"),
        ("no number", "no number"),
    ],
)
def test_numbers_are_written_in_the_groups_of_their_country(number: str, text: str) -> None:
    assert show.phone(number) == text


def test_an_identifier_says_whose_it_is() -> None:
    assert show.value(Held("account", "u-17", Level.VERIFIED, "app")) == "u-17 (app)"


def test_somebody_without_a_name_is_named_by_the_line_first() -> None:
    assert show.who(the_contact(a_row(name="Ana Ruiz", number=P))) == "Ana Ruiz"
    assert show.who(the_contact(a_row(mail="ana@x.es", number=P))) == "+34 612 34 56 78"
    assert show.who(the_contact(a_call(None))) == "somebody unnamed"


def test_a_cell_shows_what_is_missing_as_a_dash() -> None:
    assert [show._cell(each) for each in (None, "", 1_234, "x", datetime(2026, 3, 1, tzinfo=UTC))] == [
        "-",
        "-",
        "1,234",
        "x",
        "2026-03-01 00:00",
    ]


class TestPlain:
    """What a caller or a visitor wrote is shown, and not obeyed."""

    EVIL = "Evil \x1b[31mRED\x1b[0m \x1b]0;title\x07 \u202etxt"

    def test_a_name_that_holds_escapes(self) -> None:
        assert show.plain(self.EVIL) == "Evil \ufffd[31mRED\ufffd[0m \ufffd]0;title\ufffd \ufffdtxt"

    def test_lines_and_tabs_stay(self) -> None:
        assert show.plain("a\n\tb") == "a\n\tb"

    def test_a_table_in_a_terminal_keeps_its_own_colours_only(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        console = show.out()

        console.print(show.grid("name", rows=[(self.EVIL,)]))

        printed = capsys.readouterr().out
        assert "RED" in printed
        assert not {"\x1b", "\x07", "\u202e"} & set(printed)
