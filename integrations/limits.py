"""A vendor's rate limits, and who keeps them: one limiter for all workers that use the same credentials."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Protocol

from msgspec import Struct


class Rate(Struct, frozen=True):
    """At most `requests` requests in any `seconds`; with 0 seconds, so many at the same time."""

    requests: int
    seconds: float
    group: str = ""
    """What the vendor calls the requests that share this limit; empty where all of them do."""


class Limiter(Protocol):
    """Lets requests through as fast as the vendor's limits allow and no faster."""

    def slot(self, key: str, rates: Sequence[Rate]) -> AbstractContextManager[None]:
        """Return a context to send one request in; entering it waits for its turn.

        A slot counts from before the request leaves until the window has passed since its answer, so however
        long either is on its way, the vendor never sees more than `rates` allow.

        Args:
            key: Whose limit it is: stands for the credentials, without showing them.
            rates: All of them hold at once.

        Raises `ThrottledError` on entering, when the turn is too far away to wait for.
        """
        ...

    def hold_back(self, key: str, rates: Sequence[Rate], wait: timedelta) -> None:
        """Let nothing through for `wait`: the vendor said so, and requests meanwhile may prolong it."""
        ...


class Unlimited:
    """Lets everything through: for tests of other things, and for vendors on loopback."""

    @contextmanager
    def slot(self, key: str, rates: Sequence[Rate]) -> Iterator[None]:  # noqa: ARG002 - as the limiter has it
        """Let it through."""
        yield

    def hold_back(self, key: str, rates: Sequence[Rate], wait: timedelta) -> None:
        """Forget it."""
