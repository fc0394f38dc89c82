"""Zendesk: the contract's cases, and what is particular to its users, identities, tickets and calls."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import UNSET

from integrations.chat.zendesk import zendesk
from integrations.contract import ContactRecord, Identifier, Level
from integrations.credentials import basic
from integrations.errors import AccessError, FormatError
from integrations.source import Source
from tests.connectors.contract import ConnectorContract, Vendor, always, read, records
from tests.simulated.vendor import simulated_source
from worker.demo.simulator_server import Answer, Asked, answer_json

NOON = "2026-03-02T12:00:00Z"
ANN = 36000000000001


class TestZendesk(ConnectorContract):
    connector = "zendesk"

    def test_an_admin_signs_in_with_the_address_and_the_token(self) -> None:
        vendor, _ = self.first_run()

        expected = basic("admin@example.com/token", "not-a-real-token-of-anyone")
        assert {asked.headers["authorization"] for asked in vendor.asked} == {expected._value}


def source_of(url: str, /, secrets: dict[str, str] | None = None, **settings: object) -> Source:
    return Source(
        name="desk",
        connector="zendesk",
        settings={"subdomain": "example", "user": "admin@example.com", "base_url": url, **settings},
        secrets=secrets or {"api_token": "made-up"},
    )


def a_user(**fields: Any) -> dict[str, Any]:
    return {"id": ANN, "created_at": NOON, "updated_at": NOON, "role": "end-user", "active": True, **fields}


def an_identity(kind: str, value: str, **fields: Any) -> dict[str, Any]:
    return {"user_id": ANN, "type": kind, "value": value, "verified": False, "primary": True, **fields}


def a_ticket(channel: str = "web", source: Any = None, **fields: Any) -> dict[str, Any]:
    via = {"channel": channel, "source": source or {"from": {}, "to": {}, "rel": None}}
    return {"id": 501, "created_at": NOON, "updated_at": NOON, "requester_id": ANN, "via": via, **fields}


def pulled(
    users: list[dict[str, Any]] | None = None,
    identities: list[dict[str, Any]] | None = None,
    tickets: list[dict[str, Any]] | None = None,
    requesters: list[dict[str, Any]] | None = None,
    **settings: object,
) -> list[ContactRecord]:
    def answering(asked: Asked) -> Answer:
        if "users" in asked.path:
            return answer_json({"users": users or [], "identities": identities or [], "end_of_stream": True})
        found = {"tickets": tickets or [], "users": requesters or [], "end_of_stream": True}
        return answer_json(found)

    with Vendor(answering) as vendor:
        pages = read(zendesk(source_of(vendor.url, None, **settings)))
    assert [reject for page in pages for reject in page.rejected] == []
    return records(pages)


def identifiers(
    *identities: dict[str, Any], user: dict[str, Any] | None = None, **settings: Any
) -> list[Identifier]:
    (record,) = pulled([user or a_user()], list(identities), **settings)
    return list(record.identifiers)


class TestLevels:
    """`verified` on an identity may be an agent's click: what counts is how, and that no merge can have brought it."""

    @pytest.mark.parametrize(
        ("how", "expected"),
        [
            ({"verified": True, "verification_method": "full"}, (Level.VERIFIED, "link")),
            ({"verified": True, "verification_method": "sso"}, (Level.STORED, "")),
            ({"verified": True, "verification_method": "embed"}, (Level.STORED, "")),
            ({"verified": True, "verification_method": "low"}, (Level.STORED, "")),
            ({"verified": True}, (Level.STORED, "")),
            ({"verified": True, "verification_method": "new-one"}, (Level.CLAIMED, "")),
            ({"verified": False, "verification_method": "none"}, (Level.CLAIMED, "")),
            ({"verified": False, "verification_method": "sso"}, (Level.CLAIMED, "")),
            ({"verified": True, "verification_method": "full", "primary": False}, (Level.CLAIMED, "")),
            (
                {"verified": True, "verification_method": "full", "ownership": "shared"},
                (Level.CLAIMED, ""),
            ),
            (
                {"verified": True, "verification_method": "full", "ownership": "owned"},
                (Level.VERIFIED, "link"),
            ),
        ],
    )
    def test_an_address(self, how: dict[str, Any], expected: tuple[Level, str]) -> None:
        (email,) = identifiers(an_identity("email", "ann@example.com", **how))

        assert (email.type, email.value) == ("email", "ann@example.com")
        assert (email.level, email.method) == expected

    @pytest.mark.parametrize("verified", [True, False])
    def test_nobody_has_ever_called_a_direct_line_back(self, verified: bool) -> None:
        (phone,) = identifiers(an_identity("phone_number", "+12025550101", verified=verified))

        assert (phone.type, phone.level) == ("phone", Level.CLAIMED)

    @pytest.mark.parametrize("shared", [True, False, None])
    def test_a_number_that_no_identity_holds_is_claimed(self, shared: bool | None) -> None:
        user = a_user(name="Ann Lee", phone="+12025550101", shared_phone_number=shared)

        assert [(each.type, each.level) for each in identifiers(user=user)] == [("phone", Level.CLAIMED)]

    @pytest.mark.parametrize("name", ["Caller +1 (202) 555-0101", "+1 202-555-0101", "+12025550101"])
    def test_a_user_whom_talk_made_is_the_line_and_has_no_name(self, name: str) -> None:
        user = a_user(name=name, phone="+12025550101")

        (record,) = pulled([user], [an_identity("phone_number", "+12025550101")])

        assert record.name is None
        assert [(each.value, each.level) for each in record.identifiers] == [("+12025550101", Level.OBSERVED)]

    def test_a_second_number_of_such_a_user_is_claimed(self) -> None:
        user = a_user(name="+12025550101", phone="+12025550102")

        assert [each.level for each in identifiers(user=user)] == [Level.CLAIMED]

    def test_an_account_is_the_businesss_own_and_its_case_means_nothing(self) -> None:
        user = a_user(external_id="IAN1")

        (own,) = identifiers(user=user)
        (shared,) = identifiers(user=user, account_namespace="shop")

        assert own == Identifier(type="account", namespace="desk", value="ian1", level=Level.STORED)
        assert shared.namespace == "shop"

    @pytest.mark.parametrize(
        ("kind", "level"),
        [
            ("any_channel", Level.OBSERVED),
            ("messaging", Level.OBSERVED),
            ("facebook", Level.CLAIMED),
            ("google", Level.CLAIMED),
            ("twitter", Level.CLAIMED),
        ],
    )
    def test_a_handle_is_observed_where_only_its_channel_can_have_made_it(
        self, kind: str, level: Level
    ) -> None:
        handle = identifiers(an_identity(kind, "ann-lee", verified=True))

        assert handle == [Identifier(type="handle", namespace=kind, value="ann-lee", level=level)]

    @pytest.mark.parametrize("kind", ["foreign", "sdk", "agent_forwarding"])
    def test_identities_that_mean_something_inside_zendesk_only_identify_nobody(self, kind: str) -> None:
        assert identifiers(an_identity(kind, "x-1", verified=True)) == []

    def test_an_address_without_identities_is_claimed(self) -> None:
        user = a_user(email="ann@example.com", verified=True)

        assert [(each.value, each.level) for each in identifiers(user=user)] == [
            ("ann@example.com", Level.CLAIMED)
        ]


class TestUsers:
    def test_a_user_keeps_times_name_and_profile(self) -> None:
        user = a_user(
            name="Ann Lee", locale="en-GB", user_fields={"plan": "team"}, updated_at="2026-03-02T13:00:00Z"
        )

        (record,) = pulled([user])

        assert (record.id, record.name) == (f"user:{ANN}", "Ann Lee")
        assert record.occurred_at == datetime(2026, 3, 2, 12, tzinfo=UTC)
        assert record.updated_at == datetime(2026, 3, 2, 13, tzinfo=UTC)
        assert record.profile == {"plan": "team", "language": "en-GB", "time_zone": None}

    def test_a_name_that_is_absent_clears_nothing_and_an_empty_one_does(self) -> None:
        absent, empty = pulled([a_user(), a_user(id=ANN + 1, name="")])

        assert absent.name is UNSET
        assert empty.name is None

    @pytest.mark.parametrize("role", ["agent", "admin", None])
    def test_colleagues_are_no_contacts(self, role: str | None) -> None:
        assert pulled([a_user(role=role, name="Ida Holm")]) == []

    def test_a_colleague_who_left_makes_no_record(self) -> None:
        assert pulled([a_user(role="agent", active=False)]) == []

    @pytest.mark.parametrize(
        "gone",
        [
            {"active": False, "name": "Ann Lee", "email": "ann@example.com"},
            {"active": None, "role": None, "name": "Permanently Deleted User", "created_at": None},
        ],
    )
    def test_one_who_was_deleted_or_merged_away_is_marked_and_names_nobody(
        self, gone: dict[str, Any]
    ) -> None:
        (record,) = pulled([a_user(**gone)], [an_identity("email", "ann@example.com", verified=True)])

        assert (record.id, record.deleted, record.identifiers) == (f"user:{ANN}", True, ())
        assert (record.name, record.about, record.profile) == (UNSET, None, {})


class TestTickets:
    """A ticket is a version of its requester's record that says nothing but that it was written."""

    @pytest.mark.parametrize(
        ("channel", "kind"),
        [
            ("email", "email"),
            ("chat", "chat"),
            ("native_messaging", "chat"),
            ("web", "message"),
            ("new", "message"),
        ],
    )
    def test_it_says_nothing_about_who_the_requester_is(self, channel: str, kind: str) -> None:
        ticket = a_ticket(channel, subject="My order", description="Where\n is it?")

        (record,) = pulled(tickets=[ticket])

        (interaction,) = record.interactions
        assert (record.id, record.name, record.identifiers) == (f"user:{ANN}", UNSET, ())
        assert (interaction.id, interaction.kind, interaction.direction) == ("ticket:501", kind, "inbound")
        assert interaction.summary == "My order: Where is it?"

    def test_one_of_a_colleague_makes_no_record(self) -> None:
        assert pulled(tickets=[a_ticket()], requesters=[a_user(role="agent")]) == []

    def test_one_of_somebody_who_is_gone_does_not_bring_him_back(self) -> None:
        (record,) = pulled(tickets=[a_ticket()], requesters=[a_user(active=False)])

        assert record.deleted
        assert [each.id for each in record.interactions] == ["ticket:501"]

    @pytest.mark.parametrize("lacks", [{"requester_id": None}, {"status": "deleted"}])
    def test_one_of_nobody_or_that_was_deleted_makes_no_record(self, lacks: dict[str, Any]) -> None:
        assert pulled(tickets=[a_ticket(**lacks)]) == []

    def test_one_without_a_channel_counts(self) -> None:
        (record,) = pulled(tickets=[a_ticket(via=None)])

        assert [each.kind for each in record.interactions] == ["message"]


class TestCalls:
    """A call has a number at most; whose direct line that is proves nothing about who speaks."""

    def a_call(self, direction: str, **fields: Any) -> dict[str, Any]:
        ends = {"from": {"phone": "+12025550101"}, "to": {"phone": "+12025550199"}, "rel": direction}
        return a_ticket("voice", ends, **fields)

    @pytest.mark.parametrize(
        ("rel", "direction", "number"),
        [
            ("inbound", "inbound", "+12025550101"),
            ("voicemail", "inbound", "+12025550101"),
            ("outbound", "outbound", "+12025550199"),
        ],
    )
    def test_it_is_a_record_of_its_own_with_the_other_number(
        self, rel: str, direction: str, number: str
    ) -> None:
        (record,) = pulled(tickets=[self.a_call(rel)])

        assert record.id == "call:501"
        assert record.identifiers == (Identifier(type="phone", value=number, level=Level.OBSERVED),)
        assert [(each.kind, each.direction) for each in record.interactions] == [("call", direction)]

    @pytest.mark.parametrize("ends", [None, {"from": {"phone": ""}, "rel": "inbound"}])
    def test_without_a_number_it_is_the_requesters(self, ends: Any) -> None:
        (record,) = pulled(tickets=[a_ticket("voice", ends)])

        assert (record.id, record.identifiers) == (f"user:{ANN}", ())
        assert [each.kind for each in record.interactions] == ["call"]


class TestExport:
    def test_a_cursor_that_does_not_advance_stops_the_run(self) -> None:
        stuck = answer_json({"users": [], "after_cursor": "c-1", "end_of_stream": False})
        with Vendor(always(stuck)) as vendor, pytest.raises(FormatError, match="read already"):
            read(zendesk(source_of(vendor.url)))

        assert len(vendor.asked) == 2

    def test_an_export_without_a_cursor_goes_on_from_the_last_one(self) -> None:
        with Vendor(lambda _: answer_json({"users": [], "tickets": [], "end_of_stream": True})) as vendor:
            reader = zendesk(source_of(vendor.url))
            vendor.answering = lambda _: answer_json(
                {"users": [], "tickets": [], "end_of_stream": True, "after_cursor": "c-1"}
            )
            first = read(reader)
            vendor.answering = lambda _: answer_json(
                {"users": [], "tickets": [], "end_of_stream": True, "after_cursor": None}
            )
            second = read(reader, first[-1].cursor)
            read(reader, second[-1].cursor)

        assert [asked.query.get("cursor") for asked in vendor.asked] == [None, None, *["c-1"] * 4]

    def test_everybody_is_read_to_the_end_and_a_later_run_brings_nothing_twice(self) -> None:
        with simulated_source("zendesk", 300) as source:
            reader = zendesk(source)
            first = read(reader)
            again = read(reader, first[-1].cursor)

        assert len({record.id for record in records(first)}) == 300
        assert records(again) == []


class TestSettings:
    def test_the_subdomain_names_the_host(self) -> None:
        settings = {"subdomain": "example", "user": "admin@example.com"}
        reader = zendesk(
            Source(name="desk", connector="zendesk", settings=settings, secrets={"api_token": "made-up"})
        )

        assert "example.zendesk.com" in repr(vars(reader))

    @pytest.mark.parametrize("subdomain", ["example.com/", "a.b", ""])
    def test_a_subdomain_that_would_lead_elsewhere_is_refused(self, subdomain: str) -> None:
        with pytest.raises(AccessError, match="subdomain"):
            zendesk(source_of("https://desk.example", None, subdomain=subdomain))

    def test_an_access_token_needs_no_user(self) -> None:
        with Vendor(always(Answer(status=503))) as vendor:
            reader = zendesk(source_of(vendor.url, {"access_token": "made-up"}, user=None))
            with pytest.raises(Exception, match="503"):
                reader.fetch(None)

        assert vendor.asked[0].headers["authorization"] == "Bearer made-up"

    def test_an_api_token_without_its_user_is_told(self) -> None:
        with pytest.raises(AccessError, match="needs the setting user"):
            zendesk(source_of("https://desk.example", None, user=None))
