"""The checker accepts a conflict case that is one, and objects to one that is not, or that names others."""

from collections.abc import Sequence
from typing import Any

import pytest

from integrations.contract import Level
from tests.builders import (
    a_call,
    a_code,
    a_login,
    a_record,
    a_row,
    a_visit,
    account,
    at,
    cookie,
    email,
    version,
)
from worker.checker import Case, Fault, check
from worker.domain.decisions import Decision
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.domain.resolve import resolve

ANA = email("ana@x.es", Level.VERIFIED)


def different(*sides: Sequence[Record], on: float = 1) -> Decision:
    ids = tuple(tuple(record.id for record in side) for side in sides)
    return Decision(id="told-apart", kind="different", at=at(on), author="eva", sides=ids)


def cases_of(records: Sequence[Record], decisions: Sequence[Decision] = ()) -> list[Case]:
    return [
        Case(each.case, each.kind, each.key, each.records, each.sides, each.decision)
        for each in resolve(records, None, decisions).conflicts
    ]


def objections(
    case: Case, records: Sequence[Record], decisions: Sequence[Decision] = (), policy: Policy | None = None
) -> list[Fault]:
    """Return what is wrong with the case, beside what else there may be."""
    contacts = resolve(records, policy, decisions).contacts
    return check(contacts, records, decisions, policy, [case])


BY_ACCOUNTS = [a_login("u-1", ANA), a_login("u-2", ANA)]
BY_NAMES = [
    a_login("u-1", cookie("ck"), name="Ana Ruiz"),
    a_record("crm", version("b", cookie("ck", Level.STORED), name="Luis Ruiz")),
]
CHAIN = [
    a_login("u-1", cookie("ck-1")),
    a_visit("ck-1", cookie("ck-2")),
    a_login("u-2", cookie("ck-2")),
]
AT_ONCE = [a_record("chat", version("s", account("u-1"), account("u-2")))]
TOLD = [a_login("u-1", ANA), a_row(mail="ana@x.es")]
CALL = a_call(on=0)
LATER = [CALL, a_code(ANA, about=CALL, line=None, on=2)]
REAL = {
    "two accounts on a value": (BY_ACCOUNTS, (), "contested"),
    "two names on a value": (BY_NAMES, (), "contested"),
    "a chain of cookies": (CHAIN, (), "torn"),
    "two accounts on a record": (AT_ONCE, (), "two accounts"),
    "a proof after the decision": (TOLD, (different(TOLD[:1], TOLD[1:], on=-1),), "reopened"),
    "a statement after the decision": (LATER, (different(LATER[:1], LATER[1:]),), "reopened"),
}


@pytest.mark.parametrize("name", REAL)
def test_a_case_that_is_one_is_accepted(name: str) -> None:
    records, decisions, kind = REAL[name]

    (case,) = cases_of(records, decisions)

    assert case.kind == kind
    assert objections(case, records, decisions) == []


FALSE: dict[str, tuple[str, dict[str, Any], str]] = {
    "another identifier": (
        "two accounts on a value",
        {"key": ("email", "", "eva@x.es")},
        "is about an identifier that is not contested",
    ),
    "no identifier": (
        "two accounts on a value",
        {"key": None},
        "is about an identifier that is not contested",
    ),
    "fewer records": (
        "two accounts on a value",
        {"records": (BY_ACCOUNTS[0].id,), "sides": ((BY_ACCOUNTS[0].id,),)},
        "does not name exactly the records that hold its identifier stored or verified",
    ),
    "one side of two people": (
        "two accounts on a value",
        {"sides": ((BY_ACCOUNTS[0].id, BY_ACCOUNTS[1].id),)},
        "has sides that are not of two accounts and not of incompatible names",
    ),
    "one side of two names": (
        "two names on a value",
        {"sides": ((BY_NAMES[0].id, BY_NAMES[1].id),)},
        "has sides that are not of two accounts and not of incompatible names",
    ),
    "a side from elsewhere": (
        "two names on a value",
        {"sides": (("0" * 24,),)},
        "has records on its sides that it is not about",
    ),
    "records from elsewhere": (
        "two names on a value",
        {"records": ("0" * 24,)},
        "names records that are not there",
    ),
    "no two accounts": (
        "a chain of cookies",
        {"sides": ((CHAIN[0].id,),)},
        "has sides that are not of two accounts",
    ),
    "a broken chain": (
        "a chain of cookies",
        {"records": (CHAIN[0].id, CHAIN[2].id)},
        "is about records that nothing connects",
    ),
    "no known kind": ("a chain of cookies", {"kind": "guessed"}, "is of no known kind"),
    "another decision": (
        "a proof after the decision",
        {"decision": "another"},
        "is about a decision that is not in force",
    ),
    "one side of a decision": (
        "a proof after the decision",
        {"sides": ((TOLD[0].id,),)},
        "does not have the sides of its decision",
    ),
    "sides that were never told": (
        "a proof after the decision",
        {"sides": ((TOLD[0].id, TOLD[1].id),)},
        "does not have the sides of its decision",
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_case_that_says_something_else_is_objected_to(name: str) -> None:
    of, fields, what = FALSE[name]
    records, decisions, _ = REAL[of]
    (case,) = cases_of(records, decisions)
    spoiled = case._replace(**fields)

    faults = objections(spoiled, records, decisions)

    assert [(each.case, each.rule, each.what) for each in faults] == [(case.id, spoiled.kind, what)]


def test_a_value_that_is_common_now_is_no_case() -> None:
    (case,) = cases_of(BY_ACCOUNTS)

    faults = objections(case, BY_ACCOUNTS, policy=Policy(common_limit=1))

    assert [each.what for each in faults] == ["is about an identifier that is not contested"]


def test_one_account_on_a_record_is_no_case() -> None:
    (case,) = cases_of(AT_ONCE)
    one = a_login("u-1", key="s")

    faults = objections(case, [one])

    assert [each.what for each in faults] == ["is not about one record that names two accounts at once"]


@pytest.mark.parametrize("of", ["a proof after the decision", "a statement after the decision"])
def test_proof_from_before_the_decision_reopens_nothing(of: str) -> None:
    records, decisions, _ = REAL[of]
    (case,) = cases_of(records, decisions)

    faults = objections(case, records, [different(records[:1], records[1:], on=9)])

    assert [each.what for each in faults] == ["rests on no proof that came after its decision"]


def test_a_case_of_records_that_are_tied_no_more_is_not_reopened() -> None:
    records, decisions, _ = REAL["a proof after the decision"]
    (case,) = cases_of(records, decisions)

    faults = objections(case, records, decisions, Policy(trust={"crm": Level.OBSERVED}))

    assert [each.what for each in faults] == ["is about records that nothing connects"]


@pytest.mark.parametrize(
    "said",
    [
        {"number": "+34600000001", "name": "Ana Ruiz"},
        {"number": "+34600000001", "mail": "eva@x.es"},
    ],
    ids=["phone and name", "phone and e-mail"],
)
def test_rows_that_corroborate_each_other_are_a_link_of_a_chain(said: dict[str, str]) -> None:
    one, other = a_row(key="1", **said), a_row(key="2", **said)  # type: ignore[arg-type] # no times among them
    code = a_code(ANA, about=other, line=None, on=2)
    decisions = [different([one], [code])]

    (case,) = cases_of([one, other, code], decisions)
    faults = objections(case, [one, a_row(key="2", customer="c-2"), code], decisions)

    assert objections(case, [one, other, code], decisions) == []
    assert [each.what for each in faults] == ["is about records that nothing connects"]


def test_a_decision_that_records_are_one_person_is_a_link_of_a_chain() -> None:
    one, other = a_call(on=0), a_call(None, on=0)
    code = a_code(ANA, about=other, line=None, on=2)
    same = Decision(id="same", kind="same", at=at(0), author="eva", sides=((one.id,), (other.id,)))
    apart = different([one], [code])

    (case,) = cases_of([one, other, code], [same, apart])

    assert objections(case, [one, other, code], [same, apart]) == []
    assert [each.what for each in objections(case, [one, other, code], [apart])] == [
        "is about records that nothing connects"
    ]


class TestSidesOfAReopenedCase:
    """A case says who is on each side, those who are there by their account too; and rests on its own proof."""

    def test_a_session_of_the_same_account_is_on_the_side(self) -> None:
        first, later, stored = a_login("u-1"), a_login("u-1", ANA, on=3), a_row(mail="ana@x.es")
        decisions = [different([first], [stored])]

        (case,) = cases_of([first, later, stored], decisions)

        assert sorted(map(sorted, case.sides)) == sorted([sorted([first.id, later.id]), [stored.id]])
        assert objections(case, [first, later, stored], decisions) == []

    def test_a_statement_about_somebody_else_reopens_nothing(self) -> None:
        call = a_record("pbx", version("c", occurred_at=at(5), about=("pbx", "not there yet")))
        code = a_code(ANA, about=call, line=None, on=0)

        assert cases_of([call, code], [different([call], [code])]) == []

    def test_a_word_that_is_not_sure_reopens_nothing(self) -> None:
        def call(level: Level) -> Record:
            return a_record("pbx", version("c", occurred_at=at(5), about=("avouch", "code", level)))

        sure, unsure = call(Level.VERIFIED), call(Level.CLAIMED)
        code = a_code(ANA, about=sure, line=None, on=0, key="code")
        decisions = [different([sure], [code])]

        (case,) = cases_of([sure, code], decisions)
        faults = objections(case, [unsure, code], decisions)

        assert objections(case, [sure, code], decisions) == []
        assert cases_of([unsure, code], decisions) == []
        assert [each.what for each in faults] == ["rests on no proof that came after its decision"]
