"""Splink 5 on DuckDB, as its documentation says to use it: u by sampling, m by expectation maximisation.

No labels are used. It runs in a process of its own, from `.venv-bench`.
"""

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.dedupe.measured import Stopwatch

_U_PAIRS = {100_000: 1e7, 1_000_000: 5e6}
"""From so many rows on, how many pairs the chance of an accidental agreement is counted in."""
_LEAST_WEIGHT = -10
"""Pairs below it are nobody's threshold; writing them would be most of the work."""
_CLUSTER_AT = 0.95


class Model(NamedTuple):
    """What is compared, what is looked at, and what the model is trained on."""

    comparisons: Sequence[Any]
    blocking: Sequence[Sequence[str]]
    certain: Sequence[Sequence[str]]
    """Agreements that are a match nearly always: their number says how common matches are."""
    certain_recall: float
    training: Sequence[Sequence[str]]


def _contacts() -> Model:
    phone = cl.CustomComparison(
        output_column_name="phone",
        comparison_levels=[
            cll.NullLevel("phone"),
            cll.ExactMatchLevel("phone", term_frequency_adjustments=True),
            cll.DamerauLevenshteinLevel("phone", 1),
            cll.ElseLevel(),
        ],
    )
    name = cl.ForenameSurnameComparison("given", "family", forename_surname_concat_col_name="full_name")
    company = cl.JaroWinklerAtThresholds("company", [0.9]).configure(term_frequency_adjustments=True)
    return Model(
        comparisons=[name, phone, cl.EmailComparison("email"), company],
        blocking=[
            ["phone"],
            ["email"],
            ["given", "family"],
            ["family", "company"],
            ["given", "company"],
            ["split_part(email, '@', 1)", "substr(given, 1, 1)"],
            ["substr(phone, 1, length(phone) - 2)", "given"],
        ],
        certain=[["phone", "given"], ["email", "given"], ["full_name", "company"]],
        certain_recall=0.4,
        training=[["phone"], ["email"], ["given", "family"]],
    )


def _people() -> Model:
    return Model(
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("address_1", [0.9, 0.7]),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
            cl.JaroWinklerAtThresholds("suburb", [0.9, 0.7]),
        ],
        blocking=[
            ["soc_sec_id"],
            ["date_of_birth"],
            ["given_name", "surname"],
            ["surname", "postcode"],
            ["given_name", "postcode"],
            ["street_number", "postcode"],
            ["address_1"],
        ],
        certain=[["soc_sec_id"], ["given_name", "surname", "date_of_birth"]],
        certain_recall=0.8,
        training=[["date_of_birth"], ["postcode"]],
    )


MODELS = {"contacts": _contacts, "people": _people}


def scored(path: Path, kind: str, watch: Stopwatch) -> list[tuple[str, str, float]]:
    """Return the pairs of the rows in `path` that Splink gives a weight worth a look."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    model = MODELS[kind]()
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    rows = connection.sql(f"FROM read_csv('{path}', all_varchar = true, header = true, nullstr = '')").df()
    with watch.step("train"):
        linker = _trained(model, rows, connection)
    with watch.step("predict"):
        found = linker.inference.predict(threshold_match_weight=_LEAST_WEIGHT)
    with watch.step("cluster"):
        linker.clustering.cluster_pairwise_predictions_at_threshold(
            found, threshold_match_probability=_CLUSTER_AT
        )
    query = f"SELECT id_l, id_r, match_weight FROM {found.physical_name}"  # noqa: S608 - a name that Splink made
    pairs: list[tuple[str, str, float]] = connection.sql(query).fetchall()
    return pairs


def _trained(model: Model, rows: Any, connection: Any) -> Any:  # noqa: ANN401 - Splink's types are in .venv-bench only
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        comparisons=list(model.comparisons),
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in model.blocking],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    api = DuckDBAPI(connection=connection)
    linker = Linker(api.register(rows), settings)
    linker.training.estimate_probability_two_random_records_match(
        [block_on(*rule) for rule in model.certain], recall=model.certain_recall
    )
    pairs = next((n for size, n in sorted(_U_PAIRS.items(), reverse=True) if len(rows) >= size), 1e7)
    linker.training.estimate_u_using_random_sampling(max_pairs=pairs, seed=1)
    for rule in model.training:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    return linker
