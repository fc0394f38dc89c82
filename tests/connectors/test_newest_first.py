"""Lists that are newest first, lists that are read from their end, details below entries, and what stands beside them."""

import itertools
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, json
from msgspec.structs import replace

from integrations.answer import Answer as Listed
from integrations.changes import NewestFirst, Whole
from integrations.contract import ContactRecord, Moment
from integrations.credentials import bearer
from integrations.details import Details
from integrations.errors import FormatError
from integrations.http import HttpApi
from integrations.paging import At, Backwards, LastId, Numbers
from integrations.payloads import Key, Payload
from integrations.rest import Rest, Stream, Swept
from integrations.sideload import SideLoad
from integrations.source import Source
from integrations.streams import Mark, Overlap, Seen
from tests.connectors.contract import Vendor, named, read, records
from worker.demo.simulator_server import Answer, Asked, answer_json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = 60
PAGE = 2
MINUTES = Overlap(least=MINUTE, most=MINUTE)


class _Chat(Payload):
    id: Key
    at: Moment

    def records(self) -> tuple[ContactRecord, ...]:
        return (ContactRecord(id=f"c-{self.id}", occurred_at=self.at, identifiers=()),)


def a_chat(number: int, minutes: float = 0) -> dict[str, Any]:
    return {"id": str(number), "at": int((NOON + timedelta(minutes=minutes)).timestamp())}


CHATS = Stream(
    name="chats",
    path="/chats",
    entries="chats",
    into=_Chat,
    records=_Chat.records,
    seen=lambda chat: Seen(int(chat.at.timestamp())),
    changes=NewestFirst(overlap=MINUTES),
    paging=Numbers("page"),
)


def reader(vendor: Vendor, *streams: Stream, after: timedelta = timedelta(days=1)) -> Rest:
    source = Source(name="desk", connector="made-up", clock=lambda: NOON + after)
    return Rest(source, HttpApi(named("desk"), vendor.url, auth=bearer("desk", "made-up")), streams)


def keys(pages: Any) -> list[str]:
    return [record.id for record in records(pages)]


def pages_of(*chats: dict[str, Any]) -> Any:
    """Answer with the chats, two a page."""

    def answering(asked: Asked) -> Answer:
        start = (int(asked.query["page"]) - 1) * PAGE
        return answer_json({"chats": chats[start : start + PAGE], "count": len(chats)})

    return answering


class TestNewestFirst:
    def test_a_later_run_stops_at_what_the_last_one_has_read(self) -> None:
        chats = [a_chat(n, -10 * n) for n in range(6)]
        with Vendor(pages_of(*chats)) as vendor:
            first = read(reader(vendor, CHATS))
            asked = len(vendor.asked)
            vendor.answering = pages_of(a_chat(9, 5), *chats)
            second = read(reader(vendor, CHATS), first[-1].cursor)

        assert keys(first) == [f"c-{n}" for n in range(6)]
        assert keys(second) == ["c-9", "c-0"]
        assert len(vendor.asked) - asked == 2

    def test_an_entry_that_cannot_be_read_does_not_end_the_list(self) -> None:
        with Vendor(pages_of({"id": "8", "at": "?"}, {"id": "7", "at": "?"}, a_chat(1))) as vendor:
            pages = read(reader(vendor, CHATS))

        assert keys(pages) == ["c-1"]
        assert [reject.where for page in pages for reject in page.rejected] == [
            "chats, entry 1",
            "chats, entry 2",
        ]

    def test_after_another_list_the_first_run_reads_one_page(self) -> None:
        active = replace(CHATS, changes=NewestFirst(overlap=MINUTES, at_first=False))
        chats = [a_chat(n, -10 * n) for n in range(6)]
        with Vendor(pages_of(*chats)) as vendor:
            first = read(reader(vendor, active))
            vendor.answering = pages_of(a_chat(5, 6), a_chat(4, 5), a_chat(3, 4), *chats[:3])
            second = read(reader(vendor, active), first[-1].cursor)

        assert keys(first) == ["c-0", "c-1"]
        assert keys(second) == ["c-5", "c-4", "c-3", "c-0"]

    @given(
        happened=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 200)), max_size=20),
        begins=st.lists(st.integers(0, 220), max_size=5),
        pace=st.integers(0, 9),
    )
    def test_whatever_moves_to_the_top_meanwhile_is_read_in_the_end(
        self, happened: list[tuple[int, int]], begins: list[int], pace: int
    ) -> None:
        # Entry n is active at certain minutes; a page takes `pace` minutes to read.
        changes, mark = CHATS.changes, Mark()
        found: dict[int, int] = {}
        now = 0
        for begin in [*sorted(begins), 300]:
            now = max(now, begin)
            mark = changes.begin(mark, now)
            for page in itertools.count():
                state: dict[int, int] = {}
                for entry, at in happened:
                    if at <= now:
                        state[entry] = max(at, state.get(entry, 0))
                newest = sorted(state.items(), key=lambda each: -each[1])[page * PAGE :][:PAGE]
                seen = [Seen(at * MINUTE) for _, at in newest]
                found |= {
                    entry: at
                    for entry, at in newest
                    if not changes.knows(mark, Seen(at * MINUTE)) and at > found.get(entry, 0)
                }
                mark = mark.after(seen, now=now * MINUTE)
                now += pace
                if not seen or changes.is_enough(mark, seen[-1]):
                    break
            mark, _ = changes.close(mark, Listed(b"[]", ""), now)

        assert found == {entry: max(at for each, at in happened if each == entry) for entry, _ in happened}


class TestBackwards:
    """Read from its end, a list loses nobody to a deletion."""

    paging = Backwards("page", count="count")

    @given(
        size=st.integers(0, 13),
        length=st.integers(1, 4),
        deletions=st.lists(st.integers(0, 12), max_size=8),
    )
    def test_who_is_there_all_the_time_is_listed(self, size: int, length: int, deletions: list[int]) -> None:
        there = list(range(size))
        listed: set[int] = set()
        following = ""
        for step in itertools.count():
            page = int(following or 1)
            entries = there[(page - 1) * length : page * length]
            listed.update(entries)
            answer = Listed(json.encode({"count": len(there), "entries": entries}), "entries")
            following = self.paging.following(answer, At(next=following, size=9))
            if not following:
                break
            there = [entry for entry in there if entry not in deletions[step : step + 1]]

        assert set(there) <= listed
        assert step <= math.ceil(size / length)

    def test_a_list_without_a_count_is_told(self) -> None:
        with pytest.raises(ValueError, match=r"`\$\.count`"):
            self.paging.following(Listed(b'{"entries":[]}', "entries"), At(size=9))

    def test_it_says_what_is_there(self) -> None:
        whole = replace(
            CHATS,
            seen=None,
            changes=Whole(every=timedelta(days=1)),
            paging=self.paging,
            sweeps=Swept("c-"),
        )
        with Vendor(pages_of(*[a_chat(n) for n in range(5)])) as vendor:
            pages = read(reader(vendor, whole))

        assert [asked.query["page"] for asked in vendor.asked] == ["1", "3", "2", "1"]
        assert [page.sweep.ended for page in pages if page.sweep] == [False, False, False, True]
        assert set(keys(pages)) == {f"c-{n}" for n in range(5)}


class _Line(Payload):
    id: int

    def records(self, chat: str) -> tuple[ContactRecord, ...]:
        return (ContactRecord(id=f"c-{chat}-{self.id}", occurred_at=NOON, identifiers=()),)


def _line(chat: str, line: _Line) -> tuple[ContactRecord, ...]:
    return line.records(chat)


LINES = Details(
    name="lines",
    keys=lambda chat: (chat.id,),
    path=lambda chat: f"/chats/{chat}/lines",
    into=_Line,
    records=_line,
    query={"after": 0},
    paging=LastId("after", size=""),
    largest=2,
)
WITH_LINES = replace(CHATS, details=LINES)


class TestDetails:
    def answering(self, lines: dict[str, Answer]) -> Any:
        chats = pages_of(a_chat(1, -5), a_chat(2, -10))

        def answer(asked: Asked) -> Answer:
            return lines.get(f"{asked.path}:{asked.query.get('after')}") or chats(asked)

        return answer

    def lines(self, *numbers: int) -> Answer:
        return answer_json([{"id": number} for number in numbers])

    def test_they_are_read_page_by_page_below_each_entry(self) -> None:
        lines = {
            "/chats/1/lines:0": self.lines(10, 11),
            "/chats/1/lines:11": self.lines(12),
            "/chats/2/lines:0": self.lines(),
        }
        after = replace(CHATS, name="later", path="/later")
        with Vendor(self.answering(lines)) as vendor:
            pages = read(reader(vendor, WITH_LINES, after))

        assert keys(pages) == ["c-1", "c-2", "c-1-10", "c-1-11", "c-1-12", "c-1", "c-2"]

    def test_those_of_an_entry_that_was_deleted_meanwhile_are_left_out(self) -> None:
        lines = {"/chats/1/lines:0": Answer(status=404), "/chats/2/lines:0": self.lines(20)}
        with Vendor(self.answering(lines)) as vendor:
            pages = read(reader(vendor, WITH_LINES))

        assert keys(pages) == ["c-1", "c-2", "c-2-20"]

    def test_another_refusal_is_told(self) -> None:
        with (
            Vendor(self.answering({"/chats/1/lines:0": Answer(status=400)})) as vendor,
            pytest.raises(FormatError, match="answered 400"),
        ):
            read(reader(vendor, WITH_LINES))

    def test_a_page_that_comes_again_stops_the_run(self) -> None:
        stuck = self.lines(10, 11)
        lines = {"/chats/1/lines:0": stuck, "/chats/1/lines:11": stuck}
        with Vendor(self.answering(lines)) as vendor, pytest.raises(FormatError, match="read already"):
            read(reader(vendor, WITH_LINES))

    def test_they_are_left_out_once_nobody_wants_them(self) -> None:
        with Vendor(self.answering({})) as vendor:
            begun = reader(vendor, WITH_LINES).fetch(None)
            pages = read(reader(vendor, CHATS), begun.cursor)

        assert keys([begun, *pages]) == ["c-1", "c-2"]

    def test_those_of_a_stream_that_is_none_are_a_format_error(self) -> None:
        with (
            Vendor(self.answering({})) as vendor,
            pytest.raises(FormatError, match="avouch sync desk --full"),
        ):
            reader(vendor, CHATS).fetch('{"stream":"chats","todo":{"stream":"elsewhere","keys":["1"]}}')


class TestSideLoad:
    beside = SideLoad("marks", key="of", into="marks")

    def joined(self, **answer: Any) -> Iterator[Any]:
        return (json.decode(entry) for entry in self.beside.joined(Listed(json.encode(answer), "entries")))

    def test_each_entry_gets_what_is_its_own(self) -> None:
        entries = self.joined(
            entries=[{"id": 1}, {"id": "2"}, {"id": 3}],
            marks=[{"of": 1, "n": 1}, {"of": 2, "n": 2}, {"of": 1, "n": 3}, {"of": 9, "n": 4}, "text"],
        )

        marks = [[mark["n"] for mark in entry.get("marks", [])] for entry in entries]
        assert marks == [[1, 3], [2], []]

    def test_what_is_no_object_stays_as_it_came(self) -> None:
        answer = Listed(b'{"entries": [7, null,  [ ], {"id":  1}]}', "entries")

        assert [bytes(entry) for entry in self.beside.joined(answer)] == [
            b"7",
            b"null",
            b"[ ]",
            b'{"id":  1}',
        ]
        assert isinstance(self.beside.joined(answer)[0], Raw)

    def test_one_that_is_no_list_is_told(self) -> None:
        with pytest.raises(ValueError, match=r"Expected a list - at `\$\.marks`"):
            list(self.joined(entries=[], marks={"of": 1}))
