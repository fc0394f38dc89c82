"""Train: fit the model that weighs probable pairs to the business's own contacts and to what people decided."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from typing import NamedTuple

from msgspec.structs import replace

from worker.domain.contacts import Contact
from worker.domain.decisions import Decision
from worker.domain.matching import model as models
from worker.domain.matching import pairs as matching
from worker.domain.matching.automatic import AUTHOR as AUTOMATIC
from worker.domain.matching.comparisons import LEVELS, Known, compare
from worker.domain.matching.model import Model
from worker.domain.matching.portraits import Portrait
from worker.domain.matching.training import LEAST_PAIRS, Seen, seen, trained
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.domain.resolve import resolve
from worker.domain.suggestions import portrait_under
from worker.jobs import dedupe_all
from worker.jobs.closure import closure
from worker.jobs.decide import Said
from worker.jobs.gathering import Gathered
from worker.jobs.neighbours import Neighbours
from worker.jobs.policy import policy_in_force
from worker.storage.unit_of_work import Transaction, UnitOfWork

BATCH = 1_000
"""Contacts whose neighbourhood is in memory at once."""
SAMPLE = 50_000
"""Contacts that are looked at unless more are asked for: they are in some ten thousand pairs, in a minute or two."""
MOST_DECISIONS = 5_000
"""The newest decisions that are learnt from. Each is resolved again as if it had not been made."""

Progress = Callable[[int, int], object]
"""Takes how many contacts were looked at, and how many will be."""
Decided = Mapping[Seen, tuple[float, float]]


class Trained(NamedTuple):
    """What training came to."""

    before: Model
    """In force until now."""
    after: Model
    """The same as before where there was too little to learn from."""
    contacts: int
    """Contacts looked at."""
    pairs: int
    same: int
    """Decisions learnt from that said of two contacts that they are one person."""
    different: int
    having: Mapping[tuple[str, str], int]
    """How many pairs have each level of each comparison, decided ones included."""
    version: int | None
    """Under which it is in force; None where it is not."""

    @property
    def is_enough(self) -> bool:
        """Say whether there was enough to learn from."""
        return self.pairs >= LEAST_PAIRS


def run(
    uow: UnitOfWork,
    said: Said,
    *,
    dry_run: bool = False,
    sample: int = SAMPLE,
    progress: Progress | None = None,
) -> Trained:
    """Train, and put the new model in force unless it is a dry run or there is too little to learn from.

    Settle before: what waits to be looked at is in no pair yet. Memory is that of one batch of contacts with their
    neighbours, whatever the sample. All contacts are queued then, to be scored by the new model.
    """
    with uow.begin() as tx:
        tx.snapshot()
        tx.patient()
        before = tx.models.in_force()
        shipped = models.default()
        counted = models.census(tx.portraits.names())
        if counted.contacts >= dedupe_all.LEAST_CONTACTS:
            shipped = replace(shipped, census=counted)
        looked_at, pairs = _pairs(tx, shipped, sample, progress)
        decided = _decided(tx, shipped)
    after = before
    if sum(pairs.values()) >= LEAST_PAIRS:
        name = f"trained on {looked_at:,} contacts and {_number(decided):,} decisions"
        after = trained(shipped, pairs, decided, name)
    version = None
    if after is not before and not dry_run:
        version = dedupe_all.run(uow, said.at, model=after, author=said.author, origin=after.name).model
    same, different = (int(sum(numbers[side] for numbers in decided.values())) for side in (0, 1))
    having = _having(pairs, decided)
    return Trained(before, after, looked_at, sum(pairs.values()), same, different, having, version)


def _pairs(
    tx: Transaction, model: Model, sample: int, progress: Progress | None
) -> tuple[int, Mapping[Seen, int]]:
    """Count how the pairs look that the first contacts of a sample are the smaller one of.

    Ids are hashes, so the first ones are as good as drawn by lot, and so are these pairs.
    """
    total = min(sample, tx.portraits.count())
    policy = policy_in_force(tx)
    found: Counter[Seen] = Counter()
    looked_at, last = 0, ""
    while batch := tx.portraits.ids_after(last, min(BATCH, total - looked_at)):
        neighbours = _neighbours(tx, policy, batch)
        chosen = {*batch}
        for one, other in neighbours.pairs():
            if one in chosen:
                compared = compare(neighbours.portrait(one), neighbours.portrait(other), neighbours.known)
                found[seen(compared, model)] += 1
        looked_at, last = looked_at + len(batch), batch[-1]
        if progress is not None:
            progress(looked_at, total)
    return looked_at, found


def _neighbours(tx: Transaction, policy: Policy, contact_ids: Iterable[str]) -> Neighbours:
    neighbours = Neighbours(tx.portraits, Gathered(tx, policy).silent_among)
    neighbours.add([*contact_ids])
    return neighbours


def _decided(tx: Transaction, model: Model) -> Decided:
    """Return what people decided of pairs, by how these look to `model`.

    What the policy decided by itself teaches nothing: it is the model's own opinion.
    """
    policy = policy_in_force(tx)
    found: dict[Seen, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for decision in tx.decisions.latest(MOST_DECISIONS):
        if (
            decision.kind not in {"same", "different"}
            or decision.withdrawn_at
            or decision.author == AUTOMATIC
        ):
            continue
        for one, other, known in _sides(tx, policy, decision):
            found[seen(compare(one, other, known), model)][decision.kind == "different"] += 1
    return {look: (same, different) for look, (same, different) in found.items()}


def _sides(tx: Transaction, policy: Policy, decision: Decision) -> Iterable[tuple[Portrait, Portrait, Known]]:
    """Yield the contacts that a decision is about, two at a time, as they would be without it."""
    records, membership, decisions = closure(tx, decision.record_ids, policy)
    without = resolve(records, policy, [each for each in decisions if each.id != decision.id]).contacts
    by_id = {record.id: record for record in records}
    sides = [_portrait_of_side(policy, side, without, by_id) for side in decision.sides]
    now = {membership[each] for each in decision.record_ids if each in membership}
    standing = _neighbours(tx, policy, sorted(now)).known
    for one, other in combinations(sides, 2):
        if one is not None and other is not None and one[0] != other[0]:
            # They may be one contact since, which shares with nobody what the two shared.
            both = matching.known([one[1], other[1]])
            yield one[1], other[1], Known({*standing.shared, *both.shared}, standing.crowded)


def _portrait_of_side(
    policy: Policy, side: tuple[str, ...], contacts: Iterable[Contact], records: Mapping[str, Record]
) -> tuple[str, Portrait] | None:
    """Return the contact that most of a side's records are on; None where they are gone."""
    on = {each.id: (len({*each.record_ids}.intersection(side)), each) for each in contacts}
    shared, contact = max(on.values(), key=lambda each: (each[0], each[1].id), default=(0, None))
    if contact is None or not shared:
        return None
    return contact.id, portrait_under(policy, contact, (records[each] for each in contact.record_ids))


def _number(decided: Decided) -> int:
    return int(sum(map(sum, decided.values())))


def _having(pairs: Mapping[Seen, int], decided: Decided) -> Mapping[tuple[str, str], int]:
    having: Counter[tuple[str, str]] = Counter()
    both = [*pairs.items(), *((each, int(sum(numbers))) for each, numbers in decided.items())]
    for each, number in both:
        for found in zip(LEVELS, each.pattern, strict=True):
            having[found] += number
    return having
