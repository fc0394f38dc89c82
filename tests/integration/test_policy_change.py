"""Changing the policy: the rehearsal says what applying does, and going back gives back what was."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from integrations.contract import ContactRecord, Interaction, Level, Note
from tests.builders import LANDED, P, Q, account, at, cookie, email, id_of, phone, version
from tests.database import add_sources, exported, land_page, resolve_all
from worker.domain.comparison import Comparison
from worker.domain.policy import Policy
from worker.jobs import decide, policy_change, rebuild, resolve
from worker.jobs.decide import Said as Decided
from worker.jobs.people import People
from worker.jobs.policy import policy_in_force, put, trust_of, with_settings, written
from worker.jobs.policy_change import Report, Said, UnknownVersionError, Watch, digest, of_file, of_version
from worker.jobs.rebuild import BusyError
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

SAID = Said("eva", "new.toml", "the shop checks its export")
KIOSK = "cookie-of-a-kiosk"

POLICIES: Mapping[str, tuple[dict[str, Any], dict[str, Level]]] = {
    "a number of our own": ({"own_numbers": (P,)}, {}),
    "a low limit": ({"common_limit": 1}, {}),
    "less is complete": ({"complete": ("name", "email")}, {}),
    "calls after the proof are the user's": ({"phone_binding": "attach"}, {}),
    "a role": ({"roles_extra": ("ana",)}, {}),
    "the books are not believed": ({}, {"crm": Level.CLAIMED}),
    "the chat proves nobody": ({}, {"chat": Level.OBSERVED}),
    "all at once": (
        {"common_limit": 2, "complete": ("email",), "phone_binding": "attach", "own_numbers": (Q,)},
        {"chat": Level.STORED, "pbx": Level.CLAIMED},
    ),
}


@pytest.fixture(autouse=True)
def first(uow: UnitOfWork) -> int:
    """Sources, and the number of the first version."""
    add_sources(uow, dict.fromkeys(("chat", "crm", "pbx"), Level.VERIFIED))
    with uow.begin() as tx:
        return put(tx, written(Policy()), origin="avouch.toml", author="", now=at(0))


def a_call(key: str, number: str = P, *, on: float = 0) -> ContactRecord:
    call = Interaction(id=key, kind="call", at=at(on))
    note = Note(id=f"note-{key}", at=at(on), body="prefers mornings")
    made = version(
        key, phone(number, Level.OBSERVED), occurred_at=at(on), interactions=(call,), notes=(note,)
    )
    return made.record


def a_row(key: str, mail: str, name: str, number: str | None = None) -> ContactRecord:
    held = [] if number is None else [phone(number, Level.STORED)]
    return version(key, email(mail, Level.STORED), *held, name=name).record


def a_login(key: str, user: str, *more: Any, on: float = 1) -> ContactRecord:
    return version(key, account(user), *more, occurred_at=at(on), name=f"{user.title()} Ruiz").record


def a_business(uow: UnitOfWork) -> None:
    """Land and resolve evidence on which every setting of the policy has an effect."""
    land_page(
        uow, "pbx", [a_call("before"), a_call("after", on=9), a_call("other", Q), a_call("again", Q, on=3)]
    )
    land_page(
        uow,
        "crm",
        [
            a_row("ana", "ana@x.es", "Ana Ruiz"),
            a_row("ben", "ben@x.es", "Ben Ortega", Q),
            a_row("eva", "eva@x.es", "Eva Sanz"),
            a_row("leo", "house@x.es", "Leo Sanz", "+34600111222"),
            a_row("mia", "house@x.es", "Mia Sanz", "+34600111333"),
        ],
    )
    line = phone(P, Level.OBSERVED)
    land_page(
        uow,
        "chat",
        [
            a_login("login-ana", "ana", email("ana@x.es", Level.VERIFIED), line),
            a_login("login-eva", "eva", cookie(KIOSK)),
            a_login("login-leo", "leo", cookie(KIOSK)),
            version("visit", cookie(KIOSK), occurred_at=at(2)).record,
        ],
    )
    resolve_all(uow)


def asked(name: str) -> policy_change.Asked:
    return of_file(*POLICIES[name])


def in_order(effects: Comparison) -> tuple[Any, ...]:
    return tuple(effects)


def now() -> datetime:
    return LANDED


class TestRehearsal:
    """What the rehearsal says is what applying does; going back gives back what was, to the byte."""

    @pytest.mark.parametrize("name", POLICIES)
    def test_applying_does_what_the_rehearsal_said_and_going_back_undoes_it(
        self, uow: UnitOfWork, first: int, name: str
    ) -> None:
        a_business(uow)
        before = exported(uow)

        rehearsed = policy_change.rehearse(uow, asked(name))
        untouched = exported(uow)
        applied = policy_change.apply(uow, asked(name), SAID, now=now)
        after = exported(uow)
        back = policy_change.apply(uow, of_version(first), SAID, now=now)

        assert untouched == before
        assert not rehearsed.effects.is_nothing
        assert in_order(applied.effects) == in_order(rehearsed.effects)
        assert applied.digest == rehearsed.digest == digest(after)
        assert (applied.contacts, applied.waiting) == (rehearsed.contacts, 0)
        assert exported(uow) == before
        assert back.digest == digest(before)
        assert rebuild.run(uow, LANDED, check=True).is_right

    def test_a_rehearsal_keeps_to_what_people_decided(self, uow: UnitOfWork) -> None:
        a_business(uow)
        decide.merge(uow, id_of("pbx", "other"), id_of("crm", "ben"), Decided("eva", "same voice", at(20)))

        rehearsed = policy_change.rehearse(uow, asked("the books are not believed"))
        applied = policy_change.apply(uow, asked("the books are not believed"), SAID, now=now)

        assert in_order(applied.effects) == in_order(rehearsed.effects)
        assert applied.digest == rehearsed.digest

    @pytest.mark.parametrize("name", POLICIES)
    def test_records_judged_a_source_at_a_time_end_as_the_rehearsal_said(
        self, uow: UnitOfWork, name: str
    ) -> None:
        a_business(uow)
        settings, trust = POLICIES[name]
        wanted = with_settings(Policy(trust=trust), settings)
        rehearsed = policy_change.rehearse(uow, asked(name))

        with uow.begin() as tx:
            put(tx, written(wanted), origin="new.toml", author="eva", now=LANDED)
        while resolve.run(uow, LANDED, at_most=1).outcome is not resolve.Outcome.IDLE:
            pass

        assert digest(exported(uow)) == rehearsed.digest

    def test_the_rehearsal_names_who_is_no_user_any_more(self, uow: UnitOfWork) -> None:
        a_business(uow)

        effects = policy_change.rehearse(uow, asked("the chat proves nobody")).effects

        withdrawn = {record.id for effect in effects.reverted for record in effect.contact.records}
        assert {"login-eva", "login-leo"} <= withdrawn
        assert effects.converted == ()

    def test_what_waits_is_judged_by_the_policy_in_force_first(self, uow: UnitOfWork) -> None:
        land_page(uow, "pbx", [a_call("one"), a_call("two", on=1)])

        report = policy_change.rehearse(uow, of_file({"own_numbers": (P,)}, {}))

        assert [len(effect.others) for effect in report.effects.split] == [2]


class TestVersions:
    """Every change is a version, with who made it; the newest is in force, and judges what lands."""

    def test_a_version_keeps_who_made_it_where_it_came_from_and_why(self, uow: UnitOfWork) -> None:
        report = policy_change.apply(uow, of_file({"common_limit": 3}, {"crm": Level.STORED}), SAID, now=now)

        with uow.begin() as tx:
            row = tx.policies.newest()
        assert row is not None
        assert (row.version, row.author, row.origin, row.reason, row.at) == (report.version, *SAID, LANDED)
        assert trust_of(row) == {"chat": Level.VERIFIED, "crm": Level.STORED, "pbx": Level.VERIFIED}

    def test_what_a_file_leaves_out_stays_in_force(self, uow: UnitOfWork) -> None:
        policy_change.apply(uow, of_file({"common_limit": 3}, {"crm": Level.STORED}), SAID)
        policy_change.apply(uow, of_file({"roles_extra": ("reception",)}, {"chat": Level.STORED}), SAID)

        with uow.begin() as tx:
            policy = policy_in_force(tx)
        assert (policy.common_limit, sorted(policy.extra_roles)) == (3, ["reception"])
        assert policy.trust == {"chat": Level.STORED, "crm": Level.STORED, "pbx": Level.VERIFIED}

    @pytest.mark.parametrize(
        "same",
        [
            of_file({}, {}),
            of_file({"common_limit": 5, "complete": ("phone", "email", "name")}, {"crm": Level.VERIFIED}),
        ],
        ids=["nothing", "what holds anyway"],
    )
    def test_what_is_in_force_already_makes_no_version(
        self, uow: UnitOfWork, first: int, same: policy_change.Asked
    ) -> None:
        a_business(uow)

        reports = [
            policy_change.rehearse(uow, same),
            policy_change.apply(uow, same, SAID),
            policy_change.apply(uow, of_version(first), SAID),
        ]

        assert reports == [Report(first, first, same=True)] * 3
        with uow.begin() as tx:
            assert len(tx.policies.all(9)) == 1
            assert tx.to_resolve.waiting() == 0

    def test_a_version_that_never_was_is_refused(self, uow: UnitOfWork) -> None:
        with pytest.raises(
            UnknownVersionError, match=r"There is no version 999999\. See: avouch policy history"
        ):
            policy_change.apply(uow, of_version(999_999), SAID)

    def test_going_back_leaves_the_trust_of_a_source_that_came_later(
        self, uow: UnitOfWork, first: int
    ) -> None:
        policy_change.apply(uow, of_file({"common_limit": 3}, {}), SAID)
        add_sources(uow, {"shop": Level.STORED})

        policy_change.apply(uow, of_version(first), SAID)

        with uow.begin() as tx:
            assert policy_in_force(tx).trust["shop"] is Level.STORED

    def test_a_contact_says_by_which_version_it_became_what_it_is(self, uow: UnitOfWork, first: int) -> None:
        a_business(uow)

        report = policy_change.apply(uow, asked("the chat proves nobody"), SAID)

        people = People(uow)
        assert people.profile(id_of("chat", "login-eva")).policy == report.version
        assert people.profile(id_of("crm", "mia")).policy == first


class TestBesideOthers:
    """Workers go on meanwhile: nothing that lands is judged by an old version for good."""

    def test_it_waits_for_a_worker_that_resolves(self, uow: UnitOfWork, first: int) -> None:
        a_business(uow)
        with ExitStack() as worker:
            tx = worker.enter_context(uow.begin())
            assert tx.only_resolver()

            report = policy_change.apply(
                uow, asked("a low limit"), SAID, Watch(pause=lambda _: worker.close())
            )

        assert report.version > report.was == first

    def test_it_writes_nothing_where_it_waits_in_vain(self, uow: UnitOfWork) -> None:
        a_business(uow)
        with uow.begin() as worker:
            assert worker.only_resolver()

            with pytest.raises(BusyError, match="a worker is resolving"):
                policy_change.apply(uow, asked("a low limit"), SAID, Watch(pause=lambda _: None))

        with uow.begin() as tx:
            assert len(tx.policies.all(9)) == 1

    def test_a_rehearsal_needs_nobody_to_stop(self, uow: UnitOfWork) -> None:
        a_business(uow)
        with uow.begin() as worker:
            assert worker.only_resolver()

            report = policy_change.rehearse(uow, asked("a low limit"))

        assert not report.effects.is_nothing

    def test_a_rehearsal_reads_one_moment(self, uow: UnitOfWork, engine: Engine) -> None:
        a_business(uow)
        alone = policy_change.rehearse(uow, asked("a low limit"))
        meanwhile = [a_call("meanwhile", on=1), a_call("meanwhile too", "+34600999888")]

        def land_and_resolve(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if meanwhile and statement.startswith("SELECT id, body FROM contacts"):
                land_page(uow, "pbx", [meanwhile.pop(), meanwhile.pop()])
                resolve_all(uow)

        with listening(engine, land_and_resolve):
            report = policy_change.rehearse(uow, asked("a low limit"))

        assert meanwhile == []
        assert report == alone

    def test_records_that_were_set_aside_are_not_passed_over(self, uow: UnitOfWork) -> None:
        land_page(uow, "pbx", [a_call("broken")])
        with uow.begin() as tx:
            taken, _ = tx.to_resolve.take(1)
            tx.to_resolve.set_aside(taken, "ValueError")

        with pytest.raises(BusyError, match="1 records could not be resolved and are set aside"):
            policy_change.rehearse(uow, asked("a low limit"))
        with pytest.raises(BusyError, match="1 records could not be resolved and are set aside"):
            policy_change.apply(uow, asked("a low limit"), SAID)

    def test_what_lands_meanwhile_is_judged_by_the_new_version(self, uow: UnitOfWork) -> None:
        a_business(uow)
        meanwhile = [a_call("meanwhile", "+34600999888", on=4)]

        def land_once(_done: int, _waiting: int) -> None:
            if meanwhile:
                land_page(uow, "pbx", [meanwhile.pop()])

        with uow.begin() as tx:  # Nothing waits but what the new version queues.
            assert not tx.to_resolve.any()
        report = policy_change.apply(uow, asked("a low limit"), SAID, Watch(progress=land_once))
        resolve_all(uow)

        assert report.waiting == 1
        assert People(uow).profile(id_of("pbx", "meanwhile")).policy == report.version

    def test_nothing_lands_between_the_reading_of_ids_and_the_version(
        self, uow: UnitOfWork, engine: Engine
    ) -> None:
        a_business(uow)
        refused: list[str] = []
        landing = sqlalchemy.text("SELECT 1 FROM sources WHERE name = 'pbx' FOR UPDATE NOWAIT")

        def land_now(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith(("INSERT INTO policies", "SELECT id FROM records WHERE source")):
                with engine.begin() as other, pytest.raises(OperationalError):
                    other.execute(landing)
                refused.append(statement)

        with listening(engine, land_now):
            policy_change.apply(uow, asked("a low limit"), SAID)

        assert len(refused) == 4  # The version, and the ids of three sources.


def listening(engine: Engine, heard: Callable[..., None]) -> ExitStack:
    """Have every statement heard until the block ends."""
    event.listen(engine, "before_cursor_execute", heard)
    stack = ExitStack()
    stack.callback(event.remove, engine, "before_cursor_execute", heard)
    return stack
