"""Readers of single configuration values: each returns the value or says what it got instead.

A `WrongValueError` is the middle of a sentence: `config.tables` puts the key path in front of it and what is
allowed behind it. It never repeats the value, since people paste tokens into the wrong line.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cronsim import CronSim, CronSimError
from phonenumbers import SUPPORTED_REGIONS

from config.errors import WrongValueError

_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),  # before int: a bool is an int to Python
    (str, "a string"),
    (int, "a whole number"),
    (float, "a decimal number"),
    (list, "an array"),
    (dict, "a table"),
)

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
SHORTEST = timedelta(seconds=5)
"""The tick looks for due work every two seconds: a shorter interval would promise what can't be kept."""
LONGEST = timedelta(days=366)

_LEAP_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
"""Where the search for a cron expression's first time starts: 29 February is near."""

_MISSPELT_REGIONS = {"UK": "GB", "EN": "GB", "EL": "GR"}
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_LOCAL_PART = re.compile(r"[a-z0-9][a-z0-9._+-]{0,63}")


def kind_of(value: object) -> str:
    """Name the TOML kind of `value` in words: "a string", "an array"."""
    return next((words for kind, words in _KINDS if isinstance(value, kind)), "a date or time")


def text(value: object) -> str:
    """Return a string that isn't empty."""
    if not isinstance(value, str):
        raise WrongValueError(f"{kind_of(value)}, not a string")
    if not value.strip():
        raise WrongValueError("an empty string")
    return value


def flag(value: object) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise WrongValueError(f"{kind_of(value)}, not true or false")
    return value


def whole(low: int, high: int) -> Callable[[object], int]:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise WrongValueError(f"{kind_of(value)}, not a whole number")
        if not low <= value <= high:
            raise WrongValueError("out of range")
        return value

    return read


def probability(low: float) -> Callable[[object], float]:
    """Return a reader of probabilities from `low` to below 1: nothing here is certain."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise WrongValueError(f"{kind_of(value)}, not a number")
        if not low <= value < 1:  # True of what is no number at all (nan), too.
            raise WrongValueError("out of range")
        return float(value)

    return read


def or_off(read_one: Callable[[object], float]) -> Callable[[object], float | None]:
    """Return a reader of what `read_one` reads, or of "off", which stands for None."""

    def read(value: object) -> float | None:
        if isinstance(value, str) and value != "off":
            raise WrongValueError("a string other than off")
        return None if value == "off" else read_one(value)

    return read


def one_of(*allowed: str) -> Callable[[object], str]:
    """Return a reader of one word out of `allowed`."""

    def read(value: object) -> str:
        if text(value) not in allowed:
            raise WrongValueError("not one of the allowed words")
        return str(value)

    return read


def several(read_one: Callable[[object], Any]) -> Callable[[object], tuple[Any, ...]]:
    """Return a reader of an array whose entries `read_one` reads; a wrong entry is named by its place."""

    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise WrongValueError(f"{kind_of(value)}, not an array")
        entries = []
        for place, entry in enumerate(value, start=1):
            try:
                entries.append(read_one(entry))
            except WrongValueError as error:
                raise WrongValueError(f"entry {place} is {error}") from error
        if len(set(entries)) < len(entries):
            raise WrongValueError("an array that names something twice")
        return tuple(entries)

    return read


def duration(value: object) -> timedelta:
    """Return the length of time that a number and a unit stand for.

    >>> duration("5m")
    datetime.timedelta(seconds=300)
    """
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", text(value))
    if match is None:
        raise WrongValueError("not a duration")
    length = int(match[1]) * _UNITS[match[2]]
    if not SHORTEST <= length <= LONGEST:
        raise WrongValueError("out of range")
    return length


def cron(value: object) -> str:
    """Return a cron expression of five fields that has a next time."""
    expression = text(value)
    if len(expression.split()) != 5:  # noqa: PLR2004  # cronsim also takes seconds; a tick can't keep them
        raise WrongValueError("not five fields")
    try:
        next(CronSim(expression, _LEAP_YEAR))
    except CronSimError as error:
        raise WrongValueError(f"not a cron expression ({error})") from error
    except StopIteration as error:
        raise WrongValueError("a time that never comes") from error
    return expression


def timing(value: object) -> timedelta | str:
    """Return a duration, or a cron expression when the text has several fields."""
    return cron(value) if " " in text(value) else duration(value)


def region(value: object) -> str:
    """Return an ISO 3166 country code whose numbering plan is known."""
    code = text(value)
    if code in SUPPORTED_REGIONS:
        return code
    meant = _MISSPELT_REGIONS.get(code.upper(), code.upper())
    hint = f" (did you mean {meant}?)" if meant in SUPPORTED_REGIONS else ""
    raise WrongValueError(f"not a known region{hint}")


def e164(value: object) -> str:
    """Return a phone number in its international form."""
    if not _E164.fullmatch(text(value)):
        raise WrongValueError("not an international phone number")
    return str(value)


def local_part(value: object) -> str:
    """Return the part of an e-mail address before the @, in lower case."""
    if not _LOCAL_PART.fullmatch(text(value)):
        raise WrongValueError("not the part of an address before the @, in lower case")
    return str(value)
