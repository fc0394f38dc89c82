"""A vendor with a rate limit, which counts what it sees; and the check that it never saw too much."""

from collections.abc import Sequence
from random import Random
from threading import Event, Lock
from time import time

from integrations.limits import Rate
from worker.demo.simulator_server import Answer, Asked, LoopbackServer, answer_json


class PacedVendor(LoopbackServer):
    """Answers after a way that takes a different time for each request, to it and back."""

    def __init__(self, *, seed: int = 1, longest_way: float = 0.0) -> None:
        super().__init__(self._answer)
        self.seen: list[float] = []
        """When each request arrived, by the clock that Valkey has too."""
        self.most_at_once = 0
        self._at_once = 0
        self._random = Random(seed)  # noqa: S311 - makes ways of different lengths, guards nothing
        self._longest_way = longest_way
        self._lock = Lock()

    def _answer(self, _: Asked) -> Answer:
        with self._lock:
            there, back = (self._random.uniform(0, self._longest_way) for _ in range(2))
        _pass(there)
        with self._lock:
            self.seen.append(time())
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        _pass(back)
        with self._lock:
            self._at_once -= 1
        return answer_json({"items": []})


def too_close(seen: Sequence[float], rate: Rate) -> list[float]:
    """Return the distances, below the window, of requests between which the vendor saw `rate.requests`."""
    times = sorted(seen)
    pairs = zip(times, times[rate.requests :], strict=False)
    return [later - earlier for earlier, later in pairs if later - earlier < rate.seconds]


def _pass(seconds: float) -> None:
    """Let a request be on its way."""
    Event().wait(seconds)
