"""Contested identifiers: values that stand on records of people who are certainly two."""

from typing import NamedTuple

from worker.domain.common import Common
from worker.domain.evidence import STORED, VERIFIED, Evidence, Holder, Key

_CONTESTED_BY_NAMES = frozenset({"phone", "email", "device"})


class Clash(NamedTuple):
    """Why a value is contested, and who is on which side."""

    reason: str
    sides: tuple[tuple[int, ...], ...]
    """Records by account, or by name; holders that have neither are on no side."""


def contested(evidence: Evidence, common: Common) -> dict[Key, Clash]:
    """Return the contested values, each with the reason.

    A contested value joins no people at all, whoever held it first. Weak evidence contests nothing:
    only stored and verified holders are looked at.
    """
    clashes: dict[Key, Clash] = {}
    for key, holders in evidence.holders.items():
        if len(holders) < 2 or key in common:  # noqa: PLR2004 - one holder contests nothing
            continue
        strong = [holder for holder in holders if holder.rank >= STORED]
        if len(strong) > 1:
            namespace = _namespace_of_two_accounts(evidence, key, strong)
            if namespace is not None:
                whose = [(index, evidence.accounts[index].get(namespace, "")) for index, _ in strong]
                clashes[key] = Clash("two accounts", _sides(whose))
            elif key[0] in _CONTESTED_BY_NAMES and _held_under_two_names(evidence, strong):
                whose = [(index, evidence.identity_names[index]) for index, _ in strong]
                clashes[key] = Clash("incompatible names", _sides(whose))
    return clashes


def _sides(whose: list[tuple[int, str]]) -> tuple[tuple[int, ...], ...]:
    sides: dict[str, list[int]] = {}
    for index, name in whose:
        if name:
            sides.setdefault(name, []).append(index)
    return tuple(tuple(side) for _, side in sorted(sides.items()))


def _namespace_of_two_accounts(evidence: Evidence, key: Key, strong: list[Holder]) -> str | None:
    """Return the first namespace of which `key` stands on records of two accounts, if any."""
    first: dict[str, str] = {}
    own_namespace = key[1] if key[0] == "account" else None
    twice = {
        namespace
        for index, _ in strong
        for namespace, value in evidence.accounts[index].items()
        if namespace != own_namespace and first.setdefault(namespace, value) != value
    }
    return min(twice, default=None)


def _held_under_two_names(evidence: Evidence, strong: list[Holder]) -> bool:
    """Say whether a value that somebody verified stands under incompatible full names."""
    if all(rank < VERIFIED for _, rank in strong):
        return False
    return evidence.contradict((evidence.identity_names[index], index) for index, _ in strong)
