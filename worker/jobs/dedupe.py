"""Dedupe: suggestions for the contacts that changed. It joins nobody; a person decides."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

import structlog

from worker.domain.contacts import Contact
from worker.domain.evidence import CLAIMED, STORED, Key
from worker.domain.matching.blocking import keys_of_value
from worker.domain.matching.portraits import Portrait
from worker.domain.matching.scoring import Score, score
from worker.domain.policy import Policy
from worker.domain.reasons import (
    MOST_CONTACTS_A_VALUE,
    Holding,
    Reason,
    Ties,
    findings,
    key_of,
    spelling,
    strongest,
)
from worker.domain.suggestions import Pair, Suggestion, portrait_under, suggest, weighed
from worker.jobs import collector
from worker.jobs.gathering import Gathered, spellings_of
from worker.jobs.neighbours import Moved, Neighbours
from worker.jobs.policy import policy_in_force
from worker.jobs.resolve import Outcome, Resolved
from worker.storage.matching import Sought
from worker.storage.unit_of_work import Transaction, UnitOfWork

BATCH = 10_000
"""Changed contacts a transaction at most, a few seconds' work. Only a pass gets there: the more contacts are looked at
at once, the fewer of those around them are read and scored again."""

log = structlog.get_logger()


def run(uow: UnitOfWork, at_most: int = BATCH) -> Resolved:
    """Make the suggestions of one batch of changed contacts anew. Safe to run twice or in parallel.

    What is stored afterwards is what a pass over all contacts would make.
    """
    with collector.paused(), uow.begin() as tx:
        if not tx.only_deduper() or tx.to_resolve.any():
            # While records wait to be resolved, suggestions about them would be made twice.
            return Resolved(Outcome.BUSY)
        taken, contact_ids = tx.to_dedupe.take(at_most)
        if not taken:
            return Resolved(Outcome.IDLE)
        found = _make_anew(tx, contact_ids)
        tx.to_dedupe.done(taken)
    for each in found:
        if each.crowd:
            log.warning("crowd_of_claims", contact=each.claimed, contacts=each.crowd + 1, records=each.count)
    return Resolved(Outcome.MORE, len(contact_ids), len(found))


def forget(tx: Transaction, contact_ids: Iterable[str]) -> None:
    """Take out what contacts are compared by, at once, and queue those whose pairs are others without them."""
    gone = {*contact_ids}
    # Who is left finds out anew which values suggest nobody.
    neighbours = Neighbours(tx.portraits, lambda _: set())
    left = neighbours.move(Moved(tx.portraits.get_all(gone), {}))
    tx.to_dedupe.append(sorted((left | _one_of_each_value(tx, gone)) - gone))


def look_again(tx: Transaction, values: Iterable[str]) -> None:
    """Queue one of those who show each value, where what people marked of it is otherwise now: it finds the others.

    Records are not found by every value that is compared: a number that is one only probably is no identifier.
    """
    sought = [Sought(keys_of_value(value)[0], value) for value in sorted({*values})]
    if sought:
        tx.to_dedupe.append(sorted({*chain.from_iterable(tx.portraits.showing(sought, 1).values())}))


def _one_of_each_value(tx: Transaction, gone: Collection[str]) -> set[str]:
    """Return one of those who are left for each value, however spelled, of contacts that go.

    Keys know nothing of crowds, nor of what is not compared, such as accounts. One holder is enough: whoever looks
    at a value finds all unchanged ones whose pairs are others (`_outdated`). Reads all holders, as dedupe does.
    """
    identifiers = [each for one in tx.contacts.get_all(sorted(gone)) for each in one.identifiers]
    keys = {spelling((each.type, each.namespace, each.value)) for each in identifiers}
    left: dict[Key, str] = {}
    for row in tx.suggestions.sharing(spellings_of(tx, keys)):
        key = spelling((row.type, row.namespace, row.value))
        if key in keys and row.contact_id not in gone:
            left[key] = min(row.contact_id, left.get(key, row.contact_id))
    return {*left.values()}


def _make_anew(tx: Transaction, contact_ids: Sequence[str]) -> list[Suggestion]:
    policy = policy_in_force(tx)
    gathered = Gathered(tx, policy)
    neighbours = Neighbours(tx.portraits, gathered.silent_among)
    were = tx.suggestions.take(contact_ids)
    contacts = tx.contacts.get_all(contact_ids)
    gathered.add(contacts, map(key_of, were))
    chosen = {*contact_ids}
    others = neighbours.move(Moved(tx.portraits.get_all(contact_ids), _portraits(tx, contacts, policy)))
    others = (others | _outdated(tx, gathered, chosen) | gathered.decided()) - chosen
    neighbours.add(others)
    if others:
        tx.suggestions.take(others)
        gathered.add(tx.contacts.get_all(sorted(others)))
    found = gathered.undecided(_weighed(tx, suggest(gathered.ties, chosen | others), neighbours))
    tx.suggestions.put(found)
    return found


def _portraits(tx: Transaction, contacts: Sequence[Contact], policy: Policy) -> dict[str, Portrait]:
    records = {
        each.id: each for each in tx.evidence.load([each for one in contacts for each in one.record_ids])
    }
    made = {
        contact.id: portrait_under(policy, contact, (records[each] for each in contact.record_ids))
        for contact in contacts
    }
    return {contact_id: portrait for contact_id, portrait in made.items() if portrait != Portrait()}


def _weighed(tx: Transaction, found: Sequence[Suggestion], neighbours: Neighbours) -> list[Suggestion]:
    """Score what reasons suggest and what keys have in common, and leave out what is improbable."""
    neighbours.read(each for one in found for each in (one.one, one.other))
    model, known = tx.models.in_force(), neighbours.known

    def score_of(pair: Pair) -> Score:
        one, other = pair
        return score(neighbours.portrait(one), neighbours.portrait(other), known, model)

    return weighed(found, neighbours.pairs(), score_of)


def _outdated(tx: Transaction, gathered: Gathered, changed: Collection[str]) -> set[str]:
    """Return contacts that did not change, and whose pairs are others now.

    That happens where the number of holders of a value that a changed contact holds passes the most that make
    pairs, in either direction, or where the value is contested since. Where more others than that hold it, they
    made no pairs before and make none now.
    """
    ties = gathered.ties
    unchanged, outdated = _unchanged(ties, changed)
    _add_silenced(gathered, changed, unchanged, outdated)
    if not unchanged:
        return outdated
    expected: dict[Pair, set[Reason]] = defaultdict(set)
    crowded = set()
    for pair, reason, _, crowd in findings(ties):
        if pair[0] in unchanged and pair[1] in unchanged:
            expected[pair].add(reason)
            if crowd:
                crowded.add(pair)
    touched = {spelling(key) for key in (*ties.held, *gathered.silent)}
    stored: dict[Pair, set[Reason]] = {}
    for each in tx.suggestions.among(unchanged):
        stored[each.one, each.other] = {
            reason for reason in each.reasons if _is_touched(reason, ties.told, touched)
        }
        if each.crowd:
            crowded.add((each.one, each.other))
    for pair in expected.keys() | stored.keys():
        if pair in crowded or expected.get(pair, set()) != stored.get(pair, set()):
            outdated.update(pair)
    return outdated


def _add_silenced(
    gathered: Gathered, changed: Collection[str], unchanged: set[str], outdated: set[str]
) -> None:
    """Add who may have made pairs by a value before it was contested."""
    for rows in gathered.silent.values():
        for found, least in ((unchanged, CLAIMED), (outdated, STORED)):
            others = {row.contact_id for row in rows if row.level >= least} - {*changed}
            found.update(others if len(others) <= MOST_CONTACTS_A_VALUE else ())


def _is_touched(reason: Reason, told: Collection[str], touched: Collection[Key]) -> bool:
    if reason.kind == "about":
        return reason.value in told
    return reason.kind == "conflict" or spelling(key_of(reason)) in touched


def _unchanged(ties: Ties, changed: Collection[str]) -> tuple[set[str], set[str]]:
    """Return the unchanged contacts that may make pairs with each other, and those whom a crowd claims."""
    in_pairs: set[str] = set()
    claimed: set[str] = set()
    for holdings in _pools(ties):
        surest: dict[str, Holding] = {}
        for each in holdings:
            known = surest.get(each.contact)
            if each.contact not in changed and (known is None or each.rank > known.rank):
                surest[each.contact] = each
        if len(surest) > MOST_CONTACTS_A_VALUE:
            strong = strongest(surest.values())
            claimed.update(() if strong is None else (strong,))
        elif len(surest) > 1:
            in_pairs.update(surest)
    for told in ties.told.values():
        who = {each.contact for each in told.claims} - {*changed}
        (claimed if len(who) > MOST_CONTACTS_A_VALUE else in_pairs).add(told.contact)
        in_pairs.update(who if len(who) <= MOST_CONTACTS_A_VALUE else ())
    for between in ties.between:
        who = set(between.contacts) - {*changed}
        in_pairs.update(who | between.sides if len(who) <= MOST_CONTACTS_A_VALUE else ())
    return in_pairs - {*changed}, claimed


def _pools(ties: Ties) -> Iterable[Sequence[Holding]]:
    """Return the holders of each value, and those of all spellings of one."""
    together: dict[Key, list[Sequence[Holding]]] = defaultdict(list)
    for key, holdings in ties.held.items():
        yield holdings
        together[spelling(key)].append(holdings)
    for several in together.values():
        if len(several) > 1:
            yield [each for holdings in several for each in holdings]
