"""The figures of contacts that hold several rows, against counting every pair of rows by hand."""

from collections import Counter
from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from worker.domain.matching.evaluation import (
    Scored,
    clusters,
    clusters_of_contacts,
    inside,
    pairwise,
    pairwise_of_contacts,
)

CONTACTS = "abcde"
ROWS = st.fixed_dictionaries(
    {each: st.lists(st.sampled_from("PQR"), min_size=1, max_size=4) for each in CONTACTS}
)
SCORED = st.lists(
    st.tuples(st.sampled_from(list(combinations(CONTACTS, 2))), st.integers(0, 4)).map(
        lambda pair: (*pair[0], float(pair[1]))
    ),
    max_size=10,
)
Rows = dict[str, list[str]]


def held(rows: Rows) -> dict[str, Counter[str]]:
    return {contact: Counter(people) for contact, people in rows.items()}


def right(pairs: list[tuple[str, str]]) -> int:
    return sum(one == other for one, other in pairs)


@given(rows=ROWS)
def test_inside_are_the_pairs_of_rows_of_one_contact(rows: Rows) -> None:
    pairs = [pair for people in rows.values() for pair in combinations(people, 2)]

    found = inside(held(rows))

    assert (found.pairs, found.right) == (len(pairs), right(pairs))
    assert found.mixed == sum(len(set(people)) > 1 for people in rows.values())


@given(rows=ROWS, scored=SCORED)
def test_a_pair_of_contacts_is_all_the_pairs_of_rows_between_them(rows: Rows, scored: list[Scored]) -> None:
    curve = pairwise_of_contacts(scored, held(rows))

    for point in curve.points:
        taken = {frozenset((one, other)) for one, other, score in scored if score >= point.threshold}
        pairs = [pair for one, other in taken for pair in product(rows[one], rows[other])]
        assert (point.pairs, point.right) == (len(pairs), right(pairs))
    between = [pair for one, other in combinations(CONTACTS, 2) for pair in product(rows[one], rows[other])]
    assert curve.true_pairs == right(between)


@given(rows=ROWS, scored=SCORED)
def test_joined_contacts_are_all_the_pairs_of_rows_that_come_together(
    rows: Rows, scored: list[Scored]
) -> None:
    for point in clusters_of_contacts(scored, held(rows)).points:
        group = {each: each for each in CONTACTS}
        for one, other, score in scored:
            if score >= point.threshold:
                group = {each: group[one] if of == group[other] else of for each, of in group.items()}
        together = [(a, b) for a, b in combinations(CONTACTS, 2) if group[a] == group[b]]
        pairs = [pair for one, other in together for pair in product(rows[one], rows[other])]
        assert (point.pairs, point.right) == (len(pairs), right(pairs))
        people: dict[str, set[str]] = {}
        for each, of in group.items():
            people.setdefault(of, set()).update(rows[each])
        assert point.mixed == sum(len(some) > 1 for some in people.values())


@given(people=st.fixed_dictionaries({each: st.sampled_from("PQR") for each in CONTACTS}), scored=SCORED)
def test_contacts_of_one_row_are_measured_as_rows_are(people: dict[str, str], scored: list[Scored]) -> None:
    alone = {each: Counter([person]) for each, person in people.items()}

    assert pairwise_of_contacts(scored, alone) == pairwise(scored, people)
    assert clusters_of_contacts(scored, alone) == clusters(scored, people)


@given(rows=ROWS, scored=SCORED, line=st.integers(-1, 5))
def test_a_line_takes_every_pair_at_or_above_it(rows: Rows, scored: list[Scored], line: int) -> None:
    point = pairwise_of_contacts(scored, held(rows)).at_threshold(line)

    taken = {(one, other) for one, other, score in scored if score >= line}
    assert point.pairs == sum(len(rows[one]) * len(rows[other]) for one, other in taken)
