"""What a workbook is packed in: a ZIP of XML, looked through before a spreadsheet library unpacks it.

A small file can unpack to more than a machine holds, and XML can define entities that grow without end. Neither
occurs in what spreadsheet programs write.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812 - zlib calls it just error

from integrations.errors import FormatError

MOST_UNPACKED = 512 * 1024 * 1024
"""Bytes of all parts: about a million rows of ten cells."""
MOST_TEXTS = 128 * 1024 * 1024
"""Bytes of the part that holds all texts of the workbook; it alone is kept in memory whole."""
MOST_PARTS = 10_000
MOST_ROWS = 1_048_576
"""Rows of a sheet in Excel. A row with a higher number would make a reader count up to it."""

_TEXTS = "sharedstrings.xml"
_XML = (".xml", ".rels")
_BLOCK = 1024 * 1024
_DEFINES = b"<!DOCTYPE"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_ENCRYPTED = 1

_DAMAGED = (
    "this is no .xlsx workbook, or it is damaged; open it in a spreadsheet program and save it as .xlsx"
)

_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_ROW_NUMBER = re.compile(rb'\br="(\d+)"')
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_ERROR = re.compile(rb'<(?:\w+:)?c\b[^>]*\bt="e"')
_NO_RESULT = re.compile(rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^>]*/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</(?:\w+:)?c>")


class SheetFacts(NamedTuple):
    """What is known of a sheet before its rows are read."""

    rows: int = 0
    hidden: int = 0
    errors: int = 0
    """Cells whose formula failed."""
    without_result: int = 0
    """Formulas whose results the file does not hold: the program that wrote it does not calculate."""


@contextmanager
def told() -> Iterator[None]:
    """Tell what goes wrong with a damaged workbook as `FormatError`."""
    try:
        yield
    except (BadZipFile, ZlibError, ParseError, EOFError, NotImplementedError, RuntimeError) as error:
        raise FormatError(_DAMAGED) from error
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        raise FormatError(_DAMAGED) from error
    except OSError as error:
        if error.errno is not None:
            raise  # The disk's trouble, not the file's.
        raise FormatError(_DAMAGED) from error


def check_archive(content: BinaryIO) -> None:
    """Raise `FormatError` for a workbook that is not safe to unpack. Reads all of it once, with its checksums."""
    content.seek(0)
    with told(), ZipFile(content) as archive:
        parts = archive.infolist()
        if any(part.flag_bits & _ENCRYPTED for part in parts):
            raise FormatError("this is packed with a password; save it as .xlsx without one")
        if len(parts) > MOST_PARTS:
            raise FormatError(f"the workbook has {len(parts):,} parts; at most {MOST_PARTS:,} are read")
        _check_size("the workbook", sum(part.file_size for part in parts), MOST_UNPACKED)
        for part in parts:
            name = part.filename.lower()
            if name.endswith(_TEXTS):
                _check_size("the text of the workbook", part.file_size, MOST_TEXTS)
            if name.endswith(_XML):
                _check_part(archive, part.filename)


def _check_size(what: str, size: int, most: int) -> None:
    if size > most:
        mebibytes = 1024 * 1024
        raise FormatError(
            f"{what} unpacks to {size // mebibytes:,} MiB; at most {most // mebibytes:,} are read.\n"
            "    Split it, or save the sheet as CSV"
        )


def _check_part(archive: ZipFile, name: str) -> None:
    before = b""
    with archive.open(name) as part:
        while block := part.read(_BLOCK):
            # No byte is zero in UTF-8, and no spreadsheet program writes anything else.
            if block.startswith(_WIDE) or b"\0" in block or _DEFINES in before + block:
                raise FormatError(
                    "the workbook holds XML that no spreadsheet program writes; save it anew as .xlsx"
                )
            before = block[-len(_DEFINES) :]


def sheet_facts(content: BinaryIO, name: str) -> SheetFacts:
    """Return what there is to know of the sheet in the part `name`; raises `FormatError` for a row beyond all."""
    content.seek(0)
    facts, rest = SheetFacts(), b""
    with told(), ZipFile(content) as archive, archive.open(name) as part:
        while block := part.read(_BLOCK):
            block = rest + block
            # A block ends before a cell or a row that may go on in the next one.
            cut = max(block.rfind(b"<c "), block.rfind(b"<row"), 0)
            rest = block[cut:]
            facts = _counted(facts, block[:cut])
    return _counted(facts, rest)


def _counted(facts: SheetFacts, text: bytes) -> SheetFacts:
    rows = _ROW.findall(text)
    numbers = (int(found[1]) for row in rows if (found := _ROW_NUMBER.search(row)))
    if max(numbers, default=0) > MOST_ROWS:
        raise FormatError(f"the sheet has a row beyond {MOST_ROWS:,}; save it anew as .xlsx")
    return SheetFacts(
        facts.rows + len(rows),
        facts.hidden + sum(1 for row in rows if _HIDDEN.search(row)),
        facts.errors + len(_ERROR.findall(text)),
        facts.without_result + len(_NO_RESULT.findall(text)),
    )
