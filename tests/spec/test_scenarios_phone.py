"""Scenarios: phone."""

from pathlib import Path

import pytest

from integrations.contract import Identifier, Level
from tests.builders import (
    P,
    Q,
    a_call,
    a_card,
    a_complete_row,
    a_login,
    a_record,
    a_row,
    at,
    kinds,
    phone,
    told,
    version,
)
from tests.orders import in_every_order, suggested_in_every_order, told_in_every_order
from tests.scenes import Scene, a_file, delivered, delivered_call, delivered_login
from worker.domain.contacts import Kind
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.jobs.people import NotAnIdentifierError
from worker.storage.unit_of_work import UnitOfWork

CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED


def a_caller(number: str, **fields: object) -> Record:
    """A call whose number stands as the carrier sent it."""
    return a_call(number, **fields)  # type: ignore[arg-type] # fields of a call


@pytest.mark.scenario(9)
class TestAHousehold:
    """When users A and B both verified P and a call comes from P, it is a lead on line P: nobody is picked."""

    def test_the_call_belongs_to_neither(self) -> None:
        ana = a_login("ana", phone(P, VERIFIED), key="ana")
        luis = a_login("luis", phone(P, VERIFIED), on=1, key="luis")
        call = a_call(P, on=2, key="call")

        contacts = told_in_every_order(ana, luis, call)

        assert contacts == {"user: ana", "user: luis", "lead: call"}

    @pytest.mark.servers
    def test_the_panel_shows_both_as_possible(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        scene.land("chat", *(delivered_login(user, user, phone(P, VERIFIED)) for user in ("ana", "luis")))
        scene.see("pbx", delivered_call("call", on=2))

        panel = scene.panel()

        shown = [(match.how, match.profile.contact.name) for match in panel.matches]
        assert shown[0] == ("is this line", None)
        assert sorted(shown[1:]) == [("proved it", "Ana Ruiz"), ("proved it", "Luis Ruiz")]
        assert "2 contacts hold it. Nobody is picked." in panel.hints


@pytest.mark.scenario(10)
class TestASwitchboard:
    """When P stands on 40 imported rows of different names, P is common: a call is a lead, with no suggestions."""

    ROWS = tuple(a_row(name=f"Ana {chr(65 + n // 8)}{'aeioubcd'[n % 8] * 3}", number=P, key=f"row-{n}") for n in range(40))  # fmt: skip

    def test_nobody_is_joined_and_nobody_is_suggested(self) -> None:
        call, again = a_call(P, on=1, key="call"), a_call(P, on=2, key="again")

        contacts = in_every_order([*self.ROWS, call, again])

        assert len(contacts.contacts) == 41
        assert "lead: again, call" in told(contacts)
        assert set(kinds(contacts).values()) == {Kind.LEAD}

    @pytest.mark.servers
    def test_no_forty_suggestions_are_made(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        scene.land("crm", *(
            delivered(row.key, phone(P, STORED), name=row.name) for row in self.ROWS
        ))  # fmt: skip

        scene.see("pbx", delivered_call("call", on=1))

        assert scene.suggested() == set()
        assert len(scene.contacts()) == 41


@pytest.mark.scenario(11)
class TestARecycledNumber:
    """When A verified P in 2023 and B verifies P in 2026, they stay two, P is contested, calls from P are a lead."""

    def test_the_number_belongs_to_neither(self) -> None:
        ana = a_login("ana", phone(P, VERIFIED), on=-1000, key="ana")
        luis = a_login("luis", phone(P, VERIFIED), on=0, key="luis")
        early, late = a_call(P, on=-1001, key="early"), a_call(P, on=1, key="late")

        resolution = in_every_order([ana, luis, early, late])

        assert told(resolution) == {"user: ana", "user: luis", "lead: early, late"}
        (case,) = resolution.conflicts
        assert (case.kind, case.key) == ("contested", ("phone", "", P))


@pytest.mark.scenario(12)
@pytest.mark.servers
class TestALongSilence:
    """When lead P, who has notes, calls after 18 months, it is the same lead; the panel warns of the long gap."""

    def test_the_lead_is_the_same_and_the_panel_says_that_it_may_be_someone_else(
        self, uow: UnitOfWork
    ) -> None:
        scene = Scene(uow)
        scene.see("pbx", delivered_call("call"))

        before = scene.panel(now=at(540))
        scene.see("pbx", delivered_call("again", on=540))

        assert "Long gap: last contact 2026-03-01. It may be someone else now." in before.hints
        assert scene.told() == {"lead: again, call"}
        assert scene.notes("pbx", "again") == {"about call", "about again"}


@pytest.mark.scenario(13)
class TestAnAttestedNumber:
    """A caller's number equal to A's verified one, attested or not, is observed: a lead with a suggestion."""

    @pytest.mark.parametrize("attestation", ["A", "none"])
    def test_the_call_is_a_lead(self, attestation: str) -> None:
        ana = a_login("ana", phone(P, VERIFIED), key="ana")
        line = Identifier(type="phone", value=P, level=OBSERVED, method=f"attestation {attestation}")
        call = a_record("pbx", version("call", line, occurred_at=at(1)))

        contacts = told_in_every_order(ana, call)
        suggestions = suggested_in_every_order(ana, call)

        assert contacts == {"user: ana", "lead: call"}
        assert suggestions == {"ana ~ call"}


@pytest.mark.scenario(14)
class TestWithheldNumbers:
    """Three calls from a withheld number are three leads on no line, with no suggestion among them."""

    @pytest.mark.parametrize("number", ["anonymous", "+266696687", "", "Restricted"])
    def test_each_call_is_a_lead_of_its_own(self, number: str) -> None:
        calls = [a_caller(number, on=day, key=f"call-{day}") for day in (1, 2, 3)]

        contacts = told_in_every_order(*calls)
        suggestions = suggested_in_every_order(*calls)

        assert contacts == {"lead: call-1", "lead: call-2", "lead: call-3"}
        assert suggestions == set()


@pytest.mark.scenario(15)
class TestExtensions:
    """Two calls from `+12025550123 x12` and from `x34` are on two lines."""

    def test_two_extensions_are_two_leads(self) -> None:
        first = a_caller("+12025550123 x12", key="x12")
        second = a_caller("+12025550123 x34", key="x34")
        again = a_caller("+1 202 555 0123 ext. 12", on=1, key="again")

        contacts = told_in_every_order(first, second, again)

        assert contacts == {"lead: again, x12", "lead: x34"}


@pytest.mark.scenario(16)
@pytest.mark.servers
class TestTheRegionOfASource:
    """`020 7946 0958` from a GB source and `2079460958` from a US source are two numbers, each by its region."""

    def test_each_source_reads_its_numbers_by_its_own_region(self, uow: UnitOfWork, tmp_path: Path) -> None:
        scene = Scene(uow)
        british = a_file(tmp_path, "gb.csv", ["id,phone", "1,020 7946 0958"])
        american = a_file(tmp_path, "us.csv", ["id,phone", "1,2079460958"])

        scene.imported(british, "books-gb", region="GB")
        scene.imported(american, "books-us", region="US")

        held = {each.value for contact in scene.contacts() for each in contact.identifiers}
        assert held == {"+442079460958", "+12079460958"}


@pytest.mark.scenario(17)
@pytest.mark.servers
class TestANumberWithoutACountry:
    """A number without a country code, imported at a source without a region, is no key and is kept as it came."""

    def test_the_report_names_the_row_and_the_number_ties_nothing(
        self, uow: UnitOfWork, tmp_path: Path
    ) -> None:
        scene = Scene(uow)
        scene.see("pbx", delivered_call("call", P))

        imported = scene.imported(
            a_file(tmp_path, "books.csv", ["id,name,phone", f"1,Eva Prado,{Q}", "2,Ana Ruiz,612 34 56 78"])
        )

        assert scene.told() == {"lead: call", "lead: 1", "lead: 2"}
        (record,) = scene.profile("books", "2").records
        assert [(each.type, each.value) for each in record.unusable] == [("phone", "612 34 56 78")]
        ((why, seen),) = imported.findings.unusable.items()
        assert "country code" in why[1]
        assert seen.where == ["row 3"]


@pytest.mark.scenario(18)
class TestOtherSpellings:
    """A number with and without Brazil's ninth digit, Mexico's 1 or Argentina's 9 is never equal."""

    PAIRS = (
        ("+55 11 98765-4321", "+55 11 8765-4321"),
        ("+52 1 55 1234 5678", "+52 55 1234 5678"),
        ("+54 9 11 2345-6789", "+54 11 2345-6789"),
    )

    @pytest.mark.parametrize(("one", "other"), PAIRS, ids=["Brazil", "Mexico", "Argentina"])
    def test_two_sources_that_spell_it_differently_make_two_contacts(self, one: str, other: str) -> None:
        call = a_caller(one, key="call")
        row = a_row(name="Ana Ruiz", number=other, key="row")

        contacts = told_in_every_order(call, row)

        assert contacts == {"lead: call", "lead: row"}

    @pytest.mark.parametrize(("one", "other"), PAIRS, ids=["Brazil", "Mexico", "Argentina"])
    def test_they_are_a_suggestion(self, one: str, other: str) -> None:
        call, row = a_caller(one, key="call"), a_row(name="Ana Ruiz", number=other, key="row")

        suggestions = suggested_in_every_order(call, row)

        assert suggestions == {"call ~ row"}


@pytest.mark.scenario(19)
class TestShortCodes:
    """`55555` and `112` as callers are short codes, and never keys."""

    @pytest.mark.parametrize("number", ["55555", "112"])
    def test_two_calls_from_one_code_are_two_leads(self, number: str) -> None:
        first, second = a_caller(number, key="first"), a_caller(number, on=1, key="second")

        contacts = told_in_every_order(first, second)

        assert contacts == {"lead: first", "lead: second"}
        assert [each.value for each in first.unusable] == [number]


@pytest.mark.scenario(20)
@pytest.mark.servers
class TestAFillerNumber:
    """`+10000000000`, `+12345678901` or `1111111111` on 300 imported rows leaves 300 separate records."""

    @pytest.mark.parametrize("number", ["+10000000000", "+12345678901", "1111111111"])
    def test_no_two_rows_are_joined_or_suggested(self, uow: UnitOfWork, tmp_path: Path, number: str) -> None:
        scene = Scene(uow)
        rows = [f"{row},Ana Ruiz,ana-{row}@x.es,{number}" for row in range(300)]

        imported = scene.imported(a_file(tmp_path, "books.csv", ["id,name,email,phone", *rows]), region="US")

        contacts = scene.contacts()
        assert [len(contact.records) for contact in contacts] == [1] * 300
        assert {contact.kind for contact in contacts} == {Kind.LEAD}
        assert scene.suggested() == set()
        ((why, seen),) = (imported.findings.unusable | imported.findings.blocked).items()
        assert (why[0], seen.count) == ("phone", 300)
        assert why[1] in {"is a pattern of digits, not a number somebody has", "is not a valid phone number"}


@pytest.mark.scenario(21)
class TestTheCompanysOwnNumber:
    """A forwarded call that shows the company's own number is on no line: own numbers are never keys."""

    def test_two_forwarded_calls_are_two_leads(self) -> None:
        policy = Policy(own_numbers=frozenset({Q}))
        first, second = a_call(Q, key="first"), a_call(Q, on=1, key="second")
        row = a_row(name="Head Office", number=Q, key="row")

        contacts = told_in_every_order(first, second, row, policy=policy)

        assert contacts == {"lead: first", "lead: second", "lead: row"}


@pytest.mark.scenario(22)
@pytest.mark.servers
class TestALookUpOfPart:
    """A look-up of 888 does not find +33678885678: only equal canonical values match."""

    def test_the_digits_inside_another_number_match_nobody(self, uow: UnitOfWork) -> None:
        scene = Scene(uow)
        scene.see("pbx", delivered_call("call", "+33678885678"))

        with pytest.raises(NotAnIdentifierError):
            scene.panel("888")
        whole = scene.panel("+33 6 78 88 56 78")

        assert [match.profile.contact.id for match in whole.matches] == [scene.contact("pbx", "call").id]


@pytest.mark.scenario(23)
class TestATypedNumber:
    """A number that an agent typed wrong is claimed: it joins nobody; the correction keeps the old value."""

    def test_the_owner_of_the_wrong_number_is_not_joined(self) -> None:
        call = a_call(P, key="call")
        owner = a_complete_row(name="Luis Gomez", mail="luis@y.es", number=Q, key="owner")
        card = a_card(phone(Q, CLAIMED), name="Ana Ruiz", key="card")

        contacts = told_in_every_order(call, owner, card)

        assert contacts == {"lead: call", "user: owner", "lead: card"}

    def test_the_correction_stands_beside_the_typo(self) -> None:
        typo = version("card", phone(Q, CLAIMED), updated_at=at(1))
        corrected = version("card", phone(P, CLAIMED), updated_at=at(2))

        card = a_record("helpdesk", corrected, typo)

        assert {each.value: each.former for each in card.sightings} == {Q: True, P: False}
