"""The rules of the house that no other check holds: sizes, links, and what must not be in a file."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("config", "integrations", "migrations", "worker", "benchmarks")
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40

# Homes and workspaces of a machine: what stands on one developer's disk. Split, so that this line isn't one.
MACHINE_PATH = re.compile(r"(?<![\w.])/" + r"(?:root|work|home|Users)/(?!\.\.\.)[\w.]")


def tracked() -> list[Path]:
    """Return the files of the project: those that git knows or would add; without git, all but caches."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - whichever git is there
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        found = [path for folder in (*OURS, "tests", "docs") for path in (ROOT / folder).rglob("*")]
        found += list(ROOT.glob("*"))
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def texts() -> Iterator[tuple[Path, str]]:
    """Yield the text files of the project."""
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path, content.decode("utf-8", errors="replace")


def modules() -> list[Path]:
    # A migration is the record of one step: it is written once and read by a program.
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in OURS and path.parent.name != "versions"
    ]


def documents() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(document: str) -> set[str]:
    """Return what a link may name behind #: the headings, as code forges write them."""
    headings = re.findall(r"^#+ (.+)$", document, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_is_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    too_long = [f.name for f in functions if (f.end_lineno or f.lineno) - f.lineno + 1 > LONGEST_FUNCTION]

    assert too_long == []


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_a_link_leads_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)

    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link or link.startswith("mailto:"):
            continue
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)

    assert broken == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    found = [
        f"{name_of(path)}:{number}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("file", ["constraints.txt", "constraints-bench.txt", "constraints-real.txt"])
def test_versions_are_pinned_without_saying_where_they_come_from(file: str) -> None:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()

    assert lines
    assert [line for line in lines if not re.match(r"[a-z0-9-]+==[\w.]+(?: ; .+)?$", line)] == []


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    pinned = {
        line.split("==")[0] for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    }

    assert {re.split(r"[\[<>=!~ ]", one, maxsplit=1)[0].lower() for one in wanted} <= pinned


class TestTheChores:
    """`make help` lists them, and the gate runs the two that people run."""

    def test_the_gate_runs_lint_and_test_and_nothing_else(self) -> None:
        gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

        assert re.findall(r"^make .*$", gate, flags=re.MULTILINE) == [
            "make lint || status=1",
            "make test || status=1",
        ]
        assert "exec </dev/null" in gate
        assert (ROOT / ".ci" / "run").stat().st_mode & 0o111

    def test_the_help_lists_every_chore(self) -> None:
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        chores = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)

        helped = subprocess.run(
            ["make", "-C", str(ROOT), "--no-print-directory", "help"],  # noqa: S607 - whichever make is there
            capture_output=True,
            check=True,
            text=True,
        )

        assert chores is not None
        assert re.findall(r"^  make ([\w-]+) ", helped.stdout, flags=re.MULTILINE) == chores[1].split()
