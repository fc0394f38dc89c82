"""The checker on the database: it accepts what the jobs wrote, and finds what somebody else wrote."""

from collections.abc import Sequence

import pytest
import sqlalchemy
from sqlalchemy import Engine

from integrations.contract import ContactRecord, Level
from tests.builders import P, Q, account, at, email, id_of, phone, version
from tests.database import add_sources, land_page, resolve_all
from worker.domain.decisions import Decision
from worker.jobs import check_proofs
from worker.jobs.rebuild import BusyError
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

ANA = email("ana@x.es", Level.VERIFIED)
E = email("ana@x.es", Level.STORED)
USER, LEAD = id_of("chat", "s-1"), id_of("pbx", "l-1")


@pytest.fixture(autouse=True)
def _story(uow: UnitOfWork) -> None:
    """Two calls of a user before the proof, a row that the proof joins, a lead of two calls, and a conflict."""
    add_sources(uow, dict.fromkeys(("chat", "crm", "pbx"), Level.VERIFIED))
    landed(uow, "pbx", a_call("c-1", P, on=0), a_call("c-2", P, on=1))
    landed(uow, "pbx", a_call("l-1", Q, on=0), a_call("l-2", Q, on=1))
    landed(uow, "chat", a_login("s-1", "u-1", on=2))
    landed(uow, "crm", version("row", E, occurred_at=at(3)).record)
    landed(uow, "chat", kiosk("k-1", "u-3"), kiosk("k-2", "u-4"))


def a_call(key: str, number: str, *, on: float) -> ContactRecord:
    return version(key, phone(number, Level.OBSERVED), occurred_at=at(on)).record


def a_login(key: str, user: str, *, on: float) -> ContactRecord:
    return version(key, account(user), phone(P, Level.OBSERVED), ANA, occurred_at=at(on)).record


def kiosk(key: str, user: str) -> ContactRecord:
    return version(key, account(user), email("kiosk@x.es", Level.VERIFIED), occurred_at=at(0)).record


def landed(uow: UnitOfWork, source: str, *records: ContactRecord) -> None:
    land_page(uow, source, records)
    resolve_all(uow)


def spoil(engine: Engine, *statements: str) -> None:
    """Write past all jobs. Statements may speak of :user, :lead, :row and :call, the lead's second one."""
    named = {"user": USER, "lead": LEAD, "row": id_of("crm", "row"), "call": id_of("pbx", "l-2")}
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sqlalchemy.text(statement), named)


def places(done: check_proofs.Checked) -> set[tuple[str, str]]:
    return {(fault.contact or fault.case, fault.rule) for fault in done.faults}


def test_everything_that_the_jobs_wrote_holds(uow: UnitOfWork) -> None:
    told: list[tuple[int, int]] = []

    done = check_proofs.run(uow, lambda some, of: told.append((some, of)))

    assert (done.proofs, done.contacts, done.faults) == (7, 4, ())
    assert told == [(4, 4)]


DAMAGE: dict[str, tuple[Sequence[str], set[tuple[str, str]]]] = {
    "a lead that is made a user": (
        [
            "UPDATE contacts SET kind = 'user', body = replace(body, '\"kind\":\"lead\"', '\"kind\":\"user\"') WHERE id = :lead"
        ],
        {(LEAD, "kind"), (LEAD, "line")},
    ),
    "a proof under another rule": (
        ["UPDATE contacts SET body = replace(body, 'verified-stored', 'account') WHERE id = :user"],
        {(USER, "account")},
    ),
    "evidence whose level was lowered": (
        ["UPDATE records SET body = replace(body, '\"verified\"', '\"claimed\"') WHERE key = 's-1'"],
        {
            (USER, rule)
            for rule in ("verified-user", "verified-stored", "kind", "founding record", "converted_at", "history")
        },
    ),
    "a record that leads elsewhere": (
        ["UPDATE members SET contact_id = :lead WHERE record_id = :row"],
        {(USER, "one contact")},
    ),
    "a record that leads nowhere": (
        ["DELETE FROM members WHERE record_id = :call"],
        {(LEAD, "one contact")},
    ),
    "a contact that is gone": (
        ["DELETE FROM contacts WHERE id = :lead"],
        {("", "one contact"), (LEAD, "one contact")},
    ),
    "a time of conversion that is too early": (
        [
            "UPDATE contacts SET body = replace(body, '\"converted_at\":\"2026-03-03', '\"converted_at\":\"2026-03-01') WHERE id = :user"
        ],
        {(USER, "converted_at")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_what_somebody_else_wrote_is_found(uow: UnitOfWork, engine: Engine, name: str) -> None:
    statements, expected = DAMAGE[name]
    spoil(engine, *statements)

    done = check_proofs.run(uow)

    assert places(done) == expected


def test_a_case_that_is_none_is_found(uow: UnitOfWork, engine: Engine) -> None:
    with uow.begin() as tx:
        (case,) = tx.cases.all(10)
    spoil(engine, "UPDATE conflicts SET kind = 'torn'")

    done = check_proofs.run(uow)

    assert case.kind == "contested"
    assert [(fault.contact, fault.rule) for fault in done.faults] == [("", "torn")]


def test_a_decision_that_was_never_acted_on_is_found(uow: UnitOfWork) -> None:
    sides = ((id_of("pbx", "l-1"),), (id_of("pbx", "l-2"),))
    with uow.begin() as tx:
        tx.decisions.add(Decision(id="f" * 16, kind="different", at=at(9), author="eva", sides=sides))

    done = check_proofs.run(uow)

    assert places(done) == {(LEAD, "different")}


def test_faults_name_no_person(uow: UnitOfWork, engine: Engine) -> None:
    for statements, _ in DAMAGE.values():
        spoil(engine, *statements)

    done = check_proofs.run(uow)

    assert done.faults
    assert not any(told in repr(done.faults) for told in ("ana@x.es", P, Q, "u-1"))


def test_it_waits_for_whoever_resolves_and_for_what_waits(uow: UnitOfWork) -> None:
    with uow.begin() as tx:
        assert tx.only_resolver()

        with pytest.raises(BusyError, match="a worker is resolving just now"):
            check_proofs.run(uow)

    land_page(uow, "pbx", [a_call("new", P, on=5)])

    with pytest.raises(BusyError, match="1 records wait to be resolved"):
        check_proofs.run(uow)
