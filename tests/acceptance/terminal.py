"""The real command in a process of its own, as somebody at a terminal runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.acceptance.zygote import Zygote

COMMAND = str(Path(sys.executable).with_name("avouch"))
ROOT = Path(__file__).parents[2]


class Said(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


class Avouch:
    """The command with one home, in one folder, and nothing of this terminal's settings."""

    def __init__(self, zygote: Zygote, folder: Path, **variables: str) -> None:
        self.zygote = zygote
        self.folder = folder
        self.env = environment() | {"AVOUCH_HOME": str(folder / "home"), "AVOUCH_ID_KEY": "k"} | variables

    def run(self, *arguments: str | Path, **variables: str) -> Said:
        """Run a command to its end, however it ends."""
        return Said(*self.zygote.run(list(map(str, arguments)), self.folder, self.env | variables))

    def __call__(self, *arguments: str | Path) -> str:
        """Run a command that has to succeed, and return its results."""
        said = self.run(*arguments)
        assert said.code == 0, said.err
        return said.out

    def json(self, *arguments: str | Path) -> dict[str, Any]:
        """Run a command that has to succeed with --json, and return the one object it prints."""
        printed = self(*arguments, "--json")
        assert printed.count("\n") == 1
        answer: dict[str, Any] = json.loads(printed)
        return answer

    def fails(self, *arguments: str | Path, **variables: str) -> str:
        """Run a command that has to fail without results, and return its message."""
        said = self.run(*arguments, **variables)
        assert (said.code, said.out) == (1, ""), said
        assert "Traceback" not in said.err
        return said.err

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Start a command that stays, or beside others."""
        return subprocess.Popen(
            [COMMAND, *map(str, arguments)],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def file(self, name: str, *lines: str | Mapping[str, Any]) -> Path:
        """Write a file of records or plain lines into the folder."""
        path = self.folder / name
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        return path


def environment() -> dict[str, str]:
    """Return our environment without anything that would lead to other servers."""
    ours = ("AVOUCH_", "CELERY_", "FLOWER_", "DATABASE_URL", "BROKER_URL", "PG", "COLUMNS", "REMAP_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


def a_record(key: str, *identifiers: Mapping[str, str], day: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a record in the canonical form, of the first days of March 2026."""
    return {
        "id": key,
        "occurred_at": f"2026-03-{day:02}T10:00:00Z",
        "identifiers": list(identifiers),
        **fields,
    }


def phone(value: str, level: str = "observed") -> dict[str, str]:
    return {"type": "phone", "value": value, "level": level}


def email(value: str, level: str = "verified", **more: str) -> dict[str, str]:
    return {"type": "email", "value": value, "level": level, **more}
