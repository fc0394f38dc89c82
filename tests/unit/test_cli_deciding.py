"""Commands that decide: wrong usage, and the times that people type."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from worker.cli import avouch
from worker.cli.decisions import deciding
from worker.cli.decisions.changes import When
from worker.jobs import clock

ID = "0f9b3c51d2e84a6c9b1d7e20"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["merge", ID], "Missing argument 'ID'"),
        (["split", ID], "Missing argument 'RECORD...'"),
        (["undo", "all"], "'all' is not a valid integer range"),
        (["undo", "0"], "0 is not in the range x>=1"),
        (["mark", "phone:+34612345678"], "Missing option '--as'"),
        (["mark", "+34612345678", "--as", "common"], "write TYPE:VALUE"),
        (["mark", "email:info@x.es", "--as", "own"], "did you mean --as common?"),
        (
            ["changes", "--since", "yesterday"],
            "write 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 2h, 1d",
        ),
        (["conflicts", "list", "--kind", "tron"], "'tron' is not one of"),
        (["why-not", ID], "Missing argument 'ID'"),
    ],
)
def test_wrong_usage_is_explained_with_exit_code_2(arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(avouch, arguments)

    assert result.exit_code == 2
    assert says in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T12:00:00+02:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_it_is_written_everywhere(typed: str, at: datetime) -> None:
    assert When().convert(typed, None, None) == at


@pytest.mark.parametrize(("typed", "ago"), [("2h", timedelta(hours=2)), ("1d", timedelta(days=1))])
def test_a_duration_is_so_long_ago(typed: str, ago: timedelta) -> None:
    before = clock.now()

    at = When().convert(typed, None, None)

    assert before <= at + ago <= clock.now()


class TestWords:
    """What a person says is kept as text, and not more than somebody reads."""

    @pytest.mark.parametrize(
        ("said", "problem"),
        [
            (["--reason", "\ud800"], "is no text: write it in UTF-8"),
            (["--reason", "x" * 501], "has 501 characters; at most 500 are kept"),
            (["--author", "  "], "is empty"),
        ],
        ids=["half a character", "a novel", "nobody"],
    )
    def test_what_cannot_be_kept_is_wrong_usage(self, said: list[str], problem: str) -> None:
        done = CliRunner().invoke(deciding.merge, ["a" * 24, "b" * 24, *said])

        assert done.exit_code == 2
        assert problem in done.output
