"""One cursor over several streams of one vendor, read one after the other: calls, then messages.

The cursor is compact JSON, opaque to everybody but the connector. It says which stream is being read, where
in it, and for each stream from when on the next run asks. Times by which it asks are the vendor's own, as Unix
seconds: a clock of ours that runs ahead would leave a gap that nobody ever asks for again. Ours says only when a list
was begun.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from integrations.errors import FormatError


class Overlap(Struct, frozen=True):
    """How far a run reaches back before what the last one has seen. Seconds.

    The price is that much read again at every run, which landing recognises and drops.
    """

    least: int
    """Entries appear in a vendor's list late by up to this."""
    most: int
    """An entry that is still open (a call going on) holds the window back by up to this, and no longer."""


class Seen(Struct, frozen=True):
    """One entry as the window needs it."""

    at: int
    open: bool = False
    """True while the entry will still change and was not delivered."""

    @classmethod
    def when(cls, at: datetime | None, *, is_open: bool = False) -> "Seen":
        """Return an entry as of a moment of the vendor's; None, as of one who never was active, is before all others.

        >>> Seen.when(None)
        Seen(at=0, open=False)
        """
        return cls(0 if at is None else int(at.timestamp()), is_open)


class Mark(Struct, frozen=True, omit_defaults=True):
    """How far one stream has been read."""

    since: int = 0
    """This run asks from here on; 0 is everything."""
    until: int = 0
    """Where the span that is being read ends; 0 where the vendor is asked for all that is new."""
    floor: int = 0
    """Where the next run begins at the earliest, once a span of this run has been read; 0 is where this one began."""
    token: str = ""
    """The vendor's token for what changed since the last run."""
    begun_at: int = 0
    """When this list was begun to be read, by our clock; 0 between two readings."""
    whole_at: int = 0
    """When the last list that was read whole had been begun."""
    newest: int = 0
    """The newest entry of this run so far."""
    oldest_open: int = 0
    """The oldest open entry of this run so far; 0 if none."""

    def after(self, seen: Iterable[Seen], *, now: int) -> "Mark":
        """Return the mark after a page.

        `now` caps what entries claim of themselves: one with a date in the year 3000 must not move the
        window past everything that is still to come.
        """
        entries = list(seen)
        newest = max((min(entry.at, now) for entry in entries), default=0)
        still_open = [entry.at for entry in entries if entry.open]
        if self.oldest_open:
            still_open.append(self.oldest_open)
        return replace(self, newest=max(self.newest, newest), oldest_open=min(still_open, default=0))

    def took(self, now: int) -> int:
        """Return how many seconds ago the list was begun; none where our clock was set back meanwhile."""
        return max(0, now - self.begun_at)

    def closed(self, overlap: Overlap, now: int) -> "Mark":
        """Return the mark for the next run.

        What was listed late, behind a page that had been read, happened before the list was begun. The newest entry
        may have happened long after: therefore the window reaches back by as long as reading took, too.
        """
        start = self.newest - self.took(now) - overlap.least
        if self.oldest_open:
            # One second before it, should the vendor leave out the second it is asked from.
            start = min(start, max(self.oldest_open - 1, self.newest - overlap.most))
        return Mark(since=max(self.since, start))


class Todo(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The entries of a page whose details are still to be read."""

    stream: str
    """The stream they were listed by."""
    keys: tuple[str, ...]
    next: str = ""
    """The vendor's link or token to the next page of the first one's details."""
    more: bool = False
    """Whether the run goes on after the last of them."""
    token: str = ""
    """The vendor's token of the last run, by which they were listed."""
    begun_at: int = 0
    """When their list was begun, by our clock."""
    depth: int = 0
    """How many lists below that of the entries theirs is."""
    then: tuple[str, ...] = ()
    """The entries of their lists whose own details are read after them."""


class Walk(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the reading of a source's streams stands."""

    stream: str
    next: str = ""
    """The vendor's link or token to the next page of `stream`; empty at its start."""
    steps: int = 0
    anchor: str = ""
    """Digest of an earlier `next`: meeting it again means that the pages run in a circle."""
    marks: dict[str, Mark] = {}
    todo: Todo | None = None

    @property
    def mark(self) -> Mark:
        """The mark of the stream being read."""
        return self.marks.get(self.stream, Mark())

    def marked(self, mark: Mark) -> "Walk":
        """Return the walk with another mark of the stream being read."""
        return replace(self, marks={**self.marks, self.stream: mark})

    @property
    def cursor(self) -> str:
        """The text that `Streams.resume` reads."""
        return msgspec.json.encode(self).decode()


class Streams:
    """The streams of one source, in the order they are read."""

    def __init__(self, source: str, names: Sequence[str]) -> None:
        self._source = source
        self._names = tuple(names)

    def resume(self, cursor: str | None) -> Walk:
        """Return the walk that `cursor` stands for; None begins at the first stream.

        Raises `FormatError` when the cursor is not one of these streams'.
        """
        if cursor is None:
            return Walk(stream=self._names[0])
        try:
            walk = msgspec.json.decode(cursor, type=Walk)
        except ValueError as error:
            raise self.strange_cursor() from error
        if not {walk.stream, walk.todo.stream if walk.todo else walk.stream} <= set(self._names):
            raise self.strange_cursor()
        return walk

    def next_page(self, walk: Walk, mark: Mark, following: str, marker: bytes) -> Walk:
        """Return the walk to the next page, that `following` leads to.

        Raises `FormatError` when `marker`, which stands for that step, was met before: a vendor's cursor that
        does not advance would otherwise be followed for ever.
        """
        digest = blake2b(marker, digest_size=8).hexdigest()
        if digest == walk.anchor:
            raise FormatError(
                f"{self._source}: {walk.stream}: the next page would be one that was read already.\n"
                f"    If this stays, read the source from its start: avouch sync {self._source} --full"
            )
        steps = walk.steps + 1
        # An anchor that moves at every power of two finds a circle of any length with one digest (Brent).
        anchor = digest if steps & (steps - 1) == 0 else walk.anchor
        return replace(walk.marked(mark), next=following, steps=steps, anchor=anchor)

    def next_stream(self, walk: Walk, mark: Mark) -> tuple[Walk, bool]:
        """Return the walk to the next stream, and whether there is one in this run."""
        place = self._names.index(walk.stream) + 1
        more = place < len(self._names)
        return Walk(stream=self._names[place if more else 0], marks=walk.marked(mark).marks), more

    def strange_cursor(self) -> FormatError:
        """Return the error of a cursor that is none of these streams'."""
        return FormatError(
            f"{self._source}: the place where the last run stopped is not one of this connector's.\n"
            f"    Read the source from its start: avouch sync {self._source} --full"
        )
