"""Lines of a file, as bytes and never longer than a bound, with the place of each."""

from collections import deque
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

LONGEST_LINE = 1024 * 1024
"""Bytes of one line. A longer one is no line of contacts; it is skipped without being held in memory."""
HEAD = 1024
"""Bytes kept of a line that is too long, to show what it was."""
_BLOCK = 64 * 1024


class TooLong(NamedTuple):
    """A line over the bound, which was skipped."""

    head: bytes
    size: int

    @property
    def reason(self) -> str:
        """What to say of it."""
        return f"the line has {self.size:,} bytes; at most {LONGEST_LINE:,} are read"


Line = bytes | TooLong


class Lines:
    """Reads one line after the other from where `content` stands; lines can be given back."""

    def __init__(self, content: BinaryIO, *, ending: bytes = b"\n", longest: int = LONGEST_LINE) -> None:
        """Read lines that end in `ending`: two bytes for UTF-16, where an ending starts at an even place."""
        self._content = content
        self._ending = ending
        self._longest = longest
        self._given_back: deque[Line] = deque()
        self._block = b""
        self._at = 0
        self.offset = content.tell()
        """Bytes before the next line."""

    def next(self) -> Line | None:
        """Return the next line with its ending, or None at the end of the file."""
        line = self._given_back.popleft() if self._given_back else self._read()
        self.offset += size_of(line) if line is not None else 0
        return line

    def go_to(self, offset: int) -> None:
        """Go on at `offset`, where a line begins."""
        self._content.seek(offset)
        self._given_back.clear()
        self._block, self._at = b"", 0
        self.offset = offset

    def give_back(self, lines: Sequence[Line]) -> None:
        """Let these lines, the last that were read, come again."""
        self._given_back.extendleft(reversed(lines))
        self.offset -= sum(map(size_of, lines))

    def _read(self) -> Line | None:
        line = self._until_ending(self._longest)
        if len(line) < self._longest or self._complete(line):
            return line or None
        size = len(line)
        rest = line
        while rest and not self._complete(rest):
            rest = self._until_ending(self._longest)
            size += len(rest)
        return TooLong(line[:HEAD], size)

    def _complete(self, line: bytes) -> bool:
        return line.endswith(self._ending)

    def _until_ending(self, most: int) -> bytes:
        if self._ending == b"\n":
            return self._content.readline(most)
        parts = []
        left = most
        while left > 0:
            if self._at == len(self._block):
                self._block, self._at = self._content.read(_BLOCK), 0
                if not self._block:
                    break
            end = self._find()
            part = self._block[self._at : end][:left]
            self._at += len(part)
            left -= len(part)
            parts.append(part)
            if self._complete(part):
                break
        return b"".join(parts)

    def _find(self) -> int:
        """Return the place in the block after the next ending, or the block's end."""
        width = len(self._ending)
        found = self._block.find(self._ending, self._at)
        while found >= 0 and found % width:
            found = self._block.find(self._ending, found + 1)
        return len(self._block) if found < 0 else found + width


def size_of(line: Line) -> int:
    """Return how many bytes of the file the line takes."""
    return line.size if isinstance(line, TooLong) else len(line)
