"""Chains: whether evidence connects records, torn or not. Only conflict cases ask for it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from worker.checker.facts import STORED, VERIFIED, Facts
from worker.checker.sets import Sets
from worker.checker.setting_aside import SettingAside
from worker.domain.records import Key


def are_connected(record_ids: Sequence[str], facts: Facts, aside: SettingAside) -> bool:
    """Say whether certain evidence among the records alone connects all of them."""
    joined: Sets[str] = Sets()
    for group in _groups(record_ids, facts, aside):
        joined.unite(group)
    return len({joined.of(each) for each in record_ids}) == 1


def _groups(record_ids: Sequence[str], facts: Facts, aside: SettingAside) -> Iterator[Sequence[str]]:
    """Yield groups of the records that one piece of evidence joins."""
    present = frozenset(record_ids)
    by_key: dict[Key, list[str]] = {}
    for each in record_ids:
        record = facts.records[each]
        if record.about in present and facts.is_sure(record):
            yield each, record.about
        for key, level in facts.level[each].items():
            if level >= STORED and aside.why(key) is None:
                by_key.setdefault(key, []).append(each)
    for key, holders in by_key.items():
        if key[0] == "account" or any(facts.holds(each, key) == VERIFIED for each in holders):
            yield holders
    yield from _corroborating(record_ids, facts, aside)
    for groups in facts.said.same.values():
        yield from ([each for each in group if each in present] for group in groups)


def _corroborating(record_ids: Sequence[str], facts: Facts, aside: SettingAside) -> Iterable[Sequence[str]]:
    """Return groups of the rows that agree in two of e-mail, phone and full name."""
    agreeing: dict[tuple[Key | str, ...], list[str]] = {}
    for each in record_ids:
        agreements = sorted(aside.agreements(each))
        name = facts.name(each)
        for key in agreements if name else ():
            agreeing.setdefault((key, name), []).append(each)
        for one, other in combinations(agreements, 2):
            if one[0] != other[0]:
                agreeing.setdefault((one, other), []).append(each)
    return agreeing.values()
