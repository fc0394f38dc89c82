"""Aircall: the contract's cases, and what is particular to its calls and its address book."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.contract import ContactRecord, Identifier, Level, Note
from integrations.phone.aircall import CEILING, aircall
from integrations.rest import Rest
from integrations.source import Source
from tests.connectors.contract import ConnectorContract, Vendor, listed, read, records
from tests.simulated.aircall import SimulatedAircall
from worker.demo.simulator_server import Answer, Asked, answer_json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEN = int(datetime(2026, 3, 2, 10, tzinfo=UTC).timestamp())
CALLER = "+1 202-555-0142"


class TestAircall(ConnectorContract):
    connector = "aircall"


def reader(vendor: Vendor, page_limit: int | None = None, at: datetime = NOON) -> Rest:
    source = Source(
        name="phone",
        connector="aircall",
        settings={"base_url": vendor.url},
        secrets=dict(SimulatedAircall.secrets),
        page_limit=page_limit,
        clock=lambda: at,
    )
    return aircall(source)


def lists(**entries: list[dict[str, Any]]) -> Callable[[Asked], Answer]:
    """Answer with one page of each list."""

    def answer(asked: Asked) -> Answer:
        name = asked.path.rpartition("/")[2]
        found = entries.get(name, [])
        return answer_json({name: found, "meta": {"total": len(found), "next_page_link": None}})

    return answer


def found(**entries: list[dict[str, Any]]) -> list[ContactRecord]:
    with Vendor(lists(**entries)) as vendor:
        return records(read(reader(vendor)))


def a_call(**fields: Any) -> dict[str, Any]:
    call = {"id": 101, "direction": "inbound", "status": "done", "started_at": TEN, "raw_digits": CALLER}
    return {**call, "answered_at": TEN + 12, "ended_at": TEN + 107, "duration": 107, **fields}


def phone(level: Level) -> Identifier:
    return Identifier(type="phone", value=CALLER, level=level)


class TestLevels:
    """A number that the channel carried is observed, one that was only dialled claimed; the book's are stored."""

    @pytest.mark.parametrize("answered_at", [TEN + 12, None])
    def test_a_callers_number_is_observed_whether_the_call_was_answered_or_not(
        self, answered_at: int | None
    ) -> None:
        (record,) = found(calls=[a_call(answered_at=answered_at)])

        assert record.identifiers == (phone(Level.OBSERVED),)

    @pytest.mark.parametrize(("answered_at", "level"), [(TEN + 12, Level.OBSERVED), (None, Level.CLAIMED)])
    def test_a_number_we_called_is_observed_once_somebody_answered(
        self, answered_at: int | None, level: Level
    ) -> None:
        (record,) = found(calls=[a_call(direction="outbound", answered_at=answered_at)])

        assert record.identifiers == (phone(level),)

    def test_what_the_address_book_holds_is_stored(self) -> None:
        contact = {
            "id": 7,
            "created_at": TEN,
            "updated_at": TEN + 60,
            "first_name": "Ana",
            "last_name": "Ruiz",
        }
        values = {
            "phone_numbers": [{"value": CALLER}, {"value": ""}],
            "emails": [{"value": "ana@example.com"}],
        }

        (record,) = found(contacts=[{**contact, **values}])

        assert record.identifiers == (
            phone(Level.STORED),
            Identifier(type="email", value="ana@example.com", level=Level.STORED),
        )
        assert record.name == "Ana Ruiz"
        assert record.updated_at == datetime.fromtimestamp(TEN + 60, UTC)

    def test_a_contact_without_details_is_a_record_without_a_name(self) -> None:
        (record,) = found(contacts=[{"id": 7, "created_at": TEN, "updated_at": TEN, "emails": None}])

        assert (record.name, record.identifiers) == (None, ())


class TestCalls:
    @pytest.mark.parametrize("hidden", ["anonymous", "", None, "+266696687"])
    def test_a_withheld_number_is_a_record_without_identifiers(self, hidden: str | None) -> None:
        (record,) = found(calls=[a_call(raw_digits=hidden)])

        assert record.identifiers == ()

    def test_the_contact_that_the_vendor_found_by_the_number_is_not_read(self) -> None:
        (record,) = found(calls=[a_call(contact={"id": 7, "first_name": "Ana", "emails": []})])

        assert (record.name or None, record.profile, record.about) == (None, {}, None)

    def test_a_call_between_colleagues_is_left_out(self) -> None:
        assert found(calls=[a_call(direction="internal")]) == []

    def test_a_call_going_on_is_left_out_and_holds_the_window(self) -> None:
        going_on = a_call(id=102, status="answered", started_at=TEN - 8 * 3600)
        with Vendor(lists(calls=[going_on, a_call()])) as vendor:
            pages = read(reader(vendor))
            read(reader(vendor), pages[-1].cursor)

        again = [asked.query["from"] for asked in vendor.asked if asked.path == "/v1/calls"][-1]
        assert [record.id for record in records(pages)] == ["call:101"]
        assert int(again) == TEN - 8 * 3600 - 1

    def test_comments_and_tags_are_notes_and_say_when_the_call_last_changed(self) -> None:
        comment = {
            "id": 31,
            "content": "Wants an invoice.",
            "posted_at": TEN + 300,
            "posted_by": {"name": "Sam"},
        }
        tag = {"id": 41, "name": "billing", "created_at": TEN + 400, "tagged_by": None}

        (record,) = found(calls=[a_call(comments=[comment], tags=[tag])])

        assert record.notes == (
            Note(
                id="comment:31",
                at=datetime.fromtimestamp(TEN + 300, UTC),
                body="Wants an invoice.",
                author="Sam",
            ),
            Note(id="tag:101:41", at=datetime.fromtimestamp(TEN + 400, UTC), body="Tag: billing"),
        )
        assert record.updated_at == datetime.fromtimestamp(TEN + 400, UTC)

    def test_a_tag_without_a_time_is_as_old_as_the_end_of_its_call(self) -> None:
        (record,) = found(calls=[a_call(tags=[{"id": 41, "name": "billing"}])])

        assert record.notes[0].at == record.updated_at == datetime.fromtimestamp(TEN + 107, UTC)

    @pytest.mark.parametrize(
        ("fields", "summary"),
        [
            ({}, "answered, 107 s"),
            (
                {"answered_at": None, "missed_call_reason": "no_available_agent"},
                "not answered, no available agent",
            ),
        ],
    )
    def test_the_summary_says_how_it_went(self, fields: dict[str, Any], summary: str) -> None:
        (record,) = found(calls=[a_call(**fields)])

        assert record.interactions[0].summary == summary


class Counted:
    """Says that a span has more than the vendor gives, until it is shorter than a year."""

    def __init__(self) -> None:
        self.given: list[tuple[int, int]] = []

    def answer(self, asked: Asked) -> Answer:
        since, until = int(asked.query.get("from", "0")), int(asked.query.get("to", str(2**31)))
        year = 365 * 24 * 3600
        # In the last two years there are too many; longer ago there is nobody.
        busy = max(0, min(until, int(NOON.timestamp())) - max(since, int(NOON.timestamp()) - 2 * year))
        total = (CEILING + 1) * busy // year
        if total <= CEILING:
            self.given.append((since, until))
            # What such a span holds is not what is tested.
            total = 0
        return answer_json({asked.path.rpartition("/")[2]: [], "meta": {"total": total}})


class TestCeiling:
    """No list gives more than 10,000 entries."""

    def test_spans_with_more_calls_are_halved_and_leave_no_gap(self) -> None:
        counted = Counted()
        with Vendor(
            lambda asked: counted.answer(asked) if asked.path == "/v1/calls" else lists()(asked)
        ) as vendor:
            read(reader(vendor))

        ends = [until for _, until in counted.given]
        starts = [since for since, _ in counted.given]
        assert len(counted.given) > 2
        assert starts[1:] == ends[:-1]
        assert ends[-1] == int(NOON.timestamp())

    def test_a_whole_address_book_with_more_is_one_list_in_spans(self) -> None:
        counted = Counted()
        with Vendor(lists()) as vendor:
            cursor = read(reader(vendor, at=NOON - timedelta(days=1)))[-1].cursor
            vendor.answering = lambda asked: (
                lists()(asked)
                if asked.path == "/v1/calls" or "order_by" in asked.query
                else counted.answer(asked)
            )
            pages = read(reader(vendor), cursor)

        sweeps = [page.sweep for page in pages if page.sweep is not None]
        assert len(sweeps) > 2
        assert [sweep.ended for sweep in sweeps] == [False] * (len(sweeps) - 1) + [True]
        assert len({sweep.began_at for sweep in sweeps}) == 1


def test_a_day_later_the_whole_address_book_shows_who_is_gone() -> None:
    simulated = SimulatedAircall(20)
    with Vendor(simulated.answer) as vendor:
        cursor = read(reader(vendor))[-1].cursor
        gone = simulated.contacts.pop(0)
        soon = read(reader(vendor, at=NOON + timedelta(hours=1)), cursor)
        later = read(reader(vendor, at=NOON + timedelta(hours=24)), soon[-1].cursor)

    assert listed(soon) is None
    assert listed(later) == [f"contact:{each['id']}" for each in simulated.contacts]
    assert f"contact:{gone['id']}" not in (listed(later) or [])


def test_a_contact_deleted_while_the_address_book_is_read_makes_nobody_else_look_gone() -> None:
    simulated = SimulatedAircall(500)
    with Vendor(simulated.answer) as vendor:
        cursor = read(reader(vendor))[-1].cursor

        def answer_and_delete(asked: Asked) -> Answer:
            answered = simulated.answer(asked)
            if asked.path == "/v1/contacts" and "order_by" not in asked.query:
                # After each page: of those on the page that was told.
                simulated.contacts.pop((int(asked.query.get("page", "1")) - 1) * 50)
            return answered

        vendor.answering = answer_and_delete
        later = read(reader(vendor, at=NOON + timedelta(hours=24)), cursor)

    there = {f"contact:{each['id']}" for each in simulated.contacts}
    assert len(there) < 150
    assert there <= set(listed(later) or [])


def test_a_simulated_company_is_read_to_its_end_and_then_only_the_overlap() -> None:
    simulated = SimulatedAircall(300)
    with Vendor(simulated.answer) as vendor:
        first = read(reader(vendor))
        second = read(reader(vendor), first[-1].cursor)

    ids = [record.id for record in records(first)]
    assert len(ids) == len(set(ids)) == 300
    assert [reject for page in first for reject in page.rejected] == []
    # Six hours before the newest call and the newest contact, both ends included.
    assert 0 < len(records(second)) <= 40
    assert {record.id for record in records(second)} < set(ids)
