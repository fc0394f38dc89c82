"""Decide probable pairs by the policy: each becomes a decision *same*, which can be withdrawn as any other.

Off by default. It works at moments at which nothing waits, so that every score is of today's contacts.
"""

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from worker.domain.contacts import Contact
from worker.domain.decisions import Decision
from worker.domain.matching import automatic, words
from worker.domain.matching.automatic import AUTHOR, Foreseen, Party, foreseen, party_of, sort_out
from worker.domain.suggestions import Suggestion
from worker.jobs import collector, decide
from worker.jobs.decide import Said
from worker.jobs.policy import policy_in_force
from worker.jobs.resolve import Outcome, Resolved
from worker.storage.unit_of_work import Transaction, UnitOfWork

BATCH = 100
"""Decisions a transaction at most, one or two seconds' work: people who decide wait for it."""
FACT = "dedupe_auto"
"""How many seconds it took to see that there was nothing to decide, and when that was."""
SHARE = 30
"""Times as long as it took to look a worker waits until it looks again: it costs a thirtieth of its time at most."""
_LOOK_AT = 2_000
"""Pairs whose contacts and records are in memory at once, some 20 MB."""
_EVERY = 2**31 - 1

log = structlog.get_logger()


class Likely(NamedTuple):
    """The likely pairs, with what has to be known to sort them out (see `sort_out`)."""

    pairs: list[Suggestion]
    near: list[Suggestion]
    parties: dict[str, Party]


class Forecast(NamedTuple):
    """What the policy would decide, as the contacts are now."""

    line: float
    foreseen: Foreseen
    contacts: Mapping[str, Contact]
    """Those that it names."""
    put_off: int
    """Pairs that a person wants to look at later: they are left to people, too."""


def run(uow: UnitOfWork, now: datetime, at_most: int = BATCH) -> Resolved:
    """Decide one batch of probable pairs. Safe to run twice, in parallel, or to be killed.

    A decision and the queueing of its records are one transaction. After a batch its contacts are to be resolved and
    compared anew before there is another one: MORE says that there was one, BUSY that something waits.
    """
    with collector.paused():
        seen = _look(uow, now)
        if seen is not Outcome.MORE:
            return Resolved(seen)
        with uow.begin() as tx:
            return _decide(tx, now, at_most)


def _look(uow: UnitOfWork, now: datetime) -> Outcome:
    """Say whether there is something to decide. Most times there is not, and nobody should have to wait for that."""
    started = time.monotonic()
    with uow.begin() as tx:
        tx.snapshot()
        line = policy_in_force(tx).dedupe_auto
        if line is None:
            return Outcome.IDLE
        if _something_waits(tx):
            return Outcome.BUSY
        if _choose(tx, line, now):
            return Outcome.MORE
    with uow.begin() as tx:
        tx.work.set_fact(FACT, f"{time.monotonic() - started:.3f}", now)
    return Outcome.IDLE


def _something_waits(tx: Transaction) -> bool:
    return tx.to_resolve.any() or tx.to_dedupe.any()


def _decide(tx: Transaction, now: datetime, at_most: int) -> Resolved:
    """Decide with the right to do so, on what is so now: people may have decided, or switched it off, meanwhile."""
    if not (tx.only_resolver() and tx.only_deduper()):
        return Resolved(Outcome.BUSY)
    tx.only_decider()
    line = policy_in_force(tx).dedupe_auto
    if line is None or _something_waits(tx):
        return Resolved(Outcome.BUSY)
    chosen = _choose(tx, line, now)[:at_most]
    if not chosen:
        return Resolved(Outcome.IDLE)
    newest = tx.models.newest()
    version = newest.version if newest else 0
    for each in chosen:
        decide.merge_within(tx, each.one, each.other, Said(AUTHOR, why(each, version), now))
    log.info("decided_by_policy", decisions=len(chosen), model=version)
    return Resolved(Outcome.MORE, len(chosen))


def is_due(uow: UnitOfWork, now: datetime) -> bool:
    """Say whether a worker should look again: where there is much that people have to decide, looking takes long."""
    with uow.begin() as tx:
        took, at = tx.work.facts().get(FACT, ("0", now))
    return now - at >= SHARE * timedelta(seconds=float(took))


def forecast(tx: Transaction, line: float, now: datetime) -> Forecast:
    """Say what the policy would decide with this line, and what it would leave to people. Writes nothing."""
    seen = foreseen(*_known_of(tx, _pairs(tx, line, now)))
    pairs = [*seen.join, *(each.pair for each in seen.left)]
    ids = sorted({each for pair in pairs for each in (pair.one, pair.other)})
    contacts = {each.id: each for each in tx.contacts.get_all(ids)}
    return Forecast(line, seen, contacts, tx.suggestions.put_off_count(now, _weight(line)))


def why(pair: Suggestion, model: int) -> str:
    """Say why a pair was decided: how probable it is, by which model, and the strongest reasons."""
    by = f"version {model} of the model" if model else "the model that ships with Avouch"
    said = words.sentence(pair.score.parts)
    return f"{automatic.percent(pair.score.probability)} probable by {by}. {said}".strip()


def _choose(tx: Transaction, line: float, now: datetime) -> list[Suggestion]:
    """Return the pairs to decide now, of the most probable ones; where all these are left to people, of the next."""
    pairs = _pairs(tx, line, now)
    for start in range(0, len(pairs), _LOOK_AT):
        result = sort_out(*_known_of(tx, pairs[start : start + _LOOK_AT]))
        if result.join:
            return result.join
    return []


def _pairs(tx: Transaction, line: float, now: datetime) -> list[Suggestion]:
    """Read the pairs from `line` on that nobody put off, the most probable first."""
    found = tx.suggestions.strongest(_EVERY, _weight(line), now)
    return [each for each in found if each.score.probability >= line]


def _known_of(tx: Transaction, pairs: list[Suggestion]) -> Likely:
    """Read what has to be known to sort pairs out, such as who else may be meant by them."""
    named = {each for pair in pairs for each in (pair.one, pair.other)}
    near = [each for each in tx.suggestions.of(named) if each.score.probability >= automatic.RIVAL]
    named.update(each for pair in near for each in (pair.one, pair.other))
    parties = _parties(tx, sorted(named))
    # One whose contact is another by now waits to be made anew; only a forecast may see such.
    pairs, near = (
        [each for each in some if {each.one, each.other} <= parties.keys()] for some in (pairs, near)
    )
    return Likely(pairs, near, parties)


def _weight(probability: float) -> float:
    return math.log2(probability / (1 - probability))


def _parties(tx: Transaction, contact_ids: Sequence[str]) -> dict[str, Party]:
    contacts = tx.contacts.get_all(contact_ids)
    record_ids = [each for contact in contacts for each in contact.record_ids]
    records = {record.id: record for record in tx.evidence.load(record_ids)}
    said = automatic.standing(tx.cases.of(record_ids), _decisions(tx, record_ids))
    return {
        contact.id: party_of(contact, [records[each] for each in contact.record_ids], said)
        for contact in contacts
    }


def _decisions(tx: Transaction, record_ids: Iterable[str]) -> list[Decision]:
    """Return the decisions about records, withdrawn ones too, and those that could overrule them."""
    found: dict[str, Decision] = {}
    asked: set[str] = set()
    new = set() if tx.decisions.none() else set(record_ids)
    while new:
        asked |= new
        found.update((each.id, each) for each in tx.decisions.naming(sorted(new)))
        new = {each for decision in found.values() for each in decision.record_ids} - asked
    return list(found.values())
