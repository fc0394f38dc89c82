"""Components: records that certain evidence joins, torn where they are certainly two people.

Two accounts of a namespace tear a component, and so do the sides of a decision: both are marks on records, of
which a component may hold one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from worker.domain.evidence import Evidence
from worker.domain.ties import Join
from worker.domain.union import Union

_SEVERAL = object()
"""Stands for "one step from more than one mark"."""

CORROBORATED = "corroborated"

Label = tuple[object, ...]


class Torn(NamedTuple):
    """A component that had to be torn."""

    members: tuple[int, ...]
    namespace: str
    """Of the two accounts, or the decision (see `Evidence.sides`) that keeps its records apart."""
    cut: tuple[Join, ...]
    """The joins that would have held it together."""


class Components(NamedTuple):
    """The certain groups of records, what holds them together, and what had to be torn."""

    union: Union
    joins: list[Join]
    torn: list[Torn]
    """By two accounts through a chain."""
    kept_apart: list[Torn]
    """By a decision that they are different people."""


def components(evidence: Evidence, ties: list[Join], corroborations: list[Join]) -> Components:
    """Join records by `ties` and by the corroborations that nothing contradicts.

    What a person decided to be different is torn first: whether rows contradict each other is then asked of
    those that stay together.
    """
    labels: list[Label] = [()] * len(evidence.records)
    joins = ties + corroborations
    kept_apart: list[Torn] = []
    if evidence.sides:
        joins, kept_apart, _ = _tear(evidence, joins, evidence.sides, labels)
    joins = _uncontradicted(evidence, joins)
    joins, torn, union = _tear(evidence, joins, evidence.accounts, labels)
    return Components(union, joins, torn, kept_apart)


def _tear(
    evidence: Evidence, joins: list[Join], marks: Sequence[Mapping[str, str]], labels: list[Label]
) -> tuple[list[Join], list[Torn], Union]:
    """Cut `joins` until no component holds two different marks of a namespace; say what was torn."""
    torn: list[Torn] = []
    while True:
        union = _united(evidence, joins)
        conflicts = _conflicts(union, marks)
        if not conflicts:
            return joins, torn, union
        _label(joins, union, marks, conflicts, labels)
        cut: dict[int, list[Join]] = {}
        for join in joins:
            if not _is_whole(join, labels):
                cut.setdefault(union.find((join.anchors or join.members)[0]), []).append(join)
        for members, namespace in conflicts:
            torn.append(Torn(tuple(members), namespace, tuple(cut.get(union.find(members[0]), ()))))
        joins = [part for join in joins for part in _cut(join, labels)]


def _uncontradicted(evidence: Evidence, joins: list[Join]) -> list[Join]:
    """Leave out the corroborations whose component would hold two names or two accounts."""
    corroborated = [join for join in joins if join.rule == CORROBORATED]
    if not corroborated:
        return joins
    union = _united(evidence, joins)
    members: dict[int, list[int]] = {union.find(join.members[0]): [] for join in corroborated}
    for index in range(len(evidence.records)):
        leader = union.find(index)
        if leader in members:
            members[leader].append(index)
    contradicted = {
        leader
        for leader, group in members.items()
        if _namespace_of_two(evidence.accounts, group) is not None
        or evidence.contradict((evidence.identity_names[index], index) for index in group)
    }
    return [
        join for join in joins if join.rule != CORROBORATED or union.find(join.members[0]) not in contradicted
    ]


def _united(evidence: Evidence, joins: Iterable[Join]) -> Union:
    union = Union(len(evidence.records))
    for join in joins:
        union.join(_everybody(join))
    return union


def _everybody(join: Join) -> tuple[int, ...]:
    return (*join.anchors, *join.members)


def _is_whole(join: Join, labels: list[Label]) -> bool:
    return len({labels[index] for index in _everybody(join)}) == 1


def _namespace_of_two(marks: Sequence[Mapping[str, str]], group: Iterable[int]) -> str | None:
    """Return the first namespace in which `group` holds two different marks, if any."""
    held: dict[str, str] = {}
    twice = {
        namespace
        for index in group
        for namespace, value in marks[index].items()
        if held.setdefault(namespace, value) != value
    }
    return min(twice, default=None)


def _conflicts(union: Union, marks: Sequence[Mapping[str, str]]) -> list[tuple[list[int], str]]:
    """Return the components that hold two marks of a namespace, each with that namespace."""
    marked: dict[int, list[int]] = {}
    for index, held in enumerate(marks):
        if held:
            marked.setdefault(union.find(index), []).append(index)
    found = {}
    for leader, group in marked.items():
        namespace = _namespace_of_two(marks, group)
        if namespace is not None:
            found[leader] = namespace
    members = union.groups() if found else {}
    return [(members[leader], namespace) for leader, namespace in found.items()]


def _label(
    joins: list[Join],
    union: Union,
    marks: Sequence[Mapping[str, str]],
    conflicts: list[tuple[list[int], str]],
    labels: list[Label],
) -> None:
    """Label records by their own mark, or the only one a step away; the others by themselves."""
    namespaces = {union.find(members[0]): namespace for members, namespace in conflicts}
    near: dict[int, object] = {}
    for members, namespace in conflicts:
        for index in members:
            near[index] = marks[index].get(namespace)
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
    near.update((index, mark) for index, mark in own.items() if mark is not None)
    for index, mark in near.items():
        alone = mark is None or mark is _SEVERAL
        labels[index] = (*labels[index], ("alone", index) if alone else mark)


def _only(marks: Iterable[object]) -> object:
    """Return the one mark among `marks`, None where there is none, or what stands for several."""
    found: object = None
    for mark in marks:
        if mark is not None and mark != found:
            if found is not None:
                return _SEVERAL
            found = mark
    return found


def _cut(join: Join, labels: list[Label]) -> Iterable[Join]:
    """Split a join so that it ties only records with the same label."""
    if _is_whole(join, labels):
        yield join
        return
    parts: dict[Label, tuple[list[int], list[int]]] = {}
    for index in join.anchors:
        parts.setdefault(labels[index], ([], []))[0].append(index)
    for index in join.members:
        parts.setdefault(labels[index], ([], []))[1].append(index)
    for anchors, members in parts.values():
        if len(anchors) + len(members) > 1 and (anchors or not join.anchors):
            yield join._replace(anchors=tuple(anchors), members=tuple(members))
