"""Pulling a source: one run at a time, page by page with the cursor, and what happens when it fails."""

import os
import socket
from datetime import timedelta

import pytest
from freezegun import freeze_time

from integrations.contract import Delivery, Page, Rejected
from integrations.errors import AccessError
from tests.integration.pulling import NAME, NOON, Pages, a_call, add_source, landed, pull, source
from worker.jobs.sync import LEASE, Outcome, Report, Run
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def _source(uow: UnitOfWork) -> None:
    add_source(uow)


class TestPages:
    """Each page lands with its cursor; a run that ends early goes on where it was."""

    def test_a_run_pulls_all_pages(self, uow: UnitOfWork) -> None:
        connector = Pages(3)

        report = pull(uow, connector)

        assert (report.outcome, report.pages, report.pulled, report.changed) == (Outcome.DONE, 3, 3, 3)
        assert connector.asked == [None, "1", "2"]
        assert (source(uow).cursor, landed(uow)) == ("3", 3)

    def test_the_next_run_asks_for_what_came_after(self, uow: UnitOfWork) -> None:
        pull(uow, Pages(3))
        connector = Pages(4)

        report = pull(uow, connector)

        assert (connector.asked, report.pulled) == (["3"], 1)

    def test_a_full_run_starts_from_the_beginning_and_changes_nothing(self, uow: UnitOfWork) -> None:
        pull(uow, Pages(3))

        report = Run(uow, Pages(3))(NAME, full=True)

        assert (report.pages, report.pulled, report.changed) == (3, 3, 0)

    def test_when_time_is_up_the_rest_waits_for_the_next_task(self, uow: UnitOfWork) -> None:
        connector = Pages(3)

        reports = [pull(uow, connector, for_at_most=timedelta(0)) for _ in range(3)]

        assert [each.outcome for each in reports] == [Outcome.MORE, Outcome.MORE, Outcome.DONE]
        with uow.begin() as tx:
            (run,) = tx.work.runs(NAME)
        assert (run.pages, run.pulled, run.outcome) == (3, 3, "done")

    def test_killed_between_two_pages_it_goes_on_behind_the_last_one(self, uow: UnitOfWork) -> None:
        def killed(number: int) -> None:
            if number == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            pull(uow, Pages(4, killed))
        with uow.begin() as tx:  # Its process is gone.
            tx.sources.set(NAME, lease_owner=f"{socket.gethostname()}:999999999:x")
        connector = Pages(4)
        report = pull(uow, connector)

        assert connector.asked == ["2", "3"]
        assert (report.outcome, landed(uow)) == (Outcome.DONE, 4)

    def test_killed_while_landing_nothing_of_the_page_is_there(self, uow: UnitOfWork) -> None:
        class Endless(Pages):
            def fetch(self, cursor: str | None) -> Page:
                page = super().fetch(cursor)
                # The second page cannot be written: its cursor is no text that PostgreSQL takes.
                return Page(deliveries=page.deliveries, cursor="\0", more=True) if cursor else page

        with pytest.raises(Exception, match="NUL"):
            pull(uow, Endless(3))

        assert (source(uow).cursor, landed(uow)) == ("1", 1)

    def test_every_page_is_told_as_soon_as_it_is_committed(self, uow: UnitOfWork) -> None:
        seen: list[int] = []

        Run(uow, Pages(2))(NAME, on_page=lambda _page, _landed: seen.append(landed(uow)))

        assert seen == [1, 2]

    def test_warnings_and_rejects_are_counted_on_the_run(self, uow: UnitOfWork) -> None:
        class Untidy:
            def fetch(self, cursor: str | None) -> Page:
                return Page(
                    deliveries=(Delivery(a_call(1)),),
                    rejected=(Rejected("entry 2", "start_time: missing", "{}"),),
                    warnings=("column 'Fax' is not mapped",),
                    cursor="1",
                    more=cursor is None,
                )

        report = pull(uow, Untidy())

        with uow.begin() as tx:
            (run,) = tx.work.runs(NAME)
        assert (report.pulled, report.changed, report.rejected) == (4, 1, 2)
        assert (run.pages, run.rejected, run.warnings) == (2, 2, ["column 'Fax' is not mapped"])


class TestLease:
    """One lease with a fencing token: two runs never overlap, and a frozen one writes nothing."""

    def test_a_second_run_finds_the_lease_taken(self, uow: UnitOfWork) -> None:
        inner: list[Report] = []

        pull(uow, Pages(2, lambda _: inner.append(pull(uow, Pages(2)))))

        assert [each.outcome for each in inner] == [Outcome.BUSY, Outcome.BUSY]
        assert landed(uow) == 2

    def test_a_run_that_froze_past_its_lease_writes_nothing(self, uow: UnitOfWork) -> None:
        with freeze_time(NOON) as clock:

            def frozen(number: int) -> None:
                if number == 1 and source(uow).cursor == "1":
                    clock.tick(LEASE + timedelta(seconds=1))
                    assert pull(uow, Pages(2)).outcome is Outcome.DONE

            report = pull(uow, Pages(9, frozen))

        assert (report.outcome, report.pages) == (Outcome.BUSY, 1)
        assert (source(uow).cursor, landed(uow)) == ("2", 2)

    def test_a_frozen_run_that_wakes_up_to_an_error_changes_neither_source_nor_run(
        self, uow: UnitOfWork
    ) -> None:
        with freeze_time(NOON) as clock:

            def frozen(_: int) -> None:
                clock.tick(LEASE + timedelta(seconds=1))
                pull(uow, Pages(1))
                raise AccessError("phone-main: answered 401")

            report = pull(uow, Pages(9, frozen))

        with uow.begin() as tx:
            outcomes = [run.outcome for run in tx.work.runs(NAME)]
        assert report.outcome is Outcome.BUSY
        assert (source(uow).paused, source(uow).failures, outcomes) == (None, 0, ["done"])

    def test_a_run_that_lost_its_lease_after_its_last_page_leaves_the_rest_to_the_other(
        self, uow: UnitOfWork
    ) -> None:
        with freeze_time(NOON) as clock:

            def lost(_page: Page, _landed: object) -> None:
                clock.tick(LEASE + timedelta(seconds=1))
                with uow.begin() as tx:
                    tx.sources.take_lease(NAME, "another-machine:1:x", NOON + 2 * LEASE, LEASE)

            report = Run(uow, Pages(1))(NAME, on_page=lost)

        assert report.outcome is Outcome.BUSY
        assert (source(uow).lease_owner, source(uow).synced_at) == ("another-machine:1:x", None)

    def test_a_lease_lasts_from_page_to_page(self, uow: UnitOfWork) -> None:
        with freeze_time(NOON) as clock:
            inner: list[Outcome] = []

            def slow(_: int) -> None:
                clock.tick(LEASE - timedelta(seconds=1))
                inner.append(pull(uow, Pages(1)).outcome)

            report = pull(uow, Pages(3, slow))

        assert (report.pages, inner) == (3, [Outcome.BUSY] * 3)

    @pytest.mark.parametrize(
        ("owner", "outcome"),
        [
            (f"{socket.gethostname()}:999999999:x", Outcome.DONE),
            (f"{socket.gethostname()}:{os.getpid()}:x", Outcome.BUSY),
            ("another-machine:999999999:x", Outcome.BUSY),
        ],
        ids=["a process of this machine that is gone", "a process that runs", "a process of another machine"],
    )
    def test_a_lease_that_was_never_given_back_by(
        self, uow: UnitOfWork, owner: str, outcome: Outcome
    ) -> None:
        with freeze_time(NOON):
            with uow.begin() as tx:
                tx.sources.take_lease(NAME, owner, NOON, LEASE)

            assert pull(uow, Pages(1)).outcome is outcome

    def test_a_lease_runs_out(self, uow: UnitOfWork) -> None:
        with uow.begin() as tx:
            tx.sources.take_lease(NAME, "another-machine:1:x", NOON, LEASE)

        with freeze_time(NOON + LEASE):
            assert pull(uow, Pages(1)).outcome is Outcome.DONE

    def test_a_finished_run_gives_its_lease_back(self, uow: UnitOfWork) -> None:
        pull(uow, Pages(1))

        assert (source(uow).lease_owner, source(uow).lease_until) == (None, None)
