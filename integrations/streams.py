"""One cursor over several streams of one vendor, read one after the other: calls, then messages.

The cursor is compact JSON, opaque to everybody but the connector. It says which stream is being read, where
in it, and for each stream from when on the next run asks. All times are the vendor's own, as Unix seconds: a
clock of ours that runs ahead would leave a gap that nobody ever asks for again.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Protocol, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from integrations.contract import ContactRecord, Page
from integrations.errors import FormatError
from integrations.payloads import read_entries


def now() -> datetime:
    """Return the time; the clock of connectors unless a test hands them another."""
    return datetime.now(UTC)


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


class Mark(Struct, frozen=True, omit_defaults=True):
    """How far one stream has been read."""

    since: int = 0
    """This run asks from here on; 0 is everything."""
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

    def closed(self, overlap: Overlap) -> "Mark":
        """Return the mark for the next run."""
        start = self.newest - overlap.least
        if self.oldest_open:
            # One second before it, should the vendor leave out the second it is asked from.
            start = max(min(start, self.oldest_open - 1), self.newest - overlap.most)
        return Mark(since=max(self.since, start))


class Walk(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the reading of a source's streams stands."""

    stream: str
    next: str = ""
    """The vendor's link or token to the next page of `stream`; empty at its start."""
    steps: int = 0
    anchor: str = ""
    """Digest of an earlier `next`: meeting it again means that the pages run in a circle."""
    marks: dict[str, Mark] = {}

    @property
    def mark(self) -> Mark:
        """The mark of the stream being read."""
        return self.marks.get(self.stream, Mark())

    @property
    def cursor(self) -> str:
        """The text that `Streams.resume` reads."""
        return msgspec.json.encode(self).decode()


class Listed(Protocol):
    """An entry of a vendor's list."""

    @property
    def seen(self) -> Seen:
        """What the window needs of it; may raise `ValueError` with a reason that names no value."""
        ...


Entry = TypeVar("Entry", bound=Listed)


class Streams:
    """The streams of one source, in the order they are read."""

    def __init__(
        self, source: str, names: Sequence[str], overlap: Overlap, clock: Callable[[], datetime]
    ) -> None:
        self._source = source
        self._names = tuple(names)
        self._overlap = overlap
        self._clock = clock

    def resume(self, cursor: str | None) -> Walk:
        """Return the walk that `cursor` stands for; None begins at the first stream.

        Raises `FormatError` when the cursor is not one of these streams'.
        """
        if cursor is None:
            return Walk(stream=self._names[0])
        try:
            walk = msgspec.json.decode(cursor, type=Walk)
        except ValueError as error:
            raise self._strange_cursor() from error
        if walk.stream not in self._names:
            raise self._strange_cursor()
        return walk

    def page(
        self,
        walk: Walk,
        items: Sequence[Raw],
        into: type[Entry],
        *,
        records: Callable[[Entry], Iterable[ContactRecord]],
        following: str | None,
    ) -> Page:
        """Return the page that the listed `items` make, with the cursor after it.

        Args:
            walk: Where the page was.
            items: The entries as they came.
            into: What one entry looks like.
            records: Says which records an entry makes, as `read_entries` has it.
            following: The vendor's link or token to the next page of this stream, if there is one.
        """
        seen: list[Seen] = []

        def noted(entry: Entry) -> Iterable[ContactRecord]:
            seen.append(entry.seen)
            return records(entry)

        read = read_entries(items, into, where=walk.stream, records=noted)
        walk, more = self.advance(walk, seen, following=following)
        return Page(deliveries=read.deliveries, rejected=read.rejected, cursor=walk.cursor, more=more)

    def advance(self, walk: Walk, seen: Iterable[Seen], *, following: str | None) -> tuple[Walk, bool]:
        """Return the walk after a page of `seen` entries, and whether there is more to fetch at once.

        Raises `FormatError` when that page was read before: a vendor's cursor that does not advance would
        otherwise be followed for ever.
        """
        mark = walk.mark.after(seen, now=int(self._clock().timestamp()))
        if following:
            return self._next_page(walk, mark, following), True
        return self._next_stream(walk, mark)

    def _next_page(self, walk: Walk, mark: Mark, following: str) -> Walk:
        digest = blake2b(following.encode(), digest_size=8).hexdigest()
        if digest == walk.anchor:
            raise FormatError(
                f"{self._source}: {walk.stream}: the next page would be one that was read already.\n"
                f"    If this stays, read the source from its start: avouch sync {self._source} --full"
            )
        steps = walk.steps + 1
        # An anchor that moves at every power of two finds a circle of any length with one digest (Brent).
        anchor = digest if steps & (steps - 1) == 0 else walk.anchor
        marks = {**walk.marks, walk.stream: mark}
        return Walk(stream=walk.stream, next=following, steps=steps, anchor=anchor, marks=marks)

    def _next_stream(self, walk: Walk, mark: Mark) -> tuple[Walk, bool]:
        place = self._names.index(walk.stream) + 1
        more = place < len(self._names)
        marks = {**walk.marks, walk.stream: mark.closed(self._overlap)}
        return Walk(stream=self._names[place if more else 0], marks=marks), more

    def _strange_cursor(self) -> FormatError:
        return FormatError(
            f"{self._source}: the place where the last run stopped is not one of this connector's.\n"
            f"    Read the source from its start: avouch sync {self._source} --full"
        )
