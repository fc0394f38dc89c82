"""Dedupe keeps what a single pass over everything would suggest, however the evidence arrived."""

import io
from random import Random
from typing import Any

import hypothesis.strategies as st
import pytest
import sqlalchemy
import structlog
from hypothesis import given
from rich.console import Console
from sqlalchemy import Engine

from integrations.contract import ContactRecord, Identifier, Level
from tests.builders import P, account, at, cookie, email, id_of, phone, version
from tests.database import add_sources, empty, land_page, resolve_all
from tests.one_pass import all_suggestions
from tests.properties.strategies import tried
from worker.cli.lookup import panel
from worker.domain import emails
from worker.domain.reasons import MOST_CONTACTS_A_VALUE
from worker.domain.resolve import resolve as apply_rules
from worker.domain.suggestions import Suggestion
from worker.jobs import decide, dedupe, erase, suggest
from worker.jobs.decide import NotDecidedError, Said
from worker.jobs.people import People
from worker.jobs.policy import policy_in_force
from worker.jobs.resolve import Outcome
from worker.jobs.suggest import BasisChangedError
from worker.storage.tables.evidence import HAS_MAILBOX, MAILBOX
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

A = "ana@gmail.com"
TRUST = {"chat": Level.VERIFIED, "crm": Level.STORED, "form": Level.CLAIMED}


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    add_sources(uow, TRUST)


def dedupe_all(uow: UnitOfWork, at_most: int = dedupe.BATCH) -> None:
    while dedupe.run(uow, at_most).outcome is Outcome.MORE:
        pass


def settle(uow: UnitOfWork) -> None:
    resolve_all(uow)
    dedupe_all(uow)


def landed(uow: UnitOfWork, source: str, *records: ContactRecord) -> None:
    land_page(uow, source, records)
    settle(uow)


def a_chat(key: str, *identifiers: Identifier, **fields: Any) -> ContactRecord:
    return version(key, *identifiers, **fields).record


def claims(number: int, value: str = A, start: int = 0) -> list[ContactRecord]:
    return [a_chat(f"claim-{each}", email(value, Level.CLAIMED)) for each in range(start, start + number)]


def a_login(user: str, *identifiers: Identifier, key: str = "", **fields: Any) -> ContactRecord:
    return a_chat(key or f"login-{user}", account(user), *identifiers, **fields)


def stored(uow: UnitOfWork) -> list[Suggestion]:
    with uow.begin() as tx:
        return sorted(tx.suggestions.strongest(10_000), key=lambda each: (each.one, each.other))


def in_one_pass(uow: UnitOfWork) -> list[Suggestion]:
    """Return what the domain makes of all evidence at once."""
    with uow.begin() as tx:
        records, policy, decisions = list(tx.evidence.load_all()), policy_in_force(tx), tx.decisions.all()
    resolution = apply_rules(records, policy, decisions)
    return all_suggestions(resolution.contacts, resolution.conflicts, records, policy, decisions)


def said(day: float = 10) -> Said:
    return Said("eva", "same voice", at(day))


def decided(uow: UnitOfWork) -> list[str]:
    with uow.begin() as tx:
        return [each.kind for each in tx.decisions.all()]


LEVELS = (Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED)
HELD = [
    *(email(f"ana{tag}@gmail.com", level) for tag in ("", "+1", "+2") for level in LEVELS),
    email("a.na@googlemail.com", Level.CLAIMED),
    *(phone(number, level) for number in ("+5491123456789", "+541123456789") for level in LEVELS[:3]),
    *(account(user) for user in ("u-1", "u-2", "u-3")),
    *(cookie(browser) for browser in ("ck-1", "ck-2")),
]


def a_history(chance: Random) -> list[tuple[str, ContactRecord]]:
    """Draw records of few sources and fewer values, so that a value passes the most holders now and then."""
    found = []
    for number in range(chance.randint(4, 30)):
        key = f"k{chance.randint(0, number)}" if chance.random() < 0.2 else f"k{number}"
        source = chance.choice(("chat", "form", "crm"))
        held = chance.sample(HELD, k=chance.choice((1, 1, 2)))
        told = (chance.choice(list(TRUST)), "k0", chance.choice((Level.CLAIMED, Level.VERIFIED)))
        about = told if chance.random() < 0.2 else None
        name = chance.choice(("Ana Ruiz", "Luis Gil", "Eva Sanz"))
        found.append((source, a_chat(key, *held, name=name, about=about, occurred_at=at(number))))
    return found


def say_something(uow: UnitOfWork, chance: Random) -> None:
    """Decide, or take back, something about what is suggested now."""
    open_ = stored(uow)
    now = said(chance.randrange(100))
    with uow.begin() as tx:
        decisions = [each for each in tx.decisions.all() if each.withdrawn_at is None]
    try:
        if decisions and chance.random() < 0.4:
            decide.withdraw(uow, chance.choice(decisions).id, now)
        elif open_:
            pair = chance.choice(open_)
            chance.choice((decide.differ, decide.differ, decide.merge))(uow, pair.one, pair.other, now)
        if chance.random() < 0.2:
            decide.mark(uow, "common", ("email", "", A), now)
    except NotDecidedError:
        pass  # A merge before has not been resolved yet.


@tried(on_every_run=20, at_night=5_000)
@given(seed=st.integers(0, 2**32))
def _any_batches(database: Engine, uow: UnitOfWork, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - a history, guards nothing
    empty(database)
    add_sources(uow, TRUST)
    for source, record in a_history(chance):
        land_page(uow, source, [record])
        if chance.random() < 0.4:
            resolve_all(uow)
            dedupe_all(uow, chance.choice((1, 3, dedupe.BATCH)))
        if chance.random() < 0.15:
            say_something(uow, chance)
    settle(uow)

    assert stored(uow) == in_one_pass(uow)


def test_any_batches_give_what_one_pass_over_everything_gives(engine: Engine, uow: UnitOfWork) -> None:
    _any_batches(engine, uow)


def test_a_value_that_gains_a_ninth_contact_suggests_none_of_the_others_any_more(uow: UnitOfWork) -> None:
    landed(uow, "chat", *claims(MOST_CONTACTS_A_VALUE))
    pairs_before = len(stored(uow))

    landed(uow, "chat", *claims(1, start=MOST_CONTACTS_A_VALUE))

    assert pairs_before == MOST_CONTACTS_A_VALUE * (MOST_CONTACTS_A_VALUE - 1) / 2
    assert stored(uow) == []


def test_a_value_that_loses_its_ninth_contact_suggests_the_others_again(uow: UnitOfWork) -> None:
    landed(uow, "chat", *claims(MOST_CONTACTS_A_VALUE + 1))

    decide.merge(uow, id_of("chat", "claim-0"), id_of("chat", "claim-1"), said())
    settle(uow)

    assert len(stored(uow)) == MOST_CONTACTS_A_VALUE * (MOST_CONTACTS_A_VALUE - 1) / 2
    assert stored(uow) == in_one_pass(uow)


def test_a_claim_of_a_contested_value_suggests_nobody_whenever_it_comes(uow: UnitOfWork) -> None:
    landed(uow, "chat", a_login("ana", email(A, Level.VERIFIED)), *claims(1))
    suggested_before = len(stored(uow))

    landed(uow, "chat", a_login("luis", email(A, Level.VERIFIED)))
    landed(uow, "chat", *claims(1, start=1))

    assert suggested_before == 1
    assert stored(uow) == in_one_pass(uow) == []


def test_a_value_whose_ninth_contact_is_erased_suggests_the_others_again(uow: UnitOfWork) -> None:
    """Of a value that no portrait shows, such as an account: only reasons tie who claims it."""
    claimed = [
        a_chat(f"claim-{each}", account("u-1", Level.CLAIMED)) for each in range(MOST_CONTACTS_A_VALUE + 1)
    ]
    landed(uow, "chat", *claimed)
    before = stored(uow)

    erase.run(uow, id_of("chat", "claim-0"), at(20))
    settle(uow)

    assert before == []
    assert len(stored(uow)) == MOST_CONTACTS_A_VALUE * (MOST_CONTACTS_A_VALUE - 1) / 2
    assert stored(uow) == in_one_pass(uow)


class TestACrowd:
    """Scenario 61: unproven chats that claim a user's address are one suggestion with a count, and a warning."""

    def test_the_user_is_as_before_and_one_suggestion_counts_them(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", a_login("ana", email(A, Level.VERIFIED)))
        with uow.begin() as tx:
            before = tx.contacts.find(id_of("chat", "login-ana"))

        for start in range(0, 500, 100):
            landed(uow, "chat", *claims(100, start=start))

        with uow.begin() as tx:
            assert tx.contacts.find(id_of("chat", "login-ana")) == before
        (found,) = stored(uow)
        assert (found.count, found.crowd) == (501, 499)
        assert found.claimed == id_of("chat", "login-ana")
        assert stored(uow) == in_one_pass(uow)

    @pytest.mark.parametrize("place", [0, 11, 19], ids=["whom_it_names", "another", "the_last"])
    def test_without_a_claimant_who_is_erased_one_suggestion_stands_for_the_others(
        self, uow: UnitOfWork, place: int
    ) -> None:
        landed(uow, "chat", a_login("ana", email(A, Level.VERIFIED)), *claims(20))
        (before,) = stored(uow)
        claimants = sorted(id_of("chat", f"claim-{each}") for each in range(20))

        erase.run(uow, claimants[place], at(20))
        settle(uow)

        (after,) = stored(uow)
        assert (after.claimed, after.count, after.crowd) == (
            before.claimed,
            before.count - 1,
            before.crowd - 1,
        )
        assert stored(uow) == in_one_pass(uow)

    def test_it_comes_when_one_of_two_with_a_proof_is_erased(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", a_login("ana", phone(P, Level.STORED)), a_login("luis", phone(P, Level.STORED)))
        landed(uow, "chat", *(a_chat(f"claim-{each}", phone(P, Level.CLAIMED)) for each in range(20)))
        before = [each for each in stored(uow) if each.crowd]

        erase.run(uow, id_of("chat", "login-luis"), at(20))
        settle(uow)

        (after,) = stored(uow)
        assert before == []
        assert (after.claimed, after.count, after.crowd) == (id_of("chat", "login-ana"), 21, 19)
        assert stored(uow) == in_one_pass(uow)

    def test_the_log_has_the_contact_and_a_count_and_no_value(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", a_login("ana", email(A, Level.VERIFIED)))
        land_page(uow, "chat", claims(20))
        resolve_all(uow)

        with structlog.testing.capture_logs() as logged:
            dedupe_all(uow)

        ana = id_of("chat", "login-ana")
        assert {
            "event": "crowd_of_claims",
            "log_level": "warning",
            "contact": ana,
            "contacts": 20,
            "records": 21,
        } in (logged)

    def test_the_panel_warns(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", a_login("ana", email(A, Level.VERIFIED)), *claims(20))

        console = Console(width=200, record=True, file=io.StringIO())
        console.print(panel.contact(People(uow).profile(id_of("chat", "login-ana")), {}))

        assert "20 contacts claim ana@gmail.com without proof" in console.export_text()


class TestAnswering:
    """A person accepts or rejects what they were shown, by its id and basis."""

    def test_accepting_makes_them_one_contact(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", a_login("ana", email(A, Level.VERIFIED)), *claims(1))
        (shown,) = stored(uow)

        (done,) = suggest.answer(uow, [shown.name], "accept", said())

        assert done.one is not None
        assert done.one == done.other
        assert done.decision.kind == "same"
        assert stored(uow) == []

    def test_rejecting_is_remembered_against_more_weak_evidence(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", a_login("ana", email(A, Level.VERIFIED)), *claims(1))
        (shown,) = stored(uow)

        suggest.answer(uow, [shown.name], "reject", said())
        landed(uow, "chat", a_login("ana", phone(P, Level.STORED), key="again"))
        landed(
            uow, "chat", a_chat("claim-0", phone(P, Level.CLAIMED), occurred_at=at(3))
        )  # The claimant claims more.

        assert stored(uow) == in_one_pass(uow) == []

    def test_taking_the_rejection_back_suggests_them_again(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", a_login("ana", email(A, Level.VERIFIED)), *claims(1))
        (shown,) = stored(uow)
        (done,) = suggest.answer(uow, [shown.name], "reject", said())

        decide.withdraw(uow, done.decision.id, said(11))
        settle(uow)

        assert stored(uow) == [shown]

    def test_other_reasons_than_were_shown_are_refused(self, uow: UnitOfWork) -> None:
        held, claimed = phone(P, Level.STORED), phone(P, Level.CLAIMED)
        landed(uow, "chat", a_login("ana", email(A, Level.VERIFIED), held), *claims(1))
        (shown,) = stored(uow)
        land_page(uow, "chat", [a_chat("claim-0", email(A, Level.CLAIMED), claimed)])

        with pytest.raises(
            BasisChangedError, match=f"{shown.name}: its basis changed: it rests on email, phone now"
        ):
            suggest.answer(uow, [shown.name], "accept", said())

        assert decided(uow) == []

    def test_two_that_are_one_by_now_are_refused(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", a_login("ana", email(A, Level.VERIFIED)), *claims(1))
        (shown,) = stored(uow)
        land_page(uow, "chat", [a_login("ana", key="claim-0")])

        with pytest.raises(BasisChangedError, match="they are one contact already"):
            suggest.answer(uow, [shown.name], "accept", said())

        assert decided(uow) == []

    def test_two_whom_somebody_told_apart_are_refused_with_the_name(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", a_login("ana", email(A, Level.VERIFIED)), *claims(1))
        (shown,) = stored(uow)
        suggest.answer(uow, [shown.name], "reject", Said("luis", "", at(5)))

        with pytest.raises(BasisChangedError, match="luis decided on 2026-03-06 that they are different"):
            suggest.answer(uow, [shown.name], "accept", said())

        assert decided(uow) == ["different"]

    def test_what_nothing_suggests_any_more_is_refused(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", a_login("ana", email(A, Level.VERIFIED)), *claims(1))
        (shown,) = stored(uow)
        decide.mark(uow, "common", ("email", "", A), said())

        with pytest.raises(BasisChangedError, match="nothing suggests it any more"):
            suggest.answer(uow, [shown.name], "accept", said())

    def test_a_name_that_never_was_is_refused(self, uow: UnitOfWork) -> None:
        with pytest.raises(BasisChangedError, match="there is no such suggestion"):
            suggest.answer(uow, ["0123456789-abcdef"], "accept", said())

    def test_of_several_all_are_answered_or_none(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", a_login("ana", email(A, Level.VERIFIED)), *claims(2))
        names = [each.name for each in stored(uow)]

        with pytest.raises(BasisChangedError):
            suggest.answer(uow, [*names, "0123456789-abcdef"], "accept", said())
        assert decided(uow) == []
        done = suggest.answer(uow, [*names, names[0]], "accept", said())

        assert len(done) == len(names)
        assert len({each.one.id for each in done if each.one}) == 1


locals_ = st.text(alphabet="ab.+", min_size=1, max_size=8)
addresses = st.builds(
    "{}@{}".format, locals_, st.sampled_from(("gmail.com", "googlemail.com", "x.es", "mail.gmail.com"))
)


def test_the_database_reads_the_same_mailbox_as_the_rules(engine: Engine) -> None:
    """`emails.variants` in Python and the expression of the index in SQL agree on every address."""

    @tried(on_every_run=100, at_night=5_000)
    @given(values=st.lists(addresses, min_size=1, max_size=50))
    def agree(values: list[str]) -> None:
        keys = [key for key in map(emails.canonical, values) if isinstance(key, str)]
        statement = sqlalchemy.text(
            f"SELECT value, CASE WHEN {HAS_MAILBOX} THEN {MAILBOX} END"  # noqa: S608 - own texts
            " FROM (SELECT unnest(CAST(:keys AS text[])) AS value, 'email' AS type) given"
        )
        with engine.connect() as connection:
            rows = connection.execute(statement, {"keys": keys}).all()

        # What the index has beside the variants is its own mailbox, and found by value as well.
        assert {key: base for key, base in rows if base not in {None, key}} == {
            key: variant for key in keys for variant in emails.variants(key)
        }

    agree()
