"""Runs that are cut at every page: a cursor says all there is to say, and a page that is read again says it again."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from integrations import registry
from integrations.contract import Connector, ContactRecord, Page
from integrations.source import Source
from tests.connectors.contract import read
from tests.simulated.vendor import VENDORS, SimulatedVendor, simulated
from worker.demo.simulator_server import LoopbackServer

SIZE = 120
PAGE_LIMIT = 25
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> SimulatedVendor:
    return simulated(request.param, SIZE)


@pytest.fixture
def url(vendor: SimulatedVendor) -> Iterator[str]:
    with LoopbackServer(vendor.answer) as server:
        yield server.url


def reader(vendor: SimulatedVendor, url: str) -> Connector:
    """Return a new connector, as each task of a worker has one."""
    return registry.connector(
        Source(
            name="source",
            connector=vendor.connector,
            region="US",
            settings=vendor.settings(url),
            secrets=vendor.secrets,
            page_limit=PAGE_LIMIT,
            clock=lambda: NOON,
        )
    )


def said(pages: list[Page]) -> list[tuple[list[ContactRecord], tuple[str, ...], str]]:
    return [
        (
            [each.record for each in page.deliveries],
            page.sweep.listed if page.sweep is not None else (),
            page.cursor,
        )
        for page in pages
    ]


def test_each_page_may_be_another_tasks(vendor: SimulatedVendor, url: str) -> None:
    in_one = read(reader(vendor, url))

    by_many = [reader(vendor, url).fetch(None)]
    while by_many[-1].more:
        by_many.append(reader(vendor, url).fetch(by_many[-1].cursor))

    assert len(in_one) > 1
    assert said(by_many) == said(in_one)


def test_a_page_that_is_read_twice_says_the_same_twice(vendor: SimulatedVendor, url: str) -> None:
    connector = reader(vendor, url)
    cursors = [None, *(page.cursor for page in read(connector)[:-1])]

    twice = [(connector.fetch(cursor), reader(vendor, url).fetch(cursor)) for cursor in cursors]

    assert said([one for one, _ in twice]) == said([other for _, other in twice])


def test_the_next_run_brings_nothing_that_the_first_did_not(vendor: SimulatedVendor, url: str) -> None:
    first = read(reader(vendor, url))

    second = read(reader(vendor, url), first[-1].cursor)

    known = {each.record.id for page in first for each in page.deliveries}
    again = {each.record.id for page in second for each in page.deliveries}
    assert again <= known
