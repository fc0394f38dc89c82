"""Our scores are Splink's: what its `predict` gave for the same model was written down, a pair of each level too.

`python -m benchmarks.dedupe.parity --record` writes it anew, from as many pairs as one wants to compare.
"""

import json
from pathlib import Path

import pytest

from benchmarks.dedupe.parity import SAMPLE, furthest, read, settings
from worker.domain.matching.comparisons import LEVELS
from worker.domain.matching.scoring import score_of

NEAR = 1e-9
"""Bits; both add the same numbers, in another order."""
SAID = json.loads(Path(SAMPLE).read_text(encoding="utf-8"))


def test_we_weigh_every_pair_as_splink_does() -> None:
    model, found = read(SAID)

    assert len(found) >= 500
    assert furthest(model, found) < NEAR


def test_the_pairs_have_every_level_and_names_rare_and_common() -> None:
    model, found = read(SAID)

    for place, (comparison, levels) in enumerate(LEVELS.items()):
        assert {each.compared.pattern[place] for each in found} == set(levels), comparison
    rarities = [
        part.weight
        for each in found
        for part in score_of(each.compared, model).parts
        if part.comparison == "rarity"
    ]
    assert min(rarities) < -1
    assert max(rarities) > 0.5


@pytest.mark.parametrize("comparison", LEVELS)
def test_splink_was_given_the_m_and_u_of_each_level(comparison: str) -> None:
    model, _ = read(SAID)

    (said,) = [each for each in settings(model)["comparisons"] if each["output_column_name"] == comparison]

    told = {
        each["label_for_charts"]: (each["m_probability"], each["u_probability"])
        for each in said["comparison_levels"]
    }
    assert told == {name: (level.m, level.u) for name, level in model.levels[comparison].items()}
