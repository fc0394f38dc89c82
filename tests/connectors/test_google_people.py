"""Google People: the contract's cases, and what is particular to its contacts and its tokens."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations import registry
from integrations.contract import About, ContactRecord, Level
from integrations.errors import AccessError, FormatError, UnavailableError
from integrations.rest import Rest
from integrations.source import Source
from tests.connectors.contract import ConnectorContract, Vendor, always, read, records
from tests.simulated.vendor import simulated_source
from worker.demo.simulator_server import Answer, Asked, answer_json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GRANTED = {"access_token": "made-up-access", "expires_in": 3599}


class TestGooglePeople(ConnectorContract):
    connector = "google-people"

    @pytest.mark.parametrize(
        ("reason", "says"),
        [
            ("SERVICE_DISABLED", r"Enable the People API in its project, then run: avouch sources resume"),
            (
                "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                r"contacts\.other\.readonly, or set\s+other_contacts = false",
            ),
        ],
    )
    def test_what_a_person_has_to_do_is_said(self, reason: str, says: str) -> None:
        with self.vendor(always(refused(403, reason))) as vendor, pytest.raises(AccessError, match=says):
            self.reader(vendor).fetch(None)

    def test_a_quota_that_is_told_as_forbidden_is_tried_again_later(self) -> None:
        busy = refused(403, "userRateLimitExceeded")
        with self.vendor(always(busy)) as vendor, pytest.raises(UnavailableError):
            self.reader(vendor).fetch(None)


def refused(status: int, reason: str) -> Answer:
    error = {"code": status, "message": "made up", "status": "REFUSED", "details": [{"reason": reason}]}
    return answer_json({"error": error}, status=status)


def a_field(value: str, source: str = "CONTACT", **metadata: object) -> dict[str, Any]:
    return {"value": value, "metadata": {"source": {"type": source, "id": "5f1"}, **metadata}}


def a_person(**fields: object) -> dict[str, Any]:
    sources = [{"type": "CONTACT", "id": "5f1", "updateTime": "2026-02-01T09:00:00Z"}]
    return {"resourceName": "people/c1", "metadata": {"sources": sources}, **fields}


def source_at(url: str, at: datetime = NOON, **settings: object) -> Source:
    return Source(
        name="book",
        connector="google-people",
        settings={"client_id": "made-up", "base_url": url, "token_url": f"{url}/token", **settings},
        secrets={"client_secret": "made-up-secret", "refresh_token": "made-up-refresh"},
        clock=lambda: at,
    )


def serving(people: list[dict[str, Any]], others: list[dict[str, Any]]) -> Any:
    def answering(asked: Asked) -> Answer:
        if asked.path == "/token":
            return answer_json(GRANTED)
        name, listed = ("otherContacts", others) if "other" in asked.path else ("connections", people)
        return answer_json(
            {name: listed, "nextSyncToken": "sync-2"} if listed else {"nextSyncToken": "sync-2"}
        )

    return answering


def the_records(*people: dict[str, Any], others: list[dict[str, Any]] | None = None) -> list[ContactRecord]:
    with Vendor(serving(list(people), others or [])) as vendor:
        return records(read(registry.connector(source_at(vendor.url))))


class TestLevels:
    """Verified means that Google checked who owns a profile, and nothing was proved to us."""

    @pytest.mark.parametrize(
        ("source", "verified", "level"),
        [
            ("CONTACT", False, Level.STORED),
            ("CONTACT", True, Level.STORED),
            ("PROFILE", True, Level.STORED),
            ("PROFILE", False, Level.CLAIMED),
            ("DOMAIN_PROFILE", True, Level.STORED),
            ("DOMAIN_PROFILE", False, Level.STORED),
            ("OTHER_CONTACT", True, Level.CLAIMED),
        ],
    )
    def test_where_a_field_comes_from_says_how_sure_it_is(
        self, source: str, verified: bool, level: Level
    ) -> None:
        email = a_field("ana@example.com", source, verified=verified)
        phone = a_field("+447700900101", source, verified=verified)

        (record,) = the_records(a_person(emailAddresses=[email], phoneNumbers=[phone]))

        assert [(each.type, each.level) for each in record.identifiers] == [
            ("email", level),
            ("phone", level),
        ]

    def test_other_contacts_are_claimed_whatever_they_say(self) -> None:
        other = {**a_person(emailAddresses=[a_field("ana@example.com")]), "resourceName": "otherContacts/c2"}

        (record,) = the_records(others=[other])

        assert record.id == "otherContacts:otherContacts/c2"
        assert [each.level for each in record.identifiers] == [Level.CLAIMED]


class TestContacts:
    """A contact is one record, by the name that Google gives it."""

    def test_a_number_is_taken_in_its_canonical_form_where_google_knows_it(self) -> None:
        known = {**a_field("07700 900101"), "canonicalForm": "+447700900101"}
        empty: dict[str, Any] = {"metadata": {}}

        (record,) = the_records(
            a_person(phoneNumbers=[known, a_field("12345"), empty], emailAddresses=[empty])
        )

        assert [each.value for each in record.identifiers] == ["+447700900101", "12345"]

    def test_the_name_in_the_book_comes_before_that_of_the_profile(self) -> None:
        profile = {"displayName": "ana r.", "metadata": {"primary": True, "source": {"type": "PROFILE"}}}
        book = {"displayName": "Ana Ruiz", "metadata": {"source": {"type": "CONTACT"}}}

        both, one, none = the_records(
            a_person(names=[profile, book], organizations=[{"name": "Acme", "metadata": {}}]),
            a_person(names=[profile]),
            a_person(),
        )

        assert (both.name, one.name, none.name) == ("Ana Ruiz", "ana r.", None)
        assert (both.profile, none.profile) == ({"company": "Acme"}, {})

    def test_a_former_name_is_a_deleted_record_about_the_new_one(self) -> None:
        metadata = {**a_person()["metadata"], "previousResourceNames": ["people/c0"]}

        new, former = the_records(a_person(metadata=metadata))

        assert (new.id, new.deleted) == ("connections:people/c1", False)
        assert (former.id, former.deleted) == ("connections:people/c0", True)
        assert former.about == About("book", "connections:people/c1", level=Level.CLAIMED)

    def test_a_deletion_without_a_time_has_that_of_its_list(self) -> None:
        gone = {"resourceName": "people/c1", "metadata": {"deleted": True}}

        (record,) = the_records(gone)

        assert (record.occurred_at, record.updated_at, record.deleted) == (NOON, NOON, True)

    def test_a_deletion_with_a_time_keeps_it(self) -> None:
        (record,) = the_records(a_person(metadata={**a_person()["metadata"], "deleted": True}))

        assert record.updated_at == datetime(2026, 2, 1, 9, tzinfo=UTC)

    def test_other_contacts_can_be_left_out(self) -> None:
        with Vendor(serving([a_person()], [])) as vendor:
            reader = registry.connector(source_at(vendor.url, other_contacts=False))
            assert isinstance(reader, Rest)
            read(reader)

        assert [part.name for part in reader.parts()] == ["connections"]
        assert {asked.path for asked in vendor.asked} == {"/token", "/v1/people/me/connections"}


class TestTokens:
    """A token lives for seven days after the list was read whole, however often it was used."""

    @pytest.mark.parametrize(("days", "sent"), [(5, "sync-2"), (6, None), (8, None)])
    def test_the_list_is_read_whole_before_its_token_dies(self, days: int, sent: str | None) -> None:
        with Vendor(serving([a_person()], [])) as vendor:
            cursor = read(registry.connector(source_at(vendor.url)))[-1].cursor
            used = source_at(vendor.url, NOON + timedelta(days=1))
            cursor = read(registry.connector(used), cursor)[-1].cursor
            vendor.asked.clear()

            read(registry.connector(source_at(vendor.url, NOON + timedelta(days=days))), cursor)

        lists = [asked.query for asked in vendor.asked if asked.path != "/token"]
        assert [query.get("syncToken") for query in lists] == [sent, sent]

    def test_every_request_asks_for_the_same_but_for_tokens(self) -> None:
        runs = TestGooglePeople().recording.runs
        asks = [each.ask for run in runs for each in run.exchanges if "connections" in each.ask.path]

        same = [
            {name: value for name, value in ask.query.items() if name not in {"syncToken", "pageToken"}}
            for ask in asks
        ]

        assert len(same) == 6
        assert all(query == same[0] for query in same)

    def test_an_answer_without_contacts_and_without_a_token_is_no_empty_list(self) -> None:
        with Vendor(always(answer_json(GRANTED))) as vendor, pytest.raises(FormatError, match="is missing"):
            registry.connector(source_at(vendor.url)).fetch(None)


@pytest.fixture
def book() -> Iterator[Rest]:
    with simulated_source("google-people", 300, page_limit=70) as source:
        reader = registry.connector(source)
        assert isinstance(reader, Rest)
        yield reader


def test_a_later_run_brings_only_what_the_tokens_stand_for(book: Rest) -> None:
    first = read(book)
    second = read(book, first[-1].cursor)

    assert len({record.id for record in records(first)}) == 300
    again = [record.id for record in records(second)]
    assert len(again) == 5
    assert set(again) < {record.id for record in records(first)}
