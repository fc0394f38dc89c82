"""DESIGN 2.2, "Corroborate": rows of the books are one person when two of e-mail, phone and full name agree."""

import pytest

from integrations.contract import Level
from tests.builders import (
    P,
    Q,
    a_chat,
    a_complete_row,
    a_login,
    a_record,
    a_row,
    account,
    contact_of,
    email,
    phone,
    suggested,
    told,
    version,
)
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.domain.resolve import resolve

ANA, LUIS = "Ana Ruiz", "Luis Ruiz"
E, F = "ana@x.es", "other@y.es"

ONE = "lead: one, other"
TWO = {"lead: one", "lead: other"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (a_row(name=ANA, mail=E, key="one"), a_row(name=ANA, mail=E, key="other")),
        (a_row(name=ANA, number=P, key="one"), a_row(name=ANA, number=P, key="other")),
        (a_row(mail=E, number=P, key="one"), a_row(mail=E, number=P, key="other")),
        (a_row(name=ANA, mail=E, key="one"), a_row(name="RUIZ, Ana", mail="ANA@X.ES", key="other")),
        (a_row(name=ANA, mail=E, number=P, key="one"), a_row(name="A. Ruiz", mail=E, number=P, key="other")),
    ],
    ids=[
        "name and e-mail",
        "name and phone",
        "e-mail and phone",
        "name and e-mail in canonical form",
        "e-mail and phone under compatible names",
    ],
)
def test_two_rows_are_one_person_when_they_agree_in(one: Record, other: Record) -> None:
    (contact,) = resolve([one, other]).contacts

    assert {record.id for record in contact.records} == {"one", "other"}


def test_the_proof_names_both_agreements() -> None:
    rows = [a_row(mail=E, number=P, key=key) for key in ("one", "other")]

    (contact,) = resolve(rows).contacts

    (proof,) = contact.proofs
    assert (proof.rule, proof.keys) == ("corroborated", (("email", "", E), ("phone", "", P)))


@pytest.mark.parametrize(
    ("one", "other", "suggestions"),
    [
        (a_row(name=ANA, mail=E, key="one"), a_row(name="A. Ruiz", mail=E, key="other"), {"one ~ other"}),
        (a_row(name="Ana", mail=E, key="one"), a_row(name="Ana", mail=E, key="other"), {"one ~ other"}),
        (a_row(mail=E, key="one"), a_row(mail=E, key="other"), {"one ~ other"}),
        (a_row(name=ANA, key="one"), a_row(name=ANA, key="other"), {"one ~ other"}),
        (a_row(name=ANA, mail=E, key="one"), a_row(name=ANA, mail=F, key="other"), {"one ~ other"}),
        (a_row(name=ANA, mail=E, key="one"), a_row(name="Luis Gil", mail=F, key="other"), set()),
    ],
    ids=[
        "e-mail and an initial",
        "e-mail and a first name",
        "e-mail",
        "name",
        "name, with two e-mails",
        "nothing",
    ],
)
def test_one_agreement_alone_is_at_most_a_suggestion(
    one: Record, other: Record, suggestions: set[str]
) -> None:
    contacts = resolve([one, other])

    assert told(contacts) == TWO
    assert suggested(contacts, [one, other]) == suggestions


def test_two_e_mails_are_one_agreement() -> None:
    rows = [
        a_record("crm", version(key, email(E, Level.STORED), email(F, Level.STORED)))
        for key in ("one", "other")
    ]

    assert told(resolve(rows)) == TWO


class TestContradiction:
    """... and nothing contradicts."""

    def test_incompatible_names(self) -> None:
        one = a_row(name=ANA, mail=E, number=P, key="one")
        other = a_row(name=LUIS, mail=E, number=P, key="other")

        contacts = resolve([one, other])

        assert told(contacts) == {"user: one", "user: other"}
        assert suggested(contacts, [one, other]) == {"one ~ other"}

    def test_incompatible_first_names(self) -> None:
        one = a_row(name="Ana", mail=E, number=P, key="one")
        other = a_row(name="Luis", mail=E, number=P, key="other")

        assert told(resolve([one, other])) == TWO

    @pytest.mark.parametrize(
        ("father", "son"),
        [
            ("John Smith Sr", "John Smith Jr"),
            ("John Smith", "John Smith Jr"),
            ("John Smith II", "John Smith III"),
        ],
    )
    def test_father_and_son(self, father: str, son: str) -> None:
        one = a_complete_row(name=father, key="one")
        other = a_complete_row(name=son, key="other")

        assert told(resolve([one, other])) == {"user: one", "user: other"}

    def test_two_accounts_of_one_namespace(self) -> None:
        one = a_row(name=ANA, mail=E, customer="c-1", key="one")
        other = a_row(name=ANA, mail=E, customer="c-2", key="other")

        assert told(resolve([one, other])) == TWO

    def test_accounts_of_two_namespaces_do_not_contradict(self) -> None:
        one = a_row(name=ANA, mail=E, customer="c-1", key="one")
        other = a_record(
            "shop", version("other", email(E, Level.STORED), account("s-9", Level.STORED, "shop"), name=ANA)
        )

        assert told(resolve([one, other])) == {ONE}


class TestHousehold:
    """A household (one landline, one surname, two first names) stays two people."""

    def test_one_landline_and_two_first_names_are_two_people(self) -> None:
        landline = "+34912345678"
        one = a_row(name=ANA, number=landline, key="one")
        other = a_row(name=LUIS, number=landline, key="other")

        contacts = resolve([one, other])

        assert told(contacts) == TWO
        assert suggested(contacts, [one, other]) == {"one ~ other"}

    def test_a_shared_e_mail_counts_as_no_agreement_for_anybody(self) -> None:
        one = a_row(name=ANA, mail=E, key="one")
        other = a_row(name=ANA, mail=E, key="other")
        husband = a_row(name=LUIS, mail=E, key="husband")

        assert told(resolve([one, other, husband])) == {*TWO, "lead: husband"}

    def test_beside_a_shared_landline_the_own_e_mail_still_agrees(self) -> None:
        one = a_row(name=ANA, mail=E, number=P, key="one")
        other = a_row(name=ANA, mail=E, number=P, key="other")
        husband = a_row(name=LUIS, number=P, key="husband")

        assert told(resolve([one, other, husband])) == {"user: one, other", "lead: husband"}


class TestOnlyTheBooks:
    """Only stored records corroborate; caller-id names are no names."""

    @pytest.mark.parametrize("level", [Level.CLAIMED, Level.OBSERVED], ids=lambda level: level.value)
    def test_what_is_not_stored_agrees_with_nothing(self, level: Level) -> None:
        row = a_row(name=ANA, mail=E, number=P, key="one")
        form = a_chat(email(E, Level.CLAIMED), phone(P, level), name=ANA, on=1, key="other")

        assert told(resolve([row, form])) == {"user: one", "lead: other"}

    @pytest.mark.parametrize("common", ["info@x.es", "test@x.es"])
    def test_a_common_e_mail_agrees_with_nothing(self, common: str) -> None:
        rows = [a_row(name=ANA, mail=common, key=key) for key in ("one", "other")]

        assert told(resolve(rows)) == TWO

    def test_a_typed_name_does_not_make_an_e_mail_shared(self) -> None:
        rows = [a_row(name=ANA, mail=E, key=key) for key in ("one", "other")]
        typed = a_chat(email(E, Level.CLAIMED), name=LUIS, key="typed")

        assert told(resolve([*rows, typed])) == {ONE, "lead: typed"}

    @pytest.mark.parametrize("nobody", ["WIRELESS CALLER", "unknown", "Test Test"])
    def test_a_name_of_nobody_agrees_with_nothing(self, nobody: str) -> None:
        rows = [a_row(name=nobody, mail=E, key=key) for key in ("one", "other")]

        assert told(resolve(rows)) == TWO


class TestFallsApart:
    """A component that corroboration holds together and that contains incompatible full names falls apart."""

    def test_a_chain_between_two_names_falls_apart_into_suggestions(self) -> None:
        one = a_row(name=ANA, mail=E, number=P, key="one")
        between = a_record(
            "crm",
            version(
                "between",
                *(email(each, Level.STORED) for each in (E, F)),
                *(phone(each, Level.STORED) for each in (P, Q)),
            ),
        )
        other = a_row(name=LUIS, mail=F, number=Q, key="other")

        contacts = resolve([one, between, other])

        assert told(contacts) == {"user: one", "lead: between", "user: other"}
        assert suggested(contacts, [one, between, other]) == {"between ~ one", "between ~ other"}

    def test_what_proof_holds_together_stays(self) -> None:
        row = a_row(name=ANA, mail=E, number=P, key="row")
        twin = a_row(mail=E, number=P, key="twin")
        luis = a_login("u-1", phone(Q, Level.VERIFIED), key="luis", name=LUIS)
        link = a_record("crm", version("link", phone(Q, Level.STORED), account("c-1", Level.STORED, "crm")))
        card = a_record(
            "crm",
            version(
                "card", account("c-1", Level.STORED, "crm"), email(E, Level.STORED), phone(P, Level.STORED)
            ),
        )

        assert told(resolve([row, twin, luis, link, card])) == {
            "user: row",
            "lead: twin",
            "user: card, link, luis",
        }


def test_corroborated_rows_and_their_login_are_one_user() -> None:
    one = a_row(name=ANA, mail=E, key="one")
    other = a_row(name=ANA, mail=E, key="other")
    login = a_login("u-1", email(E, Level.VERIFIED), key="login")

    contacts = resolve([one, other, login], Policy())

    assert told(contacts) == {"user: login, one, other"}
    assert contact_of(contacts, one).id == login.id
