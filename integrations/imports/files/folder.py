"""The files of a source: found, told apart by content, and opened."""

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, NamedTuple

from integrations.errors import AccessError, UnavailableError

_BLOCK = 1024 * 1024


class FoundFile(NamedTuple):
    """A file as the folder lists it."""

    name: str
    size: int
    print: str


class OpenFile(NamedTuple):
    """A file that is open, with the facts of exactly this content."""

    content: BinaryIO
    size: int
    print: str
    modified: datetime


class Folder:
    """The file or the files that the setting `path` names."""

    def __init__(self, source: str, path: str) -> None:
        self._source = source
        self._path = str(Path(path).expanduser())

    @property
    def many(self) -> bool:
        """True when the path is a pattern. A file whose own name has a `*` or `[` is still that file."""
        # Path.exists raises where a folder may not be entered; what is wrong with it is told later.
        return glob.has_magic(self._path) and not os.path.exists(self._path)  # noqa: PTH110 - as above

    def files(self) -> list[FoundFile]:
        """Return the files there are, by name.

        A pattern that nothing matches is an empty folder. A single file that isn't there is looked for again
        (`UnavailableError`): the export that writes it may be late.
        """
        if not self.many:
            return [self._found(self._path)]
        self._check_folder()
        found = []
        for name in sorted(glob.glob(self._path, recursive=True)):  # noqa: PTH207 - Path.glob knows no absolute pattern
            try:
                facts = Path(name).stat()
            except OSError:
                continue  # Gone since it was listed; what is there next time counts.
            if S_ISREG(facts.st_mode):
                found.append(FoundFile(name, facts.st_size, _print(facts)))
        return found

    def _check_folder(self) -> None:
        """A folder that can't be listed looks empty to a pattern: nothing would ever be read, or said."""
        parts = Path(self._path).parts
        fixed = next(place for place, part in enumerate(parts) if glob.has_magic(part))
        folder = Path(*parts[:fixed])
        with self._told(str(folder)), os.scandir(folder) as entries:
            next(entries, None)

    def _found(self, name: str) -> FoundFile:
        with self._told(name):
            facts = Path(name).stat()
        if not S_ISREG(facts.st_mode):
            hint = f" For all files in it, set path to {name}/*.csv" if Path(name).is_dir() else ""
            raise AccessError(f"{self._source}: {name} is not a file.{hint}")
        return FoundFile(name, facts.st_size, _print(facts))

    @contextmanager
    def opened(self, name: str) -> Iterator[OpenFile]:
        """Open `name` for reading. What goes wrong while it is open is told as `SourceError` too."""
        with self._told(name), Path(name).open("rb") as content:
            facts = os.fstat(content.fileno())
            modified = datetime.fromtimestamp(facts.st_mtime_ns // 1000 / 1_000_000, UTC)
            yield OpenFile(content, facts.st_size, _print(facts), modified)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise UnavailableError(
                f"{self._source}: {name} is not there. It is looked for again by itself.\n"
                f"    If it is somewhere else, correct path, then run: avouch sources test {self._source}"
            ) from error
        except (PermissionError, NotADirectoryError, IsADirectoryError) as error:
            what = f"{self._source}: {name} can't be read: {error.strerror}."
            raise AccessError(
                f"{what} Nothing was lost.\n"
                f"    Let this user read it, then run: avouch sources resume {self._source}",
                tried=f"{what}\n    Let this user read it, then run: avouch sources test {self._source}",
            ) from error
        except OSError as error:
            raise UnavailableError(f"{self._source}: {name} can't be read: {error.strerror}") from error


def content_digest(content: BinaryIO) -> str:
    """Return what stands for the whole content; reads it once, a block at a time."""
    digest = blake2b(digest_size=16)
    content.seek(0)
    while block := content.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _print(facts: os.stat_result) -> str:
    # The change time is there for tools that copy and keep the date: no tool can set it.
    return f"{facts.st_size}-{facts.st_mtime_ns}-{facts.st_ctime_ns}-{facts.st_ino}"
