"""All suggestions in one pass over the evidence: what dedupe, which goes from change to change, has to come to."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from worker.domain.conflicts import Conflict
from worker.domain.contacts import Contact
from worker.domain.decisions import Decision, Ruling, ruling
from worker.domain.evidence import CLAIMED, Key
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.domain.suggestions import (
    Holding,
    Suggestion,
    Ties,
    Told,
    between,
    may_suggest,
    suggest,
    undecided,
)
from worker.domain.ties import is_certain


def all_suggestions(
    contacts: Sequence[Contact],
    conflicts: Collection[Conflict],
    records: Iterable[Record],
    policy: Policy | None = None,
    decisions: Iterable[Decision] = (),
) -> list[Suggestion]:
    """Return the suggestions that contacts, as `resolve` made them of `records`, give under `policy`, by pair.

    Dedupe keeps just these, a batch of changed contacts at a time.
    """
    policy = policy or Policy()
    in_force = ruling(decisions)
    whose = {record_id: each.id for each in contacts for record_id in each.record_ids}
    present = {record.id: record for record in records if record.id in whose}
    contested = {case.key for case in conflicts if case.kind == "contested" and case.key is not None}
    ties = Ties(
        _held(contacts, present, contested, policy, in_force),
        _told(present, whose, policy),
        [between(case, whose) for case in conflicts if case.kind == "torn"],
    )
    return undecided(suggest(ties), in_force.apart, {each.id: each.record_ids for each in contacts})


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
