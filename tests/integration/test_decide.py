"""Deciding: merge, split, undo, withdraw; contacts are again exactly what they were."""

import pytest

from integrations.contract import ContactRecord, Interaction, Level, Note
from tests.builders import P, Q, account, at, email, id_of, phone, version
from tests.database import add_sources, exported, land_page, resolve_all
from worker.domain.contacts import Contact, Kind
from worker.jobs import convert, decide, rebuild
from worker.jobs.convert import ProofGiven
from worker.jobs.decide import NotDecidedError, Said
from worker.jobs.people import People
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

E = "ana@x.es"


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    add_sources(uow, dict.fromkeys(("chat", "crm", "pbx"), Level.VERIFIED))
    with uow.begin() as tx:
        convert.ensure_own_source(tx)


def said(day: float = 10, author: str = "eva") -> Said:
    return Said(author, "same voice", at(day))


def landed(uow: UnitOfWork, source: str, *records: ContactRecord) -> None:
    land_page(uow, source, records)
    resolve_all(uow)


def a_call(key: str, number: str = P, *, on: float = 0) -> ContactRecord:
    call = Interaction(id=key, kind="call", at=at(on))
    note = Note(id=f"note-{key}", at=at(on), body="prefers mornings")
    return version(
        key, phone(number, Level.OBSERVED), occurred_at=at(on), interactions=(call,), notes=(note,)
    ).record


def a_login(key: str, user: str, mail: str | None = None, *, on: float = 0) -> ContactRecord:
    held = [] if mail is None else [email(mail, Level.VERIFIED)]
    return version(key, account(user), *held, occurred_at=at(on), name=f"{user.title()} Ruiz").record


def contact(uow: UnitOfWork, source: str, key: str) -> Contact:
    with uow.begin() as tx:
        found = tx.contacts.find(id_of(source, key))
    assert found is not None
    return found


def newest_change(uow: UnitOfWork, kind: str) -> int:
    with uow.begin() as tx:
        return next(row.number for row in tx.changes.latest(50) if row.change.kind == kind)


def assert_as_rebuilt(uow: UnitOfWork) -> None:
    assert rebuild.run(uow, at(99), check=True).is_right


def test_a_merge_and_its_undo_leave_the_export_as_it_was(uow: UnitOfWork) -> None:
    landed(uow, "pbx", a_call("call-1"), a_call("call-2", on=1))
    landed(uow, "chat", a_login("login", "ana"))
    before = exported(uow)

    decide.merge(uow, id_of("pbx", "call-2"), id_of("chat", "login"), said())
    resolve_all(uow)
    joined = contact(uow, "pbx", "call-1")
    undone = decide.undo(uow, newest_change(uow, "joined"), said(11))
    resolve_all(uow)

    assert (joined.kind, len(joined.records)) == (Kind.USER, 3)
    assert len(undone.withdrawn) == 1
    assert exported(uow) == before
    assert_as_rebuilt(uow)


def test_an_automatic_join_and_its_undo_leave_the_export_as_it_was(uow: UnitOfWork) -> None:
    landed(uow, "crm", version("row", email(E, Level.STORED), name="Ana Ruiz").record)
    landed(uow, "chat", a_login("login", "ana"))
    before = exported(uow)
    landed(uow, "chat", a_login("other", "ana", E, on=2))
    assert len(exported(uow)) == 1

    decide.undo(uow, newest_change(uow, "joined"), said())
    resolve_all(uow)

    row = next(line for line in before if '"crm"' in line)
    assert row in exported(uow)
    assert len(contact(uow, "chat", "login").records) == 2  # What joined them is of the login's account.
    assert_as_rebuilt(uow)


def test_a_conversion_and_its_undo_leave_the_export_as_it_was(uow: UnitOfWork) -> None:
    landed(uow, "pbx", a_call("call-1"), a_call("call-2", on=1))
    landed(uow, "crm", version("row", email(E, Level.STORED), name="Ana Ruiz").record)
    before = exported(uow)

    taken = convert.take_proof(
        uow, id_of("pbx", "call-1"), ProofGiven("email", E, "otp", author="eva"), at(5)
    )
    resolve_all(uow)
    user = contact(uow, "pbx", "call-2")
    People(uow).note(taken.evidence, "called about an invoice", "eva", at(6))
    decide.undo(uow, newest_change(uow, "converted"), said())
    resolve_all(uow)

    lead = contact(uow, "pbx", "call-2")
    assert (user.kind, lead.kind) == (Kind.USER, Kind.LEAD)
    with uow.begin() as tx:
        assert tx.contacts.find(taken.evidence) == lead
        assert "called about an invoice" in [note.body for note in tx.people.notes(lead.record_ids)]
    assert [line.replace('"notes": 3', '"notes": 2') for line in exported(uow)] == before
    assert_as_rebuilt(uow)


def test_a_split_takes_records_out_and_leaves_the_rest_together(uow: UnitOfWork) -> None:
    landed(uow, "pbx", *(a_call(f"call-{each}", on=each) for each in range(4)))

    decide.split(uow, id_of("pbx", "call-0"), [id_of("pbx", "call-3")], said())
    resolve_all(uow)

    assert [len(contact(uow, "pbx", f"call-{each}").records) for each in range(4)] == [3, 3, 3, 1]
    decide.undo(uow, newest_change(uow, "split"), said(11))
    resolve_all(uow)
    assert len(contact(uow, "pbx", "call-3").records) == 4
    assert_as_rebuilt(uow)


def test_a_record_that_joined_when_it_came_in_is_split_off_exactly(uow: UnitOfWork) -> None:
    landed(uow, "crm", version("row", email(E, Level.STORED), name="Ana Ruiz").record)
    landed(uow, "pbx", a_call("call"))
    before = exported(uow)
    landed(uow, "chat", a_login("login", "ana", E, on=2))
    assert len(exported(uow)) == len(before)

    decide.split(uow, id_of("crm", "row"), [id_of("chat", "login")], said())
    resolve_all(uow)

    assert [line for line in exported(uow) if '"chat"' not in line] == before
    assert_as_rebuilt(uow)


def test_a_split_that_is_mended_already_is_not_undone(uow: UnitOfWork) -> None:
    landed(uow, "pbx", a_call("call-1"), a_call("call-2", on=1))
    decision = decide.split(uow, id_of("pbx", "call-1"), [id_of("pbx", "call-2")], said())
    resolve_all(uow)
    number = newest_change(uow, "split")
    decide.withdraw(uow, decision.id, said(11))
    resolve_all(uow)

    with pytest.raises(NotDecidedError, match="avouch why"):
        decide.undo(uow, number, said(12))

    with uow.begin() as tx:
        assert [each.kind for each in tx.decisions.all()] == ["different"]


def test_nobody_has_the_last_word_by_a_clock_that_runs_ahead(uow: UnitOfWork) -> None:
    landed(uow, "pbx", a_call("x"), a_call("y", Q))
    ids = id_of("pbx", "x"), id_of("pbx", "y")

    ahead = decide.differ(uow, *ids, Said("eva", "", at(100_000)))
    later = decide.merge(uow, *ids, said())
    resolve_all(uow)

    with uow.begin() as tx:
        assert ahead.at <= tx.now()
    assert later.at > ahead.at
    assert len(contact(uow, "pbx", "x").records) == 2
