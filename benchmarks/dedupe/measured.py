"""What an engine's process says of itself when it is done: pairs in a file, seconds and memory in a line."""

import csv
import json
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_STATUS = Path("/proc/self/status")


class Stopwatch:
    """Seconds by step."""

    def __init__(self) -> None:
        """Start with no step."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure one step."""
        started = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started


def peak_megabytes() -> float:
    """Return the most memory that this process has held.

    Linux hands `ru_maxrss` of the process that started this one on to it, so a large parent would show up
    here; VmHWM begins anew with the program. Where there is no /proc, `ru_maxrss` has to do.
    """
    if _STATUS.is_file():
        lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
        return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024**2 if sys.platform == "darwin" else peak / 1024


def report(pairs: Iterable[tuple[str, str, float]], out: Path, seconds: dict[str, float]) -> None:
    """Write the scored pairs to `out`, and the rest, measured before that, to stdout."""
    sys.stdout.write(json.dumps({"seconds": seconds, "peak_mb": peak_megabytes()}) + "\n")
    with out.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(pairs)
