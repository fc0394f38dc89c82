"""Files with so many invented entries, as exports have them: what the imports of files read in the place of a vendor."""

import atexit
import csv
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import openpyxl

from tests.connectors.dav import a_card
from tests.simulated.crowd import Someone, someone, written
from worker.demo.simulator_server import Answer, Asked

HEADERS = ("id", "name", "email", "phone", "note", "created_at", "updated_at")
AS_OF = "2026-03-01T10:00:00Z"
"""What the files are of, whenever they are written."""
BROKEN = 97
"""Every so many entries one that cannot be read."""
_FOLDER = "SIMULATED_FILES"


def file_of(name: str, write: Callable[[Path], None]) -> Path:
    """Return the file of this name, written once for this process and all that it starts.

    Those find it by the environment: a process that is killed in the midst of reading must find the same file again.
    """
    if _FOLDER not in os.environ:
        os.environ[_FOLDER] = tempfile.mkdtemp(prefix="avouch-simulated-")
        atexit.register(shutil.rmtree, os.environ[_FOLDER], ignore_errors=True)
    path = Path(os.environ[_FOLDER]) / name
    if not path.exists():
        write(path)
    return path


class _SimulatedFile:
    """A file of one format. There is no server: nothing asks it anything."""

    connector: ClassVar[str]
    suffix: ClassVar[str]
    options: ClassVar[Mapping[str, Any]] = {"as_of": AS_OF}
    secrets: ClassVar[Mapping[str, str]] = {}

    def __init__(self, size: int) -> None:
        self._path = file_of(f"people-{size}{self.suffix}", lambda path: self.write(path, size))

    def settings(self, url: str) -> dict[str, Any]:  # noqa: ARG002 - the entries are in a file
        return {"path": str(self._path), **self.options}

    def answer(self, asked: Asked) -> Answer:  # noqa: ARG002 - as the protocol has it
        return Answer(status=404)

    def write(self, path: Path, size: int) -> None:
        """Write a file with so many entries."""
        raise NotImplementedError


class SimulatedCsv(_SimulatedFile):
    connector = "csv"
    suffix = ".csv"

    def write(self, path: Path, size: int) -> None:
        with path.open("w", encoding="utf-8", newline="") as content:
            csv.writer(content).writerows([HEADERS, *_rows(size)])


class SimulatedWorkbook(_SimulatedFile):
    connector = "xlsx"
    suffix = ".xlsx"

    def write(self, path: Path, size: int) -> None:
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("People")
        for row in [HEADERS, *_rows(size)]:
            sheet.append(row)
        book.save(path)


class SimulatedCards(_SimulatedFile):
    connector = "vcard"
    suffix = ".vcf"

    def write(self, path: Path, size: int) -> None:
        path.write_bytes("".join(_card(place) for place in range(size)).encode())


class SimulatedLines(_SimulatedFile):
    connector = "jsonl"
    suffix = ".jsonl"
    options: ClassVar[Mapping[str, Any]] = {}  # Each line says itself when it is of.

    def write(self, path: Path, size: int) -> None:
        path.write_bytes(b"".join(_line(place) + b"\n" for place in range(size)))


def _rows(size: int) -> Iterator[Sequence[str]]:
    for place in range(size):
        one = someone(place)
        changed = "no time" if _is_broken(place) else written(one.changed_at)
        yield (str(place), one.name, one.email, one.phone, _note(place), written(one.added_at), changed)


def _card(place: int) -> str:
    one = someone(place)
    details = [f"EMAIL:{one.email}"] * bool(one.email) + [f"TEL:{one.phone}"] * bool(one.phone)
    note = [f"NOTE:{_note(place)}"] * bool(_note(place))
    broken = ["a line without its colon"] * _is_broken(place)
    return a_card(one.name, *details, *note, f"REV:{written(one.changed_at)}", *broken).replace(
        f"UID:{one.name}", f"UID:{place}"
    )


def _line(place: int) -> bytes:
    one = someone(place)
    if _is_broken(place):
        return b'{"id": '
    record = {
        "id": str(place),
        "occurred_at": one.added_at,
        "updated_at": one.changed_at,
        "name": one.name,
        "identifiers": _identifiers(one),
        "notes": [{"id": "1", "at": one.added_at, "body": _note(place)}] if _note(place) else [],
    }
    return msgspec.json.encode(record)


def _identifiers(one: Someone) -> list[dict[str, str]]:
    given = {"email": one.email, "phone": one.phone}
    return [{"type": each, "value": value, "level": "stored"} for each, value in given.items() if value]


def _note(place: int) -> str:
    return f"Met at the fair, stand {place}" if place % 10 == 0 else ""


def _is_broken(place: int) -> bool:
    return place % BROKEN == BROKEN - 1
