"""Stripe: the contract's cases, and what is particular to its customers and events."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations import registry
from integrations.contract import ContactRecord, Level, Page
from integrations.rest import Rest
from integrations.source import Source
from tests.connectors.contract import ConnectorContract, Vendor, always, read, records
from tests.simulated.vendor import simulated_source
from worker.demo.simulator_server import Asked, answer_json
from worker.domain.folding import fold
from worker.domain.records import Version, content_digest

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class TestStripe(ConnectorContract):
    connector = "stripe"

    def test_an_entry_that_is_no_object_costs_only_itself(self) -> None:
        # The last one that is an object leads on: the way on is its id, and there is no other.
        answer = {"has_more": True, "data": [a_customer(), 7, None, "text", []]}
        with Vendor(always(answer_json(answer))) as vendor:
            page = self.reader(vendor).fetch(None)

        assert [reject.raw for reject in page.rejected] == ["7", "null", '"text"', "[]"]
        assert '"next":"cus_1"' in page.cursor

    def test_requests_name_the_version_they_were_written_for(self) -> None:
        vendor, _ = self.first_run()

        assert {asked.headers["stripe-version"] for asked in vendor.asked} == {"2025-09-30.clover"}


def a_customer(**fields: object) -> dict[str, Any]:
    return {"id": "cus_1", "object": "customer", "created": int(NOON.timestamp()), **fields}


def the_pages(customer: dict[str, Any], *events: object, **settings: object) -> list[Page]:
    def answering(asked: Asked) -> Any:
        listed = [customer] if asked.path.endswith("customers") else events
        return answer_json({"has_more": False, "data": listed})

    with Vendor(answering) as vendor:
        source = Source(
            name="shop",
            connector="stripe",
            settings={"base_url": vendor.url, **settings},
            secrets={"api_key": "sk_test_made_up"},
            clock=lambda: NOON,
        )
        return read(registry.connector(source))


def the_record(settings: dict[str, object] | None = None, /, **fields: object) -> ContactRecord:
    (record,) = records(the_pages(a_customer(**fields), **(settings or {})))
    return record


class TestLevels:
    """Customers are the books of who pays; paying proves the card and nobody's mailbox."""

    def test_an_address_and_a_number_are_stored(self) -> None:
        found = the_record(email="ana@example.com", phone="+447700900101").identifiers

        assert [(each.type, each.level) for each in found] == [
            ("email", Level.STORED),
            ("phone", Level.STORED),
        ]

    def test_the_account_that_the_business_wrote_down_is_stored(self) -> None:
        settings: dict[str, object] = {"account_key": "user_id", "account_namespace": "app"}

        (account,) = the_record(settings, metadata={"user_id": 17}).identifiers

        assert (account.type, account.namespace, account.value) == ("account", "app", "17")
        assert account.level is Level.STORED

    def test_accounts_are_this_sources_own_until_the_settings_name_the_app(self) -> None:
        (account,) = the_record({"account_key": "user_id"}, metadata={"user_id": "u-17"}).identifiers

        assert account.namespace == "shop"

    def test_metadata_is_no_account_unless_the_settings_say_so(self) -> None:
        assert the_record(metadata={"user_id": "u-17"}).identifiers == ()
        assert the_record({"account_key": "user_id"}, metadata=None).identifiers == ()


class TestNames:
    """A name is a person's, or it is a company."""

    def test_the_name_of_a_person_is_the_records(self) -> None:
        record = the_record(name="Ana Ruiz")

        assert (record.name, record.profile["company"]) == ("Ana Ruiz", None)

    def test_a_business_is_a_company_with_somebody_or_nobody_in_it(self) -> None:
        nobody = the_record(name="Lind Flowers", business_name="Lind Flowers")
        somebody = the_record(name="Lind Flowers", business_name="Lind Flowers", individual_name="Mei Lind")

        assert (nobody.name, nobody.profile["company"]) == (None, "Lind Flowers")
        assert (somebody.name, somebody.profile["company"]) == ("Mei Lind", "Lind Flowers")

    def test_a_shop_for_businesses_has_no_people_where_stripe_does_not_name_them(self) -> None:
        record = the_record({"people": False}, name="Lind Flowers")

        assert (record.name, record.profile["company"]) == (None, "Lind Flowers")


class TestTimes:
    """What the list says ranks below the events of the hour before it, and above all older ones."""

    def test_a_listed_customer_ranks_as_of_an_hour_before_the_list(self) -> None:
        listed, events = the_pages(a_customer(metadata={"plan": "team"}))

        assert listed.stamp == NOON - timedelta(hours=1)
        assert listed.deliveries[0].record.updated_at is None
        assert listed.deliveries[0].record.profile["metadata"] == {"plan": "team"}
        assert events.stamp is None

    def test_a_version_out_of_an_event_has_the_events_time(self) -> None:
        pages = TestStripe().first_run()[1]

        told = [record.updated_at for record in records(pages[-1:])]
        assert told == [datetime(2026, 2, 20, 9, tzinfo=UTC), datetime(2026, 2, 19, 9, tzinfo=UTC)]

    @pytest.mark.parametrize(
        ("before", "name"), [(timedelta(days=2), "Ana Berg"), (timedelta(minutes=10), "Ana Ruiz")]
    )
    def test_of_list_and_event_the_newer_one_is_folded_last(self, before: timedelta, name: str) -> None:
        told = int((NOON - before).timestamp())
        customer = a_customer(created=0, name="Ana Ruiz")
        event = {"id": "evt_1", "type": "customer.updated", "created": told, "data": {"object": customer}}

        pages = the_pages(a_customer(created=0, name="Ana Berg"), event)

        versions = [
            Version(each.record, content_digest(each.record)[1], page.stamp, NOON, None)
            for page in pages
            for each in page.deliveries
        ]
        assert len(versions) == 2
        assert fold(b"key", "shop", versions).record.name == name

    @pytest.mark.parametrize(("days", "asked"), [(6, ["/v1/events"]), (31, ["/v1/customers", "/v1/events"])])
    def test_a_pause_that_outlasts_the_events_brings_the_whole_list(
        self, days: int, asked: list[str]
    ) -> None:
        cursor = the_pages(a_customer())[-1].cursor

        with Vendor(always(answer_json({"has_more": False, "data": []}))) as vendor:
            source = Source(
                name="shop",
                connector="stripe",
                settings={"base_url": vendor.url},
                secrets={"api_key": "sk_test_made_up"},
                clock=lambda: NOON + timedelta(days=days),
            )
            read(registry.connector(source), cursor)

        assert [each.path for each in vendor.asked] == asked


@pytest.fixture
def shop() -> Iterator[Rest]:
    with simulated_source("stripe", 300) as source:
        reader = registry.connector(source)
        assert isinstance(reader, Rest)
        yield reader


def test_a_later_run_brings_the_last_events_again(shop: Rest) -> None:
    first = read(shop)
    second = read(shop, first[-1].cursor)

    assert len({record.id for record in records(first)}) == 300
    assert sum(record.deleted for record in records(first)) == 7
    assert all(page.sweep is None for page in second)
    assert len(records(second)) == 1
