"""Five worker processes before one vendor that takes ten requests a second: a small run of benchmarks/limits.py."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.terminal import ROOT, environment

pytestmark = pytest.mark.servers


def test_five_processes_keep_one_limit_and_bring_every_record_once(home: Path) -> None:
    options = ["--records", "50", "--page", "10", "--errors", "0.05", "--unavailable", "0.02"]

    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.limits", *options, "--folder", home.parent, "--json"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        check=False,
        text=True,
    )

    assert said.returncode == 0, said.stdout + said.stderr
    found = json.loads(said.stdout)
    assert (found["pulled"], found["landed"], found["too_many"]) == (250, 250, 0)
    assert (found["processes"], found["most_in_a_second"]) == (5, 10)
    assert found["errors"] + found["unavailable"] >= 1
