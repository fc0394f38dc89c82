"""The rate limits that all workers share: never more than the vendor allows, nearly as much as it allows."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from threading import Barrier
from time import time

import pytest

from integrations.credentials import bearer
from integrations.errors import ThrottledError, UnavailableError
from integrations.http import HttpApi
from integrations.limits import Rate
from integrations.payloads import Payload
from integrations.source import Source
from tests.integration.pacing import PacedVendor, too_close
from tests.integration.serving import broker
from worker.servers import Endpoints
from worker.storage.limiter import SharedLimiter

pytestmark = pytest.mark.servers

NONE = timedelta(0)
PATIENT = timedelta(seconds=60)

DYING = """
import sys
from datetime import timedelta
from integrations.limits import Rate
from worker.storage.limiter import SharedLimiter
with SharedLimiter(sys.argv[1], lease=timedelta(seconds=0.5)).slot(sys.argv[2], [Rate(1, 0.2)]):
    print("taken", flush=True)
    sys.stdin.read()
"""


class Listed(Payload):
    items: list[int]


@pytest.fixture
def key() -> str:
    """Credentials that no other test has."""
    return f"127.0.0.1:{uuid.uuid4().hex}"


@pytest.fixture
def patient(endpoints: Endpoints) -> Iterator[SharedLimiter]:
    with closing(SharedLimiter(endpoints.broker_url, patience=PATIENT)) as limiter:
        yield limiter


@pytest.fixture
def hasty(endpoints: Endpoints) -> Iterator[SharedLimiter]:
    """A limiter that waits for nothing: it says at once whether a slot is free."""
    with closing(SharedLimiter(endpoints.broker_url, patience=NONE)) as limiter:
        yield limiter


def is_free(hasty: SharedLimiter, key: str, *rates: Rate) -> bool:
    try:
        with hasty.slot(key, rates):
            return True
    except ThrottledError:
        return False


def ask(url: str, vendor: PacedVendor, rates: tuple[Rate, ...], *, threads: int, requests: int) -> None:
    """Let `threads` workers, each with connections of its own, send `requests` together."""
    token = uuid.uuid4().hex
    start = Barrier(threads)

    def work(number: int) -> None:
        with closing(SharedLimiter(url, patience=PATIENT)) as limiter:
            source = Source(name=f"phone-{number}", connector="made-up", limiter=limiter)
            api = HttpApi(source, vendor.url, auth=bearer("x", token), rates=rates)
            start.wait()
            for _ in range(requests // threads):
                api.get("/items", into=Listed)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))


class TestWindow:
    """The vendor never sees more than `requests` in any `seconds`, however long requests are on their way."""

    @pytest.mark.parametrize(
        ("rate", "threads", "requests", "longest_way"),
        [
            (Rate(10, 0.5), 12, 36, 0.0),
            (Rate(10, 0.5), 12, 48, 0.1),
            (Rate(4, 0.1), 8, 48, 0.02),
            (Rate(3, 0.3), 6, 12, 0.5),
        ],
        ids=["at once", "with jitter", "a short window", "ways longer than the window"],
    )
    def test_it_is_never_broken(
        self, endpoints: Endpoints, rate: Rate, threads: int, requests: int, longest_way: float
    ) -> None:
        with PacedVendor(longest_way=longest_way) as vendor:
            ask(endpoints.broker_url, vendor, (rate,), threads=threads, requests=requests)

        assert len(vendor.seen) == requests
        assert too_close(vendor.seen, rate) == []

    def test_several_limits_hold_at_once(self, endpoints: Endpoints) -> None:
        burst, steady = Rate(3, 0.1), Rate(8, 0.8, "contacts")

        with PacedVendor(longest_way=0.02) as vendor:
            ask(endpoints.broker_url, vendor, (burst, steady), threads=6, requests=24)

        assert too_close(vendor.seen, burst) == []
        assert too_close(vendor.seen, steady) == []

    def test_most_of_what_the_vendor_allows_is_used(self, endpoints: Endpoints) -> None:
        rate = Rate(20, 1.0)

        with PacedVendor(longest_way=0.05) as vendor:
            ask(endpoints.broker_url, vendor, (rate,), threads=10, requests=60)

        at_best = 2 * rate.seconds  # The first twenty cost nothing.
        assert at_best <= max(vendor.seen) - min(vendor.seen) <= at_best / 0.7
        assert too_close(vendor.seen, rate) == []

    def test_a_request_that_failed_counts_from_its_end_as_any_other(
        self, patient: SharedLimiter, key: str
    ) -> None:
        rate = Rate(1, 0.3)

        with pytest.raises(KeyError), patient.slot(key, [rate]):
            raise KeyError
        ended = time()
        with patient.slot(key, [rate]):
            waited = time() - ended

        assert 0.29 <= waited < 5

    def test_a_command_that_was_sent_again_counts_once(
        self, patient: SharedLimiter, hasty: SharedLimiter, key: str
    ) -> None:
        rate = Rate(2, 60)

        took = [patient._taken("one", key, [rate]) for _ in range(2)]

        assert max(took) < 0
        assert is_free(hasty, key, rate)
        assert not is_free(hasty, key, rate)


class TestAtOneTime:
    """A limit of no seconds is one of requests at the same time."""

    def test_no_more_are_on_their_way_than_allowed(self, endpoints: Endpoints) -> None:
        with PacedVendor(longest_way=0.03) as vendor:
            ask(endpoints.broker_url, vendor, (Rate(3, 0),), threads=9, requests=45)

        assert (len(vendor.seen), vendor.most_at_once) == (45, 3)

    def test_an_answer_frees_its_place_at_once(
        self, patient: SharedLimiter, hasty: SharedLimiter, key: str
    ) -> None:
        rate = Rate(1, 0)

        with patient.slot(key, [rate]):
            within = is_free(hasty, key, rate)

        assert (within, is_free(hasty, key, rate)) == (False, True)


class TestTurn:
    """Who waits too long is told for how long; each limit is its credentials' own."""

    def test_a_turn_too_far_away_is_told_at_once_and_names_nobody(
        self, patient: SharedLimiter, hasty: SharedLimiter, key: str
    ) -> None:
        rate = Rate(1, 40)
        with patient.slot(key, [rate]):
            pass

        with pytest.raises(ThrottledError) as told, hasty.slot(key, [rate]):
            pass

        assert told.value.retry_after is not None
        assert timedelta(seconds=39) < told.value.retry_after <= timedelta(seconds=40)
        assert str(told.value) == (
            "The vendor's rate limit is used up for 40 s. It goes on by itself then; nothing failed."
        )

    def test_behind_a_request_on_its_way_nobody_waits_for_the_whole_lease(
        self, patient: SharedLimiter, hasty: SharedLimiter, key: str
    ) -> None:
        rate = Rate(1, 3)

        with patient.slot(key, [rate]), pytest.raises(ThrottledError) as told, hasty.slot(key, [rate]):
            pass

        assert told.value.retry_after == timedelta(seconds=3)

    @pytest.mark.parametrize("other", [Rate(1, 60, "search"), Rate(1, 30)], ids=["group", "window"])
    def test_limits_are_counted_apart(self, hasty: SharedLimiter, key: str, other: Rate) -> None:
        used = is_free(hasty, key, Rate(1, 60))

        assert used
        assert is_free(hasty, key, other)
        assert not is_free(hasty, key, Rate(1, 60), other)

    def test_other_credentials_have_a_limit_of_their_own(self, hasty: SharedLimiter, key: str) -> None:
        used = is_free(hasty, key, Rate(1, 60))

        assert used
        assert is_free(hasty, f"{key} of somebody else", Rate(1, 60))

    def test_a_limit_that_was_lowered_knows_the_requests_before(self, hasty: SharedLimiter, key: str) -> None:
        used = [is_free(hasty, key, Rate(5, 60)) for _ in range(3)]

        assert used == [True] * 3
        assert not is_free(hasty, key, Rate(3, 60))

    def test_a_killed_worker_gives_its_slot_back_with_its_lease(
        self, endpoints: Endpoints, patient: SharedLimiter, hasty: SharedLimiter, key: str
    ) -> None:
        argv = [sys.executable, "-c", DYING, endpoints.broker_url, key]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "taken\n"
            process.kill()

        still_counts = not is_free(hasty, key, Rate(1, 0.2))
        with patient.slot(key, [Rate(1, 0.2)]):
            pass

        assert still_counts


class TestHoldingBack:
    """When a vendor says to wait, everybody waits."""

    def test_it_holds_everybody_with_these_credentials(
        self, patient: SharedLimiter, hasty: SharedLimiter, key: str
    ) -> None:
        rate = Rate(100, 1)

        patient.hold_back(key, [rate], timedelta(seconds=30))

        with pytest.raises(ThrottledError) as told, hasty.slot(key, [rate]):
            pass
        assert told.value.retry_after is not None
        assert timedelta(seconds=29) < told.value.retry_after <= timedelta(seconds=30)
        assert is_free(hasty, f"{key} of somebody else", rate)

    def test_a_shorter_wait_does_not_shorten_it(self, hasty: SharedLimiter, key: str) -> None:
        for seconds in (5, 30, 1, 0):
            hasty.hold_back(key, [], timedelta(seconds=seconds))

        with pytest.raises(ThrottledError) as told, hasty.slot(key, []):
            pass
        assert told.value.retry_after is not None
        assert told.value.retry_after > timedelta(seconds=29)

    def test_requests_of_another_group_go_on(self, hasty: SharedLimiter, key: str) -> None:
        hasty.hold_back(key, [Rate(9, 1, "search")], timedelta(seconds=30))

        assert is_free(hasty, key, Rate(9, 1), Rate(9, 1, "contacts"))
        assert not is_free(hasty, key, Rate(9, 1), Rate(9, 1, "search"))

    def test_what_all_requests_share_holds_every_group(self, hasty: SharedLimiter, key: str) -> None:
        hasty.hold_back(key, [Rate(9, 1)], timedelta(seconds=30))

        assert not is_free(hasty, key, Rate(9, 1, "search"))

    def test_it_ends_by_itself(self, patient: SharedLimiter, key: str) -> None:
        began = time()
        patient.hold_back(key, [Rate(1, 0)], timedelta(seconds=0.3))

        with patient.slot(key, [Rate(1, 0)]):
            waited = time() - began

        assert 0.29 <= waited < 5


class TestWhatIsKept:
    """Keys show nobody's credentials, and nothing is kept for longer than it counts."""

    def test_keys_are_digests_that_expire(
        self, endpoints: Endpoints, patient: SharedLimiter, key: str
    ) -> None:
        with broker(endpoints.broker_url) as client:
            before = set(client.scan_iter("*"))

            with patient.slot(key, [Rate(5, 1), Rate(50, 60, "search")]):
                patient.hold_back(key, [Rate(5, 1)], timedelta(seconds=9))
                within = {name: client.pttl(name) for name in set(client.scan_iter("*")) - before}
            after = {name: client.pttl(name) for name in set(client.scan_iter("*")) - before}

        assert len(within) == 3
        assert within.keys() == after.keys()
        assert all(name.startswith("avouch:rate:{") and len(name) <= 80 for name in after)
        assert not [name for name in after if key in name or "search" in name]
        assert all(0 < left <= 130_000 for left in (*within.values(), *after.values()))


class TestWithoutValkey:
    """Nobody then knows what the others send: no request leaves, and nothing that was answered is lost."""

    def test_no_request_is_sent(self) -> None:
        with (
            closing(SharedLimiter("redis://:a-password@127.0.0.1:1/0")) as limiter,
            pytest.raises(UnavailableError) as told,
            limiter.slot("a-key", [Rate(1, 1)]),
        ):
            pass

        assert not isinstance(told.value, ThrottledError)
        assert str(told.value) == (
            "No request was sent: Valkey, which keeps the vendors' rate limits, could not be asked"
            " (ConnectionError).\n    It is tried again later by itself. See what runs: avouch doctor"
        )

    def test_an_answer_that_came_meanwhile_is_good(
        self, endpoints: Endpoints, hasty: SharedLimiter, key: str
    ) -> None:
        rate = Rate(1, 1)
        with broker(endpoints.broker_url) as client:
            client.acl_setuser("visitor", enabled=True, passwords="+pw", keys="*", commands=["+@all"])
            _, _, address = endpoints.broker_url.rpartition("@")
            visitor = SharedLimiter(f"redis://visitor:pw@{address}")
            with closing(visitor), visitor.slot(key, [rate]):
                client.acl_deluser("visitor")
                visitor.hold_back(key, [rate], timedelta(seconds=30))

        assert not is_free(hasty, key, rate)
