"""The document of one person: everything that is held about them, and nothing about anybody else."""

import json

import pytest

from integrations.contract import ContactRecord, Delivery, Interaction, Level, Note
from tests.builders import LANDED, P, account, at, email, id_of, phone, version
from tests.database import add_sources, land_page, resolve_all
from worker.cli.lookup import personal
from worker.domain.records import Record
from worker.jobs import convert, decide, dedupe, person
from worker.jobs.convert import ProofGiven
from worker.jobs.decide import Said
from worker.jobs.land import Arrival, land
from worker.jobs.people import People, UnknownIdError
from worker.jobs.person import Document
from worker.jobs.resolve import Outcome
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

LANDLINE = "+34912345678"
SAID = Said("eva.agent", "sounded like his brother", at(10))
HERS = (
    "Ana Ruiz",
    "Ana@x.es",
    "ana@x.es",
    "u-ana",
    "prefers mornings",
    "asked for an invoice",
    "called back",
    "the raw row of Ana",
    "not an address",
    LANDLINE,
)
HIS = (
    "Leo Ruiz",
    "leo@x.es",
    "u-leo",
    "likes evenings",
    "wants a refund",
    "the raw row of Leo",
    "row-leo",
    "visit-leo",
)
THE_TEAM = ("eva.agent", "max.agent")


@pytest.fixture(autouse=True)
def _two_who_share_things(uow: UnitOfWork) -> None:
    add_sources(uow, dict.fromkeys(("chat", "crm", "pbx"), Level.VERIFIED))
    note = Note(id="n1", at=at(1), body="prefers mornings", author="max.agent")
    ana = a_row("7", "Ana Ruiz", "Ana@x.es", note)
    land_raw(uow, ana, "the raw row of Ana, kept by max.agent")
    land_page(uow, "crm", [version("7", email("not an address", Level.STORED), updated_at=at(2)).record])
    land_raw(
        uow,
        a_row("row-leo", "Leo Ruiz", "leo@x.es", Note(id="n", at=at(1), body="likes evenings")),
        "the raw row of Leo",
    )
    for user, said, day in (("ana", "asked for an invoice", 3), ("leo", "wants a refund", 4)):
        chat = Interaction(id="c", kind="chat", at=at(day), summary=said)
        held = (account(f"u-{user}"), email(f"{user}@x.es", Level.VERIFIED), phone(P, Level.OBSERVED))
        land_page(
            uow, "chat", [version(f"visit-{user}", *held, occurred_at=at(day), interactions=(chat,)).record]
        )
    land_page(uow, "chat", [version("claim", account("u-ana"), email("leo@x.es", Level.CLAIMED)).record])
    settle(uow)
    People(uow).note(id_of("chat", "visit-ana"), "called back", "eva.agent", at(6))
    decide.differ(uow, id_of("crm", "7"), id_of("crm", "row-leo"), SAID)
    settle(uow)


def a_row(key: str, name: str, mail: str, note: Note) -> ContactRecord:
    return version(
        key, email(mail, Level.STORED), phone(LANDLINE, Level.STORED), name=name, notes=(note,)
    ).record


def land_raw(uow: UnitOfWork, record: ContactRecord, raw: str) -> None:
    with uow.begin() as tx:
        tx.sources.lock("crm")
        land(tx, uow.id_key, Arrival("crm", None, None, LANDED), [Delivery(record, raw)], [])


def settle(uow: UnitOfWork) -> None:
    resolve_all(uow)
    while dedupe.run(uow).outcome is not Outcome.IDLE:
        pass


def of(uow: UnitOfWork, source: str, key: str) -> Document:
    return personal.of(uow, id_of(source, key), at(50))


def text(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False)


def test_everything_that_is_held_about_the_person_is_in_it(uow: UnitOfWork) -> None:
    found = text(of(uow, "crm", "7"))

    assert [each for each in HERS if each not in found] == []


def test_nothing_of_the_other_is_in_it(uow: UnitOfWork) -> None:
    found = of(uow, "crm", "7")

    # She claimed his address herself, so that much is hers.
    own = text(found).replace('"value": "leo@x.es"', "")
    assert [each for each in HIS if each in own] == []
    assert stored_ids(uow, found) == set()


def test_nothing_of_hers_is_in_his(uow: UnitOfWork) -> None:
    found = of(uow, "crm", "row-leo")

    assert [each for each in HIS if each not in text(found)] == []
    assert [each for each in HERS if each in text(found)] == [LANDLINE]
    assert stored_ids(uow, found) == set()


def stored_ids(uow: UnitOfWork, document: Document) -> set[str]:
    """Return the ids of other people's records that a document holds."""
    with uow.begin() as tx:
        every: dict[str, Record] = {each.id: each for each in tx.evidence.load_all()}
    own = {each["id"] for each in document["records"]}
    return {each for each in every if each in text(document)} - own


def test_nobody_of_the_team_is_named(uow: UnitOfWork) -> None:
    for source, key in (("crm", "7"), ("crm", "row-leo")):
        found = text(of(uow, source, key))

        assert [each for each in THE_TEAM if each in found] == []
        assert "the team" in found


def test_decisions_name_own_records_and_give_no_reason_that_may_speak_of_others(uow: UnitOfWork) -> None:
    (decision,) = of(uow, "crm", "7")["decisions"]

    assert (decision["kind"], decision["by"], decision["reason"]) == ("different", "the team", "")
    assert decision["other_records"] == 2
    assert len(decision["sides"]) == 1


def test_a_proof_that_was_given_here_is_in_it_with_its_words(uow: UnitOfWork) -> None:
    call = version("call", phone("+34600000001", Level.OBSERVED), occurred_at=at(1)).record
    land_page(uow, "pbx", [call])
    settle(uow)
    proof = ProofGiven("email", "new@x.es", "otp", author="eva.agent", reason="she read it out")
    convert.take_proof(uow, id_of("pbx", "call"), proof, at(5))
    settle(uow)

    found = of(uow, "pbx", "call")

    assert "confirmed new@x.es by a one-time code" in found["contact"]["proofs"][0]["words"]
    assert "the team took the proof" in found["contact"]["proofs"][0]["words"]
    assert [each["reason"] for each in found["decisions"]] == ["she read it out"]
    assert "eva.agent" not in text(found)


def test_suggestions_show_what_is_ones_own(uow: UnitOfWork) -> None:
    claimed = of(uow, "crm", "7")["suggestions"]

    shared = [each["value"] for one in claimed for each in one["shares"]]
    assert set(shared) <= {LANDLINE, P, "leo@x.es"}
    assert all("id" not in one for one in claimed)


def test_the_versions_are_as_they_were_delivered(uow: UnitOfWork) -> None:
    (row,) = (each for each in of(uow, "crm", "7")["records"] if each["key"] == "7")

    raw = {each["raw"] for each in row["versions"]}
    assert raw == {"the raw row of Ana, kept by the team", None}
    assert {each["body"].get("name") for each in row["versions"]} == {"Ana Ruiz", None}
    assert [each["value"] for each in row["unusable"]] == ["not an address"]
    assert {(each["value"], each["former"]) for each in row["identifiers"]} == {
        ("ana@x.es", True),
        (LANDLINE, True),
    }


def test_an_id_that_nobody_has_is_refused(uow: UnitOfWork) -> None:
    with pytest.raises(UnknownIdError):
        person.document(uow, "0" * 24, at(50))
