"""The engine: streams are read page by page, and what is particular to a vendor is data."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from integrations.changes import Kept, Newest, Spans, Whole
from integrations.contract import ContactRecord, Moment, Page, Sweep
from integrations.credentials import bearer
from integrations.errors import FormatError, RefusedError
from integrations.http import HttpApi
from integrations.paging import Numbers, Token
from integrations.payloads import LONGEST_REJECT, Key, Payload
from integrations.rest import Rest, Stream, Swept
from integrations.source import Source
from integrations.streams import Mark, Overlap, Seen, Walk
from tests.connectors.contract import Vendor, named, read, records
from worker.demo.simulator_server import Answer, Asked, answer_json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = Overlap(least=3600, most=3600)


class _Person(Payload):
    id: Key
    at: Moment

    def records(self) -> tuple[ContactRecord, ...]:
        return (ContactRecord(id=f"p-{self.id}", occurred_at=self.at, identifiers=()),)


def a_person(number: int, hours: float = 0) -> dict[str, Any]:
    return {"id": str(number), "at": int((NOON + timedelta(hours=hours)).timestamp())}


PEOPLE = Stream(
    name="people",
    path="/people",
    entries="people",
    into=_Person,
    records=_Person.records,
    seen=lambda person: Seen(int(person.at.timestamp())),
    query=lambda at: {"since": at.since, "until": at.until, "token": at.token},
    changes=Newest(overlap=HOUR),
    paging=Token("next", "after"),
)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def reader(vendor: Vendor, *streams: Stream, clock: Callable[[], datetime] = lambda: NOON) -> Rest:
    source = Source(name="crm", connector="made-up", clock=clock)
    return Rest(source, HttpApi(named("crm"), vendor.url, auth=bearer("crm", "made-up")), streams)


def people(*numbers: int, **more: object) -> Answer:
    return answer_json({"people": [a_person(number) for number in numbers], **more})


def keys(pages: list[Page]) -> list[str]:
    return [record.id for record in records(pages)]


def test_streams_are_read_one_after_the_other() -> None:
    calls = replace(PEOPLE, name="calls", path="/calls")

    with Vendor(lambda asked: people(1 if asked.path == "/people" else 2)) as vendor:
        pages = read(reader(vendor, PEOPLE, calls))

    assert keys(pages) == ["p-1", "p-2"]


def test_each_part_can_be_tried_by_itself() -> None:
    calls = replace(PEOPLE, name="calls", path="/calls", permission="Read calls")

    with Vendor(lambda asked: people(1 if asked.path == "/people" else 2)) as vendor:
        connector = reader(vendor, PEOPLE, calls)
        _, part = connector.parts()
        page = connector.fetch(part.cursor)

    assert (part.name, part.permission) == ("calls", "Read calls")
    assert keys([page]) == ["p-2"]


def test_a_list_that_waits_at_first_is_tried_too() -> None:
    waits = replace(PEOPLE, name="all", path="/all", changes=Whole(every=timedelta(days=1), at_first=False))

    with Vendor(lambda _: people(1)) as vendor:
        connector = reader(vendor, PEOPLE, waits)
        _, part = connector.parts()
        page = connector.fetch(part.cursor)

    assert [asked.path for asked in vendor.asked] == ["/all"]
    assert keys([page]) == ["p-1"]


def test_a_place_that_an_older_version_of_the_connector_kept_says_what_to_type() -> None:
    walk = Walk(stream="people", next="/people?page=2", marks={"people": Mark(begun_at=1)})

    with Vendor(lambda _: people(1)) as vendor, pytest.raises(FormatError, match="avouch sync crm --full"):
        reader(vendor, replace(PEOPLE, paging=Numbers("page"))).fetch(walk.cursor)


def test_what_an_earlier_run_has_read_is_left_out_where_the_vendor_lists_it_again() -> None:
    with Vendor(lambda _: answer_json({"people": [a_person(1), a_person(2, hours=5)]})) as vendor:
        connector = reader(vendor, PEOPLE, clock=lambda: NOON + timedelta(hours=6))
        first = read(connector)
        second = read(connector, first[-1].cursor)

    assert keys(first) == ["p-1", "p-2"]
    assert keys(second) == ["p-2"]


class TestSpans:
    def test_a_span_above_the_ceiling_is_asked_for_again_in_halves(self) -> None:
        def answering(asked: Asked) -> Answer:
            since, until = int(asked.query["since"]), int(asked.query["until"])
            found = [a_person(n, n / 10) for n in range(-9, 1) if since <= a_person(n, n / 10)["at"] < until]
            return answer_json({"people": found[:3], "total": len(found)})

        spans = Spans(
            longest=timedelta(days=1),
            overlap=Overlap(least=0, most=0),
            reach=timedelta(hours=2),
            total="total",
            ceiling=3,
        )
        with Vendor(answering) as vendor:
            pages = read(
                reader(vendor, replace(PEOPLE, changes=spans), clock=lambda: NOON + timedelta(hours=1))
            )

        assert sorted(set(keys(pages)), key=lambda key: -int(key.removeprefix("p--").removeprefix("p-"))) == [
            *(f"p--{n}" for n in range(9, 0, -1)),
            "p-0",
        ]


class TestKept:
    kept = replace(PEOPLE, changes=Kept(at="token", expired=frozenset({"EXPIRED"})), sweeps=Swept("p-"))

    def test_the_first_run_reads_the_whole_list_and_says_what_is_there(self) -> None:
        answers = iter([people(1, 2, next="n"), people(3, token="t-1")])
        with Vendor(lambda _: next(answers)) as vendor:
            pages = read(reader(vendor, self.kept))

        assert [page.sweep for page in pages] == [
            Sweep(began_at=NOON, listed=("p-1", "p-2"), ended=False, prefix="p-"),
            Sweep(began_at=NOON, listed=("p-3",), ended=True, prefix="p-"),
        ]

    def test_later_runs_send_the_token_and_say_nothing_of_what_is_there(self) -> None:
        answers = iter([people(1, token="t-1"), people(2, token="t-2")])
        with Vendor(lambda _: next(answers)) as vendor:
            connector = reader(vendor, self.kept)
            pages = read(connector, read(connector)[-1].cursor)

        assert [asked.query["token"] for asked in vendor.asked[1:]] == ["t-1"]
        assert [page.sweep for page in pages] == [None]

    def test_a_token_that_has_expired_makes_the_list_be_read_whole(self) -> None:
        expired = answer_json({"error": {"code": "EXPIRED"}}, status=400)
        answers = iter([people(1, 2, token="t-1"), expired, people(2, token="t-2")])
        with Vendor(lambda _: next(answers)) as vendor:
            connector = reader(vendor, self.kept)
            pages = read(connector, read(connector)[-1].cursor)

        assert keys(pages) == ["p-2"]
        assert pages[-1].sweep is not None
        assert pages[-1].sweep.listed == ("p-2",)
        assert '"token":"t-2"' in pages[-1].cursor

    def test_another_refusal_is_told(self) -> None:
        with (
            Vendor(lambda _: answer_json({"code": "OTHER"}, status=400)) as vendor,
            pytest.raises(RefusedError, match=r"answered 400 \(code OTHER\)"),
        ):
            reader(vendor, self.kept).fetch(None)


class TestWhole:
    whole = replace(
        PEOPLE, name="all", changes=Whole(every=timedelta(days=1)), sweeps=Swept("p-"), query=None
    )

    def test_a_list_is_left_out_until_it_is_time(self) -> None:
        clock = Clock()
        with Vendor(lambda _: people(1)) as vendor:
            connector = reader(vendor, self.whole, PEOPLE, clock=clock)
            cursor = read(connector)[-1].cursor
            clock.now += timedelta(hours=23)
            soon = read(connector, cursor)
            clock.now += timedelta(hours=1)
            later = read(connector, soon[-1].cursor)

        assert [page.sweep is not None for page in soon] == [False, False]
        assert [page.sweep is not None for page in later] == [True, False]

    def test_a_run_in_which_nothing_is_due_asks_nothing(self) -> None:
        with Vendor(lambda _: people(1)) as vendor:
            connector = reader(vendor, self.whole)
            again = read(connector, read(connector)[-1].cursor)

        assert len(vendor.asked) == 1
        assert [page.deliveries for page in again] == [()]

    def test_an_entry_that_cannot_be_read_is_not_gone(self) -> None:
        bad = [{"id": 7, "at": "soon"}, {"id": "8"}, {"name": "Ana"}, "text"]
        with Vendor(lambda _: answer_json({"people": bad})) as vendor:
            (page,) = read(reader(vendor, self.whole))

        assert len(page.rejected) == len(bad)
        assert page.sweep is not None
        assert page.sweep.listed == ("p-7", "p-8")

    def test_an_entry_that_cannot_be_read_is_not_gone_however_long_it_is(self) -> None:
        bad = {"at": "soon", "about": "x" * LONGEST_REJECT, "person": {"id": 7}}
        whole = replace(self.whole, sweeps=Swept("p-", id="person.id"))
        with Vendor(lambda _: answer_json({"people": [bad, {"person": 7}]})) as vendor:
            (page,) = read(reader(vendor, whole))

        assert page.sweep is not None
        assert page.sweep.listed == ("p-7",)

    def test_a_record_that_the_list_shows_as_deleted_is_not_there(self) -> None:
        def gone(person: _Person) -> tuple[ContactRecord, ...]:
            return tuple(replace(record, deleted=True) for record in person.records())

        with Vendor(lambda _: people(1)) as vendor:
            (page,) = read(reader(vendor, replace(self.whole, records=gone)))

        assert page.sweep is not None
        assert page.sweep.listed == ()


def test_a_vendor_that_does_not_heed_page_numbers_is_not_read_for_ever() -> None:
    with Vendor(lambda _: people(1)) as vendor, pytest.raises(FormatError, match="read already"):
        read(reader(vendor, replace(PEOPLE, paging=Numbers("page"))))


def test_an_answer_without_what_leads_on_as_described_is_a_format_error() -> None:
    with (
        Vendor(lambda _: people(1, next={})) as vendor,
        pytest.raises(
            FormatError, match=r"crm: GET /people answered not what the vendor describes: .*`\$\.next`"
        ),
    ):
        reader(vendor, PEOPLE).fetch(None)


@pytest.mark.parametrize("total", ["many", [1], {}, -1, True, 1.5])
def test_a_number_of_entries_that_is_none_is_a_format_error(total: object) -> None:
    spans = Spans(longest=timedelta(days=1), overlap=HOUR, total="total", ceiling=3)

    with Vendor(lambda _: people(1, total=total)) as vendor, pytest.raises(FormatError, match=r"`\$\.total`"):
        reader(vendor, replace(PEOPLE, changes=spans)).fetch(None)


def test_an_answer_that_is_nested_too_deep_is_a_format_error() -> None:
    deep = Answer(b'{"people": [{"id": "1", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]}")

    with Vendor(lambda _: deep) as vendor, pytest.raises(FormatError, match="not what the vendor describes"):
        reader(vendor, PEOPLE).fetch(None)
