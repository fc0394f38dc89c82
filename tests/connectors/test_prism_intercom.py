"""Requests to Intercom, checked against the vendor's own description by a mock server (Prism).

The mock finds nobody and no calls, and has one conversation and three notes.
"""

from collections.abc import Iterator

import pytest

from integrations.chat.intercom import Intercom
from integrations.contract import Page
from integrations.credentials import basic, bearer
from integrations.errors import AccessError, FormatError
from integrations.http import HttpApi, Request
from integrations.source import Source
from tests.connectors.contract import named
from tests.connectors.prism import Anything, mocked

SINCE = 946_684_800
CONTACT = f"{1:024x}"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with mocked("intercom.json") as url:
        yield url


def reader(url: str) -> Intercom:
    return Intercom(
        Source(
            name="chat",
            connector="intercom",
            settings={"base_url": url},
            secrets={"access_token": "made-up"},
        )
    )


def test_the_first_run_fits_the_description(url: str) -> None:
    connector = reader(url)
    pages: list[Page] = [connector.fetch(None)]
    while pages[-1].more:
        pages.append(connector.fetch(pages[-1].cursor))

    assert len(pages) == 3
    assert not any(page.rejected for page in pages)


@pytest.mark.parametrize("stream", ["contacts", "conversations", "calls", "all-calls", "all-contacts"])
def test_each_list_can_be_asked_for_in_a_later_run(url: str, stream: str) -> None:
    page = reader(url).fetch(f'{{"stream":"{stream}","marks":{{"{stream}":{{"since":{SINCE}}}}}}}')

    assert page.rejected == ()


@pytest.mark.parametrize(
    ("stream", "following"),
    [
        ("contacts", "token"),
        ("conversations", "token"),
        ("calls", "2"),
        ("all-calls", "2"),
        ("all-contacts", "token"),
    ],
)
def test_a_later_page_fits_too(url: str, stream: str, following: str) -> None:
    begun = f'{{"{stream}":{{"begun_at":{SINCE}}}}}'

    page = reader(url).fetch(f'{{"stream":"{stream}","next":"{following}","marks":{begun}}}')

    assert page.rejected == ()


@pytest.mark.parametrize("following", ["", "token"])
def test_the_notes_of_a_contact_fit_too(url: str, following: str) -> None:
    todo = f'{{"stream":"contacts","keys":["{CONTACT}"],"next":"{following}"}}'

    page = reader(url).fetch(f'{{"stream":"contacts","todo":{todo}}}')

    assert [len(each.record.notes) for each in page.deliveries] == [1, 1, 1]
    assert all(note.author for each in page.deliveries for note in each.record.notes)
    assert {each.record.id for each in page.deliveries} == {f"contact:{CONTACT}"}


def test_asking_again_for_contacts_fits_too(url: str) -> None:
    assert reader(url).refetch(["contact:65e3", "contact:65e4"]).rejected == ()


def test_the_mock_wants_credentials(url: str) -> None:
    api = HttpApi(named("chat"), url, auth=basic("nobody", "made-up"))

    with pytest.raises(AccessError, match="answered 401"):
        api.ask(Request(path="/contacts/search", method="POST", body={"query": {}}), Anything)


def test_the_mock_refuses_what_does_not_fit(url: str) -> None:
    api = HttpApi(named("chat"), url, auth=bearer("chat", "made-up"))

    with pytest.raises(FormatError, match="answered 4"):
        api.get("/calls", into=Anything, params={"page": "first"})
