"""When the vendor's rate limit is used up: no failure, and the same run goes on once it is not."""

from datetime import timedelta

import pytest
from freezegun import freeze_time

from integrations.errors import ThrottledError
from tests.integration.pulling import NAME, NOON, Pages, add_source, landed, pull, source
from worker.cli.intake import pulling
from worker.jobs.sync import LEASE, Outcome, Run
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def _source(uow: UnitOfWork) -> None:
    add_source(uow)


class Throttling(Pages):
    """Answers one page at a time; each further one is too much until it is asked for again."""

    def __init__(self, pages: int, wait: timedelta | None) -> None:
        super().__init__(pages, self._throttle)
        self._wait = wait
        self._answered_last = False

    def _throttle(self, _: int) -> None:
        self._answered_last = not self._answered_last
        if not self._answered_last:
            raise ThrottledError("The vendor's rate limit is used up", retry_after=self._wait)


class TestThrottled:
    """A run that may send nothing more for a while is no failed run."""

    @freeze_time(NOON)
    def test_the_source_is_due_when_the_vendor_takes_requests_again(self, uow: UnitOfWork) -> None:
        wait = timedelta(seconds=40)

        report = pull(uow, Throttling(3, wait))

        row = source(uow)
        assert (report.outcome, report.pages, report.wait) == (Outcome.THROTTLED, 1, wait)
        assert (row.next_run_at, row.lease_owner, row.cursor) == (NOON + wait, None, "1")

    @freeze_time(NOON)
    def test_without_a_time_it_is_due_at_once(self, uow: UnitOfWork) -> None:
        pull(uow, Throttling(3, None))

        assert source(uow).next_run_at == NOON

    def test_it_counts_no_failure_and_forgives_none(self, uow: UnitOfWork) -> None:
        def throttled(_: int) -> None:
            raise ThrottledError("The vendor's rate limit is used up")

        with uow.begin() as tx:
            tx.sources.set(NAME, failures=2, error="phone-main: answered 503")

        pull(uow, Pages(1, throttled))

        assert (source(uow).failures, source(uow).error) == (2, "phone-main: answered 503")

    def test_the_same_run_goes_on_to_its_end(self, uow: UnitOfWork) -> None:
        connector = Throttling(3, None)

        outcomes = [pull(uow, connector).outcome for _ in range(3)]

        with uow.begin() as tx:
            (run,) = tx.work.runs(NAME)
        assert outcomes == [Outcome.THROTTLED, Outcome.THROTTLED, Outcome.DONE]
        assert (run.pages, run.pulled, run.outcome, landed(uow)) == (3, 3, "done", 3)

    def test_a_run_that_lost_its_lease_meanwhile_changes_nothing(self, uow: UnitOfWork) -> None:
        with freeze_time(NOON) as clock:

            def frozen(_: int) -> None:
                clock.tick(LEASE + timedelta(seconds=1))
                with uow.begin() as tx:
                    tx.sources.take_lease(NAME, "another-machine:1:x", NOON + 2 * LEASE, LEASE)
                raise ThrottledError("The vendor's rate limit is used up", retry_after=LEASE)

            report = pull(uow, Pages(3, frozen))

        assert report.outcome is Outcome.BUSY
        assert (source(uow).lease_owner, source(uow).next_run_at) == ("another-machine:1:x", NOON)


class TestAtTheTerminal:
    """`avouch sync --wait` waits, says so, and reports the whole."""

    @pytest.mark.parametrize("full", [False, True], ids=["what is new", "from its start"])
    def test_it_goes_on_where_it_was(
        self, uow: UnitOfWork, capsys: pytest.CaptureFixture[str], *, full: bool
    ) -> None:
        Run(uow, Pages(1))(NAME)
        connector = Throttling(4, timedelta(seconds=0.01))

        done = pulling.pull(uow, connector, NAME, full=full)

        told = "The vendor of phone-main takes no more requests for 1 s; waiting.\n"
        pages = 4 if full else 3
        assert (done.report.outcome, done.report.pages, done.report.pulled) == (Outcome.DONE, pages, pages)
        assert connector.asked[0] == (None if full else "1")
        assert capsys.readouterr().err == told * (pages - 1)
        assert landed(uow) == 4
