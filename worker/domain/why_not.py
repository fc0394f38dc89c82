"""Why not: what two contacts share, why that does not join them, and what would."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from integrations.contract import LEVELS, Level
from worker.domain import blocklist, emails, names, phones
from worker.domain.advice import ADVICE, DETAILS, Missing, Situation
from worker.domain.common import Common
from worker.domain.contacts import Contact
from worker.domain.contested import Clash, contested
from worker.domain.decisions import Decision, ruling, separated
from worker.domain.evidence import STORED, Evidence
from worker.domain.policy import Policy
from worker.domain.records import Key, Record
from worker.domain.unproved import unproved

Verdict = Literal["one contact", "kept apart", "two accounts", "not enough", "nothing shared"]

_IN_THE_BOOKS = frozenset({Level.STORED})

_EASIEST = ("email", "phone", "account")
"""What one person can be asked to prove, the easiest first."""
_ADVISED = 2
"""Proofs of what only one of them has that are worth naming."""


class Point(Struct, frozen=True, kw_only=True):
    """One value that both hold, and why it does not join them."""

    situation: Situation
    key: Key
    """As the first holds it."""
    other_key: Key
    """As the other holds it: another spelling, where they differ."""
    levels: tuple[Level, Level]
    records: tuple[tuple[str, ...], tuple[str, ...]]
    """On each side the records that hold it as surely."""
    reason: str = ""
    faults: tuple[str, ...] = ()
    """Why proofs of it count as claimed."""

    @property
    def because(self) -> str:
        """Say why it does not join them."""
        return ADVICE[self.situation].because.format(reason=self.reason)


class WhyNot(Struct, frozen=True, kw_only=True):
    """Why two contacts are not one."""

    verdict: Verdict
    one: str
    other: str
    decision: Decision | None = None
    """The decision that keeps them apart."""
    accounts: tuple[tuple[str, str, str], ...] = ()
    """Namespaces in which they have different accounts, each with both."""
    points: tuple[Point, ...] = ()
    missing: tuple[Missing, ...] = ()


def why_not(
    one: Contact, other: Contact, records: Iterable[Record], policy: Policy, decisions: Sequence[Decision]
) -> WhyNot:
    """Say why two contacts are not one, and what is missing.

    `records` are those of both and of everybody else who holds what they hold, as the closure has them:
    whether a value is common or contested depends on all of its holders.
    """
    if one.id == other.id:
        return WhyNot(verdict="one contact", one=one.id, other=other.id)
    pair = _Pair(Evidence(records, policy, ruling(decisions)), one, other)
    decision = separated(pair.evidence.ruling.apart, one.record_ids, other.record_ids)
    points = tuple(pair.points())
    accounts = tuple(pair.accounts())
    if decision is not None:
        verdict: Verdict = "kept apart"
    elif accounts:
        verdict = "two accounts"
    else:
        verdict = "not enough" if points else "nothing shared"
    return WhyNot(
        verdict=verdict,
        one=one.id,
        other=other.id,
        decision=decision,
        accounts=accounts,
        points=points,
        missing=pair.missing(points) if verdict == "not enough" else (),
    )


_Held = Mapping[Key, int]


class _Pair:
    """Two contacts laid beside each other."""

    def __init__(self, evidence: Evidence, one: Contact, other: Contact) -> None:
        self.evidence = evidence
        self.ids = (one.id, other.id)
        self.indexes = tuple(
            [evidence.index[each] for each in contact.record_ids if each in evidence.index]
            for contact in (one, other)
        )
        self.held = tuple(self._held(side) for side in self.indexes)
        self.common = Common(evidence)
        self.clashes: Mapping[Key, Clash] = contested(evidence, self.common)
        self.faults = unproved(evidence, (*one.record_ids, *other.record_ids))

    def _held(self, side: list[int]) -> _Held:
        highest: dict[Key, int] = {}
        for index in side:
            for key, rank in self.evidence.held[index].items():
                highest[key] = max(rank, highest.get(key, rank))
        return highest

    def accounts(self) -> Iterable[tuple[str, str, str]]:
        """Return the namespaces of which both have an account, and not the same."""
        one, other = (
            {each for index in side for each in self.evidence.accounts[index].items()}
            for side in self.indexes
        )
        mine, theirs = dict(sorted(one)), dict(sorted(other))
        for namespace in sorted(mine.keys() & theirs.keys()):
            if mine[namespace] != theirs[namespace]:
                yield namespace, mine[namespace], theirs[namespace]

    def points(self) -> Iterable[Point]:
        """Return what both hold, equal values first."""
        one, other = self.held
        for key in sorted(one.keys() & other.keys()):
            yield self._point(key, key)
        for key in sorted(one.keys() - other.keys()):
            for other_key in sorted(other.keys() - one.keys()):
                if key[:2] == other_key[:2] and not _spellings(key).isdisjoint(_spellings(other_key)):
                    yield self._point(key, other_key)

    def _point(self, key: Key, other_key: Key) -> Point:
        ranks = (self.held[0][key], self.held[1][other_key])
        situation, reason = self._situation(key, other_key, ranks)
        return Point(
            situation=situation,
            key=key,
            other_key=other_key,
            levels=(LEVELS[ranks[0]], LEVELS[ranks[1]]),
            records=(self._records(0, key, ranks[0]), self._records(1, other_key, ranks[1])),
            reason=reason,
            faults=tuple(sorted({each.why for each in self.faults if each.key in {key, other_key}})),
        )

    def _records(self, side: int, key: Key, rank: int) -> tuple[str, ...]:
        evidence = self.evidence
        return tuple(
            evidence.records[index].id
            for index in self.indexes[side]
            if evidence.held[index].get(key) == rank
        )

    def _situation(self, key: Key, other_key: Key, ranks: tuple[int, int]) -> tuple[Situation, str]:
        """Return the situation of a value, with what is known of it more exactly."""
        common = self._why_common(key) or self._why_common(other_key)
        if common:
            return "common", common
        clash = self.clashes.get(key) or self.clashes.get(other_key)
        if clash is not None:
            return "contested", clash.reason
        if key != other_key:
            return "spelling", ""
        levels = frozenset(LEVELS[rank] for rank in ranks)
        if levels == _IN_THE_BOOKS:
            return self._in_the_books(key), ""
        certain = sum(rank >= STORED for rank in ranks)
        return ("unproved", "half proved", "torn")[certain], ""

    def _in_the_books(self, key: Key) -> Situation:
        """Return the situation of a value that the books hold for both."""
        evidence = self.evidence
        rows = [index for index, rank in evidence.holders[key] if rank >= STORED and evidence.books[index]]
        if evidence.contradict((names.canonical(evidence.records[index].name), index) for index in rows):
            return "names"
        return "contradicted" if self._agree_twice() else "one agreement"

    def _agree_twice(self) -> bool:
        one, other = self.held
        agreeing = {
            key[0]
            for key in one.keys() & other.keys()
            if key[0] in DETAILS and min(one[key], other[key]) >= STORED and key not in self.common
        }
        mine, theirs = ({self.evidence.identity_names[index] for index in side} for side in self.indexes)
        return len(agreeing) + bool((mine & theirs) - {""}) > 1

    def _why_common(self, key: Key) -> str:
        """Say why a value is common, else nothing."""
        evidence, policy = self.evidence, self.evidence.policy
        if key in evidence.ruling.common:
            return "was marked so by a person"
        said = self.common.blocked.get(key) or blocklist.why_common(
            key[0], key[2], policy.own_numbers, policy.extra_roles
        )
        if said is None and key in self.common:
            return f"stands under more than {policy.common_limit} names or accounts"
        return said or ""

    def missing(self, points: Iterable[Point]) -> tuple[Missing, ...]:
        """Return what would join them: what the points need, and proof of what only one of them has."""
        needed = [each for point in points for each in self._needed(point)]
        if any(ADVICE[point.situation].needs for point in points):
            needed += (each for side in (0, 1) for each in self._of_one(side))
        return tuple(dict.fromkeys(needed))

    def _needed(self, point: Point) -> Iterable[Missing]:
        weaker = min((0, 1), key=lambda side: point.levels[side].rank)
        for need in ADVICE[point.situation].needs:
            by = self.ids[weaker] if need == "proof by the other" else ""
            for key in dict.fromkeys((point.key, point.other_key)):
                yield Missing(need=need, key=key, by=by)

    def _of_one(self, side: int) -> Iterable[Missing]:
        """Return the proofs that would make the other this one: of what is certain here."""
        certain = sorted(
            (_EASIEST.index(key[0]), key)
            for key, rank in self.held[side].items()
            if rank >= STORED
            and key not in self.held[1 - side]
            and key not in self.clashes
            and key[0] in _EASIEST
            and not self._why_common(key)
        )
        for _, key in certain[:_ADVISED]:
            yield Missing(need="proof by the other", key=key, by=self.ids[1 - side])


def _spellings(key: Key) -> frozenset[str]:
    type_, _, value = key
    variants = {"email": emails.variants, "phone": phones.variants}.get(type_)
    return frozenset((value, *(variants(value) if variants else ())))
