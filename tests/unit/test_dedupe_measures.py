"""The figures of the benchmark, against counting every pair by hand."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.matching.evaluation import Scored, clusters, components, mixed, pairwise, true_pairs

IDS = "abcdefgh"
PEOPLE = st.fixed_dictionaries({id_: st.sampled_from("PQR") for id_ in IDS})
SCORED = st.lists(
    st.tuples(st.sampled_from(list(combinations(IDS, 2))), st.integers(0, 5)).map(
        lambda pair: (*pair[0], float(pair[1]))
    ),
    max_size=25,
)


def joined(pairs: list[Scored], threshold: float) -> list[set[str]]:
    """Join by merging sets, a pair at a time."""
    groups: list[set[str]] = []
    for one, other, score in pairs:
        if score >= threshold:
            touched = [group for group in groups if group & {one, other}]
            groups = [group for group in groups if group not in touched]
            groups.append({one, other}.union(*touched))
    return groups


class TestPairwise:
    """A pair is right when both its contacts are of one person."""

    @given(scored=SCORED, people=PEOPLE)
    def test_each_threshold_counts_what_counting_by_hand_gives(
        self, scored: list[Scored], people: dict[str, str]
    ) -> None:
        curve = pairwise(scored, people)

        for point in curve.points:
            taken = {(one, other) for one, other, score in scored if score >= point.threshold}
            right = sum(people[one] == people[other] for one, other in taken)
            assert (point.pairs, point.right) == (len(taken), right)

    def test_the_best_f1_is_that_of_its_threshold(self) -> None:
        people = {"a": "P", "b": "P", "c": "P", "d": "Q"}
        scored = [("a", "b", 9.0), ("a", "c", 5.0), ("a", "d", 4.0), ("b", "d", 4.0)]

        curve = pairwise(scored, people)

        best = curve.best()
        assert (best.threshold, best.precision) == (5.0, 1.0)
        assert curve.recall(best) == pytest.approx(2 / 3)
        assert curve.f1(best) == pytest.approx(0.8)

    def test_recall_at_a_precision_is_the_most_that_any_threshold_with_it_finds(self) -> None:
        people = dict.fromkeys("abcdef", "P") | {"x": "Q"}
        scored = [("a", "x", 9.0), ("a", "b", 8.0), ("a", "c", 7.0), ("a", "d", 6.0), ("b", "x", 1.0)]

        curve = pairwise(scored, people)

        assert curve.at_precision(0.75).threshold == 6.0
        assert curve.at_precision(0.99).right == 0

    def test_nothing_scored_is_precise_and_finds_nothing(self) -> None:
        curve = pairwise([], {"a": "P", "b": "P"})

        assert (curve.best().precision, curve.recall(curve.best())) == (1.0, 0.0)


class TestClusters:
    """Joining pairs joins chains, and the chain pays for everybody in it."""

    @given(scored=SCORED, people=PEOPLE)
    def test_each_threshold_counts_the_pairs_inside_its_components(
        self, scored: list[Scored], people: dict[str, str]
    ) -> None:
        curve = clusters(scored, people)

        for point in curve.points:
            groups = joined(scored, point.threshold)
            inside = [pair for group in groups for pair in combinations(sorted(group), 2)]
            right = sum(people[one] == people[other] for one, other in inside)
            held = [{people[id_] for id_ in group} for group in groups]
            assert (point.pairs, point.right) == (len(inside), right)
            assert point.mixed == sum(len(each) > 1 for each in held)

    @given(scored=SCORED)
    def test_components_are_those_of_merging_sets(self, scored: list[Scored]) -> None:
        found = components((one, other) for one, other, _ in scored)

        assert found == sorted(sorted(group) for group in joined(scored, 0.0))

    def test_one_wrong_pair_makes_wrong_all_that_it_chains(self) -> None:
        people = {"a": "P", "b": "P", "x": "Q", "y": "Q"}
        scored = [("a", "b", 9.0), ("x", "y", 8.0), ("a", "x", 7.0)]

        curve = clusters(scored, people)

        assert [(point.pairs, point.right, point.mixed) for point in curve.points] == [
            (1, 1, 0),
            (2, 2, 0),
            (6, 2, 1),
        ]


def test_the_contacts_that_mix_people_are_named() -> None:
    people = {"a": "P", "b": "P", "x": "Q"}

    assert mixed([["a", "b"], ["x"]], people) == []
    assert mixed([["a", "b", "x"]], people) == [["a", "b", "x"]]


@given(people=PEOPLE)
def test_true_pairs_are_those_of_one_person(people: dict[str, str]) -> None:
    assert true_pairs(people) == sum(people[one] == people[other] for one, other in combinations(IDS, 2))
