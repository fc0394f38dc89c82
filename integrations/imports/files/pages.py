"""Pages from files: which file is next, where in it, and what the page says of the rest."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from msgspec.structs import replace

from integrations.contract import Delivery, Page, Rejected
from integrations.errors import FormatError
from integrations.imports.files.bookmark import (
    Bookmark,
    Done,
    Place,
    Reading,
    bookmark_of,
    cursor_of,
    settings_digest,
)
from integrations.imports.files.folder import Folder, FoundFile, OpenFile, content_digest
from integrations.imports.files.repeated import Repeated
from integrations.payloads import LONGEST_REJECT
from integrations.source import Source

PAGE_BYTES = 16 * 1024 * 1024
"""A page ends after so many bytes, also with few entries: it has to fit in memory and in one transaction."""


class Chunk(NamedTuple):
    """What a format read from one file in one go."""

    deliveries: Sequence[Delivery]
    rejected: Sequence[Rejected]
    place: Place
    """Where the next page goes on."""
    ended: bool
    """True when nothing follows in this file."""
    warnings: Sequence[str] = ()
    stamp: datetime | None = None


class FileFormat(Protocol):
    """How one format is read. What it keeps between calls only saves time: a page may be read by another process."""

    most_entries: int
    """Entries of a page where the source sets no limit."""

    def survey(self, content: BinaryIO) -> Mapping[str, str]:
        """Find out what holds for the whole file; raises `FormatError` when it isn't of this format."""
        ...

    def read(self, content: BinaryIO, reading: Reading, most: int) -> Chunk:
        """Read up to `most` entries from the place of `reading`."""
        ...


class FilePages:
    """Reads the files of one source with one format, a page at a time, in the order of their names."""

    def __init__(
        self, source: Source, path: str, form: FileFormat, packed: Mapping[bytes, str] | None = None
    ) -> None:
        """Take a source and how its files are read.

        Args:
            source: The source.
            path: Its files.
            form: Their format.
            packed: How files begin that this format can't be, and what they are; None for those of text.
        """
        self._source = source
        self._folder = Folder(source.name, path)
        self._format = form
        self._settings = settings_digest(source.settings)
        self._repeated = ("", Repeated())
        self._packed = PACKED if packed is None else packed

    def page(self, cursor: str | None) -> Page:
        """Return the page after `cursor`; an empty one when every file is read and none has changed."""
        files = self._folder.files()
        before = bookmark_of(cursor, self._settings)
        names = {file.name for file in files}
        bookmark = replace(before, done={name: done for name, done in before.done.items() if name in names})
        for file in _in_turn(files, bookmark):
            with self._folder.opened(file.name) as opened:
                page, bookmark = self._read(file.name, opened, bookmark, files)
            if page is not None:
                return page
        return Page(deliveries=(), cursor=cursor_of(bookmark), more=False, share_read=1.0)

    def _read(
        self, name: str, opened: OpenFile, bookmark: Bookmark, files: Sequence[FoundFile]
    ) -> tuple[Page | None, Bookmark]:
        """Read on in one file; no page when its content turns out to be known."""
        reading = bookmark.reading
        if reading is None or reading.name != name or reading.print != opened.print:
            digest = content_digest(opened.content)
            if name in bookmark.done and bookmark.done[name].digest == digest:
                return None, _finished(bookmark, name, Done(digest, opened.print))
            if reading is None or reading.name != name or reading.digest != digest:
                reading = Reading(name=name, digest=digest, print=opened.print, modified=opened.modified)
                bookmark = replace(bookmark, done=_without(bookmark.done, name))
        reading = replace(reading, print=opened.print)
        try:
            chunk, reading = self._chunk(opened, reading)
        except FormatError as error:
            if not self._folder.many:
                raise FormatError(f"{self._source.name}: {name}: {error}") from error
            # One wrong file must not keep the others of its folder out; it is read again once it is changed.
            chunk = Chunk((), (Rejected(Path(name).name, str(error), ""),), reading.place, ended=True)
        if chunk.ended:
            bookmark = _finished(bookmark, name, Done(reading.digest, reading.print))
        else:
            bookmark = replace(bookmark, reading=replace(reading, place=chunk.place))
        return self._page(name, chunk, bookmark, files), bookmark

    def _chunk(self, opened: OpenFile, reading: Reading) -> tuple[Chunk, Reading]:
        if opened.size == 0:
            return Chunk((), (), reading.place, ended=True, warnings=("the file is empty",)), reading
        if reading.place.offset == 0:
            opened.content.seek(0)
            _refuse(self._packed, opened.content.read(8))
            reading = replace(reading, traits=self._format.survey(opened.content))
        most = self._source.page_limit or self._format.most_entries
        return self._format.read(opened.content, reading, most), reading

    def _page(self, name: str, chunk: Chunk, bookmark: Bookmark, files: Sequence[FoundFile]) -> Page:
        deliveries, rejected = tuple(chunk.deliveries), tuple(chunk.rejected)
        warnings = (*chunk.warnings, *self._repeated_in(name, chunk))
        if self._folder.many:
            # The name of a file may be the name of a person; nothing else lets anybody find the entry again.
            file = Path(name).name
            rejected = tuple(
                each if each.where == file else Rejected(f"{file}, {each.where}", each.reason, each.raw)
                for each in rejected
            )
            deliveries = tuple(replace(each, where=f"{file}, {each.where}") for each in deliveries)
            warnings = tuple(f"{file}: {warning}" for warning in warnings)
        return Page(
            deliveries=deliveries,
            cursor=cursor_of(bookmark),
            more=bool(_in_turn(files, bookmark)),
            rejected=rejected,
            warnings=warnings,
            stamp=chunk.stamp,
            share_read=_share(files, bookmark),
        )

    def _repeated_in(self, name: str, chunk: Chunk) -> Sequence[str]:
        """Say which entries of this file have one id and differ, also from those of its earlier pages."""
        if self._repeated[0] != name:
            self._repeated = (name, Repeated())
        return self._repeated[1].warnings(chunk.deliveries, ended=chunk.ended)


def reject(where: str, reason: str, raw: bytes | str) -> Rejected:
    """Return the reject of one entry: cut to a bearable length, in characters that a database can hold."""
    text = raw if isinstance(raw, str) else raw[: 4 * LONGEST_REJECT].decode("utf-8", "replace")
    return Rejected(where, reason, text[:LONGEST_REJECT].rstrip("\r\n").replace("\0", "\ufffd"))


def _in_turn(files: Sequence[FoundFile], bookmark: Bookmark) -> list[FoundFile]:
    """Return the files that may hold something new, the one that is being read first."""
    reading = bookmark.reading
    fresh = [
        file
        for file in files
        if file.name not in bookmark.done or bookmark.done[file.name].print != file.print
    ]
    if reading is None:
        return fresh
    return sorted(fresh, key=lambda file: file.name != reading.name)


def _finished(bookmark: Bookmark, name: str, done: Done) -> Bookmark:
    reading = bookmark.reading
    still = None if reading is None or reading.name == name else reading
    return replace(bookmark, done={**bookmark.done, name: done}, reading=still)


def _without(done: Mapping[str, Done], name: str) -> Mapping[str, Done]:
    return {each: facts for each, facts in done.items() if each != name}


def _share(files: Sequence[FoundFile], bookmark: Bookmark) -> float:
    total = sum(file.size for file in files)
    read = sum(file.size for file in files if file.name in bookmark.done)
    if bookmark.reading is not None and bookmark.reading.name not in bookmark.done:
        read += bookmark.reading.place.offset
    return min(1.0, read / total) if total else 1.0


PACKED: Mapping[bytes, str] = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook; read a workbook as xlsx, or unpack it",
    b"\xd0\xcf\x11\xe0": "an Excel workbook of the old kind; save it as .xlsx or CSV",
    b"\x1f\x8b": "compressed (gzip); unpack it",
    b"(\xb5/\xfd": "compressed (zstandard); unpack it",
    b"BZh": "compressed (bzip2); unpack it",
    b"%PDF": "a PDF; export the contacts as CSV",
    b"\xff\xfe\x00\x00": "text in UTF-32; save it as UTF-8",
}
"""How files begin that are no text, and what they are."""


def _refuse(packed: Mapping[bytes, str], head: bytes) -> None:
    for start, what in packed.items():
        if head.startswith(start):
            raise FormatError(f"this is {what}")
