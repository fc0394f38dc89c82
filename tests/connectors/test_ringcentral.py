"""RingCentral: the contract's cases, and what is particular to its calls, texts and address book."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from integrations.contract import ContactRecord, Identifier, Level
from integrations.errors import AccessError, FormatError, UnavailableError
from integrations.phone.ringcentral import ringcentral
from integrations.rest import Rest
from integrations.source import Source
from tests.connectors.contract import ConnectorContract, Vendor, always, listed, read, records
from tests.simulated.ringcentral import SimulatedRingCentral
from worker.demo.simulator_server import Answer, Asked, answer_json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OURS = {"phoneNumber": "+12025550100", "extensionId": "62264425016"}
CALLER = {"phoneNumber": "+12025550142"}
ACCOUNT = "/restapi/v1.0/account/~"
GRANT = answer_json({"access_token": "made-up", "expires_in": 3600})


class TestRingCentral(ConnectorContract):
    connector = "ringcentral"


def reader(vendor: Vendor, page_limit: int | None = None, at: datetime = NOON, **options: Any) -> Rest:
    source = Source(
        name="phone",
        connector="ringcentral",
        settings={"base_url": vendor.url, "history_days": 7, **options},
        secrets=dict(SimulatedRingCentral.secrets),
        page_limit=page_limit,
        clock=lambda: at,
    )
    return ringcentral(source)


def lists(**entries: list[dict[str, Any]]) -> Callable[[Asked], Answer]:
    """Answer with one page of each list, by the last part of its path with underscores."""

    def answer(asked: Asked) -> Answer:
        if asked.path == "/restapi/oauth/token":
            return GRANT
        name = asked.path.rpartition("/")[2].replace("-", "_")
        return answer_json({"records": entries.get(name, []), "navigation": {}, "paging": {}})

    return answer


def found(**entries: list[dict[str, Any]]) -> list[ContactRecord]:
    with Vendor(lists(**entries)) as vendor:
        return records(read(reader(vendor)))


def a_call(**fields: Any) -> dict[str, Any]:
    call = {"id": "C1", "startTime": "2026-03-02T11:30:00.000Z", "direction": "Inbound", "result": "Accepted"}
    return {**call, "from": CALLER, "to": OURS, **fields}


def a_text(**fields: Any) -> dict[str, Any]:
    text = {"id": 9, "creationTime": "2026-03-02T11:30:00.000Z", "direction": "Inbound", "subject": "Hello"}
    return {**text, "from": CALLER, "to": [OURS], "messageStatus": "Received", **fields}


def phone(level: Level, value: str = "+12025550142") -> Identifier:
    return Identifier(type="phone", value=value, level=level)


OUTBOUND = {"direction": "Outbound", "from": OURS, "to": CALLER}


class TestLevels:
    """A number that the channel carried is observed, one that was only dialled claimed; the book's are stored."""

    @pytest.mark.parametrize("result", ["Accepted", "Missed", "Voicemail", "Abandoned"])
    def test_a_callers_number_is_observed_however_the_call_ended(self, result: str) -> None:
        (record,) = found(call_log=[a_call(result=result)])

        assert record.identifiers == (phone(Level.OBSERVED),)

    @pytest.mark.parametrize(
        ("result", "level"),
        [
            ("Call connected", Level.OBSERVED),
            ("Busy", Level.OBSERVED),
            ("No Answer", Level.OBSERVED),
            ("Wrong Number", Level.CLAIMED),
            ("Call Failed", Level.CLAIMED),
            ("A result of next year", Level.CLAIMED),
        ],
    )
    def test_a_number_we_called_is_observed_once_the_network_reached_it(
        self, result: str, level: Level
    ) -> None:
        (record,) = found(call_log=[a_call(**OUTBOUND, result=result)])

        assert record.identifiers == (phone(level),)

    @pytest.mark.parametrize(
        ("status", "level"), [("Delivered", Level.OBSERVED), ("DeliveryFailed", Level.CLAIMED)]
    )
    def test_a_number_we_wrote_to_is_observed_once_it_was_reached(self, status: str, level: Level) -> None:
        sent = a_text(**{**OUTBOUND, "to": [CALLER]}, messageStatus=status)

        (record,) = found(message_store=[sent])

        assert record.identifiers == (phone(level),)

    def test_what_the_address_book_holds_is_stored(self) -> None:
        contact = {"id": 7, "firstName": "Ana", "lastName": "Ruiz", "email": "ana@example.com"}

        (record,) = found(address_book_sync=[{**contact, "mobilePhone": "+12025550142"}])

        assert record.name == "Ana Ruiz"
        assert record.identifiers == (
            phone(Level.STORED),
            Identifier(type="email", value="ana@example.com", level=Level.STORED),
        )


class TestCalls:
    def test_the_window_has_both_ends_and_begins_hours_before_the_newest_call(self) -> None:
        with Vendor(lists(call_log=[a_call()])) as vendor:
            cursor = read(reader(vendor))[-1].cursor
            read(reader(vendor, at=NOON + timedelta(hours=1)), cursor)

        windows = [
            (asked.query["dateFrom"], asked.query["dateTo"])
            for asked in vendor.asked
            if asked.path == f"{ACCOUNT}/call-log"
        ]
        assert windows == [
            ("2026-02-23T12:00:00Z", "2026-03-02T12:00:00Z"),
            ("2026-03-02T07:30:00Z", "2026-03-02T13:00:00Z"),
        ]

    def test_a_long_absence_is_read_week_by_week(self) -> None:
        with Vendor(lists()) as vendor:
            read(reader(vendor, history_days=28))

        starts = [asked.query["dateFrom"] for asked in vendor.asked if asked.path == f"{ACCOUNT}/call-log"]
        assert [start[:10] for start in starts] == ["2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23"]

    def test_a_call_going_on_is_left_out_and_holds_the_window(self) -> None:
        going_on = a_call(id="C2", startTime="2026-03-01T20:00:00.000Z", result="In Progress")
        with Vendor(lists(call_log=[a_call(), going_on])) as vendor:
            pages = read(reader(vendor))
            read(reader(vendor), pages[-1].cursor)

        again = [asked.query["dateFrom"] for asked in vendor.asked if asked.path == f"{ACCOUNT}/call-log"][-1]
        assert [record.id for record in records(pages)] == ["call:C1"]
        assert again == "2026-03-01T19:59:59Z"

    def test_a_call_that_is_not_finished_is_left_out_whatever_its_result(self) -> None:
        assert found(call_log=[a_call(finished=False)]) == []

    @pytest.mark.parametrize("colleague", [{"extensionNumber": "102"}, {**CALLER, "extensionId": "622644"}])
    @pytest.mark.parametrize(("direction", "side"), [("Inbound", "from"), ("Outbound", "to")])
    def test_a_call_between_extensions_is_left_out(
        self, colleague: dict[str, str], direction: str, side: str
    ) -> None:
        call = a_call(**{"from": OURS, "to": OURS, "direction": direction, side: colleague})

        assert found(call_log=[call]) == []

    @pytest.mark.parametrize(
        "hidden", [{}, {"phoneNumber": "anonymous"}, {"phoneNumber": "+266696687"}, None]
    )
    def test_a_withheld_number_is_a_record_without_identifiers(self, hidden: dict[str, str] | None) -> None:
        (record,) = found(call_log=[a_call(**{"from": hidden})])

        assert record.identifiers == ()
        assert record.interactions[0].direction == "inbound"

    @pytest.mark.parametrize(
        ("written", "value"),
        [
            ("12025550142", "+12025550142"),
            ("(202)555-0142", "(202)555-0142"),
            ("2025550142", "2025550142"),
            ("02079460000", "02079460000"),
        ],
    )
    def test_a_plain_number_with_its_countrys_code_gets_its_plus_sign(self, written: str, value: str) -> None:
        (record,) = found(call_log=[a_call(**{"from": {"phoneNumber": written}})])

        assert record.identifiers == (phone(Level.OBSERVED, value),)

    def test_the_carriers_name_for_a_number_is_no_name(self) -> None:
        (record,) = found(call_log=[a_call(**{"from": {**CALLER, "name": "WASHINGTON DC"}}, duration=95)])

        assert not record.name
        assert record.profile == {"caller_name": "WASHINGTON DC"}
        assert record.interactions[0].summary == "accepted, 95 s"

    def test_a_fax_is_a_fax(self) -> None:
        (record,) = found(call_log=[a_call(type="Fax", result="Received")])

        assert record.interactions[0].kind == "fax"

    def test_a_deleted_call_identifies_nobody(self) -> None:
        (record,) = found(call_log=[a_call(deleted=True)])

        assert (record.id, record.deleted, record.identifiers) == ("call:C1", True, ())


class TestTexts:
    def test_only_texts_are_asked_for(self) -> None:
        with Vendor(lists()) as vendor:
            read(reader(vendor, extension="62264425016"))

        (asked,) = [each for each in vendor.asked if each.path.endswith("message-store")]
        assert asked.path == f"{ACCOUNT}/extension/62264425016/message-store"
        assert asked.query["messageType"] == "SMS"

    def test_a_text_to_several_is_a_record_for_each_outside_party(self) -> None:
        to = [CALLER, OURS, {"phoneNumber": "+12025550143"}]

        sent = found(message_store=[a_text(**{**OUTBOUND, "to": to}, messageStatus="Sent")])

        assert [record.id for record in sent] == ["message:9:0", "message:9:2"]

    @pytest.mark.parametrize("fields", [{"from": OURS}, {"messageStatus": "Queued"}])
    def test_a_text_of_a_colleague_and_one_that_waits_are_left_out(self, fields: dict[str, Any]) -> None:
        assert found(message_store=[a_text(**fields)]) == []

    def test_a_text_without_a_sender_is_a_record_without_identifiers(self) -> None:
        (record,) = found(message_store=[a_text(**{"from": None})])

        assert record.identifiers == ()

    @pytest.mark.parametrize("availability", ["Deleted", "Purged"])
    def test_a_deleted_text_identifies_nobody(self, availability: str) -> None:
        (record,) = found(message_store=[a_text(availability=availability)])

        assert (record.deleted, record.identifiers, record.interactions) == (True, (), ())


class TestAddressBook:
    def test_lines_that_reach_somebody_else_are_no_identifiers(self) -> None:
        contact = {"id": 7, "companyPhone": "+12025550150", "assistantPhone": "+12025550151", "otherFax": "x"}

        (record,) = found(address_book_sync=[contact])

        assert record.identifiers == ()
        assert record.name is None
        assert record.profile["company_phone"] == "+12025550150"

    def test_a_contact_counts_as_of_when_the_list_was_begun(self) -> None:
        (record,) = found(address_book_sync=[{"id": 7, "firstName": "Ana"}])

        assert (record.occurred_at, record.updated_at) == (NOON, NOON)

    @pytest.mark.parametrize("availability", ["Deleted", "Purged"])
    def test_a_deleted_contact_identifies_nobody(self, availability: str) -> None:
        (record,) = found(address_book_sync=[{"id": 7, "availability": availability}])

        assert (record.id, record.deleted, record.identifiers) == ("contact:7", True, ())

    def test_a_token_that_is_refused_begins_a_whole_reading(self) -> None:
        simulated = SimulatedRingCentral(40)
        with Vendor(simulated.answer) as vendor:
            cursor = read(reader(vendor))[-1].cursor
            simulated.sync_token = "sync-2"
            del simulated.contacts[0]
            again = read(reader(vendor), cursor)

        assert listed(again) == [f"contact:{each['id']}" for each in simulated.contacts]

    def test_a_parameter_that_is_refused_without_a_token_stays_an_error(self) -> None:
        def refusing(asked: Asked) -> Answer:
            if asked.path.endswith("address-book-sync"):
                return answer_json({"errorCode": "CMN-101", "message": "made up"}, status=400)
            return lists()(asked)

        with Vendor(refusing) as vendor, pytest.raises(FormatError, match=r"answered 400 \(code CMN-101\)"):
            read(reader(vendor))


class TestAccess:
    def test_a_token_is_asked_for_with_the_jwt_and_the_apps_credentials(self) -> None:
        with Vendor(lists()) as vendor:
            read(reader(vendor))

        granted = vendor.asked[0]
        assert granted.path == "/restapi/oauth/token"
        assert granted.headers["authorization"].startswith("Basic ")
        assert parse_qs(granted.body.decode()) == {
            "grant_type": ["urn:ietf:params:oauth:grant-type:jwt-bearer"],
            "assertion": ["made.up.jwt"],
        }
        assert {asked.headers["authorization"] for asked in vendor.asked[1:]} == {"Bearer made-up"}

    def test_a_jwt_that_is_refused_needs_a_person(self) -> None:
        refused = answer_json({"error": "invalid_grant", "errors": [{"errorCode": "OAU-213"}]}, status=400)
        with (
            Vendor(always(refused)) as vendor,
            pytest.raises(AccessError, match=r"no access token .*invalid_grant, OAU-213"),
        ):
            reader(vendor).fetch(None)

    def test_an_app_without_limits_needs_a_person_and_one_above_them_waits(self) -> None:
        def throttled(code: str) -> Callable[[Asked], Answer]:
            refused = answer_json({"errorCode": code}, status=429)
            return lambda asked: GRANT if asked.path.endswith("token") else refused

        with Vendor(throttled("CMN-302")) as vendor, pytest.raises(AccessError):
            reader(vendor).fetch(None)
        with Vendor(throttled("CMN-301")) as vendor, pytest.raises(UnavailableError):
            reader(vendor).fetch(None)


def test_a_simulated_account_is_read_to_its_end_and_then_only_the_overlap() -> None:
    simulated = SimulatedRingCentral(300)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with Vendor(simulated.answer) as vendor:
        first = read(reader(vendor, page_limit=100, at=midnight))
        second = read(reader(vendor, at=midnight), first[-1].cursor)

    ids = [record.id for record in records(first)]
    assert len(ids) == len(set(ids)) == 300
    assert [reject for page in first for reject in page.rejected] == []
    # Four hours are forty entries, of which the contacts have not changed.
    assert 0 < len(records(second)) <= 40
    assert {record.id for record in records(second)} < set(ids)
