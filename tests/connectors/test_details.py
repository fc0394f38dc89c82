"""What stands below entries: one entry whole, lists since the last run, details of details, and names as keys."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import Raw, json
from msgspec.structs import replace

from integrations.answer import Answer as Listed
from integrations.changes import Kept
from integrations.contract import ContactRecord, Page
from integrations.credentials import bearer
from integrations.details import Details
from integrations.errors import FormatError, UnavailableError
from integrations.http import HttpApi
from integrations.paging import Token
from integrations.payloads import Key, Payload
from integrations.rest import Rest, Stream
from integrations.source import Source
from tests.connectors.contract import Vendor, named, read, records
from worker.demo.simulator_server import Answer, Asked, answer_json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class _Thing(Payload):
    id: Key
    by: str = ""


def a_record(key: str) -> ContactRecord:
    return ContactRecord(id=key, occurred_at=NOON, identifiers=())


PEOPLE = Details(
    name="people",
    keys=lambda line: (line.by,) if line.by else (),
    path=lambda person: f"/people/{person}",
    into=_Thing,
    records=lambda of, person: (a_record(f"{of}={person.id}"),),
    one=True,
    at_once=3,
    stamped=timedelta(minutes=5),
)
LINES = Details(
    name="lines",
    keys=lambda room: (room.id,),
    path=lambda room: f"/rooms/{room}/lines",
    entries="lines",
    into=_Thing,
    records=lambda of, line: (a_record(f"{of}.{line.id}"),),
    since="from",
    paging=Token("end", "from"),
    then=PEOPLE,
)
ROOMS = Stream(
    name="rooms",
    path="/rooms",
    entries="rooms",
    into=_Thing,
    records=lambda _: (),
    query=lambda at: {"since": at.token} if at.token else {},
    changes=Kept(at="token"),
    details=LINES,
)


def a_reader(vendor: Vendor, *streams: Stream) -> Rest:
    source = Source(name="desk", connector="made-up", clock=lambda: NOON)
    return Rest(source, HttpApi(named("desk"), vendor.url, auth=bearer("desk", "made-up")), streams)


def answering(**answers: Any) -> Any:
    """Answer each path by what its name with underscores stands for; anything else is not there."""

    def answer(asked: Asked) -> Answer:
        found = answers.get(asked.path.strip("/").replace("/", "_"))
        if callable(found):
            found = found(asked)
        if isinstance(found, Answer):
            return found
        return Answer(status=404) if found is None else answer_json(found)

    return answer


def rooms(*keys: str, then: str = "t-1") -> dict[str, Any]:
    return {"rooms": [{"id": key} for key in keys], "token": then}


def lines(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"lines": [{"id": key, "by": by} for key, by in pairs]}


def keys(pages: list[Page]) -> list[list[str]]:
    return [[each.id for each in records([page])] for page in pages]


def test_what_the_lists_below_name_is_read_once_after_all_of_them() -> None:
    vendor_of = answering(
        rooms=rooms("1", "2"),
        rooms_1_lines=lines(("a", "ana"), ("b", "bea"), ("c", "ana")),
        rooms_2_lines=lines(("d", "ana"), ("e", "")),
        people_ana={"id": "A"},
        people_bea={"id": "B"},
    )
    with Vendor(vendor_of) as vendor:
        pages = read(a_reader(vendor, ROOMS))

    assert keys(pages) == [[], ["1.a", "1.b", "1.c"], ["2.d", "2.e"], ["ana=A", "bea=B"]]


def test_the_lists_below_are_asked_for_from_the_last_runs_token_on() -> None:
    with Vendor(answering(rooms=rooms("1"), rooms_1_lines=lines())) as vendor:
        first = read(a_reader(vendor, ROOMS))
        vendor.answering = answering(
            rooms=rooms("1", then="t-2"),
            rooms_1_lines=lambda asked: {
                **lines(),
                **({"end": "l-9"} if asked.query["from"] == "t-1" else {}),
            },
        )
        read(a_reader(vendor, ROOMS), first[-1].cursor)

    asked = [dict(each.query) for each in vendor.asked if each.path == "/rooms/1/lines"]
    assert asked == [{}, {"from": "t-1"}, {"from": "l-9"}]


class TestOneEntry:
    """The answer is an entry by itself; a page has a few of them."""

    STREAM = replace(ROOMS, details=replace(PEOPLE, keys=lambda room: (room.id,)))

    def pages(self, *keys: str, **people: Any) -> list[Page]:
        with Vendor(answering(rooms=rooms(*keys), **people)) as vendor:
            return read(a_reader(vendor, self.STREAM))

    def test_a_page_has_as_many_as_may_be(self) -> None:
        people = {f"people_{key}": {"id": key.upper()} for key in "abcd"}

        pages = self.pages(*"abcd", **people)

        assert keys(pages) == [[], ["a=A", "b=B", "c=C"], ["d=D"]]
        assert [page.more for page in pages] == [True, True, False]

    def test_those_that_are_gone_are_left_out(self) -> None:
        assert keys(self.pages("a", "b", people_b={"id": "B"})) == [[], ["b=B"]]

    def test_they_rank_as_of_when_the_list_was_begun_less_what_is_stated(self) -> None:
        pages = self.pages("a", people_a={"id": "A"})

        assert [page.stamp for page in pages] == [None, NOON - timedelta(minutes=5)]

    def test_a_bad_one_is_rejected_and_what_is_no_json_stops_the_run(self) -> None:
        _, page = self.pages("a", people_a={"id": 7})

        assert [(each.where, "$.id" in each.reason) for each in page.rejected] == [("people, entry 1", True)]
        with pytest.raises(FormatError, match="/people/a answered not what the vendor describes"):
            self.pages("a", people_a=Answer(b"<html>"))

    def test_what_was_read_before_a_failure_lands_and_the_run_goes_on_from_there(self) -> None:
        people = {"people_a": {"id": "A"}, "people_b": Answer(status=503), "people_c": {"id": "C"}}
        with Vendor(answering(rooms=rooms(*"abc"), **people)) as vendor:
            reader = a_reader(vendor, self.STREAM)
            begun = reader.fetch(reader.fetch(None).cursor)
            with pytest.raises(UnavailableError, match="503"):
                reader.fetch(begun.cursor)
            vendor.answering = answering(people_b={"id": "B"}, people_c={"id": "C"})
            rest = read(reader, begun.cursor)

        assert keys([begun, *rest]) == [["a=A"], ["b=B", "c=C"]]

    def test_once_its_time_is_over_a_page_has_no_further_one(self) -> None:
        people = {f"people_{key}": {"id": key.upper()} for key in "ab"}
        slow = replace(ROOMS, details=replace(PEOPLE, keys=lambda room: (room.id,), seconds=0))
        with Vendor(answering(rooms=rooms("a", "b"), **people)) as vendor:
            pages = read(a_reader(vendor, slow))

        assert keys(pages) == [[], ["a=A"], ["b=B"]]

    def test_what_was_left_to_do_is_left_out_once_nobody_wants_it(self) -> None:
        listed = answering(rooms=rooms("1"), rooms_1_lines=lines(("a", "ana")))
        with Vendor(listed) as vendor:
            reader = a_reader(vendor, ROOMS)
            begun = reader.fetch(reader.fetch(None).cursor)
            pages = read(a_reader(vendor, replace(ROOMS, details=replace(LINES, then=None))), begun.cursor)
            deeper = read(a_reader(vendor, replace(ROOMS, details=None)), begun.cursor)

        assert keys([begun, *pages, *deeper]) == [["1.a"], [], []]


class TestNames:
    """Where an answer has an object in place of a list, each entry gets its name there."""

    def entries(self, answer: bytes) -> list[Any]:
        return [json.decode(each) for each in Listed(answer, "rooms.join", "next", "id").entries]

    def test_each_entry_gets_its_name(self) -> None:
        answer = b'{"rooms": {"join": {"!a": {"n": 1}, "!b": {"id": "other"}}}}'

        assert self.entries(answer) == [{"n": 1, "id": "!a"}, {"id": "!b"}]

    def test_one_that_is_no_object_stays_as_it_came(self) -> None:
        listed = Listed(b'{"join": {"a": 7, "b": null, "c": []}}', "join", keyed="id").entries

        assert listed == [Raw(b"7"), Raw(b"null"), Raw(b"[]")]

    @pytest.mark.parametrize("answer", [b'{"next": "t"}', b'{"next": "t", "rooms": {"join": {}}}'])
    def test_there_may_be_none(self, answer: bytes) -> None:
        assert self.entries(answer) == []

    def test_a_list_is_told(self) -> None:
        with pytest.raises(ValueError, match="Expected `object`, got `array`"):
            self.entries(b'{"rooms": {"join": []}}')
