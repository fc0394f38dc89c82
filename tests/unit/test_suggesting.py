"""Suggestions in words: what is said of ties and likeness together, and of what is not listed."""

from datetime import UTC, datetime

import pytest

from worker.cli.likeness import suggesting
from worker.domain.matching.scoring import Part, Score
from worker.domain.reasons import Reason
from worker.domain.suggestions import Suggestion
from worker.jobs.suggest import Listed
from worker.storage.shortlist import Shortlist

A, B = "0f9b3c51d2e84a6c9b1d7e20", "4e02aac51d2e84a6c9b1d7e2"
NUMBER, SHOWN = "+12025550123", "+1 202-555-0123"
MORE = "5 within households and the like and 3 beyond the first 10 of a contact"
LIKE = Score(
    1.0,
    (
        Part("name", "family by phone", -1.1, "al day", "bo day"),
        Part("phone", "mobile", 6.8, NUMBER, NUMBER),
        Part("email", "missing", 0.1),
    ),
)


def why(*reasons: Reason, score: Score = LIKE, crowd: int = 0) -> list[str]:
    found = Suggestion(A, B, reasons, len(reasons), crowd, score)
    return [each.plain for each in suggesting.because(found, {})]


def not_listed(*, improbable: int = 0, households: int = 0, over_most: int = 0, put_off: int = 0) -> str:
    counts = Shortlist([], 0, improbable, households, over_most, put_off)
    return suggesting.hidden(Listed([], counts, 0.5, {}))


def test_what_speaks_for_comes_before_what_speaks_against() -> None:
    assert why() == [
        f"+ same mobile number {SHOWN}",
        "- same surname, other first name, at one phone, as in a household: Al Day, Bo Day",
    ]


def test_how_surely_each_holds_a_value_is_said_with_it_and_once() -> None:
    told = why(Reason("phone", "", NUMBER, 2, 1))

    assert told[0] == f"+ same mobile number {SHOWN} (in the books; seen on the channel)"
    assert len(told) == 2


def test_ties_that_nothing_compares_come_first() -> None:
    told = why(Reason("account", "app", "7", 3, 0), Reason("", "", "record", 2, 0, "about"))

    assert told[:2] == [
        "+ the account 7 (app) (proved; claimed only)",
        "+ a record said to be about the other's",
    ]


def test_many_ties_are_counted() -> None:
    told = why(*(Reason("device", "site", str(number), 1, 1) for number in range(5)))

    assert told[3] == "+ and 2 more identifiers that both hold"


def test_a_pair_that_is_not_weighed_yet_says_its_ties_and_no_probability() -> None:
    found = Suggestion(A, B, (Reason("phone", "", NUMBER, 2, 1),), 1)

    assert [each.plain for each in suggesting.because(found, {})] == [
        f"+ {SHOWN} (in the books; seen on the channel)"
    ]
    assert suggesting.probable(found) == ""
    assert suggesting.as_json(found)["probability"] is None


def test_a_crowd_is_a_warning() -> None:
    assert why(Reason("phone", "", NUMBER, 2, 0), crowd=29)[-1] == (
        f"! 30 contacts claim {SHOWN} without proof"
    )


def test_the_panel_says_a_likeness_where_nothing_ties_two_contacts() -> None:
    assert suggesting.on_panel(A, Suggestion(A, B, (), 0, score=LIKE)) == (
        f"99.1 % probable, same mobile number {SHOWN}"
    )


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({}, ""),
        ({"improbable": 1_500}, "Not shown: 1,500 less probable than 50 %; --all shows them."),
        (
            {"improbable": 2, "households": 5, "over_most": 3},
            f"Not shown: 2 less probable than 50 %, {MORE}; --all shows them.",
        ),
        ({"put_off": 4}, "Put off: 4; --put-off shows them."),
    ],
)
def test_what_is_not_listed_is_counted_with_what_shows_it(counts: dict[str, int], says: str) -> None:
    assert not_listed(**counts) == says


def test_putting_off_says_until_when() -> None:
    told = suggesting.put_off(2, datetime(2026, 12, 1, tzinfo=UTC))

    assert told.startswith(
        "2 suggestions are put off until 1 December 2026, or until there is something new."
    )
