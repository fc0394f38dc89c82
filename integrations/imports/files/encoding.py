"""Which bytes stand for which characters in a file that doesn't say so."""

import codecs
import re
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

from charset_normalizer import from_bytes

from integrations.errors import FormatError

UTF_8 = "utf-8"
FALLBACK = "cp1252"
"""What Windows programs of Western Europe and America write: the usual one among files that aren't UTF-8."""

_CANDIDATES = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "mac_roman", "cp932",
               "gb18030", "big5", "cp949"]  # fmt: skip
_MARKS = {codecs.BOM_UTF8: UTF_8, codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_OF_TEXT = re.compile(
    r"utf-(8|8-sig|16|16-le|16-be)|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|mac-\w+|tis-620|big5\w*|gb\w+|euc_\w+"
    r"|shift_jis\w*|johab|kz1048|ptcp154|hp-roman8"
)
"""Python's names of encodings whose lines can be read one by one. Others hold state, or are no text."""
_EXAMPLES = "utf-8, cp1252 or utf-16"
_FOLD = re.compile(rb"\r?\n[ \t]")
_BLOCK = 1024 * 1024
_TELLING = 64 * 1024
"""Bytes of telling lines that are looked at: those with a byte beyond ASCII. All others read the same in any
encoding, and a file may have ten thousand of them first."""
_ZEROS = 0.3
"""In UTF-16 nearly every second byte of Western text is zero; in other encodings none is."""


class Encoding(NamedTuple):
    """How to read a file's bytes."""

    name: str
    mark: int = 0
    """Bytes of the byte order mark at its start."""
    ending: bytes = b"\n"
    """What ends a line. A carriage return alone, in files of old Macs and of Excel for Mac."""
    guessed: bool = False

    @property
    def wide(self) -> bool:
        """True when every character takes at least two bytes."""
        return self.name.startswith("utf-16")


def detected(content: BinaryIO, stated: str = "", *, folded: bool = False) -> Encoding:
    """Return the encoding of the whole of `content`.

    Text that is valid UTF-8 is UTF-8: no other encoding looks like it by accident. So is text whose telling
    lines mostly are, and the other lines are rejected one by one. Only otherwise is it guessed.

    Args:
        content: The file.
        stated: What its source says it is.
        folded: Lines go on behind a newline and a space, which may stand inside a character.
    """
    content.seek(0)
    head = content.read(_TELLING)
    name, mark = _marked(head)
    guessed = False
    if stated:
        marked, name = name, known(stated)
        if marked == name or (marked.startswith("utf-16") and name.startswith("utf-16")):
            name = marked  # The mark tells the order of the bytes, which "utf-16" leaves open.
        else:
            mark = 0
    elif not name:
        name = _unmarked_wide(head)
    if not name:
        name, guessed = _guess(_telling_lines(content, _FOLD if folded else None))
    return Encoding(name, mark, _ending(head, name), guessed)


def known(name: str) -> str:
    """Return Python's name of an encoding; raises `FormatError` when it knows none by this name."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise FormatError(f"encoding: {name!r} is not known; use for example {_EXAMPLES}") from error
    if not _OF_TEXT.fullmatch(found):
        raise FormatError(f"encoding: {name!r} is not read; save the file in {_EXAMPLES}")
    if found == "utf-8-sig":
        return UTF_8
    return "utf-16-le" if found == "utf-16" else found


def kept(encoding: Encoding) -> Mapping[str, str]:
    """Return the encoding as a bookmark keeps it."""
    return {
        "encoding": encoding.name,
        "mark": str(encoding.mark),
        "ending": encoding.ending.hex(),
        "guessed": "yes" if encoding.guessed else "",
    }


def restored(traits: Mapping[str, str]) -> Encoding:
    """Return the encoding that `kept` kept."""
    return Encoding(
        traits["encoding"], int(traits["mark"]), bytes.fromhex(traits["ending"]), bool(traits["guessed"])
    )


def guess_warnings(traits: Mapping[str, str]) -> tuple[str, ...]:
    """Say that the encoding was guessed, if the bookmark says so."""
    if not traits["guessed"]:
        return ()
    name = traits["encoding"]
    return (f"the file is not UTF-8 and was read as {name}; if names look wrong, set encoding",)


def _marked(head: bytes) -> tuple[str, int]:
    return next(((name, len(mark)) for mark, name in _MARKS.items() if head.startswith(mark)), ("", 0))


def _unmarked_wide(head: bytes) -> str:
    half = len(head) // 2 or 1
    if head[1::2].count(0) / half > _ZEROS and head[0::2].count(0) == 0:
        return "utf-16-le"
    if head[0::2].count(0) / half > _ZEROS and head[1::2].count(0) == 0:
        return "utf-16-be"
    return ""


def _ending(head: bytes, name: str) -> bytes:
    text = head.decode(name, "ignore") if name.startswith("utf-16") else head.decode("latin-1")
    ending = "\r" if "\r" in text.rstrip("\r") and "\n" not in text else "\n"
    return ending.encode(name) if name.startswith("utf-16") else ending.encode()


def _telling_lines(content: BinaryIO, fold: re.Pattern[bytes] | None) -> list[bytes]:
    content.seek(0)
    lines: list[bytes] = []
    size = 0
    while size < _TELLING and (block := content.read(_BLOCK)):
        if block.isascii():
            continue
        # A block may end inside a character: its last line, cut, would speak against UTF-8.
        block += content.readline(_BLOCK)
        block = fold.sub(b"", block) if fold else block
        for line in block.replace(b"\r", b"\n").split(b"\n"):
            if not line.isascii():
                lines.append(line[:_TELLING])
                size += len(line)
                if size >= _TELLING:
                    break
    return lines


def _guess(lines: list[bytes]) -> tuple[str, bool]:
    valid = sum(map(_is_utf_8, lines))
    if valid == len(lines) or valid > len(lines) - valid:
        return UTF_8, False
    matches = from_bytes(b"\n".join(lines), cp_isolation=_CANDIDATES)
    least = min((match.chaos for match in matches), default=0.0)
    likely = [match for match in matches if match.chaos == least]
    # Where two encodings read the text the same way, or equally well, the usual one is meant.
    if not likely or any(FALLBACK in match.could_be_from_charset for match in likely):
        return FALLBACK, True
    return codecs.lookup(likely[0].encoding).name, True


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode(UTF_8)
    except UnicodeDecodeError as error:
        # Cut at the bound, not damaged.
        return len(line) == _TELLING and error.end == len(line)
    return True
