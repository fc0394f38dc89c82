"""Scenarios: order, duplicates and time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.contract import Interaction, Level
from tests.builders import (
    P,
    Q,
    a_call,
    a_chat,
    a_code,
    a_complete_row,
    a_decision,
    a_login,
    a_message,
    a_row,
    a_visit,
    account,
    at,
    cookie,
    email,
    handle,
    phone,
)
from tests.database import resolve_all
from tests.orders import outcomes, told_in_every_order
from tests.scenes import Scene, a_file, delivered, delivered_call, delivered_login
from worker.domain.contacts import Kind
from worker.jobs import resolve as resolving
from worker.storage.unit_of_work import UnitOfWork

CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED
E = "ana@x.es"


@pytest.mark.scenario(1)
class TestACallThenALogin:
    """When a call comes from P and later A logs in to a chat, there are two contacts: lead P and user A."""

    def test_the_number_and_the_login_are_two_contacts_whichever_came_first(self) -> None:
        call = a_call(P, key="call")
        login = a_login("ana", on=1, key="login")

        contacts = told_in_every_order(call, login)

        assert contacts == {"lead: call", "user: login"}


@pytest.mark.scenario(2)
class TestAnySetOfRecords:
    """Any set of records, in every permutation (up to 6) or 200 shuffles, gives the same contacts to the byte."""

    def test_six_records_of_a_conversion_have_one_outcome_in_720_orders(self) -> None:
        first, second = a_call(P, key="call-1"), a_call(P, on=1, key="call-2")
        row = a_complete_row(mail=E, number=Q, key="row")
        code = a_code(email(E, VERIFIED), about=second, on=2, key="code")
        later, claim = a_call(P, on=3, key="call-3"), a_chat(email(E, CLAIMED), key="claim")

        found = outcomes([first, second, row, code, later, claim])

        assert len(found) == 1

    def test_twenty_records_full_of_clashes_and_decisions_have_one_outcome_in_200_shuffles(self) -> None:
        calls = [a_call(number, on=day) for day in range(4) for number in (P, Q)]
        logins = [a_login(user, cookie("kiosk"), email(E, VERIFIED)) for user in ("ana", "luis", "ana")]
        rows = [
            a_row(name=name, mail=E, number=P, customer=name) for name in ("Ana Ruiz", "Luis Ruiz", "Al Day")
        ]
        chats = [a_visit("kiosk"), a_visit("ck-9", email(E, CLAIMED)), a_chat(email(E, VERIFIED))]
        chats += [a_code(phone(P, VERIFIED), about=calls[0]), a_message(handle("@ana")), a_call(None)]
        decisions = [
            a_decision("same", calls[:1], logins[:1], on=5),
            a_decision("different", calls[:1], logins[1:2], on=6),
            a_decision("same", rows[:1], rows[2:], on=7),
        ]

        found = outcomes([*calls, *logins, *rows, *chats], decisions)

        assert len(found) == 1


@pytest.mark.scenario(3)
@pytest.mark.servers
class TestDeliveredAgain:
    """When all that landed is delivered again, three times, no contact, note, change or event is new."""

    def test_nothing_changes(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        pages = {
            "pbx": [delivered_call("call-1"), delivered_call("call-2", on=1)],
            "chat": [delivered_login("login", "ana", phone(P, VERIFIED), on=2)],
        }
        for source, page in pages.items():
            scene.see(source, *page)
        before = scene.exported(), scene.changes(), scene.notes("pbx", "call-1")

        for _ in range(3):
            for source, page in pages.items():
                scene.land(source, *page)
        with uow.begin() as tx:
            waiting = tx.to_resolve.any()
        scene.settle()

        assert not waiting
        assert (scene.exported(), scene.changes(), scene.notes("pbx", "call-1")) == before


@pytest.mark.scenario(4)
@pytest.mark.servers
class TestALateRecord:
    """A record three days old that arrives after a newer profile overwrites nothing; its call keeps its time."""

    def test_the_newer_value_stands_and_the_interaction_is_at_its_own_time(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        newer = delivered("ana", account("ana"), updated_at=at(9), name="Ana Gomez", profile={"town": "Lugo"})
        chat = Interaction(id="chat-1", kind="chat", at=at(6))
        older = delivered(
            "ana",
            account("ana"),
            updated_at=at(6),
            name="Ana Ruiz",
            profile={"town": "Vigo"},
            interactions=(chat,),
        )

        scene.land("chat", newer, landed_at=at(9))
        scene.land("chat", older, landed_at=at(10))
        scene.settle()

        profile = scene.profile("chat", "ana")
        assert (profile.contact.name, profile.fields) == ("Ana Gomez", {"town": "Lugo"})
        assert [each.at for each in profile.interactions] == [at(6)]


@pytest.mark.scenario(5)
@pytest.mark.servers
class TestSkewedClocks:
    """A time in the future, from a source with a skewed clock, ranks as its first delivery, kept raw; a warning."""

    def test_a_later_version_wins_and_the_report_warns(self, uow: UnitOfWork, tmp_path: Path) -> None:
        scene = Scene(uow)
        skewed, header = "2199-01-01T00:00:00Z", "id,name,updated_at"
        first = scene.imported(a_file(tmp_path, "1.csv", [header, f"row,Ana Ruiz,{skewed}"]))

        second = scene.imported(a_file(tmp_path, "2.csv", [header, f"row,Ana Gomez,{datetime.now(UTC)}"]))

        assert first.warnings == ["1 record carries a time in the future; it ranks by its delivery"]
        assert second.warnings == []
        row = scene.contact("books", "row")
        assert row.name == "Ana Gomez"
        with uow.begin() as tx:
            (versions,) = tx.evidence.versions([row.id]).values()
        assert datetime(2199, 1, 1, tzinfo=UTC) in {each.record.updated_at for each in versions}


@pytest.mark.scenario(6)
@pytest.mark.servers
class TestOtherContent:
    """The same record id with other content is a new version, and its interaction is not doubled."""

    def test_the_call_is_told_once_in_its_newest_words(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        words = ("asked", "asked for an invoice")
        first, second = (
            delivered("call", phone(P, OBSERVED), updated_at=at(day), interactions=(
                Interaction(id="call", kind="call", at=at(0), summary=summary),
            ))
            for day, summary in enumerate(words)
        )  # fmt: skip

        scene.see("pbx", first)
        scene.see("pbx", second)

        assert [each.summary for each in scene.interactions("pbx", "call")] == ["asked for an invoice"]
        with uow.begin() as tx:
            (versions,) = tx.evidence.versions([scene.contact("pbx", "call").id]).values()
        assert len(versions) == 2


@pytest.mark.scenario(7)
@pytest.mark.servers
class TestFiftyAtOnce:
    """When 50 workers land one new number at once, there is one lead with 50 interactions."""

    def test_one_number_makes_one_lead(self, uow: UnitOfWork) -> None:
        sources = [f"pbx-{number}" for number in range(5)]
        scene = Scene(uow, dict.fromkeys(sources, VERIFIED))

        def call(number: int) -> None:
            scene.land(sources[number % 5], delivered_call(f"call-{number}"))
            resolving.run(uow, at(1))

        with ThreadPoolExecutor(12) as workers:
            list(workers.map(call, range(50)))
        scene.settle()

        (lead,) = scene.exported()
        assert '"kind": "lead"' in lead
        assert '"interactions": 50' in lead


@pytest.mark.scenario(8)
@pytest.mark.servers
class TestADeadWorker:
    """When the worker dies between landing and resolving, the records are resolved later: none lost, none twice."""

    def test_what_landed_is_resolved_after_the_restart(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        scene.land("pbx", delivered_call("call-1"), delivered_call("call-2", on=1))

        def die_while_resolving() -> None:
            with uow.begin() as tx:
                taken, _ = tx.to_resolve.take(10)
                tx.to_resolve.done(taken)
                raise SystemExit

        with pytest.raises(SystemExit):
            die_while_resolving()
        resolve_all(uow)

        assert scene.told() == {"lead: call-1, call-2"}
        assert len(scene.interactions("pbx", "call-1")) == 2
        assert scene.contact("pbx", "call-1").kind is Kind.LEAD
