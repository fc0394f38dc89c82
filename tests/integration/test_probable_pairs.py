"""Probable pairs: whatever changed in whatever order, what is stored is what a pass over everything makes."""

from typing import Any, NamedTuple

import hypothesis.strategies as st
import pytest
from hypothesis import given
from hypothesis.strategies import SearchStrategy
from sqlalchemy import Engine

from integrations.contract import ContactRecord, Identifier, Level
from tests.builders import P, account, at, cookie, email, id_of, phone, version
from tests.database import add_sources, empty, land_page, resolve_all
from tests.one_pass import all_suggestions
from tests.properties.strategies import tried
from worker.domain.matching.blocking import MOST_HOLDERS, keys_of
from worker.domain.reasons import MOST_CONTACTS_A_VALUE
from worker.domain.resolve import resolve as apply_rules
from worker.domain.suggestions import Suggestion
from worker.jobs import decide, dedupe, erase
from worker.jobs.decide import NotDecidedError, Said
from worker.jobs.policy import policy_in_force
from worker.jobs.resolve import Outcome
from worker.storage.matching import Asked
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

TRUST = {"chat": Level.VERIFIED, "crm": Level.STORED, "pbx": Level.OBSERVED}


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    add_sources(uow, TRUST)


def dedupe_all(uow: UnitOfWork, at_most: int = dedupe.BATCH) -> None:
    while dedupe.run(uow, at_most).outcome is Outcome.MORE:
        pass


def settle(uow: UnitOfWork, at_most: int = dedupe.BATCH) -> None:
    resolve_all(uow)
    dedupe_all(uow, at_most)


def landed(uow: UnitOfWork, source: str, *records: ContactRecord) -> None:
    land_page(uow, source, records)
    settle(uow)


def a_person(key: str, name: str = "", *identifiers: Identifier, **fields: Any) -> ContactRecord:
    """A visitor, known by nothing but a cookie of their own, and by what they say of themselves."""
    return version(key, cookie(f"ck-{key}"), *identifiers, name=name or None, **fields).record


def stored(uow: UnitOfWork) -> list[Suggestion]:
    with uow.begin() as tx:
        return sorted(tx.suggestions.strongest(100_000), key=lambda each: (each.one, each.other))


def in_one_pass(uow: UnitOfWork) -> list[Suggestion]:
    """Return what the domain makes of all evidence at once."""
    with uow.begin() as tx:
        records, policy, decisions = list(tx.evidence.load_all()), policy_in_force(tx), tx.decisions.all()
        model = tx.models.in_force()
    resolution = apply_rules(records, policy, decisions)
    return all_suggestions(resolution.contacts, resolution.conflicts, records, policy, decisions, model)


def the(found: list[Suggestion], one: str, other: str) -> Suggestion:
    """Return the suggestion of two visitors, by their keys."""
    ids = {id_of("chat", one), id_of("chat", other)}
    return next(each for each in found if {each.one, each.other} == ids)


def said(day: float = 10) -> Said:
    return Said("eva", "same voice", at(day))


class Landing(NamedTuple):
    """A page: one record, or a crowd of them that differ in nothing but their keys."""

    source: str
    key: int
    name: str
    held: tuple[Identifier, ...]
    company: str
    number: int
    working: int
    """In batches of this size afterwards; 0: it waits for what comes."""


class Saying(NamedTuple):
    """A person's word on a suggestion, or on a value."""

    kind: str
    which: int


class Erasing(NamedTuple):
    """Somebody goes for good."""

    which: int


Step = Landing | Saying | Erasing

MOBILE, FIXED, TWO_WAYS, THE_OTHER_WAY = P, "+34910000002", "+5491123456789", "+541123456789"
NAMES = ("", "Ana Ruiz", "Ana Ruiz", "Ana Riuz", "Luis Gil")
HELD = (
    *(phone(MOBILE, level) for level in (Level.CLAIMED, Level.CLAIMED, Level.STORED, Level.VERIFIED)),
    phone("34612345678.0", Level.CLAIMED),  # What a spreadsheet leaves of the same number: one only probably.
    phone(f"{FIXED} ext. 101", Level.STORED),
    phone(FIXED, Level.CLAIMED),
    phone(TWO_WAYS, Level.CLAIMED),
    phone(THE_OTHER_WAY, Level.CLAIMED),
    *(email("bob@gmail.com", level) for level in (Level.CLAIMED, Level.CLAIMED, Level.VERIFIED)),
    email("b.ob@gmail.com", Level.CLAIMED),
    email("ana.ruiz@example.com", Level.CLAIMED),
    *(account(user) for user in ("u-1", "u-2")),
)

landings = st.builds(
    Landing,
    source=st.sampled_from(sorted(TRUST)),
    key=st.integers(0, 12),
    name=st.sampled_from(NAMES),
    held=st.lists(
        st.sampled_from(HELD), min_size=1, max_size=3, unique_by=lambda each: (each.type, each.value)
    ).map(tuple),
    company=st.sampled_from(("", "Acme Ltd", "Acme")),
    number=st.sampled_from((1, 1, 1, 1, 1, MOST_CONTACTS_A_VALUE - 1, MOST_HOLDERS - 1)),
    working=st.sampled_from((0, 0, 3, dedupe.BATCH)),
)
sayings = st.builds(Saying, st.sampled_from(("different", "same", "common", "withdraw")), st.integers(0, 20))
erasings = st.builds(Erasing, st.integers(0, 20))
# `one_of` would draw a strategy that is given twice no more often than the others.
kinds: SearchStrategy[SearchStrategy[Step]] = st.sampled_from((*[landings] * 8, sayings, sayings, erasings))
steps = kinds.flatmap(lambda kind: kind)


def land(uow: UnitOfWork, step: Landing) -> None:
    profile = {"company": step.company} if step.company else {}
    keys = [f"k{step.key}"] if step.number == 1 else [f"k{step.key}-{each}" for each in range(step.number)]
    page = [
        version(key, *step.held, name=step.name or None, profile=profile, occurred_at=at(step.key)).record
        for key in keys
    ]
    land_page(uow, step.source, page)
    if step.working:
        settle(uow, step.working)


def say(uow: UnitOfWork, step: Saying) -> None:
    """Decide, or take back, something about what is suggested now."""
    open_ = stored(uow)
    with uow.begin() as tx:
        decisions = [each for each in tx.decisions.all() if each.withdrawn_at is None]
    try:
        if step.kind == "withdraw" and decisions:
            decide.withdraw(uow, decisions[step.which % len(decisions)].id, said())
        elif step.kind == "common":
            decide.mark(
                uow,
                "common",
                ("phone", "", MOBILE) if step.which % 2 else ("email", "", "bob@gmail.com"),
                said(),
            )
        elif step.kind in {"same", "different"} and open_:
            pair = open_[step.which % len(open_)]
            {"same": decide.merge, "different": decide.differ}[step.kind](uow, pair.one, pair.other, said())
    except NotDecidedError:
        pass  # A merge before has not been resolved yet.


def erase_one(uow: UnitOfWork, step: Erasing) -> None:
    with uow.begin() as tx:
        ids = sorted(each.id for each in tx.evidence.load_all())
    if ids:
        erase.run(uow, ids[step.which % len(ids)], at(20))


def do(uow: UnitOfWork, step: Step) -> None:
    match step:
        case Landing():
            land(uow, step)
        case Saying():
            say(uow, step)
        case Erasing():
            erase_one(uow, step)


@tried(on_every_run=80, at_night=5_000)
@given(history=st.lists(steps, min_size=5, max_size=20), at_most=st.sampled_from((1, 4, dedupe.BATCH)))
def _any_order(database: Engine, uow: UnitOfWork, history: list[Step], at_most: int) -> None:
    empty(database)
    add_sources(uow, TRUST)

    for step in history:
        do(uow, step)
    settle(uow, at_most)

    assert stored(uow) == in_one_pass(uow)


def test_any_order_and_any_batches_give_what_one_pass_over_everything_gives(
    engine: Engine, uow: UnitOfWork
) -> None:
    _any_order(engine, uow)


def namesakes(number: int, start: int = 0) -> list[ContactRecord]:
    return [a_person(f"ana-{each}", "Ana Ruiz") for each in range(start, start + number)]


def levels(found: Suggestion) -> dict[str, str]:
    return {part.comparison: part.level for part in found.score.parts}


def test_a_key_that_gains_one_holder_too_many_makes_no_pairs_any_more(uow: UnitOfWork) -> None:
    landed(uow, "chat", *namesakes(MOST_HOLDERS))
    before = len(stored(uow))

    landed(uow, "chat", *namesakes(1, start=MOST_HOLDERS))

    assert before == MOST_HOLDERS * (MOST_HOLDERS - 1) / 2
    assert stored(uow) == in_one_pass(uow) == []


def test_a_key_that_loses_one_makes_them_again(uow: UnitOfWork) -> None:
    landed(uow, "chat", *namesakes(MOST_HOLDERS + 1))

    erase.run(uow, id_of("chat", "ana-0"), at(20))
    settle(uow)

    assert len(stored(uow)) == MOST_HOLDERS * (MOST_HOLDERS - 1) / 2
    assert stored(uow) == in_one_pass(uow)


def test_a_number_that_a_second_name_uses_weighs_less_for_those_who_had_it(uow: UnitOfWork) -> None:
    number = phone(MOBILE, Level.CLAIMED)
    landed(uow, "chat", a_person("one", "Ana Ruiz", number), a_person("other", "Ana Ruiz", number))
    (before,) = stored(uow)

    landed(uow, "chat", a_person("luis", "Luis Gil", number))

    after = the(stored(uow), "one", "other")
    assert (levels(before)["phone"], levels(after)["phone"]) == ("mobile", "shared_mobile")
    assert after.score.weight < before.score.weight
    assert stored(uow) == in_one_pass(uow)


def test_a_contested_number_makes_no_pairs_and_does_again_when_the_case_is_closed(uow: UnitOfWork) -> None:
    number = phone(MOBILE, Level.CLAIMED)
    landed(uow, "chat", a_person("one", "Ana", number), a_person("other", "Ana Ruiz", number))
    before = stored(uow)
    landed(
        uow,
        "chat",
        *(version(f"login-{n}", account(f"u-{n}"), phone(MOBILE, Level.VERIFIED)).record for n in (1, 2)),
    )
    contested = stored(uow)

    erase.run(uow, id_of("chat", "login-2"), at(20))
    settle(uow)

    assert [levels(each)["phone"] for each in before] == ["mobile"]
    assert contested == []
    assert levels(the(stored(uow), "one", "other"))["phone"] == "mobile"
    assert stored(uow) == in_one_pass(uow)


@pytest.mark.parametrize("written", [MOBILE, "34612345678.0"], ids=["for certain", "only probably"])
def test_a_number_that_somebody_marks_as_common_makes_no_pairs_until_that_is_taken_back(
    uow: UnitOfWork, written: str
) -> None:
    number = phone(written, Level.CLAIMED)
    landed(uow, "chat", a_person("one", "Ana", number), a_person("other", "Ana Ruiz", number))
    before = stored(uow)

    decide.mark(uow, "common", ("phone", "", MOBILE), said())
    settle(uow)
    marked = stored(uow)
    with uow.begin() as tx:
        (mark,) = tx.decisions.all()
    decide.withdraw(uow, mark.id, said(11))
    settle(uow)

    assert marked == []
    assert len(before) == 1
    assert stored(uow) == before


def test_a_mark_that_goes_with_who_was_erased_is_taken_back_for_those_who_show_the_number(
    uow: UnitOfWork,
) -> None:
    number = phone("34612345678.0", Level.CLAIMED)
    landed(uow, "chat", a_person("one", "Ana", number), a_person("other", "Ana Ruiz", number))
    before = stored(uow)
    decide.mark(uow, "common", ("phone", "", MOBILE), said())
    settle(uow)
    land_page(uow, "chat", [a_person("luis", "Luis Gil", phone(MOBILE, Level.STORED))])

    erase.run(uow, id_of("chat", "luis"), at(20))
    settle(uow)

    assert len(before) == 1
    assert stored(uow) == before


def test_a_crowd_that_claims_an_address_is_one_suggestion(uow: UnitOfWork) -> None:
    address = "ana.ruiz@example.com"
    claims = [
        a_person(f"claim-{each}", "", email(address, Level.CLAIMED)) for each in range(MOST_HOLDERS - 1)
    ]
    landed(uow, "chat", version("ana", account("ana"), email(address, Level.VERIFIED)).record, *claims)

    (found,) = stored(uow)

    assert found.crowd == MOST_HOLDERS - 2
    assert stored(uow) == in_one_pass(uow)


def test_who_is_erased_leaves_no_portrait_and_no_key(uow: UnitOfWork) -> None:
    held = email("ana.ruiz@example.com", Level.CLAIMED), phone(MOBILE, Level.CLAIMED)
    landed(uow, "chat", a_person("ana", "Ana Ruiz", *held))
    ana = id_of("chat", "ana")
    with uow.begin() as tx:
        keys = keys_of(tx.portraits.get_all([ana])[ana])

    erase.run(uow, ana, at(20))

    with uow.begin() as tx:
        assert tx.portraits.get_all([ana]) == {}
        assert tx.portraits.holders(Asked(key, 1) for key in keys) == {}
    assert len(keys) > 1


class TestLater:
    """A person may put a suggestion off, as it was shown."""

    def shown(self, uow: UnitOfWork, day: float) -> list[Suggestion]:
        with uow.begin() as tx:
            return tx.suggestions.strongest(10, now=at(day))

    def put_off(self, uow: UnitOfWork, shown: Suggestion, until: float) -> None:
        with uow.begin() as tx:
            tx.put_off.put(shown.one, shown.other, shown.basis, at(until), "eva", at(10))

    def test_it_is_left_out_until_then(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", *namesakes(2))
        (shown,) = stored(uow)

        self.put_off(uow, shown, 30)
        self.put_off(uow, shown, 40)

        assert self.shown(uow, 39) == []
        assert self.shown(uow, 40) == [shown]
        with uow.begin() as tx:
            assert tx.suggestions.put_off_count(at(39)) == 1
            assert [each.until for each in tx.put_off.of([shown.other])] == [at(40)]

    def test_resting_on_something_else_it_is_shown_at_once(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", *namesakes(2))
        (shown,) = stored(uow)
        self.put_off(uow, shown, 30)

        number = phone(MOBILE, Level.CLAIMED)
        landed(
            uow, "chat", *(a_person(f"ana-{each}", "Ana Ruiz", number, occurred_at=at(1)) for each in (0, 1))
        )

        (again,) = self.shown(uow, 11)
        assert (again.id, again.basis != shown.basis) == (shown.id, True)

    def test_what_was_put_off_is_forgotten_when_it_is_long_due(self, uow: UnitOfWork) -> None:
        landed(uow, "chat", *namesakes(2))
        (shown,) = stored(uow)
        self.put_off(uow, shown, 30)

        with uow.begin() as tx:
            early, late = tx.put_off.forget(at(30)), tx.put_off.forget(at(31))

        assert (early, late) == (0, 1)


def test_the_line_leaves_out_what_is_improbable_but_for_what_no_comparison_weighs(uow: UnitOfWork) -> None:
    landed(uow, "chat", *namesakes(2))
    landed(uow, "chat", version("visit-1", cookie("ck"), account("u-1")).record)
    landed(uow, "chat", version("visit-2", cookie("ck"), account("u-2")).record)
    landed(uow, "chat", version("between", cookie("ck")).record)

    with uow.begin() as tx:
        above = tx.suggestions.strongest(10, least_weight=1_000.0)
        everything = tx.suggestions.strongest(10)

    assert {reason.kind for each in above for reason in each.reasons} <= {"conflict", "about", "equal"}
    assert len(above) == len(everything) - 1
