"""Probable pairs are decided by the policy where it says so: never the wrong ones, and never for good."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine

from integrations.contract import ContactRecord, Identifier, Level
from tests.builders import ID_KEY, account, at, email, id_of, phone, version
from tests.database import add_sources, exported, land_page
from worker.domain.decisions import Decision
from worker.domain.matching.automatic import AUTHOR
from worker.domain.policy import Policy
from worker.jobs import decide, dedupe_auto, policy_change, rebuild, settle, take_back
from worker.jobs.decide import NotDecidedError, Said
from worker.jobs.dedupe_auto import Forecast
from worker.jobs.policy import put, written
from worker.jobs.resolve import Outcome
from worker.servers import Endpoints
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]

SAID = Said("eva", "two people", at(20))
LINE = 0.99
BOB, ANA = "bob.ashdown@example.com", "ana.ruiz@example.com"
N, M = "+12025550123", "+12025550177"


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    add_sources(uow, {"crm": Level.STORED, "shop": Level.STORED, "chat": Level.VERIFIED})
    say(uow, Policy())


def say(uow: UnitOfWork, policy: Policy) -> None:
    with uow.begin() as tx:
        put(tx, written(policy), origin="avouch.toml", author="", now=at(0))


def switch_on(uow: UnitOfWork, line: float = LINE) -> None:
    say(uow, Policy(dedupe_auto=line))
    settle.run(uow)


def a_form(key: str, name: str, *held: Identifier, **fields: Any) -> ContactRecord:
    return version(key, *held, name=name, **fields).record


def claims(mail: str = BOB, number: str | None = N) -> list[Identifier]:
    return [email(mail, Level.CLAIMED), *([phone(number, Level.CLAIMED)] if number else [])]


def books(mail: str = BOB, number: str | None = N, level: Level = Level.CLAIMED) -> list[Identifier]:
    """Return what the books hold of a lead; with a number that they hold for certain, it is a user."""
    return [email(mail, Level.STORED), *([phone(number, level)] if number else [])]


def landed(uow: UnitOfWork, **records: Sequence[ContactRecord]) -> None:
    for source, page in records.items():
        land_page(uow, source, page)
    settle.run(uow)


def a_likely_pair(uow: UnitOfWork) -> None:
    landed(
        uow,
        crm=[a_form("bob", "Robert Ashdown", *books())],
        chat=[a_form("bob", "Bob Ashdown", *claims())],
    )


def contacts(uow: UnitOfWork) -> set[frozenset[str]]:
    """Return the contacts, each as its records."""
    with uow.begin() as tx:
        found = [each.contact for each in tx.contacts.counted()]
    return {frozenset(f"{record.source} {record.id}" for record in each.records) for each in found}


def decisions(uow: UnitOfWork) -> list[Decision]:
    with uow.begin() as tx:
        return [each for each in tx.decisions.all() if each.author == AUTHOR]


def forecast(uow: UnitOfWork, line: float = LINE) -> Forecast:
    with uow.begin() as tx:
        return dedupe_auto.forecast(tx, line, at(10))


def left(uow: UnitOfWork, line: float = LINE) -> list[str]:
    return [each.why for each in forecast(uow, line).foreseen.left]


TOGETHER = {frozenset({"crm bob", "chat bob"})}
APART = {frozenset({"crm bob"}), frozenset({"chat bob"})}


class TestDeciding:
    """A pair at or above the line becomes a decision, by the rules that every decision goes by."""

    def test_off_by_default_nobody_is_joined(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)

        made = dedupe_auto.run(uow, at(1))

        assert made.outcome is Outcome.IDLE
        assert contacts(uow) == APART
        assert len(forecast(uow).foreseen.join) == 1

    def test_a_likely_pair_is_one_contact_by_a_decision_that_says_why(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)

        switch_on(uow)

        (decision,) = decisions(uow)
        assert contacts(uow) == TOGETHER
        assert decision.kind == "same"
        assert set(decision.sides) == {(id_of("chat", "bob"),), (id_of("crm", "bob"),)}
        assert re.match(r"99\.\d{3} % probable by the model that ships with Avouch. For: ", decision.reason)
        assert "Bob is short for Robert" in decision.reason

    def test_a_pair_below_the_line_is_left_alone(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        with uow.begin() as tx:
            (pair,) = tx.suggestions.strongest(9)

        switch_on(uow, line=(1 + pair.score.probability) / 2)

        assert contacts(uow) == APART

    def test_run_twice_or_by_several_at_once_it_decides_once(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        say(uow, Policy(dedupe_auto=LINE))

        several = [Thread(target=lambda: dedupe_auto.run(uow, at(1))) for _ in range(4)]
        for each in several:
            each.start()
        for each in several:
            each.join()
        dedupe_auto.run(uow, at(1))
        settle.run(uow)

        assert len(decisions(uow)) == 1
        assert contacts(uow) == TOGETHER

    def test_while_something_waits_nothing_is_decided(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        say(uow, Policy(dedupe_auto=LINE))
        land_page(uow, "chat", [a_form("new", "Eva Sanz", *claims("eva@example.com", None))])

        made = dedupe_auto.run(uow, at(1))

        assert (made.outcome, decisions(uow)) == (Outcome.BUSY, [])

    def test_a_worker_looks_again_after_thirty_times_as_long_as_looking_took(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        at_first = dedupe_auto.is_due(uow, at(1))
        with uow.begin() as tx:
            tx.work.set_fact(dedupe_auto.FACT, "2.000", at(1))

        due = [dedupe_auto.is_due(uow, at(1) + timedelta(seconds=each)) for each in (0, 59, 60)]

        assert at_first
        assert due == [False, False, True]

    def test_where_nothing_is_to_decide_it_keeps_how_long_it_took_to_see(self, uow: UnitOfWork) -> None:
        switch_on(uow)

        dedupe_auto.run(uow, at(2))

        with uow.begin() as tx:
            took, when = tx.work.facts()[dedupe_auto.FACT]
        assert 0 < float(took) < 60
        assert when == at(2)

    def test_many_pairs_are_decided_batch_after_batch(self, uow: UnitOfWork) -> None:
        names = ["Ana Ruiz", "Eva Sanz", "Leo Marsh", "Ivo Kern", "Mia Holt"]
        landed(
            uow,
            crm=[a_form(each, each, *books(f"{each[:3]}.{each[4:]}@example.com", None)) for each in names],
            chat=[a_form(each, each, *claims(f"{each[:3]}.{each[4:]}@example.com", None)) for each in names],
        )
        foreseen = forecast(uow)
        say(uow, Policy(dedupe_auto=LINE))

        batches = []
        while (made := dedupe_auto.run(uow, at(1), at_most=2)).outcome is Outcome.MORE:
            batches.append(made.records)
            settle.run(uow, decides=False)

        assert batches == [2, 2, 1]
        assert contacts(uow) == {frozenset({f"crm {each}", f"chat {each}"}) for each in names}
        assert foreseen.foreseen.at_once == len(names)

    def test_what_is_foreseen_is_what_is_decided(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        landed(
            uow,
            chat=[a_form("ana", "Ana Ruiz", *claims(ANA, M))],
            crm=[a_form("ana", "Ana Ruiz", *books(ANA, M))],
        )
        landed(uow, shop=[a_form("ana", "Ana Ruiz", email(ANA, Level.CLAIMED))])
        foreseen = forecast(uow).foreseen

        switch_on(uow)

        assert len(foreseen.join) == len(decisions(uow)) == 3
        assert foreseen.at_once == 2
        assert contacts(uow) == {*TOGETHER, frozenset({"chat ana", "crm ana", "shop ana"})}
        assert rebuild.run(uow, at(30), check=True).is_right


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from worker.jobs import decide, dedupe_auto
from worker.storage.database import engine_for
from worker.storage.unit_of_work import UnitOfWork

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "inside":
    dedupe_auto.log.info = die
    decide.merge_within = lambda *each, merge=decide.merge_within: (merge(*each), die())
dedupe_auto.run(UnitOfWork(engine_for(sys.argv[1]), sys.argv[3].encode()), datetime(2026, 3, 2, tzinfo=UTC))
die()
"""


@pytest.mark.parametrize(("moment", "kept"), [("inside", 0), ("after", 1)])
def test_a_kill_between_deciding_and_resolving_does_no_harm(
    uow: UnitOfWork, engine: Engine, moment: str, kept: int
) -> None:
    a_likely_pair(uow)
    say(uow, Policy(dedupe_auto=LINE))
    url = engine.url.render_as_string(hide_password=False)

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, url, moment, ID_KEY.decode()],
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    after = len(decisions(uow))
    settle.run(uow)

    assert (killed.returncode, after) == (-signal.SIGKILL, kept)
    assert len(decisions(uow)) == 1
    assert contacts(uow) == TOGETHER


WORKED = """
from worker.tasks.resolve import dedupe_changed, resolve_changed
for task in (resolve_changed, dedupe_changed, resolve_changed):
    task()
"""


def test_a_worker_decides_after_it_has_made_suggestions(
    uow: UnitOfWork, engine: Engine, endpoints: Endpoints
) -> None:
    say(uow, Policy(dedupe_auto=LINE))
    land_page(uow, "crm", [a_form("bob", "Robert Ashdown", *books())])
    land_page(uow, "chat", [a_form("bob", "Bob Ashdown", *claims())])

    subprocess.run(
        [sys.executable, "-c", WORKED],
        check=True,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": engine.url.render_as_string(hide_password=False),
            "BROKER_URL": endpoints.broker_url,
            "AVOUCH_ID_KEY": ID_KEY.decode(),
        },
    )

    assert len(decisions(uow)) == 1
    assert contacts(uow) == TOGETHER


class TestLeftToPeople:
    """However probable they are, some pairs are never decided by the policy."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Ana Ruiz", "Luis Ruiz"),
            ("John Ashdown Sr.", "John Ashdown Jr."),
            ("John Ashdown", "John Ashdown Jr."),
            ("Maria Gomez", "Maria Ashdown"),
            ("Ivan Kern", "Ivana Kern"),
        ],
    )
    def test_a_household_is_never_joined(self, uow: UnitOfWork, one: str, other: str) -> None:
        landed(uow, crm=[a_form("1", one, *books())], chat=[a_form("2", other, *claims())])

        with uow.begin() as tx:
            likely = dedupe_auto.forecast(tx, 1e-9, at(10)).foreseen
        switch_on(uow)

        assert [each.why for each in likely.left] == ["names"]
        assert not likely.join
        assert len(contacts(uow)) == 2

    def test_nobody_joins_a_user_without_proof(self, uow: UnitOfWork) -> None:
        complete = a_form("bob", "Bob Ashdown", *books(level=Level.STORED))
        landed(uow, chat=[a_form("bob", "Bob Ashdown", *claims())], crm=[complete])

        assert left(uow) == ["users"]
        switch_on(uow)
        assert contacts(uow) == APART

    def test_two_accounts_at_one_place_are_not(self, uow: UnitOfWork) -> None:
        landed(
            uow,
            crm=[a_form("bob", "Bob Ashdown", email(BOB, Level.STORED), account("7", Level.STORED, "crm"))],
            chat=[a_form("bob", "Bob Ashdown", *claims(number=None), account("8", Level.CLAIMED, "crm"))],
        )

        assert left(uow) == ["accounts"]
        switch_on(uow)
        assert contacts(uow) == APART

    def test_nobody_is_joined_who_may_as_well_be_somebody_else(self, uow: UnitOfWork) -> None:
        """The caller may be either of two people of one name and mailbox, of whom one has an own account."""
        landed(
            uow,
            crm=[
                a_form("1", "Ana Ruiz", email(ANA, Level.CLAIMED), account("7", Level.STORED, "crm")),
                a_form("2", "Ana Ruiz", email(ANA, Level.CLAIMED), account("8", Level.STORED, "crm")),
            ],
            chat=[a_form("3", "Ana Ruiz", email(ANA, Level.CLAIMED))],
        )

        assert sorted(left(uow)) == ["accounts", "others", "others"]
        switch_on(uow)
        assert len(contacts(uow)) == 3

    def test_whom_somebody_told_apart_stay_apart(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        decide.differ(uow, id_of("crm", "bob"), id_of("chat", "bob"), SAID)
        settle.run(uow)

        switch_on(uow)

        assert contacts(uow) == APART

    def test_whom_somebody_wants_to_see_later_are_left_to_them(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        with uow.begin() as tx:
            (pair,) = tx.suggestions.strongest(9)
            tx.put_off.put(pair.one, pair.other, pair.basis, at(10_000), "eva", at(10))

        switch_on(uow)

        assert contacts(uow) == APART
        assert forecast(uow).put_off == 1


class TestTakingBack:
    """What the policy decided is taken back as any decision, and it does not say it again."""

    def test_what_was_withdrawn_is_not_decided_again(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        switch_on(uow)
        decide.withdraw(uow, decisions(uow)[0].id, SAID)
        settle.run(uow)
        landed(uow, chat=[a_form("bob", "Bob Ashdown", *claims(), updated_at=at(3))])

        settle.run(uow)

        assert contacts(uow) == APART
        assert left(uow) == ["withdrawn"]
        assert len(decisions(uow)) == 1

    def test_what_was_undone_is_not_decided_again(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        switch_on(uow)
        with uow.begin() as tx:
            change = tx.changes.latest(1)[0].number
        decide.undo(uow, change, SAID)

        settle.run(uow)

        assert contacts(uow) == APART

    def test_a_person_may_say_otherwise(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        switch_on(uow)
        decide.withdraw(uow, decisions(uow)[0].id, SAID)
        settle.run(uow)

        decide.merge(uow, id_of("crm", "bob"), id_of("chat", "bob"), SAID)
        settle.run(uow)

        assert contacts(uow) == TOGETHER

    def test_all_is_taken_back_at_once_and_for_good(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        landed(
            uow,
            crm=[a_form("ana", "Ana Ruiz", *books(ANA, M))],
            chat=[a_form("ana", "Ana Ruiz", *claims(ANA, M))],
        )
        landed(uow, shop=[a_form("ana", "Ana Ruiz", email(ANA, Level.CLAIMED))])
        before = exported(uow)
        switch_on(uow)

        withdrawn = take_back.run(uow, AUTHOR, SAID, at_most=2)
        settle.run(uow)

        assert len(withdrawn) == 3
        assert exported(uow) == before
        assert set(left(uow)) == {"withdrawn"}
        assert not forecast(uow).foreseen.join

    def test_it_is_taken_back_since_a_time(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        switch_on(uow)
        (decision,) = decisions(uow)

        with pytest.raises(NotDecidedError, match="nothing that policy:dedupe_auto decided since"):
            take_back.run(uow, AUTHOR, SAID, since=decision.at.replace(year=decision.at.year + 1))
        take_back.run(uow, AUTHOR, SAID, since=decision.at)

        assert decisions(uow)[0].withdrawn_by == "eva"

    def test_others_decisions_stay(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        decide.merge(uow, id_of("crm", "bob"), id_of("chat", "bob"), SAID)
        settle.run(uow)

        with pytest.raises(NotDecidedError, match="nothing that policy:dedupe_auto decided is in force"):
            take_back.run(uow, AUTHOR, SAID)

        assert contacts(uow) == TOGETHER


class TestChangingThePolicy:
    """The rehearsal says beforehand whom the policy would join; a new line judges nobody anew."""

    def test_the_rehearsal_and_the_report_say_the_same_and_neither_joins(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        asked = policy_change.of_file({"dedupe_auto": LINE}, {})

        rehearsed = policy_change.rehearse(uow, asked)
        applied = policy_change.apply(uow, asked, policy_change.Said("eva", "new.toml"), now=lambda: at(10))

        assert rehearsed.forecast is not None
        assert len(rehearsed.forecast.foreseen.join) == 1
        assert (applied.forecast, applied.digest) == (rehearsed.forecast, rehearsed.digest)
        assert rehearsed.effects.is_nothing
        assert contacts(uow) == APART

    def test_a_version_that_judges_as_the_one_before_queues_nobody(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)

        say(uow, Policy(dedupe_auto=LINE, suggest_above=0.7))
        with uow.begin() as tx:
            quiet = tx.to_resolve.any()
        say(uow, Policy(dedupe_auto=LINE, common_limit=4))
        with uow.begin() as tx:
            judged = tx.to_resolve.any()

        assert (quiet, judged) == (False, True)

    def test_switched_off_what_was_decided_stays_and_is_counted(self, uow: UnitOfWork) -> None:
        a_likely_pair(uow)
        switch_on(uow)
        asked = policy_change.of_file({"dedupe_auto": None}, {})

        rehearsed = policy_change.rehearse(uow, asked)
        applied = policy_change.apply(uow, asked, policy_change.Said("eva", "new.toml"), now=lambda: at(10))
        settle.run(uow)

        assert (rehearsed.stay, applied.stay) == (1, 1)
        assert contacts(uow) == TOGETHER
