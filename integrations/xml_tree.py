"""XML from outside as a tree, read without what XML can do to its reader.

The standard library's expat, with every document type refused: entities that unfold to gigabytes or name files of
ours can only be declared in one. Depth and number of elements are bounded; the size is the HTTP client's.
"""

from collections.abc import Iterator
from xml.parsers import expat

DEEPEST = 64
MOST_ELEMENTS = 500_000
"""An address book of 80,000 cards listed at once. Each element costs some 200 bytes while it is read."""


class Element:
    """One element."""

    __slots__ = ("children", "name", "text")

    def __init__(self, name: str) -> None:
        self.name = name
        """With its namespace, as "{DAV:}href"."""
        self.text = ""
        """All text directly in it."""
        self.children: list[Element] = []

    def all(self, name: str) -> Iterator["Element"]:
        """Yield the children of a name."""
        return (child for child in self.children if child.name == name)

    def first(self, *names: str) -> "Element | None":
        """Return the first child of the first name, of that its first child of the second, and so on."""
        found: Element | None = self
        for name in names:
            found = next(found.all(name), None) if found is not None else None
        return found

    def text_at(self, *names: str) -> str:
        """Return the text of `first`, without spaces round it; empty where there is none."""
        found = self.first(*names)
        return "" if found is None else found.text.strip()


def parse(body: bytes) -> Element:
    """Return the root of a document; raises `ValueError` with a reason that names no value.

    >>> parse(b'<a xmlns="DAV:"><b> x </b></a>').text_at("{DAV:}b")
    'x'
    """
    return _Builder().built(body)


class _Builder:
    def __init__(self) -> None:
        self._path = [Element("")]
        self._elements = 0

    def built(self, body: bytes) -> Element:
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.buffer_size = 1024 * 1024
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(body, True)
        except expat.ExpatError as error:
            raise ValueError(
                f"not well-formed XML: {expat.ErrorString(error.code)}, line {error.lineno}"
            ) from error
        return self._path[0].children[0]

    def _refuse(self, *_: object) -> None:
        raise ValueError("XML with a document type is not read")

    def _start(self, name: str, _: object) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise ValueError(f"more than {MOST_ELEMENTS:,} XML elements")
        if len(self._path) > DEEPEST:
            raise ValueError(f"XML elements nested deeper than {DEEPEST}")
        element = Element("{" + name if "}" in name else name)
        self._path[-1].children.append(element)
        self._path.append(element)

    def _text(self, text: str) -> None:
        self._path[-1].text += text

    def _end(self, _: str) -> None:
        self._path.pop()
