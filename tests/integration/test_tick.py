"""The tick: what is due now, and the configuration that is in force."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from freezegun import freeze_time

from config import sources as configuration_file
from config.sources import Configuration
from integrations.connectors import CONNECTORS
from integrations.contract import Level
from tests.builders import P, id_of, phone, version
from tests.database import exported, land_page, resolve_all
from tests.integration.pulling import NAME, NOON, Pages, add_source, pull, source
from worker.jobs import configure, sync, tick
from worker.jobs.policy import policy_in_force
from worker.jobs.sync import Run
from worker.jobs.tick import Ring
from worker.storage.sources import SourceRow
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def _source(uow: UnitOfWork) -> None:
    add_source(uow)


class TestWindows:
    """The tick finds what is due, and nothing twice at once."""

    def due(self, uow: UnitOfWork, configuration: Configuration | None = None) -> list[Ring]:
        with uow.begin() as tx:
            tx.work.set_fact("configuration", (configuration or Configuration()).digest, NOON)
        return tick.due(uow, lambda: configuration or Configuration(), datetime.now(UTC))

    def test_a_source_is_due_at_its_time_and_not_before(self, uow: UnitOfWork) -> None:
        ring = Ring("sync.source", (NAME,))
        with freeze_time(NOON - timedelta(seconds=1)) as clock:
            assert ring not in self.due(uow)
            clock.move_to(NOON)
            assert ring in self.due(uow)

    def test_after_a_run_it_is_due_an_interval_later(self, uow: UnitOfWork) -> None:
        ring = Ring("sync.source", (NAME,))
        with freeze_time(NOON) as clock:
            pull(uow, Pages(1))
            clock.tick(timedelta(minutes=4, seconds=44))
            assert ring not in self.due(uow)
            clock.tick(timedelta(seconds=32))
            assert ring in self.due(uow)

    def test_a_source_under_lease_is_not_rung_for(self, uow: UnitOfWork) -> None:
        rings: list[Ring] = []
        with freeze_time(NOON):
            pull(uow, Pages(1, lambda _: rings.extend(self.due(uow))))

        assert Ring("sync.source", (NAME,)) not in rings

    def test_a_source_with_more_is_due_at_once(self, uow: UnitOfWork) -> None:
        with freeze_time(NOON):
            pull(uow, Pages(3), for_at_most=timedelta(0))

            assert Ring("sync.source", (NAME,)) in self.due(uow)

    def test_a_long_stop_is_followed_by_one_run(self, uow: UnitOfWork) -> None:
        with freeze_time(NOON + timedelta(days=3)):
            assert self.due(uow).count(Ring("sync.source", (NAME,))) == 1
            pull(uow, Pages(1))
            assert Ring("sync.source", (NAME,)) not in self.due(uow)

    def test_what_landed_is_rung_for_until_it_is_resolved(self, uow: UnitOfWork) -> None:
        with freeze_time(NOON):
            pull(uow, Pages(2))
            assert Ring("resolve.changed") in self.due(uow)

            resolve_all(uow)
            assert Ring("resolve.changed") not in self.due(uow)
            assert Ring("dedupe.changed") in self.due(uow)

    def test_rings_carry_names_only(self, uow: UnitOfWork) -> None:
        with freeze_time(NOON):
            pull(uow, Pages(2), for_at_most=timedelta(0))

            assert {argument for ring in self.due(uow) for argument in ring.args} == {NAME}


class TestConfiguration:
    """`avouch.toml` is applied by the tick, without a restart; a wrong one leaves the last good one in force."""

    FIRST = """
        [sources.calls]
        connector = "jsonl"
        path = "calls.jsonl"
        every = "10m"

        [schedule]
        reconcile = "10m"
    """

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "avouch.toml"

    def tick(self, uow: UnitOfWork, file: Path, now: datetime = NOON) -> list[Ring]:
        connectors = {name: entry.keys for name, entry in CONNECTORS.items()}
        return tick.due(uow, lambda: configuration_file.load(file, connectors), now)

    def test_a_new_source_is_pulled_at_once(self, uow: UnitOfWork, file: Path) -> None:
        file.write_text(self.FIRST)

        assert Ring("sync.source", ("calls",)) in self.tick(uow, file)
        assert (source(uow, "calls").every, source(uow, "calls").trust) == (600, "verified")

    def test_a_changed_file_is_applied_without_a_restart(self, uow: UnitOfWork, file: Path) -> None:
        file.write_text(self.FIRST)
        self.tick(uow, file)

        file.write_text(self.FIRST.replace('every = "10m"', 'every = "1h"\ntrust = "stored"'))
        self.tick(uow, file)

        assert (source(uow, "calls").every, source(uow, "calls").trust) == (3600, "stored")

    def test_a_file_that_says_the_same_changes_nothing(self, uow: UnitOfWork, file: Path) -> None:
        file.write_text(self.FIRST)
        self.tick(uow, file)
        with uow.begin() as tx:
            tx.sources.set("calls", next_run_at=NOON + timedelta(hours=1))

        file.write_text("# a comment\n" + self.FIRST)
        rings = self.tick(uow, file)

        assert Ring("sync.source", ("calls",)) not in rings

    @pytest.mark.parametrize(
        "wrong", ["[sources.calls", '[sources.calls]\nconector = "jsonl"', "\udcff"], ids=repr
    )
    def test_a_wrong_file_keeps_the_last_good_one(self, uow: UnitOfWork, file: Path, wrong: str) -> None:
        file.write_text(self.FIRST)
        self.tick(uow, file)

        file.write_bytes(wrong.encode("utf-8", "surrogateescape"))
        rings = self.tick(uow, file)

        assert Ring("sync.source", ("calls",)) in rings
        assert source(uow, "calls").every == 600

    def test_a_source_taken_out_is_pulled_no_more_and_keeps_its_records(
        self, uow: UnitOfWork, file: Path
    ) -> None:
        pull(uow, Pages(1))
        resolve_all(uow)
        file.write_text(self.FIRST)

        rings = self.tick(uow, file, NOON + timedelta(days=1))

        assert Ring("sync.source", (NAME,)) not in rings
        assert source(uow).paused == configure.REMOVED
        assert len(exported(uow)) == 1

    def test_put_back_it_is_pulled_again(self, uow: UnitOfWork, file: Path) -> None:
        file.write_text(self.FIRST)
        self.tick(uow, file)
        file.write_text("")
        self.tick(uow, file)

        file.write_text(self.FIRST)
        rings = self.tick(uow, file)

        assert Ring("sync.source", ("calls",)) in rings
        assert source(uow, "calls").paused is None

    def test_a_disabled_source_waits(self, uow: UnitOfWork, file: Path) -> None:
        file.write_text(self.FIRST.replace('every = "10m"', 'every = "10m"\nenabled = false'))

        assert Ring("sync.source", ("calls",)) not in self.tick(uow, file)
        assert source(uow, "calls").paused == configure.DISABLED

    def test_what_a_person_paused_stays_paused(self, uow: UnitOfWork, file: Path) -> None:
        file.write_text(self.FIRST)
        self.tick(uow, file)
        with uow.begin() as tx:
            tx.sources.set("calls", paused="by a person")

        file.write_text(self.FIRST.replace("10m", "20m"))
        self.tick(uow, file)

        assert source(uow, "calls").paused == "by a person"

    def test_periodic_jobs_follow_the_file(self, uow: UnitOfWork, file: Path) -> None:
        file.write_text(self.FIRST)
        self.tick(uow, file)
        later = NOON + timedelta(minutes=10, seconds=15)

        assert Ring("reconcile.leads", expires=tick.PERIODIC_EXPIRES) not in self.tick(
            uow, file, NOON + timedelta(minutes=9)
        )
        assert Ring("reconcile.leads", expires=tick.PERIODIC_EXPIRES) in self.tick(uow, file, later)
        assert Ring("reconcile.leads", expires=tick.PERIODIC_EXPIRES) not in self.tick(
            uow, file, later + timedelta(minutes=1)
        )

    def test_where_there_is_no_file_what_was_applied_last_stays(self, uow: UnitOfWork, file: Path) -> None:
        file.write_text('[sources.calls]\nconnector = "csv"\npath = "calls.csv"\nevery = "5m"')
        self.tick(uow, file)
        file.unlink()

        self.tick(uow, file)

        assert source(uow, "calls").paused is None

    def test_a_cron_schedule_is_exact(self, uow: UnitOfWork, file: Path) -> None:
        file.write_text('[schedule]\nverify = "30 3 * * *"')
        self.tick(uow, file)
        at_half_past_three = NOON.replace(hour=3, minute=30) + timedelta(days=1)

        assert Ring("reconcile.verify", expires=tick.PERIODIC_EXPIRES) not in self.tick(
            uow, file, at_half_past_three - timedelta(seconds=1)
        )
        assert Ring("reconcile.verify", expires=tick.PERIODIC_EXPIRES) in self.tick(
            uow, file, at_half_past_three
        )

    def test_a_changed_region_has_the_numbers_of_the_source_read_again(
        self, uow: UnitOfWork, file: Path
    ) -> None:
        file.write_text(self.FIRST)
        self.tick(uow, file)
        national = version("call", phone("612 34 56 78", Level.OBSERVED)).record
        land_page(uow, "calls", [national])
        resolve_all(uow)

        file.write_text(self.FIRST.replace('every = "10m"', 'every = "10m"\nregion = "ES"'))
        self.tick(uow, file)
        resolve_all(uow)

        (line,) = exported(uow)
        assert P in line

    def test_a_changed_trust_or_policy_has_its_records_resolved_again(
        self, uow: UnitOfWork, file: Path
    ) -> None:
        file.write_text(self.FIRST)
        self.tick(uow, file)
        Run(uow, Pages(2))("calls")
        resolve_all(uow)

        file.write_text(self.FIRST + f'\n[policy]\nown_numbers = ["{P}"]')
        self.tick(uow, file)

        with uow.begin() as tx:
            assert tx.to_resolve.waiting() == 2
            assert policy_in_force(tx).own_numbers == {P}
        resolve_all(uow)
        assert len(exported(uow)) == 2

        file.write_text(self.FIRST.replace('every = "10m"', 'every = "10m"\ntrust = "claimed"'))
        self.tick(uow, file)

        with uow.begin() as tx:
            assert set(tx.to_resolve.take(99)[1]) == {id_of("calls", "call-0"), id_of("calls", "call-1")}


def test_twenty_sources_configured_alike_do_not_all_ask_at_once() -> None:
    row = SourceRow(*(None,) * len(SourceRow._fields))._replace(configured=True, every=300)  # type: ignore[arg-type]  # empty but for these
    times: Sequence[datetime | None] = [
        sync.next_time(row._replace(name=f"source-{number}"), NOON) for number in range(20)
    ]

    assert len(set(times)) > 15
    assert all(each and timedelta(seconds=285) <= each - NOON <= timedelta(seconds=315) for each in times)
