"""Components: records that certain evidence joins, torn where they would hold two accounts."""

from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

from worker.domain import names
from worker.domain.evidence import Evidence
from worker.domain.ties import Join
from worker.domain.union import Union

_SEVERAL = object()
"""Stands for "one step from more than one account"."""

Label = tuple[object, ...]


class Components(NamedTuple):
    """The certain groups of records, what holds them together, and what had to be torn."""

    union: Union
    joins: list[Join]
    torn: list[tuple[int, ...]]
    """For each torn component its records."""
    apart: list[Join]
    """Corroborations that contradict each other: suggestions, not joins."""


def components(evidence: Evidence, ties: list[Join], corroborations: list[Join]) -> Components:
    """Join records by `ties` and by the corroborations that nothing contradicts."""
    kept, apart = _uncontradicted(evidence, ties, corroborations)
    joins = ties + kept
    union = _united(evidence, joins)
    labels: list[Label] = [()] * len(evidence.records)
    torn: list[tuple[int, ...]] = []
    while conflicts := _conflicts(evidence, union):
        if not torn:
            torn = [tuple(members) for members, _ in conflicts]
        _label(evidence, joins, union, conflicts, labels)
        joins = [part for join in joins for part in _cut(join, labels)]
        union = _united(evidence, joins)
    return Components(union, joins, torn, apart)


def _uncontradicted(
    evidence: Evidence, ties: list[Join], corroborations: list[Join]
) -> tuple[list[Join], list[Join]]:
    """Tell apart the corroborations whose component holds one name and one account, and the others."""
    if not corroborations:
        return [], []
    union = _united(evidence, ties + corroborations)
    leaders = {union.find(join.members[0]) for join in corroborations}
    members: dict[int, list[int]] = {leader: [] for leader in leaders}
    for index in range(len(evidence.records)):
        leader = union.find(index)
        if leader in members:
            members[leader].append(index)
    contradicted = {
        leader
        for leader, group in members.items()
        if _namespace_of_two(evidence, group) is not None or _incompatible(evidence, group)
    }
    kept = [join for join in corroborations if union.find(join.members[0]) not in contradicted]
    apart = [join for join in corroborations if union.find(join.members[0]) in contradicted]
    return kept, apart


def _incompatible(evidence: Evidence, group: list[int]) -> bool:
    full_names = {evidence.identity_names[index] for index in group} - {""}
    return any(not names.compatible(one, other) for one, other in combinations(sorted(full_names), 2))


def _united(evidence: Evidence, joins: Iterable[Join]) -> Union:
    union = Union(len(evidence.records))
    for join in joins:
        union.join((*join.anchors, *join.members))
    return union


def _namespace_of_two(evidence: Evidence, group: Iterable[int]) -> str | None:
    """Return the first namespace in which `group` holds two accounts, if any."""
    held: dict[str, str] = {}
    twice = {
        namespace
        for index in group
        for namespace, value in evidence.accounts[index].items()
        if held.setdefault(namespace, value) != value
    }
    return min(twice, default=None)


def _conflicts(evidence: Evidence, union: Union) -> list[tuple[list[int], str]]:
    """Return the components that hold two accounts of a namespace, each with that namespace."""
    with_accounts: dict[int, list[int]] = {}
    for index, accounts in enumerate(evidence.accounts):
        if accounts:
            with_accounts.setdefault(union.find(index), []).append(index)
    found = {}
    for leader, group in with_accounts.items():
        namespace = _namespace_of_two(evidence, group)
        if namespace is not None:
            found[leader] = namespace
    members = union.groups() if found else {}
    return [(members[leader], namespace) for leader, namespace in found.items()]


def _label(
    evidence: Evidence,
    joins: list[Join],
    union: Union,
    conflicts: list[tuple[list[int], str]],
    labels: list[Label],
) -> None:
    """Mark records by their own account, or the only one a step away; the others by themselves."""
    namespaces = {union.find(members[0]): namespace for members, namespace in conflicts}
    near: dict[int, object] = {}
    for members, namespace in conflicts:
        for index in members:
            near[index] = evidence.accounts[index].get(namespace)
    own = dict(near)
    for join in joins:
        if union.find((join.anchors or join.members)[0]) in namespaces:
            of_anchors = _only(own[index] for index in join.anchors)
            of_members = _only(own[index] for index in join.members)
            direct = of_anchors if join.anchors else of_members
            for index in join.anchors:
                near[index] = _only((near[index], of_anchors, of_members))
            for index in join.members:
                near[index] = _only((near[index], direct))
    near.update((index, account) for index, account in own.items() if account is not None)
    for index, account in near.items():
        alone = account is None or account is _SEVERAL
        labels[index] = (*labels[index], ("alone", index) if alone else account)


def _only(accounts: Iterable[object]) -> object:
    """Return the one account among `accounts`, None where there is none, or the mark for several."""
    found: object = None
    for account in accounts:
        if account is not None and account != found:
            if found is not None:
                return _SEVERAL
            found = account
    return found


def _cut(join: Join, labels: list[Label]) -> Iterable[Join]:
    """Split a join so that it ties only records with the same label."""
    everybody = (*join.anchors, *join.members)
    if len({labels[index] for index in everybody}) == 1:
        yield join
        return
    parts: dict[Label, tuple[list[int], list[int]]] = {}
    for index in join.anchors:
        parts.setdefault(labels[index], ([], []))[0].append(index)
    for index in join.members:
        parts.setdefault(labels[index], ([], []))[1].append(index)
    for anchors, members in parts.values():
        if len(anchors) + len(members) > 1 and (anchors or not join.anchors):
            yield Join(join.rule, join.keys, tuple(anchors), tuple(members))
