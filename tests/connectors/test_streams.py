"""One cursor over several streams: it comes back as it was, moves on, and never runs in a circle."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import FormatError
from integrations.streams import Overlap, Seen, Streams

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def two_streams() -> Streams:
    return Streams("phone", ("calls", "messages"), Overlap(least=100, most=1000), lambda: NOON)


def test_a_run_goes_through_all_streams_and_the_next_starts_at_the_first() -> None:
    streams = two_streams()
    walk = streams.resume(None)
    places = [walk.stream]

    more = True
    while more:
        walk, more = streams.advance(walk, [], following=None)
        places.append(walk.stream)

    assert places == ["calls", "messages", "calls"]


def test_a_cursor_brings_back_the_walk() -> None:
    streams = two_streams()
    walk, _ = streams.advance(streams.resume(None), [Seen(5000), Seen(4990, open=True)], following="page-2")

    assert streams.resume(walk.cursor) == walk
    assert len(walk.cursor) < 150


@pytest.mark.parametrize(
    ("seen", "since"),
    [
        ([], 0),
        ([Seen(5000), Seen(4000)], 4900),
        ([Seen(5000), Seen(4500, open=True)], 4499),
        ([Seen(5000), Seen(4950, open=True)], 4900),
        ([Seen(5000), Seen(1, open=True)], 4000),
        ([Seen(50)], 0),
    ],
)
def test_the_next_run_asks_from_before_the_newest_and_the_oldest_open_entry(
    seen: list[Seen], since: int
) -> None:
    walk, _ = two_streams().advance(two_streams().resume(None), seen, following=None)

    assert walk.marks["calls"].since == since


def test_pages_of_one_run_count_together() -> None:
    streams = two_streams()
    walk, _ = streams.advance(streams.resume(None), [Seen(5000), Seen(4500, open=True)], following="page-2")
    walk, _ = streams.advance(walk, [Seen(4600, open=True)], following=None)

    assert walk.marks["calls"].since == 4499


def test_the_window_never_moves_backwards() -> None:
    streams = two_streams()
    walk, _ = streams.advance(streams.resume(None), [Seen(5000)], following=None)
    walk, _ = streams.advance(walk, [], following=None)
    walk, _ = streams.advance(walk, [Seen(4950)], following=None)

    assert walk.marks["calls"].since == 4900


@given(st.integers(0, 40), st.integers(1, 40))
def test_a_circle_of_pages_of_any_length_is_found(before: int, length: int) -> None:
    streams = two_streams()
    pages = [*range(before), *(before + number % length for number in range(6 * (before + length)))]

    def follow() -> None:
        walk = streams.resume(None)
        for page in pages:
            walk, _ = streams.advance(walk, [], following=f"page-{page}")
            walk = streams.resume(walk.cursor)

    with pytest.raises(FormatError, match="phone: calls: the next page would be one that was read already"):
        follow()


@given(st.integers(1, 300))
def test_pages_without_a_circle_are_read_to_the_end(length: int) -> None:
    streams = two_streams()
    walk = streams.resume(None)

    for page in range(length):
        walk, more = streams.advance(walk, [], following=f"page-{page}")
        assert more
