"""Proofs: why records are together, as the smallest evidence that shows it."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from worker.domain.evidence import Evidence, Key
from worker.domain.ties import Join
from worker.domain.union import Union
from worker.domain.users import Proof

RULES = ("verified-stored", "verified", "account", "about", "decided", "corroborated", "history", "line")
"""The rules that join records, the strongest first: a proof names the strongest that holds."""

_STRENGTH = {rule: strength for strength, rule in enumerate(RULES)}


class Reason(Struct, frozen=True, omit_defaults=True):
    """One proof of a contact: the rule, its records, and the identifiers it rests on."""

    rule: str
    evidence: tuple[str, ...]
    keys: tuple[Key, ...] = ()
    decision: str = ""
    """The id of the decision, where a person decided."""


def reasons_of_joins(evidence: Evidence, group: list[int], joins: Iterable[Join]) -> list[Reason]:
    """Return a smallest set of joins that holds `group` together, the strongest first."""
    joins = list(joins)
    if len(joins) == 1:
        (join,) = joins
        ids = tuple(evidence.records[each].id for each in sorted((*join.anchors, *join.members)))
        return [Reason(join.rule, ids, join.keys, join.decision)]
    position = {index: place for place, index in enumerate(group)}
    together = Union(len(group))
    reasons = []
    for join in sorted(joins, key=lambda join: (_STRENGTH[join.rule], *join[1:])):
        everybody = sorted((*join.anchors, *join.members))
        centre = min(join.anchors, default=everybody[0])
        used = [each for each in everybody if together.join((position[centre], position[each]))]
        if used:
            shown = sorted({centre, *used})
            ids = tuple(evidence.records[each].id for each in shown)
            # A proof is checked by itself: where no row of the books is needed, none is spoken of.
            is_of_proofs = join.rule == "verified-stored" and set(shown).isdisjoint(join.members)
            rule = "verified" if is_of_proofs else join.rule
            reasons.append(Reason(rule, ids, join.keys, join.decision))
    return reasons


def reason_of_user(evidence: Evidence, group: list[int], proofs: Mapping[int, Proof]) -> Reason:
    """Return why a contact is a user: its earliest proof, among equals the one with the first record key."""
    records = evidence.records
    index = min(
        (index for index in group if index in proofs),
        key=lambda index: (proofs[index].since, records[index].source, records[index].key),
    )
    proof = proofs[index]
    return Reason(proof.rule + "-user", (evidence.records[index].id,), (proof.key,) if proof.key else ())
