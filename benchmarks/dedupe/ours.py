"""The process that Avouch's scoring runs in: `python -m benchmarks.dedupe.ours ROWS PAIRS`.

A process of its own like each peer has, so that memory and time are those of the scoring alone.
"""

import csv
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.dedupe.avouch import scored
from benchmarks.dedupe.measured import Stopwatch, report
from benchmarks.dedupe.truth import Row


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write `rows` as their sources wrote them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def main(rows: str, pairs: str) -> None:
    """Score the rows, write the pairs, print the cost. The canonical forms are made here, and cost too."""
    with Path(rows).open(encoding="utf-8", newline="") as file:
        read = [Row._make(fields) for fields in csv.reader(file)]
    watch = Stopwatch()
    with watch.step("predict"):
        found = scored(read)
    report(found, Path(pairs), watch.seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
