"""Call records in a SQL table: the way to every telephone exchange that keeps them.

Each row is a record of its own with the number of the party outside; a call proves nothing about who speaks.
What such tables do, and what is done about it:
- A row is written when its call ends and carries its start. Where rows are numbered as they are written, they
  are read by that number, and a tail of numbers again: one that is taken and not committed yet is a gap. Else
  they are read by their start, and each run reaches back by the longest call (`longest_call_hours`).
- A number that restarts (the table was emptied or rotated) is noticed, and the table read from its start.
- Rows of one moment never part at the border of a page: a page ends where the moment changes.
- No column says which side is outside. The settings `internal`, `internal_digits` and `own_numbers` do; a row
  of which they do not tell it is rejected, and a call between two colleagues is left out.
- A caller chooses the Call-ID of SIP, and so could make two calls one record: the row's own number is part of a
  record's id wherever there is one.
- A row that is deleted is gone without a word. The record stays.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from integrations.contract import ContactRecord, Delivery, Interaction, Level, Page, Rejected
from integrations.errors import AccessError, FormatError
from integrations.payloads import LONGEST_REJECT, summary
from integrations.phone.call_marks import Kept, Mark, kept, restored
from integrations.phone.call_tables import FIELDS, PRESETS, Layout, NoZoneError, layout_of, moment
from integrations.phone.parties import DIRECTIONS, Inside, caller_name, identifiers, withheld
from integrations.records import carrying
from integrations.source import Source
from integrations.sql import Database, Slice

LARGEST_PAGE = 1000

ANSWERED = frozenset({"answered", "completed"})
OUTCOMES = {
    "no answer": "not answered",
    "noanswer": "not answered",
    "no-answer": "not answered",
    "completed": "answered",
}
"""Outcomes that are put in the words of the other sources; others stay as they are."""

LEVELS = {
    # The channel carried the caller's number, and it can be forged.
    ("inbound", True): Level.OBSERVED,
    ("inbound", False): Level.OBSERVED,
    # The network carried the call to this line, and somebody took it: whoever uses it has it now.
    ("outbound", True): Level.OBSERVED,
    # Nobody but the one who typed the number has said that there is such a line.
    ("outbound", False): Level.CLAIMED,
}
"""The level of the outside party's number, by direction and whether the call was answered."""


class CallTableSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a table of call records."""

    preset: Literal["asterisk", "kamailio", "custom"]
    table: str = ""
    columns: dict[str, str] = {}
    timezone: str = ""
    internal: tuple[str, ...] = ()
    internal_digits: Annotated[int, Meta(ge=0, le=9)] = 0
    own_numbers: tuple[str, ...] = ()
    longest_call_hours: Annotated[int, Meta(ge=1, le=24 * 31)] = 24


class CallRecords:
    """Reads the rows of one table."""

    def __init__(self, source: Source) -> None:
        self._name = source.name
        self._settings = source.options(CallTableSettings)
        self._preset = PRESETS[self._settings.preset]
        self._limit = min(source.page_limit or LARGEST_PAGE, LARGEST_PAGE)
        self._clock = source.clock
        self._zone = self._checked()
        given = self._settings
        self._inside = Inside(
            (*given.internal, *self._preset.internal), given.internal_digits, given.own_numbers
        )
        self._table = given.table or self._preset.table
        self._database = Database(source)
        self._layout: Layout | None = None

    def fetch(self, cursor: str | None) -> Page:
        """Return the records of the next rows."""
        mark = self._resume(cursor)
        layout = self._layout = self._layout or self._laid_out()
        if mark is None:
            mark = Mark(order=layout.order)
        elif mark.order != layout.order:
            raise self._strange_cursor()
        begins = mark.after is None
        if begins and self._restarted(mark, layout):
            mark = Mark(order=layout.order)
        rows, full = self._rows(mark, layout)
        try:
            deliveries, rejected, newest = self._read(rows, layout)
        except NoZoneError:
            raise self._wrong(
                f"the times in column {layout.columns['at']} state no zone, and none is guessed;"
                ' set it: timezone = "Europe/Madrid"'
            ) from None
        newest = newest if newest is not None else mark.newest
        if full:
            mark = msgspec.structs.replace(mark, after=kept(rows[-1][layout.order]), newest=newest)
        else:
            longest = timedelta(hours=self._settings.longest_call_hours)
            mark = mark.closed(layout, newest, longest)
        return Page(
            deliveries=tuple(deliveries),
            rejected=tuple(rejected),
            cursor=msgspec.json.encode(mark).decode(),
            more=full,
            warnings=self._warnings(layout) if begins else (),
        )

    def _rows(self, mark: Mark, layout: Layout) -> tuple[list[dict[str, Any]], bool]:
        """Return the rows of a page, and whether there may be more."""
        part = Slice(self._table, layout.read, layout.order, self._limit)
        after = restored(mark.after)
        part = part._replace(start=restored(mark.since)) if after is None else part._replace(after=after)
        rows = self._database.rows(part)
        if len(rows) < self._limit:
            return rows, False
        if layout.serial:
            return rows, True
        last = rows[-1][layout.order]
        whole = [row for row in rows if row[layout.order] != last]
        if not whole:
            whole = self._database.rows(part._replace(start=None, after=None, equal=last, limit=None))
        return whole, True

    def _read(
        self, rows: Sequence[Mapping[str, Any]], layout: Layout
    ) -> tuple[list[Delivery], list[Rejected], Kept]:
        deliveries: list[Delivery] = []
        rejected: list[Rejected] = []
        newest: Kept = None
        present = self._clock()
        for row in rows:
            raw = msgspec.json.encode(row, enc_hook=str).decode()
            where = f"{self._table}, {layout.order} {row[layout.order]}"
            try:
                at = self._moment(row, layout)
                # A row of the year 3000 must not move the window past everything that is still to come.
                newest = kept(row[layout.order]) if layout.serial or at <= present else newest
                record = self._record(row, layout, at)
            except ValueError as error:
                rejected.append(Rejected(where, str(error), raw[:LONGEST_REJECT]))
                newest = kept(row[layout.order]) if layout.serial else newest
            else:
                deliveries += [Delivery(record, raw, where)] if record else []
        return deliveries, rejected, newest

    def _moment(self, row: Mapping[str, Any], layout: Layout) -> datetime:
        column = layout.columns["at"]
        try:
            return moment(row[column], self._zone)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"column {column}: holds no time") from error

    def _record(self, row: Mapping[str, Any], layout: Layout, at: datetime) -> ContactRecord | None:
        """Return the record of a row; None for a call between two colleagues."""
        texts = {field: _text(row[column]) for field, column in layout.columns.items()}
        parties = self._parties(texts)
        if parties is None:
            return None
        direction, other = parties
        outcome = texts.get("outcome", "").casefold()
        lasted = _seconds(texts.get("duration", ""), layout.columns.get("duration", ""))
        key = "-".join(filter(None, (texts.get("id"), texts.get("serial"), _text(row.get(layout.beside)))))
        if not key:
            raise ValueError(f"column {layout.columns['id']}: is empty")
        said = summary(
            OUTCOMES.get(outcome, outcome), None if lasted is None else f"{lasted:g} s", between=", "
        )
        return carrying(
            Interaction(id=key, kind="call", at=at, direction=direction, summary=said),
            changed_at=None if lasted is None else at + timedelta(seconds=lasted),
            identifiers=identifiers(other, LEVELS[direction, outcome in ANSWERED]),
            caller_name=caller_name(texts.get("name", "")) if direction == "inbound" else "",
        )

    def _parties(self, texts: Mapping[str, str]) -> tuple[str, str] | None:
        """Return the direction and the party outside; None for a call that nobody outside took part in."""
        caller, called = texts["caller"], texts["called"]
        if "direction" in texts:
            direction = DIRECTIONS.get(texts["direction"].casefold())
            if direction is None:
                raise ValueError("direction: says neither inbound nor outbound nor internal")
            return (direction, caller if direction == "inbound" else called) if direction else None
        inside = (self._inside.holds(caller), self._inside.holds(called))
        if inside == (True, True):
            return None
        if inside == (False, True):
            return "inbound", caller
        if inside == (True, False) and not withheld(called):
            return "outbound", called
        raise ValueError(
            "which party is outside can't be told: "
            + ("no number was called" if inside[0] else "neither is among internal and own_numbers")
        )

    def _restarted(self, mark: Mark, layout: Layout) -> bool:
        if not layout.serial or mark.newest is None:
            return False
        last = self._database.last(self._table, layout.order)
        return last is not None and last < mark.newest

    def _laid_out(self) -> Layout:
        table = self._database.table(self._table)
        layout = layout_of(self._name, table, self._preset, self._settings.columns)
        given = self._settings
        if "direction" not in layout.columns and not (
            given.internal or given.internal_digits or given.own_numbers
        ):
            raise self._wrong(
                "a table of calls does not say which party is outside; tell your own extensions and numbers:"
                ' internal = ["2XX"], internal_digits = 3, own_numbers = ["+12025550100"]'
            )
        return layout

    def _warnings(self, layout: Layout) -> tuple[str, ...]:
        if layout.indexed:
            return ()
        return (
            f"column {layout.order} of {self._table} has no index: every page reads the whole table; make one",
        )

    def _checked(self) -> ZoneInfo | None:
        """Check what the settings say of each other; return the zone."""
        given = self._settings
        strange = sorted(set(given.columns) - set(FIELDS))
        if strange:
            raise self._wrong(f"columns: there is no {strange[0]}; there are: {', '.join(FIELDS)}")
        if not (given.table or self._preset.table):
            raise self._wrong('which table? Set it: table = "calls"')
        try:
            return ZoneInfo(given.timezone) if given.timezone else None
        except (OSError, ValueError, LookupError):
            raise self._wrong("timezone: is no zone; write it like Europe/Madrid") from None

    def _resume(self, cursor: str | None) -> Mark | None:
        if cursor is None:
            return None
        try:
            return msgspec.json.decode(cursor, type=Mark)
        except ValueError as error:
            raise self._strange_cursor() from error

    def _wrong(self, what: str) -> AccessError:
        return AccessError(
            f"{self._name}: {what}\n    Correct it in avouch.toml, then run: avouch sources test {self._name}"
        )

    def _strange_cursor(self) -> FormatError:
        return FormatError(
            f"{self._name}: the place where the last run stopped is not one of this table's.\n"
            f"    Read the source from its start: avouch sync {self._name} --full"
        )


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _seconds(text: str, column: str) -> float | None:
    """Return a duration, or None where there is none; raises `ValueError` naming the column."""
    if not text:
        return None
    try:
        seconds = float(text)
        timedelta(seconds=seconds)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"column {column}: holds no seconds") from error
    if seconds < 0:
        raise ValueError(f"column {column}: is below zero")
    return seconds
