"""How programs lay out their tables of call records: which column says what, and what its values mean as times.

Asterisk: its own schema (contrib/ast-db-manage/cdr), and the older one that FreePBX and cdr_pgsql keep, with
`calldate`. Kamailio: `acc_cdrs` of the module acc, whose columns for the two numbers an administrator names in
`cdr_extra`; the names of the documentation's examples are known, others are told with `columns`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from integrations.errors import AccessError
from integrations.sql import Table

REQUIRED = ("at", "caller", "called")
FIELDS = ("id", "serial", *REQUIRED, "direction", "duration", "outcome", "name")
"""What a column can be mapped to."""


class Preset(NamedTuple):
    """The table of one program; for each field the columns that hold it, the usual one first."""

    table: str
    columns: Mapping[str, tuple[str, ...]]
    beside: tuple[str, ...] = ()
    """Columns that tell rows of one call apart, where the table has no serial number."""
    internal: frozenset[str] = frozenset()
    """What stands where a number would, and is never one of the outside."""


PRESETS: Mapping[str, Preset] = {
    "asterisk": Preset(
        "cdr",
        {
            "id": ("uniqueid",),
            "at": ("calldate", "start"),
            "caller": ("src",),
            "called": ("dst",),
            "duration": ("duration",),
            "outcome": ("disposition",),
            "name": ("clid",),
        },
        beside=("sequence", "dstchannel"),
        # Names of the dialplan: start, invalid, timeout, hang-up, operator, assistant.
        internal=frozenset({"s", "i", "t", "h", "o", "a"}),
    ),
    "kamailio": Preset(
        "acc_cdrs",
        {
            "id": ("callid", "call_id", "sip_call_id"),
            "at": ("start_time", "call_start_time"),
            "caller": ("src_user", "caller", "src_username"),
            "called": ("dst_user", "callee", "dst_username"),
            "duration": ("duration",),
        },
    ),
    "custom": Preset("", {}),
}


class Layout(NamedTuple):
    """Which column of a table holds what."""

    columns: Mapping[str, str]
    """By field; a field that no column holds is missing."""
    beside: str
    order: str
    """The column by which the table is read: its serial number, else the start of the call."""
    indexed: bool

    @property
    def serial(self) -> bool:
        """True when rows are numbered as they are written."""
        return self.order == self.columns.get("serial")

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that are asked for."""
        return tuple(dict.fromkeys(filter(None, (*self.columns.values(), self.beside))))


def layout_of(source: str, table: Table, preset: Preset, stated: Mapping[str, str]) -> Layout:
    """Return which column holds what; raises `AccessError` that says which one to set, and what there is."""
    columns: dict[str, str] = {}
    for field in FIELDS:
        looked_for = (stated[field],) if field in stated else preset.columns.get(field, ())
        found = next((name for name in looked_for if name in table.columns), "")
        if found:
            columns[field] = found
        elif field in stated or field in REQUIRED:
            raise AccessError(_no_column(source, table, field, looked_for))
    if table.serial:
        columns.setdefault("serial", table.serial)
    if "id" not in columns and "serial" not in columns:
        raise AccessError(_no_column(source, table, "id", preset.columns.get("id", ())))
    beside = next((name for name in preset.beside if name in table.columns), "")
    order = columns.get("serial", columns["at"])
    return Layout(columns, "" if "serial" in columns else beside, order, order in table.indexed)


def _no_column(source: str, table: Table, field: str, looked_for: tuple[str, ...]) -> str:
    tried = f" (looked for {', '.join(looked_for)})" if looked_for else ""
    return (
        f"{source}: table {table.name} has no column that is known to hold {field}{tried}.\n"
        f"    It has: {', '.join(table.columns)}\n"
        f'    Name it in avouch.toml: columns = {{ {field} = "..." }}'
        f", then run: avouch sources test {source}"
    )


class NoZoneError(Exception):
    """Raised for a time that states no zone, where none is set."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_JULIAN = 2440587.5
"""The Julian day of 1 January 1970, 0:00 UTC. Kamailio keeps times so in SQLite, in UTC."""
_JULIAN = (2_000_000, 3_000_000)
_SECONDS = (100_000_000, 10_000_000_000)
_MILLISECONDS = (100_000_000_000, 10_000_000_000_000)
_NUMBER = re.compile(r"\d+(\.\d+)?")


def moment(value: object, zone: ZoneInfo | None) -> datetime:
    """Return the moment that a column holds, in UTC, to the second or finer as it stands there.

    Raises `ValueError` when it is no time, and `NoZoneError` when nobody says of which zone it is.

    >>> moment(2461101.9166666665, None).isoformat(timespec="seconds")
    '2026-03-02T10:00:00+00:00'
    >>> moment("2026-03-02 11:00:00", ZoneInfo("Europe/Madrid")).isoformat()
    '2026-03-02T10:00:00+00:00'
    """
    if isinstance(value, str):
        text = value.strip()
        value = float(text) if _NUMBER.fullmatch(text) else datetime.fromisoformat(text)
    if isinstance(value, datetime):
        if value.tzinfo is None and zone is None:
            raise NoZoneError
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    if isinstance(value, int | float | Decimal):
        number = float(value)
        if _JULIAN[0] <= number < _JULIAN[1]:
            # A day's fraction holds no exact second: to the millisecond it is the one that was written.
            return _EPOCH + timedelta(milliseconds=round((number - _EPOCH_JULIAN) * 86_400_000))
        if _SECONDS[0] <= number < _SECONDS[1]:
            return _EPOCH + timedelta(seconds=number)
        if _MILLISECONDS[0] <= number < _MILLISECONDS[1]:
            return _EPOCH + timedelta(milliseconds=number)
    raise ValueError("no time")


def earlier(value: object, by: timedelta) -> object:
    """Return a value of the same kind as a time column's `value`, for a moment that is `by` earlier."""
    if isinstance(value, datetime):
        return value - by
    if isinstance(value, str):
        if _NUMBER.fullmatch(value.strip()):
            return None  # Numbers as text are in no order of time; everything is read again.
        return (datetime.fromisoformat(value.strip()) - by).isoformat(sep=value.strip()[10])
    number = float(str(value))
    if number < _JULIAN[1]:
        return number - by / timedelta(days=1)
    milliseconds = number >= _MILLISECONDS[0]
    return int(number - by.total_seconds() * (1000 if milliseconds else 1))
