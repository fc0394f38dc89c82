"""Rebuilding: it changes nothing where nothing is wrong, and mends what is."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy
from sqlalchemy import Engine, event

from integrations.contract import ContactRecord, Level
from tests.builders import START, P, Q, phone, version
from tests.database import add_sources, exported, land_page, resolve_all
from worker.jobs import rebuild, reconcile
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    add_sources(uow, {"pbx": Level.VERIFIED})


def a_call(key: str, number: str = P) -> ContactRecord:
    return version(key, phone(number, Level.OBSERVED)).record


def decided(uow: UnitOfWork, *records: ContactRecord) -> None:
    """Land calls and resolve them."""
    land_page(uow, "pbx", records)
    resolve_all(uow)


class TestRebuild:
    """A rebuild changes nothing where nothing is wrong, and mends what is."""

    def spoil(self, engine: Engine, statement: str) -> None:
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(statement))

    def test_a_record_that_is_not_what_its_versions_make_it_is_found_and_mended(
        self, uow: UnitOfWork, engine: Engine
    ) -> None:
        decided(uow, a_call("call-1"))
        before = exported(uow)
        self.spoil(engine, "UPDATE records SET body = replace(body, 'observed', 'claimed')")

        found = rebuild.run(uow, START, check=True)
        rebuild.run(uow, START, check=False)

        assert (found.refolded, found.is_right) == (1, False)
        assert rebuild.run(uow, START, check=True).is_right
        assert exported(uow) == before

    @pytest.mark.parametrize(
        "damage",
        [
            "UPDATE contacts SET body = replace(body, 'lead', 'user')",
            "DELETE FROM contacts",
            "DELETE FROM members",
            "DELETE FROM members; DELETE FROM contacts",
            "INSERT INTO contacts (id, kind, body) VALUES ('orphan', 'lead', '{}')",
            "DELETE FROM records; DELETE FROM identifiers; DELETE FROM members; DELETE FROM contacts",
        ],
        ids=[
            "a changed contact",
            "no contacts",
            "no members",
            "no decisions",
            "an orphan",
            "only the evidence",
        ],
    )
    def test_damage_is_found_and_mended(self, uow: UnitOfWork, engine: Engine, damage: str) -> None:
        decided(uow, a_call("call-1"), a_call("call-2", Q))
        before = exported(uow)
        self.spoil(engine, damage)

        assert rebuild.run(uow, START, check=True).differ
        rebuild.run(uow, START, check=False)

        assert rebuild.run(uow, START, check=True).differ == ()
        assert exported(uow) == before

    def test_it_refuses_while_records_wait(self, uow: UnitOfWork) -> None:
        land_page(uow, "pbx", [a_call("call")])

        with pytest.raises(rebuild.BusyError, match="1 records wait"):
            rebuild.run(uow, START, check=True)

    def test_it_refuses_while_a_worker_resolves(self, uow: UnitOfWork) -> None:
        with uow.begin() as tx:
            assert tx.only_resolver()
            with pytest.raises(rebuild.BusyError, match="a worker is resolving"):
                rebuild.run(uow, START, check=True)

    @contextmanager
    def a_page_lands_meanwhile(self, uow: UnitOfWork, engine: Engine, reading: str) -> Iterator[None]:
        """Land a page from another connection while a statement with `reading` is about to run."""
        pages = [[a_call(f"meanwhile {reading}")]]

        @event.listens_for(engine, "before_cursor_execute")
        def _land(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if reading in statement and pages:
                land_page(uow, "pbx", pages.pop())

        yield
        event.remove(engine, "before_cursor_execute", _land)

    def test_what_lands_during_a_check_is_not_taken_for_damage(self, uow: UnitOfWork, engine: Engine) -> None:
        decided(uow, a_call("call-1"))

        with (
            self.a_page_lands_meanwhile(uow, engine, "SELECT body FROM records"),
            pytest.raises(rebuild.BusyError, match="landed meanwhile"),
        ):
            rebuild.run(uow, START, check=True)
        resolve_all(uow)
        with self.a_page_lands_meanwhile(uow, engine, "SELECT id FROM records"):
            assert reconcile.verify(uow, "") == (0, [])

    def test_the_sampled_check_leaves_a_worker_alone(self, uow: UnitOfWork) -> None:
        decided(uow, a_call("call-1"))
        with uow.begin() as tx:
            assert tx.only_resolver()

            assert reconcile.verify(uow, "") == (0, [])

    def test_the_sampled_check_finds_damage_and_has_it_mended(self, uow: UnitOfWork, engine: Engine) -> None:
        decided(uow, a_call("call-1"), a_call("call-2", Q))
        assert reconcile.verify(uow, "") == (2, [])

        self.spoil(engine, "UPDATE contacts SET body = replace(body, 'observed', 'verified')")

        assert len(reconcile.verify(uow, "")[1]) == 2
        resolve_all(uow)
        assert reconcile.verify(uow, "") == (2, [])
