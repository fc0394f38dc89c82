"""A decoded answer: its entries, one by one, and what stands beside them."""

import re
from typing import Any

import msgspec
from msgspec import Raw

Shell = dict[str, Raw]


class Answer:
    """A decoded answer. What is not there, or not as it is read, raises `ValueError`, naming no value."""

    entries: list[Raw]

    def __init__(self, body: bytes | Raw, entries: str, empty: str = "", keyed: str = "") -> None:
        """Take the answer apart.

        Args:
            body: The answer as it came.
            entries: Where its entries are ("data.contacts"); empty where the answer is the list itself.
            empty: Where something stands in an answer that has no entries and leaves the list out.
            keyed: Where entries stand in an object by their names: the field of an entry that its name is put into.
        """
        self._body = Raw(body) if isinstance(body, bytes) else body
        listed = self._body if not entries else self._raw(entries)
        if listed is None and not (empty and self.at(empty)):
            raise ValueError(f"`$.{entries}` is missing")
        if keyed and listed is not None:
            named = _decoded(listed, Shell, entries)
            self.entries = [_named(item, keyed, name) for name, item in named.items()]
        else:
            # Some write an empty list as null.
            self.entries = [] if listed is None else _decoded(listed, list[Raw] | None, entries) or []

    def at(self, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Return what stands at `path` ("meta.next_page"); None where nothing does."""
        found = self._raw(path)
        return None if found is None else _decoded(found, Any, path)

    def text(self, path: str) -> str:
        """Return the text or number at `path` as text; empty where there is none."""
        found = self.at(path)
        if found is None or found is False:
            return ""
        if isinstance(found, str | int):
            return str(found)
        raise ValueError(f"Expected a text - at `$.{path}`")

    def number(self, path: str) -> int:
        """Return the whole number at `path`, which may be written as text; 0 where there is none."""
        text = self.text(path)
        if text and not re.fullmatch(r"\d{1,18}", text, re.ASCII):
            raise ValueError(f"Expected a number - at `$.{path}`")
        return int(text or 0)

    def _raw(self, path: str) -> Raw | None:
        found: Raw | None = self._body
        passed = ""
        for name in path.split("."):
            if found is None or bytes(found) == b"null":
                return None
            found = _decoded(found, Shell, passed).get(name)
            passed = f"{passed}.{name}".lstrip(".")
        return found


def _decoded(raw: Raw, into: Any, path: str) -> Any:  # noqa: ANN401 - msgspec takes any type
    try:
        return msgspec.json.decode(raw, type=into)
    except msgspec.ValidationError as error:
        raise ValueError(f"{error} (below `$.{path}`)" if path else str(error)) from error


def _named(item: Raw, field: str, name: str) -> Raw:
    """Return an entry with its name in `field`; one that is no object as it came."""
    is_object = bytes(item)[:1] == b"{"
    return Raw(msgspec.json.encode({**msgspec.json.decode(item), field: name})) if is_object else item
