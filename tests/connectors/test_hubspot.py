"""HubSpot: the contract's cases, and what is particular to its contacts, its search and its archive."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations import registry
from integrations.contract import About, ContactRecord, Level
from integrations.errors import AccessError
from integrations.imports.hubspot import LEVELS
from integrations.rest import Rest
from integrations.source import Source
from tests.connectors.contract import ConnectorContract, Vendor, always, read, records
from tests.simulated.crowd import BEGAN
from tests.simulated.vendor import simulated_source
from worker.demo.simulator_server import Asked, answer_json

ADDED = "2026-01-10T09:00:00.000Z"
CHANGED = "2026-02-01T09:00:00.000Z"


class TestHubSpot(ConnectorContract):
    connector = "hubspot"

    def test_a_missing_scope_is_named(self) -> None:
        refusal = answer_json({"status": "error", "category": "MISSING_SCOPES"}, status=403)
        with (
            self.vendor(always(refusal)) as vendor,
            pytest.raises(AccessError, match=r"scope crm\.objects\.contacts\.read, then run: avouch sources"),
        ):
            self.reader(vendor).fetch(None)


def a_contact(**properties: str) -> dict[str, Any]:
    return {"id": "7", "properties": properties, "createdAt": ADDED, "updatedAt": CHANGED}


def the_records(contact: dict[str, Any]) -> list[ContactRecord]:
    def answering(asked: Asked) -> Any:
        return answer_json({"total": 0, "results": [contact] if asked.method == "GET" else []})

    with Vendor(answering) as vendor:
        return records(read(registry.connector(source_at(vendor.url))))


def source_at(url: str) -> Source:
    return Source(
        name="crm",
        connector="hubspot",
        settings={"base_url": url},
        secrets={"access_token": "pat-made-up"},
    )


class TestLevels:
    """Contacts are the books; what a merge brought into one is a claim."""

    @pytest.mark.parametrize(
        ("name", "value", "kind", "level"),
        [
            ("email", "ana@example.com", "email", Level.STORED),
            ("phone", "+44 7700 900101", "phone", Level.STORED),
            ("mobilephone", "+1 202 555 0133", "phone", Level.STORED),
            ("hs_additional_emails", "ana@example.net", "email", Level.CLAIMED),
        ],
    )
    def test_each_property_has_its_level(self, name: str, value: str, kind: str, level: Level) -> None:
        (record,) = the_records(a_contact(**{name: value}))

        (identifier,) = record.identifiers
        assert (identifier.type, identifier.value, identifier.level) == (kind, value, level)

    def test_the_table_knows_nothing_else(self) -> None:
        assert set(LEVELS) == {"email", "phone", "mobilephone", "hs_additional_emails"}

    def test_several_addresses_in_one_property_are_several(self) -> None:
        (record,) = the_records(a_contact(hs_additional_emails="ana@example.net; ana@example.org;"))

        assert [each.value for each in record.identifiers] == ["ana@example.net", "ana@example.org"]


class TestContacts:
    """A contact is one record, and each that was merged into it is a deleted one about it."""

    def test_a_name_is_both_of_its_parts_and_what_is_empty_is_cleared(self) -> None:
        (full,) = the_records(a_contact(firstname="Ana", lastname="Ruiz", company="Acme"))
        (part,) = the_records(a_contact(lastname="Ruiz"))
        (none,) = the_records(a_contact())

        assert (full.name, full.profile) == ("Ana Ruiz", {"company": "Acme"})
        assert (part.name, none.name, none.profile) == ("Ruiz", None, {"company": None})

    def test_a_merge_is_a_claim_about_the_one_that_is_left(self) -> None:
        left, *merged = the_records(a_contact(hs_merged_object_ids="5;6"))

        assert (left.id, left.deleted) == ("7", False)
        assert [record.id for record in merged] == ["5", "6"]
        for record in merged:
            assert (record.deleted, record.identifiers) == (True, ())
            assert record.about == About("crm", "7", level=Level.CLAIMED)
            assert record.updated_at == left.updated_at

    def test_an_archived_contact_is_deleted_since_then(self) -> None:
        gone = {**a_contact(email="ana@example.com"), "archived": True}

        (told,) = the_records({**gone, "archivedAt": "2026-03-02T09:00:00.000Z"})
        (untold,) = the_records(gone)

        assert (told.deleted, told.identifiers) == (True, ())
        assert told.updated_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
        assert untold.updated_at == datetime.fromisoformat(CHANGED)


class TestSearch:
    """The search gives ten thousand contacts and no more; the simulated one holds to that."""

    def test_a_pause_in_which_more_changed_than_it_gives_is_read_in_parts(self) -> None:
        with simulated_source("hubspot", 12_000, clock=lambda: BEGAN + timedelta(days=20)) as source:
            began = int(BEGAN.timestamp())
            read_whole = f'"all-contacts":{{"whole_at":{began + 20 * 86400}}}'
            cursor = f'{{"stream":"contacts","marks":{{{read_whole},"contacts":{{"since":{began - 1}}}}}}}'

            found = _until_the_archive(registry.connector(source), cursor)

        living = [place for place in range(12_000) if place % 60 != 59 and place % 50 != 49]
        assert {record.id for record in found if not record.deleted} == {str(place + 1) for place in living}

    def test_a_later_run_brings_nothing_when_nothing_happened(self, crm: Rest) -> None:
        first = read(crm)
        second = read(crm, first[-1].cursor)

        assert len({record.id for record in records(first)}) == 295
        assert records(second) == []


def _until_the_archive(reader: Any, cursor: str) -> list[ContactRecord]:
    """Read the search to its end; a contract of ours with some 60 pages."""
    found: list[ContactRecord] = []
    while '"stream":"contacts"' in cursor:
        page = reader.fetch(cursor)
        found += [delivery.record for delivery in page.deliveries]
        cursor = page.cursor
    return found


@pytest.fixture
def crm() -> Iterator[Rest]:
    with simulated_source("hubspot", 300) as source:
        reader = registry.connector(source)
        assert isinstance(reader, Rest)
        yield reader
