"""Requests to RingCentral, checked against the vendor's own description by a mock server (Prism).

The description holds no tokens' address, so the requests carry a made-up token.
"""

from collections.abc import Iterator

import pytest

from integrations.credentials import bearer
from integrations.errors import FormatError
from integrations.http import HttpApi
from integrations.phone.ringcentral import ACCOUNT, RingCentralSettings, streams
from integrations.rest import Rest
from integrations.source import Source
from tests.connectors.contract import named
from tests.connectors.prism import Anything, mocked

SINCE = 1_771_848_000
MARKS = f'{{"calls":{{"since":{SINCE}}},"messages":{{"since":{SINCE}}}}}'


@pytest.fixture(scope="module")
def api() -> Iterator[HttpApi]:
    with mocked("ringcentral.json") as url:
        yield HttpApi(named("phone"), url, auth=bearer("phone", "made-up"))


def reader(api: HttpApi) -> Rest:
    return Rest(Source(name="phone", connector="ringcentral"), api, streams(RingCentralSettings()))


@pytest.mark.parametrize("stream", ["calls", "messages", "contacts"])
def test_the_first_request_of_each_list_fits_the_description(api: HttpApi, stream: str) -> None:
    page = reader(api).fetch(f'{{"stream":"{stream}"}}')

    assert page.deliveries or page.rejected or page.more


@pytest.mark.parametrize("stream", ["calls", "messages"])
def test_a_request_of_a_later_run_fits_too(api: HttpApi, stream: str) -> None:
    assert reader(api).fetch(f'{{"stream":"{stream}","marks":{MARKS}}}').cursor


@pytest.mark.parametrize(
    ("stream", "path"),
    [("calls", f"{ACCOUNT}/call-log"), ("messages", f"{ACCOUNT}/extension/~/message-store")],
)
def test_a_link_to_a_later_page_fits_too(api: HttpApi, stream: str, path: str) -> None:
    query = "dateFrom=2026-03-02T07:30:00Z&dateTo=2026-03-02T12:00:00Z&perPage=1000&page=2"

    page = reader(api).fetch(
        f'{{"stream":"{stream}","next":"{path}?{query}","marks":{{"{stream}":{{"begun_at":{SINCE}}}}}}}'
    )

    assert page.cursor


def test_a_later_page_and_a_later_run_of_the_address_book_fit_too(api: HttpApi) -> None:
    marks = f'{{"contacts":{{"token":"token-1","begun_at":{SINCE}}}}}'

    for following in ("", '"next":"2",'):
        assert reader(api).fetch(f'{{"stream":"contacts",{following}"marks":{marks}}}').cursor


@pytest.mark.parametrize("wrong", [{"view": "Everything"}, {"dateFrom": "yesterday"}, {"perPage": "many"}])
def test_the_mock_refuses_what_does_not_fit(api: HttpApi, wrong: dict[str, str]) -> None:
    with pytest.raises(FormatError, match="answered 4"):
        api.get(f"{ACCOUNT}/call-log", into=Anything, params=wrong)
