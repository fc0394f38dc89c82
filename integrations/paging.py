"""How vendors lead from one page of a list to the next: the styles there are, as data.

Each says how the request of a page differs from that of the first, and what in an answer leads on. The value that
leads on is a text: it is kept in the cursor, and one that comes back stops the run (`streams.py`).
"""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from integrations.answer import Answer
from integrations.http import Request


class At(Struct, frozen=True, kw_only=True):
    """What one request of a stream has to ask for."""

    since: int = 0
    """Entries that changed from here on, in Unix seconds; 0 is everything."""
    until: int = 0
    """Entries up to here; 0 where the vendor is asked for all that is new."""
    next: str = ""
    """The vendor's link or token to this page; empty on the first."""
    token: str = ""
    """The vendor's token for what changed since the last run; empty where the list is read whole."""
    size: int
    """Entries a page."""
    of: str = ""
    """The key of the entry whose details are asked for."""


class Paging(Protocol):
    """A style of paging."""

    def ask(self, request: Request, at: At) -> Request:
        """Return the request of the page `at`, given that of the list."""
        ...

    def following(self, answer: Answer, at: At) -> str:
        """Return what leads to the next page; empty after the last."""
        ...

    def marker(self, answer: Answer, following: str) -> bytes:
        """Return what stands for the step to the next page: met again, it means that pages run in a circle."""
        ...


class _Style(Struct, frozen=True):
    def marker(self, answer: Answer, following: str) -> bytes:  # noqa: ARG002 - as the protocol has it
        """A link or token that comes back leads in a circle."""
        return following.encode()


class _Counting(Struct, frozen=True):
    def marker(self, answer: Answer, following: str) -> bytes:  # noqa: ARG002 - as the protocol has it
        """Numbers only rise: that the vendor does not heed them shows in a page that comes back."""
        return b"".join(bytes(each) for each in answer.entries)


class OnePage(_Style, frozen=True, tag_field="style", tag="none", forbid_unknown_fields=True):
    """The whole list is one answer."""

    def ask(self, request: Request, at: At) -> Request:  # noqa: ARG002 - as the protocol has it
        """Return the request as it is."""
        return request

    def following(self, answer: Answer, at: At) -> str:  # noqa: ARG002 - as the protocol has it
        """Nothing follows."""
        return ""


class Link(_Style, frozen=True, tag_field="style", tag="link", forbid_unknown_fields=True):
    """The answer holds the address of the next page, whole or without its host."""

    at: str
    """Where in the answer."""
    size: str = ""
    """The parameter that says how many entries a page has; empty where the vendor decides."""

    def ask(self, request: Request, at: At) -> Request:
        """Follow the link as it is: it holds the parameters of the first request."""
        if at.next:
            return replace(request, path=at.next, params={}, body=None, method="GET")
        return _with(request, {self.size: at.size})

    def following(self, answer: Answer, at: At) -> str:  # noqa: ARG002 - as the protocol has it
        """Return the link."""
        return answer.text(self.at)


class Token(_Style, frozen=True, tag_field="style", tag="token", forbid_unknown_fields=True):
    """The answer holds a token that the next request sends."""

    at: str
    """Where in the answer."""
    sends: str
    """The parameter, or the place in the body, that takes it."""
    size: str = ""
    more: str = ""
    """Where a flag says that there is a next page; empty where the token itself says so."""
    alone: bool = False
    """True where a request with the token may carry nothing of the first one's filters."""
    ends: str = ""
    """Where a flag says that this is the last page, though it has a token."""

    def ask(self, request: Request, at: At) -> Request:
        """Send the token of this page."""
        if not at.next:
            return _with(request, {self.size: at.size})
        if self.alone:
            request = replace(request, params={})
        return _with(request, {self.size: at.size, self.sends: at.next})

    def following(self, answer: Answer, at: At) -> str:  # noqa: ARG002 - as the protocol has it
        """Return the token."""
        is_last = bool(self.ends and answer.at(self.ends)) or bool(self.more and not answer.at(self.more))
        return "" if is_last else answer.text(self.at)


class Numbers(_Counting, frozen=True, tag_field="style", tag="number", forbid_unknown_fields=True):
    """Pages are numbered; the list ends with a page that is short, or empty, or says so."""

    sends: str
    """The parameter that takes the number."""
    size: str = ""
    first: int = 1
    more: str = ""
    """Where the answer says that there is a next page; empty where only its length tells."""

    def ask(self, request: Request, at: At) -> Request:
        """Send the number of this page."""
        return _with(request, {self.size: at.size, self.sends: int(at.next or self.first)})

    def following(self, answer: Answer, at: At) -> str:
        """Return the next number."""
        # Without a size of our choosing only an empty page is surely the last one.
        full = len(answer.entries) >= (at.size if self.size else 1)
        more = answer.at(self.more) if self.more else full
        return str(int(at.next or self.first) + 1) if more and answer.entries else ""


class Backwards(_Counting, frozen=True, tag_field="style", tag="backwards", forbid_unknown_fields=True):
    """Pages are numbered and read from the last one to the first: for lists, oldest first, that show what is gone.

    An entry that is deleted while the list is read moves all that follow it one place forward. Read forward, one
    at the edge of each page would be passed over, and be taken for gone; backward it comes twice.
    """

    sends: str
    """The parameter that takes the number."""
    count: str
    """Where the answer says how many entries there are."""

    def ask(self, request: Request, at: At) -> Request:
        """Send the number of this page."""
        return _with(request, {self.sends: int(at.next or 1)})

    def following(self, answer: Answer, at: At) -> str:
        """Return the number before; after the first answer, which tells how long a page is, that of the last page."""
        if at.next:
            return str(int(at.next) - 1) if int(at.next) > 1 else ""
        if answer.at(self.count) is None:
            raise ValueError(f"`$.{self.count}` is missing")
        count = answer.number(self.count)
        if bool(count) != bool(answer.entries):
            raise ValueError(f"The first page contradicts `$.{self.count}`")
        pages = -(-count // len(answer.entries)) if count else 1
        return str(pages) if pages > 1 else ""


class Offsets(_Counting, frozen=True, tag_field="style", tag="offset", forbid_unknown_fields=True):
    """A request says how many entries to leave out."""

    sends: str
    size: str
    more: str = ""

    def ask(self, request: Request, at: At) -> Request:
        """Send how many entries came before this page."""
        return _with(request, {self.size: at.size, self.sends: int(at.next or 0)})

    def following(self, answer: Answer, at: At) -> str:
        """Return how many entries came up to here."""
        more = answer.at(self.more) if self.more else len(answer.entries) >= at.size
        return str(int(at.next or 0) + len(answer.entries)) if more and answer.entries else ""


class LastId(_Style, frozen=True, tag_field="style", tag="last-id", forbid_unknown_fields=True):
    """A request names the last entry of the page before."""

    sends: str
    size: str
    more: str = ""
    id: str = "id"
    """The field of an entry that names it."""

    def ask(self, request: Request, at: At) -> Request:
        """Send the last id."""
        return _with(request, {self.size: at.size, self.sends: at.next})

    def following(self, answer: Answer, at: At) -> str:
        """Return the id of the last entry that is one; what is no object costs only itself."""
        if not answer.entries or not (answer.at(self.more) if self.more else len(answer.entries) >= at.size):
            return ""
        objects = (entry for entry in reversed(answer.entries) if bytes(entry)[:1] == b"{")
        last = msgspec.json.decode(next(objects, Raw(b"{}"))).get(self.id)
        if not isinstance(last, str | int):
            raise ValueError(f"The last entry has no `{self.id}`")  # noqa: TRY004 - what is wrong is the answer
        return str(last)


def _with(request: Request, values: dict[str, str | int]) -> Request:
    """Return the request with these values in its body, where it has one, or among its parameters."""
    given = {name: value for name, value in values.items() if name and value != ""}
    if request.body is None:
        return replace(request, params={**request.params, **given})
    body = request.body
    for path, value in given.items():
        body = _placed(body, path.split("."), value)
    return replace(request, body=body)


def _placed(body: dict[str, Any], path: Sequence[str], value: str | int) -> dict[str, Any]:
    """Return a copy of `body` with `value` where `path` leads."""
    inner: object = _placed(body.get(path[0]) or {}, path[1:], value) if len(path) > 1 else value
    return {**body, path[0]: inner}
