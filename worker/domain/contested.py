"""Contested identifiers: values that stand on records of people who are certainly two."""

from itertools import combinations

from worker.domain import names
from worker.domain.common import Common
from worker.domain.evidence import STORED, VERIFIED, Evidence, Holder, Key

_CONTESTED_BY_NAMES = frozenset({"phone", "email", "device"})


def contested(evidence: Evidence, common: Common) -> dict[Key, str]:
    """Return the contested values, each with the reason.

    A contested value joins no people at all, whoever held it first. Weak evidence contests nothing:
    only stored and verified holders are looked at.
    """
    reasons: dict[Key, str] = {}
    for key, holders in evidence.holders.items():
        if len(holders) < 2 or key in common:  # noqa: PLR2004 - one holder contests nothing
            continue
        strong = [holder for holder in holders if holder.rank >= STORED]
        if len(strong) > 1:
            if _held_by_two_accounts(evidence, key, strong):
                reasons[key] = "two accounts"
            elif key[0] in _CONTESTED_BY_NAMES and _held_under_two_names(evidence, strong):
                reasons[key] = "incompatible names"
    return reasons


def _held_by_two_accounts(evidence: Evidence, key: Key, strong: list[Holder]) -> bool:
    """Say whether `key` stands on records of two accounts of one namespace."""
    first: dict[str, str] = {}
    own_namespace = key[1] if key[0] == "account" else None
    for index, _ in strong:
        for namespace, value in evidence.accounts[index].items():
            if namespace != own_namespace and first.setdefault(namespace, value) != value:
                return True
    return False


def _held_under_two_names(evidence: Evidence, strong: list[Holder]) -> bool:
    """Say whether a value that somebody verified stands under incompatible full names."""
    if all(rank < VERIFIED for _, rank in strong):
        return False
    full_names = {evidence.identity_names[index] for index, _ in strong} - {""}
    return any(not names.compatible(one, other) for one, other in combinations(sorted(full_names), 2))
