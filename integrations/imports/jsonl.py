"""Files in the canonical form: one record a line, as JSON."""

from collections.abc import Mapping
from typing import BinaryIO

from msgspec import Struct

from integrations.canonical import delivery_of, reason_of
from integrations.contract import Delivery, Page, Rejected
from integrations.errors import FormatError
from integrations.imports.files.bookmark import Place, Reading
from integrations.imports.files.lines import Lines, TooLong
from integrations.imports.files.pages import PAGE_BYTES, Chunk, FilePages, reject
from integrations.source import Source

_MARK = b"\xef\xbb\xbf"


class JsonlOptions(Struct, forbid_unknown_fields=True):
    """The settings of a `jsonl` source."""

    path: str


class JsonlFile:
    """Reads records in the canonical form. What they say of their levels stands, up to the source's trust."""

    def __init__(self, source: Source) -> None:
        self._paging = FilePages(source, source.options(JsonlOptions).path, _Jsonl())

    def fetch(self, cursor: str | None) -> Page:
        """Return the records of the lines after `cursor`."""
        return self._paging.page(cursor)


class _Jsonl:
    most_entries = 5000

    def survey(self, content: BinaryIO) -> Mapping[str, str]:
        """Refuse what is JSON, or text, of another kind: a million rejects would say the same."""
        content.seek(0)
        head = content.read(1024)
        if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            raise FormatError("the file is in UTF-16; save it as UTF-8")
        if head.removeprefix(_MARK).lstrip().startswith(b"["):
            raise FormatError("the file is a JSON list; write one record a line, such as with: jq -c '.[]'")
        return {}

    def read(self, content: BinaryIO, reading: Reading, most: int) -> Chunk:
        """Read up to `most` lines, blank ones aside."""
        place = reading.place
        start = place.offset
        content.seek(start)
        if start == 0 and content.read(len(_MARK)) != _MARK:
            content.seek(0)
        lines = Lines(content)
        deliveries: list[Delivery] = []
        rejected: list[Rejected] = []
        number = place.entry
        line = None
        while len(deliveries) + len(rejected) < most and lines.offset - start < PAGE_BYTES:
            line = lines.next()
            if line is None:
                break
            number += 1
            read = _read(line, number)
            if read is None:
                continue
            if isinstance(read, Delivery):
                deliveries.append(read)
            else:
                rejected.append(read)
        return Chunk(deliveries, rejected, Place(lines.offset, number), ended=line is None)


def _read(line: bytes | TooLong, number: int) -> Delivery | Rejected | None:
    """Return what one line holds; None for a blank line."""
    if isinstance(line, TooLong):
        return reject(f"line {number}", line.reason, line.head)
    try:
        return delivery_of(line, f"line {number}")
    except ValueError as error:
        if not line.strip():
            return None
        return reject(f"line {number}", reason_of(error, line), line)
