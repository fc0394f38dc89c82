"""An invented vendor with a rate limit, before which workers can be watched: its server, and its connector.

`celery --app benchmarks.paced_vendor` starts workers that know the connector; everything else is as always.
"""

import os
from collections.abc import MutableMapping
from random import Random
from threading import Lock
from time import sleep, time
from typing import cast

from msgspec import Raw, Struct

from integrations.connectors import CONNECTORS, Entry
from integrations.contract import ContactRecord, Identifier, Level, Moment, Page
from integrations.credentials import bearer
from integrations.http import HttpApi, Values
from integrations.limits import Rate
from integrations.payloads import Key, Payload, read_entries
from integrations.source import Source
from worker.celery import app
from worker.demo.simulator_server import Answer, Asked, LoopbackServer, answer_json

__all__ = ["RATE", "TOKEN", "PacedVendor", "app", "connector"]

RATE = Rate(10, 1.0)
TOKEN = "not-a-real-token-of-anyone"  # noqa: S105 - of the invented vendor


class PacedVendor(LoopbackServer):
    """Lists of contacts behind one token. Keeps its limit with a sliding window, and counts what it saw."""

    def __init__(self, *, records: int, longest_way: float, errors: float, unavailable: float) -> None:
        """Answer nothing yet.

        Args:
            records: In each list.
            longest_way: Seconds that a request, and its answer, are on their way at most.
            errors: The share of requests that is answered with 500.
            unavailable: The share that is answered with 503 and `Retry-After`.
        """
        super().__init__(self._answer)
        self.seen: list[float] = []
        """When each request arrived."""
        self.answered: list[int] = []
        """With which status, in the order of arrival."""
        self.processes: set[str] = set()
        """Which processes asked."""
        self._records = records
        self._longest_way = longest_way
        self._errors = errors
        self._unavailable = unavailable
        self._random = Random(7)
        self._lock = Lock()

    def _answer(self, asked: Asked) -> Answer:
        with self._lock:
            there, back = (self._random.uniform(0, self._longest_way) for _ in range(2))
        sleep(there)
        with self._lock:
            answer = self._arrived(asked, time())
            self.answered.append(answer.status)
            self.processes.add(asked.headers["x-process"])
        sleep(back)
        return answer

    def _arrived(self, asked: Asked, now: float) -> Answer:
        too_many = len(self.seen) >= RATE.requests and now - self.seen[-RATE.requests] < RATE.seconds
        self.seen.append(now)
        chance = self._random.random()
        if too_many:
            return answer_json({}, status=429, headers={"Retry-After": "1"})
        if chance < self._errors:
            return answer_json({}, status=500)
        if chance < self._errors + self._unavailable:
            return answer_json({}, status=503, headers={"Retry-After": "2"})
        return answer_json(self._page(asked))

    def _page(self, asked: Asked) -> dict[str, object]:
        start, size = int(asked.query["after"]), int(asked.query["limit"])
        numbers = range(start, min(start + size, self._records))
        contacts = [
            {"id": f"c-{number}", "changed_at": "2026-03-02T10:00:00Z", "email": f"{number}@example.com"}
            for number in numbers
        ]
        return {"contacts": contacts, "next": numbers.stop, "more": numbers.stop < self._records}


class PacedSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What avouch.toml says of a source of this vendor."""

    base_url: str
    list: str


class _Contact(Payload):
    id: Key
    changed_at: Moment
    email: str

    def record(self) -> ContactRecord:
        mailbox = Identifier(type="email", value=self.email, level=Level.STORED)
        return ContactRecord(id=self.id, occurred_at=self.changed_at, identifiers=(mailbox,))


class _Contacts(Payload):
    contacts: list[Raw]
    next: int
    more: bool


class _Paced:
    """Reads one list, a page a request."""

    def __init__(self, source: Source) -> None:
        options = source.options(PacedSettings)
        self._path = f"/v1/lists/{options.list}"
        self._size = source.page_limit or 25
        self._api = HttpApi(
            source,
            options.base_url,
            auth=bearer(source.name, source.secret("token")),
            headers={"X-Process": str(os.getpid())},
            rates=(RATE,),
        )

    def fetch(self, cursor: str | None) -> Page:
        """Return the next page of contacts."""
        params: Values = {"after": cursor or "0", "limit": self._size}
        listed = self._api.get(self._path, into=_Contacts, params=params)
        read = read_entries(
            listed.contacts, _Contact, where="contacts", records=lambda contact: (contact.record(),)
        )
        return Page(
            deliveries=read.deliveries, rejected=read.rejected, cursor=str(listed.next), more=listed.more
        )


def connector(source: Source) -> _Paced:
    """Build the connector: what the registry loads."""
    return _Paced(source)


cast("MutableMapping[str, Entry]", CONNECTORS)["paced"] = Entry(
    title="An invented vendor with a rate limit",
    kind="chat",
    loads=f"{__name__}:connector",
    trust=Level.STORED,
    required=("base_url", "list"),
    secrets=(("token",),),
)
