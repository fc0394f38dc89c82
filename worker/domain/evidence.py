"""The evidence laid out for the rules: records in order, levels after trust, who holds which value."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import NamedTuple

from integrations.contract import LEVELS, Level
from worker.domain import names, tokens
from worker.domain.decisions import Ruling
from worker.domain.policy import Policy
from worker.domain.records import Key, Record, Sighting
from worker.domain.union import Union

__all__ = ["CLAIMED", "LINE_TYPES", "OBSERVED", "STORED", "VERIFIED", "Evidence", "Holder", "Key"]

# Ranks, since the rules compare levels by the million: Level's own comparison costs ten times as much.
CLAIMED, OBSERVED, STORED, VERIFIED = (level.rank for level in LEVELS)
_RANK: dict[Level, int] = {level: level.rank for level in LEVELS}

LINE_TYPES = frozenset({"phone", "handle", "email"})
"""What a channel can carry. A device stands for a browser, an account for its owner: neither is a line."""


class Holder(NamedTuple):
    """A record that holds a value, and how surely."""

    record: int
    rank: int


class Evidence:
    """Records sorted from the earliest, and what they hold.

    Indexes into `records` stand for records in all rules: the smaller index is the earlier record, so
    that "the earliest" and "ties by record key" need no further comparison.
    """

    def __init__(self, records: Iterable[Record], policy: Policy, ruling: Ruling | None = None) -> None:
        """Lay out `records` under the trust that `policy` gives their sources, and under what was decided."""
        self.policy = policy
        self.ruling = ruling or Ruling()
        void = self.ruling.void_records
        kept = [record for record in records if record.id not in void] if void else records
        self.records = sorted(kept, key=lambda record: record.order)
        self.index = {record.id: index for index, record in enumerate(self.records)}
        self.held: list[dict[Key, int]] = []
        """For each record the rank of each identifier on it, after trust; accounts only where they count."""
        self.sightings: list[dict[tuple[Key, int], Sighting]] = []
        """For each record its sightings by identifier and rank after trust, the earliest of each."""
        self.holders: dict[Key, list[Holder]] = {}
        """For each value the records that hold it, observed or better, earliest first."""
        self.accounts: list[dict[str, str]] = []
        """For each record its account in each namespace, stored or verified, or that of the person whom
        somebody decided it to be."""
        self.of_two: list[tuple[int, str]] = []
        """Records that name two accounts of a namespace at once, each with the namespace."""
        self._first_use = tokens.first_use(self.records, policy)
        for index, record in enumerate(self.records):
            self._lay_out(index, record, _RANK[policy.cap(record.source)])
        self.books = [STORED in held.values() for held in self.held]
        """Whether a record is a row of the books: it holds something stored."""
        self.identity_names = [self._identity_name(index) for index in range(len(self.records))]
        self._decided = self._unite() if self.ruling.same else None
        self.sides = self._sides()
        """For each record the sides it is on of decisions that keep people apart; empty without decisions."""

    def _lay_out(self, index: int, record: Record, cap: int) -> None:
        held: dict[Key, int] = {}
        sightings: dict[tuple[Key, int], Sighting] = {}
        accounts: dict[str, list[Sighting]] = {}
        for each in record.sightings:
            key = (each.type, each.namespace, each.value)
            rank = min(_RANK[each.level], cap)
            if rank == VERIFIED and not self._counts(index, record, each, key):
                rank = CLAIMED
            if rank > held.get(key, -1):
                held[key] = rank
            earlier = sightings.get((key, rank))
            if earlier is None or each.proved_at < earlier.proved_at:
                sightings[key, rank] = each
            if rank >= STORED and each.type == "account":
                accounts.setdefault(each.namespace, []).append(each)
        own = _own_accounts(accounts, held) if accounts else _NOTHING
        self.of_two.extend((index, namespace) for namespace in sorted(accounts.keys() - own.keys()))
        self.accounts.append(own)
        self.held.append(held)
        self.sightings.append(sightings)
        for key, rank in held.items():
            if rank >= OBSERVED:
                self.holders.setdefault(key, []).append(Holder(index, rank))

    def _counts(self, index: int, record: Record, sighting: Sighting, key: Key) -> bool:
        """Say whether a proof is one: not decided to be false, and by a token that was good."""
        if (record.id, key) in self.ruling.void_proofs:
            return False
        return (
            not sighting.token
            or tokens.fault(
                sighting, record, self.policy.audiences, replayed=self._first_use[sighting.token] != index
            )
            is None
        )

    def _unite(self) -> Union:
        """Gather records that people decided to be one person, and give each the accounts of that person.

        Two accounts of a namespace count as one then, the first of them by name. So a record between two
        accounts stays with the one that it was said to be.
        """
        decided = Union(len(self.records))
        for _, record_ids in self.ruling.same:
            decided.join(self.index[each] for each in sorted(record_ids) if each in self.index)
        one_of: dict[tuple[str, str], tuple[str, str]] = {}

        def leader(account: tuple[str, str]) -> tuple[str, str]:
            while account in one_of:
                account = one_of[account]
            return account

        first: dict[tuple[int, str], tuple[str, str]] = {}
        for index, held in enumerate(self.accounts):
            for account in held.items():
                known = first.setdefault((decided.find(index), account[0]), account)
                here, there = sorted((leader(account), leader(known)))
                if here != there:
                    one_of[there] = here
        of_person: dict[int, dict[str, str]] = {}
        for index, held in enumerate(self.accounts):
            if held:
                person = of_person.setdefault(decided.find(index), {})
                person.update(leader(account) for account in held.items())
        self.accounts = [of_person.get(decided.find(index), _NOTHING) for index in range(len(self.records))]
        return decided

    def contradict(self, named: Iterable[tuple[str, int]]) -> bool:
        """Say whether names, each with the record that bears it, speak of different people.

        An empty name says nothing; two names of one person, as somebody decided, contradict nothing.
        """
        decided = self._decided
        whose = {
            (name, -1 if decided is None else decided.find(index)) for name, index in named if name != ""
        }
        if len(whose) < 2:  # noqa: PLR2004 - two names
            return False
        return any(
            one[0] != other[0]
            and (decided is None or one[1] != other[1])
            and not names.compatible(one[0], other[0])
            for one, other in combinations(sorted(whose), 2)
        )

    def _sides(self) -> list[Mapping[str, str]]:
        """Lay out who is kept apart from whom, in the form of accounts: a decision is like a namespace.

        A side takes along every record of its accounts, unless the decision divides them: a user who was told
        from somebody else stays one person in each later session.
        """
        found: list[dict[str, str]] = [{} for _ in self.records] if self.ruling.apart else []
        for place, (_, side_of) in enumerate(self.ruling.apart):
            decision = f"{place:09}"
            of_accounts: dict[tuple[str, str], set[str]] = {}
            for record_id in side_of.keys() & self.index.keys():
                index, side = self.index[record_id], str(side_of[record_id])
                found[index][decision] = side
                for account in self.accounts[index].items():
                    of_accounts.setdefault(account, set()).add(side)
            for index, held in enumerate(self.accounts) if of_accounts else ():
                sides = set().union(*(of_accounts.get(account, ()) for account in held.items()))
                if len(sides) == 1 and decision not in found[index]:
                    found[index][decision] = sides.pop()
        return [*found]

    def _identity_name(self, index: int) -> str:
        """Return the canonical full name that the books or an authenticated profile give, else ""."""
        if not (self.books[index] or self.accounts[index]):
            return ""
        name = self.records[index].name
        return names.canonical(name) if name and names.is_full(name) else ""

    def lines(self, index: int) -> list[Key]:
        """Return the endpoints that a channel carried for this record."""
        return [key for (key, rank) in self.sightings[index] if rank == OBSERVED and key[0] in LINE_TYPES]


_NOTHING: dict[str, str] = {}


def _own_accounts(accounts: dict[str, list[Sighting]], held: dict[Key, int]) -> dict[str, str]:
    """Pick the record's one account in each namespace; what contradicts it counts as claimed.

    An account is exclusive. A session that changed hands belongs to the account that its newest version
    names; a record that names two at once proves neither.
    """
    own: dict[str, str] = {}
    for namespace, sightings in accounts.items():
        values = {each.value for each in sightings}
        if len(values) > 1:
            values = {each.value for each in sightings if not each.former}
        if len(values) == 1:
            (own[namespace],) = values
        for each in sightings:
            if each.value != own.get(namespace):
                held[each.type, namespace, each.value] = CLAIMED
    return own
