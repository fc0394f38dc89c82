"""Converting: a proof for a lead becomes evidence, and the rules do the rest."""

import inspect
import re
from datetime import UTC, datetime, timedelta

import pytest

from integrations.contract import ContactRecord, Level
from tests.builders import P, Q, account, email, id_of, phone, version
from tests.database import add_sources, exported, land_page, resolve_all
from worker.domain.contacts import Contact, Kind
from worker.jobs import convert
from worker.jobs.convert import SOURCE, Evidence, NotConvertibleError, ProofGiven
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
CODE = ProofGiven("phone", P, "otp")
LINK = ProofGiven("email", "Ana@X.es", "link")
OBSERVED, STORED, VERIFIED = Level.OBSERVED, Level.STORED, Level.VERIFIED


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    add_sources(uow, dict.fromkeys(("pbx", "crm", "chat"), VERIFIED))


def a_call(key: str, number: str | None = P, *, days: float = -1) -> ContactRecord:
    line = [] if number is None else [phone(number, OBSERVED)]
    return version(key, *line, occurred_at=NOW + timedelta(days=days)).record


def land_calls(uow: UnitOfWork, *calls: ContactRecord) -> str:
    """Land calls and return the id of the lead that the first one is in."""
    land_page(uow, "pbx", calls)
    resolve_all(uow)
    return contact(uow, id_of("pbx", calls[0].id)).id


def contact(uow: UnitOfWork, some_id: str) -> Contact:
    with uow.begin() as tx:
        found = tx.contacts.find(some_id)
    assert found is not None
    return found


def prove(uow: UnitOfWork, some_id: str, proof: ProofGiven, now: datetime = NOW) -> Evidence:
    evidence = convert.take_proof(uow, some_id, proof, now)
    resolve_all(uow)
    return evidence


def keys(found: Contact) -> set[str]:
    return {record.id for record in found.records if record.source != SOURCE}


def test_a_record_that_waits_is_on_no_contact_whatever_it_says_it_is_about(uow: UnitOfWork) -> None:
    """It may only claim that: a proof for it would bring along the lines of somebody else."""
    land_calls(uow, a_call("call-1"))
    claim = version("chat-1", about=("pbx", "call-1")).record
    land_page(uow, "chat", [claim])

    with pytest.raises(NotConvertibleError, match="no contact has the id"):
        convert.take_proof(uow, id_of("chat", "chat-1"), LINK, NOW)


class TestTheProof:
    """The proof lands first, as a record of evidence, so that the task carries two ids and nothing else."""

    def test_the_task_carries_two_ids(self, uow: UnitOfWork) -> None:
        lead = land_calls(uow, a_call("call"))

        evidence = convert.take_proof(uow, lead, CODE, NOW)

        assert Evidence._fields == ("lead", "evidence")
        assert all(re.fullmatch(r"[0-9a-f]{24}", each) for each in evidence)
        parameters = inspect.signature(convert.outcome).parameters
        assert list(parameters) == ["uow", "evidence"]

    def test_nothing_is_decided_before_it_is_resolved(self, uow: UnitOfWork) -> None:
        lead = land_calls(uow, a_call("call"))

        evidence = convert.take_proof(uow, lead, CODE, NOW)

        assert convert.outcome(uow, evidence)[1] is False
        resolve_all(uow)
        assert convert.outcome(uow, evidence)[1] is True

    def test_the_same_proof_twice_is_one_record(self, uow: UnitOfWork) -> None:
        lead = land_calls(uow, a_call("call"))

        first = prove(uow, lead, LINK)
        before = exported(uow)
        again = prove(uow, lead, ProofGiven("email", "ana@x.es", "link"), NOW + timedelta(days=1))

        assert again == first
        assert exported(uow) == before

    def test_another_method_is_another_proof(self, uow: UnitOfWork) -> None:
        lead = land_calls(uow, a_call("call"))

        assert prove(uow, lead, LINK).evidence != prove(uow, lead, LINK._replace(method="otp")).evidence

    def test_an_id_that_is_nobodys_is_refused(self, uow: UnitOfWork) -> None:
        with pytest.raises(NotConvertibleError, match="no contact has the id"):
            convert.take_proof(uow, "0" * 24, CODE, NOW)

    @pytest.mark.parametrize("value", ["not a number", "+349999999999", ""])
    def test_what_is_no_identifier_is_refused_and_not_repeated(self, uow: UnitOfWork, value: str) -> None:
        lead = land_calls(uow, a_call("call"))

        with pytest.raises(NotConvertibleError, match="the phone cannot be used") as refused:
            convert.take_proof(uow, lead, ProofGiven("phone", value, "otp"), NOW)

        assert not value or value not in str(refused.value)
        with uow.begin() as tx:
            assert not tx.to_resolve.any()

    def test_a_number_without_a_country_is_read_by_the_region_of_the_leads_source(
        self, uow: UnitOfWork
    ) -> None:
        with uow.begin() as tx:
            tx.sources.set("pbx", region="ES")
        lead = land_calls(uow, a_call("call"))

        prove(uow, lead, ProofGiven("phone", "612 34 56 78", "otp"))

        held = {each.value: each.level for each in contact(uow, lead).identifiers}
        assert held == {P: VERIFIED}


class TestTheOutcome:
    """The lead becomes a user, or joins the user who holds what was proved; its history comes along."""

    def test_the_lead_becomes_a_user_with_all_its_calls(self, uow: UnitOfWork) -> None:
        lead = land_calls(uow, a_call("call-1", days=-3), a_call("call-2", days=-2), a_call("call-3"))

        evidence = prove(uow, lead, CODE)

        user = contact(uow, lead)
        assert user.kind is Kind.USER
        assert keys(user) == {"call-1", "call-2", "call-3"}
        assert user.converted_at == NOW
        assert user.id == evidence.evidence
        assert user.proofs[0].evidence == (evidence.evidence,)

    def test_it_joins_the_user_who_holds_the_identifier(self, uow: UnitOfWork) -> None:
        row = version("row", email("ana@x.es", STORED), phone(Q, STORED), name="Ana Ruiz").record
        land_page(uow, "crm", [row])
        lead = land_calls(uow, a_call("call-1", days=-3), a_call("call-2"))

        prove(uow, lead, LINK)

        assert keys(contact(uow, lead)) == {"call-1", "call-2", "row"}
        assert contact(uow, lead).name == "Ana Ruiz"

    def test_later_calls_are_a_lead_again(self, uow: UnitOfWork) -> None:
        lead = land_calls(uow, a_call("call-1"))
        prove(uow, lead, LINK)

        later = land_calls(uow, a_call("call-2", days=1), a_call("call-3", days=2))

        assert (keys(contact(uow, lead)), keys(contact(uow, later))) == ({"call-1"}, {"call-2", "call-3"})
        assert contact(uow, later).kind is Kind.LEAD

    def test_each_lead_of_the_line_can_be_proved_in_turn(self, uow: UnitOfWork) -> None:
        lead = land_calls(uow, a_call("call-1"))
        prove(uow, lead, LINK)
        later = land_calls(uow, a_call("call-2", days=1))

        prove(uow, later, LINK, NOW + timedelta(days=2))

        assert keys(contact(uow, lead)) == {"call-1", "call-2"}

    def test_the_calls_come_along_when_the_lead_is_known_by_a_row_of_the_books(self, uow: UnitOfWork) -> None:
        row = version("row", phone(P, STORED), name="Ana Ruiz", occurred_at=NOW - timedelta(days=9)).record
        land_page(uow, "crm", [row])
        lead = land_calls(uow, a_call("call-1"), a_call("call-2"))
        assert lead == id_of("crm", "row")

        prove(uow, lead, LINK)

        assert keys(contact(uow, lead)) == {"row", "call-1", "call-2"}

    def test_a_withheld_call_is_proved_by_itself(self, uow: UnitOfWork) -> None:
        lead = land_calls(uow, a_call("call-1", None))
        other = land_calls(uow, a_call("call-2", None))

        prove(uow, lead, LINK)

        assert contact(uow, lead).kind is Kind.USER
        assert contact(uow, other).kind is Kind.LEAD

    def test_a_proof_that_is_contested_converts_nobody(self, uow: UnitOfWork) -> None:
        logins = [version(key, account(key), email("ana@x.es", VERIFIED)).record for key in ("ana", "luis")]
        land_page(uow, "chat", logins)
        lead = land_calls(uow, a_call("call"))

        evidence = prove(uow, lead, LINK)

        assert convert.outcome(uow, evidence)[1] is False
        assert contact(uow, lead).kind is Kind.LEAD

    def test_a_proof_for_a_user_does_not_bind_the_lines_of_its_other_records(self, uow: UnitOfWork) -> None:
        lead = land_calls(uow, a_call("call-1"))
        prove(uow, lead, LINK)
        login = version("login", account("u-1"), email("ana@x.es", VERIFIED), occurred_at=NOW).record
        land_page(uow, "chat", [login])
        resolve_all(uow)

        later = land_calls(uow, a_call("call-2", days=1))
        prove(
            uow,
            id_of("chat", "login"),
            ProofGiven("account", "u-9", "session", "shop"),
            NOW + timedelta(days=2),
        )

        assert contact(uow, later).kind is Kind.LEAD
