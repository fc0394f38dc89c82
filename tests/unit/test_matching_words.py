"""Reasons in words: every level has its own, each says the values, and a summary names the strongest."""

import pytest

from worker.domain.matching import words
from worker.domain.matching.comparisons import (
    BY_EMAIL,
    BY_PHONE,
    EMAIL_LEVELS,
    LEVELS,
    NAME_LEVELS,
    PHONE_LEVELS,
    Known,
)
from worker.domain.matching.model import default
from worker.domain.matching.portraits import Portrait
from worker.domain.matching.scoring import Part, score

NUMBER, OTHER_NUMBER = "+12025550123", "+12025550124"
VALUES = {
    "name": ("ana ruiz jr", "anna ruiz sr"),
    "phone": (NUMBER, NUMBER),
    "email": ("ana@example.com", "anna@example.com"),
    "company": ("northwind", "northwind trading"),
}


def said(comparison: str, level: str, one: str = "", other: str = "", weight: float = 1.0) -> str:
    return words.in_words(Part(comparison, level, weight, one, other))


def an_example(comparison: str, level: str) -> str:
    """Say a level of two values; where one is missing, of none."""
    one, other = ("", "") if level.startswith("missing") else VALUES[comparison]
    return said(comparison, level, one, other)


def test_every_level_has_words_and_no_two_read_the_same() -> None:
    told = {
        (comparison, level): an_example(comparison, level)
        for comparison, levels in LEVELS.items()
        for level in levels
    }

    assert all(told.values())
    assert len(set(told.values())) == len(told)


def test_there_are_no_words_for_levels_that_no_comparison_finds() -> None:
    assert set(words.WORDS) == {*LEVELS, "rarity"}
    assert set(words.WORDS["name"]) == {*NAME_LEVELS, "scripts"}
    assert set(words.WORDS["phone"]) == {*PHONE_LEVELS, "spelling"}
    assert set(words.WORDS["email"]) == {*EMAIL_LEVELS}


def test_words_fit_into_the_cell_of_a_table() -> None:
    told = [an_example(comparison, level) for comparison, levels in LEVELS.items() for level in levels]

    assert max(map(len, told)) <= 98


@pytest.mark.parametrize(
    ("level", "one", "other", "text"),
    [
        ("equal", "ana ruiz", "ana ruiz", "same name: Ana Ruiz"),
        ("variant", "bob smith", "robert smith", "Bob is short for Robert"),
        ("variant", "robert smith", "bob smith", "Bob is short for Robert"),
        ("variant", "j smith", "john smith", "J. may stand for John"),
        ("variant", "john smith", "smith john", "same name in another order: John Smith, Smith John"),
        (
            "variant",
            "ana maria ruiz",
            "ana ruiz",
            "one name written in two ways: Ana Maria Ruiz, Ana Ruiz",
        ),
        (
            "variant",
            "karl heinz mueller",
            "karlheinz muller",
            "one name written in two ways: Karl Heinz Mueller, Karlheinz Muller",
        ),
        ("typo", "ana smiht", "ana smith", "the names differ by one letter (Smiht, Smith)"),
        ("typo", "bob smiht", "robert smith", "the names differ by one letter (Smiht, Smith)"),
        ("typo", "gianna lorentson", "gianna lorensten", "the names differ by two letters (Lorentson, Lorensten)"),
        ("typo", "ana maria ruis", "ana ruiz", "the names differ by one letter (Ruis, Ruiz)"),
        ("typo", "c b a", "a b c d", "the names differ by the order of the words (C B A, A B C D)"),
        ("part_typo", "robet", "robert smith", "what is known of the names differs by one letter (Robet, Robert)"),
        ("suffix", "al day sr", "al day jr", "Sr and Jr tell them apart: Al Day Sr, Al Day Jr"),
        ("suffix", "al day iii", "al day", "one is III, the other is not: Al Day III, Al Day"),
        ("family", "al day", "bo day", "same surname, other first name, as in a household: Al Day, Bo Day"),
        ("missing", "", "", "no name is known of one"),
        ("missing", "ivan petrov", "иван петров", "names in two scripts can't be compared: Ivan Petrov, Иван Петров"),
        ("spelt", "ana ruiz", "ana.ruiz@x.es", "the address spells the name: Ana Ruiz, ana.ruiz@x.es"),
    ],
)  # fmt: skip
def test_names_are_compared_in_words(level: str, one: str, other: str, text: str) -> None:
    assert said("name", level, one, other) == text


def test_a_phone_or_a_mailbox_in_common_is_said_with_the_name() -> None:
    names = ("bob smith", "robert smith")

    assert said("name", f"variant{BY_PHONE}", *names) == "Bob is short for Robert, at one phone"
    assert said("name", f"variant{BY_EMAIL}", *names) == "Bob is short for Robert, at one mailbox"


@pytest.mark.parametrize(
    ("comparison", "level", "one", "other", "text"),
    [
        ("phone", "any", NUMBER, NUMBER, f"same phone {NUMBER}"),
        (
            "phone",
            "any",
            "+551187654321",
            "+5511987654321",
            "same phone written differently: +551187654321, +5511987654321",
        ),
        ("phone", "typo", NUMBER, OTHER_NUMBER, f"the numbers differ by one digit: {NUMBER}, {OTHER_NUMBER}"),
        ("phone", "crowd", NUMBER, NUMBER, f"the number {NUMBER} is one that a crowd of contacts hold"),
        ("email", "typo", "anna@x.es", "ana@x.es", "e-mail addresses differ by one letter (anna@x.es, ana@x.es)"),
        ("email", "shared", "a@x.es", "a@x.es", "same e-mail address a@x.es, shared by several people"),
        ("company", "equal", "northwind", "northwind", "same company: Northwind"),
    ],
)  # fmt: skip
def test_values_are_said(comparison: str, level: str, one: str, other: str, text: str) -> None:
    assert said(comparison, level, one, other) == text


def test_who_else_holds_a_value_is_counted_where_it_is_known() -> None:
    crowd = Part("phone", "crowd", -2.9, NUMBER, NUMBER)
    shared = Part("email", "shared", 3.8, "day@x.es", "day@x.es")

    told = [words.in_words(each, held={NUMBER: 500, "day@x.es": 6}) for each in (crowd, shared)]

    assert told == [
        f"the number {NUMBER} is one that 500 contacts hold",
        "same e-mail address day@x.es, shared by 6 contacts",
    ]


def test_a_value_that_just_the_two_hold_is_not_said_to_be_shared_by_others() -> None:
    part = Part("phone", "shared_mobile", 4.7, NUMBER, NUMBER)

    assert words.in_words(part, held={NUMBER: 2}) == f"same mobile number {NUMBER}, under two names"


def test_numbers_are_written_as_the_reader_wants_them() -> None:
    part = Part("phone", "mobile", 6.8, NUMBER, NUMBER)

    assert words.in_words(part, lambda number: f"<{number}>") == f"same mobile number <{NUMBER}>"


@pytest.mark.parametrize(
    ("weight", "text"),
    [
        (3.0, "few have this name"),
        (-2.0, "many have this name"),
        (0.1, "as many have this name as most names"),
    ],
)
def test_the_rarity_of_a_name_is_said_by_its_weight(weight: float, text: str) -> None:
    assert said("rarity", "equal", "ana ruiz", "ana ruiz", weight) == text


def test_a_summary_names_the_strongest_three_of_each_side_and_nothing_that_says_nothing() -> None:
    parts = [
        Part("name", "family by phone", -1.1, "al day", "bo day"),
        Part("phone", "mobile", 6.8, NUMBER, NUMBER),
        Part("email", "missing", 5.0),
        Part("company", "equal", 0.1, "northwind", "northwind"),
        Part("rarity", "equal", 2.0),
        Part("company", "close", 0.6, "northwind", "northwind trading"),
        Part("email", "equal", 7.0, "a@x.es", "a@x.es"),
    ]

    said_ = words.sentence(parts)

    assert said_ == (
        f"For: same e-mail address a@x.es; same mobile number {NUMBER}; few have this name."
        " Against: same surname, other first name, at one phone, as in a household: Al Day, Bo Day."
    )


def test_nothing_to_say_is_an_empty_sentence() -> None:
    assert words.sentence([Part("email", "missing", 0.1)]) == ""


def test_every_score_of_the_model_can_be_said() -> None:
    one = Portrait(names=("robert smith",), phones=(NUMBER,), emails=("robert.smith@example.com",))
    other = Portrait(names=("bob smith",), phones=(NUMBER,), emails=("bob@example.com",))

    found = words.strongest(score(one, other, Known(), default()).parts)

    assert "Bob is short for Robert, at one phone" in map(words.in_words, found.for_)
    assert [*map(words.in_words, found.against)] == ["other e-mail addresses"]
