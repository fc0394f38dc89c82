"""The engine of connectors to REST APIs: a vendor is a table of streams, this reads them page by page.

A stream says what is asked, how pages follow each other (`paging.py`), how a later run asks for what changed
since the last one, and what records an entry makes. The engine keeps the cursor (`streams.py`), reads entries
one by one so that a bad one costs only itself, and stops when pages run in a circle.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from integrations.answer import Answer
from integrations.changes import Changes
from integrations.contract import ContactRecord, Page, Part, Sweep
from integrations.details import Details, skipped
from integrations.errors import RefusedError
from integrations.http import HttpApi, Request, Values
from integrations.limits import Rate
from integrations.paging import At, OnePage, Paging
from integrations.payloads import Entries, read_entries
from integrations.sideload import SideLoad
from integrations.source import Source
from integrations.streams import Mark, Seen, Streams, Todo, Walk

UNTOLD = datetime.max.replace(tzinfo=UTC)
"""In a record's `occurred_at`: the vendor tells no time. It becomes, as `updated_at` does, when the list was begun:
the same time for a page that is read again."""


class Swept(Struct, frozen=True):
    """A list that, read whole, shows what is gone."""

    prefix: str = ""
    """The keys of its records begin so, and those of no others."""
    id: str = "id"
    """Where in an entry stands what, after the prefix, makes the record's key ("person.id")."""
    identified: bool = False
    """True where the list leaves out who has no identifier, though another stream brings them."""

    def key_of(self, raw: str) -> str:
        """Return the key of an entry that could not be read; empty where that cannot be told either."""
        try:
            named = msgspec.json.decode(raw)
        except (ValueError, RecursionError):
            return ""
        for name in self.id.split("."):
            named = named.get(name) if isinstance(named, dict) else None
        return f"{self.prefix}{named}" if isinstance(named, str | int) else ""


class Stream(Struct, frozen=True, kw_only=True):
    """One list of a vendor's."""

    name: str
    """What the vendor calls it; names it in the cursor and in rejects ("calls, entry 3")."""
    path: str
    into: type[Any]
    """What one entry looks like."""
    records: Callable[[Any], Iterable[ContactRecord]]
    """Which records an entry makes; may raise `ValueError` with a reason that names no value."""
    changes: Changes
    entries: str = ""
    """Where in the answer the entries are ("data.contacts"); empty where the answer is the list."""
    empty: str = ""
    """Where something stands in an answer that has no entries and leaves the list out; empty where that is wrong."""
    keyed: str = ""
    """Where the answer has an object in place of a list: the field of each entry that its name there is put into."""
    paging: Paging = OnePage()
    largest: int = 100
    """The largest page that the vendor gives."""
    seen: Callable[[Any], Seen] | None = None
    """When an entry last changed, by the vendor's clock: what `Newest` and `Spans` need."""
    query: Callable[[At], Values] | None = None
    """The parameters of the list, with how "changed since" is written."""
    body: Callable[[At], Any] | None = None
    """What is sent with a POST in place of a GET."""
    rates: tuple[Rate, ...] | None = None
    """The limits it counts under, where they are not those of the whole API."""
    sweeps: Swept | None = None
    """Set where the list, read whole, shows what is gone."""
    stamped: timedelta | None = None
    """Set where entries do not tell when they last changed: they rank as of when the list was begun, less this,
    so that changes that another stream tells of meanwhile rank higher though our clock be fast."""
    beside: SideLoad | None = None
    """What the answer holds beside the entries that belongs to them."""
    details: Details | None = None
    """A list below each entry that is to be read too."""
    permission: str = ""
    """What the credentials need for it, in the vendor's words."""

    def request(self, at: At) -> Request:
        """Return the request of a page."""
        asked = Request(
            path=self.path,
            method="GET" if self.body is None else "POST",
            params={} if self.query is None else self.query(at),
            body=None if self.body is None else self.body(at),
            rates=self.rates,
        )
        return self.paging.ask(asked, at)


class Rest:
    """A connector made of streams, which are read one after the other."""

    def __init__(self, source: Source, api: HttpApi, streams: Sequence[Stream]) -> None:
        self.api = api
        self.streams = tuple(streams)
        self._streams = {stream.name: stream for stream in streams}
        self._page_limit = source.page_limit
        self._walks = Streams(source.name, tuple(self._streams))
        self._clock = source.clock

    def parts(self) -> Sequence[Part]:
        """Return the streams, to be tried one by one; each as if it had last been read long ago, so that it is time."""
        return [
            Part(name, Walk(stream=name, marks={name: Mark(whole_at=1)}).cursor, stream.permission)
            for name, stream in self._streams.items()
        ]

    def fetch(self, cursor: str | None) -> Page:
        """Return the page after `cursor`; raises as `Connector.fetch` does."""
        walk = self._walks.resume(cursor)
        if walk.todo is not None:
            below = self._streams[walk.todo.stream].details
            details = None if below is None else below.below(walk.todo.depth)
            return skipped(walk, walk.todo) if details is None else details.read(self.api, walk, walk.todo)
        stream = self._streams[walk.stream]
        now = int(self._clock().timestamp())
        mark = walk.mark if walk.mark.begun_at else stream.changes.begin(walk.mark, now)
        if not mark.begun_at:
            following, more = self._next_stream(walk, mark, now)
            return Page(deliveries=(), cursor=following.cursor, more=more)
        walk = walk.marked(mark)
        at = self._at(walk, stream)
        try:
            return self.api.read(
                self._request(stream, at),
                lambda body: self._page(
                    walk, stream, at, Answer(body, stream.entries, stream.empty, stream.keyed), now
                ),
            )
        except RefusedError as error:
            anew = stream.changes.restart(mark, error)
            if anew is None:
                raise
            return _nothing(_again(walk, anew))

    def _request(self, stream: Stream, at: At) -> Request:
        try:
            return stream.request(at)
        except ValueError as error:  # A link, where numbers lead on since: the cursor is an older version's.
            raise self._walks.strange_cursor() from error

    def _at(self, walk: Walk, stream: Stream) -> At:
        return At(
            since=walk.mark.since,
            until=walk.mark.until,
            next=walk.next,
            token=walk.mark.token,
            size=min(self._page_limit or stream.largest, stream.largest),
        )

    def _page(self, walk: Walk, stream: Stream, at: At, answer: Answer, now: int) -> Page:
        """Return the page that an answer makes; raises `ValueError` where the answer is not as described."""
        narrower = None if walk.next else stream.changes.narrower(walk.mark, answer)
        if narrower is not None:
            return _nothing(_again(walk, narrower))
        seen: list[Seen] = []
        wanted: list[str] = []
        began_at = datetime.fromtimestamp(walk.mark.begun_at, UTC)

        def records(entry: object) -> Iterable[ContactRecord]:
            if stream.seen is not None:
                seen.append(stream.seen(entry))
                if stream.changes.knows(walk.mark, seen[-1]):
                    return ()
            if stream.details is not None:
                wanted.extend(stream.details.keys(entry))
            return [_dated(each, began_at) for each in stream.records(entry)]

        entries = answer.entries if stream.beside is None else stream.beside.joined(answer)
        read = read_entries(entries, stream.into, where=stream.name, records=records)
        is_enough = bool(seen) and stream.changes.is_enough(walk.mark, seen[-1])
        following = "" if is_enough else stream.paging.following(answer, at)
        sweep = None
        if stream.sweeps is not None and stream.changes.is_whole(walk.mark):
            goes_on = stream.changes.close(walk.mark, answer, now)[1]
            sweep = _sweep(stream.sweeps, walk.mark, read, ended=not (following or goes_on))
        walk, more = self._after(walk, stream, walk.mark.after(seen, now=now), answer, following, now)
        if wanted:
            walk, more = _with_details(walk, stream, at, wanted, more=more, began_at=began_at), True
        return Page(
            deliveries=read.deliveries,
            rejected=read.rejected,
            cursor=walk.cursor,
            more=more,
            stamp=None if stream.stamped is None else began_at - stream.stamped,
            sweep=sweep,
        )

    def _after(
        self, walk: Walk, stream: Stream, mark: Mark, answer: Answer, following: str, now: int
    ) -> tuple[Walk, bool]:
        """Return where reading goes on after a page, and whether at once."""
        if following:
            marker = stream.paging.marker(answer, following)
            return self._walks.next_page(walk, mark, following, marker), True
        mark, goes_on = stream.changes.close(mark, answer, now)
        return (_again(walk, mark), True) if goes_on else self._next_stream(walk, mark, now)

    def _next_stream(self, walk: Walk, mark: Mark, now: int) -> tuple[Walk, bool]:
        """Return the walk to the next stream that it is time to read, and whether there is one in this run."""
        walk, more = self._walks.next_stream(walk, mark)
        while more:
            mark = self._streams[walk.stream].changes.begin(walk.mark, now)
            if mark.begun_at:
                break
            walk, more = self._walks.next_stream(walk, mark)
        return walk, more


def _with_details(
    walk: Walk, stream: Stream, at: At, wanted: Iterable[str], *, more: bool, began_at: datetime
) -> Walk:
    """Return the walk that reads the details of a page's entries before it goes on."""
    todo = Todo(
        stream=stream.name,
        keys=tuple(dict.fromkeys(wanted)),
        more=more,
        token=at.token,
        begun_at=int(began_at.timestamp()),
    )
    return replace(walk, todo=todo)


def _again(walk: Walk, mark: Mark) -> Walk:
    """Return the walk at the start of the same stream, by another mark."""
    return Walk(stream=walk.stream, marks=walk.marked(mark).marks)


def _nothing(walk: Walk) -> Page:
    return Page(deliveries=(), cursor=walk.cursor, more=True)


def _dated(record: ContactRecord, began_at: datetime) -> ContactRecord:
    if record.occurred_at != UNTOLD:
        return record
    return replace(record, occurred_at=began_at, updated_at=began_at)


def _sweep(swept: Swept, mark: Mark, read: Entries, *, ended: bool) -> Sweep:
    listed = [each.record.id for each in read.deliveries if not each.record.deleted]
    # A rejected entry is there too, though it could not be read.
    listed += filter(None, map(swept.key_of, read.unread))
    return Sweep(
        began_at=datetime.fromtimestamp(mark.begun_at, UTC),
        listed=tuple(dict.fromkeys(listed)),
        ended=ended,
        prefix=swept.prefix,
        identified=swept.identified,
    )
