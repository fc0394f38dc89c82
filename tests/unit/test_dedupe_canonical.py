"""What the peers are fed: the values that we compare too, and nothing that stands for no value."""

import pytest

from benchmarks.dedupe.canonical import contact
from benchmarks.dedupe.truth import Row


def a_row(*, region: str = "", name: str = "", phone: str = "", email: str = "", company: str = "") -> Row:
    return Row("1", "books", "import", region, name, phone, email, company, "2026-01-01T00:00:00Z")


def test_a_name_comes_as_its_first_and_last_word_without_the_suffix() -> None:
    fed = contact(a_row(name="Ruiz, Ana Jr"))

    assert (fed["given"], fed["family"], fed["full_name"]) == ("ana", "ruiz", "ana ruiz")


def test_a_single_word_is_no_full_name() -> None:
    fed = contact(a_row(name="Ana"))

    assert (fed["given"], fed["family"], fed["full_name"]) == ("ana", "", "")


@pytest.mark.parametrize(
    ("written", "region", "fed"),
    [
        ("020 7946 0958", "GB", "+442079460958"),
        ("12025550123", "", "+12025550123"),
        ("00442079460958", "", "+442079460958"),
        ("442079460958.0", "", "+442079460958"),
        ("anonymous", "GB", ""),
        ("1234567890", "US", ""),
        ("020 7946 0958", "", ""),
    ],
)
def test_a_number_is_read_as_a_careful_person_would(written: str, region: str, fed: str) -> None:
    assert contact(a_row(phone=written, region=region))["phone"] == fed


def test_an_address_of_an_office_or_of_nobody_is_left_out() -> None:
    assert contact(a_row(email=" Ana@Example.com "))["email"] == "ana@example.com"
    assert contact(a_row(email="info@example.com"))["email"] == ""
    assert contact(a_row(email="none@none.com"))["email"] == ""


def test_a_company_is_its_name_without_the_legal_form() -> None:
    assert contact(a_row(company="ACME Foods, Ltd."))["company"] == "acme foods"
