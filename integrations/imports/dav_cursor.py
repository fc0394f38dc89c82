"""Where the reading of an account's address books stands, and how it goes on: the cursor of `carddav`."""

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from integrations.errors import FormatError


class Reading(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One address book as it is being read."""

    book: str
    """Its path."""
    token: str = ""
    """What the list is asked for with; empty asks for all."""
    began_at: int = 0
    """When the reading of the whole book was begun, in Unix seconds; 0 while only changes are read."""
    following: str = ""
    """The token after the list that is being read, as it was given with its first answer."""
    cut_off: bool = False
    """Whether that list was one part of several."""
    after: str = ""
    """The key of the last card that was read of it; empty at its start."""
    steps: int = 0
    anchor: str = ""
    """Digest of an earlier token: meeting it again means that the parts run in a circle."""


class Place(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The whole of it."""

    tokens: dict[str, str] = {}
    """For each book that was read, by its path, what the next run asks with."""
    gone: tuple[str, ...] = ()
    """Books that are not there any more, before that was told."""
    left: tuple[str, ...] = ()
    """Books to read in this run, without the one being read."""
    reading: Reading | None = None

    @property
    def cursor(self) -> str:
        """The text that `resume` reads."""
        return msgspec.json.encode(self).decode()

    @property
    def is_between_runs(self) -> bool:
        """True when the next fetch begins a run."""
        return not self.gone and not self.left and self.reading is None

    def begun(self, books: Sequence[str]) -> "Place":
        """Return the place at the start of a run that reads `books`."""
        tokens = {book: token for book, token in self.tokens.items() if book in books}
        gone = tuple(book for book in self.tokens if book not in books)
        return Place(tokens=tokens, gone=gone, left=tuple(books))

    def losing(self, book: str) -> "Place":
        """Return the place where `book` is gone though the run was to read it."""
        tokens = {each: token for each, token in self.tokens.items() if each != book}
        return Place(tokens=tokens, gone=(book,), left=tuple(each for each in self.left if each != book))

    def first(self, now: int) -> Reading:
        """Return the reading of the next book."""
        book = self.left[0]
        token = self.tokens.get(book, "")
        return Reading(book=book, token=token, began_at=0 if token else now)

    def after(self, reading: Reading, *, source: str, token: str, cut_off: bool, last: str) -> "Place":
        """Return the place behind a page.

        Raises `FormatError` when the next part of the list was read before, or there is no way to the next run.

        Args:
            reading: By what the page was read.
            source: Whose error it would be.
            token: The token that came with the list.
            cut_off: Whether the list is one part of several.
            last: The key of the last card on the page; empty where it was the last of the list.
        """
        if not token:
            raise FormatError(
                f"{source}: the address book was listed without a sync-token.\n{_again(source)}"
            )
        if not reading.after:
            reading = replace(reading, following=token, cut_off=cut_off)
        left = tuple(book for book in self.left if book != reading.book)
        if last:
            return replace(self, left=left, reading=replace(reading, after=last))
        if reading.cut_off:
            return replace(self, left=left, reading=_next_part(reading, source))
        tokens = {**self.tokens, reading.book: reading.following}
        return replace(self, tokens=tokens, left=left, reading=None)


def _next_part(reading: Reading, source: str) -> Reading:
    digest = blake2b(reading.following.encode(), digest_size=8).hexdigest()
    if reading.following == reading.token or digest == reading.anchor:
        raise FormatError(
            f"{source}: the next part of an address book would be one that was read already.\n{_again(source)}"
        )
    steps = reading.steps + 1
    # An anchor that moves at every power of two finds a circle of any length with one digest (Brent).
    anchor = digest if steps & (steps - 1) == 0 else reading.anchor
    return Reading(
        book=reading.book, token=reading.following, began_at=reading.began_at, steps=steps, anchor=anchor
    )


def resume(source: str, cursor: str | None) -> Place:
    """Return the place that `cursor` stands for; None is the beginning.

    Raises `FormatError` when it is not a cursor of this connector.
    """
    if cursor is None:
        return Place()
    try:
        return msgspec.json.decode(cursor, type=Place)
    except ValueError as error:
        raise FormatError(
            f"{source}: the place where the last run stopped is not one of this connector's.\n{_again(source)}"
        ) from error


def _again(source: str) -> str:
    return f"    If this stays, read the source from its start: avouch sync {source} --full"
