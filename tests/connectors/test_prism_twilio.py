"""Requests to Twilio, checked against the vendor's own description by a mock server (Prism).

The mock answers every question with the same page of the description's examples.
"""

from collections.abc import Iterator

import pytest

from integrations.credentials import basic
from integrations.errors import FormatError
from integrations.http import HttpApi
from integrations.phone.twilio import twilio
from integrations.rest import Rest
from integrations.source import Source
from tests.connectors.contract import named
from tests.connectors.prism import Anything, mocked

ACCOUNT = f"AC{1:032x}"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with mocked("twilio_api.json") as url:
        yield url


def reader(url: str) -> Rest:
    return twilio(
        Source(
            name="phone",
            connector="twilio",
            settings={"account_sid": ACCOUNT, "base_url": url},
            secrets={"auth_token": "made-up"},
        )
    )


@pytest.mark.parametrize("stream", ["calls", "messages"])
def test_its_requests_fit_the_description(url: str, stream: str) -> None:
    page = reader(url).fetch(f'{{"stream":"{stream}","marks":{{"{stream}":{{"since":946684800}}}}}}')

    assert page.deliveries
    assert page.rejected == ()


def test_a_link_to_a_later_page_fits_too(url: str) -> None:
    link = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json?PageSize=1000&Page=1&PageToken=PACA{1:032x}"

    page = reader(url).fetch(f'{{"stream":"calls","next":"{link}"}}')

    assert page.deliveries


def test_the_mock_refuses_what_does_not_fit(url: str) -> None:
    api = HttpApi(named("phone"), url, auth=basic(ACCOUNT, "made-up"))

    with pytest.raises(FormatError, match="answered 4"):
        api.get(f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", into=Anything, params={"PageSize": "many"})
