"""Twilio Verify: the contract's cases, and what an entered code proves."""

import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.contract import ContactRecord, Identifier, Level
from integrations.errors import UnavailableError
from integrations.phone.twilio_verify import twilio_verify
from integrations.rest import Rest
from integrations.source import Source
from tests.connectors.contract import ConnectorContract, Vendor, always, read, records
from tests.simulated.twilio_verify import ACCOUNT, SimulatedTwilioVerify
from worker.demo.simulator_server import Answer, answer_json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRETS = dict(SimulatedTwilioVerify.secrets)


class TestTwilioVerify(ConnectorContract):
    connector = "twilio-verify"


def reader(
    vendor: Vendor, at: datetime = NOON, secrets: dict[str, str] = SECRETS, page_limit: int | None = None
) -> Rest:
    return twilio_verify(
        Source(
            name="codes",
            connector="twilio-verify",
            settings={"account_sid": ACCOUNT, "base_url": vendor.url},
            secrets=secrets,
            clock=lambda: at,
            page_limit=page_limit,
        )
    )


def an_attempt(**fields: Any) -> dict[str, Any]:
    attempt = {
        "sid": f"VL{1:032x}",
        "verification_sid": f"VE{1:032x}",
        "channel": "sms",
        "channel_data": {"to": "+12025550142"},
        "conversion_status": "converted",
        "date_created": "2026-03-02T11:00:00Z",
        "date_updated": "2026-03-02T11:01:00Z",
    }
    return {**attempt, **fields}


def attempts(*given: dict[str, Any]) -> Answer:
    return answer_json({"attempts": given, "meta": {"key": "attempts", "next_page_url": None}})


def found(*given: dict[str, Any]) -> list[ContactRecord]:
    with Vendor(always(attempts(*given))) as vendor:
        return records(read(reader(vendor)))


class TestProof:
    """A code that was entered proves the number or the mailbox that it went to, and nothing else."""

    @pytest.mark.parametrize("channel", ["sms", "call", "whatsapp", "rbm", "SMS"])
    def test_a_code_that_went_to_a_number_verifies_the_number(self, channel: str) -> None:
        (record,) = found(an_attempt(channel=channel))

        assert record.identifiers == (
            Identifier(type="phone", value="+12025550142", level=Level.VERIFIED, method="otp"),
        )

    def test_a_code_that_went_to_a_mailbox_verifies_the_address(self) -> None:
        (record,) = found(an_attempt(channel="email", channel_data={"to": "ana@example.com"}))

        assert record.identifiers == (
            Identifier(type="email", value="ana@example.com", level=Level.VERIFIED, method="otp"),
        )

    def test_a_number_written_with_its_channel_is_the_number(self) -> None:
        (record,) = found(an_attempt(channel="whatsapp", channel_data={"to": "whatsapp:+12025550142"}))

        assert record.identifiers[0].value == "+12025550142"

    @pytest.mark.parametrize("status", ["unconverted", "UNCONVERTED", "a status of next year"])
    def test_a_code_that_nobody_entered_is_no_record(self, status: str) -> None:
        assert found(an_attempt(conversion_status=status)) == []

    @pytest.mark.parametrize(
        ("fields", "names"),
        [
            ({"channel": "sna"}, r"\$\.channel"),
            ({"channel_data": {"to": ""}}, r"\$\.channel_data\.to"),
            ({"channel_data": {}}, r"\$\.channel_data"),
            ({"channel_data": None}, r"\$\.channel_data"),
        ],
    )
    def test_what_is_not_known_to_prove_anything_is_rejected(
        self, fields: dict[str, Any], names: str
    ) -> None:
        with Vendor(always(attempts(an_attempt(**fields)))) as vendor:
            (page,) = read(reader(vendor))

        assert page.deliveries == ()
        assert re.search(names, page.rejected[0].reason)

    def test_the_proof_is_as_old_as_the_code_that_was_entered(self) -> None:
        (record,) = found(an_attempt())

        assert record.occurred_at == datetime(2026, 3, 2, 11, tzinfo=UTC)
        assert record.updated_at == datetime(2026, 3, 2, 11, 1, tzinfo=UTC)

    def test_two_messages_of_one_verification_are_one_record(self) -> None:
        twice = found(an_attempt(), an_attempt(sid=f"VL{2:032x}", channel="call"))

        assert {record.id for record in twice} == {f"VE{1:032x}"}


class TestRequests:
    def test_only_entered_codes_of_the_days_that_are_kept_are_asked_for(self) -> None:
        with Vendor(always(attempts(an_attempt()))) as vendor:
            cursor = read(reader(vendor))[-1].cursor
            read(reader(vendor, at=NOON + timedelta(days=1)), cursor)
            read(reader(vendor, at=NOON + timedelta(days=60)), cursor)

        assert [asked.query.get("DateCreatedAfter") for asked in vendor.asked] == [
            None,
            "2026-03-01T11:00:00Z",
            None,
        ]
        assert {asked.query["Status"] for asked in vendor.asked} == {"converted"}
        assert all("VerifyServiceSid" not in asked.query for asked in vendor.asked)

    @pytest.mark.parametrize(
        ("secrets", "user"),
        [
            ({"auth_token": "made-up"}, f"{ACCOUNT}:made-up"),
            ({"api_key_sid": "SK1", "api_key_secret": "made-up"}, "SK1:made-up"),
        ],
    )
    def test_the_account_or_an_api_key_signs(self, secrets: dict[str, str], user: str) -> None:
        with Vendor(always(attempts())) as vendor:
            read(reader(vendor, secrets=secrets))

        sent = vendor.asked[0].headers["authorization"].removeprefix("Basic ")
        assert b64decode(sent).decode() == user

    def test_a_wait_that_says_nothing_is_none(self) -> None:
        """The vendor's own description shows such a header."""
        busy = Answer(status=429, headers={"Retry-After": "string"})
        with Vendor(always(busy)) as vendor, pytest.raises(UnavailableError) as caught:
            reader(vendor).fetch(None)

        assert caught.value.retry_after is None


def test_simulated_verifications_are_read_to_their_end_and_then_only_the_overlap() -> None:
    simulated = SimulatedTwilioVerify(300)
    now = datetime.now(UTC)
    with Vendor(simulated.answer) as vendor:
        first = read(reader(vendor, at=now, page_limit=100))
        second = read(reader(vendor, at=now), first[-1].cursor)

    assert len(first) > 2
    assert len({record.id for record in records(first)}) == 300
    assert [reject for page in first for reject in page.rejected] == []
    # A day of 28.
    assert 0 < len(records(second)) <= 2 * 300 // 28
    assert {record.id for record in records(second)} < {record.id for record in records(first)}
