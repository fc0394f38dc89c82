"""The model: a file that anyone can read, which is refused with words where it can't be used."""

import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from worker.domain.matching.comparisons import LEVELS, Compared, Known, Level, compare
from worker.domain.matching.model import (
    NAMES_BY_RARITY,
    RAREST,
    RARITY,
    Census,
    Model,
    census,
    decode,
    default,
    encode,
)
from worker.domain.matching.portraits import Portrait
from worker.domain.matching.scoring import score, score_of

MODEL = default()
NAMES = st.sampled_from(
    ("", "ana", "ruiz", "ana ruiz", "ruiz ana", "a ruiz", "anna ruiz", "ana ruiz jr", "luis diaz")
)
PHONES = st.sampled_from(
    ("+34612345678", "+34612345679", "+442079460958", "+442079460958;ext=7", "+12025550123")
)
EMAILS = st.sampled_from(
    ("ana.ruiz@example.com", "ana.ruiz@example.org", "a.ruiz@gmail.com", "aruiz@gmail.com")
)
COMPANIES = st.sampled_from(("northwind", "northwind traders", "northwind trader", "fabrikam"))


def some(values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(values, max_size=2).map(lambda found: tuple(sorted(found - {""})))


PORTRAITS = st.builds(Portrait, some(NAMES), some(PHONES), some(EMAILS), some(COMPANIES))
KNOWN = st.builds(Known, some(st.one_of(PHONES, EMAILS)), some(st.one_of(PHONES, EMAILS)))


class TestTheFile:
    """It holds the levels that comparisons find, each with m and u."""

    def test_what_is_written_is_read(self) -> None:
        assert decode(encode(MODEL)) == MODEL

    @pytest.mark.parametrize(("comparison", "level"), [("name", "suffix by email"), ("phone", "crowd")])
    def test_a_file_that_lacks_a_level_is_refused_with_its_name(self, comparison: str, level: str) -> None:
        said = json.loads(encode(MODEL))
        del said["levels"][comparison][level]

        with pytest.raises(ValueError, match=rf"levels\.{comparison}: has no {level}"):
            decode(json.dumps(said))

    def test_a_file_that_lacks_a_comparison_is_refused_with_its_name(self) -> None:
        said = json.loads(encode(MODEL))
        del said["levels"]["company"]

        with pytest.raises(ValueError, match=r"levels\.company: has no equal"):
            decode(json.dumps(said))

    @pytest.mark.parametrize(("m", "u"), [(0, 0.1), (0.1, 0), (1.1, 0.1), (0.1, 2)])
    def test_a_level_that_is_no_probability_is_refused_with_its_name(self, m: float, u: float) -> None:
        said = json.loads(encode(MODEL))
        said["levels"]["email"]["typo"] = {"m": m, "u": u}

        with pytest.raises(ValueError, match=r"levels\.email\.typo: m and u are probabilities above 0"):
            decode(json.dumps(said))

    def test_what_is_no_model_is_refused(self) -> None:
        with pytest.raises(msgspec.ValidationError, match="missing required field"):
            decode("{}")

    @pytest.mark.parametrize("comparison", LEVELS)
    def test_the_one_that_ships_knows_every_level_and_no_other(self, comparison: str) -> None:
        assert set(MODEL.levels[comparison]) == set(LEVELS[comparison])


class TestTheModelThatShips:
    """What its weights say is what people would say."""

    @pytest.mark.parametrize("beside", ["", " by phone", " by email"])
    def test_father_and_son_speak_against_one_person_whatever_is_in_common(self, beside: str) -> None:
        assert MODEL.weights["name"][f"suffix{beside}"] < 0

    @pytest.mark.parametrize("kind", ["mobile", "any", "fixed"])
    def test_a_number_weighs_less_where_several_people_hold_it(self, kind: str) -> None:
        assert MODEL.weights["phone"][f"shared_{kind}"] < MODEL.weights["phone"][kind]

    def test_an_address_weighs_less_where_several_people_hold_it(self) -> None:
        assert MODEL.weights["email"]["shared"] < MODEL.weights["email"]["equal"]

    @pytest.mark.parametrize("level", ["equal", "variant", "typo", "part"])
    @pytest.mark.parametrize("beside", ["", " by phone", " by email"])
    def test_names_that_agree_speak_for_one_person_and_others_against(self, level: str, beside: str) -> None:
        weights = MODEL.weights["name"]

        assert weights[f"{level}{beside}"] > 0 > weights[f"different{beside}"]


class TestScores:
    """A weight is the prior and its parts, and each part can be pointed at."""

    @given(one=PORTRAITS, other=PORTRAITS, known=KNOWN)
    def test_the_weight_is_the_prior_and_its_parts(
        self, one: Portrait, other: Portrait, known: Known
    ) -> None:
        found = score(one, other, known, MODEL)

        assert found.weight == found.prior + sum(part.weight for part in found.parts)
        assert found.prior == MODEL.prior
        assert [part.comparison for part in found.parts if part.comparison != "rarity"] == list(LEVELS)
        assert found.probability == pytest.approx(2**found.weight / (1 + 2**found.weight))

    @given(one=PORTRAITS, other=PORTRAITS, known=KNOWN)
    def test_two_contacts_compare_the_same_either_way_round(
        self, one: Portrait, other: Portrait, known: Known
    ) -> None:
        assert compare(one, other, known).pattern == compare(other, one, known).pattern

    @given(one=PORTRAITS, other=PORTRAITS, known=KNOWN)
    def test_two_contacts_score_the_same_either_way_round(
        self, one: Portrait, other: Portrait, known: Known
    ) -> None:
        there, back = score(one, other, known, MODEL), score(other, one, known, MODEL)

        assert there.weight == pytest.approx(back.weight)

    def test_each_level_adds_its_weight(self) -> None:
        missing = Compared(*(Level("missing"),) * len(LEVELS))
        told = missing._replace(phone=Level("mobile"))

        added = score_of(told, MODEL).weight - score_of(missing, MODEL).weight

        assert added == pytest.approx(MODEL.weights["phone"]["mobile"] - MODEL.weights["phone"]["missing"])


class TestRarity:
    """A name in common says more where few have it."""

    COUNTED = replace(MODEL, namesakes=1.0, census=Census(1_000, {"ana": 100, "ruiz": 50, "zoltan": 2}))

    def test_namesakes_are_those_expected_by_chance(self) -> None:
        census_ = self.COUNTED.census

        assert census_.namesakes("ana maria ruiz") == pytest.approx(100 * 50 / 1_000)
        assert census_.namesakes("zoltan petofi") == pytest.approx(
            2 * 1 / 1_000
        )  # A word nobody else has counts as 1.
        assert census_.namesakes("ana") == census_.namesakes("ana@example.com") == 0

    def test_a_rare_name_in_common_weighs_more_than_a_common_one(self) -> None:
        model, known = self.COUNTED, Known()
        rare, common = Portrait(("zoltan petofi",)), Portrait(("ana ruiz",))

        assert score(rare, rare, known, model).weight > score(common, common, known, model).weight

    def test_it_weighs_a_share_of_the_bits_and_of_two_spellings_the_common_one_counts(self) -> None:
        assert self.COUNTED.rarity("ana ruiz", "ana ruiz") == pytest.approx(RARITY * math.log2(1 / 5))
        assert self.COUNTED.rarity("ana ruiz", "anna ruiz") == pytest.approx(RARITY * math.log2(1 / 5))
        assert self.COUNTED.rarity("ana.ruiz@example.com", "") == 0

    def test_rarer_than_rare_weighs_no_more(self) -> None:
        assert self.COUNTED.rarity("boglarka petofi", "petofi boglarka") == pytest.approx(
            RARITY * math.log2(1 / RAREST)
        )

    @pytest.mark.parametrize("level", sorted(NAMES_BY_RARITY))
    def test_beside_a_number_in_common_the_number_says_it_all(self, level: str) -> None:
        named = Level(f"{level} by phone", "zoltan petofi", "zoltan petofi")
        missing = (Level("missing"),) * 2

        parts = score_of(Compared(named, Level("mobile"), *missing), self.COUNTED).parts

        assert "rarity" not in {part.comparison for part in parts}

    def test_a_census_counts_contacts_and_the_ends_of_their_full_names(self) -> None:
        found = census([("ana maria ruiz", "ana ruiz"), ("ana lopez", "ana"), ("luis ruiz",), ()])

        assert found == Census(4, {"ana": 2, "ruiz": 2})

    def test_a_census_keeps_the_most_common_words(self) -> None:
        called = [("ana ruiz",)] * 3 + [("ana lopez",)] * 2

        assert census(called, most_words=2) == Census(5, {"ana": 5, "ruiz": 3})

    def test_without_a_census_no_name_is_rare(self) -> None:
        model = Model(name="x", prior=0.0, levels=MODEL.levels)

        assert model.rarity("ana ruiz", "ana ruiz") == 0
