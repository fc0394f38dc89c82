"""Reconciling: leads with new proof are judged, and sources are asked again for leads, as time goes by."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy
from freezegun import freeze_time
from sqlalchemy import Engine, event

from integrations.contract import Connector, ContactRecord, Delivery, Level, Page
from integrations.errors import UnavailableError
from tests.builders import P, account, email, id_of, phone, version
from tests.database import add_sources, exported, land_page, resolve_all
from worker.domain.contacts import Kind
from worker.jobs import reconcile
from worker.jobs.reconcile import RECHECK_AFTER, RECHECK_RETRY, Reconciled
from worker.jobs.sync import FIRST_RECHECK, Run
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


class Chat:
    """A chat system that comes to know its visitors: `known` says who they turned out to be."""

    def __init__(self, visitors: Sequence[str] = ("v-1",)) -> None:
        self.visitors = visitors
        self.known: dict[str, str] = {}
        self.asked: list[list[str]] = []

    def fetch(self, cursor: str | None) -> Page:
        new = [] if cursor else [Delivery(self._record(visitor)) for visitor in self.visitors]
        return Page(deliveries=tuple(new), cursor="1", more=False)

    def refetch(self, ids: Sequence[str]) -> Page:
        self.asked.append(sorted(ids))
        return Page(
            deliveries=tuple(Delivery(self._record(visitor)) for visitor in ids), cursor="", more=False
        )

    def _record(self, visitor: str) -> ContactRecord:
        who = self.known.get(visitor)
        proved = [] if who is None else [account(who)]
        return version(
            visitor,
            email(f"{visitor}@x.es", Level.CLAIMED),
            *proved,
            occurred_at=NOON,
            updated_at=None if who is None else NOON,
        ).record


class Down:
    """The same system while it does not answer."""

    def fetch(self, cursor: str | None) -> Page:  # noqa: ARG002 - as the contract has it
        raise UnavailableError("chat: answered 503")

    def refetch(self, ids: Sequence[str]) -> Page:  # noqa: ARG002 - likewise
        raise UnavailableError("chat: answered 503")


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    with uow.begin() as tx:
        for name, kind in (("chat", "chat"), ("other", "chat")):
            tx.sources.put(name=name, kind=kind, connector="intercom", trust="verified", configured=True)
    add_sources(uow, {"pbx": Level.VERIFIED, "crm": Level.VERIFIED})


def reconciled(uow: UnitOfWork, connector: Connector) -> Reconciled:
    return reconcile.leads(uow, lambda _: connector, datetime.now(UTC))


def kind_of(uow: UnitOfWork, source: str, key: str) -> Kind:
    with uow.begin() as tx:
        contact = tx.contacts.find(id_of(source, key))
    assert contact is not None
    return contact.kind


def planned(uow: UnitOfWork) -> int:
    with uow.begin() as tx:
        return len(tx.work.due_rechecks(NOON + timedelta(days=4000), 1000))


class TestTheQueue:
    """Leads with proof newer than their last judgement are in the queue of changed records."""

    def test_a_lead_whose_proof_landed_becomes_a_user(self, uow: UnitOfWork) -> None:
        land_page(uow, "pbx", [version("call", phone(P, Level.OBSERVED)).record])
        resolve_all(uow)
        code = version("code", phone(P, Level.VERIFIED), about=("pbx", "call"), updated_at=NOON).record
        land_page(uow, "crm", [code])
        assert kind_of(uow, "pbx", "call") is Kind.LEAD

        done = reconciled(uow, Chat())

        assert done.resolved == 1
        assert kind_of(uow, "pbx", "call") is Kind.USER

    def test_without_anything_new_it_does_nothing(self, uow: UnitOfWork) -> None:
        land_page(uow, "pbx", [version("call", phone(P, Level.OBSERVED)).record])
        resolve_all(uow)

        assert reconciled(uow, Chat()) == Reconciled(resolved=0, asked_again=0, changed=0)


class TestAskingAgain:
    """A source that can be asked for single records is asked again for its leads: soon, then ever more rarely."""

    def test_a_lead_that_the_source_has_identified_since_becomes_a_user(self, uow: UnitOfWork) -> None:
        chat = Chat()
        with freeze_time(NOON) as clock:
            Run(uow, chat)("chat")
            reconciled(uow, chat)
            chat.known["v-1"] = "u-1"
            clock.tick(FIRST_RECHECK)

            done = reconciled(uow, chat)

        assert (done.asked_again, done.changed) == (1, 1)
        assert kind_of(uow, "chat", "v-1") is Kind.USER

    def test_it_is_not_asked_before_its_time(self, uow: UnitOfWork) -> None:
        chat = Chat()
        with freeze_time(NOON) as clock:
            Run(uow, chat)("chat")
            clock.tick(FIRST_RECHECK - timedelta(seconds=1))
            reconciled(uow, chat)

        assert chat.asked == []

    def test_it_is_asked_ever_more_rarely_and_then_no_more(self, uow: UnitOfWork) -> None:
        chat = Chat()
        with freeze_time(NOON) as clock:
            Run(uow, chat)("chat")
            for wait in (FIRST_RECHECK, *RECHECK_AFTER):
                clock.tick(wait - timedelta(seconds=1))
                assert reconciled(uow, chat).asked_again == 0
                clock.tick(timedelta(seconds=1))
                assert reconciled(uow, chat).asked_again == 1
            clock.tick(timedelta(days=4000))
            reconciled(uow, chat)

        assert len(chat.asked) == 1 + len(RECHECK_AFTER)
        assert planned(uow) == 0

    def test_a_user_is_not_asked_for(self, uow: UnitOfWork) -> None:
        chat = Chat()
        chat.known["v-1"] = "u-1"
        with freeze_time(NOON) as clock:
            Run(uow, chat)("chat")
            resolve_all(uow)
            clock.tick(FIRST_RECHECK)
            reconciled(uow, chat)

        assert (chat.asked, planned(uow)) == ([], 0)

    def test_many_leads_are_asked_for_in_requests_of_a_bearable_size(self, uow: UnitOfWork) -> None:
        chat = Chat([f"v-{number:03}" for number in range(120)])
        with freeze_time(NOON) as clock:
            Run(uow, chat)("chat")
            clock.tick(FIRST_RECHECK)
            done = reconciled(uow, chat)

        assert [len(ids) for ids in chat.asked] == [50, 50, 20]
        assert done.asked_again == 120

    def test_a_source_that_does_not_answer_is_asked_again_at_the_next_time(self, uow: UnitOfWork) -> None:
        chat = Chat()
        with freeze_time(NOON) as clock:
            Run(uow, chat)("chat")
            clock.tick(FIRST_RECHECK)

            assert reconciled(uow, Down()).asked_again == 0
            clock.tick(RECHECK_RETRY)
            assert reconciled(uow, chat).asked_again == 1

    def test_one_source_that_does_not_answer_holds_up_no_other(self, uow: UnitOfWork) -> None:
        chat, other = Chat(), Chat(["w-1"])
        with freeze_time(NOON) as clock:
            Run(uow, chat)("chat")
            Run(uow, other)("other")
            clock.tick(FIRST_RECHECK)

            done = reconcile.leads(uow, lambda name: Down() if name == "chat" else other, datetime.now(UTC))

        assert (done.asked_again, other.asked) == (1, [["w-1"]])

    @pytest.mark.parametrize(
        "state", [{"paused": "answered 401"}, {"configured": False}], ids=["paused", "gone"]
    )
    def test_a_source_that_is_paused_or_gone_is_not_asked(
        self, uow: UnitOfWork, state: dict[str, object]
    ) -> None:
        chat = Chat()
        with freeze_time(NOON) as clock:
            Run(uow, chat)("chat")
            with uow.begin() as tx:
                tx.sources.set("chat", **state)
            clock.tick(FIRST_RECHECK)
            reconciled(uow, chat)

        assert chat.asked == []

    def test_a_source_that_cannot_be_asked_is_watched_no_more(self, uow: UnitOfWork) -> None:
        class FetchOnly:
            def fetch(self, cursor: str | None) -> Page:  # noqa: ARG002 - as the contract has it
                return Page(deliveries=(), cursor="1", more=False)

        with freeze_time(NOON) as clock:
            Run(uow, Chat())("chat")
            clock.tick(FIRST_RECHECK)
            reconciled(uow, FetchOnly())

        assert planned(uow) == 0


class TestCost:
    """The cost follows what changed: no query looks at all leads."""

    def test_no_table_that_grows_is_scanned(self, uow: UnitOfWork, engine: Engine) -> None:
        calls = [
            version(f"call-{each}", phone(f"+3461{each:07}", Level.OBSERVED)).record for each in range(500)
        ]
        land_page(uow, "pbx", calls)
        resolve_all(uow)
        chat = Chat()
        with freeze_time(NOON) as clock:
            Run(uow, chat)("chat")
            clock.tick(FIRST_RECHECK)
            with engine.begin() as connection:
                connection.execute(sqlalchemy.text("ANALYZE"))
            statements: list[str] = []

            @event.listens_for(engine, "before_cursor_execute")
            def _note(_c: object, _cursor: object, statement: str, *_: object) -> None:
                statements.append(statement)

            reconciled(uow, chat)
            event.remove(engine, "before_cursor_execute", _note)

        assert len(statements) < 60
        unbounded = [each for each in statements if "FROM contacts" in each and "WHERE" not in each]
        assert unbounded == []

    def test_the_plan_of_the_rechecks_starts_from_what_is_due(self, uow: UnitOfWork, engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(
                sqlalchemy.text(
                    "INSERT INTO records (id, source, key, occurred_at, body)"
                    " SELECT lpad(n::text, 24, '0'), 'chat', n::text, now(), '{}' FROM generate_series(1, 20000) n"
                )
            )
            connection.execute(
                sqlalchemy.text(
                    "INSERT INTO rechecks (record_id, source, next_at) SELECT id, source,"
                    " timestamptz '2026-05-01 12:00Z' + interval '1 hour' * CAST(key AS integer) FROM records"
                )
            )
            connection.execute(sqlalchemy.text("ANALYZE"))

        with uow.begin() as tx, engine.begin() as watching:
            assert len(tx.work.due_rechecks(NOON + timedelta(hours=3), 500)) == 3
            plan = watching.execute(
                sqlalchemy.text("EXPLAIN SELECT record_id FROM rechecks WHERE next_at <= '2026-05-01 15:00Z'")
            )

            assert "ix_rechecks_next_at" in str(plan.all())


def test_the_export_is_the_same_whoever_judged_the_leads(uow: UnitOfWork) -> None:
    land_page(uow, "pbx", [version("call", phone(P, Level.OBSERVED)).record])
    resolve_all(uow)
    before = exported(uow)

    with freeze_time(NOON):
        reconciled(uow, Chat())

    assert exported(uow) == before
