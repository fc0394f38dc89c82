"""What the records say under the policy and the decisions, read a second time from DESIGN 2.1 and 2.4."""

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

from worker.checker.in_force import InForce
from worker.checker.sets import Sets
from worker.domain import names
from worker.domain.policy import Policy
from worker.domain.records import Key, Record, Sighting

CLAIMED, OBSERVED, STORED, VERIFIED = range(4)

Account = tuple[str, str]
"""A namespace and the value in it."""


class Seen(NamedTuple):
    """One identifier on a record, at the level that counts."""

    key: Key
    level: int
    sighting: Sighting


class Facts:
    """What each record holds, and who holds each value stored or verified.

    Reads every record once; holds as much in memory as the records themselves.
    """

    def __init__(self, records: Iterable[Record], policy: Policy, said: InForce) -> None:
        """Read `records` under `policy` and what people `said`."""
        self.policy = policy
        self.said = said
        self.records = {each.id: each for each in records if each.id not in said.withdrawn_evidence}
        self.seen: dict[str, list[Seen]] = {}
        self.level: dict[str, dict[Key, int]] = {}
        """For each record the highest level of each identifier."""
        self.holders: dict[Key, list[str]] = {}
        """For each value the records that hold it stored or verified."""
        self.two_accounts: set[str] = set()
        """Records that name two accounts of a namespace at once, and so prove neither."""
        self._accounts: dict[str, list[Account]] = {}
        self._first_use = self._first_uses()
        for record in self.records.values():
            self._read(record)

    def is_row(self, record_id: str) -> bool:
        """Say whether a record comes from the books: it holds something stored."""
        return STORED in self.level[record_id].values()

    def is_sure(self, record: Record) -> bool:
        """Say whether the word of a record counts for what it is about: its source's, and how it is given."""
        return min(self.policy.cap(record.source).rank, record.about_level.rank) == VERIFIED

    def holds(self, record_id: str, key: Key) -> int:
        """Return the level at which a record holds a value, claimed where it does not hold it."""
        return self.level[record_id].get(key, CLAIMED)

    def accounts(self, record_id: str) -> set[Account]:
        """Return the accounts of a record, and of all that people decided to be one person with it.

        Those of one namespace count as one then.
        """
        held = (
            self._of_person.get(self.decided.of(record_id), ())
            if self.said.same
            else self._accounts.get(record_id, ())
        )
        return {self._one_persons.of(account) for account in held}

    def name(self, record_id: str) -> str:
        """Return the full name that the books or an authenticated profile give, in canonical form, else ""."""
        name = self.records[record_id].name
        believed = self.is_row(record_id) or record_id in self._accounts
        return names.canonical(name) if believed and names.is_full(name) else ""

    def contradict(self, named: Iterable[tuple[str, str]]) -> bool:
        """Say whether two of the names, each with its record, can't be one person's.

        No name says nothing, and neither do two names that a person decided to be one person's.
        """
        bearers = {(name, self.decided.of(record_id)) for name, record_id in named if name}
        of_name: dict[str, set[str]] = {}
        for name, person in bearers:
            of_name.setdefault(name, set()).add(person)
        return any(
            len(of_name[one] | of_name[other]) > 1 and not names.compatible(one, other)
            for one, other in combinations(sorted(of_name), 2)
        )

    @cached_property
    def decided(self) -> Sets[str]:
        """Records that decisions make one person."""
        joined: Sets[str] = Sets()
        for groups in self.said.same.values():
            for group in groups:
                joined.unite(each for each in group if each in self.records)
        return joined

    @cached_property
    def _of_person(self) -> dict[str, set[Account]]:
        found: dict[str, set[Account]] = {}
        for record_id, accounts in self._accounts.items():
            found.setdefault(self.decided.of(record_id), set()).update(accounts)
        return found

    @cached_property
    def _one_persons(self) -> Sets[Account]:
        united: Sets[Account] = Sets()
        first: dict[tuple[str, str], Account] = {}
        for record_id, accounts in self._accounts.items():
            for account in accounts if self.said.same else ():
                united.unite((first.setdefault((self.decided.of(record_id), account[0]), account), account))
        return united

    @cached_property
    def sides(self) -> dict[str, dict[str, int]]:
        """For each record that a decision *different* speaks about the number of its side, by decision.

        Each side takes along the other records of its accounts, except where the decision divides them.
        """
        holding: dict[Account, list[str]] = {}
        for record_id in self.records if self.said.different else ():
            for account in self.accounts(record_id):
                holding.setdefault(account, []).append(record_id)
        found: dict[str, dict[str, int]] = {}
        for decision in self.said.different.values():
            named = {
                each: number
                for number, side in enumerate(decision.sides)
                for each in side
                if each in self.records
            }
            taken: dict[str, set[int]] = {}
            for record_id, number in named.items():
                for account in self.accounts(record_id):
                    for other in holding[account]:
                        taken.setdefault(other, set()).add(number)
            along = {each: min(numbers) for each, numbers in taken.items() if len(numbers) == 1}
            for record_id, number in (along | named).items():
                found.setdefault(record_id, {})[decision.id] = number
        return found

    def _first_uses(self) -> dict[str, Record]:
        """Return for each token the earliest record that was proved by it; a claim uses up nothing."""
        found: dict[str, Record] = {}
        for record in self.records.values():
            trusted = self.policy.cap(record.source).rank
            proved = [each for each in record.sightings if min(each.level.rank, trusted) == VERIFIED]
            for token in {each.token for each in proved if each.token}:
                found[token] = min(record, found.get(token, record), key=founding_order)
        return found

    def _read(self, record: Record) -> None:
        trusted = self.policy.cap(record.source).rank
        seen = [
            Seen(key, CLAIMED if level == VERIFIED and self._is_false(record, each, key) else level, each)
            for each in record.sightings
            for key, level in [((each.type, each.namespace, each.value), min(each.level.rank, trusted))]
        ]
        doubted = self._doubted_accounts(record.id, seen)
        if doubted:
            seen = [each._replace(level=CLAIMED) if each.key in doubted else each for each in seen]
        level: dict[Key, int] = {}
        for each in seen:
            level[each.key] = max(each.level, level.get(each.key, CLAIMED))
        self.seen[record.id] = seen
        self.level[record.id] = level
        for key, highest in level.items():
            if highest >= STORED:
                self.holders.setdefault(key, []).append(record.id)
                if key[0] == "account":
                    self._accounts.setdefault(record.id, []).append((key[1], key[2]))

    def _doubted_accounts(self, record_id: str, seen: list[Seen]) -> set[Key]:
        """Return the accounts that count as claimed, since the record names others of their namespace.

        What the newest version names counts, where that is one account.
        """
        present: dict[str, dict[Key, bool]] = {}
        for key, level, sighting in seen:
            if key[0] == "account" and level >= STORED:
                of_namespace = present.setdefault(key[1], {})
                of_namespace[key] = of_namespace.get(key, False) or not sighting.former
        doubted = set()
        for of_namespace in present.values():
            if len(of_namespace) > 1:
                newest = [key for key, is_present in of_namespace.items() if is_present]
                doubted |= of_namespace.keys() - (newest if len(newest) == 1 else ())
                if len(newest) != 1:
                    self.two_accounts.add(record_id)
        return doubted

    def _is_false(self, record: Record, sighting: Sighting, key: Key) -> bool:
        """Say whether a proof is none: a person said so, or its token was expired, another's or used before."""
        if (record.id, key) in self.said.void:
            return True
        if not sighting.token:
            return False
        expired = sighting.token_until is not None and sighting.token_until < record.occurred_at
        audiences = self.policy.audiences
        of_others = bool(audiences and sighting.token_for) and sighting.token_for not in audiences
        return expired or of_others or self._first_use[sighting.token] is not record


def founding_order(record: Record) -> tuple[datetime, str, str]:
    """Return what orders records from the earliest: the time, the source, the id there."""
    return (record.occurred_at, record.source, record.key)
