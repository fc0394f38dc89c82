"""Requests to Zendesk, checked against the vendor's own description by a mock server (Prism)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from integrations.chat.zendesk import zendesk
from integrations.credentials import basic
from integrations.errors import AccessError, FormatError
from integrations.http import HttpApi
from integrations.rest import Rest
from integrations.source import Source
from tests.connectors.contract import named
from tests.connectors.prism import SPECS, Anything, mocked


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the mock with one repair: the description wants `start_time` beside a cursor, its own links have none."""
    path = SPECS / "zendesk.json"
    if not path.exists():
        pytest.skip("no zendesk.json among the vendor descriptions")
    described: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    described["components"]["parameters"]["IncrementalUnixTime"]["required"] = False
    repaired: Path = tmp_path_factory.mktemp("described") / "zendesk.json"
    repaired.write_bytes(msgspec.json.encode(described))
    with mocked(str(repaired)) as url:
        yield url


def reader(url: str) -> Rest:
    return zendesk(
        Source(
            name="desk",
            connector="zendesk",
            settings={"subdomain": "example", "user": "admin@example.com", "base_url": url},
            secrets={"api_token": "made-up"},
        )
    )


@pytest.mark.parametrize("stream", ["users", "tickets"])
def test_a_first_page_a_later_page_and_a_later_run_fit_the_description(mock: str, stream: str) -> None:
    places = [
        "",
        ',"next":"MTU3NjYxMzUzOS4wfHw0Njd8"',
        f',"marks":{{"{stream}":{{"token":"MTU3NjYxMzUzOS4wfHw0Njd8"}}}}',
    ]

    pages = [reader(mock).fetch(f'{{"stream":"{stream}"{place}}}') for place in places]

    assert [page.rejected for page in pages] == [(), (), ()]


def test_the_examples_of_the_description_are_read(mock: str) -> None:
    (delivery,) = reader(mock).fetch('{"stream":"tickets"}').deliveries

    assert delivery.record.id == "user:20978392"


def test_the_mock_refuses_what_does_not_fit(mock: str) -> None:
    api = HttpApi(named("desk"), mock, auth=basic("admin@example.com/token", "made-up"))

    with pytest.raises(FormatError, match="answered 4"):
        api.get("/api/v2/incremental/users/cursor", into=Anything, params={"start_time": "yesterday"})


def test_the_mock_wants_credentials(mock: str) -> None:
    api = HttpApi(named("desk"), mock, auth=basic("", ""))
    api._session.auth = None

    with pytest.raises(AccessError, match="answered 401"):
        api.get("/api/v2/incremental/users/cursor", into=Anything, params={"start_time": 1})
