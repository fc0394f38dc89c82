"""Of a contact, what is compared: its names, and the values that may suggest somebody."""

import pytest

from integrations.contract import Level
from tests.builders import P, a_call, a_record, a_row, email, phone, version
from worker.domain.matching.portraits import (
    MOST_VALUES,
    Portrait,
    company_name,
    ends,
    portrait_of,
    probable_number,
)
from worker.domain.records import Key, Record
from worker.domain.resolve import resolve


def portrait(*records: Record, without: frozenset[str] = frozenset()) -> Portrait:
    """Return the portrait of the one contact that the records make; values in `without` suggest nobody."""

    def counts(key: Key) -> bool:
        return key[2] not in without

    (contact,) = resolve(records).contacts
    return portrait_of(contact, records, counts)


def test_a_portrait_has_names_numbers_addresses_and_companies_in_canonical_form() -> None:
    row = a_record(
        "crm",
        version(
            "1",
            phone(P, Level.STORED),
            email("Ana@Example.com", Level.STORED),
            name="Dr. Ruiz, Ana",
            profile={"company": "Northwind, Inc."},
        ),
    )

    assert portrait(row) == Portrait(("ana ruiz",), (P,), ("ana@example.com",), ("northwind",))


def test_names_of_all_records_are_in_it_and_each_once() -> None:
    calls = [
        a_call(key=str(number), name=name) for number, name in enumerate(("Ana Ruiz", "ANA RUIZ", "Ana R."))
    ]

    assert portrait(*calls).names == ("ana r", "ana ruiz")


def test_what_suggests_nobody_is_not_in_it() -> None:
    row = a_row(name="Ana Ruiz", mail="info@example.com", number=P)

    assert portrait(row, without=frozenset({"info@example.com", P})) == Portrait(names=("ana ruiz",))


def test_a_number_that_is_no_identifier_is_in_it_as_what_it_probably_is() -> None:
    row = a_record(
        "crm",
        version("1", phone("0034612345678", Level.STORED), phone("12345", Level.STORED), name="Ana Ruiz"),
    )

    assert portrait(row).phones == (P,)
    assert portrait(row, without=frozenset({P})).phones == ()


def test_a_company_that_is_no_text_is_left_out() -> None:
    row = a_record("crm", version("1", name="Ana Ruiz", profile={"company": 7}))

    assert portrait(row).companies == ()


def test_of_each_kind_so_many_values_are_compared_at_most() -> None:
    calls = [a_call(key=str(number), name=f"Ana {chr(97 + number) * 3}") for number in range(MOST_VALUES + 5)]

    assert len(portrait(*calls).names) == MOST_VALUES


@pytest.mark.parametrize(
    ("found", "is_empty"),
    [
        (Portrait(), True),
        (Portrait(companies=("northwind",)), True),
        (Portrait(names=("ana",)), False),
        (Portrait(phones=(P,)), False),
    ],
)
def test_a_company_alone_is_nothing_to_compare(found: Portrait, *, is_empty: bool) -> None:
    assert found.is_empty is is_empty


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("34612345678", P), ("0034 612 345 678", P), ("34612345678.0", P), ("+34 612 345 678 (mobile)", P),
        ("612345678", None), ("n/a", None), ("", None),
    ],
)  # fmt: skip
def test_a_number_is_taken_for_one_in_full_or_for_none(written: str, number: str | None) -> None:
    assert probable_number(written) == number


def test_a_company_is_the_same_with_and_without_its_legal_form() -> None:
    assert company_name("Northwind Traders, Ltd.") == company_name("NORTHWIND TRADERS") == "northwind traders"


def test_the_ends_of_a_name_are_its_first_and_last_word_without_particles_and_initials() -> None:
    assert ends("ana maria de la fuente") == ("ana", "fuente")
    assert ends("a fuente") is None
