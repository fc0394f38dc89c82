"""The shared limiter where it works: in the connectors that a process builds, and before the tasks that use them."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from integrations.credentials import basic
from integrations.limits import Unlimited
from tests.connectors.contract import Vendor, always
from tests.integration.pulling import source
from tests.integration.serving import broker
from worker import wiring
from worker.demo.simulator_server import Answer, answer_json
from worker.jobs import clock, configure
from worker.servers import Endpoints
from worker.storage.limiter import SharedLimiter
from worker.storage.unit_of_work import UnitOfWork
from worker.tasks.sync import sync_source

pytestmark = pytest.mark.servers

ACCOUNT = "AC00000000000000000000000000000001"
SOURCES = """
[sources.phone-main]
connector = "twilio"
account_sid = "{account}"
base_url = "{url}"
every = "5m"
auth_token = {{ env = "PHONE_TOKEN" }}
"""
FINAL = answer_json({"calls": [], "messages": [], "next_page_uri": None})


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor(always(FINAL)) as vendor:
        yield vendor


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    """A token of the test's own, so that its limits are its own, too."""
    token = uuid.uuid4().hex
    monkeypatch.setenv("PHONE_TOKEN", token)
    return token


@pytest.fixture
def wired(
    uow: UnitOfWork,
    engine: Engine,
    endpoints: Endpoints,
    vendor: Vendor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[UnitOfWork]:
    """This process as a worker: with servers and one source in its environment."""
    file = tmp_path / "avouch.toml"
    file.write_text(SOURCES.format(account=ACCOUNT, url=vendor.url), encoding="utf-8")
    for name, value in {
        "DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "BROKER_URL": endpoints.broker_url,
        "AVOUCH_CONFIG": str(file),
        "AVOUCH_ID_KEY": "k",
    }.items():
        monkeypatch.setenv(name, value)
    wiring.forget()
    configure.apply(uow, wiring.configuration(), clock.now())
    yield uow
    wiring.forget()


def hold_back(token: str, wait: timedelta) -> None:
    """Say, as any other worker with these credentials would, that the vendor asked for a wait."""
    wiring.limiter().hold_back(f"127.0.0.1:{basic(ACCOUNT, token).whose}", [], wait)


def test_a_worker_keeps_off_a_vendor_that_told_another_one_to_wait(
    wired: UnitOfWork, vendor: Vendor, endpoints: Endpoints, token: str
) -> None:
    hold_back(token, timedelta(seconds=30))
    began = datetime.now(UTC)

    sync_source("phone-main")

    row = source(wired, "phone-main")
    assert vendor.asked == []
    assert (row.failures, row.paused, row.lease_owner) == (0, None, None)
    assert row.next_run_at is not None
    assert timedelta(seconds=28) < row.next_run_at - began < timedelta(seconds=40)
    with broker(endpoints.broker_url) as client:
        assert client.llen("sync") == 0  # The tick finds it once it is due.


def test_what_one_source_is_told_holds_for_all_of_its_credentials(wired: UnitOfWork, vendor: Vendor) -> None:
    vendor.answering = always(Answer(b"{}", 429, {"Retry-After": "20"}))
    sync_source("phone-main")
    asked = len(vendor.asked)

    for _ in range(2):
        sync_source("phone-main")

    assert (asked, len(vendor.asked)) == (1, 1)
    assert source(wired, "phone-main").failures == 1


@pytest.mark.usefixtures("wired")
def test_a_process_has_one_limiter_until_it_forgets() -> None:
    first = wiring.limiter()

    same = wiring.limiter()
    wiring.forget()

    assert isinstance(first, SharedLimiter)
    assert same is first
    assert wiring.limiter() is not first


def test_without_a_broker_nothing_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BROKER_URL", raising=False)
    wiring.forget()

    assert isinstance(wiring.limiter(), Unlimited)

    wiring.forget()
