"""Lines: a lead is whoever uses one endpoint, such as a caller's number."""

from collections.abc import Container, Mapping
from itertools import chain

from worker.domain.common import Common
from worker.domain.evidence import STORED, Evidence, Key
from worker.domain.ties import Join
from worker.domain.union import Union


def line_joins(
    evidence: Evidence,
    common: Common,
    contested: Container[Key],
    union: Union,
    leads: Mapping[int, list[int]],
) -> list[Join]:
    """Return the joins that gather the remaining leads (leader to records) by line.

    Records that a channel carried on one line are one lead, on a contested or common line too. A row of
    the books that holds the line joins them when its component is all that the books hold on it. Those that
    somebody decided to be different people share no lead.
    """
    observed = _observed(evidence, common, leads)
    rows = {
        key: found
        for key in observed
        if key not in common and key not in contested and (found := _only_rows(evidence, union, leads, key))
    }
    joins = [
        Join("line", (key,), (), tuple(members))
        for key, members in sorted(_with_rows(evidence, union, leads, observed, rows).items())
        if len(members) > 1
    ]
    joins = _without_second_accounts(evidence, union, joins, leads)
    return _kept_apart(evidence, union, joins, leads) if evidence.sides else joins


def _observed(evidence: Evidence, common: Common, leads: Mapping[int, list[int]]) -> dict[Key, list[int]]:
    """Return the lines of the remaining leads, each with the records observed on it."""
    found: dict[Key, list[int]] = {}
    for index in chain.from_iterable(leads.values()):
        for key in evidence.lines(index):
            if key not in common.blocked:
                found.setdefault(key, []).append(index)
    return found


def _only_rows(evidence: Evidence, union: Union, leads: Mapping[int, list[int]], key: Key) -> list[int]:
    """Return the rows that hold a line, if they are one lead and all that the books hold on it."""
    rows = [index for index, rank in evidence.holders[key] if rank >= STORED]
    holders = {union.find(index) for index in rows}
    return rows if len(holders) == 1 and holders <= leads.keys() else []


def _with_rows(
    evidence: Evidence,
    union: Union,
    leads: Mapping[int, list[int]],
    observed: Mapping[Key, list[int]],
    rows: Mapping[Key, list[int]],
) -> Mapping[Key, list[int]]:
    """Add rows to the lines they hold, except where one lead would then hold two people of the books.

    A record observed on two lines makes them one lead; the row of each line may be another person's.
    """
    if not rows:
        return observed
    together = Union(len(evidence.records))
    for key, members in observed.items():
        together.join(union.find(index) for index in (*members, *rows.get(key, ())))
    of_the_books: dict[int, int] = {}
    for leader, group in leads.items():
        if any(evidence.books[index] for index in group):
            lead = together.find(leader)
            of_the_books[lead] = of_the_books.get(lead, 0) + 1
    return {
        key: sorted({*members, *rows[key]})
        if key in rows and of_the_books[together.find(union.find(rows[key][0]))] == 1
        else members
        for key, members in observed.items()
    }


def _without_second_accounts(
    evidence: Evidence, union: Union, joins: list[Join], leads: Mapping[int, list[int]]
) -> list[Join]:
    """Leave out of a line the leads with accounts, where together they would hold two of a namespace."""
    with_accounts = {
        leader for leader, group in leads.items() if any(evidence.accounts[index] for index in group)
    }
    if not with_accounts:
        return joins
    lines = Union(len(evidence.records))
    for join in joins:
        lines.join(union.find(index) for index in join.members)
    held: dict[tuple[int, str], str] = {}
    in_conflict: set[int] = set()
    for leader in sorted(with_accounts):
        for index in leads[leader]:
            for namespace, value in evidence.accounts[index].items():
                if held.setdefault((lines.find(leader), namespace), value) != value:
                    in_conflict.add(lines.find(leader))
    left_out = {leader for leader in with_accounts if lines.find(leader) in in_conflict}
    if not left_out:
        return joins
    kept = (
        join._replace(members=tuple(each for each in join.members if union.find(each) not in left_out))
        for join in joins
    )
    return [join for join in kept if len(join.members) > 1]


def _kept_apart(
    evidence: Evidence, union: Union, joins: list[Join], leads: Mapping[int, list[int]]
) -> list[Join]:
    """Divide lines by the decisions that keep their leads apart, the earliest decision first.

    Each side stays together, and those that nobody spoke about stay together too: they are whoever uses the
    line, and which side they are is not guessed.
    """
    sides = {
        leader: {key: side for index in group for key, side in evidence.sides[index].items()}
        for leader, group in leads.items()
    }
    label: dict[int, tuple[str | None, ...]] = dict.fromkeys(leads, ())
    while True:
        lines = Union(len(evidence.records))
        for join in joins:
            lines.join(union.find(index) for index in join.members)
        decisions = _first_broken(lines, sides)
        if not decisions:
            return joins
        for leader in leads:
            decision = decisions.get(lines.find(leader))
            if decision is not None:
                label[leader] = (*label[leader], sides[leader].get(decision))
        joins = [part for join in joins for part in _divided(join, union, label)]


def _first_broken(lines: Union, sides: Mapping[int, Mapping[str, str]]) -> dict[int, str]:
    """Return for each line that holds two sides of a decision the earliest such decision."""
    held: dict[tuple[int, str], str] = {}
    broken: dict[int, str] = {}
    for leader, on in sides.items():
        line = lines.find(leader)
        for decision, side in on.items():
            if held.setdefault((line, decision), side) != side:
                broken[line] = min(decision, broken.get(line, decision))
    return broken


def _divided(join: Join, union: Union, label: Mapping[int, tuple[str | None, ...]]) -> list[Join]:
    parts: dict[tuple[str | None, ...], list[int]] = {}
    for index in join.members:
        parts.setdefault(label[union.find(index)], []).append(index)
    return [join._replace(members=tuple(members)) for members in parts.values() if len(members) > 1]
