"""DESIGN 2.1 and 2.2: how sure an identifier is, and what an equal one on two records means."""

from typing import NamedTuple

import pytest

from integrations.contract import Level
from tests.builders import (
    P,
    a_call,
    a_chat,
    a_complete_row,
    a_record,
    account,
    at,
    cookie,
    email,
    identifier,
    suggested,
    told,
    version,
)
from worker.domain.levels import Tie, tie
from worker.domain.policy import Policy
from worker.domain.resolve import resolve

CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED


class Cell(NamedTuple):
    """One cell of the table in DESIGN 2.2: two levels, what they mean, and the contacts they make."""

    one: Level
    other: Level
    means: str
    contacts: set[str]

    def __str__(self) -> str:
        return f"{self.one.value} and {self.other.value}: {self.means}"


TABLE = (
    Cell(CLAIMED, CLAIMED, "suggest", {"lead: one", "lead: other"}),
    Cell(CLAIMED, OBSERVED, "suggest", {"lead: one", "lead: other"}),
    Cell(CLAIMED, STORED, "suggest", {"lead: one", "lead: other"}),
    Cell(CLAIMED, VERIFIED, "suggest", {"lead: one", "user: other"}),
    Cell(OBSERVED, OBSERVED, "one line: one lead", {"lead: one, other"}),
    Cell(OBSERVED, STORED, "one line, while the row is a lead's", {"lead: one, other"}),
    Cell(OBSERVED, VERIFIED, "suggest", {"lead: one", "user: other"}),
    Cell(STORED, STORED, "corroborate: one agreement is a suggestion", {"lead: one", "lead: other"}),
    Cell(STORED, VERIFIED, "same person", {"user: one, other"}),
    Cell(VERIFIED, VERIFIED, "same person", {"user: one, other"}),
)


@pytest.mark.parametrize("cell", TABLE, ids=str)
def test_an_equal_identifier_on_two_records_means(cell: Cell) -> None:
    # The later one, since calls from before a proof come along with it (test_history.py).
    one = a_record("shop", version("one", email("ana@x.es", cell.one), occurred_at=at(1)))
    other = a_record("site", version("other", email("ana@x.es", cell.other), occurred_at=at(0)))

    contacts = resolve([one, other])

    assert told(contacts) == cell.contacts
    assert suggested(contacts, [one, other]) == ({"one ~ other"} if len(cell.contacts) == 2 else set())


def test_observed_and_stored_are_a_suggestion_when_the_row_is_a_users() -> None:
    user = a_complete_row(number=P, key="row")
    call = a_call(P, key="call")

    contacts = resolve([user, call])

    assert told(contacts) == {"user: row", "lead: call"}
    assert suggested(contacts, [user, call]) == {"call ~ row"}


def test_an_equal_stored_account_is_the_same_person() -> None:
    one = a_record("shop", version("one", account("c-1", STORED, "crm")))
    other = a_record("crm", version("other", account("c-1", STORED, "crm")))

    assert told(resolve([one, other])) == {"lead: one, other"}


def test_accounts_of_two_namespaces_are_never_equal() -> None:
    one = a_chat(account("42", VERIFIED, "app"), key="one")
    other = a_chat(account("42", VERIFIED, "shop"), key="other")

    assert told(resolve([one, other])) == {"user: one", "user: other"}


@pytest.mark.parametrize("level", [CLAIMED, OBSERVED, STORED], ids=lambda level: level.value)
def test_a_device_joins_only_when_the_platform_verified_it(level: Level) -> None:
    one = a_chat(cookie("ck", level), key="one")
    other = a_chat(cookie("ck", level), key="other")

    assert told(resolve([one, other])) == {"lead: one", "lead: other"}


def test_visits_with_one_cookie_are_one_contact() -> None:
    visits = [a_chat(cookie("ck"), on=day, key=f"visit-{day}") for day in (0, 30, 300)]

    assert told(resolve(visits)) == {"user: visit-0, visit-30, visit-300"}


class TestTrust:
    """A source's `trust` setting caps the level of each identifier."""

    @pytest.mark.parametrize(
        ("trust", "contacts"),
        [
            (CLAIMED, {"lead: file", "user: login"}),
            (OBSERVED, {"lead: file", "user: login"}),
            (STORED, {"user: file, login"}),
            (VERIFIED, {"user: file, login"}),
        ],
        ids=lambda value: value.value if isinstance(value, Level) else "",
    )
    def test_a_verified_e_mail_in_a_file_counts_as_much_as_the_file(
        self, trust: Level, contacts: set[str]
    ) -> None:
        file = a_record("file", version("file", email("ana@x.es", VERIFIED)))
        login = a_chat(account("u-1"), email("ana@x.es", VERIFIED), on=-1, key="login")

        assert told(resolve([file, login], Policy(trust={"file": trust}))) == contacts

    def test_trust_never_raises_a_level(self) -> None:
        file = a_record("file", version("file", email("ana@x.es", CLAIMED)))

        contacts = resolve([file], Policy(trust={"file": VERIFIED}))

        (contact,) = contacts.contacts
        assert contact.identifiers[0].level is CLAIMED

    def test_an_untrusted_file_makes_no_user_of_complete_details(self) -> None:
        row = a_complete_row(key="row")

        assert told(resolve([row], Policy(trust={"crm": CLAIMED}))) == {"lead: row"}

    def test_an_identifier_without_a_level_is_stored(self) -> None:
        row = a_record("crm", version("row", identifier("email", "ana@x.es", None)))

        assert row.sightings[0].level is STORED


def test_every_cell_of_the_table_is_said_once() -> None:
    assert {(cell.one, cell.other) for cell in TABLE} == {
        (one, other) for one in Level for other in Level if one <= other
    }
    assert tie(OBSERVED, VERIFIED) is tie(VERIFIED, OBSERVED) is Tie.SUGGESTION
