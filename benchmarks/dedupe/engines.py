"""Running an engine on a set, each in a process of its own, and measuring what it found."""

import csv
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks.dedupe.datasets import Dataset
from worker.domain.matching.evaluation import Curve, Point, Scored, clusters, pairwise

_ROOT = Path(__file__).parents[2]
PRECISIONS = (0.99, 0.999)


class Figures(NamedTuple):
    """One curve in few numbers. Each threshold is chosen in hindsight, which favours whoever is measured."""

    best_f1: float
    precision: float
    recall: float
    threshold: float
    recall_at: dict[float, float]
    threshold_at: dict[float, float]
    mixed_at: dict[float, int]

    def as_json(self) -> dict[str, object]:
        """Return them by name; null for a threshold that no pair reaches, since JSON has no infinity."""
        thresholds = {precision: finite(threshold) for precision, threshold in self.threshold_at.items()}
        return self._asdict() | {"threshold": finite(self.threshold), "threshold_at": thresholds}


@dataclass
class Result:
    """What one engine did with one set."""

    data: str
    contacts: int
    engine: str
    scored: int
    pairs: Figures
    clusters: Figures
    seconds: dict[str, float]
    peak_mb: float
    curve: Curve
    """Of the clusters."""

    def as_json(self) -> dict[str, object]:
        """Return it without the curve."""
        plain = asdict(self)
        del plain["curve"]
        return plain | {"pairs": self.pairs.as_json(), "clusters": self.clusters.as_json()}


class Engine(NamedTuple):
    """Something that scores pairs: the command of its process, given the rows and where the pairs go."""

    name: str
    command: Callable[[Path, str, Path, Path], list[str]]
    raw: bool = False
    """Whether it reads rows as their sources wrote them."""


def _peer(name: str) -> Engine:
    def command(environment: Path, kind: str, rows: Path, pairs: Path) -> list[str]:
        python = str(environment / "bin" / "python")
        return [python, "-m", "benchmarks.dedupe.peers", name, kind, str(rows), str(pairs)]

    return Engine(name, command)


def _ours(_environment: Path, _kind: str, rows: Path, pairs: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.dedupe.ours", str(rows), str(pairs)]


ENGINES = {
    engine.name: engine
    for engine in (Engine("avouch", _ours, raw=True), _peer("splink"), _peer("recordlinkage"), _peer("exact"))
}


def run(engine: Engine, dataset: Dataset, environment: Path) -> Result | None:
    """Return what `engine` finds in `dataset`; None when the set is nothing that it reads.

    Raises:
        click.ClickException: its process failed.
    """
    write = dataset.write_raw if engine.raw else dataset.write
    if write is None:
        return None
    with tempfile.TemporaryDirectory(prefix="avouch-bench-") as folder:
        rows, pairs = Path(folder, "rows.csv"), Path(folder, "pairs.csv")
        write(rows)
        done = subprocess.run(
            engine.command(environment, dataset.kind, rows, pairs),
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
            raise click.ClickException(
                f"{engine.name} on {dataset.name} ended with {done.returncode}: {last}"
            )
        found = list(_read(pairs))
    cost = json.loads(done.stdout.splitlines()[-1])
    joined = clusters(found, dataset.people)
    return Result(
        data=dataset.name,
        contacts=len(dataset.people),
        engine=engine.name,
        scored=len(found),
        pairs=figures(pairwise(found, dataset.people)),
        clusters=figures(joined),
        seconds=cost["seconds"],
        peak_mb=cost["peak_mb"],
        curve=joined,
    )


def finite(threshold: float) -> float | None:
    """Return `threshold`, None when it lets nothing through."""
    return threshold if math.isfinite(threshold) else None


def figures(curve: Curve) -> Figures:
    """Return a curve in few numbers."""
    best = curve.best()
    at: dict[float, Point] = {precision: curve.at_precision(precision) for precision in PRECISIONS}
    return Figures(
        best_f1=curve.f1(best),
        precision=best.precision,
        recall=curve.recall(best),
        threshold=best.threshold,
        recall_at={precision: curve.recall(point) for precision, point in at.items()},
        threshold_at={precision: point.threshold for precision, point in at.items()},
        mixed_at={precision: point.mixed for precision, point in at.items()},
    )


def _read(pairs: Path) -> Iterator[Scored]:
    with pairs.open(encoding="utf-8", newline="") as file:
        for one, other, score in csv.reader(file):
            yield one, other, float(score)
