"""Training: what labels say is counted, what none say is estimated, and what people decided corrects it."""

import random
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.domain.matching import training
from worker.domain.matching.comparisons import BY_EMAIL, BY_PHONE, LEVELS, Known, compare
from worker.domain.matching.comparisons import given as given_what
from worker.domain.matching.model import Level, Model, default
from worker.domain.matching.portraits import Portrait
from worker.domain.matching.training import (
    CAUTION,
    Levels,
    Pattern,
    Seen,
    corrected,
    counted,
    estimated,
    prior_of,
    seen,
    trained,
)

MODEL = default()
PATTERNS = st.tuples(*(st.sampled_from(levels) for levels in LEVELS.values()))
NUMBERS = st.tuples(st.integers(0, 50).map(float), st.integers(0, 50).map(float))
STRANGERS: Pattern = ("different", "different", "different", "different")
TWINS: Pattern = ("equal", "missing", "missing", "equal")


def sums(levels: Mapping[str, Level], ending: str) -> tuple[float, float]:
    some = [level for name, level in levels.items() if given_what(name) == ending]
    return sum(each.m for each in some), sum(each.u for each in some)


def drawn(levels: Levels, share: float, size: int, seed: int) -> Counter[Seen]:
    """Draw pairs as the model says they come: a share of one person, each comparison by itself."""
    rng = random.Random(seed)  # noqa: S311 - drawn the same each time
    alone = {
        comparison: [name for name in levels[comparison] if not given_what(name)] for comparison in LEVELS
    }
    found: Counter[Seen] = Counter()
    for _ in range(size):
        is_one = rng.random() < share
        pattern = tuple(
            rng.choices(
                names,
                [levels[comparison][each].m if is_one else levels[comparison][each].u for each in names],
            )[0]
            for comparison, names in alone.items()
        )
        found[Seen(pattern)] += 1  # type: ignore[arg-type]  # as many as there are comparisons
    return found


class TestCounted:
    """How often a level is seen, where pairs are labelled."""

    @given(labelled=st.dictionaries(PATTERNS, NUMBERS, max_size=8))
    def test_the_shares_of_each_kind_of_level_add_up_to_one(
        self, labelled: dict[Pattern, tuple[float, float]]
    ) -> None:
        found = counted(labelled)

        for ending in ("", BY_PHONE, BY_EMAIL):
            assert sums(found["name"], ending) == pytest.approx((1, 1))
        for comparison in ("phone", "email", "company"):
            assert sums(found[comparison], "") == pytest.approx((1, 1))

    def test_a_name_at_a_number_in_common_is_a_share_of_those_at_a_number_in_common(self) -> None:
        labelled: dict[Pattern, tuple[float, float]] = {
            ("equal by phone", "mobile", "missing", "missing"): (3_000.0, 1_000.0),
            ("different by phone", "mobile", "missing", "missing"): (1_000.0, 3_000.0),
            ("different", "missing", "missing", "missing"): (0.0, 1_000.0),
        }

        found = counted(labelled)["name"]

        assert found["equal by phone"].m == pytest.approx(0.75, abs=0.01)
        assert found["equal by phone"].u == pytest.approx(0.25, abs=0.01)

    def test_of_few_pairs_a_name_says_beside_a_number_in_common_what_it_says_alone(self) -> None:
        labelled: dict[Pattern, tuple[float, float]] = {
            ("equal", "missing", "missing", "missing"): (900.0, 100.0),
            ("suffix", "missing", "missing", "missing"): (100.0, 900.0),
            ("equal by phone", "mobile", "missing", "missing"): (2.0, 0.0),
            ("suffix by phone", "mobile", "missing", "missing"): (2.0, 0.0),
        }

        found = counted(labelled)["name"]

        assert found["suffix by phone"].weight < -1
        assert found["equal by phone"].weight > 1

    def test_a_level_that_nobody_has_is_not_impossible(self) -> None:
        found = counted({STRANGERS: (0.0, 100.0)})

        assert all(
            0 < level.m <= 1 and 0 < level.u <= 1
            for by_level in found.values()
            for level in by_level.values()
        )

    def test_without_a_pair_it_is_what_it_started_from(self) -> None:
        found = counted({}, MODEL.levels, strength=10)

        assert found["phone"]["mobile"].weight == pytest.approx(MODEL.levels["phone"]["mobile"].weight)

    def test_the_prior_is_the_odds_in_bits(self) -> None:
        assert prior_of([(30.0, 0.0), (9.5, 9.5)]) == pytest.approx(2.0)


class TestEstimated:
    """Without labels, expectation maximisation finds how common levels are on either side."""

    def test_it_recovers_the_model_that_pairs_were_drawn_from(self) -> None:
        truth = MODEL.levels
        pairs = drawn(truth, share=0.3, size=40_000, seed=1)
        # It starts beside the truth, and left to itself it comes back.
        start = counted({(*each.pattern,): (0.5 * n, 0.5 * n) for each, n in pairs.items()}, truth, 8_000)

        levels, prior, _ = estimated(pairs, start, prior=0.0, strength=0.001)

        assert 2**prior / (1 + 2**prior) == pytest.approx(0.3, abs=0.03)
        for comparison, level in (
            ("name", "equal"),
            ("name", "given"),
            ("phone", "missing"),
            ("email", "missing"),
        ):
            assert levels[comparison][level].m == pytest.approx(truth[comparison][level].m, abs=0.05)
            assert levels[comparison][level].u == pytest.approx(truth[comparison][level].u, abs=0.05)

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
    def test_it_finds_how_common_it_is_that_a_pair_is_one_person(self, share: float) -> None:
        pairs = drawn(MODEL.levels, share, size=20_000, seed=2)

        _, prior, _ = estimated(pairs, MODEL.levels, prior=1.0)

        assert 2**prior / (1 + 2**prior) == pytest.approx(share, abs=0.03)

    def test_it_ends_after_so_many_rounds_though_something_moves(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(training, "ROUNDS", 2)

        _, _, rounds = estimated(Counter({Seen(TWINS): 500}), MODEL.levels, MODEL.prior, strength=0.1)

        assert rounds == 2

    def test_a_starting_model_that_is_worth_more_moves_less(self) -> None:
        pairs = Counter({Seen(TWINS): 500, Seen(STRANGERS): 500})

        near, _, _ = estimated(pairs, MODEL.levels, MODEL.prior, strength=100)
        far, _, _ = estimated(pairs, MODEL.levels, MODEL.prior, strength=0.1)

        at_start = MODEL.levels["name"]["equal"].m
        assert abs(near["name"]["equal"].m - at_start) < 0.02 < abs(far["name"]["equal"].m - at_start)

    def test_the_rarity_of_a_name_in_common_counts(self) -> None:
        rare, common = (Counter({Seen(TWINS, bits): 100, Seen(STRANGERS): 100}) for bits in (4.0, -8.0))

        _, for_rare, _ = estimated(rare, MODEL.levels, MODEL.prior)
        _, for_common, _ = estimated(common, MODEL.levels, MODEL.prior)

        assert for_rare > for_common

    @settings(max_examples=30)
    @given(pairs=st.dictionaries(PATTERNS.map(Seen), st.integers(1, 500), min_size=1, max_size=8))
    def test_whatever_the_pairs_are_a_model_comes_out(self, pairs: dict[Seen, int]) -> None:
        levels, prior, _ = estimated(pairs, MODEL.levels, MODEL.prior)

        assert all(
            0 < level.m <= 1 and 0 < level.u <= 1
            for by_level in levels.values()
            for level in by_level.values()
        )
        assert abs(prior) < 30


class TestCorrected:
    """What people decided moves weights where it surprises, whichever pairs they were shown."""

    PAIR = Seen(("equal by phone", "shared_fixed", "missing", "missing"))
    EVEN = -sum(MODEL.weights[each][level] for each, level in zip(LEVELS, PAIR.pattern, strict=True))
    """The prior by which that pair is as probable as not."""

    def test_nothing_decided_changes_nothing(self) -> None:
        found = corrected({}, MODEL.levels, MODEL.prior)

        assert found["phone"]["mobile"].weight == pytest.approx(MODEL.weights["phone"]["mobile"])

    @pytest.mark.parametrize(("numbers", "up"), [((20.0, 0.0), True), ((0.0, 20.0), False)])
    def test_accepted_pairs_raise_the_weights_of_their_levels_and_rejected_ones_lower_them(
        self, numbers: tuple[float, float], up: bool
    ) -> None:
        found = corrected({self.PAIR: numbers}, MODEL.levels, self.EVEN)

        moved = found["phone"]["shared_fixed"].weight - MODEL.weights["phone"]["shared_fixed"]
        assert (moved > 0.1) if up else (moved < -0.1)
        assert found["phone"]["mobile"].weight == pytest.approx(MODEL.weights["phone"]["mobile"])

    def test_accepting_what_was_certain_teaches_nothing(self) -> None:
        certain = Seen(("equal by email", "mobile", "equal", "equal"), 0.0)

        found = corrected({certain: (500.0, 0.0)}, MODEL.levels, MODEL.prior)

        assert found["email"]["equal"].weight == pytest.approx(MODEL.weights["email"]["equal"], abs=0.05)

    def test_caution_is_how_many_surprises_move_a_weight_by_a_bit(self) -> None:
        unlikely = Seen(("different by phone", "crowd", "different", "different"))

        found = corrected({unlikely: (CAUTION, 0.0)}, MODEL.levels, prior=-20.0)

        assert found["phone"]["crowd"].weight - MODEL.weights["phone"]["crowd"] == pytest.approx(1, abs=0.1)

    def test_it_ends_after_so_many_rounds_though_a_weight_moves(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(training, "ROUNDS", 1)

        found = corrected({self.PAIR: (300.0, 700.0)}, MODEL.levels, self.EVEN)

        # One step of a weight is a bit at most.
        moved = found["phone"]["shared_fixed"].weight - MODEL.weights["phone"]["shared_fixed"]
        assert -1.001 <= moved < 0

    def test_many_decisions_end_near_the_share_that_was_accepted(self) -> None:
        found = corrected({self.PAIR: (300.0, 700.0)}, MODEL.levels, self.EVEN)

        weight = self.EVEN + sum(
            found[comparison][level].weight
            for comparison, level in zip(LEVELS, self.PAIR.pattern, strict=True)
        )
        assert 1 / (1 + 2**-weight) == pytest.approx(0.3, abs=0.03)

    @settings(max_examples=30)
    @given(decided=st.dictionaries(PATTERNS.map(Seen), NUMBERS, max_size=8))
    def test_whatever_was_decided_m_and_u_stay_probabilities(
        self, decided: dict[Seen, tuple[float, float]]
    ) -> None:
        found = corrected(decided, MODEL.levels, MODEL.prior)

        assert all(
            0 < level.m <= 1 and 0 < level.u <= 1
            for by_level in found.values()
            for level in by_level.values()
        )


class TestTrained:
    """A business's own model: the one that ships, moved a little."""

    def test_a_new_model_has_its_name_its_levels_and_the_census_it_was_given(self) -> None:
        pairs = drawn(MODEL.levels, share=0.2, size=2_000, seed=3)

        found = trained(MODEL, pairs, {}, "trained on a test")

        assert isinstance(found, Model)
        assert (found.name, found.census) == ("trained on a test", MODEL.census)
        assert 2**found.prior / (1 + 2**found.prior) == pytest.approx(0.2, abs=0.06)
        assert found.weights["phone"]["mobile"] == pytest.approx(MODEL.weights["phone"]["mobile"], abs=0.5)

    def test_how_a_pair_looks_is_its_levels_and_the_rarity_to_half_a_bit(self) -> None:
        rare = Portrait(names=("zoltan petofi",))

        found = seen(compare(rare, rare, Known()), MODEL)

        assert found.pattern == ("equal", "missing", "missing", "missing")
        assert found.rarity == pytest.approx(MODEL.rarity("zoltan petofi", "zoltan petofi"), abs=0.25)
        assert found.rarity * 2 == round(found.rarity * 2)

    def test_a_name_beside_a_number_in_common_has_no_rarity(self) -> None:
        one = Portrait(("zoltan petofi",), ("+34612345678",))

        assert seen(compare(one, one, Known()), MODEL).rarity == 0
