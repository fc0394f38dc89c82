"""The process that a peer runs in: `python -m benchmarks.dedupe.peers ENGINE KIND ROWS PAIRS`.

ENGINE is a name in `ENGINES`, KIND `contacts` or `people`; ROWS is the CSV to read, PAIRS the one to write.
Its interpreter is that of `.venv-bench`, so nothing of the worker may be imported here.
"""

import importlib
import sys
from pathlib import Path

from benchmarks.dedupe.measured import Stopwatch, report

ENGINES = {
    "splink": "benchmarks.dedupe.splink_model",
    "recordlinkage": "benchmarks.dedupe.recordlinkage_model",
    "exact": "benchmarks.dedupe.exact",
}


def main(engine: str, kind: str, rows: str, pairs: str) -> None:
    """Score the rows, write the pairs, print the cost."""
    watch = Stopwatch()
    model = importlib.import_module(ENGINES[engine])
    found = model.scored(Path(rows), kind, watch)
    report(found, Path(pairs), watch.seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
