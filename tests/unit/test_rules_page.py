"""docs/reference/rules.md says what the tests of tests/spec say, and every scenario has its test."""

import os
import re
import subprocess
import sys

import pytest

from tests.rules import PAGE, ROOT

SCENARIOS = 61


@pytest.fixture(scope="module")
def made() -> str:
    """The page as the tests give it now: collected by a process of its own, since pytest runs here already."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.rules", "--print"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_is_up_to_date(made: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == made, "docs/reference/rules.md is out of date. Run: make rules"


def test_every_scenario_is_tested_once(made: str) -> None:
    numbers = re.findall(r"^\| (\d+) \| \S.* \| \[Test", made, flags=re.MULTILINE)

    assert numbers == [str(number) for number in range(1, SCENARIOS + 1)]


def test_the_page_reads_as_documentation(made: str) -> None:
    assert "### Lead or user, in the words of the guide that this system implements\n" in made
    assert "**A source's `trust` setting caps the level of each identifier.**\n" in made
    assert "- Trust never raises a level\n" in made


def test_a_run_of_the_spec_alone_prints_the_rules_with_a_tick() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/spec/test_about.py"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )

    told = done.stdout.splitlines()
    rule = told.index(
        "  `about` joins its two records when its source is trusted verified; one without its target waits."
    )
    assert told[rule - 1 : rule + 2 : 2] == [
        "A record that our own platform says is about the same person as another",
        "    ✓ A record joins what it is about",
    ]
    assert "      ✓ claimed" in told
