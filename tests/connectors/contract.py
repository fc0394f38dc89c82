"""What every connector to an HTTP API must do. A vendor's test class inherits it and names the connector.

The recording `recorded/<connector>.json` is a transcript of two runs: what is asked, in order, and what the
vendor answers. It is played by a real HTTP server on loopback. Names and numbers in it are invented.
"""

import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from msgspec import Struct, field

from integrations import registry
from integrations.contract import Connector, ContactRecord, Page
from integrations.errors import AccessError, FormatError, SourceError, UnavailableError
from integrations.source import Source, now
from worker.demo.simulator_server import Answer, Asked, LoopbackServer, answer_json

RECORDED = Path(__file__).parent / "recorded"
MOST_PAGES = 400


class Ask(Struct, frozen=True):
    method: str
    path: str
    query: dict[str, str] = {}
    body: Any = None


class Exchange(Struct, frozen=True):
    ask: Ask
    answer: Any
    status: int = 200


class Run(Struct, frozen=True):
    exchanges: list[Exchange]
    records: list[str]
    """The ids of the records that the run yields, in order."""
    rejected: list[str]
    """Where the rejects of the run stood."""
    deleted: list[str] = []
    """The ids of the records that it says are deleted."""
    listed: list[str] | None = None
    """The ids in the complete list that the run ends, if it ends one."""
    at: datetime | None = None
    """What the clock says; None: the time of the test."""


class Token(Struct, frozen=True):
    """Where access tokens are given, and which: it is asked for before the first request."""

    path: str
    answer: dict[str, Any]


class Recording(Struct, frozen=True):
    settings: dict[str, Any]
    page_limit: int
    secrets: dict[str, str]
    runs: list[Run]
    following: list[str] = field(name="next", default_factory=list)
    """The keys that lead to the link or token of the next page in an answer; none where pages are numbered."""
    entries: list[str] = []
    """The keys that lead to the entries; none: the first list in the answer."""
    urls: dict[str, str] = field(default_factory=lambda: {"base_url": ""})
    """The settings that name the vendor's addresses, and what follows the host in them."""
    credentials: str = "authorization"
    """The header that carries the credentials."""
    token: Token | None = None

    @property
    def first(self) -> Any:
        """The first answer, which has a next page."""
        return self.runs[0].exchanges[0].answer


@cache
def recording(connector: str) -> Recording:
    return msgspec.json.decode((RECORDED / f"{connector}.json").read_bytes(), type=Recording)


def named(source: str) -> Source:
    """Return a source that only has a name: what an `HttpApi` needs."""
    return Source(name=source, connector="made-up")


class Vendor(LoopbackServer):
    """Answers as it is told and keeps what it was asked."""

    def __init__(self, answering: Callable[[Asked], Answer], token: Token | None = None) -> None:
        super().__init__(self._answer)
        self.answering = answering
        self.token = token
        self.asked: list[Asked] = []

    def _answer(self, asked: Asked) -> Answer:
        if self.token is not None and asked.path == self.token.path:
            return answer_json(self.token.answer)
        self.asked.append(asked)
        return self.answering(asked)

    @property
    def asks(self) -> list[Ask]:
        return [Ask(asked.method, asked.path, dict(asked.query), asked.json) for asked in self.asked]


def always(answer: Answer) -> Callable[[Asked], Answer]:
    return lambda _: answer


def transcript(run: Run) -> Callable[[Asked], Answer]:
    """Play a run, in order. What does not fit gets a 404; the tests compare what was asked."""
    exchanges = iter(run.exchanges)

    def answer(asked: Asked) -> Answer:
        exchange = next(exchanges, None)
        if exchange is None or (exchange.ask.method, exchange.ask.path) != (asked.method, asked.path):
            return Answer(status=404)
        return answer_json(exchange.answer, status=exchange.status)

    return answer


def read(connector: Connector, cursor: str | None = None) -> list[Page]:
    """Fetch pages until a run is at its end."""
    pages: list[Page] = []
    while not pages or pages[-1].more:
        assert len(pages) < MOST_PAGES
        pages.append(connector.fetch(cursor))
        cursor = pages[-1].cursor
    return pages


def records(pages: list[Page]) -> list[ContactRecord]:
    return [delivery.record for page in pages for delivery in page.deliveries]


def listed(pages: list[Page]) -> list[str] | None:
    """Return what is in the complete list that a run ends; None where it ends none."""
    sweeps = [page.sweep for page in pages if page.sweep is not None]
    if not sweeps:
        return None
    assert sweeps[-1].ended
    return [key for sweep in sweeps for key in sweep.listed]


def with_value(answer: Any, keys: list[str], value: object) -> Any:
    """Return a copy of `answer` with `value` where `keys` lead."""
    if not keys:
        return value
    copy: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(answer))
    at = copy
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = value
    return copy


class ConnectorContract:
    """The cases that come with the class. `connector` is a name of the registry."""

    connector: ClassVar[str]

    @property
    def recording(self) -> Recording:
        return recording(self.connector)

    def vendor(self, answering: Callable[[Asked], Answer]) -> Vendor:
        return Vendor(answering, self.recording.token)

    def source(self, vendor: LoopbackServer, at: datetime | None = None) -> Source:
        urls = {setting: f"{vendor.url}{path}" for setting, path in self.recording.urls.items()}
        return Source(
            name="under-test",
            connector=self.connector,
            settings={**self.recording.settings, **urls},
            secrets=self.recording.secrets,
            page_limit=self.recording.page_limit,
            clock=now if at is None else lambda: at,
        )

    def reader(self, vendor: LoopbackServer, at: datetime | None = None) -> Connector:
        return registry.connector(self.source(vendor, at))

    def first_run(self) -> tuple[Vendor, list[Page]]:
        """Play the first run; return the vendor with what it was asked, and the pages."""
        run = self.recording.runs[0]
        with self.vendor(transcript(run)) as vendor:
            return vendor, read(self.reader(vendor, run.at))

    def test_each_run_asks_for_every_page_from_where_the_last_one_stopped(self) -> None:
        cursor = None
        for run in self.recording.runs:
            with self.vendor(transcript(run)) as vendor:
                pages = read(self.reader(vendor, run.at), cursor)
            cursor = pages[-1].cursor

            assert vendor.asks == [exchange.ask for exchange in run.exchanges]
            assert [record.id for record in records(pages) if not record.deleted] == run.records
            assert [record.id for record in records(pages) if record.deleted] == run.deleted
            assert [reject.where for page in pages for reject in page.rejected] == run.rejected
            assert listed(pages) == run.listed

    def test_the_recording_has_two_runs_and_a_bad_entry(self) -> None:
        runs = self.recording.runs

        assert len(runs) >= 2
        assert any(run.rejected for run in runs)

    def test_every_request_carries_the_credentials(self) -> None:
        vendor, _ = self.first_run()

        assert vendor.asked
        assert all(asked.headers.get(self.recording.credentials) for asked in vendor.asked)

    def test_every_record_has_a_key_and_times_with_a_zone(self) -> None:
        _, pages = self.first_run()

        for record in records(pages):
            times = [record.occurred_at, record.updated_at, *(call.at for call in record.interactions)]
            assert record.id
            assert all(at.tzinfo is not None for at in times if at is not None)

    def test_every_delivery_keeps_what_the_vendor_sent_and_can_be_written_as_json(self) -> None:
        _, pages = self.first_run()

        for page in pages:
            for delivery in page.deliveries:
                assert delivery.raw is not None
                assert msgspec.json.decode(msgspec.json.encode(delivery.record), type=ContactRecord)

    def test_a_bad_record_is_rejected_with_a_reason_that_names_a_field(self) -> None:
        _, pages = self.first_run()

        assert all("$." in reject.reason for page in pages for reject in page.rejected)

    def test_an_entry_that_is_no_object_costs_only_itself(self) -> None:
        keys = self.recording.entries or [
            next(key for key, value in self.recording.first.items() if isinstance(value, list))
        ]
        answer = with_value(self.recording.first, keys, [7, None, "text", []])
        with self.vendor(always(answer_json(answer))) as vendor:
            page = self.reader(vendor).fetch(None)

        assert [reject.raw for reject in page.rejected] == ["7", "null", '"text"', "[]"]

    @pytest.mark.parametrize("status", [401, 403])
    def test_refused_credentials_need_a_person(self, status: int) -> None:
        with (
            self.vendor(always(Answer(status=status))) as vendor,
            pytest.raises(AccessError, match=r"(?s)^under-test: .*: avouch sources resume under-test$"),
        ):
            self.reader(vendor).fetch(None)

    def test_too_many_requests_names_the_seconds_to_wait(self) -> None:
        busy = Answer(status=429, headers={"Retry-After": "7"})
        with self.vendor(always(busy)) as vendor, pytest.raises(UnavailableError) as caught:
            self.reader(vendor).fetch(None)

        assert caught.value.retry_after == timedelta(seconds=7)

    def test_too_many_requests_names_the_date_to_wait_for(self) -> None:
        until = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
        busy = Answer(status=429, headers={"Retry-After": until})
        with self.vendor(always(busy)) as vendor, pytest.raises(UnavailableError) as caught:
            self.reader(vendor).fetch(None)

        assert caught.value.retry_after is not None
        assert timedelta(seconds=60) < caught.value.retry_after <= timedelta(seconds=100)

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_a_vendor_in_trouble_is_tried_again_later(self, status: int) -> None:
        with self.vendor(always(Answer(status=status))) as vendor, pytest.raises(UnavailableError):
            self.reader(vendor).fetch(None)

    def test_nobody_at_the_address_is_tried_again_later(self) -> None:
        with self.vendor(always(Answer())) as vendor:
            reader = self.reader(vendor)

        with pytest.raises(UnavailableError, match="no connection"):
            reader.fetch(None)

    def test_an_answer_that_breaks_off_is_tried_again_later(self) -> None:
        body = msgspec.json.encode(self.recording.first)
        cut = Answer(body[:-20], headers={"Content-Length": str(len(body))})
        with self.vendor(always(cut)) as vendor, pytest.raises(UnavailableError, match="broke off"):
            self.reader(vendor).fetch(None)

    def test_a_web_page_instead_of_json_is_a_format_error(self) -> None:
        page = Answer(b"<html><body>Sign in</body></html>", headers={"Content-Type": "text/html"})
        with self.vendor(always(page)) as vendor, pytest.raises(FormatError, match="under-test"):
            self.reader(vendor).fetch(None)

    def test_a_next_page_that_was_read_before_stops_the_run(self) -> None:
        with (
            self.vendor(always(answer_json(self.recording.first))) as vendor,
            pytest.raises(FormatError, match="read already"),
        ):
            read(self.reader(vendor))

    def test_a_cursor_of_something_else_is_a_format_error(self) -> None:
        with self.vendor(always(Answer())) as vendor:
            for cursor in ("", "12", '{"stream":"elsewhere"}'):
                with pytest.raises(FormatError, match="avouch sync under-test --full"):
                    self.reader(vendor).fetch(cursor)

        assert vendor.asked == []

    def test_nothing_is_sent_to_the_host_of_a_foreign_link(self) -> None:
        if not self.recording.following:
            pytest.skip("pages are numbered: no link could lead elsewhere")
        with Vendor(always(Answer())) as elsewhere, self.vendor(always(Answer())) as vendor:
            foreign = with_value(self.recording.first, self.recording.following, f"{elsewhere.url}/next")
            vendor.answering = always(answer_json(foreign))
            with suppress(SourceError):
                read(self.reader(vendor))

        assert elsewhere.asked == []

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_no_redirect_is_followed(self, status: int) -> None:
        with Vendor(always(Answer())) as elsewhere, self.vendor(always(Answer())) as vendor:
            vendor.answering = always(Answer(status=status, headers={"Location": f"{elsewhere.url}/"}))
            with pytest.raises(FormatError):
                self.reader(vendor).fetch(None)

        assert elsewhere.asked == []

    @pytest.mark.parametrize("status", [200, 302, 401, 404, 429, 503])
    def test_credentials_show_in_no_error_no_log_and_no_repr(
        self, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        with self.vendor(always(Answer(b"{", status))) as vendor:
            source = self.source(vendor)
            reader = registry.connector(source)
            with pytest.raises(SourceError) as caught:
                reader.fetch(None)

        sent = [asked.headers[self.recording.credentials].split()[-1] for asked in vendor.asked]
        shown = "\n".join(
            (*traceback.format_exception(caught.value), caplog.text, repr(source), repr(vars(reader)))
        )
        assert [text for text in (*source.secrets.values(), *sent) if text in shown] == []
