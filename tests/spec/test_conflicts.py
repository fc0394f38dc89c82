"""DESIGN 2.4 and "Common identifiers": what joins nobody, what is torn, and that nothing is guessed."""

import pytest

from integrations.contract import Identifier, Level
from tests.builders import (
    P,
    Q,
    a_chat,
    a_login,
    a_record,
    a_row,
    a_visit,
    account,
    at,
    cookie,
    email,
    phone,
    told,
    version,
)
from tests.orders import told_in_every_order
from worker.domain.conflicts import Conflict
from worker.domain.records import Record
from worker.domain.resolve import resolve

CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED
E, F = "family@x.es", "luis@y.es"


def keys_of(conflict: Conflict, *records: Record) -> set[str]:
    return {record.key for record in records if record.id in conflict.records}


class TestContested:
    """An identifier directly on records of two accounts of one namespace joins no people at all."""

    def test_a_familys_e_mail(self) -> None:
        ana = a_login("ana", email(E, VERIFIED), key="ana")
        luis = a_login("luis", email(E, VERIFIED), key="luis")
        row = a_row(mail=E, key="row")

        assert told_in_every_order(ana, luis, row) == {"user: ana", "user: luis", "lead: row"}

    def test_what_only_a_contested_identifier_proved_is_a_lead(self) -> None:
        ana = a_login("ana", email(E, VERIFIED), key="ana")
        luis = a_login("luis", email(E, VERIFIED), key="luis")
        link = a_chat(email(E, VERIFIED), key="link")

        assert told_in_every_order(ana, luis, link) == {"user: ana", "user: luis", "lead: link"}

    def test_accounts_in_the_books_contest_too(self) -> None:
        ana = a_row(mail=E, customer="c-1", key="ana")
        luis = a_row(mail=E, customer="c-2", key="luis")
        link = a_chat(email(E, VERIFIED), key="link")

        assert told_in_every_order(ana, luis, link) == {"lead: ana", "lead: luis", "lead: link"}

    @pytest.mark.parametrize("level", [CLAIMED, OBSERVED], ids=lambda level: level.value)
    def test_weak_evidence_contests_nothing(self, level: Level) -> None:
        ana = a_login("ana", phone(P, VERIFIED), key="ana")
        row = a_row(number=P, key="row")
        luis = a_login("luis", phone(P, level), key="luis")

        assert told_in_every_order(ana, row, luis) == {"user: ana, row", "user: luis"}

    def test_a_former_identifier_still_ties_what_it_tied(self) -> None:
        login = a_record(
            "chat",
            version("login", account("ana"), email(E, VERIFIED)),
            version("login", account("ana"), updated_at=at(1)),
        )
        row = a_row(mail=E, on=2, key="row")

        assert told_in_every_order(login, row) == {"user: login, row"}

    def test_a_case_is_opened(self) -> None:
        ana = a_login("ana", cookie("kiosk"), key="ana")
        visitor = a_visit("kiosk", key="visitor")
        luis = a_login("luis", cookie("kiosk"), key="luis")

        (case,) = resolve([ana, visitor, luis]).conflicts

        assert (case.kind, case.reason, case.key) == (
            "contested",
            "two accounts",
            ("device", "site", "kiosk"),
        )
        assert keys_of(case, ana, visitor, luis) == {"ana", "visitor", "luis"}


class TestContestedByNames:
    """The same holds for a verified phone, e-mail or device that stands under incompatible full names."""

    @pytest.mark.parametrize(
        "shared", [email(E, VERIFIED), phone(P, VERIFIED), cookie("ck")], ids=lambda each: each.type
    )
    def test_it_joins_nobody(self, shared: Identifier) -> None:
        ana = a_login("ana", shared, name="Ana Ruiz", key="ana")
        stored = Identifier(type=shared.type, value=shared.value, namespace=shared.namespace, level=STORED)
        held = a_record("crm", version("luis", stored, name="Luis Gómez"))
        visit = a_chat(shared, key="visit")

        assert told_in_every_order(ana, held, visit) == {"user: ana", "lead: luis", "lead: visit"}

    def test_rows_of_the_books_alone_contest_nothing(self) -> None:
        ana = a_row(name="Ana Ruiz", mail=E, key="ana")
        luis = a_row(name="Luis Gómez", mail=E, key="luis")

        assert resolve([ana, luis]).conflicts == ()

    def test_a_name_that_a_visitor_typed_contests_nothing(self) -> None:
        ana = a_login("ana", cookie("ck"), name="Ana Ruiz", key="ana")
        visit = a_visit("ck", name="Luis Gómez", key="visit")

        assert told_in_every_order(ana, visit) == {"user: ana, visit"}

    def test_an_account_is_not_contested_by_a_changed_name(self) -> None:
        before = a_login("ana", name="Ana Ruiz", on=0, key="before")
        after = a_login("ana", name="Ana Gómez", on=9, key="after")

        assert told_in_every_order(before, after) == {"user: after, before"}

    def test_father_and_son_are_incompatible(self) -> None:
        son = a_login("son", phone(P, VERIFIED), name="John Smith Jr", key="son")
        father = a_row(name="John Smith Sr", number=P, key="father")

        assert told_in_every_order(son, father) == {"user: son", "lead: father"}


class TestTorn:
    """If a component would hold two accounts through a chain, only records one step from one account stay."""

    def test_a_row_between_two_users_stands_alone(self) -> None:
        ana = a_login("ana", email(E, VERIFIED), key="ana")
        luis = a_login("luis", phone(P, VERIFIED), key="luis")
        row = a_row(mail=E, number=P, key="row")

        assert told_in_every_order(ana, luis, row) == {"user: ana", "user: luis", "lead: row"}
        (case,) = resolve([ana, luis, row]).conflicts
        assert (case.kind, keys_of(case, ana, luis, row)) == ("torn", {"ana", "luis", "row"})

    def test_what_each_user_has_beside_the_chain_stays_together(self) -> None:
        sessions = [a_login("ana", email(E, VERIFIED), on=day, key=f"ana-{day}") for day in (0, 1)]
        luis = a_login("luis", phone(P, VERIFIED), key="luis")
        row = a_row(mail=E, number=P, key="row")

        assert told_in_every_order(*sessions, luis, row) == {"user: ana-0, ana-1", "user: luis", "lead: row"}

    def test_in_a_longer_chain_each_end_keeps_its_neighbour(self) -> None:
        ana = a_login("ana", email(E, VERIFIED), key="ana")
        near_ana = a_record("crm", version("near-ana", email(E, STORED), account("c-1", STORED, "crm")))
        middle = a_record(
            "crm", version("middle", account("c-1", STORED, "crm"), account("s-1", STORED, "shop"))
        )
        near_luis = a_record("shop", version("near-luis", account("s-1", STORED, "shop"), phone(P, STORED)))
        luis = a_login("luis", phone(P, VERIFIED), key="luis")

        assert told_in_every_order(ana, near_ana, middle, near_luis, luis) == {
            "user: ana, near-ana",
            "lead: middle",
            "user: luis, near-luis",
        }

    def test_a_record_stays_with_its_own_account_whatever_it_is_said_to_be_about(self) -> None:
        ana = a_login("ana", on=0, key="ana")
        again = a_record(
            "avouch", version("again", account("ana"), about=("chat", "luis"), occurred_at=at(1))
        )
        luis = a_login("luis", on=2, key="luis")

        assert told_in_every_order(ana, again, luis) == {"user: again, ana", "user: luis"}

    def test_accounts_of_two_namespaces_are_no_conflict(self) -> None:
        login = a_login("ana", email(E, VERIFIED), key="login")
        row = a_row(mail=E, customer="c-1", key="row")

        assert told_in_every_order(login, row) == {"user: login, row"}

    def test_a_chain_between_two_accounts_in_two_namespaces_is_torn_in_both(self) -> None:
        ana = a_record(
            "app", version("ana", account("ana"), account("1", VERIFIED, "shop"), email(E, VERIFIED))
        )
        luis = a_record(
            "app", version("luis", account("luis"), account("2", VERIFIED, "shop"), phone(P, VERIFIED))
        )
        eva = a_record("app", version("eva", account("3", VERIFIED, "shop"), about=("app", "ana")))
        row = a_row(mail=E, number=P, key="row")

        assert told_in_every_order(ana, luis, eva, row) == {
            "user: ana",
            "user: luis",
            "user: eva",
            "lead: row",
        }

    def test_other_components_are_left_alone(self) -> None:
        ana = a_login("ana", email(E, VERIFIED), key="ana")
        luis = a_login("luis", phone(P, VERIFIED), key="luis")
        row = a_row(mail=E, number=P, key="row")
        eva = a_login("eva", phone(Q, VERIFIED), key="eva")
        hers = a_row(number=Q, key="hers")

        assert "user: eva, hers" in told(resolve([ana, luis, row, eva, hers]))


class TestExclusive:
    """An account is exclusive: one contact never holds two accounts of one namespace."""

    def test_a_session_that_changed_hands_belongs_to_the_newest_account(self) -> None:
        session = a_record(
            "chat",
            version("session", account("ana")),
            version("session", account("luis"), updated_at=at(1)),
        )
        ana = a_login("ana", key="ana")
        luis = a_login("luis", key="luis")

        assert told_in_every_order(session, ana, luis) == {"user: ana", "user: luis, session"}

    def test_a_record_that_names_two_accounts_at_once_proves_neither(self) -> None:
        both = a_chat(account("ana"), account("luis"), key="both")
        ana = a_login("ana", key="ana")
        luis = a_login("luis", key="luis")

        assert told_in_every_order(both, ana, luis) == {"lead: both", "user: ana", "user: luis"}

    def test_a_claimed_account_is_no_account(self) -> None:
        session = a_login("ana", account("luis", CLAIMED), key="session")
        luis = a_login("luis", key="luis")

        assert told_in_every_order(session, luis) == {"user: luis", "user: session"}
