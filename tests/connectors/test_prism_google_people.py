"""Requests of the Google People connector, checked against Google's own description by a mock server (Prism)."""

from collections.abc import Iterator

import pytest

from integrations.credentials import bearer
from integrations.errors import AccessError, FormatError
from integrations.http import HttpApi
from integrations.imports.google_people import google_people
from integrations.oauth import Unsigned
from integrations.rest import Rest
from integrations.source import Source
from tests.connectors.contract import Vendor, always, named
from tests.connectors.prism import Anything, mocked
from worker.demo.simulator_server import answer_json


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with mocked("google_people.json") as url:
        yield url


@pytest.fixture
def reader(mock: str) -> Iterator[Rest]:
    # Tokens are given elsewhere, and no part of the description.
    with Vendor(always(answer_json({"access_token": "made-up-access"}))) as tokens:
        yield google_people(
            Source(
                name="book",
                connector="google-people",
                settings={"client_id": "made-up", "base_url": mock, "token_url": f"{tokens.url}/token"},
                secrets={"client_secret": "made-up-secret", "refresh_token": "made-up-refresh"},
            )
        )


@pytest.mark.parametrize("stream", ["connections", "otherContacts"])
@pytest.mark.parametrize(
    ("following", "mark"),
    [("", "{}"), ("t1", "{}"), ("", '{"token":"s1"}'), ("t1", '{"token":"s1"}')],
    ids=["first", "later page", "later run", "its later page"],
)
def test_its_requests_fit_the_description(reader: Rest, stream: str, following: str, mark: str) -> None:
    page = reader.fetch(f'{{"stream":"{stream}","next":"{following}","marks":{{"{stream}":{mark}}}}}')

    # The mock was content, and made up a person; it writes "string" where Google writes a time.
    assert [reject.where for reject in page.rejected] == [f"{stream}, entry 1"]
    assert page.rejected[0].reason.endswith("`$.metadata.sources[0].updateTime`")


def test_the_mock_refuses_what_does_not_fit(mock: str) -> None:
    api = HttpApi(named("book"), mock, auth=bearer("book", "made-up"))

    with pytest.raises(FormatError, match="answered 4"):
        api.get(
            "/v1/people/me/connections", into=Anything, params={"personFields": "names", "pageSize": "many"}
        )


def test_the_mock_wants_credentials(mock: str) -> None:
    api = HttpApi(named("book"), mock, auth=Unsigned())

    with pytest.raises(AccessError, match="answered 401"):
        api.get("/v1/people/me/connections", into=Anything, params={"personFields": "names"})
