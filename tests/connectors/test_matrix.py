"""Matrix: the contract's cases, and what is particular to accounts, addresses, rooms and messages."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from msgspec import UNSET

from integrations.chat.matrix import ACCOUNTS, Matrix
from integrations.chat.matrix_entries import KINDS
from integrations.contract import ContactRecord, Identifier, Level, Page
from integrations.errors import AccessError, FormatError, UnavailableError
from integrations.source import Source
from tests.connectors.contract import ConnectorContract, Vendor, always, read, records
from tests.simulated.vendor import simulated_source
from worker.demo.simulator_server import Answer, Asked, answer_json

MADE = 1_772_445_600
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANA = "@ana:example.com"
ZOE = "@zoe:elsewhere.example"


class TestMatrix(ConnectorContract):
    connector = "matrix"


def source_of(url: str, /, at: datetime = NOON, **settings: object) -> Source:
    stated = {"base_url": url, "server_name": "example.com", "staff": ["@agent-*:example.com"], **settings}
    return Source(
        name="rooms",
        connector="matrix",
        settings=stated,
        secrets={"access_token": "made-up"},
        clock=lambda: at,
    )


def an_account(**fields: Any) -> dict[str, Any]:
    return {"name": ANA, "creation_ts": MADE, "last_seen_ts": (MADE + 60) * 1000, **fields}


def a_threepid(medium: str = "email", address: str = "ana@example.com", *, gap: int = 30_000) -> Any:
    added_at = MADE * 1000 + 500_000
    return {"medium": medium, "address": address, "validated_at": added_at - gap, "added_at": added_at}


def an_event(**fields: Any) -> dict[str, Any]:
    return {
        "event_id": "$1",
        "sender": ANA,
        "type": "m.room.message",
        "origin_server_ts": MADE * 1000 + 250,
        "content": {"msgtype": "m.text", "body": "Where is\n my order?"},
        **fields,
    }


def serving(
    *accounts: dict[str, Any], events: list[dict[str, Any]] | None = None
) -> Callable[[Asked], Answer]:
    """Answer as a server with these accounts, and one room with these events."""
    whole = {each["name"]: each for each in accounts}

    def answer(asked: Asked) -> Answer:
        path = unquote(asked.path)
        if path == ACCOUNTS:
            return answer_json({"users": list(whole.values()), "total": len(whole)})
        if path.endswith("/sync"):
            joined: dict[str, Any] = {"!desk:example.com": {"timeline": {"events": [{}]}}} if events else {}
            return answer_json({"next_batch": "s1", "rooms": {"join": joined}})
        if path.endswith("/messages"):
            return answer_json({"chunk": events})
        known = whole.get(path.removeprefix(f"{ACCOUNTS}/"))
        return Answer(status=404) if known is None else answer_json(known)

    return answer


def pulled(
    *accounts: dict[str, Any], events: list[dict[str, Any]] | None = None, **settings: Any
) -> list[ContactRecord]:
    with Vendor(serving(*accounts, events=events)) as vendor:
        pages = read(Matrix(source_of(vendor.url, **settings)))
    assert [reject for page in pages for reject in page.rejected] == []
    return records(pages)


def identifiers(account: dict[str, Any], **settings: Any) -> list[Identifier]:
    (record,) = pulled(account, **settings)
    return list(record.identifiers)


class TestLevels:
    """An account proves who has logged in there; an address only what the business knows of how it got there."""

    @pytest.mark.parametrize(
        ("seen", "level", "method"),
        [(MADE * 1000, Level.VERIFIED, "session"), (None, Level.STORED, ""), (0, Level.STORED, "")],
    )
    def test_an_account_and_its_logins_are_proved_once_somebody_has_used_it(
        self, seen: int | None, level: Level, method: str
    ) -> None:
        logins = [{"auth_provider": "oidc-shop", "external_id": "u-17"}]

        found = identifiers(an_account(last_seen_ts=seen, external_ids=logins))

        assert found == [
            Identifier(type="account", namespace="matrix", value=ANA, level=level, method=method),
            Identifier(type="account", namespace="oidc-shop", value="u-17", level=level, method=method),
        ]

    def test_a_login_is_called_as_other_sources_call_it(self) -> None:
        logins = [{"auth_provider": "oidc-shop", "external_id": "u-17"}]

        found = identifiers(an_account(external_ids=logins), providers={"oidc-shop": "shop"})

        assert [each.namespace for each in found] == ["matrix", "shop"]

    @pytest.mark.parametrize("outside", [{"is_guest": True}, {"is_guest": 1}, {"appservice_id": "whatsapp"}])
    def test_a_guest_and_a_puppet_of_a_bridge_are_handles(self, outside: dict[str, Any]) -> None:
        found = identifiers(an_account(**outside, threepids=[a_threepid()]))

        assert found == [Identifier(type="handle", namespace="matrix", value=ANA, level=Level.OBSERVED)]

    @pytest.mark.parametrize(
        "proof",
        [
            (True, 30_000, Level.VERIFIED),
            (True, 1_001, Level.VERIFIED),
            # An administrator or a login service has written it: both times are of one moment.
            (True, 1_000, Level.STORED),
            (True, 40, Level.STORED),
            (True, 0, Level.STORED),
            (True, -5_000, Level.STORED),
            (False, 30_000, Level.STORED),
        ],
    )
    @pytest.mark.parametrize(
        ("medium", "address", "expected"),
        [
            ("email", "ana@example.com", ("email", "ana@example.com", "link")),
            ("msisdn", "447700900123", ("phone", "+447700900123", "otp")),
            ("msisdn", "+447700900123", ("phone", "+447700900123", "otp")),
        ],
    )
    def test_an_address_is_proved_where_only_its_owner_can_add_it_and_came_back_for_it(
        self, proof: tuple[bool, int, Level], medium: str, address: str, expected: tuple[str, str, str]
    ) -> None:
        addresses_proved, gap, level = proof
        account = an_account(threepids=[a_threepid(medium, address, gap=gap)])

        _, found = identifiers(account, addresses_proved=addresses_proved)

        type_, value, method = expected
        assert (found.type, found.value, found.level) == (type_, value, level)
        assert found.method == (method if level is Level.VERIFIED else "")

    @pytest.mark.parametrize("lacks", ["validated_at", "added_at"])
    def test_an_address_without_both_times_is_not_proved(self, lacks: str) -> None:
        threepid = a_threepid()
        del threepid[lacks]

        _, found = identifiers(an_account(threepids=[threepid]), addresses_proved=True)

        assert found.level is Level.STORED

    def test_an_address_of_an_unknown_medium_identifies_nobody(self) -> None:
        assert len(identifiers(an_account(threepids=[a_threepid("fax", "12025550101")]))) == 1

    def test_a_sender_from_another_server_is_a_handle(self) -> None:
        (record,) = pulled(events=[an_event(sender=ZOE)])

        assert record.id == ZOE
        assert record.identifiers == (
            Identifier(type="handle", namespace="matrix", value=ZOE, level=Level.OBSERVED),
        )


class TestAccounts:
    @pytest.mark.parametrize("creation_ts", [MADE, MADE * 1000, MADE * 1000 + 999])
    def test_the_time_of_creation_is_the_same_in_seconds_and_in_milliseconds(self, creation_ts: int) -> None:
        (record,) = pulled(an_account(creation_ts=creation_ts))

        assert record.occurred_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
        assert record.updated_at is None

    @pytest.mark.parametrize(
        ("displayname", "name"),
        [("Ana Ruiz", "Ana Ruiz"), ("ana", None), (ANA, None), ("", None), (None, None)],
    )
    def test_a_name_that_the_server_made_of_the_id_is_none(
        self, displayname: str | None, name: str | None
    ) -> None:
        (record,) = pulled(an_account(displayname=displayname))

        assert record.name == name

    def test_a_name_that_is_absent_clears_nothing(self) -> None:
        (record,) = pulled(an_account())

        assert record.name is UNSET

    @pytest.mark.parametrize("deactivated", [True, 1])
    def test_a_closed_one_is_deleted_and_not_asked_for(self, deactivated: object) -> None:
        with Vendor(serving(an_account(deactivated=deactivated, displayname="Ana Ruiz"))) as vendor:
            pages = read(Matrix(source_of(vendor.url)))

        (record,) = records(pages)
        assert (record.id, record.deleted, record.identifiers, record.name) == (ANA, True, (), UNSET)
        assert [asked.path for asked in vendor.asked if "ana" in asked.path] == []

    def test_one_that_is_closed_between_the_list_and_its_turn_is_deleted_too(self) -> None:
        listed = serving(an_account())
        closed = serving(an_account(deactivated=True))
        with Vendor(lambda asked: (listed if asked.path == ACCOUNTS else closed)(asked)) as vendor:
            (record,) = records(read(Matrix(source_of(vendor.url))))

        assert (record.id, record.deleted) == (ANA, True)

    def test_they_rank_as_of_when_their_list_was_begun(self) -> None:
        with Vendor(serving(an_account())) as vendor:
            pages = read(Matrix(source_of(vendor.url)))

        assert [page.stamp for page in pages if page.deliveries] == [NOON]

    @pytest.mark.parametrize("is_closed", [True, False])
    def test_the_businesss_own_are_no_contacts(self, is_closed: bool) -> None:
        assert pulled(an_account(name="@agent-ida:example.com", deactivated=is_closed)) == []

    def test_a_wrong_server_name_rejects_what_is_listed(self) -> None:
        with Vendor(serving(an_account())) as vendor:
            pages = read(Matrix(source_of(vendor.url, server_name="matrix.example.com")))

        (reject,) = [reject for page in pages for reject in page.rejected]
        assert "server_name" in reject.reason
        assert records(pages) == []

    def test_everybody_is_read_whole_once_a_day(self) -> None:
        old = an_account(name="@old:example.com", creation_ts=MADE - 90_000)
        with Vendor(serving(an_account(), old)) as vendor:
            first = read(Matrix(source_of(vendor.url)))
            soon = read(Matrix(source_of(vendor.url, NOON + timedelta(hours=1))), first[-1].cursor)
            later = read(Matrix(source_of(vendor.url, NOON + timedelta(hours=25))), soon[-1].cursor)

        assert [each.id for each in records(first)] == [ANA, old["name"]]
        assert [each.id for each in records(soon)] == [ANA]
        assert [each.id for each in records(later)] == [ANA, ANA, old["name"]]

    @pytest.mark.parametrize("guests", [True, False])
    def test_a_server_that_refuses_to_list_guests_is_not_asked_for_them(self, guests: bool) -> None:
        with Vendor(serving()) as vendor:
            read(Matrix(source_of(vendor.url, guests=guests)))

        assert {asked.query.get("guests") for asked in vendor.asked if asked.path == ACCOUNTS} == {
            "true" if guests else "false"
        }


class TestRefetch:
    def refetched(self, *ids: str, answering: Callable[[Asked], Answer]) -> tuple[Page, list[str]]:
        with Vendor(answering) as vendor:
            page = Matrix(source_of(vendor.url)).refetch(ids)
        return page, [unquote(asked.path) for asked in vendor.asked]

    def test_accounts_of_this_server_are_asked_for_one_by_one(self) -> None:
        page, asked = self.refetched(ANA, ZOE, "@gone:example.com", answering=serving(an_account()))

        assert [each.id for each in records([page])] == [ANA]
        assert (page.cursor, page.more, page.stamp) == ("", False, NOON)
        assert asked == [f"{ACCOUNTS}/{ANA}", f"{ACCOUNTS}/@gone:example.com"]

    def test_an_answer_that_is_another_servers_account_proves_nobody(self) -> None:
        page, _ = self.refetched(ANA, answering=always(answer_json(an_account(name=ZOE))))

        assert records([page]) == []
        assert [(each.where, "server_name" in each.reason) for each in page.rejected] == [
            ("users, entry 1", True)
        ]

    def test_another_refusal_is_told(self) -> None:
        with pytest.raises(FormatError, match="answered 400"):
            self.refetched(ANA, answering=always(Answer(status=400)))


class TestMessages:
    """A message is a version of its sender's record that says nothing but that it was written."""

    @pytest.mark.parametrize(("type_", "kind"), KINDS.items())
    def test_it_says_nothing_about_who_the_sender_is(self, type_: str, kind: str) -> None:
        (record,) = pulled(events=[an_event(type=type_)])

        (interaction,) = record.interactions
        at = datetime(2026, 3, 2, 10, 0, 0, 250_000, tzinfo=UTC)
        assert (record.id, record.name, record.identifiers, record.profile) == (ANA, UNSET, (), {})
        assert (record.occurred_at, record.updated_at, interaction.at) == (at, at, at)
        assert (interaction.id, interaction.kind, interaction.direction) == ("$1", kind, "inbound")
        assert interaction.summary == "Where is my order?"

    @pytest.mark.parametrize("content", [{"ciphertext": "x"}, {"body": 7}, {"body": ""}])
    def test_one_without_readable_words_counts(self, content: dict[str, Any]) -> None:
        (record,) = pulled(events=[an_event(content=content)])

        assert [each.summary for each in record.interactions] == [""]

    def test_a_long_one_is_cut(self) -> None:
        (record,) = pulled(events=[an_event(content={"body": "x" * 5000})])

        assert [len(each.summary) for each in record.interactions] == [2000]

    @pytest.mark.parametrize("content", [{}, None])
    def test_one_that_was_taken_back_makes_no_record(self, content: dict[str, Any] | None) -> None:
        assert pulled(events=[an_event(content=content)]) == []

    def test_an_edit_is_no_message_and_an_answer_is_one(self) -> None:
        edit = {"body": "* Where?", "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}
        answer = {"body": "Here", "m.relates_to": {"m.in_reply_to": {"event_id": "$1"}}}
        strange = {"body": "Here", "m.relates_to": "$1"}

        events = [an_event(event_id=f"${n}", content=each) for n, each in enumerate((edit, answer, strange))]

        assert [each.interactions[0].id for each in pulled(events=events)] == ["$1", "$2"]

    def test_the_businesss_own_say_nothing_here(self) -> None:
        assert pulled(events=[an_event(sender="@agent-ida:example.com")]) == []

    def test_what_is_none_of_the_kinds_makes_no_record(self) -> None:
        assert pulled(events=[an_event(type="m.reaction")]) == []

    def test_whoever_wrote_is_looked_at_again_once(self) -> None:
        agent = an_event(event_id="$3", sender="@agent-ida:example.com")
        events = [an_event(), an_event(event_id="$2"), agent, an_event(event_id="$4", sender=ZOE)]
        with Vendor(serving(an_account(), events=events)) as vendor:
            first = read(Matrix(source_of(vendor.url)))

        looked_at = [unquote(asked.path) for asked in vendor.asked if asked.path.startswith(f"{ACCOUNTS}/")]
        # Once below the list, once since she wrote.
        assert looked_at == [f"{ACCOUNTS}/{ANA}"] * 2
        assert [each.id for each in records(first)] == [ANA, ANA, ANA, ZOE, ANA]

    def test_without_rooms_nothing_is_synced(self) -> None:
        with Vendor(serving(an_account(), events=[an_event()])) as vendor:
            reader = Matrix(source_of(vendor.url, rooms=False))
            read(reader)

        assert {asked.path.startswith(ACCOUNTS) for asked in vendor.asked} == {True}
        assert [part.name for part in reader.parts()] == ["users", "all-users"]

    def test_a_room_whose_news_is_no_message_is_not_read(self) -> None:
        quiet = {"next_batch": "s1", "rooms": {"join": {"!a:example.com": {"timeline": {"events": []}}}}}
        answers = {ACCOUNTS: {"users": []}, "/_matrix/client/v3/sync": quiet}
        with Vendor(lambda asked: answer_json(answers[asked.path])) as vendor:
            read(Matrix(source_of(vendor.url)))

        assert [asked.path for asked in vendor.asked] == list(answers)


class TestLimits:
    @pytest.mark.parametrize(("told", "seconds"), [(2648, 3), (1000, 1), (0, 0), (10**9, 300)])
    def test_the_wait_may_stand_in_the_answer_only(self, told: int, seconds: int) -> None:
        body = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": told}
        with (
            Vendor(always(answer_json(body, status=429))) as vendor,
            pytest.raises(UnavailableError, match="M_LIMIT_EXCEEDED") as caught,
        ):
            Matrix(source_of(vendor.url)).fetch(None)

        assert caught.value.retry_after == timedelta(seconds=seconds)

    @pytest.mark.parametrize(
        "body", [{"retry_after_ms": "soon"}, {"retry_after_ms": True}, {"retry_after_ms": -1}, [1]]
    )
    def test_a_wait_that_is_none_is_not_read(self, body: object) -> None:
        with (
            Vendor(always(answer_json(body, status=429))) as vendor,
            pytest.raises(UnavailableError) as caught,
        ):
            Matrix(source_of(vendor.url)).fetch(None)

        assert caught.value.retry_after is None

    def test_the_header_goes_before_the_answer(self) -> None:
        busy = Answer(b'{"retry_after_ms": 90000}', 429, {"Retry-After": "7"})
        with Vendor(always(busy)) as vendor, pytest.raises(UnavailableError) as caught:
            Matrix(source_of(vendor.url)).fetch(None)

        assert caught.value.retry_after == timedelta(seconds=7)


class TestSimulated:
    def test_everybody_is_read_to_the_end_and_a_later_run_brings_the_overlap_only(self) -> None:
        with simulated_source("matrix", 300) as source:
            reader = Matrix(source)
            first = read(reader)
            again = read(reader, first[-1].cursor)

        written = [each.id for record in records(first) for each in record.interactions]
        assert len({record.id for record in records(first)}) == 300
        assert len(written) == len(set(written)) > 700
        assert {record.id for record in records(again)} == {
            "@person298:example.com",
            "@person297:example.com",
        }


class TestSettings:
    @pytest.mark.parametrize("server_name", ["", "@ana:example.com", "https://example.com", "a b"])
    def test_a_server_name_that_is_none_is_refused(self, server_name: str) -> None:
        with pytest.raises(AccessError, match="server_name"):
            Matrix(source_of("https://matrix.example.com", server_name=server_name))

    def test_an_unencrypted_address_is_refused(self) -> None:
        with pytest.raises(AccessError, match="base_url"):
            Matrix(source_of("http://matrix.example.com"))
