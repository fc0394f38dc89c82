"""Scenarios: decisions and chains."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from integrations.contract import Level
from tests.builders import (
    P,
    Q,
    a_call,
    a_chat,
    a_decision,
    a_login,
    a_row,
    account,
    at,
    contact_of,
    email,
    id_of,
    phone,
    told,
    withdrawn,
)
from tests.orders import in_every_order
from tests.scenes import Scene, delivered, delivered_call, delivered_login
from worker.domain.suggestions import Suggestion
from worker.jobs import decide, suggest
from worker.jobs.decide import NotDecidedError, Said
from worker.jobs.people import People
from worker.jobs.suggest import BasisChangedError
from worker.storage.unit_of_work import UnitOfWork

CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED
E = "ana@x.es"


def said(on: float = 10, author: str = "eva") -> Said:
    return Said(author, "the same voice", at(on))


@pytest.mark.scenario(51)
class TestAChainOfMerges:
    """When lead 1 is merged into lead 2 and lead 2 into user A, lead 1's first id leads to A in one step."""

    def test_the_first_id_is_a_record_of_the_user(self) -> None:
        lead_1, lead_2 = a_call(P, key="lead 1"), a_call(Q, key="lead 2")
        ana = a_login("ana", key="ana")
        merges = [a_decision("same", [lead_1], [lead_2], on=5), a_decision("same", [lead_2], [ana], on=6)]

        resolution = in_every_order([lead_1, lead_2, ana], decisions=merges)

        user = contact_of(resolution, ana)
        assert user.id == ana.id
        assert contact_of(resolution, lead_1) == contact_of(resolution, lead_2) == user

    @pytest.mark.servers
    def test_opening_it_shows_the_user_whatever_the_length_of_the_chain(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        numbers = [f"+3461234567{digit}" for digit in range(6)]
        scene.land("pbx", *(delivered_call(f"lead {n}", number) for n, number in enumerate(numbers)))
        scene.see("chat", delivered_login("login", "ana"))
        chain = [*(id_of("pbx", f"lead {n}") for n in range(6)), id_of("chat", "login")]

        for day, (one, other) in enumerate(pairwise(chain)):
            decide.merge(uow, one, other, said(day))
            scene.settle()

        user = People(uow).profile(chain[0]).contact
        assert user.id == id_of("chat", "login")
        assert len(user.records) == 7


@pytest.mark.scenario(52)
@pytest.mark.servers
class TestAChainThatIsCut:
    """When a decision of that chain is withdrawn, lead 1 is back with all its notes; notes on A stay with A."""

    def a_chain(self, scene: Scene) -> list[str]:
        """Merge lead 1 into lead 2 and lead 2 into A; write a note on each; return the decisions' ids."""
        scene.land("pbx", delivered_call("lead 1", P), delivered_call("lead 2", Q))
        scene.see("chat", delivered_login("login", "ana"))
        lead_1, lead_2, ana = id_of("pbx", "lead 1"), id_of("pbx", "lead 2"), id_of("chat", "login")
        first = decide.merge(scene.uow, lead_1, lead_2, said(5))
        scene.settle()
        second = decide.merge(scene.uow, lead_2, ana, said(6))
        scene.settle()
        for some_id, words in ((lead_1, "written on lead 1"), (ana, "written on A")):
            People(scene.uow).note(some_id, words, "eva", at(7))
        return [first.id, second.id]

    def test_without_the_first_lead_1_stands_alone(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        first, _ = self.a_chain(scene)

        decide.withdraw(uow, first, said(8))
        scene.settle()

        assert scene.told() == {"lead: lead 1", "user: lead 2, login"}
        assert scene.notes("pbx", "lead 1") == {"about lead 1", "written on lead 1"}
        assert scene.notes("chat", "login") == {"about lead 2", "written on A"}

    def test_without_the_second_lead_1_is_back_with_lead_2(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        _, second = self.a_chain(scene)

        decide.withdraw(uow, second, said(8))
        scene.settle()

        assert scene.told() == {"lead: lead 1, lead 2", "user: login"}
        assert scene.notes("pbx", "lead 1") == {"about lead 1", "about lead 2", "written on lead 1"}
        assert scene.notes("chat", "login") == {"written on A"}

    def test_withdrawn_in_any_order_the_chain_leaves_nothing_behind(self) -> None:
        lead_1, lead_2 = a_call(P, key="lead 1"), a_call(Q, key="lead 2")
        ana = a_login("ana", key="ana")
        first = a_decision("same", [lead_1], [lead_2], on=5)
        second = a_decision("same", [lead_2], [ana], on=6)

        neither = in_every_order(
            [lead_1, lead_2, ana], decisions=[withdrawn(first), withdrawn(second, on=21)]
        )

        assert neither == in_every_order([lead_1, lead_2, ana])


@pytest.mark.scenario(53)
@pytest.mark.servers
class TestTwoWhoMergeAtOnce:
    """When one agent joins X and Y while another joins Y and X, there is one decision and no cycle."""

    def test_both_have_said_the_same(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        scene.see("pbx", delivered_call("x", P), delivered_call("y", Q))
        pair = id_of("pbx", "x"), id_of("pbx", "y")

        with ThreadPoolExecutor(2) as agents:
            merges = [
                agents.submit(decide.merge, uow, *ids, said(author=author))
                for ids, author in ((pair, "eva"), (pair[::-1], "leo"))
            ]
            decided = {each.result().id for each in merges}
        scene.settle()

        with uow.begin() as tx:
            assert {each.id for each in tx.decisions.all()} == decided
        assert len(decided) == 1
        assert scene.told() == {"lead: x, y"}

    def test_joining_a_contact_with_itself_is_nothing(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        scene.see("pbx", delivered_call("x", P))

        with pytest.raises(NotDecidedError, match="one contact already"):
            decide.merge(uow, id_of("pbx", "x"), id_of("pbx", "x"), said())

        with uow.begin() as tx:
            assert tx.decisions.all() == []


@pytest.mark.scenario(54)
class TestNotTheSame:
    """After "not the same" for L and A, neither is suggested again; verified evidence reopens it as a conflict."""

    def test_verified_evidence_opens_a_case_and_joins_nobody(self) -> None:
        row = a_row(mail=E, name="Ana Ruiz", key="row")
        ana = a_login("ana", key="ana")
        apart = a_decision("different", [row], [ana], on=5)
        proof = a_login("ana", email(E, VERIFIED), on=6, key="proof")

        resolution = in_every_order([row, ana, proof], decisions=[apart])

        assert told(resolution) == {"lead: row", "user: ana, proof"}
        (case,) = resolution.conflicts
        assert (case.kind, case.decision) == ("reopened", apart.id)
        assert {row.id, ana.id} <= {each for side in case.sides for each in side}

    def test_weak_evidence_opens_none(self) -> None:
        call = a_call(P, key="call")
        ana = a_login("ana", phone(P, VERIFIED), key="ana")
        apart = a_decision("different", [call], [ana], on=5)
        again, claim = a_call(P, on=6, key="again"), a_chat(phone(P, CLAIMED), on=7, key="claim")

        resolution = in_every_order([call, ana, again, claim], decisions=[apart])

        assert told(resolution) == {"lead: again, call", "user: ana", "lead: claim"}
        assert resolution.conflicts == ()

    @pytest.mark.servers
    def test_they_are_never_suggested_again(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        scene.land("chat", delivered_login("login", "ana", phone(P, VERIFIED)))
        scene.see("pbx", delivered_call("call", on=1))
        before = scene.suggested()

        decide.differ(uow, id_of("pbx", "call"), id_of("chat", "login"), said())
        scene.settle()
        decided = scene.suggested()
        scene.see("pbx", delivered_call("again", on=11))

        assert before == {"call ~ login"}
        assert decided == scene.suggested() == set()


@pytest.mark.scenario(55)
@pytest.mark.servers
class TestAnOutdatedSuggestion:
    """A suggestion that is accepted after its evidence was withdrawn is refused: "its basis changed"."""

    def a_suggestion(self, uow: UnitOfWork) -> tuple[Scene, Suggestion]:
        """Show that a visitor claims the e-mail of a user."""
        scene = Scene(uow)
        scene.see(
            "chat",
            delivered_login("login", "ana", email(E, VERIFIED)),
            delivered("visitor", email(E, CLAIMED)),
        )
        (shown,) = scene.profile("chat", "login").suggestions
        return scene, shown

    def test_where_nothing_suggests_it_any_more_nobody_is_joined(self, uow: UnitOfWork) -> None:
        scene, shown = self.a_suggestion(uow)
        decide.mark(uow, "common", ("email", "", E), said())
        scene.settle()

        with pytest.raises(BasisChangedError, match="its basis changed: nothing suggests it any more"):
            suggest.answer(uow, [shown.name], "accept", said(11))

        assert len(scene.contacts()) == 2

    def test_where_it_rests_on_something_else_the_new_state_is_told(self, uow: UnitOfWork) -> None:
        scene, shown = self.a_suggestion(uow)
        scene.see("chat", delivered("login", account("ana"), phone(P, VERIFIED), updated_at=at(2)))
        scene.see("chat", delivered("visitor", phone(P, CLAIMED), updated_at=at(3)))
        (present,) = scene.profile("chat", "login").suggestions

        with pytest.raises(BasisChangedError, match="its basis changed: it rests on") as refused:
            suggest.answer(uow, [shown.name], "accept", said(11))

        assert present.name in str(refused.value)
        assert len(scene.contacts()) == 2

    def test_what_was_shown_as_it_is_joins(self, uow: UnitOfWork) -> None:
        scene, shown = self.a_suggestion(uow)

        suggest.answer(uow, [shown.name], "accept", said(11))

        assert scene.told() == {"user: login, visitor"}
