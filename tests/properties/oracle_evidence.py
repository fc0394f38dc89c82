"""The first half of the rules read in pairs: who holds what how surely, and what is set aside."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import TypeVar

from integrations.contract import Level
from tests.properties.oracle_decisions import Key, Said
from worker.domain import blocklist, names
from worker.domain.decisions import Decision
from worker.domain.policy import Policy
from worker.domain.records import Record, Sighting

Some = TypeVar("Some", bound=Hashable)
Place = TypeVar("Place", int, str)
LINES = {"phone", "handle", "email"}


class Read:
    """A few records as the rules see them."""

    def __init__(self, records: Iterable[Record], policy: Policy, decisions: Iterable[Decision] = ()) -> None:
        self.policy = policy
        self.said = Said(decisions)
        counted = [record for record in records if record.id not in self.said.no_evidence]
        self.records = sorted(counted, key=lambda record: (record.occurred_at, record.source, record.key))
        self.all = range(len(self.records))
        self.named = [self._accounts(each) for each in self.all]
        """The account of each record in each namespace, as it stands there."""
        self.holds = [self._holds(each) for each in self.all]
        self.person = self._persons()
        self.accounts = self._united_accounts()
        self.sides = [self._sides(each) for each in self.all]
        self.keys = sorted({key for held in self.holds for key in held})
        self.common = {key for key in self.keys if self._is_common(key)}
        self.contested = {key for key in self.keys if key not in self.common and self._is_contested(key)}

    # --- levels -----------------------------------------------------------------------------------------

    def _stated(self, index: int, seen: Sighting) -> Level:
        return min(seen.level, self.policy.cap(self.records[index].source))

    def _level(self, index: int, seen: Sighting) -> Level:
        level = self._stated(index, seen)
        return Level.CLAIMED if level is Level.VERIFIED and not self._proves(index, seen) else level

    def _proves(self, index: int, seen: Sighting) -> bool:
        """Unless somebody said that it is false, or its token is no good."""
        record = self.records[index]
        if (record.id, (seen.type, seen.namespace, seen.value)) in self.said.false:
            return False
        if not seen.token:
            return True
        expired = seen.token_until is not None and record.occurred_at > seen.token_until
        ours = self.policy.audiences
        for_others = bool(ours) and seen.token_for != "" and seen.token_for not in ours
        replayed = any(
            each.token == seen.token and self._stated(earlier, each) is Level.VERIFIED
            for earlier in self.all
            if earlier < index
            for each in self.records[earlier].sightings
        )
        return not (expired or for_others or replayed)

    def _accounts(self, index: int) -> dict[str, str]:
        """The one account a record has in each namespace; the present ones decide where there are two."""
        found = {}
        seen = [
            each
            for each in self.records[index].sightings
            if each.type == "account" and self._level(index, each) >= Level.STORED
        ]
        for namespace in {each.namespace for each in seen}:
            ever = {each.value for each in seen if each.namespace == namespace}
            now = {each.value for each in seen if each.namespace == namespace and not each.former}
            own = ever if len(ever) == 1 else now
            if len(own) == 1:
                (found[namespace],) = own
        return found

    def _holds(self, index: int) -> dict[Key, Level]:
        held: dict[Key, Level] = {}
        for each in self.records[index].sightings:
            key, level = (each.type, each.namespace, each.value), self._level(index, each)
            foreign = each.type == "account" and level >= Level.STORED
            if foreign and self.named[index].get(each.namespace) != each.value:
                level = Level.CLAIMED
            held[key] = max(level, held.get(key, Level.CLAIMED))
        return held

    def _strong(self, key: Key) -> list[int]:
        return [each for each in self.all if self.holds[each].get(key, Level.CLAIMED) >= Level.STORED]

    def _is_row(self, index: int) -> bool:
        return Level.STORED in self.holds[index].values()

    def _full_name(self, index: int) -> str:
        name = self.records[index].name
        return names.canonical(name) if names.is_full(name) else ""

    def _name_of_books(self, index: int) -> str:
        """A full name of the books or of an authenticated profile."""
        return self._full_name(index) if self._is_row(index) or self.named[index] else ""

    # --- what people decided ----------------------------------------------------------------------------

    def _are_decided(self, one: int, other: int) -> bool:
        """Somebody made these two records one person."""
        return any({self.records[one].id, self.records[other].id} <= part for part in self.said.together)

    def _persons(self) -> dict[int, int]:
        """For each record a number of the person it is, as people decided; mostly its own."""
        pairs = [pair for pair in combinations(self.all, 2) if self._are_decided(*pair)]
        return {each: part[0] for part in parts_of(self.all, pairs) for each in part}

    def _united_accounts(self) -> list[dict[str, str]]:
        """The accounts of the person a record is, as people decided; two of a namespace count as one."""
        held = [(each, account) for each in self.all for account in self.named[each].items()]
        one = [
            (here, there)
            for (each, here), (other, there) in combinations(held, 2)
            if here[0] == there[0] and self.person[each] == self.person[other]
        ]
        self.account_of = {
            each: part[0] for part in parts_of({account for _, account in held}, one) for each in part
        }
        return [
            dict(
                self.account_of[account]
                for other in self.all
                if self.person[other] == self.person[each]
                for account in self.named[other].items()
            )
            for each in self.all
        ]

    def _sides(self, index: int) -> dict[int, int]:
        """For each decision that keeps people apart the side a record is on: its own, or its accounts'."""
        found = {}
        for number, decision in enumerate(self.said.apart):
            on = [[each for each in self.all if self.records[each].id in side] for side in decision.sides]
            own = {side for side, members in enumerate(on) if index in members}
            of_accounts = {
                side for side, members in enumerate(on) if any(self._share_account(index, x) for x in members)
            }
            if len(own or of_accounts) == 1:
                (found[number],) = own or of_accounts
        return found

    def _share_account(self, one: int, other: int) -> bool:
        return bool(self.accounts[one].items() & self.accounts[other].items())

    def lines(self, index: int) -> set[Key]:
        """The endpoints that a channel carried for a record."""
        return {
            (each.type, each.namespace, each.value)
            for each in self.records[index].sightings
            if each.type in LINES and self._level(index, each) is Level.OBSERVED
        }

    # --- set aside --------------------------------------------------------------------------------------

    def _is_role(self, key: Key) -> bool:
        return blocklist.is_role(key[0], key[2], self.policy.extra_roles)

    def _is_listed(self, key: Key) -> bool:
        policy = self.policy
        return blocklist.why_common(key[0], key[2], policy.own_numbers, policy.extra_roles) is not None

    def _is_nothing(self, key: Key) -> bool:
        """Not even a line: on the block list and no role address, or the company's own."""
        return key in self.said.own or (self._is_listed(key) and not self._is_role(key))

    def _is_common(self, key: Key) -> bool:
        strong = self._strong(key)
        full_names = {self._full_name(each) for each in strong} - {""}
        namespaces = {namespace for each in strong for namespace in self.accounts[each]}
        accounts = [
            len({self.accounts[each].get(namespace) for each in strong} - {None})
            for namespace in namespaces
            if ("account", namespace) != key[:2]
        ]
        too_many = max(len(full_names), *accounts, 0) > self.policy.common_limit
        return too_many or self._is_listed(key) or key in self.said.own or key in self.said.common

    def _is_contested(self, key: Key) -> bool:
        strong = self._strong(key)
        for one, other in combinations(strong, 2):
            for namespace in self.accounts[one].keys() & self.accounts[other].keys():
                is_itself = key[:2] == ("account", namespace)
                if self.accounts[one][namespace] != self.accounts[other][namespace] and not is_itself:
                    return True
        proved = any(self.holds[each][key] is Level.VERIFIED for each in strong)
        return key[0] in {"phone", "email", "device"} and proved and self._contradict(strong)

    def _contradict(self, some: Iterable[int], name_of: Callable[[int], str] | None = None) -> bool:
        """Two names of different people; those of one person, as somebody decided, say nothing."""
        named = [(each, (name_of or self._name_of_books)(each)) for each in some]
        return any(
            bool(here and there)
            and self.person[one] != self.person[other]
            and not names.compatible(here, there)
            for (one, here), (other, there) in combinations(named, 2)
        )

    def _two_accounts(self, some: Iterable[int]) -> str | None:
        """The first namespace in which the records hold two accounts."""
        return two_of(self.accounts, some)

    def _two_sides(self, some: Iterable[int]) -> int | None:
        """The earliest decision of which the records are on two sides."""
        return two_of(self.sides, some)


def two_of(marks: Sequence[Mapping[Place, object]], some: Iterable[int]) -> Place | None:
    """Return the first place in which the records have two different marks."""
    held: dict[Place, set[object]] = {}
    for each in some:
        for place, mark in marks[each].items():
            held.setdefault(place, set()).add(mark)
    return min((place for place, found in held.items() if len(found) > 1), default=None)


def parts_of(some: Iterable[Some], edges: Iterable[tuple[Some, Some]]) -> list[list[Some]]:
    """Return the connected parts, each in order."""
    part_of = {each: {each} for each in some}
    for one, other in edges:
        if part_of[one] is not part_of[other]:
            part_of[one] |= part_of[other]
            for each in part_of[other]:
                part_of[each] = part_of[one]
    found = {id(part): part for part in part_of.values()}
    return [sorted(part) for part in found.values()]  # type: ignore[type-var]  # numbers and accounts have an order
