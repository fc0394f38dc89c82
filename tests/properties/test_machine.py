"""A life of the database, step by step, through the real jobs: whatever happens, the laws hold.

Records land, are resolved late, people merge, split, mark, convert, take back and undo, write notes, erase and
change the policy. The contacts are compared with the model that reads the rules a second time.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine

from integrations.contract import Level
from tests.builders import LANDED, id_of
from tests.database import add_sources, empty, exported, land_page, resolve_all, schema_at
from tests.properties.oracle import Expected, Oracle
from tests.properties.strategies import ADDRESSES, NUMBERS, OWN_NUMBER, SOURCES, Sent, sent
from worker.domain.contacts import Contact
from worker.jobs import convert, decide, erase, people, policy, rebuild
from worker.jobs.convert import NotConvertibleError, ProofGiven
from worker.jobs.decide import NotDecidedError, Said
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

POLICIES = [
    policy.body_of({"common_limit": limit, "own_numbers": own, "phone_binding": binding}, trust)
    for limit, own, binding, trust in (
        (2, [OWN_NUMBER], "suggest", {}),
        (1, [], "attach", {}),
        (5, [NUMBERS[1]], "suggest", {"app": Level.STORED}),
    )
]
PROOFS = [
    *(ProofGiven("email", each, "otp", author="eva") for each in ADDRESSES),
    *(ProofGiven("phone", each, "otp", author="eva") for each in NUMBERS),
    ProofGiven("account", "u-1", "session", "app", author="eva"),
]
MARKS = [
    ("common", ("email", "", ADDRESSES[0])),
    ("common", ("phone", "", NUMBERS[0])),
    ("own", ("phone", "", NUMBERS[1])),
]


class Life(RuleBasedStateMachine):
    """What may happen to a database of contacts."""

    ids = Bundle("ids")
    """Ids of records, old and new: what people have on their screens and in their bookmarks."""

    def __init__(self, engine: Engine, uow: UnitOfWork) -> None:
        super().__init__()
        self.engine, self.uow = engine, uow
        self.clock = (LANDED + timedelta(days=each) for each in count(1))
        self.notes: dict[str, str] = {}
        """Each note written here, with the id it was written under."""
        self.landed: dict[str, set[str]] = {}
        """The interactions that landed, by record."""
        self.erased: set[str] = set()

    # --- what sources do --------------------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        empty(self.engine)
        add_sources(self.uow, SOURCES)
        with self.uow.begin() as tx:
            convert.ensure_own_source(tx)
            policy.put(tx, POLICIES[0], origin="the test", author="eva", now=next(self.clock))

    @rule(target=ids, pages=st.lists(sent(), min_size=1, max_size=4))
    def land(self, pages: list[Sent]) -> object:
        found = []
        for source, each in pages:
            landed = land_page(self.uow, source, [each.record])
            if landed.suppressed:
                continue
            record_id = id_of(source, each.record.id)
            known = self.landed.setdefault(record_id, set())
            known.update(call.id for call in each.record.interactions)
            known.update(note.id for note in each.record.notes)
            found.append(record_id)
        return multiple(*found)

    # --- what people do ---------------------------------------------------------------------------------

    @rule(one=ids, other=ids)
    def merge(self, one: str, other: str) -> None:
        self._decide(lambda said: decide.merge(self.uow, one, other, said))

    @rule(one=ids, other=ids)
    def differ(self, one: str, other: str) -> None:
        self._decide(lambda said: decide.differ(self.uow, one, other, said))

    @rule(some=ids, out=st.integers(min_value=1, max_value=3))
    def split(self, some: str, out: int) -> None:
        contact = self._find(some)
        if contact is not None:
            self._decide(lambda said: decide.split(self.uow, some, contact.record_ids[:out], said))

    @rule(mark=st.sampled_from(MARKS))
    def mark(self, mark: tuple[str, tuple[str, str, str]]) -> None:
        kind, key = mark
        self._decide(lambda said: decide.mark(self.uow, kind, key, said))  # type: ignore[arg-type]  # one of two

    @rule(target=ids, some=ids, proof=st.sampled_from(PROOFS))
    def convert(self, some: str, proof: ProofGiven) -> object:
        try:
            taken = convert.take_proof(self.uow, some, proof, next(self.clock))
        except NotConvertibleError:
            return multiple()
        return multiple(taken.evidence)

    @rule(place=st.integers(min_value=0, max_value=9))
    def withdraw(self, place: int) -> None:
        with self.uow.begin() as tx:
            decisions = tx.decisions.all()
        if decisions:
            chosen = decisions[place % len(decisions)].id
            self._decide(lambda said: decide.withdraw(self.uow, chosen, said))

    @rule(back=st.integers(min_value=0, max_value=5))
    def undo(self, back: int) -> None:
        resolve_all(self.uow, next(self.clock))
        with self.uow.begin() as tx:
            rows = tx.changes.latest(back + 1)
        if not rows:
            return
        row = rows[-1]
        if not self._decide(lambda said: decide.undo(self.uow, row.number, said)):
            return
        resolve_all(self.uow, next(self.clock))
        held = [{self._id_of(each) for each in side} - {None} for side in row.change.sides]
        if row.change.kind == "split":
            assert len(set().union(*held)) <= 1
        elif row.change.kind == "joined":
            assert sum(map(len, held)) == len(set().union(*held)), "the sides are apart again"

    @rule(some=ids, number=st.integers(min_value=0, max_value=10**6))
    def write_a_note(self, some: str, number: int) -> None:
        if self._find(some) is not None:
            note = people.People(self.uow).note(some, f"note {number}", "eva", next(self.clock))
            self.notes[note.id] = note.record_id

    @rule(some=ids)
    def merge_and_undo(self, some: str) -> None:
        """Law 4: a merge and its undo leave the export as it was."""
        resolve_all(self.uow, next(self.clock))
        others = [each for each in self._contacts() if some not in each.record_ids]
        if not others or self._find(some) is None:
            return
        before = exported(self.uow)
        with self.uow.begin() as tx:
            newest = max((row.number for row in tx.changes.latest(1)), default=0)
        if not self._decide(lambda said: decide.merge(self.uow, some, others[0].id, said)):
            return
        resolve_all(self.uow, next(self.clock))
        with self.uow.begin() as tx:
            made = [
                row for row in tx.changes.latest(50) if row.number > newest and row.change.kind == "joined"
            ]
        for row in made:
            if self._decide(lambda said, number=row.number: decide.undo(self.uow, number, said)):
                break
        resolve_all(self.uow, next(self.clock))
        if made:
            assert exported(self.uow) == before

    @precondition(lambda self: len(self.landed) > 3)
    @rule(some=ids)
    def erase(self, some: str) -> None:
        resolve_all(self.uow, next(self.clock))
        contact = self._find(some)
        if contact is None:
            return
        erase.run(self.uow, some, next(self.clock))
        gone = set(contact.record_ids)
        self.erased |= gone
        self.landed = {each: held for each, held in self.landed.items() if each not in gone}
        self.notes = {note: record for note, record in self.notes.items() if record not in gone}

    @rule(body=st.sampled_from(POLICIES))
    def change_the_policy(self, body: str) -> None:
        with self.uow.begin() as tx:
            policy.put(tx, body, origin="the test", author="eva", now=next(self.clock))

    # --- the laws ---------------------------------------------------------------------------------------

    @rule()
    def look(self) -> None:
        """Resolve what waits, in one batch or in several, and ask whether the laws hold."""
        resolve_all(self.uow, next(self.clock))
        contacts = self._contacts()
        with self.uow.begin() as tx:
            records, decisions = list(tx.evidence.load_all()), tx.decisions.all()
            expected = Oracle(records, policy.policy_in_force(tx), decisions).contacts()
            counted = list(tx.contacts.counted())
            on = [note for each in counted for note in tx.people.notes(each.contact.record_ids)]
        assert expected == {
            Expected(each.id, each.kind.value, frozenset(each.record_ids), each.converted_at)
            for each in contacts
        }
        assert {note.id: note.record_id for note in on if note.id in self.notes} == self.notes
        landed = sum(map(len, self.landed.values())) + len(self.notes)
        assert sum(each.interactions + each.notes for each in counted) == landed
        assert self.erased.isdisjoint(record.id for record in records)

    def teardown(self) -> None:
        """At the end of each life everything stored is what a rebuild makes of the evidence."""
        self.look()
        assert rebuild.run(self.uow, next(self.clock), check=True).is_right

    # --- helpers ----------------------------------------------------------------------------------------

    def _decide(self, what: object) -> bool:
        try:
            what(Said("eva", "", next(self.clock)))  # type: ignore[operator]  # takes what was said
        except NotDecidedError:
            return False
        return True

    def _find(self, some: str) -> Contact | None:
        with self.uow.begin() as tx:
            return tx.contacts.find(some)

    def _id_of(self, record_id: str) -> str | None:
        with self.uow.begin() as tx:
            return tx.contacts.membership([record_id]).get(record_id)

    def _contacts(self) -> list[Contact]:
        with self.uow.begin() as tx:
            return [each.contact for each in tx.contacts.counted()]


@pytest.fixture
def store(database_url: str) -> Iterator[tuple[Engine, UnitOfWork]]:
    with schema_at(database_url) as opened:
        yield opened


@pytest.mark.timeout(7_200)
def test_the_laws_hold_through_a_life(store: tuple[Engine, UnitOfWork]) -> None:
    night = settings.get_current_profile_name() == "night"
    run_state_machine_as_test(
        lambda: Life(*store),  # type: ignore[arg-type]  # whatever makes a machine
        settings=settings(
            max_examples=12_000 if night else 25,
            stateful_step_count=40 if night else 20,
            deadline=None,
            # Making a life shorter takes minutes, since each try is one on a database: by day it is told as it was.
            phases=[each for each in Phase if night or each is not Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
