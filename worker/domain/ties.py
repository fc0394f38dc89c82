"""Certain ties: an equal identifier, proved on one side, that makes records one person."""

from collections.abc import Container
from typing import NamedTuple

from integrations.contract import Level
from worker.domain.common import Common
from worker.domain.evidence import STORED, VERIFIED, Evidence, Key
from worker.domain.levels import Tie, tie
from worker.domain.policy import Policy
from worker.domain.records import Record


class Join(NamedTuple):
    """Records that one piece of evidence joins.

    `anchors` are tied to each other and to all `members`; members are tied to each other only through
    an anchor, or directly where there is none.
    """

    rule: str
    keys: tuple[Key, ...]
    anchors: tuple[int, ...]
    members: tuple[int, ...]
    decision: str = ""
    """The id of the decision that joins, where a person decided."""


_JOINS_BOOKS = tie(Level.VERIFIED, Level.STORED) is Tie.SAME_PERSON
_JOINS_PROOFS = tie(Level.VERIFIED, Level.VERIFIED) is Tie.SAME_PERSON


def certain_ties(evidence: Evidence, common: Common, contested: Container[Key]) -> list[Join]:
    """Return the joins that equal identifiers make by themselves."""
    joins = []
    for key, holders in evidence.holders.items():
        if len(holders) < 2 or key in common or key in contested:  # noqa: PLR2004 - a pair at least
            continue
        verified = tuple(index for index, rank in holders if rank == VERIFIED) if _JOINS_PROOFS else ()
        stored = tuple(index for index, rank in holders if rank == STORED) if _JOINS_BOOKS else ()
        if len(verified) + len(stored) < 2:  # noqa: PLR2004 - a pair at least
            continue
        if verified:
            joins.append(Join("verified-stored" if stored else "verified", (key,), verified, stored))
        if (
            key[0] == "account" and len(stored) > 1
        ):  # One person without the proof too, should that be told apart.
            joins.append(Join("account", (key,), (), stored))
    return joins


def is_certain(record: Record, policy: Policy) -> bool:
    """Say whether what `record` is about joins the two: its source is sure of it, and trusted that far."""
    return min(policy.cap(record.source), record.about_level) is Level.VERIFIED


def about_ties(evidence: Evidence) -> list[Join]:
    """Return the joins that our own platform stated; one whose target is not there yet waits."""
    joins = []
    for index, record in enumerate(evidence.records):
        if record.about and is_certain(record, evidence.policy):
            target = evidence.index.get(record.about)
            if target is not None and target != index:
                joins.append(Join("about", (), (min(index, target), max(index, target)), ()))
    return joins


def decided_ties(evidence: Evidence) -> list[Join]:
    """Return the joins that people decided, as far as their records are there."""
    joins = []
    for decision, record_ids in evidence.ruling.same:
        present = sorted(evidence.index[each] for each in record_ids if each in evidence.index)
        if len(present) > 1:
            joins.append(Join("decided", (), (), tuple(present), decision))
    return joins
