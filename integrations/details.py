"""What stands below the entries of a list: the messages of each conversation that changed, the whole of each user.

Each is a request of its own. A page is one of them, or a few where each brings only one entry; a run that ends
between two pages goes on there.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from integrations.answer import Answer
from integrations.contract import ContactRecord, Delivery, Page, Rejected
from integrations.errors import RefusedError, SourceError
from integrations.http import HttpApi, Request, Values
from integrations.paging import At, OnePage, Paging
from integrations.payloads import read_entries
from integrations.streams import Todo, Walk

GONE = 404
LONGEST_PAGE = 5.0
"""Seconds. With one more request, however slow, a page still lands before its lease ends."""


class _Step(NamedTuple):
    """What one request brought, and where reading goes on."""

    walk: Walk
    more: bool
    deliveries: tuple[Delivery, ...] = ()
    rejected: tuple[Rejected, ...] = ()


class Details(Struct, frozen=True, kw_only=True):
    """One list below each entry."""

    name: str
    """What the vendor calls it; names it in rejects ("messages, entry 3")."""
    keys: Callable[[Any], Iterable[str]]
    """What stands for an entry whose details are wanted: all that `path` and `records` have to know of it."""
    path: Callable[[str], str]
    into: type[Any]
    """What one of its entries looks like."""
    records: Callable[[str, Any], Iterable[ContactRecord]]
    """Which records such an entry makes, given the key."""
    entries: str = ""
    one: bool = False
    """True where the answer is no list but one entry, whole."""
    at_once: int = 1
    """How many requests may make one page, where each brings little."""
    seconds: float = LONGEST_PAGE
    """How long a page may take before no further request is added to it."""
    paging: Paging = OnePage()
    largest: int = 100
    query: Values = {}
    """The parameters of the first page."""
    since: str = ""
    """The parameter that takes the vendor's token of the last run, where this list heeds it too."""
    stamped: timedelta | None = None
    """As a stream's: set where entries do not tell when they last changed."""
    then: "Details | None" = None
    """What is read below the entries of this list, once all of these lists are read."""

    def below(self, depth: int) -> "Details | None":
        """Return the details so many lists below this one; None where there are none."""
        details: Details | None = self
        for _ in range(depth):
            details = None if details is None else details.then
        return details

    def read(self, api: HttpApi, walk: Walk, todo: Todo) -> Page:
        """Return one page of the details of the first entries to do; raises as `Connector.fetch` does."""
        began = monotonic()
        steps = [self._step(api, walk, todo)]
        while len(steps) < self.at_once and monotonic() - began < self.seconds:
            walk, *_ = steps[-1]
            if walk.todo is None or walk.todo.depth != todo.depth:
                break
            try:
                steps.append(self._step(api, walk, walk.todo))
            except SourceError:
                # What was read lands first; the next page begins with this request.
                break
        began_at = datetime.fromtimestamp(todo.begun_at, UTC)
        return Page(
            deliveries=tuple(each for step in steps for each in step.deliveries),
            rejected=tuple(each for step in steps for each in step.rejected),
            cursor=steps[-1].walk.cursor,
            more=steps[-1].more,
            stamp=None if self.stamped is None else began_at - self.stamped,
        )

    def _step(self, api: HttpApi, walk: Walk, todo: Todo) -> _Step:
        at = At(next=todo.next, size=self.largest, of=todo.keys[0], token=todo.token)
        since = {self.since: todo.token} if self.since and todo.token else {}
        asked = Request(path=self.path(at.of), params={**self.query, **since})
        try:
            return api.read(
                self.paging.ask(asked, at), lambda body: self._read(walk, todo, at, self._answer(body))
            )
        except RefusedError as error:
            if error.status != GONE:
                raise
            # The entry was deleted since it was listed.
            return _after(walk, todo, "")

    def _answer(self, body: bytes) -> Answer:
        return Answer(b"[%b]" % body if self.one else body, self.entries)

    def _read(self, walk: Walk, todo: Todo, at: At, answer: Answer) -> _Step:
        named: list[str] = []

        def records(entry: object) -> Iterable[ContactRecord]:
            if self.then is not None:
                named.extend(self.then.keys(entry))
            return self.records(at.of, entry)

        read = read_entries(answer.entries, self.into, where=self.name, records=records)
        following = self.paging.following(answer, at)
        if following and following == at.next:
            raise ValueError("The next page would be one that was read already")
        then = tuple(dict.fromkeys((*todo.then, *named)))
        step = _after(walk, replace(todo, then=then), following)
        return step._replace(deliveries=read.deliveries, rejected=read.rejected)


def skipped(walk: Walk, todo: Todo) -> Page:
    """Return an empty page after which nothing is left to do: details are not read any more."""
    step = _after(walk, replace(todo, keys=todo.keys[:1], then=()), "")
    return Page(deliveries=(), cursor=step.walk.cursor, more=step.more)


def _after(walk: Walk, todo: Todo, following: str) -> _Step:
    left = replace(todo, keys=todo.keys if following else todo.keys[1:], next=following)
    if not left.keys and left.then:
        left = replace(left, keys=left.then, then=(), depth=left.depth + 1)
    return _Step(replace(walk, todo=left if left.keys else None), more=bool(left.keys) or todo.more)
