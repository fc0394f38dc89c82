"""What the policy may decide of probable pairs: in order, never a contradiction, and nobody who may be another."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations
from random import Random

import hypothesis.strategies as st
import pytest
from hypothesis import given

from integrations.contract import Level
from tests.builders import P, Q, a_login, a_row, email
from worker.domain.conflicts import Conflict
from worker.domain.decisions import Decision
from worker.domain.matching.automatic import (
    WHY,
    Foreseen,
    Party,
    barred,
    foreseen,
    party_of,
    sort_out,
    standing,
)
from worker.domain.matching.comparisons import name_level
from worker.domain.matching.scoring import Part, Score
from worker.domain.resolve import resolve
from worker.domain.suggestions import Suggestion
from worker.domain.union import Union


def a_pair(one: str, other: str, bits: float = 12.0, crowd: int = 0) -> Suggestion:
    score = Score(0.0, (Part("email", "equal", bits, "a@example.com", "a@example.com"),))
    return Suggestion(min(one, other), max(one, other), (), 2, crowd, score)


def named(*names: str) -> Party:
    return Party(names=frozenset(names))


def said(number: int, *sides: str, withdrawn: bool = False, kind: str = "same") -> Decision:
    at = datetime(2026, 3, number, tzinfo=UTC)
    return Decision(
        id=f"d-{number}",
        kind="same" if kind == "same" else "different",
        at=at,
        author="policy:dedupe_auto",
        sides=tuple((each,) for each in sides),
        withdrawn_at=at if withdrawn else None,
    )


def ids(pairs: Sequence[Suggestion]) -> list[str]:
    return [each.one + each.other for each in pairs]


class TestBarred:
    """What bars a pair, whatever its score."""

    @pytest.mark.parametrize(
        ("one", "other", "why"),
        [
            (Party(), Party(), None),
            (Party(is_user=True), Party(), "users"),
            (Party(is_user=True), Party(is_user=True), "users"),
            (Party(places=frozenset({"crm"})), Party(places=frozenset({"crm", "app"})), "accounts"),
            (Party(places=frozenset({"crm"})), Party(places=frozenset({"app"})), None),
            (named("bob smith"), named("robert smith", "smith"), None),
            (named("bob smith"), named("robert smith", "rita smith"), "names"),
            (Party(apart=frozenset({("d", 0)})), Party(apart=frozenset({("d", 1)})), "different"),
            (Party(apart=frozenset({("d", 0)})), Party(apart=frozenset({("d", 0), ("e", 1)})), None),
            (Party(once=frozenset({"r"})), Party(once=frozenset({"r"})), "withdrawn"),
            (Party(cases=frozenset({"c"})), Party(cases=frozenset({"c"})), "conflict"),
        ],
    )
    def test_each_reason_bars_in_both_directions(self, one: Party, other: Party, why: str | None) -> None:
        assert (barred(one, other), barred(other, one)) == (why, why)

    @pytest.mark.parametrize(
        ("one", "other", "level"),
        [
            ("john day", "john day jr", "suffix"),
            ("john day sr", "john day jr", "suffix"),
            ("ana ruiz", "luis ruiz", "family"),
            ("ana ruiz", "ana gomez", "given"),
            ("ana ruiz", "luis gomez", "different"),
            ("ivan kern", "ivana kern", "typo"),
        ],
    )
    def test_every_level_of_names_that_speaks_for_two_people_bars(
        self, one: str, other: str, level: str
    ) -> None:
        assert name_level(one, other) == level
        assert barred(named(one), named(other)) == "names"


class TestStanding:
    """What decisions say of records, also when they were taken back."""

    def test_each_two_of_a_chain_that_was_taken_back_are_barred(self) -> None:
        chain = [said(1, "a", "b", withdrawn=True), said(2, "a", "c", withdrawn=True), said(3, "x", "y")]

        once = standing([], chain).once

        assert once["b"] == once["c"] == once["a"]
        assert once["x"] == once["y"] != once["a"]

    def test_a_contact_is_known_by_all_its_names_accounts_cases_and_decisions(self) -> None:
        login, row = (
            a_login("u-1", email("ana@x.es", Level.VERIFIED), name="Ana"),
            a_row(name="ANA RUIZ", mail="ana@x.es"),
        )
        (contact,) = resolve([login, row]).contacts
        cases = [
            Conflict("contested", "two names", ("phone", "", P), (row.id, "other")),
            Conflict("contested", "two names", ("phone", "", Q), ("other", "another")),
        ]
        decisions = [said(1, row.id, "other", kind="different"), said(2, login.id, "another", withdrawn=True)]

        party = party_of(contact, [login, row], standing(cases, decisions))

        assert party == Party(
            is_user=True,
            names=frozenset({"ana", "ana ruiz"}),
            places=frozenset({"app"}),
            cases=frozenset({cases[0].case}),
            apart=frozenset({("d-1", 0)}),
            once=frozenset({min(login.id, "another")}),
        )

    def test_a_difference_counts_while_it_is_in_force(self) -> None:
        taken_back = said(1, "a", "b", withdrawn=True, kind="different")
        in_force = said(2, "a", "c", kind="different")

        assert dict(standing([], [taken_back, in_force]).apart) == {"a": {("d-2", 0)}, "c": {("d-2", 1)}}


class TestSortingOut:
    """The most probable pair of both its contacts is decided, and the next one on what they are by then."""

    def test_no_contact_is_in_two_pairs_of_a_batch(self) -> None:
        pairs = [a_pair("a", "b", 14), a_pair("b", "c", 13), a_pair("c", "d", 12)]

        result = sort_out(pairs, pairs, dict.fromkeys("abcd", Party()))

        assert (ids(result.join), ids(result.later)) == (["ab"], ["bc", "cd"])

    def test_a_pair_that_is_barred_holds_up_nobody(self) -> None:
        pairs = [a_pair("a", "b", 14), a_pair("b", "c", 13)]
        parties = {"a": named("ana ruiz"), "b": named("luis ruiz"), "c": named("luis ruiz")}

        result = sort_out(pairs, pairs, parties)

        assert ids(result.join) == ["bc"]
        assert [(each.pair.one, each.why) for each in result.left] == [("a", "names")]

    def test_a_crowd_is_left_to_people(self) -> None:
        pairs = [a_pair("a", "b", crowd=9)]

        result = sort_out(pairs, pairs, dict.fromkeys("ab", Party()))

        assert [each.why for each in result.left] == ["crowd"]

    def test_who_may_be_either_of_two_is_neither(self) -> None:
        likely, less = a_pair("j", "john"), a_pair("j", "jane", bits=0.5)
        parties = {"j": named("j smith"), "john": named("john smith"), "jane": named("jane smith")}

        alone = sort_out([likely], [likely], parties)
        between = sort_out([likely], [likely, less], parties)

        assert ids(alone.join) == ["jjohn"]
        assert [each.why for each in between.left] == ["others"]

    def test_a_chain_ends_where_names_would_contradict(self) -> None:
        pairs = [a_pair("a", "b", 14), a_pair("b", "c", 13)]
        parties = {"a": named("ana ruiz"), "b": named("ana"), "c": named("ana gomez")}

        first = foreseen(pairs, pairs, parties)
        unseen = foreseen(
            pairs, pairs[:1], parties
        )  # As if the second had come up only once the first was joined.

        assert not first.join
        assert ids(unseen.join) == ["ab"]
        assert [each.why for each in unseen.left] == ["names"]


PEOPLE = [
    Party(),
    named("ana ruiz"),
    named("ana"),
    named("ruiz"),
    named("luis ruiz"),
    named("ana ruiz jr"),
    named("j smith"),
    named("john smith"),
    named("jane smith"),
    Party(is_user=True),
    Party(places=frozenset({"crm"})),
    Party(cases=frozenset({"c"})),
    Party(once=frozenset({"r"})),
    Party(apart=frozenset({("d", 0)})),
    Party(apart=frozenset({("d", 1)})),
]


def a_crowd(chance: Random) -> tuple[list[Suggestion], list[Suggestion], dict[str, Party]]:
    parties = {f"{number:02}": chance.choice(PEOPLE) for number in range(chance.randint(2, 9))}
    near = [
        a_pair(*pair, bits=chance.choice((1.0, 8.0, 9.0, 10.0, 12.0)))
        for pair in combinations(parties, 2)
        if chance.random() < 0.5
    ]
    return [each for each in near if each.score.weight > 7], near, parties


def groups(made: Foreseen, parties: dict[str, Party]) -> list[list[str]]:
    place = {each: number for number, each in enumerate(parties)}
    union = Union(len(place))
    for each in made.join:
        union.join((place[each.one], place[each.other]))
    return [[each for each in parties if place[each] in found] for found in union.groups().values()]


class TestLaws:
    """Whatever contacts there are."""

    @given(chance=st.randoms(use_true_random=False))
    def test_no_two_who_are_barred_from_each_other_end_as_one(self, chance: Random) -> None:
        likely, near, parties = a_crowd(chance)

        made = foreseen(likely, near, parties)

        for together in groups(made, parties):
            assert all(barred(parties[a], parties[b]) is None for a, b in combinations(together, 2))

    @given(chance=st.randoms(use_true_random=False))
    def test_the_order_in_which_they_come_does_not_matter(self, chance: Random) -> None:
        likely, near, parties = a_crowd(chance)

        shuffled = foreseen(chance.sample(likely, len(likely)), chance.sample(near, len(near)), parties)

        assert shuffled == foreseen(likely, near, parties)

    @given(chance=st.randoms(use_true_random=False))
    def test_of_a_batch_each_pair_is_the_most_probable_of_both(self, chance: Random) -> None:
        likely, near, parties = a_crowd(chance)

        result = sort_out(likely, near, parties)

        decided = [name for each in result.join for name in (each.one, each.other)]
        assert len(decided) == len(set(decided))
        assert len(result.join) + len(result.later) + len(result.left) == len(likely)
        assert {each.why for each in result.left} <= WHY.keys()
        for each in result.join:
            rest = [
                one for one in (*result.join, *result.later) if {one.one, one.other} & {each.one, each.other}
            ]
            assert max(one.score.weight for one in rest) == each.score.weight
