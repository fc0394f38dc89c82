"""Twilio: the contract's cases, and what is particular to its calls and messages."""

from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from integrations.contract import ContactRecord, Identifier, Level
from integrations.errors import AccessError, FormatError
from integrations.phone.twilio import twilio
from integrations.source import Source
from tests.connectors.contract import ConnectorContract, Vendor, always, read, records, with_value
from tests.simulated.twilio import SimulatedTwilioAccount
from worker.demo.simulator import Simulator
from worker.demo.simulator_server import Answer, answer_json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CALLER = "+12025550142"


class TestTwilio(ConnectorContract):
    connector = "twilio"

    def test_a_foreign_link_to_the_next_page_is_a_format_error(self) -> None:
        foreign = with_value(self.recording.first, ["next_page_uri"], "//elsewhere.example/Calls.json")
        with (
            Vendor(always(answer_json(foreign))) as vendor,
            pytest.raises(FormatError, match="leads to another host"),
        ):
            read(self.reader(vendor))

    def test_the_vendors_error_code_is_named_and_its_message_is_not(self) -> None:
        error = {"code": 20404, "message": "The resource of +12025550142 was not found", "status": 404}
        with (
            Vendor(always(answer_json(error, status=404))) as vendor,
            pytest.raises(FormatError, match=r"answered 404 \(code 20404\)") as caught,
        ):
            self.reader(vendor).fetch(None)

        assert "resource" not in str(caught.value)

    def test_the_account_and_its_token_are_the_credentials(self) -> None:
        with Vendor(always(Answer(status=503))) as vendor, pytest.raises(Exception, match="503"):
            self.reader(vendor).fetch(None)

        account, token = self.recording.settings["account_sid"], self.recording.secrets["auth_token"]
        assert _user_of(vendor) == f"{account}:{token}"

    def test_an_api_key_takes_the_place_of_the_token(self) -> None:
        with Vendor(always(Answer(status=503))) as vendor, pytest.raises(Exception, match="503"):
            twilio(
                Source(
                    name="phone",
                    connector="twilio",
                    settings={**self.recording.settings, "base_url": vendor.url},
                    secrets={"api_key_sid": "SK1", "api_key_secret": "made-up"},
                )
            ).fetch(None)

        assert _user_of(vendor) == "SK1:made-up"


def _user_of(vendor: Vendor) -> str:
    return b64decode(vendor.asked[0].headers["authorization"].removeprefix("Basic ")).decode()


def source_of(simulator: Simulator, page_limit: int | None = None, /, **options: object) -> Source:
    return Source(
        name="phone",
        connector="twilio",
        settings={**simulator.twilio.settings, "base_url": simulator.url, **options},
        secrets=simulator.twilio.secrets,
        page_limit=page_limit,
    )


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def only_record(simulator: Simulator, **options: object) -> ContactRecord:
    (record,) = records(read(twilio(source_of(simulator, None, **options))))
    return record


def phone(value: str, level: Level) -> Identifier:
    return Identifier(type="phone", value=value, level=level)


class TestLevels:
    """A number that the channel carried is observed, one that was only dialled claimed. Nothing is proof."""

    @pytest.mark.parametrize("status", ["completed", "no-answer", "busy", "canceled", "failed"])
    def test_a_callers_number_is_observed_however_the_call_ended(
        self, simulator: Simulator, status: str
    ) -> None:
        simulator.twilio.add_call(CALLER, NOON, status=status)

        assert only_record(simulator).identifiers == (phone(CALLER, Level.OBSERVED),)

    @pytest.mark.parametrize(
        ("status", "level"),
        [
            ("completed", Level.OBSERVED),
            ("busy", Level.OBSERVED),
            ("no-answer", Level.OBSERVED),
            ("canceled", Level.CLAIMED),
            ("failed", Level.CLAIMED),
            ("a-status-of-next-year", Level.CLAIMED),
        ],
    )
    def test_a_number_we_called_is_observed_once_the_network_reached_it(
        self, simulator: Simulator, status: str, level: Level
    ) -> None:
        simulator.twilio.add_call(CALLER, NOON, direction="outbound-api", status=status)

        assert only_record(simulator).identifiers == (phone(CALLER, level),)

    @pytest.mark.parametrize(
        ("status", "level"), [("delivered", Level.OBSERVED), ("undelivered", Level.CLAIMED)]
    )
    def test_a_number_we_wrote_to_is_observed_once_it_was_reached(
        self, simulator: Simulator, status: str, level: Level
    ) -> None:
        simulator.twilio.add_message(CALLER, NOON, "Hello", direction="outbound-api", status=status)

        assert only_record(simulator).identifiers == (phone(CALLER, level),)


class TestAddresses:
    """The other party may have a number, a handle, or nothing to go by."""

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "anonymous",
            "Anonymous",
            "Restricted",
            "+266696687",
            "client:Anonymous",
            "sip:anonymous@pbx.example",
        ],
    )
    def test_a_withheld_number_is_a_record_without_identifiers(
        self, simulator: Simulator, address: str
    ) -> None:
        simulator.twilio.add_call(address, NOON)

        record = only_record(simulator)
        assert record.identifiers == ()
        assert len(record.interactions) == 1

    @pytest.mark.parametrize(
        ("address", "namespace", "value"),
        [
            ("client:rosa", "client", "rosa"),
            ("sip:rosa@pbx.example.com:5060", "sip", "rosa@pbx.example.com:5060"),
            ("messenger:1234567", "messenger", "1234567"),
        ],
    )
    def test_an_address_that_is_no_number_is_a_handle(
        self, simulator: Simulator, address: str, namespace: str, value: str
    ) -> None:
        simulator.twilio.add_call(address, NOON)

        handle = Identifier(type="handle", namespace=namespace, value=value, level=Level.OBSERVED)
        assert only_record(simulator).identifiers == (handle,)

    def test_a_whatsapp_sender_is_its_number(self, simulator: Simulator) -> None:
        simulator.twilio.add_message("whatsapp:+34600000001", NOON, "Hello")

        assert only_record(simulator).identifiers == (phone("+34600000001", Level.OBSERVED),)


class TestRecords:
    """A call or a message is a record of its own, with one interaction."""

    def test_a_call_says_when_it_was_and_how_it_went(self, simulator: Simulator) -> None:
        sid = simulator.twilio.add_call(CALLER, NOON, seconds=95, caller_name="LEEDS")

        record = only_record(simulator)

        (call,) = record.interactions
        assert (record.id, record.occurred_at) == (sid, NOON)
        assert record.updated_at == NOON + timedelta(seconds=95)
        assert (call.id, call.kind, call.at, call.direction) == (sid, "call", NOON, "inbound")
        assert call.summary == "answered, 95 s"

    def test_the_carriers_name_for_a_number_is_not_the_callers_name(self, simulator: Simulator) -> None:
        simulator.twilio.add_call(CALLER, NOON, caller_name="LEEDS")

        record = only_record(simulator)
        assert record.name != "LEEDS"
        assert record.profile == {"caller_name": "LEEDS"}

    def test_a_message_says_what_was_written(self, simulator: Simulator) -> None:
        simulator.twilio.add_message(CALLER, NOON, "Open on Sunday?", num_media="2")

        (message,) = only_record(simulator).interactions
        assert (message.kind, message.summary) == ("message", "Open on Sunday?, files: 2")

    def test_a_call_without_a_time_of_change_has_none(self, simulator: Simulator) -> None:
        simulator.twilio.add_call(CALLER, NOON, date_updated=None)

        assert only_record(simulator).updated_at is None

    def test_a_date_that_is_none_rejects_the_call(self, simulator: Simulator) -> None:
        simulator.twilio.add_call(CALLER, NOON, start_time="yesterday")
        simulator.twilio.add_call(
            CALLER, NOON, status="queued", date_created="Mon, 99 Foo 2026 10:00:00 +0000"
        )

        pages = read(twilio(source_of(simulator)))

        reasons = [reject.reason for page in pages for reject in page.rejected]
        assert sorted(reasons) == [
            "Expected a date as in RFC 2822 - at `$.date_created`",
            "Expected a date as in RFC 2822 - at `$.start_time`",
        ]

    def test_a_leg_that_a_call_dialled_is_left_out(self, simulator: Simulator) -> None:
        simulator.twilio.add_call(CALLER, NOON, direction="outbound-dial")

        assert records(read(twilio(source_of(simulator)))) == []

    def test_a_dialled_leg_is_a_customer_where_the_settings_say_so(self, simulator: Simulator) -> None:
        simulator.twilio.add_call(CALLER, NOON, direction="outbound-dial")

        assert only_record(simulator, dialled_legs=True).identifiers == (phone(CALLER, Level.OBSERVED),)


class TestWindow:
    """A run asks from before what the last one saw, and nothing that ended is missed."""

    def test_a_call_still_going_on_comes_once_it_has_ended(self, simulator: Simulator) -> None:
        sid = simulator.twilio.add_call(CALLER, NOON, status="in-progress")
        simulator.twilio.add_call("+12025550143", NOON + timedelta(hours=5))
        reader = twilio(source_of(simulator))
        first = read(reader)
        simulator.twilio.end_call(sid, seconds=6 * 3600)

        second = read(reader, first[-1].cursor)

        assert sid not in [record.id for record in records(first)]
        assert sid in [record.id for record in records(second)]

    def test_a_call_that_never_ends_holds_the_window_for_a_day_at_most(self, simulator: Simulator) -> None:
        simulator.twilio.add_call(CALLER, NOON, status="in-progress")
        simulator.twilio.add_call(CALLER, NOON + timedelta(hours=1))
        later = simulator.twilio.add_call(CALLER, NOON + timedelta(days=3))
        reader = twilio(source_of(simulator))

        again = read(reader, read(reader)[-1].cursor)

        assert [record.id for record in records(again)] == [later]

    def test_a_date_in_the_far_future_does_not_hide_what_comes(self, simulator: Simulator) -> None:
        simulator.twilio.add_call(CALLER, datetime(3000, 1, 1, tzinfo=UTC))
        reader = twilio(replace(source_of(simulator), clock=lambda: NOON))
        cursor = read(reader)[-1].cursor
        sid = simulator.twilio.add_call(CALLER, NOON + timedelta(minutes=1))

        assert sid in [record.id for record in records(read(reader, cursor))]

    def test_nothing_new_leaves_the_window_where_it_was(self, simulator: Simulator) -> None:
        simulator.twilio.add_call(CALLER, NOON)
        reader = twilio(source_of(simulator))
        cursor = read(reader)[-1].cursor

        assert read(reader, cursor)[-1].cursor == cursor

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 2000).map(lambda minutes: timedelta(minutes=minutes)),
                st.integers(1, 300).map(lambda minutes: timedelta(minutes=minutes)),
            ),
            max_size=8,
        ),
        st.sets(st.integers(0, 2400).map(lambda minutes: timedelta(minutes=minutes)), max_size=5),
        st.integers(1, 4),
    )
    def test_whenever_runs_fall_every_call_is_read_with_its_end(
        self, calls: list[tuple[timedelta, timedelta]], runs: set[timedelta], page_limit: int
    ) -> None:
        happenings: list[tuple[timedelta, int, int]] = [(run, 2, 0) for run in runs]
        for number, (start, lasts) in enumerate(calls):
            happenings += [(start, 0, number), (start + lasts, 1, number)]
        happenings.append((timedelta(days=3), 2, 0))
        sids: dict[int, str] = {}
        found: dict[str, ContactRecord] = {}
        cursor = None

        with Simulator() as simulator:
            reader = twilio(source_of(simulator, page_limit))
            for at, what, number in sorted(happenings):
                if what == 0:
                    sids[number] = simulator.twilio.add_call(CALLER, NOON + at, status="in-progress")
                elif what == 1:
                    simulator.twilio.end_call(sids[number], seconds=int(calls[number][1].total_seconds()))
                else:
                    pages = read(reader, cursor)
                    cursor = pages[-1].cursor
                    found |= {record.id: record for record in records(pages)}

        assert set(found) == set(sids.values())


class TestSettings:
    """What is wrong in avouch.toml is said before anything is sent."""

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"account_sid": "AC12"}, "`$.account_sid`"),
            ({"dialled_legs": "yes"}, "`$.dialled_legs`"),
            ({"dialed_legs": True}, "`dialed_legs`"),
            ({"base_url": "http://api.twilio.example"}, "https://"),
            ({"base_url": "https://"}, "https://"),
        ],
    )
    def test_a_wrong_setting_is_named(self, wrong: dict[str, object], said: str) -> None:
        settings = {"account_sid": f"AC{1:032x}", **wrong}
        source = Source(
            name="phone", connector="twilio", settings=settings, secrets={"auth_token": "made-up"}
        )

        with pytest.raises(AccessError, match="avouch sources test phone") as caught:
            twilio(source)

        assert said in str(caught.value)


def test_a_simulated_account_is_read_to_its_end_and_then_only_the_overlap() -> None:
    simulated = SimulatedTwilioAccount(300)
    with Vendor(simulated.answer) as vendor:
        source = Source(
            name="phone",
            connector="twilio",
            settings=simulated.settings(vendor.url),
            secrets=simulated.secrets,
            page_limit=100,
        )
        first = read(twilio(source))
        second = read(twilio(source), first[-1].cursor)

    ids = [record.id for record in records(first)]
    assert len(ids) == len(set(ids)) == 300
    assert [reject for page in first for reject in page.rejected] == []
    # An hour before the newest call and the newest message, an entry a minute.
    assert 0 < len(records(second)) <= 70
    assert {record.id for record in records(second)} < set(ids)
