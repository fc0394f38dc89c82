"""All suggestions in one pass over the evidence: what dedupe, which goes from change to change, has to come to."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations

from worker.domain.conflicts import Conflict
from worker.domain.contacts import Contact
from worker.domain.decisions import Decision, Ruling, ruling
from worker.domain.evidence import CLAIMED, Key
from worker.domain.matching import pairs as matching
from worker.domain.matching.blocking import keys_of, most_holders, speaks
from worker.domain.matching.comparisons import Known
from worker.domain.matching.model import Model, default
from worker.domain.matching.portraits import Portrait
from worker.domain.matching.scoring import score
from worker.domain.policy import Policy
from worker.domain.reasons import Holding, Ties, Told, between, may_suggest
from worker.domain.records import Record
from worker.domain.suggestions import Pair, Suggestion, portrait_under, suggest, undecided, weighed
from worker.domain.ties import is_certain

_COMPARED = frozenset({"phone", "email"})
_DEFAULT = default()


def all_suggestions(
    contacts: Sequence[Contact],
    conflicts: Collection[Conflict],
    records: Iterable[Record],
    policy: Policy | None = None,
    decisions: Iterable[Decision] = (),
    model: Model | None = None,
) -> list[Suggestion]:
    """Return the suggestions that contacts, as `resolve` made them of `records`, give under `policy`, by pair.

    Dedupe keeps just these, a batch of changed contacts at a time.
    """
    policy, model = policy or Policy(), model or _DEFAULT
    in_force = ruling(decisions)
    whose = {record_id: each.id for each in contacts for record_id in each.record_ids}
    present = {record.id: record for record in records if record.id in whose}
    contested = {case.key for case in conflicts if case.kind == "contested" and case.key is not None}
    ties = Ties(
        _held(contacts, present, contested, policy, in_force),
        _told(present, whose, policy),
        [between(case, whose) for case in conflicts if case.kind == "torn"],
    )
    portraits = {
        each.id: portrait_under(policy, each, (present[record_id] for record_id in each.record_ids))
        for each in contacts
    }
    silent = {value for type_, _, value in contested | in_force.common | in_force.own if type_ in _COMPARED}
    shared, crowded = matching.known(portraits.values())
    known = Known({*shared} - silent, {*crowded} | silent)
    found = weighed(
        suggest(ties),
        _pairs(portraits, silent),
        lambda pair: score(portraits[pair[0]], portraits[pair[1]], known, model),
    )
    return undecided(found, in_force.apart, {each.id: each.record_ids for each in contacts})


def _pairs(portraits: Mapping[str, Portrait], silent: Collection[str]) -> set[Pair]:
    holders: dict[str, list[str]] = defaultdict(list)
    for contact in sorted(portraits):
        for key in keys_of(portraits[contact]):
            holders[key].append(contact)
    return {
        pair
        for key, who in holders.items()
        if len(who) <= most_holders(key)
        for pair in combinations((each for each in who if speaks(key, portraits[each], silent)), 2)
    }


def _held(
    contacts: Iterable[Contact],
    records: Mapping[str, Record],
    contested: Collection[Key],
    policy: Policy,
    in_force: Ruling,
) -> dict[Key, list[Holding]]:
    held: dict[Key, list[Holding]] = defaultdict(list)
    for contact in contacts:
        on_records: dict[Key, set[str]] = defaultdict(set)
        for record_id in contact.record_ids:
            for seen in records[record_id].sightings:
                on_records[seen.type, seen.namespace, seen.value].add(record_id)
        for each in contact.identifiers:
            key = (each.type, each.namespace, each.value)
            if key not in contested and may_suggest(key, policy, in_force):
                held[key].append(Holding(contact.id, each.level.rank, len(on_records[key])))
    return held


def _told(records: Mapping[str, Record], whose: Mapping[str, str], policy: Policy) -> dict[str, Told]:
    claims: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for record in records.values():
        if record.about in whose and not is_certain(record, policy):
            claims[record.about][whose[record.id]] += 1
    return {
        about: Told(whose[about], tuple(Holding(each, CLAIMED, n) for each, n in sorted(of.items())))
        for about, of in claims.items()
    }
