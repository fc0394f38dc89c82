"""Lines: a lead is whoever uses one endpoint, such as a caller's number."""

from collections.abc import Mapping
from itertools import chain

from worker.domain.common import Common
from worker.domain.evidence import STORED, Evidence, Key
from worker.domain.ties import Join
from worker.domain.union import Union


def line_joins(
    evidence: Evidence,
    common: Common,
    contested: Mapping[Key, str],
    union: Union,
    leads: Mapping[int, list[int]],
) -> list[Join]:
    """Return the joins that gather the remaining leads (leader to records) by line.

    Records that a channel carried on one line are one lead, on a contested or common line too. A row of
    the books that holds the line joins them when its component is all that the books hold on it.
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
    return _without_second_accounts(evidence, union, joins, leads)


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
