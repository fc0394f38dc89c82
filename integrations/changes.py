"""How a later run asks a list for what changed since the last one: the ways that vendors leave, as data.

Each begins a reading with a mark, and closes it with the mark of the next run. Times of entries are the vendor's;
our clock only says how often a list is read whole, and caps what entries claim of themselves.
"""

from datetime import timedelta
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from integrations.answer import Answer
from integrations.errors import RefusedError
from integrations.streams import Mark, Overlap, Seen

CLOCKS = timedelta(days=2)
"""How far our clock may be ahead of a vendor's, and entries be listed late on top: a list of spans without a recent
entry is asked for that much again."""


class Changes(Protocol):
    """One way."""

    def begin(self, mark: Mark, now: int) -> Mark:
        """Return the mark to read by, begun at `now` (Unix seconds); not begun if it is not time to read."""
        ...

    def close(self, mark: Mark, answer: Answer, now: int) -> tuple[Mark, bool]:
        """Return the mark after the last page, and whether the list goes on at once, from there."""
        ...

    def narrower(self, mark: Mark, answer: Answer) -> Mark | None:
        """Return the mark to ask with instead, where the first page says that the list gives too much at once."""
        ...

    def restart(self, mark: Mark, error: RefusedError) -> Mark | None:
        """Return the mark to begin anew with, where the vendor has forgotten the place; None where it has not."""
        ...

    def is_whole(self, mark: Mark) -> bool:
        """Say whether what is read by `mark` is the whole list."""
        ...

    def knows(self, mark: Mark, seen: Seen) -> bool:
        """Say whether an entry is so old that an earlier run has read it, though the vendor lists it again."""
        ...

    def is_enough(self, mark: Mark, last: Seen) -> bool:
        """Say whether nothing new can follow a page that ends with the entry `last`."""
        ...


class _Way(Struct, frozen=True, kw_only=True):
    """What most ways have in common."""

    def begin(self, mark: Mark, now: int) -> Mark:
        """It is always time to read."""
        return replace(mark, begun_at=now)

    def narrower(self, mark: Mark, answer: Answer) -> Mark | None:  # noqa: ARG002 - as the protocol has it
        """There is no ceiling."""
        return None

    def restart(self, mark: Mark, error: RefusedError) -> Mark | None:  # noqa: ARG002 - as the protocol has it
        """The vendor keeps no place that it could forget."""
        return None

    def is_whole(self, mark: Mark) -> bool:  # noqa: ARG002 - as the protocol has it
        """It is a part."""
        return False

    def knows(self, mark: Mark, seen: Seen) -> bool:  # noqa: ARG002 - as the protocol has it
        """What is listed is new."""
        return False

    def is_enough(self, mark: Mark, last: Seen) -> bool:  # noqa: ARG002 - as the protocol has it
        """The vendor says where its list ends."""
        return False


class Newest(_Way, frozen=True, kw_only=True, tag_field="style", tag="newest", forbid_unknown_fields=True):
    """Ask from a little before the newest entry that the last run saw."""

    overlap: Overlap

    def close(self, mark: Mark, answer: Answer, now: int) -> tuple[Mark, bool]:  # noqa: ARG002 - as the protocol has it
        """Go on from the newest entry, less the overlap and the time that reading took."""
        return mark.closed(self.overlap, now), False

    def knows(self, mark: Mark, seen: Seen) -> bool:
        """A filter that is coarser than a second lists more than was asked for."""
        return seen.at < mark.since


class NewestFirst(
    Newest, frozen=True, kw_only=True, tag_field="style", tag="newest-first", forbid_unknown_fields=True
):
    """Read a list that cannot be asked for changes from its newest entry back to a little before the last run's.

    For lists that the vendor sorts by the time that `Stream.seen` says, newest first. What moves to the top while
    they are read is the next run's, since it is newer than what this one saw first.
    """

    at_first: bool = True
    """False where another stream has just read everything: then the first run reads the first page only."""

    def is_enough(self, mark: Mark, last: Seen) -> bool:
        """Older entries follow an old one."""
        return last.at < mark.since or not (mark.since or self.at_first)


class Spans(_Way, frozen=True, kw_only=True, tag_field="style", tag="spans", forbid_unknown_fields=True):
    """Ask for one span of time after the other, each with its end: for lists that want both, or have a ceiling."""

    longest: timedelta
    """How long a span may be."""
    overlap: Overlap
    reach: timedelta = timedelta(days=730)
    """How far the first run goes back: few vendors keep calls longer."""
    total: str = ""
    """Where the answer says how many entries the span has."""
    ceiling: int = 0
    """A span with more entries is halved: the vendor does not give those beyond."""

    def begin(self, mark: Mark, now: int) -> Mark:
        """Begin with the first span, or with that after the last run."""
        since = mark.since or now - int(self.reach.total_seconds())
        return replace(mark, since=since, until=self._end(since, now), begun_at=now)

    def close(self, mark: Mark, answer: Answer, now: int) -> tuple[Mark, bool]:  # noqa: ARG002 - as the protocol has it
        """Go on with the next span; the last one is asked again from its newest entry."""
        # By when the run was begun: what was listed late, after a page of this span was read, is still to come.
        floor = mark.floor or mark.since
        if mark.until <= mark.begun_at - self.overlap.least:
            # Our clock made this end: near it, only what was seen says how far the vendor's list has come.
            floor = max(floor, min(mark.until, mark.begun_at - int(CLOCKS.total_seconds())))
            return replace(mark, since=mark.until, until=self._end(mark.until, now), floor=floor), True
        since = max(floor, mark.newest - mark.took(now) - self.overlap.least)
        if mark.oldest_open:
            since = min(since, max(mark.oldest_open - 1, mark.newest - self.overlap.most))
        return Mark(since=since), False

    def narrower(self, mark: Mark, answer: Answer) -> Mark | None:
        """Halve a span with more entries than the vendor gives; a second cannot be halved."""
        if not self.ceiling or mark.until - mark.since <= 1:
            return None
        if answer.number(self.total) <= self.ceiling:
            return None
        return replace(mark, until=mark.since + (mark.until - mark.since) // 2)

    def _end(self, since: int, now: int) -> int:
        return min(since + int(self.longest.total_seconds()), max(now, since + 1))


class Kept(_Way, frozen=True, kw_only=True, tag_field="style", tag="kept", forbid_unknown_fields=True):
    """The vendor keeps the place: the last page has a token, and the next run sends it."""

    at: str
    """Where in the last answer the token is."""
    expired: frozenset[str] = frozenset()
    """Error codes, or statuses as text, of a token that is too old: then the list is read whole again."""
    lasts: timedelta | None = None
    """How long after a whole reading its tokens live; None: until the vendor says otherwise."""

    def begin(self, mark: Mark, now: int) -> Mark:
        """Begin with the token, unless it has died by now."""
        dead = self.lasts is not None and now - mark.whole_at >= self.lasts.total_seconds()
        return replace(mark, token="" if dead else mark.token, begun_at=now)

    def close(self, mark: Mark, answer: Answer, now: int) -> tuple[Mark, bool]:  # noqa: ARG002 - as the protocol has it
        """Keep the new token; a last page without one leaves the old."""
        token = answer.text(self.at) or mark.token
        return Mark(token=token, whole_at=mark.whole_at if mark.token else mark.begun_at), False

    def restart(self, mark: Mark, error: RefusedError) -> Mark | None:
        """Read the list whole, once, when the token has expired."""
        if not mark.token or self.expired.isdisjoint({*error.codes, str(error.status)}):
            return None
        return Mark(whole_at=mark.whole_at)

    def is_whole(self, mark: Mark) -> bool:
        """Without a token the list is given whole."""
        return not mark.token


class Whole(_Way, frozen=True, kw_only=True, tag_field="style", tag="whole", forbid_unknown_fields=True):
    """Read the whole list anew: the vendor cannot be asked for changes, or says nothing of what is gone."""

    every: timedelta
    """At most so often; runs between leave the list out."""
    at_first: bool = True
    """False where another stream has just read everything when the first run comes to this one."""
    total: str = ""
    """Where the answer says how many entries there are."""
    ceiling: int = 0
    """A list with more entries is read in spans of the time that it can be filtered by."""

    def begin(self, mark: Mark, now: int) -> Mark:
        """Begin when the last reading is long enough ago, or when our clock was set back."""
        if not mark.whole_at and not self.at_first:
            return Mark(whole_at=now)
        is_recent = 0 <= now - mark.whole_at < self.every.total_seconds()
        return mark if is_recent else Mark(begun_at=now)

    def close(self, mark: Mark, answer: Answer, now: int) -> tuple[Mark, bool]:  # noqa: ARG002 - as the protocol has it
        """Go on with the rest, if that was a span; else remember when it was begun."""
        if mark.until:
            return replace(mark, since=mark.until, until=0), True
        return Mark(whole_at=mark.begun_at), False

    def narrower(self, mark: Mark, answer: Answer) -> Mark | None:
        """Halve a span with more entries than the vendor gives."""
        until = mark.until or mark.begun_at
        if not self.ceiling or answer.number(self.total) <= self.ceiling or until - mark.since <= 1:
            return None
        return replace(mark, until=mark.since + (until - mark.since) // 2)

    def is_whole(self, mark: Mark) -> bool:  # noqa: ARG002 - as the protocol has it
        """It always is."""
        return True
