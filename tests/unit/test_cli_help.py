"""The command explains itself: help, examples, and the page of the reference agree."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from worker.cli import SECTIONS, avouch, every_command

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
COMMANDS = dict(every_command())
HEAVY = ("sqlalchemy", "celery", "kombu", "rich", "phonenumbers", "psycopg", "requests", "alembic", "msgspec")
LONGEST_SUMMARY = 62
"""Characters beside a command's name on a line of eighty."""


def section(command: str) -> str:
    """Return what the reference says of a command."""
    _, _, below = REFERENCE.partition(f"\n### avouch {command}\n")
    return re.split(r"^##", below, maxsplit=1, flags=re.MULTILINE)[0]


def options(command: click.Command) -> set[str]:
    return {option.opts[0] for option in command.params if isinstance(option, click.Option)}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_has_an_example_of_itself(name: str) -> None:
    printed = CliRunner().invoke(avouch, [*name.split(), "--help"]).stdout

    assert re.search(rf"Example:\n +([A-Z_]+=\S+ )?avouch {name}\b", printed)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_help(name: str) -> None:
    for option in COMMANDS[name].params:
        if isinstance(option, click.Option):
            assert option.help


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reference_lists_every_command_with_all_of_its_options(name: str) -> None:
    listed = set(re.findall(r"^\| `(--[a-z-]+)` \|", section(name), flags=re.MULTILINE))

    assert section(name), f"docs/reference/commands.md has no section: ### avouch {name}"
    assert listed == options(COMMANDS[name])


def test_the_reference_lists_no_command_that_is_not_there() -> None:
    listed = re.findall(r"^### avouch (.+)$", REFERENCE, flags=re.MULTILINE)

    assert listed == list(COMMANDS)


def test_every_command_has_its_section_and_one_line_of_the_list() -> None:
    printed = CliRunner().invoke(avouch, ["--help"]).stdout

    for title, commands in SECTIONS.items():
        assert f"\n{title}:\n" in printed
        for command in commands:
            summary = command.get_short_help_str(200)
            assert len(summary) <= LONGEST_SUMMARY
            assert re.search(rf"^  {command.name} +{re.escape(summary)}$", printed, flags=re.MULTILINE)


def test_every_command_prints_json_but_those_that_become_another_program() -> None:
    without = {name for name, command in COMMANDS.items() if "--json" not in options(command)}

    assert without == {"worker", "beat", "flower"}


def test_help_loads_nothing_that_is_slow_to_load() -> None:
    code = f"import sys, worker.cli; print([name for name in {HEAVY!r} if name in sys.modules])"

    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert printed.stdout == "[]\n"


def test_a_misspelt_command_is_answered_with_the_nearest_and_exit_code_2() -> None:
    result = CliRunner().invoke(avouch, ["lokup"])

    assert result.exit_code == 2
    assert "Did you mean 'lookup'?" in result.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lookup"], "Give one of --phone, --email, --id."),
        (["lookup", "--phone", "1", "--email", "a@b.es"], "Give one of --phone, --email, --id."),
        (["lookup", "--phone", "1", "--region", "spain"], "write two capital letters: ES"),
        (["lookup", "--phone", "1", "--region", "UK"], "did you mean GB?"),
        (["note", "x", "  "], "Invalid value for 'TEXT': is empty"),
        (["convert", "x", "--identifier", "ana@x.es", "--method", "otp"], "write TYPE:VALUE"),
        (["convert", "x", "--identifier", "mail:ana@x.es", "--method", "otp"], "Did you mean email?"),
        (["convert", "x", "--identifier", "email:a@x.es", "--method", "guess"], "'guess' is not one of"),
        (["import", __file__, "--source", "x"], "Say which: --format csv, xlsx, vcard or jsonl"),
        (
            ["import", __file__, "--source", "x", "--format", "jsonl", "--column", "a=b"],
            "--column is for csv and xlsx files",
        ),
        (["import", __file__, "--source", "x", "--column", "phone"], "write HEADER=TARGET"),
        (["import", "nowhere.csv", "--source", "x"], "does not exist"),
        (["worker", "--queues", "tick,sinc"], "no queue is called sinc"),
    ],
)
def test_wrong_usage_is_explained_with_exit_code_2(arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(avouch, arguments)

    assert result.exit_code == 2
    assert says in " ".join(result.output.split())
