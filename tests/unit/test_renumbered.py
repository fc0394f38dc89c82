"""Known people under new ids: two of e-mail, phone and full name, held by the books, and shared by few."""

import pytest
from msgspec import UNSET

from integrations.contract import Level
from tests.builders import email, phone, version
from worker.domain.policy import Policy
from worker.domain.renumbered import Traits, looks_known, traits

ANA = Traits("ana ruiz", frozenset({"ana@x-mail.es"}), frozenset({"+34612345678"}))


def read(
    mail: str = "",
    number: str = "",
    name: str = "",
    *,
    level: Level = Level.STORED,
    trust: Level = Level.STORED,
) -> Traits:
    held = [*([email(mail, level)] if mail else []), *([phone(number, level)] if number else [])]
    return traits(version("new", *held, name=name or UNSET).record, "ES", trust, Policy())


@pytest.mark.parametrize(
    ("row", "known"),
    [
        pytest.param(read("Ana@x-mail.es", "612 34 56 78"), True, id="e-mail and phone"),
        pytest.param(read("ana@x-mail.es", name="Ruiz, Ana"), True, id="e-mail and full name"),
        pytest.param(read(number="612345678", name="Ana Ruiz"), True, id="phone and full name"),
        pytest.param(read("ana@x-mail.es", "612345679", "Luis Ruiz"), False, id="one address in a household"),
        pytest.param(read("b@x-mail.es", "612345679", "Ana Ruiz"), False, id="a namesake"),
        pytest.param(read("ana@x-mail.es", name="Ana"), False, id="a first name is no full name"),
    ],
)
def test_two_agreements_make_a_row_look_known(row: Traits, *, known: bool) -> None:
    assert looks_known(row, [ANA]) is known


def test_the_agreements_must_be_with_one_record() -> None:
    mail_only, phone_only = (
        ANA._replace(name="", phones=frozenset()),
        ANA._replace(name="", emails=frozenset()),
    )

    assert not looks_known(read("ana@x-mail.es", "612345678"), [mail_only, phone_only])


def test_what_many_people_share_does_not_count() -> None:
    assert read("info@x-mail.es", "+12345678901", "Ana Ruiz") == Traits("ana ruiz", frozenset(), frozenset())


@pytest.mark.parametrize(("level", "trust"), [(Level.CLAIMED, Level.STORED), (Level.STORED, Level.OBSERVED)])
def test_only_what_the_books_hold_counts(level: Level, trust: Level) -> None:
    assert not read("ana@x-mail.es", "612345678", level=level, trust=trust).comparable


def test_a_value_that_is_no_key_and_other_kinds_of_identifier_do_not_count() -> None:
    assert not read("n/a", "-", "Ana Ruiz").comparable
    assert read("ana@x-mail.es", name="Ana Ruiz").comparable
