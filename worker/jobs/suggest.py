"""Ask people about suggestions, and take their answers: on what they were shown, and on nothing else."""

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Literal, NamedTuple

from worker.domain.contacts import Contact
from worker.domain.decisions import Decision, ruling, separated
from worker.domain.matching.scoring import weight_of
from worker.domain.suggestions import ID_CHARACTERS, Suggestion
from worker.jobs import decide, settle
from worker.jobs.decide import Said
from worker.jobs.people import People, Profile
from worker.jobs.policy import policy_in_force
from worker.storage.shortlist import MOST_A_CONTACT, Shortlist, Wanted
from worker.storage.unit_of_work import Transaction, UnitOfWork

Answer = Literal["accept", "reject"]

_SAY = {"accept": decide.merge_within, "reject": decide.differ_within}

_CROWDED = frozenset({"crowd", "shared", "shared_mobile", "shared_any", "shared_fixed"})
"""Levels at which it matters how many hold the value."""

_LOOK_ALIKE = 20
"""Records whose id begins as a suggestion's half: among a million there is one."""


class BasisChangedError(Exception):
    """Raised when what a person was shown is not so any more. The message says how it is now; nothing was kept."""


class Answered(NamedTuple):
    """What became of one suggestion."""

    suggestion: Suggestion
    decision: Decision
    one: Contact | None
    """Where the smaller contact's founding record is now."""
    other: Contact | None


class Listed(NamedTuple):
    """Suggestions to ask about, and how many there are that are not shown."""

    suggestions: list[Suggestion]
    counts: Shortlist
    least: float
    """The probability below which likeness alone is not listed."""
    held: dict[str, int]
    """How many contacts hold the values that are shared or crowded."""


class Shown(NamedTuple):
    """One suggestion with everything that is known of both contacts."""

    suggestion: Suggestion
    one: Profile
    other: Profile
    held: dict[str, int]
    put_off: datetime | None
    """Until when, where it is."""


def listed(tx: Transaction, wanted: Wanted, *, everything: bool, now: datetime, limit: int) -> Listed:
    """Return the suggestions to ask about, the most probable first.

    Without `everything`, those less probable than the policy asks for, those within households and those beyond
    the most of one contact are counted instead: nobody works through them.
    """
    least = policy_in_force(tx).suggest_above
    if not everything:
        wanted = wanted._replace(least=weight_of(least), most=MOST_A_CONTACT)
    counts = tx.shortlist.find(wanted, now, limit)
    among = tx.suggestions.among(sorted({each for pair in counts.pairs for each in pair}))
    by_pair = {(each.one, each.other): each for each in among}
    found = [by_pair[pair] for pair in counts.pairs]
    return Listed(found, counts, least, _held(tx, found))


def _held(tx: Transaction, found: Sequence[Suggestion]) -> dict[str, int]:
    """Return how many contacts hold the values of which that matters."""
    values = {part.one for each in found for part in each.score.parts if part.level in _CROWDED}
    return tx.shortlist.held(values) if values else {}


def shown(uow: UnitOfWork, name: str, now: datetime) -> Shown:
    """Return the suggestion that stands under a name now, whatever it rested on when it was listed.

    Raises:
        BasisChangedError: there is none any more.
    """
    suggestion_id = name.partition("-")[0]
    with uow.begin() as tx:
        present = tx.suggestions.named(suggestion_id)
        if not present:
            raise BasisChangedError(f"{name}: {_how_it_is_now(tx, suggestion_id)}")
        found = present[0]
        held = _held(tx, [found])
        rows = [
            row for row in tx.put_off.of([found.one]) if (row.other, row.basis) == (found.other, found.basis)
        ]
    people = People(uow)
    until = next((row.until for row in rows if row.until > now), None)
    return Shown(found, people.profile(found.one), people.profile(found.other), held, until)


def put_off(uow: UnitOfWork, names: Sequence[str], until: datetime, said: Said) -> list[Suggestion]:
    """Ask about suggestions later: they are not listed until then, or until they rest on something else.

    Raises:
        BasisChangedError: one of them is gone, or rests on other reasons than it was shown with.
    """
    settle.run(uow)
    with uow.begin() as tx:
        tx.only_decider()
        found = [_shown(tx, name) for name in dict.fromkeys(names)]
        tx.put_off.forget(said.at)
        for each in found:
            tx.put_off.put(each.one, each.other, each.basis, until, said.author, said.at)
        return found


def answer(uow: UnitOfWork, names: Sequence[str], verdict: Answer, said: Said) -> list[Answered]:
    """Accept or reject suggestions, let the rules work, and return how each ended.

    What waits is judged first, so that nobody decides on evidence of yesterday. Looking and deciding are one
    transaction, in which nobody else decides: of several ids all are answered or none.

    Raises:
        BasisChangedError: one of them is gone, or rests on other reasons than it was shown with.
        decide.NotDecidedError: somebody decided otherwise in this very moment.
    """
    settle.run(uow)
    with uow.begin() as tx:
        tx.only_decider()
        found = [_shown(tx, name) for name in dict.fromkeys(names)]
        decided = [(each, _SAY[verdict](tx, each.one, each.other, said)) for each in found]
    settle.run(uow)
    with uow.begin() as tx:
        return [
            Answered(each, decision, tx.contacts.find(each.one), tx.contacts.find(each.other))
            for each, decision in decided
        ]


def _shown(tx: Transaction, name: str) -> Suggestion:
    """Return the suggestion that a person was shown under a name."""
    suggestion_id, _, basis = name.partition("-")
    present = tx.suggestions.named(suggestion_id)
    for each in present:
        if each.basis == basis:
            return each
    if present:
        raise BasisChangedError(
            f"{name}: its basis changed: it rests on {_kinds(present[0])} now, and is {present[0].name}.\n"
            f"    Look at it again: avouch suggestions show {present[0].name}"
        )
    raise BasisChangedError(f"{name}: {_how_it_is_now(tx, suggestion_id)}")


def _kinds(suggestion: Suggestion) -> str:
    """Name what a suggestion rests on, without the values: the message may end up in a log."""
    kinds = [each.type or each.kind for each in suggestion.reasons]
    kinds += [each.comparison for each in suggestion.score.parts if each.weight > 0 and not kinds]
    return ", ".join(dict.fromkeys(kinds))


def _how_it_is_now(tx: Transaction, suggestion_id: str) -> str:
    """Say what became of the pair of a suggestion that is gone; its id tells how the contacts' ids begin."""
    halves = suggestion_id[:ID_CHARACTERS], suggestion_id[ID_CHARACTERS:]
    pairs = [
        (one, other)
        for one, other in product(*(tx.suggestions.ids_like(half, _LOOK_ALIKE) for half in halves))
        if one < other
    ]
    if not pairs:
        return "there is no such suggestion. See: avouch suggestions list"
    for one, other in pairs:
        here, there = tx.contacts.find(one), tx.contacts.find(other)
        if here is not None and there is not None and here.id == there.id:
            return f"its basis changed: they are one contact already. See: avouch show {here.id}"
    for one, other in pairs:
        different = _told_apart(tx, one, other)
        if different is not None:
            return (
                f"its basis changed: {different.author or 'somebody'} decided on {different.at:%Y-%m-%d} that they"
                f" are different people.\n    To take that back: avouch decisions withdraw {different.id}"
            )
    return "its basis changed: nothing suggests it any more. See: avouch suggestions list"


def _told_apart(tx: Transaction, one: str, other: str) -> Decision | None:
    here, there = tx.contacts.find(one), tx.contacts.find(other)
    if here is None or there is None:
        return None
    decisions: dict[str, Decision] = {}
    new = {*here.record_ids, *there.record_ids}
    asked: set[str] = set()
    while new:
        asked |= new
        decisions.update((each.id, each) for each in tx.decisions.naming(sorted(new)))
        new = {each for decision in decisions.values() for each in decision.record_ids} - asked
    return separated(ruling(decisions.values()).apart, here.record_ids, there.record_ids)
