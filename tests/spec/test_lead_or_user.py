"""DESIGN 2.3: lead or user, in the words of the guide that this system implements."""

from typing import NamedTuple

import pytest

from integrations.contract import Level
from tests.builders import (
    P,
    Q,
    a_call,
    a_chat,
    a_code,
    a_complete_row,
    a_login,
    a_message,
    a_record,
    a_row,
    a_visit,
    account,
    at,
    contact_of,
    cookie,
    email,
    handle,
    phone,
    suggested,
    told,
    version,
)
from worker.domain.contacts import Kind
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.domain.resolve import resolve

CLAIMED, STORED, VERIFIED = Level.CLAIMED, Level.STORED, Level.VERIFIED


class Row(NamedTuple):
    """One row of the guide's table: what happens, and the contacts and suggestions that come of it."""

    what_happens: str
    records: list[Record]
    outcome: set[str]
    suggestions: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.what_happens


FIRST_CALL = a_call(P, key="call-1")
CALL = a_call(P, on=1, key="call-2")

GUIDE = (
    Row("someone calls; only the number is known", [FIRST_CALL], {"lead: call-1"}),
    Row(
        "a channel that does not track identity: SMS",
        [a_message(phone(P, Level.OBSERVED), key="sms")],
        {"lead: sms"},
    ),
    Row(
        "a channel that does not track identity: social",
        [a_message(handle("@ana"), key="post")],
        {"lead: post"},
    ),
    Row("minimal information", [a_row(name="Ana Ruiz", number=P, key="row")], {"lead: row"}),
    Row(
        "a person added by hand during an interaction",
        [a_chat(phone(P, CLAIMED), email("ana@x.es", CLAIMED), name="Ana Ruiz", key="card")],
        {"lead: card"},
    ),
    Row("web chat with the platform's cookie", [a_visit("ck-9", key="visit")], {"user: visit"}),
    Row("web chat with an authenticated session", [a_login("u-17", key="login")], {"user: login"}),
    Row(
        "a cookie matches an existing user: the record joins that user",
        [a_login("u-17", cookie("ck-9"), key="login"), a_visit("ck-9", on=1, key="visit")],
        {"user: login, visit"},
    ),
    Row(
        "a verified identifier equal to a stored one matches an existing user: the record joins that user",
        [
            a_complete_row(mail="ana@x.es", key="row"),
            a_login("u-17", email("ana@x.es", VERIFIED), key="login"),
        ],
        {"user: login, row"},
    ),
    Row("imported or added with complete details", [a_complete_row(key="row")], {"user: row"}),
    Row(
        "a phone call from a number that a user's profile holds stays a lead, with a suggestion",
        [a_complete_row(number=P, key="row"), FIRST_CALL],
        {"user: row", "lead: call-1"},
        frozenset({"call-1 ~ row"}),
    ),
    Row("the lead calls again: the same lead", [FIRST_CALL, CALL], {"lead: call-1, call-2"}),
    Row(
        "the lead's own record gains a verified identifier by a one-time code: converts",
        [FIRST_CALL, CALL, a_code(phone(P, VERIFIED), about=CALL, line=None, on=2, key="code")],
        {"user: call-1, call-2, code"},
    ),
    Row(
        "the lead's own record gains a verified identifier by login: converts",
        [
            a_record(
                "chat",
                version("chat", email("ana@x.es", CLAIMED)),
                version("chat", account("u-17"), updated_at=at(1)),
            )
        ],
        {"user: chat"},
    ),
    Row(
        "the lead's own record gains complete details by an agent-confirmed import: converts",
        [
            FIRST_CALL,
            a_record(
                "crm",
                version("card", phone(P, Level.OBSERVED), occurred_at=at(1)),
                version(
                    "card",
                    phone(P, STORED),
                    email("ana@x.es", STORED),
                    name="Ana Ruiz",
                    occurred_at=at(1),
                    updated_at=at(2),
                ),
            ),
        ],
        {"user: call-1, card"},
    ),
    Row(
        "the lead's own record gains an identifier that a user holds: joins that user, its earlier history too",
        [
            a_complete_row(mail="ana@x.es", number=Q, key="row"),
            FIRST_CALL,
            CALL,
            a_code(email("ana@x.es", VERIFIED), about=CALL, on=2, key="code"),
        ],
        {"user: call-1, call-2, code, row"},
    ),
    Row(
        "a withheld number: a lead of its own per call",
        [a_call(None, key="call-1"), a_call(None, key="call-2")],
        {"lead: call-1", "lead: call-2"},
    ),
)


@pytest.mark.parametrize("row", GUIDE, ids=str)
def test_the_guide(row: Row) -> None:
    contacts = resolve(row.records)

    assert told(contacts) == row.outcome
    assert suggested(contacts, row.records) == row.suggestions


@pytest.mark.parametrize("row", GUIDE, ids=str)
def test_the_guide_the_other_way_round(row: Row) -> None:
    assert resolve(row.records[::-1]) == resolve(row.records)


class TestComplete:
    """A row of the books makes a user when it holds full name, e-mail and phone, the last two stored or better."""

    @pytest.mark.parametrize(
        ("missing", "row"),
        [
            ("no name", a_row(mail="ana@x.es", number=P, key="row")),
            ("a first name only", a_complete_row(name="Ana", key="row")),
            ("an initial", a_complete_row(name="A. Ruiz", key="row")),
            ("no e-mail", a_row(name="Ana Ruiz", number=P, key="row")),
            ("no phone", a_row(name="Ana Ruiz", mail="ana@x.es", key="row")),
            (
                "a phone that was only typed",
                a_chat(email("ana@x.es", STORED), phone(P, CLAIMED), name="Ana Ruiz", key="row"),
            ),
            (
                "a phone that only carried a call",
                a_chat(email("ana@x.es", STORED), phone(P, Level.OBSERVED), name="Ana Ruiz", key="row"),
            ),
            ("a phone that is nobody's", a_complete_row(number="+12345678901", key="row")),
            ("an e-mail that is nobody's", a_complete_row(mail="test@example.com", key="row")),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_row_is_a_lead_with(self, missing: str, row: Record) -> None:
        assert told(resolve([row])) == {"lead: row"}, missing

    def test_details_that_were_only_claimed_are_no_books(self) -> None:
        typed = a_chat(email("ana@x.es", CLAIMED), phone(P, CLAIMED), name="Ana Ruiz", key="form")

        assert told(resolve([typed])) == {"lead: form"}

    def test_the_business_may_ask_for_less(self) -> None:
        row = a_row(name="Ana Ruiz", mail="ana@x.es", key="row")

        assert told(resolve([row], Policy(complete=("name", "email")))) == {"user: row"}

    def test_a_proved_phone_beside_a_stored_e_mail_completes_a_row(self) -> None:
        row = a_chat(email("ana@x.es", STORED), phone(P, VERIFIED), name="Ana Ruiz", key="row")

        assert told(resolve([row])) == {"user: row"}

    def test_details_gathered_over_versions_are_complete_when_the_last_one_arrives(self) -> None:
        row = a_record(
            "crm",
            version("row", phone(P, STORED), name="Ana Ruiz"),
            version("row", email("ana@x.es", STORED), updated_at=at(5)),
        )

        (contact,) = resolve([row]).contacts

        assert contact.kind is Kind.USER
        assert contact.converted_at == at(5)


class TestProof:
    """A verified identifier makes a user unless it is contested or common."""

    @pytest.mark.parametrize(
        "proved",
        [
            account("u-1"),
            cookie("ck"),
            email("ana@x.es", VERIFIED),
            phone(P, VERIFIED),
            handle("@ana", VERIFIED),
        ],
        ids=lambda each: each.type,
    )
    def test_a_verified_identifier_makes_a_user(self, proved: object) -> None:
        assert told(resolve([a_chat(proved, key="chat")])) == {"user: chat"}  # type: ignore[arg-type]  # parametrised

    @pytest.mark.parametrize(
        "common",
        [email("info@x.es", VERIFIED), phone("+18005550199", VERIFIED), phone("+12345678901", VERIFIED)],
        ids=["a role address", "a toll-free number", "a keyboard walk"],
    )
    def test_a_common_identifier_proves_nobody(self, common: object) -> None:
        assert told(resolve([a_chat(common, key="chat")])) == {"lead: chat"}  # type: ignore[arg-type]  # parametrised

    def test_the_companys_own_number_proves_nobody(self) -> None:
        policy = Policy(own_numbers=frozenset({P}))

        assert told(resolve([a_chat(phone(P, VERIFIED), key="chat")], policy)) == {"lead: chat"}

    def test_every_user_says_what_proved_it(self) -> None:
        row = a_complete_row(key="row")
        login = a_login("u-1", on=3, key="login")

        contacts = resolve([row, login])

        assert contact_of(contacts, row).proofs[0].rule == "complete-user"
        proof = contact_of(contacts, login).proofs[0]
        assert (proof.rule, proof.evidence, proof.keys) == (
            "verified-user",
            (login.id,),
            (("account", "app", "u-1"),),
        )

    def test_converted_at_is_the_time_of_the_earliest_proof(self) -> None:
        login = a_login("u-1", email("ana@x.es", VERIFIED), on=3)
        row = a_row(mail="ana@x.es", on=1)
        earlier = a_login("u-1", on=2)

        assert contact_of(resolve([login, row, earlier]), row).converted_at == at(2)
