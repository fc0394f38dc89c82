"""Requests to Chatwoot, checked against the vendor's own description by a mock server (Prism)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from integrations.chat.chatwoot import chatwoot
from integrations.contract import Page
from integrations.credentials import bearer, key
from integrations.errors import AccessError, FormatError
from integrations.http import HttpApi
from integrations.source import Source
from tests.connectors.contract import named
from tests.connectors.prism import SPECS, Anything, mocked


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the mock with one repair: the description leaves out an order that Chatwoot's contacts_controller.rb has."""
    path = SPECS / "chatwoot.json"
    if not path.exists():
        pytest.skip("no chatwoot.json among the vendor descriptions")
    described: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    orders = described["components"]["parameters"]["contact_sort_param"]["schema"]["enum"]
    orders += ["created_at", "-created_at"]
    repaired: Path = tmp_path_factory.mktemp("described") / "chatwoot.json"
    repaired.write_bytes(msgspec.json.encode(described))
    with mocked(str(repaired)) as url:
        yield url


def page(url: str, cursor: str) -> Page:
    source = Source(
        name="chat",
        connector="chatwoot",
        settings={"base_url": url, "account_id": 3},
        secrets={"access_token": "made-up"},
    )
    return chatwoot(source).fetch(cursor)


@pytest.mark.parametrize("place", ["", ',"next":"2"', ',"marks":{"%s":{"since":946684800,"whole_at":1}}'])
@pytest.mark.parametrize("stream", ["contacts", "active-contacts", "conversations", "all-contacts"])
def test_first_and_later_pages_and_runs_fit_the_description(mock: str, stream: str, place: str) -> None:
    marks = place.replace("%s", stream)
    if stream == "all-contacts" and "marks" not in marks:
        marks += ',"marks":{"all-contacts":{"whole_at":1}}'
    if stream == "all-contacts" and "next" not in marks:
        # What was asked is right; the example that comes has contacts, and a count of none.
        with pytest.raises(FormatError, match="The first page contradicts"):
            page(mock, f'{{"stream":"{stream}"{marks}}}')
        return

    assert page(mock, f'{{"stream":"{stream}"{marks}}}').cursor


@pytest.mark.parametrize("next", ["", ',"next":"901"'])
def test_the_messages_of_a_conversation_fit_the_description(mock: str, next: str) -> None:  # noqa: A002 - the cursor's word
    todo = f'{{"stream":"conversations","keys":["55:11"]{next}}}'

    assert page(mock, f'{{"stream":"conversations","todo":{todo}}}').cursor


def test_the_mock_refuses_what_does_not_fit(mock: str) -> None:
    api = HttpApi(named("chat"), mock, auth=key("chat", "made-up", "api_access_token"))

    with pytest.raises(FormatError, match="answered 4"):
        api.get("/api/v1/accounts/3/contacts", into=Anything, params={"sort": "shoe_size"})


def test_the_mock_wants_the_vendors_own_header(mock: str) -> None:
    api = HttpApi(named("chat"), mock, auth=bearer("chat", "made-up"))

    with pytest.raises(AccessError, match="answered 401"):
        api.get("/api/v1/accounts/3/contacts", into=Anything)
