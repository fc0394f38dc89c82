"""Answer suggestions: a person accepts or rejects what they were shown, and nothing else."""

from collections.abc import Sequence
from itertools import product
from typing import Literal, NamedTuple

from worker.domain.contacts import Contact
from worker.domain.decisions import Decision, ruling, separated
from worker.domain.suggestions import ID_CHARACTERS, Suggestion
from worker.jobs import decide, settle
from worker.jobs.decide import Said
from worker.storage.unit_of_work import Transaction, UnitOfWork

Answer = Literal["accept", "reject"]

_SAY = {"accept": decide.merge_within, "reject": decide.differ_within}

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
        kinds = ", ".join(dict.fromkeys(reason.type or reason.kind for reason in present[0].reasons))
        raise BasisChangedError(
            f"{name}: its basis changed: it rests on {kinds} now, and is {present[0].name}.\n"
            f"    Look at it again: avouch suggestions list --contact {present[0].one}"
        )
    raise BasisChangedError(f"{name}: {_how_it_is_now(tx, suggestion_id)}")


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
