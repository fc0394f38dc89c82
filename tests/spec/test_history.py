"""DESIGN 2.3, "History comes along": which earlier calls belong to a user, and which later ones do not."""

import pytest

from integrations.contract import Level
from tests.builders import (
    P,
    Q,
    a_call,
    a_code,
    a_complete_row,
    a_login,
    a_message,
    a_record,
    a_row,
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
from worker.domain.policy import Policy
from worker.domain.resolve import resolve

OBSERVED, STORED, VERIFIED = Level.OBSERVED, Level.STORED, Level.VERIFIED
ATTACH = Policy(phone_binding="attach")


class TestBound:
    """A user is bound to a line by a record that carries both the line and proof of that user."""

    def test_calls_before_the_proof_belong_to_the_user(self) -> None:
        calls = [a_call(P, on=day, key=f"call-{day}") for day in (0, 1, 2)]
        code = a_code(phone(P, VERIFIED), about=calls[2], on=3, key="code")

        assert told(resolve([*calls, code])) == {"user: call-0, call-1, call-2, code"}

    def test_a_session_on_a_line_that_the_channel_carried_binds_too(self) -> None:
        message = a_message(handle("@ana"), on=0, key="message")
        login = a_login("u-1", handle("@ana"), on=1, key="login")

        assert told(resolve([message, login])) == {"user: login, message"}

    def test_a_line_verified_in_a_session_binds(self) -> None:
        call = a_call(P, on=0, key="call")
        login = a_login("u-1", phone(P, VERIFIED), on=1, key="login")

        assert told(resolve([call, login])) == {"user: call, login"}

    def test_a_line_that_only_the_books_hold_does_not_bind(self) -> None:
        call = a_call(P, on=0, key="call")
        row = a_complete_row(number=P, on=1, key="row")

        assert told(resolve([call, row])) == {"lead: call", "user: row"}

    def test_a_line_and_a_proof_on_two_records_of_one_user_do_not_bind(self) -> None:
        call = a_call(P, on=0, key="call")
        row = a_row(mail="ana@x.es", number=P, on=1, key="row")
        login = a_login("u-1", email("ana@x.es", VERIFIED), on=2, key="login")

        assert told(resolve([call, row, login])) == {"lead: call", "user: login, row"}

    def test_a_browser_is_no_line(self) -> None:
        visit = a_record("chat", version("visit", cookie("ck", OBSERVED)))
        login = a_login("u-1", cookie("ck"), on=1, key="login")

        assert told(resolve([visit, login])) == {"lead: visit", "user: login"}

    def test_the_proof_names_the_record_that_binds(self) -> None:
        call = a_call(P, on=0)
        login = a_login("u-1", phone(P, VERIFIED), on=1)

        (contact,) = resolve([call, login]).contacts

        (proof,) = [each for each in contact.proofs if each.rule == "history"]
        assert (proof.evidence, proof.keys) == ((call.id, login.id), (("phone", "", P),))

    def test_history_changes_neither_the_id_nor_the_name_of_the_user(self) -> None:
        call = a_call(P, on=0, name="WIRELESS CALLER")
        login = a_login("u-1", phone(P, VERIFIED), on=1, name="Ana Ruiz")

        (contact,) = resolve([call, login]).contacts

        assert (contact.id, contact.name, contact.converted_at) == (login.id, "Ana Ruiz", at(1))


class TestWhichCalls:
    """Observed lead records that started at or before the proof; never a row of the books."""

    @pytest.mark.parametrize(
        ("started", "contacts"),
        [(0.9, {"user: call, login"}), (1, {"user: call, login"}), (1.1, {"lead: call", "user: login"})],
        ids=["before the proof", "at the proof", "after the proof"],
    )
    def test_a_call_that_started(self, started: float, contacts: set[str]) -> None:
        call = a_call(P, on=started, key="call")
        login = a_login("u-1", phone(P, VERIFIED), on=1, key="login")

        assert told(resolve([call, login])) == contacts

    def test_the_time_of_the_proof_is_when_line_and_proof_first_stood_together(self) -> None:
        session = a_record(
            "chat",
            version("session", account("u-1"), occurred_at=at(1)),
            version("session", account("u-1"), phone(P, OBSERVED), occurred_at=at(1), updated_at=at(5)),
            version("session", account("u-1"), phone(P, OBSERVED), occurred_at=at(1), updated_at=at(9)),
        )
        calls = [a_call(P, on=day, key=f"call-{day}") for day in (3, 7)]

        assert told(resolve([session, *calls])) == {"user: call-3, session", "lead: call-7"}

    def test_each_proof_of_the_user_on_the_line_takes_the_calls_before_it(self) -> None:
        logins = [a_login("u-1", phone(P, VERIFIED), on=day, key=f"login-{day}") for day in (1, 5)]
        call = a_call(P, on=3, key="call")

        assert told(resolve([*logins, call])) == {"user: call, login-1, login-5"}

    def test_a_row_of_the_books_never_comes_along(self) -> None:
        row = a_record("crm", version("row", phone(P, OBSERVED), email("luis@x.es", STORED)))
        login = a_login("u-1", phone(P, VERIFIED), on=1, key="login")

        assert told(resolve([row, login])) == {"lead: row", "user: login"}

    def test_what_a_call_is_about_comes_along_with_it(self) -> None:
        call = a_call(P, on=0, key="call")
        card = a_record("avouch", version("card", about=("pbx", "call"), occurred_at=at(4)))
        login = a_login("u-1", phone(P, VERIFIED), on=1, key="login")

        assert told(resolve([call, card, login])) == {"user: call, card, login"}

    def test_a_proof_dated_in_the_future_takes_no_calls_after_its_delivery(self) -> None:
        delivered = at(2)
        login = a_record(
            "chat",
            version("login", account("u-1"), phone(P, VERIFIED), occurred_at=at(400), landed_at=delivered),
        )
        calls = [a_call(P, on=day, key=f"call-{day}") for day in (1, 3)]

        assert told(resolve([login, *calls])) == {"user: call-1, login", "lead: call-3"}


class TestNobodyIsPicked:
    """Provided that no other user is bound to the line."""

    def test_a_line_of_two_users_is_a_leads(self) -> None:
        call = a_call(P, on=0, key="call")
        ana = a_login("ana", phone(P, VERIFIED), on=1, key="ana")
        luis = a_login("luis", phone(P, VERIFIED), on=2, key="luis")

        contacts = resolve([call, ana, luis])

        assert told(contacts) == {"lead: call", "user: ana", "user: luis"}

    def test_it_does_not_matter_who_was_first(self) -> None:
        call = a_call(P, on=2, key="call")
        ana = a_login("ana", phone(P, OBSERVED), on=1, key="ana")
        luis = a_login("luis", phone(P, OBSERVED), on=9, key="luis")

        assert told(resolve([call, ana, luis])) == {"lead: call", "user: ana", "user: luis"}

    def test_a_call_on_the_lines_of_two_users_is_neithers(self) -> None:
        call = a_record("pbx", version("call", phone(P, OBSERVED), phone(Q, OBSERVED)))
        ana = a_login("ana", phone(P, VERIFIED), on=1, key="ana")
        luis = a_login("luis", phone(Q, VERIFIED), on=1, key="luis")

        assert told(resolve([call, ana, luis])) == {"lead: call", "user: ana", "user: luis"}

    def test_a_contested_line_binds_nobody(self) -> None:
        call = a_call(P, on=0, key="call")
        ana = a_login("ana", phone(P, VERIFIED), on=1, key="ana", name="Ana Ruiz")
        books = a_row(name="Luis Gómez", number=P, key="luis")

        assert told(resolve([call, ana, books])) == {"lead: call", "user: ana", "lead: luis"}

    def test_a_common_line_binds_nobody(self) -> None:
        switchboard = "+34911234567"
        calls = [a_call(switchboard, on=day, key=f"call-{day}") for day in (0, 1)]
        names = ("Ana Ruiz", "Luis Gómez", "Eva Sanz", "Juan Pérez", "Rosa Gil", "Pablo Vega")
        rows = [a_row(name=name, number=switchboard) for name in names]
        code = a_code(email("ana@x.es", VERIFIED), about=calls[1], line=switchboard, on=2, key="code")

        assert {"lead: call-0", "user: call-1, code"} <= told(resolve([*calls, *rows, code]))


class TestLaterCalls:
    """Later calls from the line are a lead again, with a suggestion."""

    def test_later_calls_are_one_lead_again(self) -> None:
        before = a_call(P, on=0, key="before")
        code = a_code(email("ana@x.es", VERIFIED), about=before, on=1, key="code")
        later = [a_call(P, on=day, key=f"later-{day}") for day in (2, 3)]

        contacts = resolve([before, code, *later])

        assert told(contacts) == {"user: before, code", "lead: later-2, later-3"}
        assert suggested(contacts, [before, code, *later]) == {"code ~ later-2"}

    def test_calls_that_went_along_no_longer_hold_a_line_together(self) -> None:
        both_lines = a_record(
            "pbx", version("both", phone(P, OBSERVED), phone(Q, OBSERVED), occurred_at=at(0))
        )
        login = a_login("u-1", phone(P, VERIFIED), on=1, key="login")
        later = a_call(P, on=2, key="later")
        other = a_call(Q, on=0, key="other")

        assert told(resolve([both_lines, login, later, other])) == {
            "user: both, login",
            "lead: later",
            "lead: other",
        }

    def test_with_phone_binding_attach_later_calls_belong_to_the_user(self) -> None:
        login = a_login("u-1", phone(P, VERIFIED), on=1, key="login")
        later = a_call(P, on=2, key="later")

        assert told(resolve([login, later], ATTACH)) == {"user: later, login"}

    def test_attach_does_not_pick_between_two_users_either(self) -> None:
        ana = a_login("ana", phone(P, OBSERVED), on=1, key="ana")
        luis = a_login("luis", phone(P, OBSERVED), on=1, key="luis")
        later = a_call(P, on=2, key="later")

        assert told(resolve([ana, luis, later], ATTACH)) == {"user: ana", "user: luis", "lead: later"}

    def test_attach_leaves_calls_from_a_number_in_the_books_a_lead(self) -> None:
        row = a_complete_row(number=P, key="row")
        call = a_call(P, on=2, key="call")

        assert told(resolve([row, call], ATTACH)) == {"user: row", "lead: call"}


def test_a_second_user_on_the_line_gives_the_earlier_calls_back() -> None:
    first = a_call(P, on=0, key="first")
    ana_calls = a_call(P, on=1, key="ana-calls")
    ana = a_code(email("ana@x.es", VERIFIED), about=ana_calls, on=1, key="ana")
    luis_calls = a_call(P, on=5, key="luis-calls")
    luis = a_code(email("luis@x.es", VERIFIED), about=luis_calls, on=5, key="luis")

    alone = resolve([first, ana_calls, ana])
    both = resolve([first, ana_calls, ana, luis_calls, luis])

    assert contact_of(alone, first) == contact_of(alone, ana)
    assert told(both) == {"lead: first", "user: ana, ana-calls", "user: luis, luis-calls"}
