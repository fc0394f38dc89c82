"""The contacts that the benchmark makes: the same again, in valid numbers, with every trap in its rate."""

from collections import Counter, defaultdict
from itertools import islice
from random import Random

import phonenumbers
import pytest

from benchmarks.dedupe import noise
from benchmarks.dedupe.countries import COUNTRIES, Country, digits, latin
from benchmarks.dedupe.people import Made, made
from benchmarks.dedupe.town import Builder

SIZE = 20_000
RATES = {
    "name:given": (0.05, 0.2), "name:handle": (0.01, 0.05), "name:initial": (0.02, 0.06),
    "name:nickname": (0.015, 0.06), "name:typo": (0.01, 0.05), "name:transliterated": (0.005, 0.08),
    "name:payer": (0.005, 0.05), "name:company": (0.005, 0.05), "name:nobody": (0.01, 0.03),
    "phone:switchboard": (0.03, 0.1), "phone:household": (0.02, 0.08), "phone:direct": (0.01, 0.05),
    "phone:recycled": (0.003, 0.03), "phone:withheld": (0.005, 0.02), "phone:placeholder": (0.005, 0.02),
    "phone:typo": (0.002, 0.01), "phone:spreadsheet": (0.001, 0.01), "email:household": (0.005, 0.03),
    "email:role": (0.002, 0.01), "email:work": (0.02, 0.06), "email:typo": (0.002, 0.01),
    "email:placeholder": (0.003, 0.01), "nothing": (0.02, 0.08),
}  # fmt: skip


@pytest.fixture(scope="module")
def some() -> list[Made]:
    return list(made(SIZE, seed=3))


def test_the_same_size_and_seed_give_the_same_contacts(some: list[Made]) -> None:
    assert list(made(SIZE, seed=3)) == some


def test_more_contacts_begin_with_the_same_ones(some: list[Made]) -> None:
    assert list(islice(made(SIZE * 10, seed=3), 500)) == some[:500]


def test_another_seed_gives_other_people(some: list[Made]) -> None:
    numbers = {each.row.phone for each in some} - {""}

    again = [each for each in made(SIZE, seed=4) if "phone:mobile" in each.kinds]

    assert sum(each.row.phone in numbers for each in again) / len(again) < 0.01


def test_no_id_comes_twice(some: list[Made]) -> None:
    assert len({each.row.id for each in some}) == SIZE


@pytest.mark.parametrize("kind", RATES)
def test_a_trap_is_as_common_as_it_shall_be(some: list[Made], kind: str) -> None:
    least, most = RATES[kind]

    found = sum(kind in each.kinds for each in some) / SIZE

    assert least <= found <= most


def test_people_have_a_contact_or_two_and_some_many(some: list[Made]) -> None:
    sizes = Counter(Counter(each.person for each in some).values())

    assert 1.7 < SIZE / sizes.total() < 2.4
    assert max(sizes) >= 8


def test_namesakes_live_in_many_towns(some: list[Made]) -> None:
    bearers = defaultdict(set)
    for each in some:
        if "name:full" in each.kinds:
            bearers[each.row.name].add(each.person)

    assert 5 <= max(map(len, bearers.values())) <= 60


def test_an_address_of_ones_own_is_nobody_elses(some: list[Made]) -> None:
    owners = defaultdict(set)
    for each in some:
        if {"email:personal", "email:work"} & set(each.kinds) and "email:typo" not in each.kinds:
            owners[each.row.email.strip().lower()].add(each.person)

    assert all(len(people) == 1 for people in owners.values())


def test_a_direct_number_is_one_desk(some: list[Made]) -> None:
    desks = defaultdict(set)
    for each in some:
        if "phone:direct" in each.kinds and each.row.channel == "phone" and each.row.phone.startswith("+"):
            desks[each.row.phone].add(each.person)

    assert all(len(people) == 1 for people in desks.values())


def test_a_switchboard_serves_hundreds() -> None:
    staff: Counter[str] = Counter()
    for number in range(60):
        for person in Builder(1, number).build().people:
            staff.update({job.id for _, job in person.jobs if job})

    assert 200 <= max(staff.values()) <= 520


def test_a_father_and_his_son_share_name_and_house() -> None:
    people = [person for number in range(20) for person in Builder(2, number).build().people if person.suffix]

    shared = defaultdict(set)
    for person in people:
        shared[person.household.id, person.given, person.families[0].value].add(person.suffix)

    assert len(people) >= 10
    assert all(suffixes == {"Sr", "Jr"} for suffixes in shared.values())


def test_a_recycled_number_had_an_owner_before() -> None:
    owners = defaultdict(list)
    for number in range(20):
        for person in Builder(3, number).build().people:
            for since, phone in person.mobiles:
                owners[phone.national].append((since, phone.kind, person.id))

    recycled = [held for held in owners.values() if any(kind == "recycled" for _, kind, _ in held)]

    assert len(recycled) >= 10
    assert all(len({person for _, _, person in held}) > 1 for held in recycled)


@pytest.mark.parametrize("country", COUNTRIES, ids=lambda country: country.code)
def test_whatever_digits_follow_a_number_is_valid(country: Country) -> None:
    rng = Random(1)  # noqa: S311 - the same each time, guards nothing

    for pattern in (*country.mobile, *country.fixed):
        for _ in range(40):
            number = digits(rng, pattern)
            parsed = phonenumbers.parse(f"+{country.dialled}{number}")
            assert phonenumbers.is_valid_number(parsed), (country.code, pattern, number)


@pytest.mark.parametrize("country", COUNTRIES, ids=lambda country: country.code)
def test_no_name_is_that_of_one_person_in_ten(country: Country) -> None:
    rng = Random(1)  # noqa: S311 - the same each time, guards nothing

    drawn = Counter(country.family.draw(rng) for _ in range(5_000))

    assert 0.004 < drawn.most_common(1)[0][1] / 5_000 < 0.06
    assert len(drawn) > 150


def test_a_slip_changes_a_word_and_leaves_its_first_letter() -> None:
    rng = Random(1)  # noqa: S311 - the same each time, guards nothing

    slips = [noise.slip(rng, "Morrison") for _ in range(200)]

    assert all(each[0] == "M" for each in slips)
    assert sum(each != "Morrison" for each in slips) > 150
    assert noise.slip(rng, "Al") == "Al"


def test_a_name_is_romanised_by_the_table_or_by_ear() -> None:
    assert (latin("Щедрик"), latin("Щедрик", homemade=True)) == ("Shchedryk", "Schedrik")
