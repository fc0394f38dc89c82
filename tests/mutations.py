"""Breaks the engine on purpose, one rule at a time: `python -m tests.mutations [NAME...]`.

A test suite shows what it is worth by what it catches. Each mutation below is a plausible mistake. It is made in a
copy of the tree, the tests that should notice run there, and the table says which did. Exit code 1 if one survives.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import click

ROOT = Path(__file__).parents[1]
COPIED = ("config", "integrations", "migrations", "tests", "worker", "pyproject.toml")

IN_MEMORY = (
    "tests/properties/test_undo.py",
    "tests/properties/test_laws.py",
    "tests/properties/test_whole.py",
    "tests/spec",
)
"""What should notice a mistake in a rule. The laws come first: they need to know no scenario."""
WITH_A_DATABASE = ("tests/integration/test_decide.py",)
WITH_LISTS = ("tests/integration/test_sweep.py",)


class Mutation(NamedTuple):
    """A mistake: the file, the text that is there once, and what a careless hand would write instead."""

    name: str
    file: str
    old: str
    new: str
    tests: Sequence[str] = IN_MEMORY


MUTATIONS = (
    Mutation(
        "no value is ever contested",
        "worker/domain/contested.py",
        "if len(holders) < 2 or key in common:",
        "if key:",
    ),
    Mutation(
        "a contested value joins the two who held it last",
        "worker/domain/ties.py",
        "        if len(holders) < 2 or key in common or key in contested:",
        "        holders = holders[-2:] if key in contested else holders\n"
        "        if len(holders) < 2 or key in common:",
    ),
    Mutation(
        "a line belongs to the user who proved it last",
        "worker/domain/history.py",
        "                nobodys.add(key)\n                del bound[key]",
        "                bound[key] = max(held, (user, together, index), key=lambda each: each[1])",
    ),
    Mutation(
        "what somebody claims joins like the books",
        "worker/domain/evidence.py",
        "            rank = min(_RANK[each.level], cap)",
        "            rank = max(min(_RANK[each.level], cap), STORED)",
    ),
    Mutation(
        "a vendor's merge joins like the word of our own platform",
        "worker/domain/ties.py",
        "return min(policy.cap(record.source), record.about_level) is Level.VERIFIED",
        "return policy.cap(record.source) is Level.VERIFIED",
    ),
    Mutation(
        "a claim that records are one person reopens a decision",
        "worker/domain/conflicts.py",
        "if each.about == target.id and is_certain(each, evidence.policy)",
        "if each.about == target.id",
        ("tests/unit/test_checker_cases.py",),
    ),
    Mutation(
        "a list marks what came after it was begun",
        "worker/storage/sweeps.py",
        "AND v.landed_at < :since LIMIT 1",
        "AND v.landed_at < now() LIMIT 1",
        WITH_LISTS,
    ),
    Mutation(
        "the last page of a list marks what the others had when it lands again",
        "worker/jobs/sweep.py",
        "running._replace(open=False, doubted=bool(doubts))",
        "running._replace(doubted=bool(doubts))",
        WITH_LISTS,
    ),
    Mutation(
        "a list whose beginning is missing counts as whole",
        "worker/jobs/sweep.py",
        "open=not is_late, doubted",
        "open=True, doubted",
        WITH_LISTS,
    ),
    Mutation(
        "the number of a call joins a user",
        "worker/domain/ties.py",
        "if rank == STORED) if _JOINS_BOOKS",
        "if rank in {STORED, STORED - 1}) if _JOINS_BOOKS",
    ),
    Mutation(
        "records are read in the order of arrival",
        "worker/domain/evidence.py",
        "self.records = sorted(kept, key=lambda record: record.order)",
        "self.records = list(kept)",
    ),
    Mutation(
        "decisions of one moment go by arrival",
        "worker/domain/decisions.py",
        "        return (self.at, self.id)",
        '        return (self.at, "")',
    ),
    Mutation(
        "an older different yields to any same",
        "worker/domain/decisions.py",
        "            if all(len(_sides(each.record_ids, side_of)) < 2 for each in same):",
        "            if not same:",
    ),
    Mutation(
        "a same holds against a later different",
        "worker/domain/decisions.py",
        "parts = [part for whole in parts for part in _cut(whole, later.side_of)]",
        "parts = list(parts)",
    ),
    Mutation(
        "a side does not take its accounts along",
        "worker/domain/evidence.py",
        "                if len(sides) == 1 and decision not in found[index]:",
        "                if len(sides) == 0 and decision not in found[index]:",
    ),
    Mutation(
        "calls after the proof come along too",
        "worker/domain/history.py",
        'if (started_at <= proved_at or evidence.policy.phone_binding == "attach") and not (',
        "if (started_at or proved_at) and not (",
    ),
    Mutation(
        "a lead comes along to a user it was told from",
        "worker/domain/history.py",
        "    return any(of_user.get(decision, side) != side for decision, side in _sides(evidence, part))",
        "    return bool(of_user) and not part",
    ),
    Mutation(
        "one agreement of the books is enough",
        "worker/domain/corroboration.py",
        "        if name:\n            for key in keys:",
        "        if keys:\n            for key in keys:",
    ),
    Mutation(
        "a name agrees with every name that could be the same person's",
        "worker/domain/corroboration.py",
        "by_agreement.setdefault((key, name), [])",
        "by_agreement.setdefault((key,), [])",
    ),
    Mutation(
        "a withdrawn conversion still counts",
        "worker/domain/decisions.py",
        "        void_records=_evidence(given) - _evidence(standing),",
        "        void_records=frozenset(),",
    ),
    Mutation(
        "a token is good on every record",
        "worker/domain/tokens.py",
        '    return "had been used on another record" if replayed else None',
        "    return None",
    ),
    Mutation(
        "beside a proof, rows of one account are one only through it",
        "worker/domain/ties.py",
        'key[0] == "account" and len(stored) > 1',
        'key[0] == "account" and not verified',
    ),
    Mutation(
        "the first way to undo is taken unseen",
        "worker/domain/undo.py",
        "        if each != Plan() and _is_undone(change, records, policy, with_plan(decisions, each, said)):",
        "        if each != Plan():",
    ),
    Mutation(
        "undo takes back every decision about the people",
        "worker/domain/undo.py",
        "        yield from _taking_back(made)\n",
        "        yield Plan(withdraw=made)\n",
    ),
    Mutation(
        "a note on the evidence is lost with it",
        "worker/jobs/people.py",
        "note = note._replace(record_id=convert.subject_of(tx, some_id))",
        "convert.subject_of(tx, some_id)",
        WITH_A_DATABASE,
    ),
)


class Caught(NamedTuple):
    """What the tests said of a mutation: the first that failed, or None where all passed."""

    by: str | None
    seconds: float


def copy_to(folder: Path) -> None:
    """Copy what the tests need."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)


def run_tests(folder: Path, tests: Sequence[str]) -> Caught:
    """Run tests in a copy of the tree until one fails."""
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "-qx",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "--hypothesis-seed=0",
        *tests,
    ]
    begun = time.monotonic()
    ran = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    took = time.monotonic() - begun
    if ran.returncode == 0:
        return Caught(None, took)
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", ran.stdout, flags=re.MULTILINE)
    if failed is None or ran.returncode != 1:
        raise click.ClickException(f"The tests could not run:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return Caught(failed[1], took)


def try_one(mutation: Mutation | None, tests: Sequence[str]) -> Caught:
    """Say what catches a mutation, or with None whether the tests pass without one."""
    with tempfile.TemporaryDirectory(prefix="avouch-mutation-") as name:
        folder = Path(name)
        copy_to(folder)
        if mutation is not None:
            file = folder / mutation.file
            text = file.read_text(encoding="utf-8")
            if text.count(mutation.old) != 1:
                raise click.ClickException(
                    f"{mutation.name}: {mutation.file} has {text.count(mutation.old)} of its text, not one."
                    " Mend the row in tests/mutations.py"
                )
            file.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
        return run_tests(folder, tests)


def _try_mutation(mutation: Mutation) -> Caught:
    return try_one(mutation, mutation.tests)


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
@click.option("--processes", type=int, default=2, show_default=True)
def main(names: tuple[str, ...], processes: int) -> None:
    """Try each mutation whose name holds one of NAMES; without names, all."""
    chosen = [each for each in MUTATIONS if not names or any(name in each.name for name in names)]
    if not chosen:
        raise click.UsageError(f"No mutation is called so. There are: {', '.join(m.name for m in MUTATIONS)}")
    for tests in dict.fromkeys(tuple(each.tests) for each in chosen):
        broken = try_one(None, tests)
        if broken.by is not None:
            raise click.ClickException(f"Without a mutation, {broken.by} fails already: nothing can be shown")
        click.echo(f"{'(no mutation)':60} every test passes {broken.seconds:6.0f} s")
    survived = 0
    with ThreadPoolExecutor(processes) as pool:
        for mutation, caught in zip(chosen, pool.map(_try_mutation, chosen), strict=True):
            survived += caught.by is None
            click.echo(f"{mutation.name:60} {caught.by or 'SURVIVED'} {caught.seconds:6.0f} s")
    click.echo(f"{len(chosen) - survived} of {len(chosen)} caught")
    sys.exit(survived > 0)


if __name__ == "__main__":
    main()
