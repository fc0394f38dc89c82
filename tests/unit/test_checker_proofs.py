"""The checker asks of each proof whether its rule holds: what is weak, set aside, late or somebody else's is not."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import pytest

from integrations.contract import Identifier, Level, Token
from tests.builders import (
    P,
    Q,
    a_call,
    a_chat,
    a_code,
    a_login,
    a_message,
    a_record,
    a_row,
    a_visit,
    account,
    at,
    cookie,
    email,
    phone,
    version,
)
from worker.checker import check, gathering, joins, setting_aside, users
from worker.domain.contacts import Contact
from worker.domain.decisions import Decision, DecisionKind
from worker.domain.policy import Policy
from worker.domain.proofs import Reason
from worker.domain.records import Record
from worker.domain.resolve import resolve

ANA = email("ana@x.es", Level.VERIFIED)
E = ("email", "", "ana@x.es")
LINE = ("phone", "", P)


def said(kind: DecisionKind, *sides: Sequence[Record], on: float = 9, **fields: Any) -> Decision:
    ids = tuple(tuple(record.id for record in side) for side in sides)
    return Decision(id=f"{kind}-{on}", kind=kind, at=at(on), author="eva", sides=ids, **fields)


class Claim(NamedTuple):
    """Contacts that some records make, and the evidence that they are held against."""

    claimed: list[Record]
    evidence: list[Record]
    policy: Policy = Policy()
    decisions: tuple[Decision, ...] = ()
    policy_then: Policy = Policy()
    decisions_then: tuple[Decision, ...] = ()

    def objections(self) -> set[tuple[str, str]]:
        """Return the rules that do not hold, and why."""
        contacts: list[Contact] = list(resolve(self.claimed, self.policy_then, self.decisions_then).contacts)
        known = {record.id for record in self.claimed}
        for record in self.evidence:
            contacts += resolve([record], self.policy).contacts if record.id not in known else ()
        faults = check(contacts, self.evidence, self.decisions, self.policy)
        return {(fault.rule, fault.what) for fault in faults}


def beside(claimed: list[Record], *others: Record, **fields: Any) -> Claim:
    """Hold what `claimed` makes by itself against what others say as well."""
    return Claim(claimed, [*claimed, *others], **fields)


def same_evidence(records: list[Record], **fields: Any) -> Claim:
    return Claim(records, records, **fields)


LOGIN_AND_ROW = [a_login("u-1", ANA), a_row(mail="ana@x.es", on=1)]
ROWS = [a_row(name="Ana Ruiz", mail="ana@x.es"), a_row(name="Ana Ruiz", mail="ana@x.es", on=1)]
BY_MAIL_AND_PHONE = [a_row(mail="ana@x.es", number=P), a_row(mail="ana@x.es", number=P, on=1)]
CALL = a_call(on=0)
PROVED = a_login("u-1", phone(P, Level.VERIFIED), on=1)
CODE = a_code(ANA, about=CALL, line=None)
LINES = [a_call(on=0), a_call(on=1)]
OFFICE = a_login("u-1", email("info@x.es", Level.VERIFIED))
TWO_CALLS = [a_call(P), a_call(Q, on=1)]
SAME = said("same", TWO_CALLS[:1], TWO_CALLS[1:])

WEAK = {
    "the books' source is trusted less": (
        same_evidence(LOGIN_AND_ROW, policy=Policy(trust={"crm": Level.OBSERVED})),
        ("verified-stored", joins.WEAKER),
    ),
    "the proof's source is trusted less": (
        same_evidence(LOGIN_AND_ROW, policy=Policy(trust={"chat": Level.STORED})),
        ("verified-stored", joins.NOBODY_PROVED),
    ),
    "a person said that the proof is false": (
        same_evidence(LOGIN_AND_ROW, decisions=(said("void", LOGIN_AND_ROW[:1], key=E),)),
        ("verified-stored", joins.WEAKER),
    ),
    "the value is contested by another account": (
        beside(LOGIN_AND_ROW, a_login("u-2", ANA, on=2)),
        ("verified-stored", setting_aside.CONTESTED),
    ),
    "the value is contested by another name": (
        beside(
            [a_visit("ck"), a_visit("ck", on=1)],
            a_login("u-1", cookie("ck"), name="Ana Ruiz", on=2),
            a_row(name="Luis Ruiz", customer="c-1", key="x", on=3),
            a_record("crm", version("y", cookie("ck", Level.STORED), phone(Q, Level.STORED), name="Luis Ruiz")),
        ),
        ("verified", setting_aside.CONTESTED),
    ),
    "the value is common by names": (
        beside(LOGIN_AND_ROW, *(a_row(name=f"Name{word} Ruiz", mail="ana@x.es") for word in "abcdef")),
        ("verified-stored", setting_aside.COMMON),
    ),
    "the value is common by a decision": (
        same_evidence(LOGIN_AND_ROW, decisions=(said("common", key=E),)),
        ("verified-stored", setting_aside.COMMON),
    ),
    "the value is the company's own": (
        same_evidence(LOGIN_AND_ROW, decisions=(said("own", key=E),)),
        ("verified-stored", setting_aside.COMMON),
    ),
    "the local part is an office's here": (
        same_evidence(LOGIN_AND_ROW, policy=Policy(extra_roles=frozenset({"ana"}))),
        ("verified-stored", setting_aside.COMMON),
    ),
    "the limit is lower now": (
        same_evidence(ROWS, policy=Policy(common_limit=0)),
        ("corroborated", setting_aside.COMMON),
    ),
    "the books' account is contested": (
        beside(
            [a_row(customer="c-1"), a_row(customer="c-1", on=1)],
            a_login("u-1", account("c-1", Level.STORED, "crm"), on=2),
            a_login("u-2", account("c-1", Level.STORED, "crm"), on=3),
        ),
        ("account", setting_aside.CONTESTED),
    ),
    "the source may not say what a record is about": (
        same_evidence([CALL, CODE], policy=Policy(trust={"avouch": Level.STORED})),
        ("about", joins.NOT_TRUSTED),
    ),
    "the source is not sure what a record is about": (
        Claim([CALL, CODE], [CALL, msgspec.structs.replace(CODE, about_level=Level.CLAIMED)]),
        ("about", joins.NOT_SURE),
    ),
    "the decision was withdrawn": (
        same_evidence(
            TWO_CALLS,
            decisions_then=(SAME,),
            decisions=(msgspec.structs.replace(SAME, withdrawn_at=at(10)),),
        ),
        ("decided", joins.NO_DECISION),
    ),
    "a later decision divides the earlier one": (
        same_evidence(
            TWO_CALLS,
            decisions_then=(SAME,),
            decisions=(SAME, said("different", TWO_CALLS[:1], TWO_CALLS[1:], on=10)),
        ),
        ("decided", joins.NO_DECISION),
    ),
    "the books hold the address under another name": (
        beside(ROWS, a_row(name="Luis Ruiz", mail="ana@x.es", on=2)),
        ("corroborated", joins.SHARED),
    ),
    "rows that agree are no rows any more": (
        same_evidence(ROWS, policy=Policy(trust={"crm": Level.OBSERVED})),
        ("corroborated", joins.NO_ROW),
    ),
    "the names differ by now": (
        Claim(
            [a_row(name="Ana Ruiz", mail="ana@x.es", key="1"), a_row(name="Ana Ruiz", mail="ana@x.es", key="2")],
            [a_row(name="Ana Ruiz", mail="ana@x.es", key="1"), a_row(name="A. Ruiz", mail="ana@x.es", key="2")],
        ),
        ("corroborated", joins.OTHER_NAMES),
    ),
    "a certain tie brings in another name": (
        Claim(
            [
                *BY_MAIL_AND_PHONE,
                a_row(customer="c-1", name="Ana Ruiz", key="a"),
                a_record("crm", version("b", account("c-1", Level.STORED, "crm"), email("ana@x.es", Level.STORED), phone(P, Level.STORED))),
            ],
            [
                *BY_MAIL_AND_PHONE,
                a_row(customer="c-1", name="Luis Ruiz", key="a"),
                a_record("crm", version("b", account("c-1", Level.STORED, "crm"), email("ana@x.es", Level.STORED), phone(P, Level.STORED), name="Ana Ruiz")),
            ],
        ),
        ("corroborated", joins.CONTRADICTED),
    ),
    "the proof of a user is contested": (
        beside([a_code(ANA, about=CALL, line=None), CALL], a_login("u-1", ANA), a_login("u-2", ANA)),
        ("verified-user", setting_aside.CONTESTED),
    ),
    "a person said that the details are not complete": (
        same_evidence(
            [row := a_row(name="Ana Ruiz", mail="ana@x.es", number=P)],
            decisions=(said("void", [row]),),
        ),
        ("complete-user", users.PROVES_NOTHING),
    ),
    "an earlier proof came to light": (
        Claim(
            [a_login("u-1", on=1, key="1"), a_login("u-1", on=2, key="2")],
            [
                a_login("u-1", on=1, key="1"),
                a_record("chat", version("2", account("u-1"), occurred_at=at(2), updated_at=at(0))),
            ],
        ),
        ("verified-user", users.NOT_THE_EARLIEST),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WEAK)
def test_what_does_not_carry_a_proof_is_objected_to(name: str) -> None:
    claim, objection = WEAK[name]

    assert objection in claim.objections()


LINES_AND_HISTORY = {
    "the call started after the proof": (
        Claim([CALL, PROVED], [CALL, a_login("u-1", phone(P, Level.VERIFIED), on=-1, key=PROVED.key)]),
        ("history", gathering.TOO_LATE),
    ),
    "another user is bound to the line": (
        beside([CALL, PROVED], a_code(email("eva@x.es", Level.VERIFIED), about=a_call(), line=P, on=2)),
        ("history", gathering.OTHERS_BOUND),
    ),
    "the user is not bound to the line": (
        Claim([CALL, PROVED], [CALL, a_login("u-1", phone(Q, Level.VERIFIED), on=1, key=PROVED.key)]),
        ("history", gathering.NOBODY_BOUND),
    ),
    "the line is common": (
        same_evidence([CALL, PROVED], decisions=(said("common", key=LINE),)),
        ("history", setting_aside.COMMON),
    ),
    "the record was not observed on the line": (
        Claim([CALL, PROVED], [a_call(Q, on=0, key=CALL.key), PROVED]),
        ("history", gathering.NOT_OBSERVED),
    ),
    "what comes along is a row of the books": (
        Claim(
            [CALL, PROVED],
            [a_record("pbx", version(CALL.key, phone(P, Level.OBSERVED), email("a@x.es", Level.STORED))), PROVED],
        ),
        ("history", gathering.TOO_STRONG),
    ),
    "another user fits as well": (
        Claim(
            [CALL, PROVED],
            [
                a_record("pbx", version(CALL.key, phone(P, Level.OBSERVED), phone(Q, Level.OBSERVED))),
                PROVED,
                a_login("u-2", phone(Q, Level.VERIFIED), on=1),
            ],
        ),
        ("history", gathering.ANOTHER_FITS),
    ),
    "the line is the company's own": (
        same_evidence(LINES, policy=Policy(own_numbers=frozenset({P}))),
        ("line", gathering.BLOCKED),
    ),
    "the number was only claimed": (
        same_evidence(LINES, policy=Policy(trust={"pbx": Level.CLAIMED})),
        ("line", gathering.NEITHER),
    ),
    "the row is not all that the books hold on the line": (
        beside([CALL, a_row(number=P, on=1)], a_row(number=P, on=2)),
        ("line", gathering.NOT_ALL_ROWS),
    ),
    "the row's line is common": (
        same_evidence([CALL, a_row(number=P, on=1)], decisions=(said("common", key=LINE),)),
        ("line", setting_aside.COMMON),
    ),
    "two people of the books share the lead": (
        Claim(
            [a_call(P, on=0, key="1"), a_row(number=P, on=1, key="row"), a_call(P, on=2, key="2")],
            [
                a_call(P, on=0, key="1"),
                a_row(number=P, on=1, key="row"),
                a_record("pbx", version("2", phone(P, Level.OBSERVED), email("a@x.es", Level.STORED), occurred_at=at(2))),
            ],
        ),
        ("line", gathering.TWO_OF_THE_BOOKS),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES_AND_HISTORY)
def test_what_a_line_does_not_carry_is_objected_to(name: str) -> None:
    claim, objection = LINES_AND_HISTORY[name]

    assert objection in claim.objections()


def test_calls_after_the_proof_are_the_users_where_the_policy_says_so() -> None:
    attach = Policy(phone_binding="attach")
    later = a_call(on=5)

    then = same_evidence([later, PROVED], policy=attach, policy_then=attach)
    now = same_evidence([later, PROVED], policy_then=attach)

    assert then.objections() == set()
    assert now.objections() == {("history", gathering.TOO_LATE)}


def test_a_call_that_was_told_from_the_other_user_fits_one_alone() -> None:
    call = a_record("pbx", version("c", phone(P, Level.OBSERVED), phone(Q, Level.OBSERVED)))
    other = a_login("u-2", phone(Q, Level.VERIFIED), on=1)
    apart = (said("different", [call], [other]),)

    claim = same_evidence([call, PROVED, other], decisions=apart, decisions_then=apart)

    assert any(len(each.record_ids) > 1 for each in resolve(claim.claimed, None, apart).contacts)
    assert claim.objections() == set()


def signed(key: str, *, on: float, **token: Any) -> Record:
    stated = Identifier(
        type="account", namespace="app", value="u-1", level=Level.VERIFIED, token=Token(id="t-1", **token)
    )
    return a_record("chat", version(key, stated, occurred_at=at(on)))


@pytest.mark.parametrize(
    "evidence",
    [
        [signed("s", on=1, expires_at=at(0))],
        [signed("s", on=1, audience="others")],
        [signed("s", on=1), signed("earlier", on=0)],
    ],
    ids=["expired", "made for others", "used before"],
)
def test_a_token_that_is_not_good_proves_nobody(evidence: list[Record]) -> None:
    shop = Policy(audiences=frozenset({"shop"}))
    then = [signed("s", on=1)]

    claim = Claim(then, evidence, policy=shop)

    assert same_evidence(then, policy=shop).objections() == set()
    assert ("verified-user", users.PROVES_NOTHING) in claim.objections()


def test_an_account_that_the_newest_version_does_not_name_proves_nobody() -> None:
    handed_on = a_record(
        "chat",
        version("s", account("u-1"), occurred_at=at(0), updated_at=at(1)),
        version("s", account("u-2"), occurred_at=at(0), updated_at=at(2)),
    )
    at_once = a_record("chat", version("s", account("u-1"), account("u-2"), occurred_at=at(0)))
    then = [a_login("u-1", key="s")]

    objections = [Claim(then, [now]).objections() for now in (handed_on, at_once)]

    assert all(("verified-user", users.PROVES_NOTHING) in each for each in objections)


MALFORMED = [
    ("verified-stored", {"keys": ()}, joins.ONE_IDENTIFIER),
    ("verified", {"keys": (E, LINE)}, joins.ONE_IDENTIFIER),
    ("account", {"keys": ()}, joins.ONE_IDENTIFIER),
    ("account", {"keys": (E,)}, joins.NO_ACCOUNT),
    ("about", {"keys": (E,)}, joins.NO_IDENTIFIER),
    ("decided", {"keys": (E,)}, joins.NO_IDENTIFIER),
    ("decided", {"decision": "another"}, joins.NO_DECISION),
    ("corroborated", {"keys": ()}, joins.ONE_AGREEMENT),
    ("corroborated", {"keys": (("device", "site", "ck"),)}, joins.ONE_AGREEMENT),
    ("history", {"keys": ()}, gathering.NO_LINE),
    ("history", {"keys": (("device", "site", "ck"),)}, gathering.NO_LINE),
    ("line", {"keys": (("account", "app", "u-1"),)}, gathering.NO_LINE),
]


@pytest.mark.parametrize(("rule", "fields", "what"), MALFORMED)
def test_a_proof_that_does_not_name_what_its_rule_needs_is_objected_to(
    rule: str, fields: dict[str, Any], what: str
) -> None:
    records = {
        "verified-stored": LOGIN_AND_ROW,
        "verified": [a_visit("ck"), a_visit("ck", on=1)],
        "account": [a_row(customer="c-1"), a_row(customer="c-1", on=1)],
        "about": [CALL, CODE],
        "decided": TWO_CALLS,
        "corroborated": ROWS,
        "history": [CALL, PROVED],
        "line": LINES,
    }[rule]
    decisions = [SAME] if rule == "decided" else []
    (contact,) = resolve(records, None, decisions).contacts
    proofs = tuple(
        msgspec.structs.replace(each, **fields) if each.rule == rule else each for each in contact.proofs
    )

    faults = check([msgspec.structs.replace(contact, proofs=proofs)], records, decisions)

    assert {(fault.contact, fault.rule, fault.what) for fault in faults} == {(contact.id, rule, what)}


@pytest.mark.parametrize(
    ("records", "rule", "what"),
    [
        (LINES, "history", gathering.OF_A_LEAD),
        ([a_login("u-1", key="1"), a_login("u-1", key="2")], "line", gathering.OF_A_USER),
    ],
)
def test_a_line_makes_no_user_and_history_no_lead(records: list[Record], rule: str, what: str) -> None:
    (contact,) = resolve(records).contacts
    kept = (each for each in contact.proofs if each.rule.endswith("-user"))
    proofs = (*kept, Reason(rule, contact.record_ids, (LINE,)))

    faults = check([msgspec.structs.replace(contact, proofs=proofs)], records)

    assert {(fault.rule, fault.what) for fault in faults} == {(rule, what)}


def test_messages_to_an_office_are_one_lead_and_prove_nobody() -> None:
    messages = [a_message(email("info@x.es", Level.OBSERVED), on=day) for day in (0, 1)]

    assert same_evidence([*messages, OFFICE]).objections() == set()
    assert ("verified-user", setting_aside.COMMON) in Claim(
        [a_chat(ANA, key="k")],
        [a_chat(ANA, key="k")],
        policy=Policy(extra_roles=frozenset({"ana"})),
    ).objections()
