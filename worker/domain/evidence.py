"""The evidence laid out for the rules: records in order, levels after trust, who holds which value."""

from collections.abc import Iterable
from typing import NamedTuple

from integrations.contract import LEVELS, Level
from worker.domain import names
from worker.domain.policy import Policy
from worker.domain.records import Record, Sighting

Key = tuple[str, str, str]
"""An identifier in canonical form: type, namespace, value."""

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

    def __init__(self, records: Iterable[Record], policy: Policy) -> None:
        """Lay out `records` under the trust that `policy` gives their sources."""
        self.policy = policy
        self.records = sorted(records, key=lambda record: record.order)
        self.index = {record.id: index for index, record in enumerate(self.records)}
        self.held: list[dict[Key, int]] = []
        """For each record the rank of each identifier on it, after trust; accounts only where they count."""
        self.sightings: list[dict[tuple[Key, int], Sighting]] = []
        """For each record its sightings by identifier and rank after trust, the earliest of each."""
        self.holders: dict[Key, list[Holder]] = {}
        """For each value the records that hold it, observed or better, earliest first."""
        self.accounts: list[dict[str, str]] = []
        """For each record its account in each namespace, stored or verified."""
        for index, record in enumerate(self.records):
            self._lay_out(index, record, _RANK[policy.cap(record.source)])
        self.books = [STORED in held.values() for held in self.held]
        """Whether a record is a row of the books: it holds something stored."""
        self.identity_names = [self._identity_name(index) for index in range(len(self.records))]

    def _lay_out(self, index: int, record: Record, cap: int) -> None:
        held: dict[Key, int] = {}
        sightings: dict[tuple[Key, int], Sighting] = {}
        accounts: dict[str, list[Sighting]] = {}
        for each in record.sightings:
            key = (each.type, each.namespace, each.value)
            rank = _RANK[each.level]
            rank = min(rank, cap)
            if rank > held.get(key, -1):
                held[key] = rank
            earlier = sightings.get((key, rank))
            if earlier is None or each.proved_at < earlier.proved_at:
                sightings[key, rank] = each
            if rank >= STORED and each.type == "account":
                accounts.setdefault(each.namespace, []).append(each)
        self.accounts.append(_own_accounts(accounts, held) if accounts else {})
        self.held.append(held)
        self.sightings.append(sightings)
        for key, rank in held.items():
            if rank >= OBSERVED:
                self.holders.setdefault(key, []).append(Holder(index, rank))

    def _identity_name(self, index: int) -> str:
        """Return the canonical full name that the books or an authenticated profile give, else ""."""
        if not (self.books[index] or self.accounts[index]):
            return ""
        name = self.records[index].name
        return names.canonical(name) if name and names.is_full(name) else ""

    def lines(self, index: int) -> list[Key]:
        """Return the endpoints that a channel carried for this record."""
        return [key for (key, rank) in self.sightings[index] if rank == OBSERVED and key[0] in LINE_TYPES]


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
