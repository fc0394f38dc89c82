"""Requests of connectors, checked against the vendor's own description by a mock server (Prism)."""

from collections.abc import Iterator

import pytest

from integrations.chat.intercom import Intercom
from integrations.credentials import basic
from integrations.errors import AccessError, FormatError
from integrations.http import HttpApi
from integrations.phone.twilio import twilio
from integrations.rest import Rest
from integrations.source import Source
from tests.connectors.prism import Anything, mocked

ACCOUNT = f"AC{1:032x}"


@pytest.fixture(scope="module")
def twilio_mock() -> Iterator[str]:
    with mocked("twilio_api.json") as url:
        yield url


@pytest.fixture(scope="module")
def intercom_mock() -> Iterator[str]:
    with mocked("intercom.json") as url:
        yield url


class TestTwilio:
    """The mock answers every question with the same page of the description's examples."""

    @pytest.mark.parametrize("stream", ["calls", "messages"])
    def test_its_requests_fit_the_description(self, twilio_mock: str, stream: str) -> None:
        reader = self.reader(twilio_mock)

        page = reader.fetch(f'{{"stream":"{stream}","marks":{{"{stream}":{{"since":946684800}}}}}}')

        assert page.deliveries
        assert page.rejected == ()

    def test_a_link_to_a_later_page_fits_too(self, twilio_mock: str) -> None:
        link = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json?PageSize=1000&Page=1&PageToken=PACA{1:032x}"

        page = self.reader(twilio_mock).fetch(f'{{"stream":"calls","next":"{link}"}}')

        assert page.deliveries

    def test_the_mock_refuses_what_does_not_fit(self, twilio_mock: str) -> None:
        api = HttpApi("phone", twilio_mock, auth=basic(ACCOUNT, "made-up"))

        with pytest.raises(FormatError, match="answered 4"):
            api.get(f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", into=Anything, params={"PageSize": "many"})

    def reader(self, url: str) -> Rest:
        return twilio(
            Source(
                name="phone",
                connector="twilio",
                settings={"account_sid": ACCOUNT, "base_url": url},
                secrets={"auth_token": "made-up"},
            )
        )


class TestIntercom:
    """The mock finds nobody, and one conversation."""

    def test_its_requests_fit_the_description(self, intercom_mock: str) -> None:
        reader = self.reader(intercom_mock)

        contacts = reader.fetch(None)
        conversations = reader.fetch(contacts.cursor)

        assert (contacts.rejected, conversations.rejected) == ((), ())
        assert not conversations.more

    def test_a_later_page_and_a_later_run_fit_too(self, intercom_mock: str) -> None:
        reader = self.reader(intercom_mock)

        page = reader.fetch('{"stream":"contacts","next":"token","marks":{"contacts":{"since":946684800}}}')

        assert page.rejected == ()

    def test_asking_again_for_contacts_fits_too(self, intercom_mock: str) -> None:
        assert self.reader(intercom_mock).refetch(["65e3", "65e4"]).rejected == ()

    def test_the_mock_wants_credentials(self, intercom_mock: str) -> None:
        api = HttpApi("chat", intercom_mock, auth=basic("nobody", "made-up"))

        with pytest.raises(AccessError, match="answered 401"):
            api.post("/contacts/search", into=Anything, body={"query": {}})

    def reader(self, url: str) -> Intercom:
        return Intercom(
            Source(
                name="chat",
                connector="intercom",
                settings={"base_url": url},
                secrets={"access_token": "made-up"},
            )
        )
