"""A row of a CSV file as a record: what each column says, by the table of its file."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, NamedTuple, cast

from msgspec import UNSET

from integrations.contract import ContactRecord, Identifier, IdentifierType, Level
from integrations.imports.files.cells import cleaned, is_identifier, name_in, note_of, stable_id, values_of
from integrations.imports.files.columns import Table
from integrations.imports.files.times import Clock, FileTime, read_time

_SHORTENED = re.compile(r"\d(?:[.,]\d+)?[Ee]\+\d+")
"""How a spreadsheet shows a long number. Different numbers look the same in it."""
_NAMES = ("name", "first_name", "middle_name", "last_name", "suffix")


class Manner(NamedTuple):
    """How a source writes what is not plain text."""

    clock: Clock
    clear_marker: str


class People:
    """Makes records of the rows of one file. Everything in it is what the books hold: stored."""

    def __init__(self, table: Table, manner: Manner, time: FileTime) -> None:
        self._manner = manner
        self._time = time
        self._width = len(table.columns)
        self._names = table.of(*_NAMES)
        self._name_places = {column.place for column in self._names}
        self._identifiers = table.of("email", "phone", "account", "handle", "device")
        self._exact = table.of("id", "account")
        self._profile = [
            (column, column.key if column.target == "profile" else "company")
            for column in table.of("company", "profile")
        ]
        self._notes = table.of("note")
        self._ids = table.of("id")
        self._times = {target: table.of(target) for target in ("occurred_at", "updated_at")}
        self.unzoned = False
        """True once a time without a zone was read."""

    def record(self, row: Sequence[str]) -> ContactRecord:
        """Return the record of a row; raises `ValueError` with a reason that names the column."""
        cells = [cleaned(cell) if cell else "" for cell in row]
        cells += [""] * (self._width - len(cells))
        cleared = self._take_out_markers(cells)
        self._refuse_shortened(cells)
        identifiers = self._identifiers_in(cells)
        name = self._name_in(cells)
        if is_identifier(name, identifiers):
            name = ""
        if len(row) < self._width and not name and not identifiers:
            raise ValueError(f"the row has {len(row)} of {self._width} cells, and none says who it is")
        ids = [cells[column.place] for column in self._ids]
        key = name_in("".join(ids)) or stable_id("row", name, identifiers)
        if key is None:
            raise ValueError("the row has no id, no name and no identifier")
        updated = self._time_in(cells, "updated_at")
        occurred = self._time_in(cells, "occurred_at") or updated or self._time.stamp
        profile: dict[str, Any] = {}
        for column, field in self._profile:
            if column.place in cleared:
                profile.setdefault(field, None)
            elif cells[column.place] and not profile.get(field):
                profile[field] = cells[column.place]
        return ContactRecord(
            id=key,
            occurred_at=occurred,
            identifiers=identifiers,
            updated_at=updated,
            name=name or (None if cleared & self._name_places else UNSET),
            profile=profile,
            notes=tuple(
                note_of(cells[column.place], updated or occurred)
                for column in self._notes
                if cells[column.place]
            ),
        )

    def _take_out_markers(self, cells: list[str]) -> AbstractSet[int]:
        """Empty the cells that hold the clear marker, and return their places."""
        marker = self._manner.clear_marker
        if not marker or marker not in cells:
            return frozenset()
        places = {place for place, cell in enumerate(cells) if cell == marker}
        for place in places:
            cells[place] = ""
        return places

    def _refuse_shortened(self, cells: Sequence[str]) -> None:
        for column in self._exact:
            if _SHORTENED.fullmatch(cells[column.place]):
                raise ValueError(
                    f"column {column.header!r}: a spreadsheet has shortened the number; format the column as"
                    " text and export again"
                )

    def _identifiers_in(self, cells: Sequence[str]) -> tuple[Identifier, ...]:
        found = [
            Identifier(
                type=cast("IdentifierType", column.target),
                value=value,
                namespace=column.key,
                level=Level.STORED,
            )
            for column in self._identifiers
            if cells[column.place]
            for value in values_of(column.target, cells[column.place])
        ]
        return tuple(dict.fromkeys(found))

    def _name_in(self, cells: Sequence[str]) -> str:
        parts: dict[str, str] = {}
        for column in self._names:
            if part := name_in(cells[column.place]):
                before = parts.get(column.target)
                parts[column.target] = f"{before} {part}" if before else part
        return full_name(parts)

    def _time_in(self, cells: Sequence[str], target: str) -> datetime | None:
        for column in self._times[target]:
            try:
                read = read_time(cells[column.place], self._manner.clock)
            except ValueError as error:
                raise ValueError(f"column {column.header!r}: {error}") from error
            if read is not None:
                self.unzoned = self.unzoned or not read.zoned
                return read.at
        return None


def full_name(parts: dict[str, str]) -> str:
    """Return the name that the parts make.

    Where a language has one word for the full name and for a part of it (Nombre, Nom, Name), the column next
    to it tells which is meant.

    >>> full_name({"name": "Ana", "last_name": "Ruiz"}), full_name({"name": "Ruiz", "first_name": "Ana"})
    ('Ana Ruiz', 'Ana Ruiz')
    >>> full_name({"name": "Ana Ruiz", "last_name": "Ruiz"})
    'Ana Ruiz'
    """
    name, first, middle, last, suffix = (parts.get(part, "") for part in _NAMES)
    if not name:
        name = _joined(first, middle, last)
    elif last and not first and not _holds(name, last):
        name = _joined(name, middle, last)
    elif first and not last and not _holds(name, first):
        name = _joined(first, middle, name)
    if name and suffix and not _holds(name, suffix):
        name = _joined(name, suffix)
    return name


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _holds(name: str, part: str) -> bool:
    return _words(part) <= _words(name)


def _words(text: str) -> set[str]:
    return set(text.casefold().replace(".", " ").replace(",", " ").split())
