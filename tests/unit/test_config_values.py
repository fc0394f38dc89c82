"""The single values of `avouch.toml`."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from config import values
from config.errors import WrongValueError


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(written: str, meant: timedelta) -> None:
    assert values.duration(written) == meant


@pytest.mark.parametrize(
    ("read", "written", "said"),
    [
        (values.duration, "5", "not a duration"),
        (values.duration, "5 m", "not a duration"),
        (values.duration, "1h30m", "not a duration"),
        (values.duration, "-5m", "not a duration"),
        (values.duration, "\N{ARABIC-INDIC DIGIT FIVE}m", "not a duration"),
        (values.duration, "5M", "not a duration"),
        (values.duration, "0s", "out of range"),
        (values.duration, "4s", "out of range"),
        (values.duration, "367d", "out of range"),
        (values.duration, "999999999d", "out of range"),
        (values.duration, 300, "a whole number, not a string"),
        (values.cron, "* * * *", "not five fields"),
        (values.cron, "0 * * * * *", "not five fields"),
        (values.cron, "61 * * * *", "not a cron expression (Bad minute)"),
        (values.cron, "@daily", "not five fields"),
        (values.cron, "0 0 30 2 *", "not a cron expression (Bad day-of-month)"),
        (values.cron, "0 0 */30 2 1#5", "a time that never comes"),
        (values.region, "es", "not a known region (did you mean ES?)"),
        (values.region, "UK", "not a known region (did you mean GB?)"),
        (values.region, "Spain", "not a known region"),
        (values.region, "001", "not a known region"),
        (values.e164, "910000001", "not an international phone number"),
        (values.e164, "+34 910 000 001", "not an international phone number"),
        (values.e164, "+0910000001", "not an international phone number"),
        (values.local_part, "reception@", "not the part of an address before the @, in lower case"),
        (values.text, "  ", "an empty string"),
        (values.text, True, "true or false, not a string"),
        (values.flag, "true", "a string, not true or false"),
        (values.whole(1, 9), True, "true or false, not a whole number"),
        (values.whole(1, 9), 1.0, "a decimal number, not a whole number"),
        (values.whole(1, 9), 10, "out of range"),
        (values.probability(0.99), 0.98, "out of range"),
        (values.probability(0), 1, "out of range"),
        (values.probability(0), float("nan"), "out of range"),
        (values.probability(0), True, "true or false, not a number"),
        (values.probability(0), "0.5", "a string, not a number"),
        (values.or_off(values.probability(0)), "on", "a string other than off"),
        (values.or_off(values.probability(0)), False, "true or false, not a number"),
        (values.one_of("a", "b"), "A", "not one of the allowed words"),
        (values.several(values.e164), "+34910000001", "a string, not an array"),
        (values.several(values.e164), ["+34910000001", 2], "entry 2 is a whole number, not a string"),
        (values.several(values.text), ["a", "b", "a"], "an array that names something twice"),
    ],
)
def test_a_wrong_value_is_described_without_being_shown(
    read: Callable[[object], object], written: object, said: str
) -> None:
    with pytest.raises(WrongValueError) as caught:
        read(written)

    assert str(caught.value) == said


def test_a_leap_days_cron_has_a_next_time() -> None:
    assert values.cron("0 0 29 2 *") == "0 0 29 2 *"
