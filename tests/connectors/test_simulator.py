"""The simulator answers as the vendors do, also when they refuse."""

from datetime import UTC, datetime

import pytest

from integrations import registry
from integrations.credentials import basic, bearer
from integrations.errors import AccessError, FormatError, UnavailableError
from integrations.http import HttpApi, Request
from integrations.payloads import Payload
from integrations.source import Source
from tests.connectors.contract import named, read, records
from worker.demo.simulator import Simulator
from worker.demo.simulator_twilio import SimulatedTwilio

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Anything(Payload):
    pass


def source_of(simulator: Simulator, name: str) -> Source:
    vendor = simulator.twilio if name == "twilio" else simulator.intercom
    return Source(
        name=name,
        connector=name,
        settings={**vendor.settings, "base_url": simulator.url},
        secrets=vendor.secrets,
        page_limit=2,
    )


def test_a_story_is_read_in_pages_with_its_bad_records_rejected() -> None:
    with Simulator() as simulator:
        for number in range(4):
            simulator.twilio.add_call(f"+1202555010{number}", NOON)
            simulator.intercom.add_contact(NOON, email=f"visitor-{number}@example.com")
        simulator.twilio.add_call("+12025550109", NOON, sid=None)
        simulator.intercom.add_contact(NOON, created_at="soon")
        runs = {name: read(registry.connector(source_of(simulator, name))) for name in ("twilio", "intercom")}

    # Three pages of contacts, or of calls; then conversations and calls, or messages.
    assert {name: len(pages) for name, pages in runs.items()} == {"twilio": 4, "intercom": 5}
    for pages in runs.values():
        assert len(records(pages)) == 4
        assert sum(len(page.rejected) for page in pages) == 1


@pytest.mark.parametrize("name", ["twilio", "intercom"])
def test_a_throttled_request_is_told_to_wait_a_second_and_the_next_is_answered(name: str) -> None:
    with Simulator() as simulator:
        reader = registry.connector(source_of(simulator, name))
        simulator.throttle()
        with pytest.raises(UnavailableError) as caught:
            reader.fetch(None)
        page = reader.fetch(None)

    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == 1
    assert page.deliveries == ()


@pytest.mark.parametrize("name", ["twilio", "intercom"])
def test_wrong_credentials_are_refused(name: str) -> None:
    with Simulator() as simulator:
        known = source_of(simulator, name)
        secrets = dict.fromkeys(known.secrets, "wrong")
        stranger = Source(name=name, connector=name, settings=known.settings, secrets=secrets)
        with pytest.raises(AccessError, match=r"\(code (20003|unauthorized)\)"):
            registry.connector(stranger).fetch(None)


def test_what_the_vendors_do_not_have_is_not_found() -> None:
    with Simulator() as simulator:
        account, token = simulator.twilio.account_sid, simulator.twilio.secrets["auth_token"]
        phone = HttpApi(named("phone"), simulator.url, auth=basic(account, token))
        chat = HttpApi(
            named("chat"), simulator.url, auth=bearer("chat", simulator.intercom.secrets["access_token"])
        )
        with pytest.raises(FormatError, match="404"):
            phone.get(f"/2010-04-01/Accounts/{account}/Faxes.json", into=Anything)
        for path in ("/companies", "/contacts/0/notes"):
            with pytest.raises(FormatError, match="404"):
                chat.get(path, into=Anything)
        with pytest.raises(FormatError, match=r"400 \(code parameter_invalid\)"):
            chat.get("/calls", into=Anything, params={"page": "first"})
        with pytest.raises(FormatError, match=r"400 \(code parameter_invalid\)"):
            chat.ask(Request(path="/contacts/search", method="POST", body={"query": 7}), Anything)


def test_the_same_story_has_the_same_ids() -> None:
    one, other = SimulatedTwilio("demo", "made-up"), SimulatedTwilio("demo", "another")

    assert one.account_sid == other.account_sid
    assert one.add_call("+12025550142", NOON) == other.add_call("+12025550142", NOON)
    assert one.add_call("+12025550142", NOON) != one.add_call("+12025550142", NOON)
