"""Lists below the entries of a list: the messages of each conversation that changed.

Each is a request of its own, and a page of its own: a run that ends between two of them goes on there.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from integrations.contract import ContactRecord, Page
from integrations.errors import RefusedError
from integrations.http import HttpApi, Request, Values
from integrations.paging import Answer, At, OnePage, Paging
from integrations.payloads import read_entries
from integrations.streams import Todo, Walk

GONE = 404


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
    paging: Paging = OnePage()
    largest: int = 100
    query: Values = {}
    """The parameters of the first page."""

    def read(self, api: HttpApi, walk: Walk, todo: Todo) -> Page:
        """Return one page of the details of the first entry to do; raises as `Connector.fetch` does."""
        key = todo.keys[0]
        at = At(next=todo.next, size=self.largest, of=key)
        try:
            return api.read(
                self.paging.ask(Request(path=self.path(key), params=self.query), at),
                lambda body: self._page(walk, todo, at, Answer(body, self.entries)),
            )
        except RefusedError as error:
            if error.status != GONE:
                raise
            # The entry was deleted since it was listed.
            return _page(walk, todo, "")

    def _page(self, walk: Walk, todo: Todo, at: At, answer: Answer) -> Page:
        read = read_entries(answer.entries, self.into, where=self.name, records=partial(self.records, at.of))
        following = self.paging.following(answer, at)
        if following and following == at.next:
            raise ValueError("The next page would be one that was read already")
        page = _page(walk, todo, following)
        return Page(deliveries=read.deliveries, rejected=read.rejected, cursor=page.cursor, more=page.more)


def skipped(walk: Walk, todo: Todo) -> Page:
    """Return an empty page after which nothing is left to do: details are not read any more."""
    return _page(walk, replace(todo, keys=todo.keys[:1]), "")


def _page(walk: Walk, todo: Todo, following: str) -> Page:
    keys = todo.keys if following else todo.keys[1:]
    walk = replace(walk, todo=replace(todo, keys=keys, next=following) if keys else None)
    return Page(deliveries=(), cursor=walk.cursor, more=bool(keys) or todo.more)
