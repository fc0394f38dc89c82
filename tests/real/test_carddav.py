"""The CardDAV connector against Radicale: discovery, changes, deletions, forgotten tokens, and a killed run."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations import registry
from integrations.contract import Connector, Page
from integrations.errors import AccessError
from integrations.source import Source
from tests.connectors.contract import read, records
from tests.database import exported, new_database, resolve_all, schema_at
from tests.real.radicale import Account, Radicale, a_card
from worker.domain.records import Record
from worker.jobs.sync import Outcome, Run
from worker.servers import Endpoints
from worker.storage.unit_of_work import UnitOfWork

ROOT = Path(__file__).resolve().parents[2]
NAME = "books"


@pytest.fixture
def account(radicale: Radicale) -> Account:
    return radicale.new_account()


def a_source(account: Account, path: str = "/", page_limit: int | None = None) -> Source:
    return Source(
        name=NAME,
        connector="carddav",
        settings={"base_url": f"{account.url}{path}", "user": account.user},
        secrets={"password": account.password},
        page_limit=page_limit,
    )


def a_reader(account: Account, path: str = "/", page_limit: int | None = None) -> Connector:
    return registry.connector(a_source(account, path, page_limit))


def people(count: int) -> list[str]:
    return [
        a_card(f"Person {number}", f"EMAIL:p{number}@example.com", "REV:20260301T100000Z", uid=f"{number:04}")
        for number in range(count)
    ]


def present(pages: list[Page]) -> list[str]:
    return [record.id for record in records(pages) if not record.deleted]


class TestARun:
    """The first one reads everything, a later one what changed."""

    @pytest.mark.parametrize("direct", [False, True])
    def test_it_brings_every_card_of_the_account_or_of_one_book(self, account: Account, direct: bool) -> None:
        book = account.new_book()
        account.fill(book, people(3))
        path = book if direct else "/"

        pages = read(a_reader(account, path))

        assert sorted(record.name for record in records(pages) if isinstance(record.name, str)) == [
            "Person 0",
            "Person 1",
            "Person 2",
        ]
        assert [page.rejected for page in pages] == [()]

    def test_every_book_of_the_account_is_read(self, account: Account) -> None:
        for name in ("friends", "suppliers"):
            account.put(account.new_book(name), "1.vcf", a_card(name))

        pages = read(a_reader(account))

        assert present(pages) == [f"/{account.user}/friends/1.vcf", f"/{account.user}/suppliers/1.vcf"]

    def test_a_later_one_brings_what_changed_and_what_was_deleted(self, account: Account) -> None:
        book = account.new_book()
        kept, changed, gone = (account.put(book, f"{n}.vcf", a_card(f"Ana {n}", uid=str(n))) for n in "123")
        cursor = read(a_reader(account))[-1].cursor
        account.put(book, "2.vcf", a_card("Bea Ruiz", uid="2"))
        account.delete(gone)
        new = account.put(book, "4.vcf", a_card("Cleo Ruiz", uid="4"))

        found = records(read(a_reader(account), cursor))

        assert {record.id: record.deleted for record in found} == {changed: False, new: False, gone: True}
        assert kept not in {record.id for record in found}

    def test_one_without_changes_brings_nothing(self, account: Account) -> None:
        account.put(account.new_book(), "1.vcf", a_card("Ana Ruiz"))
        cursor = read(a_reader(account))[-1].cursor

        (page,) = read(a_reader(account), cursor)

        assert (page.deliveries, page.more) == ((), False)

    def test_a_token_that_the_server_does_not_know_is_answered_with_a_whole_reading(
        self, account: Account
    ) -> None:
        book = account.new_book()
        kept, gone = (account.put(book, f"{number}.vcf", a_card("Ana Ruiz", uid=number)) for number in "12")
        cursor = read(a_reader(account))[-1].cursor
        account.delete(gone)
        forgotten = cursor[:-10] + "0" * 7 + cursor[-3:]

        (page,) = read(a_reader(account), forgotten)

        assert page.sweep is not None
        assert (page.sweep.listed, page.sweep.ended, page.sweep.prefix) == ((kept,), True, book)

    def test_a_wrong_password_needs_a_person(self, account: Account) -> None:
        wrong = Account(account.url, account.user, "wrong")

        with pytest.raises(AccessError, match="answered 401"):
            a_reader(wrong).fetch(None)

    def test_five_hundred_cards_arrive_once_each(self, account: Account) -> None:
        account.fill(account.new_book(), people(500))

        pages = read(a_reader(account))

        assert [len(page.deliveries) for page in pages] == [200, 200, 100]
        assert len(set(present(pages))) == 500


class TestLanded:
    """What the connector reads, as it stands in the database."""

    def test_a_deleted_card_is_gone_and_the_same_card_written_again_is_there(
        self, account: Account, uow: UnitOfWork
    ) -> None:
        add_source(uow)
        book = account.new_book()
        card = a_card("Ana Ruiz", "EMAIL:ana@example.com", "REV:20200101T000000Z", uid="1")
        states = []

        for written in (True, False, True):
            if written:
                account.put(book, "1.vcf", card)
            else:
                account.delete(f"{book}1.vcf")
            assert pull(uow, account) is Outcome.DONE
            states += [each.deleted for each in stored(uow)]

        assert states == [False, True, False]

    def test_what_vanished_while_a_token_was_forgotten_is_gone(
        self, account: Account, uow: UnitOfWork
    ) -> None:
        add_source(uow)
        book = account.new_book()
        for number in "12":
            account.put(book, f"{number}.vcf", a_card(f"Ana {number}", uid=number))
        pull(uow, account)
        account.delete(f"{book}1.vcf")
        forget_token(uow)

        outcome = pull(uow, account)

        assert outcome is Outcome.DONE
        assert {each.key: each.deleted for each in stored(uow)} == {
            f"{book}1.vcf": True,
            f"{book}2.vcf": False,
        }

    def test_a_run_that_is_killed_goes_on_where_it_was(
        self, account: Account, endpoints: Endpoints, database: tuple[str, UnitOfWork]
    ) -> None:
        url, uow = database
        account.fill(account.new_book(), people(120))
        add_source(uow)
        for least in (10, 40, 80):
            kill_once_landed(uow, url, account, least)

        outcome = pull(uow, account, page_limit=10)
        resolve_all(uow)
        with new_database(endpoints.database_url) as other, schema_at(other) as (_, undisturbed):
            add_source(undisturbed)
            pull(undisturbed, account, page_limit=10)
            resolve_all(undisturbed)
            expected = exported(undisturbed)

        assert outcome is Outcome.DONE
        assert len(expected) == 120
        assert exported(uow) == expected


@pytest.fixture
def database(endpoints: Endpoints) -> Iterator[tuple[str, UnitOfWork]]:
    with new_database(endpoints.database_url) as url, schema_at(url) as (_, uow):
        yield url, uow


def add_source(uow: UnitOfWork) -> None:
    with uow.begin() as tx:
        tx.sources.put(
            name=NAME, kind="import", connector="carddav", trust="stored", configured=True, every=300
        )


def pull(uow: UnitOfWork, account: Account, page_limit: int | None = None) -> Outcome:
    return Run(uow, a_reader(account, page_limit=page_limit))(NAME).outcome


def stored(uow: UnitOfWork) -> list[Record]:
    with uow.begin() as tx:
        return tx.evidence.load(tx.evidence.ids_of_source(NAME))


def landed(uow: UnitOfWork) -> int:
    with uow.begin() as tx:
        return len(tx.evidence.ids_of_source(NAME))


def forget_token(uow: UnitOfWork) -> None:
    """Put another token in the place of the server's, as after a restore of the server."""
    with uow.begin() as tx:
        row = tx.sources.get(NAME)
        assert row is not None
        assert row.cursor is not None
        tx.sources.set(NAME, cursor=row.cursor[:-10] + "0" * 7 + row.cursor[-3:])


_PULLS = """
import sys
from tests.database import schema_at
from tests.real.test_carddav import pull
from tests.real.radicale import Account
database, url, user = sys.argv[1:]
with schema_at(database) as (_, uow):
    pull(uow, Account(url, user), page_limit=10)
"""


def kill_once_landed(uow: UnitOfWork, database: str, account: Account, least: int) -> None:
    """Pull in a process that is killed without warning once `least` records are there."""
    command = [sys.executable, "-c", _PULLS, database, account.url, account.user]
    with subprocess.Popen(command, cwd=ROOT) as process:
        deadline = time.monotonic() + 60
        while landed(uow) < least:
            assert time.monotonic() < deadline
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=0.02)
        process.kill()
