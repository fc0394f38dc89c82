"""The Stripe connector against localstripe, a server with Stripe's interface and a state of its own.

What localstripe lacks, so that recordings show it alone: the filter `types` of events (it refuses it with 400, and a
server in front takes it away here), any order of lists but the oldest first, any limit on the size of a page, 429,
and a version of the API by the request. It cannot lose events after 30 days.
"""

from collections.abc import Iterator

import pytest
import requests

from integrations import registry
from integrations.contract import Connector, Level
from integrations.errors import AccessError
from integrations.source import Source
from tests.connectors.contract import listed, read, records
from tests.real.localstripe import LocalStripe
from worker.demo.simulator_server import Answer, Asked, LoopbackServer


@pytest.fixture
def url(localstripe: LocalStripe) -> Iterator[str]:
    """Return the address of a server that hands requests on, without the filter that localstripe refuses."""
    with requests.Session() as session:
        session.trust_env = False

        def handed_on(asked: Asked) -> Answer:
            query = {name: value for name, value in asked.query.items() if not name.startswith("types[")}
            signed = {"Authorization": asked.headers["authorization"]}
            answer = session.get(localstripe.url + asked.path, params=query, headers=signed, timeout=30)
            return Answer(answer.content, answer.status_code, {"Content-Type": "application/json"})

        with LoopbackServer(handed_on) as server:
            yield server.url


def reader(url: str, key: str) -> Connector:
    return registry.connector(
        Source(
            name="shop",
            connector="stripe",
            settings={"base_url": url},
            secrets={"api_key": key},
            page_limit=10,
        )
    )


def test_twenty_five_customers_come_in_three_pages(localstripe: LocalStripe, url: str) -> None:
    ids = {
        localstripe.new_customer(name=f"Ana {place}", email=f"ana{place}@example.com")["id"]
        for place in range(25)
    }

    pages = read(reader(url, localstripe.key))

    of_the_list = [page for page in pages if page.sweep is not None]
    assert [len(page.deliveries) for page in of_the_list] == [10, 10, 5]
    assert {record.id for record in records(of_the_list)} == ids
    assert set(listed(pages) or ()) == ids
    assert {each.level for record in records(pages) for each in record.identifiers} == {Level.STORED}


def test_what_changes_and_what_is_deleted_comes_with_the_next_run(localstripe: LocalStripe, url: str) -> None:
    kept = localstripe.new_customer(name="Ana Ruiz", email="ana@example.com")["id"]
    gone = localstripe.new_customer(name="Nils Berg", email="nils@example.com")["id"]
    cursor = read(reader(url, localstripe.key))[-1].cursor
    localstripe.change(kept, phone="+447700900101")
    localstripe.delete(gone)

    found = records(read(reader(url, localstripe.key), cursor))

    assert [record.id for record in found if record.deleted] == [gone]
    changed = [record for record in found if record.id == kept]
    assert "+447700900101" in {each.value for record in changed for each in record.identifiers}
    assert all(record.updated_at is not None for record in found)


def test_a_key_that_the_server_refuses_needs_a_person(url: str) -> None:
    with pytest.raises(AccessError, match="answered 401"):
        reader(url, "pk_not_a_secret_key").fetch(None)
