"""`resolve`: from evidence to contacts, one rule after the other."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from worker.domain.common import Common
from worker.domain.components import Components, components
from worker.domain.conflicts import Conflict, conflicts
from worker.domain.contacts import Contact, Group, contact_of
from worker.domain.contested import Clash, contested
from worker.domain.corroboration import corroborations
from worker.domain.decisions import Decision, ruling
from worker.domain.evidence import Evidence, Key
from worker.domain.history import bindings, coming_along
from worker.domain.lines import line_joins
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.domain.ties import Join, about_ties, certain_ties, decided_ties
from worker.domain.users import Proof, proof_of


class Resolution(Struct, frozen=True):
    """What the evidence says: every record is in exactly one contact."""

    contacts: tuple[Contact, ...]
    conflicts: tuple[Conflict, ...]


def resolve(
    records: Iterable[Record], policy: Policy | None = None, decisions: Iterable[Decision] = ()
) -> Resolution:
    """Return the contacts that `records` and `decisions` make under `policy`, sorted by id.

    Pure: the same evidence gives the same contacts in whatever order it is given. It never joins two
    people without proof or a decision, never makes anybody a user without proof, and leaves out no record
    but the evidence of a conversion that was withdrawn.
    """
    evidence = Evidence(records, policy or Policy(), ruling(decisions))
    common = Common(evidence)
    clashes = contested(evidence, common)
    certain = components(
        evidence,
        certain_ties(evidence, common, clashes) + about_ties(evidence) + decided_ties(evidence),
        corroborations(evidence, common, clashes),
    )
    proofs = {
        index: proof
        for index in range(len(evidence.records))
        if (proof := proof_of(evidence, index, common, clashes)) is not None
    }
    groups = _group(evidence, common, clashes, certain, proofs)
    contacts = sorted((contact_of(evidence, group, proofs) for group in groups), key=lambda each: each.id)
    return Resolution(tuple(contacts), tuple(conflicts(evidence, clashes, certain)))


def _group(
    evidence: Evidence,
    common: Common,
    clashes: Mapping[Key, Clash],
    certain: Components,
    proofs: dict[int, Proof],
) -> list[Group]:
    """Sort components into users and leads, let history come along, and gather leads by line."""
    union = certain.union
    parts = union.groups()
    users = {union.find(index) for index in proofs}
    groups = {leader: Group(parts[leader], [], []) for leader in users}
    leads = {leader: part for leader, part in parts.items() if leader not in users}
    bound = bindings(evidence, {*clashes, *common}, {index: union.find(index) for index in proofs}, proofs)
    for leader, along in coming_along(evidence, leads, parts, bound).items():
        part = leads.pop(leader)
        observed = [index for index in part if along.key in evidence.lines(index)]
        groups[along.user].along.extend(part)
        groups[along.user].joins.append(Join("history", (along.key,), (along.binder,), tuple(observed)))
    on_lines = line_joins(evidence, common, clashes, union, leads)
    for join in on_lines:
        union.join(join.members)
    for leader, part in leads.items():
        groups.setdefault(union.find(leader), Group([], [], [])).own.extend(part)
    _attribute(certain.joins + on_lines, groups)
    return list(groups.values())


def _attribute(joins: list[Join], groups: dict[int, Group]) -> None:
    """Give each group the joins that hold it together."""
    owner = {index: leader for leader, group in groups.items() for index in (*group.own, *group.along)}
    for join in joins:
        groups[owner[(join.anchors or join.members)[0]]].joins.append(join)
