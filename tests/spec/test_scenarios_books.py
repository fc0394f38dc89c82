"""Scenarios: stored duplicates and households."""

import pytest

from integrations.contract import Level
from tests.builders import P, a_login, a_row, contact_of, email, phone, told
from tests.orders import in_every_order, suggested_in_every_order, told_in_every_order

STORED, VERIFIED = Level.STORED, Level.VERIFIED
E = "ana@x.es"
LANDLINE = "+34912345678"


@pytest.mark.scenario(47)
class TestTheSamePersonTwice:
    """Two rows with the same name, e-mail and phone under different ids are one contact, corroborated."""

    def test_the_proof_names_the_rows_and_the_smallest_agreement(self) -> None:
        rows = [a_row(name="Ana Ruiz", mail=E, number=P, key=key) for key in ("row-1", "row-2")]

        resolution = in_every_order(rows)

        assert told(resolution) == {"user: row-1, row-2"}
        (proof,) = [each for each in contact_of(resolution, rows[0]).proofs if each.rule == "corroborated"]
        assert proof.evidence == tuple(row.id for row in rows)
        assert proof.keys == (("email", "", E),)  # One identifier is named where the full name agrees too.


@pytest.mark.scenario(48)
class TestAHouseholdInTheBooks:
    """Two rows with one landline and one surname but two first names are two contacts."""

    def test_they_stay_two_with_one_suggestion_at_most(self) -> None:
        ana = a_row(name="Ana Ruiz", number=LANDLINE, key="ana")
        luis = a_row(name="Luis Ruiz", number=LANDLINE, key="luis")

        contacts = told_in_every_order(ana, luis)
        suggestions = suggested_in_every_order(ana, luis)

        assert contacts == {"lead: ana", "lead: luis"}
        assert len(suggestions) <= 1


@pytest.mark.scenario(49)
class TestOneAddressTwoNames:
    """Two rows with the same e-mail and incompatible names are two contacts and a suggestion."""

    def test_they_stay_two_and_a_person_is_asked(self) -> None:
        ana = a_row(name="Ana Ruiz", mail=E, key="ana")
        luis = a_row(name="Luis Gomez", mail=E, key="luis")

        contacts = told_in_every_order(ana, luis)
        suggestions = suggested_in_every_order(ana, luis)

        assert contacts == {"lead: ana", "lead: luis"}
        assert suggestions == {"ana ~ luis"}


@pytest.mark.scenario(50)
class TestARowBetweenTwoUsers:
    """When one row holds e-mail e, verified by A, and phone p, verified by B, A and B stay two, with a case."""

    def test_the_row_belongs_to_neither_and_a_conflict_case_is_opened(self) -> None:
        row = a_row(name="Ana Ruiz", mail=E, number=P, key="row")
        ana = a_login("ana", email(E, VERIFIED), on=1, key="ana")
        luis = a_login("luis", phone(P, VERIFIED), on=2, key="luis")

        resolution = in_every_order([row, ana, luis])

        assert {"user: ana", "user: luis"} < told(resolution)
        (case,) = resolution.conflicts
        assert case.kind == "torn"
        assert set(case.records) == {row.id, ana.id, luis.id}
        assert set(case.sides) == {(ana.id,), (luis.id,)}
