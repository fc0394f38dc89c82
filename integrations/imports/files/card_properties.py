"""One line of a vCard, in any of its versions: name, parameters and value.

Read here and not by a library: the one there is takes time that doubles with every comma of a hostile line,
and prints lines in its errors.
"""

import quopri
import re
from collections.abc import Mapping
from typing import NamedTuple

from integrations.errors import FormatError
from integrations.imports.files.encoding import known

_ENCODINGS = frozenset({"QUOTED-PRINTABLE", "BASE64", "B", "7BIT", "8BIT"})
_CHARSET = re.compile(rb";CHARSET=\"?([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PARTS = re.compile(r"(?:^|;)((?:[^;\\]|\\.|\\$)*)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_OLD = "2.1"
"""In version 2.1 only a semicolon is escaped, and a folded line keeps its first space."""


class Property(NamedTuple):
    """One property of a card."""

    name: str
    """In capitals, without its group."""
    parameters: Mapping[str, tuple[str, ...]]
    """By name in capitals. A bare word is a type, as version 2.1 has it."""
    value: str
    """As it stands: still escaped, but decoded."""
    old: bool = False

    @property
    def types(self) -> frozenset[str]:
        """The property's types in capitals: WORK, CELL."""
        return frozenset(each.upper() for each in self.parameters.get("TYPE", ()))

    @property
    def text(self) -> str:
        """The value as people read it."""
        return self._plain(self.value).strip()

    def parts(self) -> list[str]:
        """Return the components of a structured value: family name, given name, ..."""
        return [self._plain(match[1]).strip() for match in _PARTS.finditer(self.value)]

    def _plain(self, text: str) -> str:
        if self.old:
            return text.replace("\\;", ";")
        return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], text)


def read_property(line: bytes, encoding: str, version: str) -> Property:
    """Return the property that a line holds, its folds undone.

    Raises `ValueError` with a reason when the line is none, or isn't text.
    """
    charset = _charset(line) or encoding
    try:
        text = line.decode(encoding if encoding.startswith("utf-16") else charset)
    except UnicodeDecodeError as error:
        raise ValueError(f"a line is not valid {charset}") from error
    colon = _outside_quotes(text, ":")
    if colon is None:
        raise ValueError("a line without a colon")
    name, *parameters = _split_outside_quotes(text[:colon], ";")
    name = name.rpartition(".")[2].strip().upper()
    if not _NAME.fullmatch(name):
        raise ValueError("a line that begins with no property")
    told = _parameters(parameters)
    value = text[colon + 1 :]
    if "QUOTED-PRINTABLE" in told.get("ENCODING", ()):
        value = _unquoted(name, value, charset)
    if "\0" in value:
        raise ValueError(f"{name}: holds a NUL character")
    return Property(name, told, value, version == _OLD)


def _charset(line: bytes) -> str:
    """Return the encoding that a line states for itself, as phones of the time of version 2.1 do."""
    stated = _CHARSET.search(line.partition(b":")[0].replace(b"\0", b""))
    try:
        return known(stated[1].decode()) if stated else ""
    except FormatError:
        return ""


def _unquoted(name: str, value: str, charset: str) -> str:
    # In a file of UTF-16 the quoted bytes are those of some other encoding; UTF-8 is what is usual today.
    charset = "utf-8" if charset.startswith("utf-16") else charset
    try:
        return quopri.decodestring(value.encode("ascii", "replace")).decode(charset)
    except UnicodeDecodeError as error:
        raise ValueError(f"{name}: what is quoted is not valid {charset}") from error


def _parameters(texts: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        name = name.strip().upper()
        if not sign:
            name, value = ("ENCODING" if name in _ENCODINGS else "TYPE"), name
        values = [each.strip().strip('"') for each in _split_outside_quotes(value, ",")]
        if name == "TYPE":
            values = [each for value in values for each in value.split(",")]
        if name == "ENCODING":
            values = [each.upper() for each in values]
        found[name] = (*found.get(name, ()), *values)
    return found


def _outside_quotes(text: str, sign: str) -> int | None:
    """Return the place of the first `sign` outside quotes; of the first one at all if a quote stays open."""
    first = text.find(sign)
    if first < 0:
        return None
    quoted = False
    for place, letter in enumerate(text if '"' in text[:first] else ""):
        if letter == '"':
            quoted = not quoted
        elif letter == sign and not quoted:
            return place
    return first


def _split_outside_quotes(text: str, sign: str) -> list[str]:
    if '"' not in text:
        return text.split(sign)
    parts = []
    quoted = False
    begin = 0
    for place, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == sign and not quoted:
            parts.append(text[begin:place])
            begin = place + 1
    return [*parts, text[begin:]]
