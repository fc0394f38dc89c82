"""`resolve`: from evidence to contacts, one rule after the other."""

from collections.abc import Iterable

from msgspec import Struct

from worker.domain.common import Common
from worker.domain.components import Components, components
from worker.domain.contacts import Contact, Group, contact_of
from worker.domain.contested import contested
from worker.domain.corroboration import corroborations
from worker.domain.evidence import STORED, Evidence, Key
from worker.domain.history import bindings, comes_along
from worker.domain.lines import line_joins
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.domain.ties import Join, about_ties, certain_ties
from worker.domain.users import Proof, proof_of


class Conflict(Struct, frozen=True):
    """A case for a person to look at: evidence that contradicts itself. Nothing was guessed."""

    kind: str
    """"contested" (one value, two people) or "torn" (a chain between two accounts)."""
    reason: str
    key: Key | None
    records: tuple[str, ...]


class Resolution(Struct, frozen=True):
    """What the evidence says: every record is in exactly one contact."""

    contacts: tuple[Contact, ...]
    conflicts: tuple[Conflict, ...]


def resolve(records: Iterable[Record], policy: Policy | None = None) -> Resolution:
    """Return the contacts that `records` make under `policy`, sorted by id.

    Pure: the same records give the same contacts in whatever order they are given. It never joins two
    people without proof, never makes anybody a user without proof, and leaves out no record.
    """
    evidence = Evidence(records, policy or Policy())
    common = Common(evidence)
    clashes = contested(evidence, common)
    certain = components(
        evidence,
        certain_ties(evidence, common, clashes) + about_ties(evidence),
        corroborations(evidence, common, clashes),
    )
    proofs = {
        index: proof
        for index in range(len(evidence.records))
        if (proof := proof_of(evidence, index, common, clashes)) is not None
    }
    groups = _group(evidence, common, clashes, certain, proofs)
    contacts = sorted((contact_of(evidence, group, proofs) for group in groups), key=lambda each: each.id)
    return Resolution(tuple(contacts), tuple(_conflicts(evidence, clashes, certain)))


def _group(
    evidence: Evidence,
    common: Common,
    clashes: dict[Key, str],
    certain: Components,
    proofs: dict[int, Proof],
) -> list[Group]:
    """Sort components into users and leads, let history come along, and gather leads by line."""
    union = certain.union
    parts = union.groups()
    users = {union.find(index) for index in proofs}
    groups = {leader: Group(parts[leader], [], []) for leader in users}
    bound = bindings(evidence, {*clashes, *common}, {index: union.find(index) for index in proofs}, proofs)
    leads = {}
    for leader, part in parts.items():
        if leader in users:
            continue
        along = comes_along(evidence, part, bound) if bound else None
        if along is None:
            leads[leader] = part
        else:
            user, key, binder = along
            observed = [index for index in part if key in evidence.lines(index)]
            groups[user].along.extend(part)
            groups[user].joins.append(Join("history", (key,), (binder,), tuple(observed)))
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


def _conflicts(evidence: Evidence, clashes: dict[Key, str], certain: Components) -> Iterable[Conflict]:
    for key, reason in sorted(clashes.items()):
        held = [evidence.records[index].id for index, rank in evidence.holders[key] if rank >= STORED]
        yield Conflict("contested", reason, key, tuple(held))
    for members in sorted(certain.torn):
        yield Conflict("torn", "two accounts through a chain", None, _ids(evidence, members))


def _ids(evidence: Evidence, members: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(evidence.records[index].id for index in members)
