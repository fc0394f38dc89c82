"""How a later run asks for what changed: whatever the times, nothing that a vendor lists late is missed."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.answer import Answer
from integrations.changes import Changes, Kept, Newest, Spans, Whole
from integrations.errors import RefusedError
from integrations.streams import Mark, Overlap, Seen

HOUR = 3600
DAY = 24 * HOUR
START = 1_772_409_600
LATE = Overlap(least=HOUR, most=DAY)


def answer(text: str = "[]") -> Answer:
    return Answer(text.encode(), "" if text.startswith("[") else "entries")


EMPTY = answer()

Entries = list[tuple[int, int]]
"""When each entry happened, and how many seconds later the list shows it."""


class Reading:
    """Reads a list as the engine does, in two pages for each answer of `changes`, with a clock that may be wrong."""

    def __init__(self, changes: Changes, entries: Entries, *, ahead: int, page_takes: int) -> None:
        self.changes = changes
        self.entries = sorted(entries)
        self.ahead = ahead
        self.page_takes = page_takes
        self.mark = Mark()
        self.found: set[int] = set()

    def run(self, at: int) -> int:
        """Read once, begun at that moment of the vendor's; return when it ended."""
        self.mark = self.changes.begin(self.mark, at + self.ahead)
        goes_on = True
        while goes_on:
            half = self._page(at, self._shown(at)[: len(self.entries) // 2])
            at += self.page_takes
            self._page(at, [number for number in self._shown(at) if number > half])
            self.mark, goes_on = self.changes.close(self.mark, EMPTY, at + self.ahead)
        return at

    def _page(self, at: int, shown: list[int]) -> int:
        """Read entries; return the last one."""
        self.found.update(shown)
        seen = [Seen(self.entries[number][0]) for number in shown]
        self.mark = self.mark.after(seen, now=at + self.ahead)
        return max(shown, default=-1)

    def _shown(self, now: int) -> list[int]:
        mark = self.mark
        return [
            number
            for number, (at, late) in enumerate(self.entries)
            if at + late <= now and mark.since <= at and (not mark.until or at <= mark.until)
        ]


entries = st.lists(st.tuples(st.integers(0, 30 * DAY), st.integers(0, HOUR - 1)), max_size=12)
runs = st.lists(st.integers(0, 31 * DAY), max_size=8)


@pytest.mark.parametrize(
    "changes",
    [
        Newest(overlap=LATE),
        Spans(longest=timedelta(days=1), overlap=LATE, reach=timedelta(days=60)),
        Spans(longest=timedelta(days=7), overlap=LATE, reach=timedelta(days=60)),
        Spans(longest=timedelta(days=4000), overlap=LATE, reach=timedelta(days=60)),
    ],
)
@given(
    happened=entries,
    at=runs,
    ahead=st.sampled_from([0, HOUR, DAY, -HOUR, -DAY]),
    page_takes=st.sampled_from([1, 600, 5 * HOUR]),
)
def test_whenever_runs_fall_every_entry_is_read(
    changes: Changes, happened: Entries, at: list[int], ahead: int, page_takes: int
) -> None:
    listed = [(START + when, late) for when, late in happened]
    reading, ended = Reading(changes, listed, ahead=ahead, page_takes=page_takes), START

    for begun in [*sorted(at), 34 * DAY, 36 * DAY]:
        ended = reading.run(max(START + begun, ended))

    assert reading.found == set(range(len(listed)))


class TestSpans:
    """Both ends are asked for, one span after the other."""

    spans = Spans(
        longest=timedelta(days=7), overlap=LATE, reach=timedelta(days=30), total="total", ceiling=100
    )

    def test_the_first_run_goes_back_as_far_as_it_may_in_spans_of_their_length(self) -> None:
        mark, asked, goes_on = self.spans.begin(Mark(), START), [], True
        while goes_on:
            asked.append(((mark.since - START) // DAY, (mark.until - START) // DAY))
            mark, goes_on = self.spans.close(mark, EMPTY, START)

        assert asked == [(-30, -23), (-23, -16), (-16, -9), (-9, -2), (-2, 0)]

    def test_a_clock_that_runs_ahead_leaves_no_gap(self) -> None:
        mark = self.spans.begin(Mark(since=START - HOUR), START)
        mark, goes_on = self.spans.close(mark, EMPTY, START)

        assert not goes_on
        assert mark.since <= START - HOUR

    def test_a_run_that_goes_on_long_after_its_span_ended_reads_behind_that_again(self) -> None:
        mark = self.spans.begin(Mark(since=START - HOUR), START)
        mark = mark.after([Seen(START + 9 * HOUR)], now=START + 10 * HOUR)
        mark, goes_on = self.spans.close(mark, EMPTY, START + 10 * HOUR)

        assert not goes_on
        assert mark.since <= START - HOUR

    def test_an_entry_that_is_open_holds_the_next_run_back(self) -> None:
        mark = self.spans.begin(Mark(since=START - DAY), START)
        mark = mark.after([Seen(START - 20 * HOUR, open=True), Seen(START - 60)], now=START)
        mark, _ = self.spans.close(mark, EMPTY, START)

        assert mark.since == START - 20 * HOUR - 1

    def test_a_span_that_holds_more_than_is_given_is_halved(self) -> None:
        mark = Mark(since=START, until=START + 10)

        assert self.spans.narrower(mark, answer('{"entries":[],"total":101}')) == Mark(
            since=START, until=START + 5
        )
        assert self.spans.narrower(mark, answer('{"entries":[],"total":100}')) is None
        assert self.spans.narrower(mark, answer('{"entries":[]}')) is None

    def test_a_second_is_not_halved(self) -> None:
        assert self.spans.narrower(Mark(since=5, until=6), answer('{"entries":[],"total":101}')) is None

    def test_without_a_ceiling_nothing_is_halved(self) -> None:
        assert Spans(longest=timedelta(1), overlap=LATE).narrower(Mark(since=1, until=99), EMPTY) is None


class TestKept:
    """The vendor keeps the place."""

    kept = Kept(at="token", expired=frozenset({"EXPIRED", "410"}), lasts=timedelta(days=7))

    def test_the_last_pages_token_is_the_next_runs(self) -> None:
        mark, _ = self.kept.close(Mark(begun_at=START), answer('{"entries":[],"token":"t-1"}'), START)

        assert mark == Mark(token="t-1", whole_at=START)
        assert not self.kept.is_whole(mark)

    def test_a_last_page_without_a_token_leaves_the_old_one(self) -> None:
        mark, _ = self.kept.close(Mark(token="t-1", whole_at=START), answer('{"entries":[]}'), START + 5)

        assert mark == Mark(token="t-1", whole_at=START)

    def test_a_token_that_has_died_is_not_sent(self) -> None:
        mark = Mark(token="t-1", whole_at=START)

        assert self.kept.begin(mark, START + 7 * DAY - 1).token == "t-1"
        assert self.kept.is_whole(self.kept.begin(mark, START + 7 * DAY))

    @pytest.mark.parametrize(
        ("token", "status", "codes", "anew"),
        [
            ("t-1", 400, ("EXPIRED",), True),
            ("t-1", 410, (), True),
            ("t-1", 400, ("OTHER",), False),
            ("", 410, (), False),
        ],
    )
    def test_a_token_that_the_vendor_forgot_makes_the_list_be_read_whole_once(
        self, token: str, status: int, codes: tuple[str, ...], anew: bool
    ) -> None:
        refused = RefusedError("refused", status=status, codes=codes)

        assert (self.kept.restart(Mark(token=token), refused) == Mark()) == anew


class TestWhole:
    """The whole list, at most so often."""

    whole = Whole(every=timedelta(days=1))

    def test_it_is_read_again_when_it_is_time_and_when_the_clock_was_set_back(self) -> None:
        read_once, _ = self.whole.close(self.whole.begin(Mark(), START), EMPTY, START)

        assert not self.whole.begin(read_once, START + DAY - 1).begun_at
        assert self.whole.begin(read_once, START + DAY).begun_at == START + DAY
        assert self.whole.begin(read_once, START - 1).begun_at == START - 1

    def test_it_waits_at_first_where_another_stream_has_just_read_everything(self) -> None:
        later = Whole(every=timedelta(days=1), at_first=False)

        mark = later.begin(Mark(), START)

        assert mark == Mark(whole_at=START)
        assert later.begin(mark, START + DAY).begun_at == START + DAY

    def test_a_list_above_the_ceiling_is_read_in_spans_that_leave_no_gap(self) -> None:
        whole = Whole(every=timedelta(days=1), total="total", ceiling=100)
        full, fits = answer('{"entries":[],"total":101}'), answer('{"entries":[],"total":100}')
        mark = whole.begin(Mark(), START)

        half = whole.narrower(mark, full)
        assert half is not None
        rest, goes_on = whole.close(half, fits, START)
        done, goes_further = whole.close(rest, fits, START)

        assert (half.since, half.until) == (0, START // 2)
        assert (rest.since, rest.until, rest.begun_at, goes_on) == (START // 2, 0, START, True)
        assert (done, goes_further) == (Mark(whole_at=START), False)

    def test_a_second_cannot_be_halved_and_without_a_ceiling_nothing_is(self) -> None:
        whole = Whole(every=timedelta(days=1), total="total", ceiling=100)
        full = answer('{"entries":[],"total":101}')

        assert whole.narrower(Mark(since=START, until=START + 1, begun_at=START + 9), full) is None
        assert self.whole.narrower(Mark(begun_at=START), full) is None

    def test_it_needs_no_mark_of_the_vendors(self) -> None:
        refused = RefusedError("refused", status=410)

        assert self.whole.restart(Mark(begun_at=1), refused) is None
        assert not self.whole.knows(Mark(begun_at=1), Seen(0))
        assert not Newest(overlap=LATE).is_whole(Mark())
