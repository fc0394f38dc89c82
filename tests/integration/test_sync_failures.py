"""When a source does not answer as it should: who acts, and when it is asked again."""

from datetime import timedelta

import pytest
from freezegun import freeze_time

from integrations.errors import AccessError, FormatError, UnavailableError
from tests.integration.pulling import NAME, NOON, Failing, Pages, add_source, landed, pull, source
from worker.jobs import backoff, sources
from worker.jobs.sync import Outcome, Refused
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def _source(uow: UnitOfWork) -> None:
    add_source(uow)


class TestFailures:
    """Unavailable: again later by itself. Access: a person. Format: a person after several in a row."""

    def failed(self, uow: UnitOfWork, *errors: Exception) -> list[Outcome]:
        connector = Failing(*errors)
        return [pull(uow, connector).outcome for _ in errors]

    @freeze_time(NOON)
    def test_an_unavailable_source_is_asked_again_later(self, uow: UnitOfWork) -> None:
        outcomes = self.failed(uow, UnavailableError("phone-main: answered 503"))

        row = source(uow)
        assert outcomes == [Outcome.LATER]
        assert (row.failures, row.error, row.paused) == (1, "phone-main: answered 503", None)
        assert row.next_run_at is not None
        assert NOON <= row.next_run_at <= NOON + 2 * backoff.BASE

    @freeze_time(NOON)
    def test_retry_after_is_a_floor(self, uow: UnitOfWork) -> None:
        self.failed(uow, UnavailableError("answered 429", retry_after=timedelta(minutes=20)))

        assert source(uow).next_run_at == NOON + timedelta(minutes=20)

    @freeze_time(NOON)
    def test_it_never_waits_longer_than_the_cap(self, uow: UnitOfWork) -> None:
        self.failed(uow, *[UnavailableError("answered 503")] * 40)

        row = source(uow)
        assert row.failures == 40
        assert row.next_run_at is not None
        assert row.next_run_at <= NOON + backoff.CAP

    def test_an_answer_clears_the_failures(self, uow: UnitOfWork) -> None:
        self.failed(uow, UnavailableError("answered 503"))

        pull(uow, Pages(1))

        assert (source(uow).failures, source(uow).error) == (0, None)

    def test_a_source_that_refuses_us_is_paused_and_says_why(self, uow: UnitOfWork) -> None:
        outcomes = self.failed(uow, AccessError("phone-main: answered 401"))

        assert outcomes == [Outcome.PAUSED]
        assert source(uow).paused == "phone-main: answered 401"
        with uow.begin() as tx:
            assert tx.sources.due(NOON + timedelta(days=400)) == []

    def test_unreadable_answers_pause_it_after_five_in_a_row(self, uow: UnitOfWork) -> None:
        outcomes = self.failed(uow, *[FormatError("not JSON")] * 5)

        assert outcomes == [*[Outcome.UNREADABLE] * 4, Outcome.PAUSED]
        assert source(uow).paused == "not JSON"

    def test_an_outage_that_ends_with_an_unreadable_answer_pauses_nothing(self, uow: UnitOfWork) -> None:
        outage = [UnavailableError("answered 503")] * 7

        outcomes = self.failed(
            uow, *outage, FormatError("a page in HTML"), *outage, FormatError("a page in HTML")
        )

        assert Outcome.PAUSED not in outcomes

    def test_a_failure_does_not_resume_what_a_person_paused_meanwhile(self, uow: UnitOfWork) -> None:
        def paused(_: int) -> None:
            with uow.begin() as tx:
                tx.sources.set(NAME, paused="by a person")
            raise UnavailableError("answered 503")

        pull(uow, Pages(1, paused))

        assert source(uow).paused == "by a person"

    def test_a_connector_that_cannot_be_built_fails_like_one_that_does_not_answer(
        self, uow: UnitOfWork
    ) -> None:
        report = pull(uow, Refused(AccessError("phone-main: TWILIO_AUTH_TOKEN is not set")))

        assert report.outcome is Outcome.PAUSED
        assert source(uow).paused == "phone-main: TWILIO_AUTH_TOKEN is not set"

    def test_a_paused_source_is_not_asked(self, uow: UnitOfWork) -> None:
        with uow.begin() as tx:
            tx.sources.set(NAME, paused="by a person")
        connector = Pages(1)

        report = pull(uow, connector)

        assert (report.outcome, report.error, connector.asked) == (Outcome.PAUSED, "by a person", [])

    def test_a_source_that_only_a_person_feeds_is_neither_paused_nor_asked_again(
        self, uow: UnitOfWork
    ) -> None:
        with uow.begin() as tx:
            tx.sources.set(NAME, configured=False, next_run_at=None)

        pull(uow, Failing(AccessError("contacts.csv: no such file")))
        assert (source(uow).paused, source(uow).next_run_at) == (None, None)
        pull(uow, Pages(1))
        assert source(uow).next_run_at is None

    def test_a_failure_keeps_the_pages_before_it(self, uow: UnitOfWork) -> None:
        def third(number: int) -> None:
            if number == 2:
                raise UnavailableError("answered 503")

        report = pull(uow, Pages(5, third))

        assert (report.outcome, report.pages, source(uow).cursor) == (Outcome.LATER, 2, "2")
        assert landed(uow) == 2


class TestUnforeseen:
    """A fault of ours ends a run as a refused request does: written down, backed off, and loud."""

    @freeze_time(NOON)
    def test_the_source_backs_off_and_says_the_kind_of_error(self, uow: UnitOfWork) -> None:
        with pytest.raises(KeyError):
            pull(uow, Failing(KeyError("+34612345678")))

        row = source(uow)
        assert (row.failures, row.lease_owner, row.next_run_at) != (0, None, NOON)
        assert row.error == "phone-main: an unforeseen KeyError; the log of the worker says where"


class TestAskedMeanwhile:
    """Who asks for a run while one is going on gets another one."""

    @freeze_time(NOON)
    def test_the_source_is_due_again_when_the_run_ends(self, uow: UnitOfWork) -> None:
        asked_at = NOON + timedelta(seconds=1)

        pull(uow, Pages(2, lambda _: sources.ask(uow, NAME, asked_at)))

        assert source(uow).next_run_at == asked_at
