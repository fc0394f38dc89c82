"""Times as files write them. What could be two days is never guessed."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from integrations.contract import Moment

_NUMERIC = re.compile(
    r"(?P<first>\d{1,4})(?P<sign>[/.-])(?P<second>\d{1,2})(?P=sign)(?P<third>\d{1,4})"
    r"(?:,?[ T]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<of_minute>\d\d))? ?(?P<half>[AaPp][Mm])?)?",
    re.ASCII,
)
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", re.ASCII)
_WORDED = ("%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d. %B %Y")
_NO_DATE = re.compile(r"0000-00-00.*|-+|n/a|null|none|\\N", re.IGNORECASE)
"""What databases and people write where there is no date."""
_YEARS = range(1900, 2200)
_YEAR_DIGITS = 4
_MONTHS = 12
_NOON = 12


class Clock(NamedTuple):
    """How a source writes its times."""

    zone: tzinfo = UTC
    """The zone of times that state none."""
    date_format: str = ""
    """In the letters of `strptime`; empty takes ISO 8601 and what can only be one day."""


class Read(NamedTuple):
    """A time that was read."""

    at: datetime
    zoned: bool
    """False when the zone is that of the clock, not of the text."""


def zone_of(name: str) -> tzinfo:
    """Return the zone of an IANA name; raises `ValueError` when there is none."""
    if name.upper() in {"UTC", "Z", "GMT"}:
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise ValueError(f"timezone: {name!r} is no zone; write it like Europe/Madrid") from error


def read_time(text: str, clock: Clock) -> Read | None:
    """Return the moment that `text` writes, in UTC; None where it says that there is none.

    Raises `ValueError` with a reason that doesn't repeat it.
    """
    text = text.strip()
    if not text or _NO_DATE.fullmatch(text):
        return None
    found = _parsed(text, clock.date_format)
    if found.year not in _YEARS:
        raise ValueError(f"the year is not between {_YEARS.start} and {_YEARS.stop - 1}")
    zoned = found.tzinfo is not None
    return Read((found if zoned else found.replace(tzinfo=clock.zone)).astimezone(UTC), zoned)


def _parsed(text: str, date_format: str) -> datetime:
    if date_format:
        try:
            return datetime.strptime(text, date_format)  # noqa: DTZ007 - the caller adds the zone
        except ValueError as error:
            if _ISO.fullmatch(text):
                return datetime.fromisoformat(
                    text
                )  # A cell that is a time, not a text, knows no date_format.
            raise ValueError(f"not a time in the date_format {date_format!r}") from error
    if match := _NUMERIC.fullmatch(text):
        return _numeric(match.groupdict())
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for worded in _WORDED:
        try:
            return datetime.strptime(text, worded)  # noqa: DTZ007 - likewise
        except ValueError:
            continue
    raise ValueError('not a time that is understood; set date_format, such as "%d/%m/%Y %H:%M"')


def _numeric(parts: Mapping[str, str | None]) -> datetime:
    day, month, year = _day(str(parts["first"]), str(parts["second"]), str(parts["third"]))
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        if not 1 <= hour <= _NOON:
            raise ValueError("there is no such hour")
        hour = hour % _NOON + (_NOON if str(parts["half"]).lower() == "pm" else 0)
    try:
        return datetime(year, month, day, hour, int(parts["minute"] or 0), int(parts["of_minute"] or 0))  # noqa: DTZ001 - the caller adds the zone
    except ValueError as error:
        raise ValueError("there is no such day or hour") from error


def _day(first: str, second: str, third: str) -> tuple[int, int, int]:
    """Return day, month and year, if only one reading makes sense."""
    if len(first) == _YEAR_DIGITS:
        return int(third), int(second), int(first)
    if len(third) != _YEAR_DIGITS:
        raise ValueError('the year has two digits; set date_format, such as "%d.%m.%y"')
    one, other = int(first), int(second)
    if one == other or (one > _MONTHS and other <= _MONTHS):
        return one, other, int(third)
    if other > _MONTHS and one <= _MONTHS:
        return other, one, int(third)
    if one > _MONTHS:
        raise ValueError("there is no such day")
    raise ValueError('day or month first? Set date_format to "%d/%m/%Y" or "%m/%d/%Y"')


class FileTime(NamedTuple):
    """What stands for time where a record has none of its own."""

    as_of: Moment | None
    """When the file was made, as a person says."""
    modified: datetime

    @property
    def stamp(self) -> datetime:
        """The stamp of the file's pages; the file's own time is the second best, since copies change it."""
        return self.as_of or self.modified
