"""When something is due next: a function of the time it is given and of nothing else."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from freezegun import freeze_time

from config.queues import ROUTES
from config.schedule import FARTHEST, PERIODIC, next_run

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_without_a_schedule_there_is_no_next_time() -> None:
    assert next_run(NOON, jitter_seed="phone-main") is None


@pytest.mark.parametrize("minutes", [1, 5, 60, 24 * 60])
def test_an_interval_is_kept_within_its_jitter(minutes: int) -> None:
    every = timedelta(minutes=minutes)

    due = next_run(NOON, every=every, jitter_seed="phone-main")

    assert due is not None
    assert abs(due - NOON - every) <= min(every * 0.05, FARTHEST)


def test_sources_configured_alike_are_spread() -> None:
    due = {next_run(NOON, every=timedelta(minutes=5), jitter_seed=f"phone-{n}") for n in range(50)}

    assert len(due) == 50


def test_the_same_run_gives_the_same_next_time_whatever_the_clock_says() -> None:
    first = next_run(NOON, every=timedelta(minutes=5), jitter_seed="phone-main")
    with freeze_time("2031-01-01"):
        again = next_run(NOON, every=timedelta(minutes=5), jitter_seed="phone-main")

    assert first == again


def test_jitter_does_not_make_an_interval_drift() -> None:
    every, runs, due = timedelta(minutes=5), 2000, NOON

    for _ in range(runs):
        following = next_run(due, every=every, jitter_seed="phone-main")
        assert following is not None
        due = following

    assert abs((due - NOON) / runs - every) < timedelta(seconds=1)


def test_a_cron_time_is_exact_and_in_utc() -> None:
    in_madrid = datetime(2026, 3, 1, 13, 30, tzinfo=timezone(timedelta(hours=1)))

    assert next_run(in_madrid, cron="0 13 * * *", jitter_seed="x") == datetime(2026, 3, 1, 13, 0, tzinfo=UTC)


def test_a_cron_time_that_is_now_comes_again_later() -> None:
    assert next_run(NOON, cron="0 12 * * *", jitter_seed="x") == NOON + timedelta(days=1)


def test_a_long_stop_is_followed_by_one_run_and_not_by_each_that_was_missed() -> None:
    a_week_later = NOON + timedelta(days=7)

    due = next_run(a_week_later, cron="*/5 * * * *", jitter_seed="x")

    assert due == a_week_later + timedelta(minutes=5)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        next_run(NOON.replace(tzinfo=None), every=timedelta(minutes=5), jitter_seed="x")


def test_every_periodic_job_has_one_schedule_and_a_task_that_is_routed() -> None:
    for job in PERIODIC.values():
        assert (job.every is None) != (job.cron is None)
        assert job.task in ROUTES or f"{job.task.split('.')[0]}.*" in ROUTES
