"""The vendors' rate limits, kept for all workers together in Redis or Valkey.

For each rate there is a sorted set of slots; a slot's score is when it is free again. While its request is on
its way that is the end of its lease; the answer moves it to one window later. So a window begins when the
answer came: whatever the way took, the vendor never sees more than a rate allows (docs/decisions/0015).
"""

import math
import random
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from hashlib import blake2b
from typing import cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

from integrations.errors import ThrottledError, UnavailableError
from integrations.limits import Rate

LEASE = timedelta(seconds=70)
"""Longer than any request: `integrations.http.LIMITS` (10 s to connect, 35 s in all, 20 s of silence on top)."""
PATIENCE = timedelta(seconds=8)
"""How long a worker waits for its turn. With a run's ten seconds and a request it stays below the 60 seconds
after which a task is stopped."""
SHORTEST_STEP = 0.01
LONGEST_STEP = 1.0
"""Seconds between two looks: a waiting worker costs a request to Redis each time."""
JITTER = 0.02
"""Each wait is up to so many seconds longer, so that workers do not come back together. More would leave slots
unused that are free."""
SOON = timedelta(seconds=1)
"""When a run goes on that waited for a request of unknown length: those are limits of requests at one time."""

_NOW = "local t = redis.call('TIME') local now = t[1] * 1000000 + t[2]\n"
# Whole microseconds: fifteen digits fit a score exactly, and Lua's own way to write numbers would round them.

_TAKE = (
    _NOW
    + """
local member, sets, wait = ARGV[1], tonumber(ARGV[2]), -1
for i = sets + 1, #KEYS do
    local held = redis.call('PTTL', KEYS[i]) * 1000
    if held > wait then wait = held end
end
for i = 1, sets do
    local requests, window = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
    redis.call('ZREM', KEYS[i], member)
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', string.format('%.0f', now))
    local over = redis.call('ZCARD', KEYS[i]) - requests
    if over >= 0 then
        local free = redis.call('ZRANGE', KEYS[i], over, over, 'WITHSCORES')[2] - now
        wait = math.max(wait, math.min(free, window))
    end
end
if wait >= 0 then return wait end
for i = 1, sets do
    local lease = tonumber(ARGV[3 * i + 2])
    redis.call('ZADD', KEYS[i], string.format('%.0f', now + lease), member)
    redis.call('PEXPIRE', KEYS[i], math.ceil(lease / 1000))
end
return -1
"""
)
"""Takes a slot of every rate, or of none: -1 when taken, else how many microseconds it takes at least.

KEYS: one set for each rate, then the holds. ARGV: the slot, how many sets, then for each requests, window, lease.
A request that is still on its way is free a window from now at the earliest, whatever is left of its lease.
A slot that is there already, by a command that was sent again, counts once."""

_LEAVE = (
    _NOW
    + """
for i = 1, #KEYS do
    local window, lease = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
    if window == 0 then
        redis.call('ZREM', KEYS[i], ARGV[1])
    else
        redis.call('ZADD', KEYS[i], string.format('%.0f', now + window), ARGV[1])
        redis.call('PEXPIRE', KEYS[i], math.ceil(lease / 1000))
    end
end
"""
)
"""Begins the window of a slot. KEYS: the sets. ARGV: the slot, then for each window and lease."""

_HOLD = """
for i = 1, #KEYS do
    if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[i], '', 'PX', ARGV[1]) end
end
"""
"""Holds everybody back, never for shorter than somebody said before. ARGV: milliseconds."""


class SharedLimiter:
    """Lets requests of all processes through as fast as the vendor's limits allow and no faster.

    Threads may share one. Times are Redis's own, so that workers' clocks need not agree.
    """

    def __init__(self, url: str, *, patience: timedelta = PATIENCE, lease: timedelta = LEASE) -> None:
        """Connect to nothing yet.

        Args:
            url: Of Redis or Valkey.
            patience: How long `slot` waits before it raises.
            lease: When a slot whose process was killed comes free: this and one window after it was taken.
        """
        self._patience = patience
        self._lease = lease
        # Once again at once: the server may have been restarted since the connection was last used.
        again = Retry(NoBackoff(), 1, supported_errors=(NoConnectionError,))
        self._redis = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=3, retry=again)
        self._take = self._redis.register_script(_TAKE)
        self._leave = self._redis.register_script(_LEAVE)
        self._hold = self._redis.register_script(_HOLD)

    @contextmanager
    def slot(self, key: str, rates: Sequence[Rate]) -> Iterator[None]:
        """Return a context to send one request in; entering it waits for its turn.

        Entering raises `ThrottledError` when the turn is further away than `patience`, and `UnavailableError`
        while Redis does not answer: without it nobody knows what the others send.
        """
        name = secrets.token_hex(8)
        self._wait_for(name, key, rates)
        try:
            yield
        finally:
            self._left(name, key, rates)

    def hold_back(self, key: str, rates: Sequence[Rate], wait: timedelta) -> None:
        """Let nothing through that shares a limit with `rates` for `wait`; a longer wait said before stays."""
        milliseconds = max(1, math.ceil(wait.total_seconds() * 1000))
        try:
            self._hold(keys=_holds(key, {rate.group for rate in rates} or {""}), args=[milliseconds])
        except RedisError:
            # The vendor's answer is what the caller has to tell; and while Redis is away nobody gets a slot.
            return

    def _taken(self, slot: str, key: str, rates: Sequence[Rate]) -> float:
        """Take `slot`, and return how many seconds that has to wait at least: less than 0 when it is taken."""
        args: list[str | int] = [slot, len(rates)]
        for rate in rates:
            args += [rate.requests, _window(rate), self._lease_of(rate)]
        try:
            # What everybody shares is seen by everybody.
            keys = [*_sets(key, rates), *_holds(key, {"", *(rate.group for rate in rates)})]
            return cast("int", self._take(keys=keys, args=args)) / 1_000_000
        except RedisError as error:
            raise UnavailableError(
                "No request was sent: Valkey, which keeps the vendors' rate limits, could not be asked"
                f" ({type(error).__name__}).\n    It is tried again later by itself. See what runs: avouch doctor"
            ) from error

    def _left(self, slot: str, key: str, rates: Sequence[Rate]) -> None:
        """Begin the window of `slot`: its answer came, or its request was given up."""
        args: list[str | int] = [slot]
        for rate in rates:
            args += [_window(rate), self._lease_of(rate)]
        try:
            self._leave(keys=_sets(key, rates), args=args)
        except RedisError:
            # The answer is there and is good; the slot counts until its lease ends, which is on the safe side.
            return

    def _wait_for(self, slot: str, key: str, rates: Sequence[Rate]) -> None:
        """Take `slot` as soon as it is free."""
        end = time.monotonic() + self._patience.total_seconds()
        while (wait := self._taken(slot, key, rates)) >= 0:
            if time.monotonic() + wait > end:
                after = max(SOON, timedelta(seconds=wait))
                raise ThrottledError(
                    f"The vendor's rate limit is used up for {math.ceil(after.total_seconds())} s."
                    " It goes on by itself then; nothing failed.",
                    retry_after=after,
                )
            step = min(max(wait, SHORTEST_STEP), LONGEST_STEP)
            time.sleep(step + JITTER * random.random())  # noqa: S311 - spreads load, guards nothing

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()

    def _lease_of(self, rate: Rate) -> int:
        return _microseconds(self._lease.total_seconds()) + _window(rate)


def _sets(key: str, rates: Sequence[Rate]) -> list[str]:
    # Not by its number: a limit that is changed knows the slots taken under the old one.
    return [f"{_root(key)}:{_digest(f'{rate.group} {rate.seconds:g}')}" for rate in rates]


def _holds(key: str, groups: set[str]) -> list[str]:
    return [f"{_root(key)}:{_digest(group)}:held" for group in sorted(groups)]


def _root(key: str) -> str:
    # The braces keep all keys of one script on one node of a cluster.
    return f"avouch:rate:{{{_digest(key)}}}"


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=12).hexdigest()


def _window(rate: Rate) -> int:
    return _microseconds(rate.seconds)


def _microseconds(seconds: float) -> int:
    return math.ceil(seconds * 1_000_000)
