"""docs/explanation/dedupe-model.md says what the model that ships is, and every level is explained."""

import pytest

from tests import model_page
from worker.cli.likeness import dedupe_words
from worker.domain.matching.comparisons import COMPANY_LEVELS, EMAIL_LEVELS, NAME_LEVELS, PHONE_LEVELS
from worker.domain.matching.training import CAUTION, LEAST_PAIRS, STRENGTH


def test_the_page_is_up_to_date() -> None:
    written = model_page.PAGE.read_text(encoding="utf-8")

    assert written == model_page.page(written), (
        "docs/explanation/dedupe-model.md is out of date. Run: python -m tests.model_page"
    )


def test_the_page_has_a_place_for_the_levels() -> None:
    assert "| `equal` | the same full name |" in model_page.page("<!-- levels -->\n<!-- end of levels -->\n")


@pytest.mark.parametrize(
    ("comparison", "levels"),
    [("name", NAME_LEVELS), ("phone", PHONE_LEVELS), ("email", EMAIL_LEVELS), ("company", COMPANY_LEVELS)],
)
def test_every_level_is_explained(comparison: str, levels: tuple[str, ...]) -> None:
    assert set(dedupe_words.MEANINGS[comparison]) == set(levels)


def test_the_page_tells_the_numbers_that_training_goes_by() -> None:
    page = " ".join(model_page.PAGE.read_text(encoding="utf-8").split())

    assert (STRENGTH, CAUTION, LEAST_PAIRS) == (3, 5, 200)
    assert "counts for three times as many pairs" in page
    assert "five surprises move a weight" in page
    assert "fewer than 200 pairs" in page
