"""Invented people for simulated vendors: the same ones for the same place, whatever else is made."""

from datetime import UTC, datetime, timedelta

from msgspec import Struct

BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)
"""When the first of them was added; one a minute follows."""
FIRST = ("Ana", "Nils", "Rosa", "Iain", "Mei", "Tomas", "Lena", "Omar", "Ida", "Paul", "Noor", "Vera")
LAST = ("Ruiz", "Berg", "Okafor", "Larsen", "Novak", "Silva", "Meyer", "Haddad", "Quinn", "Costa", "Lind")
AREAS = (
    "202",
    "212",
    "213",
    "303",
    "305",
    "312",
    "404",
    "415",
    "503",
    "512",
    "602",
    "617",
    "702",
    "713",
    "808",
)
"""Area codes: in each of them the numbers 555-0100 to 555-0199 belong to nobody."""


class Someone(Struct, frozen=True):
    """One of them."""

    first: str
    last: str
    email: str
    """Empty for every fifth."""
    phone: str
    """Empty for every third."""
    added_at: datetime
    changed_at: datetime
    """Some changed a day after they were added: the order of changes is not that of the ids."""

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


def someone(place: int) -> Someone:
    """Return the one at `place`. Every seventh has the number of the one before, every eleventh the address."""
    first, last = FIRST[place % len(FIRST)], LAST[(place // len(FIRST)) % len(LAST)]
    mailbox = place - 1 if place % 11 == 10 else place
    line = place - 1 if place % 7 == 6 else place
    added_at = BEGAN + timedelta(minutes=place)
    return Someone(
        first=first,
        last=last,
        email="" if place % 5 == 4 else f"person{mailbox}@example.com",
        phone="" if place % 3 == 2 else f"+1{AREAS[line // 100 % len(AREAS)]}55501{line % 100:02}",
        added_at=added_at,
        changed_at=added_at + timedelta(days=1) if place % 13 == 12 else added_at,
    )


def written(moment: datetime) -> str:
    """Return a moment as most vendors write it.

    >>> written(BEGAN)
    '2026-01-05T08:00:00Z'
    """
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
