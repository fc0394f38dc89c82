"""How the report of a run tells what is gone at the source."""

import pytest

from worker.cli.intake.pulling import Pulled, pulled_json, vanished
from worker.jobs.sync import Outcome, Report


def done(gone: int = 0, back: int = 0) -> Pulled:
    report = Report(Outcome.DONE, pulled=5, changed=2, gone=gone, back=back)
    return Pulled("crm", report, (), (), 3, 1, 0)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({}, ""),
        ({"gone": 3}, ", 3 gone at the source"),
        ({"gone": 1_200, "back": 1}, ", 1,200 gone at the source, 1 back at the source"),
    ],
)
def test_what_is_gone_and_what_is_back_is_told_where_there_is_any(counts: dict[str, int], told: str) -> None:
    assert vanished(done(**counts)) == told


def test_the_json_has_both_and_neither_is_an_entry_that_was_read() -> None:
    report = pulled_json(done(gone=3, back=1))

    assert (report["gone"], report["back"], report["unchanged"]) == (3, 1, 3)
