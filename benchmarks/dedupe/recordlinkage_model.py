"""recordlinkage 0.16: blocks, similarity of fields, and its expectation maximisation, which needs no labels.

It runs in a process of its own, from `.venv-bench`.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import recordlinkage

from benchmarks.dedupe.measured import Stopwatch


class Model(NamedTuple):
    """What is compared, and which agreements are looked at."""

    exact: Sequence[str]
    close: Sequence[str]
    blocking: Sequence[Sequence[str]]


MODELS = {
    "contacts": Model(
        exact=("phone", "email"),
        close=("given", "family", "company"),
        blocking=(("phone",), ("email",), ("given", "family"), ("family", "company")),
    ),
    "people": Model(
        exact=("date_of_birth", "soc_sec_id", "postcode", "street_number"),
        close=("given_name", "surname", "address_1", "suburb"),
        blocking=(("soc_sec_id",), ("date_of_birth",), ("given_name", "surname"), ("surname", "postcode")),
    ),
}
_CLOSE = 0.85


def scored(path: Path, kind: str, watch: Stopwatch) -> list[tuple[str, str, float]]:
    """Return the pairs of the rows in `path` with their probability, and by similarity among equals."""
    warnings.simplefilter("ignore")
    model = MODELS[kind]
    rows = pd.read_csv(path, dtype=str, index_col="id").replace("", None)
    with watch.step("predict"):
        features = _compared(model, rows)
    with watch.step("train"):
        classifier = recordlinkage.ECMClassifier(binarize=_CLOSE)
        classifier.fit(features)
    with watch.step("predict"):
        probable = classifier.prob(features)
    # The classifier sees agreements only, so many pairs are equal to it: how similar they are orders them.
    score = probable + features.mean(axis=1) * 1e-6
    return [(one, other, float(value)) for (one, other), value in score.items()]


def _compared(model: Model, rows: pd.DataFrame) -> pd.DataFrame:
    pairs = None
    for columns in model.blocking:
        indexer = recordlinkage.Index()
        indexer.block(list(columns))
        filled = rows.dropna(subset=list(columns))
        found = indexer.index(filled)
        pairs = found if pairs is None else pairs.union(found)
    compare = recordlinkage.Compare()
    for column in model.exact:
        compare.exact(column, column, label=column)
    for column in model.close:
        compare.string(column, column, method="jarowinkler", label=column)
    return compare.compute(pairs, rows)
