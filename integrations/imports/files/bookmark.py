"""Where an import is: the files that are read, and the place in the one that is being read.

The cursor is compact JSON, opaque to everybody but the file connectors. A file is known by the digest of its
content, so a copy with a new date is not read again and a changed file is, from its start.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

VERSION = 1
"""Raised when readers understand a file in another way: every file is then read once more, which changes
nothing where the records come out the same."""


class Place(Struct, frozen=True, omit_defaults=True):
    """A place between two entries of a file."""

    offset: int = 0
    """Bytes before it."""
    entry: int = 0
    """Rows, lines or cards before it, as a person counts them."""
    state: str = ""
    """What the format has to remember from one page to the next."""


class Done(Struct, frozen=True):
    """A file that was read to its end."""

    digest: str
    print: str
    """Size, times and inode: while they stay, the content need not be read to know that it is the same."""


class Reading(Struct, frozen=True, kw_only=True):
    """The file that is being read."""

    name: str
    digest: str
    print: str
    modified: datetime
    """Its time when the reading began. Kept, so that a copy restored half-way gives the same records."""
    traits: Mapping[str, str] = {}
    """What the format found out about the whole file (encoding, delimiter)."""
    place: Place = Place()


class Bookmark(Struct, frozen=True, kw_only=True):
    """The cursor of a file connector."""

    settings: str
    """Digest of the settings: with a corrected `columns`, everything is read again."""
    done: Mapping[str, Done] = {}
    reading: Reading | None = None


def settings_digest(settings: Mapping[str, Any]) -> str:
    """Return what stands for the settings in a bookmark. Where the files are doesn't change what they say."""
    told = {key: value for key, value in settings.items() if key != "path"}
    body = msgspec.json.encode([VERSION, told], order="deterministic", enc_hook=str)
    return blake2b(body, digest_size=8).hexdigest()


def bookmark_of(cursor: str | None, settings: str) -> Bookmark:
    """Return the bookmark in `cursor`, or one at the very start.

    A cursor of other settings, or one that another connector wrote, starts again: reading twice costs time,
    and reading half would lose contacts.
    """
    if cursor is not None:
        try:
            bookmark = msgspec.json.decode(cursor, type=Bookmark)
        except msgspec.DecodeError:
            return Bookmark(settings=settings)
        if bookmark.settings == settings:
            return bookmark
    return Bookmark(settings=settings)


def cursor_of(bookmark: Bookmark) -> str:
    """Return the cursor that `bookmark_of` reads."""
    return msgspec.json.encode(bookmark).decode()
