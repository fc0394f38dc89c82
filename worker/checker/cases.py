"""Conflict cases, checked: each is one; read a second time from DESIGN 2.4 and docs/decisions/0010."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import combinations
from typing import NamedTuple

from worker.checker.chains import are_connected
from worker.checker.facts import VERIFIED, Facts
from worker.checker.faults import Fault
from worker.checker.setting_aside import CONTESTED, SettingAside
from worker.domain.records import Key


class Case(NamedTuple):
    """A conflict case as it is stored."""

    id: str
    kind: str
    key: Key | None
    records: tuple[str, ...]
    sides: tuple[tuple[str, ...], ...]
    decision: str


def faults_of(case: Case, facts: Facts, aside: SettingAside) -> list[Fault]:
    """Return what is wrong with a case."""
    if unknown := tuple(each for each in case.records if each not in facts.records):
        return [Fault("", case.kind, "names records that are not there", unknown, case.id)]
    if not {each for side in case.sides for each in side} <= set(case.records):
        return [Fault("", case.kind, "has records on its sides that it is not about", case.records, case.id)]
    check = _CHECKS.get(case.kind)
    wrong = "is of no known kind" if check is None else check(case, facts, aside)
    return [] if wrong is None else [Fault("", case.kind, wrong, case.records, case.id)]


def _contested(case: Case, facts: Facts, aside: SettingAside) -> str | None:
    if case.key is None or aside.why(case.key) != CONTESTED:
        return "is about an identifier that is not contested"
    if set(case.records) != set(facts.holders[case.key]):
        return "does not name exactly the records that hold its identifier stored or verified"
    if not (_by_accounts(case.sides, facts) or _by_names(case.sides, facts)):
        return "has sides that are not of two accounts and not of incompatible names"
    return None


def _by_accounts(sides: Sequence[Sequence[str]], facts: Facts) -> bool:
    """Say whether each side is of one account, each of another one, all of one namespace."""
    held = [{account for each in side for account in facts.accounts(each)} for side in sides]
    for namespace in {namespace for accounts in held for namespace, _ in accounts}:
        of_sides = [{value for of, value in accounts if of == namespace} for accounts in held]
        if all(len(each) == 1 for each in of_sides) and len(set().union(*of_sides)) == len(sides) > 1:
            return True
    return False


def _by_names(sides: Sequence[Sequence[str]], facts: Facts) -> bool:
    """Say whether each side is of one full name, and two of the names can't be one person's."""
    if any(len({facts.name(each) for each in side}) != 1 for side in sides):
        return False
    return any(
        facts.contradict((facts.name(each), each) for each in (*one, *other))
        for one, other in combinations(sides, 2)
    )


def _torn(case: Case, facts: Facts, aside: SettingAside) -> str | None:
    if not _by_accounts(case.sides, facts):
        return "has sides that are not of two accounts"
    return None if are_connected(case.records, facts, aside) else "is about records that nothing connects"


def _two_accounts(case: Case, facts: Facts, _aside: SettingAside) -> str | None:
    is_one = len(case.records) == 1 and case.records[0] in facts.two_accounts
    return None if is_one else "is not about one record that names two accounts at once"


def _reopened(case: Case, facts: Facts, aside: SettingAside) -> str | None:
    decision = facts.said.different.get(case.decision)
    if decision is None:
        return "is about a decision that is not in force"
    on = [{facts.sides.get(each, {}).get(decision.id) for each in side} for side in case.sides]
    numbers = {number for side in on for number in side if number is not None}
    if any(len(side) != 1 for side in on) or len(numbers) != len(on) or len(on) < 2:  # noqa: PLR2004 - two sides
        return "does not have the sides of its decision"
    if not any(at > decision.at for at in _proved_at(case, facts)):
        return "rests on no proof that came after its decision"
    return None if are_connected(case.records, facts, aside) else "is about records that nothing connects"


def _proved_at(case: Case, facts: Facts) -> Iterable[datetime]:
    """Return the times of the proofs that the case rests on: of its identifier, or that records are about others."""
    for each in case.records:
        if case.key is not None:
            yield from (
                sighting.proved_at
                for key, level, sighting in facts.seen[each]
                if key == case.key and level == VERIFIED
            )
            continue
        record = facts.records[each]
        if record.about in set(case.records) - {each} and facts.is_sure(record):
            yield record.occurred_at


_CHECKS: dict[str, Callable[[Case, Facts, SettingAside], str | None]] = {
    "contested": _contested,
    "torn": _torn,
    "two accounts": _two_accounts,
    "reopened": _reopened,
}
"""The check of every kind of case there is."""
