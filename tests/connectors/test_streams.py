"""One cursor over several streams: it comes back as it was, moves on, and never runs in a circle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import FormatError
from integrations.streams import Mark, Overlap, Seen, Streams

OVERLAP = Overlap(least=100, most=1000)
NOW = 1_000_000


def two_streams() -> Streams:
    return Streams("phone", ("calls", "messages"))


def test_a_run_goes_through_all_streams_and_the_next_starts_at_the_first() -> None:
    streams = two_streams()
    walk = streams.resume(None)
    places = [walk.stream]

    more = True
    while more:
        walk, more = streams.next_stream(walk, Mark())
        places.append(walk.stream)

    assert places == ["calls", "messages", "calls"]


def test_a_cursor_brings_back_the_walk() -> None:
    streams = two_streams()
    mark = Mark().after([Seen(5000), Seen(4990, open=True)], now=NOW)
    walk = streams.next_page(streams.resume(None), mark, "page-2", b"page-2")

    assert streams.resume(walk.cursor) == walk
    assert len(walk.cursor) < 150


@pytest.mark.parametrize("cursor", ["", "12", "[]", '{"stream":"elsewhere"}'])
def test_a_cursor_of_something_else_says_what_to_type(cursor: str) -> None:
    with pytest.raises(FormatError, match="avouch sync phone --full"):
        two_streams().resume(cursor)


@pytest.mark.parametrize(
    ("seen", "since"),
    [
        ([], 0),
        ([Seen(5000), Seen(4000)], 4900),
        ([Seen(5000), Seen(4500, open=True)], 4499),
        ([Seen(5000), Seen(4950, open=True)], 4900),
        ([Seen(5000), Seen(1, open=True)], 4000),
        ([Seen(50)], 0),
        ([Seen(NOW + 5000)], NOW - 100),
    ],
)
def test_the_next_run_asks_from_before_the_newest_and_the_oldest_open_entry(
    seen: list[Seen], since: int
) -> None:
    assert Mark(begun_at=NOW).after(seen, now=NOW).closed(OVERLAP, NOW).since == since


def test_pages_of_one_run_count_together() -> None:
    mark = Mark(begun_at=NOW).after([Seen(5000), Seen(4500, open=True)], now=NOW)
    mark = mark.after([Seen(4600, open=True)], now=NOW)

    assert mark.closed(OVERLAP, NOW).since == 4499


@pytest.mark.parametrize(("seen", "since"), [(Seen(5000), 4200), (Seen(5000, open=True), 4200)])
def test_the_next_run_asks_from_as_much_earlier_as_the_last_one_took(seen: Seen, since: int) -> None:
    mark = Mark(begun_at=NOW - 700).after([seen], now=NOW)

    assert mark.closed(OVERLAP, NOW).since == since


def test_a_clock_that_was_set_back_while_the_list_was_read_moves_nothing() -> None:
    mark = Mark(begun_at=NOW + 700).after([Seen(5000)], now=NOW)

    assert mark.closed(OVERLAP, NOW).since == 4900


def test_the_window_never_moves_backwards() -> None:
    mark = Mark(begun_at=NOW).after([Seen(5000)], now=NOW).closed(OVERLAP, NOW)

    assert mark.closed(OVERLAP, NOW).since == 4900
    assert mark.after([Seen(4950)], now=NOW).closed(OVERLAP, NOW).since == 4900


@given(st.integers(0, 40), st.integers(1, 40))
def test_a_circle_of_pages_of_any_length_is_found(before: int, length: int) -> None:
    streams = two_streams()
    pages = [*range(before), *(before + number % length for number in range(6 * (before + length)))]

    def follow() -> None:
        walk = streams.resume(None)
        for page in pages:
            walk = streams.next_page(walk, Mark(), f"page-{page}", f"page-{page}".encode())
            walk = streams.resume(walk.cursor)

    with pytest.raises(FormatError, match="phone: calls: the next page would be one that was read already"):
        follow()


@given(st.integers(1, 300))
def test_pages_without_a_circle_are_read_to_the_end(length: int) -> None:
    streams = two_streams()
    walk = streams.resume(None)

    for page in range(length):
        walk = streams.next_page(walk, Mark(), str(page), str(page).encode())

    assert walk.steps == length
