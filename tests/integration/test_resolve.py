"""Resolving: what landed is decided once, whoever does it, and only where something changed."""

import pytest
import sqlalchemy
from sqlalchemy import Engine

from integrations.contract import Connector, ContactRecord, Identifier, Level
from integrations.errors import AccessError
from tests.builders import START, P, Q, account, at, cookie, email, id_of, phone, version
from tests.database import add_sources, exported, land_page, resolve_all
from worker.domain.contacts import Contact, Kind
from worker.jobs import rebuild, reconcile, resolve
from worker.jobs.resolve import Outcome
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED
E = "ana@x.es"


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    add_sources(uow, dict.fromkeys(("chat", "crm", "inbox", "pbx"), VERIFIED))


def decided(uow: UnitOfWork, source: str, *records: ContactRecord) -> int:
    """Land records and resolve them; return how many contacts were written."""
    land_page(uow, source, records)
    written = 0
    while (batch := resolve.run(uow, START)).outcome is Outcome.MORE:
        written += batch.written
    return written


def a_call(key: str, number: str = P, *, on: float = 0) -> ContactRecord:
    return version(key, phone(number, OBSERVED), occurred_at=at(on)).record


def a_row(key: str, *held: Identifier, name: str = "Ana Ruiz") -> ContactRecord:
    return version(key, *held, name=name).record


def a_login(key: str, user: str, *held: Identifier, on: float = 0) -> ContactRecord:
    return version(key, account(user), *held, occurred_at=at(on)).record


def contact(uow: UnitOfWork, source: str, key: str) -> Contact:
    with uow.begin() as tx:
        found = tx.contacts.find(id_of(source, key))
    assert found is not None
    return found


def changes(uow: UnitOfWork, source: str, key: str) -> list[str]:
    with uow.begin() as tx:
        return [row.change.kind for row in tx.changes.of(list(contact(uow, source, key).record_ids))]


class TestIncremental:
    """Resolving what changed gives what resolving everything would."""

    def test_a_later_call_joins_the_lead_that_is_there(self, uow: UnitOfWork) -> None:
        decided(uow, "pbx", a_call("call-1"))
        decided(uow, "pbx", a_call("call-2", on=1))

        assert len(contact(uow, "pbx", "call-1").records) == 2

    def test_messages_from_a_role_address_meet_over_batches(self, uow: UnitOfWork) -> None:
        for key in ("one", "other"):
            decided(uow, "inbox", version(key, email("info@x.es", OBSERVED)).record)

        assert len(contact(uow, "inbox", "one").records) == 2

    def test_a_second_account_tears_what_was_joined(self, uow: UnitOfWork) -> None:
        decided(uow, "chat", a_login("ana", "u-1", email(E, VERIFIED)))
        decided(uow, "crm", a_row("row", email(E, STORED)))
        assert len(contact(uow, "crm", "row").records) == 2

        decided(uow, "chat", a_login("luis", "u-2", email(E, VERIFIED)))

        assert len(exported(uow)) == 3
        assert "split" in changes(uow, "chat", "ana")

    def test_a_record_that_waited_for_its_target_joins_it_when_it_comes(self, uow: UnitOfWork) -> None:
        decided(uow, "crm", version("card", email(E, STORED), about=("pbx", "call")).record)
        decided(uow, "pbx", a_call("call"))

        assert len(contact(uow, "crm", "card").records) == 2

    def test_a_newer_version_moves_a_record_to_another_contact(self, uow: UnitOfWork) -> None:
        ana, luis = (a_login(name, name) for name in ("ana", "luis"))
        decided(uow, "chat", ana, luis, a_login("session", "ana"))
        decided(uow, "chat", version("session", account("luis"), updated_at=at(1)).record)

        assert contact(uow, "chat", "session").id == contact(uow, "chat", "luis").id
        assert len(contact(uow, "chat", "ana").records) == 1

    def test_claims_reach_nobody(self, uow: UnitOfWork) -> None:
        decided(uow, "chat", a_login("ana", "u-1", email(E, VERIFIED)))
        claims = [version(f"form-{each}", email(E, CLAIMED)).record for each in range(20)]

        assert decided(uow, "chat", *claims) == 20
        assert contact(uow, "chat", "ana").records[0].id == "ana"

    def test_what_is_stored_is_what_a_rebuild_makes(self, uow: UnitOfWork) -> None:
        decided(uow, "pbx", a_call("call-1"), a_call("call-2", Q))
        decided(uow, "crm", a_row("row", email(E, STORED), phone(P, STORED)))
        decided(uow, "chat", a_login("login", "u-1", email(E, VERIFIED), phone(Q, OBSERVED), on=2))

        found = rebuild.run(uow, START, check=True)

        assert (found.records, found.contacts, found.differ) == (4, 2, ())


class TestAlone:
    """One worker resolves at a time; the others find nothing to do and wait for nobody."""

    def test_a_second_worker_is_sent_away(self, uow: UnitOfWork) -> None:
        land_page(uow, "pbx", [a_call("call")])

        with uow.begin() as tx:
            assert tx.only_resolver()
            assert resolve.run(uow, START).outcome is Outcome.BUSY

        assert resolve.run(uow, START).outcome is Outcome.MORE
        assert resolve.run(uow, START).outcome is Outcome.IDLE

    def test_what_a_killed_worker_had_taken_is_resolved_later(self, uow: UnitOfWork) -> None:
        land_page(uow, "pbx", [a_call("call")])
        with pytest.raises(KeyboardInterrupt), uow.begin() as tx:  # noqa: PT012 - killed inside its transaction
            _, taken = tx.to_resolve.take(10)
            tx.to_resolve.done([1])
            raise KeyboardInterrupt

        resolve_all(uow)

        assert taken == [id_of("pbx", "call")]
        assert len(exported(uow)) == 1

    def test_a_batch_is_taken_in_small_parts_too(self, uow: UnitOfWork) -> None:
        for each in range(7):
            land_page(uow, "pbx", [a_call(f"call-{each}")])

        batches = [resolve.run(uow, START, at_most=3).records for _ in range(3)]

        assert batches == [3, 3, 1]
        assert len(contact(uow, "pbx", "call-0").records) == 7

    def test_a_great_many_changes_wait_in_parts_that_one_transaction_can_work_off(
        self, uow: UnitOfWork
    ) -> None:
        with uow.begin() as tx:
            tx.to_resolve.append([f"{each:024x}" for each in range(5_001)])

        with uow.begin() as tx:
            _, taken = tx.to_resolve.take(1)
            assert len(taken) == 2_000
            assert tx.to_resolve.waiting() == 5_001


class TestChanges:
    """What happened to contacts is logged with ids and rules, and nothing about people."""

    def test_a_conversion_is_logged_once(self, uow: UnitOfWork) -> None:
        decided(uow, "pbx", a_call("call"))
        decided(uow, "chat", a_login("login", "u-1", phone(P, VERIFIED), on=1))
        resolve_all(uow)

        assert changes(uow, "pbx", "call").count("converted") == 1
        assert contact(uow, "pbx", "call").kind is Kind.USER

    def test_a_change_holds_no_value(self, uow: UnitOfWork) -> None:
        decided(uow, "pbx", a_call("call"))
        decided(uow, "chat", a_login("login", "u-1", phone(P, VERIFIED), on=1))

        with uow.begin() as tx:
            logged = str(tx.changes.of(list(contact(uow, "pbx", "call").record_ids)))
        assert P[1:] not in logged

    def test_resolving_again_writes_nothing(self, uow: UnitOfWork) -> None:
        decided(uow, "pbx", a_call("call-1"), a_call("call-2", Q))
        with uow.begin() as tx:
            tx.to_resolve.append([id_of("pbx", "call-1"), id_of("pbx", "call-2")])

        assert resolve.run(uow, START).written == 0


class TestConflicts:
    """A conflict case is there as long as the evidence contradicts itself."""

    def conflicts(self, uow: UnitOfWork) -> list[str]:
        with uow.begin() as tx:
            return [case.reason for case in tx.cases.of([id_of("chat", "ana")])]

    def test_a_contested_cookie_opens_one_case(self, uow: UnitOfWork) -> None:
        decided(uow, "chat", a_login("ana", "u-1", cookie("kiosk")))
        assert self.conflicts(uow) == []

        decided(uow, "chat", a_login("luis", "u-2", cookie("kiosk")))
        decided(uow, "chat", a_login("eva", "u-3", cookie("kiosk")))

        assert self.conflicts(uow) == ["two accounts"]

    def test_a_case_is_closed_when_nothing_contradicts_any_more(self, uow: UnitOfWork) -> None:
        decided(uow, "chat", a_login("ana", "u-1", cookie("kiosk")))
        decided(uow, "chat", a_login("luis", "u-2", cookie("kiosk")))
        with uow.begin() as tx:
            tx.sources.set("chat", trust="claimed")
            tx.to_resolve.append(tx.evidence.ids_of_source("chat"))

        resolve_all(uow)

        assert self.conflicts(uow) == []


class TestSetAside:
    """A row of the queue that fails keeps out of the way of the others, and is tried again later."""

    def test_others_are_resolved_and_it_follows_once_mended(self, uow: UnitOfWork, engine: Engine) -> None:
        bad, good = (
            version("bad", phone(Q, Level.OBSERVED)).record,
            version("good", phone(P, Level.OBSERVED)).record,
        )
        land_page(uow, "pbx", [bad])
        land_page(uow, "pbx", [good])
        with engine.begin() as connection:
            stored = connection.execute(
                sqlalchemy.text("SELECT body FROM records WHERE key = 'bad'")
            ).scalar_one()
            connection.execute(sqlalchemy.text("UPDATE records SET body = '{' WHERE key = 'bad'"))

        resolve_all(uow)
        with uow.begin() as tx:
            found, aside = tx.contacts.find(id_of("pbx", "good")), tx.to_resolve.aside()
        with engine.begin() as connection:
            connection.execute(
                sqlalchemy.text("UPDATE records SET body = :body WHERE key = 'bad'"), {"body": stored}
            )
        reconcile.leads(uow, no_connector, START)

        assert found is not None
        assert aside == ["DecodeError"]
        assert rebuild.run(uow, START, check=True).is_right


def no_connector(name: str) -> Connector:
    raise AccessError(f"{name}: not asked in this test")
