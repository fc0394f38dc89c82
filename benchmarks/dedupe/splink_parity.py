"""The process that Splink scores pairs in by our model.

`python -m benchmarks.dedupe.splink_parity SETTINGS ROWS WEIGHTS`, as `benchmarks.dedupe.parity` starts it.
Its interpreter is that of `.venv-bench`, so nothing of the worker may be imported here.
"""

import csv
import json
import logging
import sys
import warnings
from pathlib import Path

import duckdb
from splink import DuckDBAPI, Linker


def main(settings: str, rows: str, weights: str) -> None:
    """Let Splink's `predict` score the pairs in ROWS, and write a match weight a pair."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    table = connection.sql(
        "SELECT * REPLACE (CAST(tf_name AS DOUBLE) AS tf_name)"  # noqa: S608 - a path of our own
        f" FROM read_csv('{rows}', all_varchar = true, header = true, nullstr = '')"
    ).df()
    api = DuckDBAPI(connection=connection)
    linker = Linker(api.register(table), json.loads(Path(settings).read_text(encoding="utf-8")))
    found = linker.inference.predict(threshold_match_weight=None, threshold_match_probability=None)
    query = f"SELECT pair_l, match_weight FROM {found.physical_name}"  # noqa: S608 - a name that Splink made
    with Path(weights).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(connection.sql(query).fetchall())


if __name__ == "__main__":
    main(*sys.argv[1:])
