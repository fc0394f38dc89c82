"""The plainest peer: an equal phone number or an equal address is one person."""

import csv
from itertools import combinations
from pathlib import Path

from benchmarks.dedupe.measured import Stopwatch

_KEYS = {"contacts": ("phone", "email"), "people": ("soc_sec_id", "date_of_birth")}


def scored(path: Path, kind: str, watch: Stopwatch) -> list[tuple[str, str, float]]:
    """Return the pairs that share a key, with how many they share."""
    held: dict[tuple[str, str], list[str]] = {}
    with path.open(encoding="utf-8", newline="") as file, watch.step("predict"):
        for row in csv.DictReader(file):
            for key in _KEYS[kind]:
                if row[key]:
                    held.setdefault((key, row[key]), []).append(row["id"])
    shared: dict[tuple[str, str], int] = {}
    with watch.step("predict"):
        for ids in held.values():
            for pair in combinations(sorted(ids), 2):
                shared[pair] = shared.get(pair, 0) + 1
    return [(one, other, float(count)) for (one, other), count in shared.items()]
