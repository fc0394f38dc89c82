"""Corroboration: two rows of the books that agree in two of e-mail, phone and full name."""

from collections.abc import Container
from itertools import combinations

from worker.domain import names
from worker.domain.common import Common
from worker.domain.evidence import STORED, Evidence, Key
from worker.domain.ties import Join

_AGREEING = ("email", "phone")


def corroborations(evidence: Evidence, common: Common, contested: Container[Key]) -> list[Join]:
    """Return the joins between stored records that corroborate each other.

    One agreement alone is a suggestion: families share a landline and offices a mailbox. A value that
    the books hold under incompatible names is shared, and counts as no agreement.
    """
    by_agreement: dict[tuple[Key | str, ...], list[int]] = {}
    agreeing: dict[int, list[Key]] = {}
    for key, holders in evidence.holders.items():
        if key[0] not in _AGREEING or len(holders) < 2 or key in common or key in contested:  # noqa: PLR2004 - a pair at least
            continue
        rows = [index for index, rank in holders if rank >= STORED and evidence.books[index]]
        if len(rows) > 1 and not _is_shared(evidence, rows):
            for index in rows:
                agreeing.setdefault(index, []).append(key)
    for index, keys in agreeing.items():
        name = evidence.identity_names[index]
        if name:
            for key in keys:
                by_agreement.setdefault((key, name), []).append(index)
        for one, other in combinations(sorted(keys), 2) if len(keys) > 1 else ():
            if one[0] != other[0]:
                by_agreement.setdefault((one, other), []).append(index)
    return [
        Join(
            "corroborated",
            tuple(part for part in agreement if isinstance(part, tuple)),
            (),
            tuple(sorted(rows)),
        )
        for agreement, rows in by_agreement.items()
        if len(rows) > 1
    ]


def _is_shared(evidence: Evidence, rows: list[int]) -> bool:
    """Say whether the books hold a value under incompatible names."""
    return evidence.contradict((names.canonical(evidence.records[index].name), index) for index in rows)
