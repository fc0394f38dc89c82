"""Requests of the Pipedrive connector, checked against the vendor's own description by a mock server (Prism)."""

from collections.abc import Iterator

import pytest

from integrations.credentials import key
from integrations.errors import AccessError, FormatError
from integrations.http import HttpApi
from integrations.imports.pipedrive import pipedrive
from integrations.rest import Rest
from integrations.source import Source
from tests.connectors.contract import named
from tests.connectors.prism import Anything, mocked


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with mocked("pipedrive_v2.json") as url:
        yield url


def reader(url: str) -> Rest:
    return pipedrive(
        Source(
            name="crm",
            connector="pipedrive",
            settings={"base_url": url},
            secrets={"api_token": "made-up"},
        )
    )


@pytest.mark.parametrize(
    "cursor",
    [
        None,
        '{"stream":"persons","next":"eyJpZCI6M30"}',
        '{"stream":"persons","marks":{"persons":{"since":946684800}}}',
        '{"stream":"persons","next":"eyJpZCI6M30","marks":{"persons":{"since":946684800}}}',
        '{"stream":"all-persons","marks":{"all-persons":{"whole_at":1}}}',
        '{"stream":"all-persons","next":"eyJpZCI6M30","marks":{"all-persons":{"begun_at":1}}}',
    ],
    ids=["first", "later page", "later run", "its later page", "whole list", "its later page too"],
)
def test_its_requests_fit_the_description(mock: str, cursor: str | None) -> None:
    page = reader(mock).fetch(cursor)

    assert page.deliveries
    assert page.rejected == ()


def test_the_mock_refuses_what_does_not_fit(mock: str) -> None:
    api = HttpApi(named("crm"), mock, auth=key("crm", "made-up", "x-api-token"))

    with pytest.raises(FormatError, match="answered 4"):
        api.get("/persons", into=Anything, params={"sort_by": "name"})


def test_the_mock_wants_credentials(mock: str) -> None:
    api = HttpApi(named("crm"), mock, auth=key("crm", "made-up", "x-other"))

    with pytest.raises(AccessError, match="answered 401"):
        api.get("/persons", into=Anything)
