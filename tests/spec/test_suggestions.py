"""DESIGN section 1, "suggestion": two contacts that may be one person, with reasons; a person decides."""

from worker.domain.evidence import CLAIMED, OBSERVED, STORED, VERIFIED, Key
from worker.domain.suggestions import MOST_CONTACTS_A_VALUE, Holding, Reason, suggest

E: Key = ("email", "", "ana@x.es")
P: Key = ("phone", "", "+34612345678")


def test_an_equal_value_on_two_contacts_suggests_that_they_are_one() -> None:
    (found,) = suggest({E: [("b", STORED, 1), ("a", CLAIMED, 3)]}, {"a"})

    assert (found.one, found.other, found.count) == ("a", "b", 4)
    assert found.reasons == (Reason("email", "", "ana@x.es", CLAIMED, STORED),)


def test_all_values_of_a_pair_are_reasons_of_one_suggestion() -> None:
    (found,) = suggest(
        {E: [("a", STORED, 1), ("b", STORED, 1)], P: [("b", OBSERVED, 1), ("a", STORED, 1)]}, {"b"}
    )

    assert [(reason.type, reason.one, reason.other) for reason in found.reasons] == [
        ("email", STORED, STORED),
        ("phone", STORED, OBSERVED),
    ]


def test_ten_thousand_claims_are_one_suggestion_with_a_count() -> None:
    (found,) = suggest({E: [("ana", VERIFIED, 2), ("claims", CLAIMED, 10_000)]}, {"claims"})

    assert found.count == 10_002


def test_pairs_that_did_not_change_are_left_as_they_are() -> None:
    found = suggest({E: [("a", STORED, 1), ("b", STORED, 1), ("c", STORED, 1)]}, {"c"})

    assert [(each.one, each.other) for each in found] == [("a", "c"), ("b", "c")]


def test_a_value_on_too_many_contacts_suggests_nobody() -> None:
    holders: list[Holding] = [(f"c-{number}", STORED, 1) for number in range(MOST_CONTACTS_A_VALUE + 1)]

    assert suggest({P: holders}, {"c-0"}) == []
    assert len(suggest({P: holders[1:]}, {"c-1"})) == MOST_CONTACTS_A_VALUE - 1
