"""What an operator reads of a source's state, and what the doctor makes of the work."""

from datetime import UTC, datetime, timedelta

import pytest

from worker.monitoring import doctor, status
from worker.monitoring.status import TICK_STALE, SourceState, Work
from worker.storage.sources import SourceRow

NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
EARLIER = NOW - timedelta(minutes=5)


def a_source(**values: object) -> SourceState:
    row = SourceRow(
        name="phone-main",
        kind="phone",
        connector="twilio",
        trust="verified",
        region=None,
        configured=True,
        paused=None,
        every=300,
        cron=None,
        next_run_at=LATER,
        cursor=None,
        fence=0,
        lease_owner=None,
        lease_until=None,
        failures=0,
        error=None,
        synced_at=None,
    )
    return status._state(row._replace(**values), NOW)  # type: ignore[arg-type]  # columns of a source


def the_work(**values: object) -> Work:
    usual = {
        "last_tick": NOW,
        "tick_age_seconds": 0,
        "records_waiting": 0,
        "contacts_waiting": 0,
        "sources": [],
        "leads": 0,
        "users": 0,
        "suggestions": 0,
        "conflicts": 0,
        "rejects": 0,
    }
    return Work(**(usual | values))  # type: ignore[arg-type]  # fields of the work


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "scheduled"),
        ({"next_run_at": EARLIER}, "due"),
        ({"next_run_at": None, "every": None}, "on demand"),
        ({"configured": False, "next_run_at": None}, "imports"),
        ({"failures": 2, "error": "503"}, "failing"),
        ({"lease_until": LATER, "failures": 2}, "pulling"),
        ({"lease_until": EARLIER}, "scheduled"),
        ({"paused": "401", "lease_until": LATER}, "paused"),
    ],
)
def test_a_source_is_in_the_state_that_matters_most(values: dict[str, object], state: str) -> None:
    assert a_source(**values).state == state


def test_a_due_source_says_how_late_it_is_and_a_paused_one_is_not_late() -> None:
    assert a_source(next_run_at=EARLIER).late_seconds == 300
    assert a_source(next_run_at=EARLIER, paused="401").late_seconds == 0
    assert a_source(next_run_at=LATER).late_seconds == 0


@pytest.mark.parametrize(
    ("values", "schedule"),
    [
        ({"every": 300}, "every 5m"),
        ({"every": 90}, "every 90s"),
        ({"every": 172_800}, "every 2d"),
        ({"every": None, "cron": "0 3 * * *"}, "0 3 * * *"),
        ({"every": None}, None),
    ],
)
def test_a_schedule_is_written_as_in_avouch_toml(values: dict[str, object], schedule: str | None) -> None:
    assert a_source(**values).schedule == schedule


def test_the_work_ticks_while_the_last_tick_is_young() -> None:
    stale = int(TICK_STALE.total_seconds())

    assert [the_work(tick_age_seconds=age).ticks for age in (0, stale - 1, stale, None)] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("values", "results"),
    [
        ({}, {"tick": "ok", "resolving": "ok"}),
        ({"tick_age_seconds": None, "last_tick": None}, {"tick": "warn", "resolving": "ok"}),
        ({"tick_age_seconds": 600}, {"tick": "warn", "resolving": "ok"}),
        ({"records_waiting": 1_000_000}, {"tick": "ok", "resolving": "warn"}),
        (
            {"sources": [a_source(paused="401")]},
            {"tick": "ok", "resolving": "ok", "source phone-main": "warn"},
        ),
        (
            {"sources": [a_source(failures=1, error="503")]},
            {"tick": "ok", "resolving": "ok", "source phone-main": "warn"},
        ),
        ({"sources": [a_source()]}, {"tick": "ok", "resolving": "ok"}),
    ],
)
def test_the_doctor_warns_of_work_that_does_not_go_on(
    values: dict[str, object], results: dict[str, str]
) -> None:
    assert {check.what: check.result for check in doctor.of_work(the_work(**values))} == results


@pytest.mark.parametrize(
    ("seconds", "result"),
    [(0.5, "ok"), (-1.9, "ok"), (5, "warn"), (-59, "warn"), (61, "fail"), (-7_200, "fail")],
)
def test_the_doctor_compares_the_clocks(seconds: float, result: str) -> None:
    assert doctor.of_clocks(NOW + timedelta(seconds=seconds), NOW).result == result
