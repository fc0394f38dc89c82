"""The command that erases: it asks at a terminal, refuses elsewhere, and its report counts what goes."""

from click.testing import CliRunner

from worker.cli import avouch
from worker.cli.decisions import erasing
from worker.jobs.erase import Erased

ID = "0f9b3c51d2e84a6c9b1d7e20"


def erased(**counts: int) -> Erased:
    fields = (
        "records",
        "versions",
        "interactions",
        "notes",
        "rejects",
        "changes",
        "suggestions",
        "conflicts",
    )
    numbers = dict.fromkeys((*fields, "decisions", "tombstones"), 0) | counts
    return Erased(id=ID, **numbers, mentioned_by=(), shared_with=())


def test_without_a_terminal_it_says_what_to_add_with_exit_code_2() -> None:
    result = CliRunner().invoke(avouch, ["erase", ID])

    assert result.exit_code == 2
    assert "add --yes" in result.output


def test_the_report_names_what_there_was_and_no_more() -> None:
    said = erasing.counted(erased(records=3, versions=4, notes=1, rejects=2))

    assert said == "3 records (4 versions), 1 note, 2 rejected entries"
