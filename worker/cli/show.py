"""How results look: JSON on one line, or text that reads well in a terminal, in a file and in a mail."""

import os
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from worker.domain.contacts import Contact, Held, Kind

_WIDTH_WITHOUT_TERMINAL = 110
"""Columns of output that goes to a file or a pipe."""
_WIDEST = 120
"""Columns beyond which a line is hard to read."""


def json_line(value: object) -> None:
    """Print `value` as one line of JSON."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()  # Whoever reads a pipe gets the line now, though the command may stay.


_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that a terminal obeys instead of showing: escapes, the bell, turns of the direction of writing."""


def plain(text: str) -> str:
    r"""Make text that came from outside harmless to a terminal: a caller must not steer an agent's screen.

    >>> plain("Ana \x1b[31mRuiz")
    'Ana \ufffd[31mRuiz'
    """
    return _UNSEEN.sub("\ufffd", text)


class _Results(Console):
    """A console whose text is plain, whatever the records hold; its own colours are not text."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=plain(segment.text))


def out() -> Console:
    """Return the console for results. No colours and a fixed width where it is no terminal."""
    console = _Results(highlight=False, markup=False, emoji=False)
    if console.is_terminal or "COLUMNS" in os.environ:
        console.width = min(console.width, _WIDEST)
    else:
        console.width = _WIDTH_WITHOUT_TERMINAL
    return console


def paragraph(console: Console, text: str, *, style: str | None = None) -> None:
    """Print one text: wrapped between words in a terminal, on one line for other programs."""
    console.print(text, style=style, soft_wrap=not console.is_terminal)


def grid(*headers: str, rows: Iterable[Sequence[object]], numbers: Sequence[str] = ()) -> Table:
    """Return a plain table; the columns named in `numbers` are set to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for header in headers:
        table.add_column(header, justify="right" if header in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else _cell(cell) for cell in row))
    return table


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return minute(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def minute(at: datetime) -> str:
    """Write a time to the minute, in UTC.

    >>> minute(datetime(2026, 3, 1, 10, 5, tzinfo=UTC))
    '2026-03-01 10:05'
    """
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def day(at: datetime) -> str:
    """Write a day as people say it.

    >>> day(datetime(2026, 3, 1, 10, 5, tzinfo=UTC))
    '1 March 2026'
    """
    return f"{at.astimezone(UTC).day} {at.astimezone(UTC):%B %Y}"


_LENGTHS = (
    (timedelta(days=2), "d", 86_400),
    (timedelta(hours=2), "h", 3_600),
    (timedelta(minutes=2), "min", 60),
)


def length(seconds: float) -> str:
    """Write how long something takes, roughly.

    >>> length(5), length(600), length(200_000)
    ('5 s', '10 min', '2 d')
    """
    for limit, unit, size in _LENGTHS:
        if seconds >= limit.total_seconds():
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def count(number: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun.

    >>> count(1, "lead"), count(2_000, "lead"), count(0, "entry", "entries")
    ('1 lead', '2,000 leads', '0 entries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def who(contact: Contact) -> str:
    """Name a contact: by its name, else by what it holds."""
    if contact.name:
        return plain(contact.name)
    held = sorted(contact.identifiers, key=lambda each: _TELLING.get(each.type, len(_TELLING)))
    return value(held[0]) if held else "somebody unnamed"


_TELLING = {"phone": 0, "handle": 1, "email": 2}
"""Which identifier stands for somebody without a name: the line first, for that is what an agent sees."""


def kind(contact: Contact) -> Text:
    """Name a contact's kind, in its colour."""
    return Text(contact.kind.value, style="bold green" if contact.kind is Kind.USER else "bold yellow")


def value(held: Held) -> str:
    """Write an identifier as people read it: numbers in groups, with whose it is where that matters."""
    shown = phone(held.value) if held.type == "phone" else held.value
    return plain(f"{shown} ({held.namespace})" if held.namespace else shown)


def phone(number: str) -> str:
    """Write a canonical number in the groups of its country.

    >>> phone("+34612345678")
    '+34 612 34 56 78'
    """
    import phonenumbers

    base, _, extension = number.partition(";ext=")
    try:
        parsed = phonenumbers.parse(base)
    except phonenumbers.NumberParseException:
        return number
    shown = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return f"{shown} ext. {extension}" if extension else shown
