"""DESIGN 2.2, "One line": observed records of one line are one lead, honestly shown as whoever uses it."""

import pytest

from integrations.contract import Identifier, Level
from tests.builders import (
    P,
    Q,
    a_call,
    a_chat,
    a_complete_row,
    a_login,
    a_message,
    a_record,
    a_row,
    account,
    contact_of,
    email,
    handle,
    identifier,
    phone,
    suggested,
    told,
    version,
)
from worker.domain.policy import Policy
from worker.domain.resolve import resolve

CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED

SIX_PEOPLE = ("Ana Ruiz", "Luis Gómez", "Eva Sanz", "Juan Pérez", "Rosa Gil", "Pablo Vega")


@pytest.mark.parametrize(
    "line",
    [phone(P, OBSERVED), handle("@ana"), email("ana@x.es", OBSERVED)],
    ids=["a caller's number", "a sender's handle", "a sender's address"],
)
def test_what_came_over_one_line_is_one_lead(line: Identifier) -> None:
    messages = [a_message(line, on=day, key=f"message-{day}") for day in (0, 500)]

    assert told(resolve(messages)) == {"lead: message-0, message-500"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+12025550123 x12", "+12025550123 x34"),
        ("+12025550123", "+12025550123 x12"),
        ("+5511987654321", "+551187654321"),
    ],
    ids=["two extensions", "a switchboard and its extension", "with and without the ninth digit"],
)
def test_two_numbers_are_two_lines(one: str, other: str) -> None:
    assert told(resolve([a_call(one, key="one"), a_call(other, key="other")])) == {"lead: one", "lead: other"}


def test_one_name_on_two_channels_is_two_lines() -> None:
    whatsapp = a_message(handle("ana", namespace="whatsapp"), key="whatsapp")
    telegram = a_message(handle("ana", namespace="telegram"), key="telegram")

    assert told(resolve([whatsapp, telegram])) == {"lead: whatsapp", "lead: telegram"}


class TestSharedLines:
    """A contested or common line too is one lead: several people, honestly shown as whoever uses this line."""

    def test_calls_on_a_contested_line_are_one_lead(self) -> None:
        ana = a_login("ana", phone(P, VERIFIED), key="ana")
        luis = a_login("luis", phone(P, VERIFIED), key="luis")
        calls = [a_call(P, on=day, key=f"call-{day}") for day in (0, 1)]

        assert told(resolve([ana, luis, *calls])) == {"user: ana", "user: luis", "lead: call-0, call-1"}

    def test_calls_from_a_switchboard_are_one_lead_and_its_people_stay_apart(self) -> None:
        rows = [a_row(name=name, number=P, key=name) for name in SIX_PEOPLE]
        calls = [a_call(P, key="call-1"), a_call(P, key="call-2")]

        contacts = resolve([*rows, *calls])

        assert told(contacts) == {"lead: call-1, call-2", *(f"lead: {name}" for name in SIX_PEOPLE)}

    def test_messages_from_a_role_address_are_one_lead(self) -> None:
        messages = [a_message(email("info@x.es", OBSERVED), key=f"message-{each}") for each in (1, 2)]

        assert told(resolve(messages)) == {"lead: message-1, message-2"}


class TestNoLine:
    """Block-listed, own, withheld and short numbers are no line."""

    @pytest.mark.parametrize(
        "number",
        ["+12345678901", "+18005550199", "+266696687", "anonymous", "Restricted", "", "112", "55555", None],
        ids=lambda number: str(number) or "empty",
    )
    def test_two_calls_are_two_leads_from(self, number: str | None) -> None:
        calls = [a_call(number, key="call-1"), a_call(number, key="call-2")]

        contacts = resolve(calls)

        assert told(contacts) == {"lead: call-1", "lead: call-2"}

    @pytest.mark.parametrize("number", ["anonymous", "+266696687", None], ids=str)
    def test_withheld_calls_suggest_nobody(self, number: str | None) -> None:
        calls = [a_call(number, key="call-1"), a_call(number, key="call-2")]

        assert suggested(resolve(calls), calls) == set()

    def test_the_companys_own_number_is_no_line(self) -> None:
        calls = [a_call(P, key="call-1"), a_call(P, key="call-2")]

        assert told(resolve(calls, Policy(own_numbers=frozenset({P})))) == {"lead: call-1", "lead: call-2"}

    @pytest.mark.parametrize("type_", ["device", "account"])
    def test_a_browser_or_an_account_is_no_line(self, type_: str) -> None:
        held = identifier(type_, "x-1", OBSERVED, "site")  # type: ignore[arg-type]  # parametrised

        assert told(resolve([a_chat(held, key="one"), a_chat(held, key="other")])) == {
            "lead: one",
            "lead: other",
        }


class TestRowsOfTheBooks:
    """A row that only holds the line joins its lead when it is all that the books hold on the line."""

    def test_the_only_row_on_the_line_joins_the_lead(self) -> None:
        row = a_row(name="Ana Ruiz", number=P, key="row")
        call = a_call(P, key="call")

        contacts = resolve([row, call])

        assert told(contacts) == {"lead: call, row"}
        assert contact_of(contacts, call).name == "Ana Ruiz"

    def test_a_group_of_corroborated_rows_joins_the_lead_as_one(self) -> None:
        one = a_row(name="Ana Ruiz", mail="ana@x.es", number=P, key="one")
        other = a_row(name="Ana Ruiz", mail="ana@x.es", key="other")
        call = a_call(P, key="call")

        assert told(resolve([one, other, call], Policy(complete=("name", "email", "phone")))) == {
            "user: one, other",
            "lead: call",
        }
        nameless = [a_row(mail="ana@x.es", number=P, key=key) for key in ("one", "other")]
        assert told(resolve([*nameless, call])) == {"lead: call, one, other"}

    def test_two_rows_on_the_line_are_suggestions(self) -> None:
        one = a_row(name="Ana Ruiz", number=P, key="one")
        other = a_row(name="Luis Ruiz", number=P, key="other")
        call = a_call(P, key="call")

        contacts = resolve([one, other, call])

        assert told(contacts) == {"lead: one", "lead: other", "lead: call"}
        assert suggested(contacts, [one, other, call]) == {"call ~ one", "call ~ other", "one ~ other"}

    def test_a_users_row_counts_too(self) -> None:
        user = a_complete_row(number=P, key="user")
        row = a_row(number=P, key="row")
        call = a_call(P, key="call")

        assert told(resolve([user, row, call])) == {"user: user", "lead: row", "lead: call"}

    def test_a_row_does_not_join_over_a_number_that_was_only_claimed(self) -> None:
        row = a_row(name="Ana Ruiz", number=P, key="row")
        typed = a_chat(phone(P, CLAIMED), key="typed")

        assert told(resolve([row, typed])) == {"lead: row", "lead: typed"}

    def test_a_row_does_not_join_a_contested_line(self) -> None:
        ana = a_login("ana", phone(P, VERIFIED), key="ana")
        luis = a_login("luis", phone(P, VERIFIED), key="luis")
        row = a_row(number=P, key="row")
        call = a_call(P, key="call")

        assert told(resolve([ana, luis, row, call])) == {"user: ana", "user: luis", "lead: row", "lead: call"}

    def test_rows_of_two_people_do_not_meet_on_a_call_with_two_lines(self) -> None:
        ana = a_row(name="Ana Ruiz", number=P, key="ana")
        luis = a_row(name="Luis Gómez", number=Q, key="luis")
        call = a_record("pbx", version("call", phone(P, OBSERVED), phone(Q, OBSERVED)))

        contacts = resolve([ana, luis, call])

        assert told(contacts) == {"lead: ana", "lead: luis", "lead: call"}
        assert suggested(contacts, [ana, luis, call]) == {"ana ~ call", "call ~ luis"}

    def test_two_accounts_never_share_a_line(self) -> None:
        one = a_record("crm", version("one", phone(P, OBSERVED), account("c-1", STORED, "crm")))
        other = a_record("crm", version("other", phone(P, OBSERVED), account("c-2", STORED, "crm")))
        call = a_call(P, key="call")

        assert told(resolve([one, other, call])) == {"lead: one", "lead: other", "lead: call"}
