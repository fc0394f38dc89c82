"""Where the reading of a table of call records stands: its cursor, in values of the column it is read by."""

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from integrations.phone.call_tables import Layout, earlier

TAIL = 1000
"""Numbers that a run reads again. A row takes its number a moment before it is committed."""

Kept = str | int | float | None
"""A value of a column as JSON holds it."""


class Mark(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How far the table was read."""

    order: str
    """The column whose values these are."""
    since: Kept = None
    """This run began here."""
    after: Kept = None
    """The last value that this run has read; None at its start."""
    newest: Kept = None
    """The greatest value so far that is not in the future."""

    def closed(self, layout: Layout, newest: Kept, longest: timedelta) -> "Mark":
        """Return the mark for the next run: back by some numbers, or by the longest call."""
        if newest is None:
            return Mark(order=self.order, since=self.since)
        if layout.serial:
            return Mark(order=self.order, since=max(0, int(newest) - TAIL), newest=newest)
        return Mark(order=self.order, since=kept(earlier(restored(newest), longest)), newest=newest)


def kept(value: object) -> Kept:
    """Return a value of a column as the cursor keeps it."""
    if isinstance(value, datetime):
        return f"t:{value.isoformat()}"
    if value is None or isinstance(value, int | float):
        return value
    return f"n:{value}" if isinstance(value, Decimal) else f"s:{value}"


def restored(value: Kept) -> object:
    """Return what `kept` kept.

    >>> from decimal import Decimal
    >>> [restored(kept(each)) for each in (Decimal("1.5"), "2026-03-02 10:00:00", 7, None)]
    [Decimal('1.5'), '2026-03-02 10:00:00', 7, None]
    """
    if not isinstance(value, str):
        return value
    kind, _, text = value.partition(":")
    if kind == "t":
        return datetime.fromisoformat(text)
    return Decimal(text) if kind == "n" else text
