"""Scenarios: conversion and return."""

import pytest
import structlog

from integrations.contract import ContactRecord, Level
from tests.builders import (
    P,
    Q,
    a_call,
    a_code,
    a_complete_row,
    at,
    email,
    id_of,
    phone,
    suggested,
    told,
)
from tests.database import land_page
from tests.orders import in_every_order, told_in_every_order
from tests.scenes import Scene, delivered, delivered_call, delivered_login
from worker.domain.contacts import Kind
from worker.jobs import convert, decide, erase
from worker.jobs.convert import ProofGiven
from worker.jobs.decide import Said
from worker.jobs.people import People
from worker.storage.unit_of_work import UnitOfWork

CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED
E = "ana@x.es"
CALLS = ("call-1", "call-2", "call-3")


def said(on: float) -> Said:
    return Said("eva", "the code went to somebody else", at(on))


@pytest.mark.scenario(56)
class TestACodeOnTheLine:
    """Lead P, with notes and three calls, confirms a one-time code on the line: it becomes a user."""

    def test_all_calls_come_along_in_every_order(self) -> None:
        calls = [a_call(P, on=day, key=f"call-{day}") for day in (1, 2, 3)]
        code = a_code(phone(P, VERIFIED), about=calls[2], line=None, on=4, key="code")

        contacts = told_in_every_order(*calls, code)

        assert contacts == {"user: call-1, call-2, call-3, code"}

    @pytest.mark.servers
    def test_notes_and_calls_stay_and_one_conversion_is_logged_with_its_proof(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        scene.see("pbx", *(delivered_call(key, on=day) for day, key in enumerate(CALLS)))
        old_id = scene.contact("pbx", "call-1").id

        taken = convert.take_proof(uow, old_id, ProofGiven("phone", P, "otp", author="eva"), at(5))
        scene.settle()

        user = scene.contact_of(old_id)
        assert user.kind is Kind.USER
        assert {record.id for record in user.records} >= set(CALLS)
        assert scene.notes("pbx", "call-1") == {f"about {key}" for key in CALLS}
        assert len(scene.interactions("pbx", "call-1")) == 3
        with uow.begin() as tx:
            (converted,) = [row for row in tx.changes.latest(9) if row.change.kind == "converted"]
        assert converted.change.rules
        assert user.proofs[0].evidence == (taken.evidence,)


@pytest.mark.scenario(57)
class TestALeadThatJoinsAUser:
    """When lead P's record gains the verified e-mail that user A holds as stored, it joins A."""

    def test_earlier_calls_come_along_and_later_ones_are_a_lead_with_a_suggestion(self) -> None:
        ana = a_complete_row(mail=E, number=Q, key="ana")
        early, call = a_call(P, on=0, key="early"), a_call(P, on=1, key="call")
        code = a_code(email(E, VERIFIED), about=call, on=2, key="code")
        later, last = a_call(P, on=3, key="later"), a_call(P, on=4, key="last")
        records = [ana, early, call, code, later, last]

        resolution = in_every_order(records)

        assert told(resolution) == {"user: ana, call, code, early", "lead: last, later"}
        assert suggested(resolution, records) == {"ana ~ later"}


@pytest.mark.scenario(58)
@pytest.mark.servers
class TestAFalseProof:
    """When a proof turns out false and is undone, the lead is back with everything, and A is as before."""

    def a_lead_and_ana(self, uow: UnitOfWork) -> Scene:
        scene = Scene(uow)
        scene.see("pbx", *(delivered_call(key, on=day) for day, key in enumerate(CALLS)))
        scene.see("crm", delivered("ana", email(E, STORED), phone(Q, STORED), name="Ana Ruiz"))
        return scene

    def test_a_conversion_by_an_agent_is_undone_to_the_byte(self, uow: UnitOfWork) -> None:
        scene = self.a_lead_and_ana(uow)
        before = scene.exported()
        convert.take_proof(uow, id_of("pbx", "call-1"), ProofGiven("email", E, "otp", author="eva"), at(5))
        scene.settle()
        joined = scene.told()

        decide.undo(uow, scene.newest_change("converted"), said(6))
        scene.settle()

        assert len(joined) == 1
        assert scene.exported() == before
        assert scene.notes("pbx", "call-1") == {f"about {key}" for key in CALLS}

    def test_a_proof_that_the_record_itself_carries_is_taken_for_false(self, uow: UnitOfWork) -> None:
        scene = self.a_lead_and_ana(uow)
        ana = next(line for line in scene.exported() if '"crm"' in line)
        proved = delivered("call-1", phone(P, OBSERVED), email(E, VERIFIED), updated_at=at(5))
        scene.see("pbx", proved)
        joined = scene.told()

        undone = decide.undo(uow, scene.newest_change("converted"), said(6))
        scene.settle()

        assert joined == {"user: ana, call-1, call-2, call-3"}
        assert [each.kind for each in undone.decided] == ["void"]
        assert ana in scene.exported()
        lead = scene.contact("pbx", "call-1")
        assert (lead.kind, {record.id for record in lead.records}) == (Kind.LEAD, set(CALLS))
        assert scene.notes("pbx", "call-1") == {f"about {key}" for key in CALLS}
        assert len(scene.interactions("pbx", "call-1")) == 3


@pytest.mark.scenario(59)
@pytest.mark.servers
class TestErased:
    """After A is erased, her row is suppressed and counted when it comes again; a call from P is an empty lead."""

    ROW = delivered("ana", email(E, STORED), phone(P, STORED), name="Ana Ruiz")

    def an_erased_ana(self, uow: UnitOfWork) -> Scene:
        """Erase A, of whom the books and a login with a note were known."""
        scene = Scene(uow)
        scene.land("crm", self.ROW)
        scene.see("chat", delivered_login("login", "ana", email(E, VERIFIED)))
        People(uow).note(id_of("chat", "login"), "a note", "eva", at(1))
        erase.run(uow, id_of("crm", "ana"), at(2))
        scene.settle()
        return scene

    @pytest.mark.parametrize(
        ("source", "row"),
        [
            ("crm", ROW),
            ("crm", delivered("other key", email(E, STORED), phone(P, STORED), name="Ana Ruiz")),
            ("chat", delivered_login("other login", "ana", email(E, VERIFIED), on=3)),
        ],
        ids=["the same key", "another key, the same stored", "another key, the same verified identifiers"],
    )
    def test_the_row_is_suppressed_and_counted(
        self, uow: UnitOfWork, source: str, row: ContactRecord
    ) -> None:
        scene = self.an_erased_ana(uow)

        landed = land_page(uow, source, [row])
        scene.settle()

        assert (landed.pulled, landed.changed, landed.suppressed) == (1, 0, 1)
        assert scene.contacts() == []

    def test_a_call_from_the_number_makes_an_empty_new_lead(self, uow: UnitOfWork) -> None:
        scene = self.an_erased_ana(uow)
        call = delivered("call", phone(P, OBSERVED), on=3)

        scene.see("pbx", call)

        assert scene.told() == {"lead: call"}
        profile = scene.profile("pbx", "call")
        assert (profile.contact.name, profile.notes, profile.suggestions) == (None, [], [])


@pytest.mark.scenario(60)
@pytest.mark.servers
class TestDeletedAtItsSource:
    """A record that was deleted in the source is marked gone at the next sync; contact and notes stay."""

    def test_the_lead_stays_with_its_notes(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        scene.see("pbx", delivered_call("call-1"), delivered_call("call-2", on=1))

        scene.see("pbx", delivered("call-1", updated_at=at(2), deleted=True))

        profile = scene.profile("pbx", "call-1")
        assert scene.told() == {"lead: call-1, call-2"}
        assert profile.gone == 1
        assert scene.notes("pbx", "call-1") == {"about call-1", "about call-2"}
        assert len(profile.interactions) == 2


@pytest.mark.scenario(61)
@pytest.mark.servers
class TestAnAttackOfClaims:
    """When 10,000 unproven chats claim A's e-mail, A is unchanged; one suggestion has a count, and a warning."""

    def test_one_suggestion_stands_for_all_of_them(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        scene.see("chat", delivered_login("login", "ana", email(E, VERIFIED)))
        ana = scene.exported()

        with structlog.testing.capture_logs() as logged:
            scene.see("chat", *(delivered(f"claim-{each}", email(E, CLAIMED)) for each in range(10_000)))

        assert set(ana) < set(scene.exported())
        (suggestion,) = scene.profile("chat", "login").suggestions
        assert suggestion.claimed == id_of("chat", "login")
        assert suggestion.crowd == 9_999
        assert suggestion.count >= 10_000
        assert len(scene.suggested()) == 1
        warnings = [each for each in logged if each["log_level"] == "warning"]
        assert {(each["event"], each["contact"]) for each in warnings} == {
            ("crowd_of_claims", id_of("chat", "login"))
        }
