"""Why not: for every situation what it is, and an advice that does what it says."""

from collections.abc import Sequence

import pytest

from integrations.contract import Identifier, Level
from tests.builders import (
    P,
    Q,
    a_call,
    a_chat,
    a_code,
    a_login,
    a_row,
    at,
    contact_of,
    cookie,
    email,
    identifier,
    phone,
)
from worker.domain.advice import ADVICE, PROOFS, Missing, masked
from worker.domain.decisions import Decision
from worker.domain.policy import Policy
from worker.domain.records import Key, Record
from worker.domain.resolve import resolve
from worker.domain.why_not import WhyNot, why_not

ANA = email("ana@x.es", Level.VERIFIED)


def compared(
    one: Record,
    other: Record,
    *others: Record,
    decisions: Sequence[Decision] = (),
    policy: Policy | None = None,
) -> WhyNot:
    """Compare the contacts that two records are in."""
    records = [one, other, *others]
    policy = policy or Policy()
    resolution = resolve(records, policy, decisions)
    return why_not(contact_of(resolution, one), contact_of(resolution, other), records, policy, decisions)


def decided(*sides: Record) -> Decision:
    return Decision(
        id="d1", kind="different", at=at(1), author="eva", sides=tuple((each.id,) for each in sides)
    )


SITUATIONS: dict[str, list[Record]] = {
    "common": [a_row(mail="info@x.es", name="Ana Ruiz"), a_row(mail="info@x.es", name="Luis Gómez")],
    "contested": [
        a_login("u-17", cookie("ck1"), name="Ana Ruiz"),
        a_login("u-20", cookie("ck1"), name="Luis Gómez"),
    ],
    "spelling": [a_row(mail="ana+shop@x.es"), a_row(mail="ana@x.es")],
    "unproved": [a_call(P), a_login("u-17", phone(P, Level.CLAIMED))],
    "half proved": [a_chat(email("ana@x.es", Level.CLAIMED)), a_chat(ANA)],
    "one agreement": [a_row(mail="ana@x.es", name="Ana Ruiz"), a_row(mail="ana@x.es")],
    "names": [a_row(number=P, name="Ana Ruiz"), a_row(number=P, name="Luis Gómez")],
    "contradicted": [
        a_row(mail="ana@x.es", number=P, name="Ana Ruiz"),
        a_chat(
            *(email(each, Level.STORED) for each in ("ana@x.es", "luis@x.es")),
            *(phone(each, Level.STORED) for each in (P, Q)),
        ),
        a_row(mail="luis@x.es", number=Q, name="Luis Gómez"),
    ],
    "torn": [a_chat(ANA, key="v1"), a_row(mail="ana@x.es", key="7")],
}


def in_situation(situation: str) -> WhyNot:
    records = SITUATIONS[situation]
    decisions = [decided(*records)] if situation == "torn" else []
    return compared(*records, decisions=decisions)


@pytest.mark.parametrize("situation", ADVICE)
def test_every_situation_is_known_for_what_it_is(situation: str) -> None:
    assert situation in [point.situation for point in in_situation(situation).points]


@pytest.mark.parametrize("situation", ADVICE)
def test_every_situation_says_why_it_joins_nobody(situation: str) -> None:
    for point in in_situation(situation).points:
        assert point.because
        assert "{" not in point.because


@pytest.mark.parametrize(
    ("situation", "reason"), [("common", "it is a role address"), ("contested", "it leads to two accounts")]
)
def test_what_is_known_more_exactly_is_said(situation: str, reason: str) -> None:
    (point,) = in_situation(situation).points

    assert point.because.endswith(reason)


@pytest.mark.parametrize("type_", PROOFS)
def test_every_type_of_identifier_has_its_proof(type_: str) -> None:
    assert Missing(need="proof by both", key=(type_, "app", "u-1717")).says


@pytest.mark.parametrize(
    ("situation", "says"),
    [
        ("half proved", ["a confirmed link at a…@x.es"]),
        (
            "one agreement",
            ["a confirmed link at a…@x.es", "a second agreement in the books: phone or full name"],
        ),
        ("unproved", ["a one-time code to +34…78", "a login with the account u… (app)"]),
        ("common", []),
        ("names", []),
    ],
)
def test_the_advice_is_a_proof_with_its_value_masked(situation: str, says: list[str]) -> None:
    assert [each.says for each in in_situation(situation).missing] == says


@pytest.mark.parametrize("situation", ["half proved", "one agreement", "unproved", "spelling"])
def test_a_proof_that_is_advised_joins_them(situation: str) -> None:
    records = SITUATIONS[situation]

    for missing in in_situation(situation).missing:
        if missing.need != "agreement":
            told = [record for record in records if missing.by in {"", record.id}]
            proofs = [a_code(proof_of(missing.key), about=record, line=None) for record in told]
            after = resolve([*records, *proofs])
            assert contact_of(after, records[0]) == contact_of(after, records[1])


def proof_of(key: Key) -> Identifier:
    type_, namespace, value = key
    return identifier(type_, value, Level.VERIFIED, namespace)  # type: ignore[arg-type]  # canonical types only


def test_a_second_agreement_that_is_advised_joins_them() -> None:
    one, other = a_row(mail="ana@x.es", number=P, key="1"), a_row(mail="ana@x.es", key="2")
    advised = [each.says for each in compared(one, other).missing]

    better = a_row(mail="ana@x.es", number=P, key="2")

    assert "a second agreement in the books: phone or full name" in advised
    assert len(resolve([one, better]).contacts) == 1


def test_one_contact_is_said_to_be_one() -> None:
    assert compared(a_call(P), a_call(P, on=1)).verdict == "one contact"


def test_a_decision_comes_before_what_they_share() -> None:
    one, other = SITUATIONS["one agreement"]

    answer = compared(one, other, decisions=[decided(one, other)])

    assert (answer.verdict, answer.missing) == ("kept apart", ())
    assert answer.decision == decided(one, other)


def test_two_accounts_are_two_people_whatever_they_share() -> None:
    answer = in_situation("contested")

    assert (answer.verdict, answer.accounts, answer.missing) == (
        "two accounts",
        (("app", "u-17", "u-20"),),
        (),
    )


def test_without_a_shared_identifier_nothing_is_advised() -> None:
    answer = compared(a_call(P), a_call(Q))

    assert (answer.verdict, answer.points, answer.missing) == ("nothing shared", (), ())


def test_whether_a_value_is_common_depends_on_all_who_hold_it() -> None:
    rows = [a_row(number=P, name=f"{name} Ruiz") for name in ("Ana", "Luis", "Eva", "Marta", "Iván", "Olga")]

    (point,) = compared(*rows).points

    assert (point.situation, point.reason) == ("common", "stands under more than 5 names or accounts")


def test_what_a_person_marked_common_is_common() -> None:
    marked = Decision(id="d2", kind="common", at=at(1), author="eva", key=("phone", "", P))

    (point,) = compared(a_call(P), a_row(number=P, name="Ana Ruiz", mail="a@x.es"), decisions=[marked]).points

    assert (point.situation, point.reason) == ("common", "was marked so by a person")


def test_a_proof_that_counts_as_claimed_says_why() -> None:
    chat, row = a_chat(ANA), a_row(mail="ana@x.es", name="Ana Ruiz")
    void = Decision(
        id="d3", kind="void", at=at(1), author="eva", sides=((chat.id,),), key=("email", "", "ana@x.es")
    )

    (point,) = compared(chat, row, decisions=[void]).points

    assert (point.situation, point.faults) == ("half proved", ("a person took it for false",))


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (("phone", "", "+34612345612"), "+34…12"),
        (("phone", "", "+12025550123;ext=12"), "+12…23"),
        (("email", "", "ana@x.es"), "a…@x.es"),
        (("account", "app", "u-17"), "u… (app)"),
        (("handle", "", "ana"), "a…"),
    ],
)
def test_values_are_masked_in_advice(key: Key, shown: str) -> None:
    assert masked(key) == shown
