"""Pipedrive: the contract's cases, and what is particular to its persons."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import UNSET

from integrations import registry
from integrations.contract import ContactRecord, Level
from integrations.imports.pipedrive import LEVELS
from integrations.rest import Rest
from integrations.source import Source
from tests.connectors.contract import ConnectorContract, Vendor, always, read, records
from tests.simulated.vendor import simulated_source
from worker.demo.simulator_server import answer_json


class TestPipedrive(ConnectorContract):
    connector = "pipedrive"


def a_person(**fields: object) -> dict[str, Any]:
    given = {"id": 7, "add_time": "2026-01-10T09:00:00Z", "update_time": "2026-02-01T09:00:00Z"}
    return {**given, **fields}


def the_record(**fields: object) -> ContactRecord:
    answer = answer_json({"success": True, "data": [a_person(**fields)], "additional_data": {}})
    with Vendor(always(answer)) as vendor:
        settings = {"base_url": f"{vendor.url}/api/v2"}
        reader = registry.connector(
            Source(name="crm", connector="pipedrive", settings=settings, secrets={"api_token": "made-up"})
        )
        (record,) = records(read(reader))
    return record


@pytest.fixture
def crm() -> Iterator[Rest]:
    with simulated_source("pipedrive", 300, page_limit=70) as source:
        reader = registry.connector(source)
        assert isinstance(reader, Rest)
        yield reader


class TestLevels:
    """Persons are the sales team's books, and Pipedrive verifies nothing."""

    @pytest.mark.parametrize("kind", ["email", "phone"])
    def test_what_the_books_hold_is_stored(self, kind: str) -> None:
        values = {"email": "ana@example.com", "phone": "+44 7700 900101"}

        (identifier,) = the_record(**{f"{kind}s": [{"value": values[kind], "primary": True}]}).identifiers

        assert (identifier.type, identifier.value) == (kind, values[kind])
        assert identifier.level is Level.STORED

    def test_the_table_knows_nothing_else(self) -> None:
        assert set(LEVELS) == {"email", "phone"}


class TestPersons:
    """A person is one record, known by its number."""

    def test_all_addresses_and_numbers_come_and_empty_ones_do_not(self) -> None:
        record = the_record(
            emails=[{"value": "ana@example.com"}, {"value": ""}, {"value": "ana@example.net"}],
            phones=[{"value": None}, {"value": "12345"}],
        )

        values = [identifier.value for identifier in record.identifiers]
        assert values == ["ana@example.com", "ana@example.net", "12345"]

    def test_a_person_that_never_changed_has_the_time_it_was_added(self) -> None:
        record = the_record(update_time=None)

        assert record.updated_at == record.occurred_at

    def test_an_empty_name_clears_it_and_an_absent_one_does_not(self) -> None:
        assert the_record(name="").name is None
        assert the_record().name is UNSET

    def test_the_job_is_profile_where_the_account_has_it(self) -> None:
        assert the_record(job_title=None).profile == {"job_title": None}
        assert the_record().profile == {}

    def test_a_deleted_person_keeps_no_identifier_in_that_version(self) -> None:
        record = the_record(is_deleted=True, emails=[{"value": "ana@example.com"}], name="Ana Ruiz")

        assert record.deleted
        assert (record.identifiers, record.name) == ((), UNSET)


def test_a_later_run_brings_the_last_ten_minutes_again(crm: Rest) -> None:
    first = read(crm)
    second = read(crm, first[-1].cursor)

    assert len({record.id for record in records(first)}) == 300
    newest = max(record.updated_at for record in records(first) if record.updated_at)
    again = records(second)
    assert 0 < len(again) < 15
    assert all(record.updated_at and (newest - record.updated_at).total_seconds() <= 600 for record in again)
