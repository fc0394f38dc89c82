"""The first half of the rules read in pairs: who holds what how surely, and what is set aside."""

from collections.abc import Callable, Iterable
from itertools import combinations

from integrations.contract import Level
from worker.domain import blocklist, names
from worker.domain.policy import Policy
from worker.domain.records import Record, Sighting

Key = tuple[str, str, str]


class Read:
    """A few records as the rules see them."""

    def __init__(self, records: Iterable[Record], policy: Policy) -> None:
        self.policy = policy
        self.records = sorted(records, key=lambda record: (record.occurred_at, record.source, record.key))
        self.all = range(len(self.records))
        self.accounts = [self._accounts(record) for record in self.records]
        self.holds = [self._holds(each) for each in self.all]
        self.keys = sorted({key for held in self.holds for key in held})
        self.common = {key for key in self.keys if self._is_common(key)}
        self.contested = {key for key in self.keys if key not in self.common and self._is_contested(key)}

    # --- levels -----------------------------------------------------------------------------------------

    def _level(self, record: Record, seen: Sighting) -> Level:
        return min(seen.level, self.policy.cap(record.source))

    def _accounts(self, record: Record) -> dict[str, str]:
        """The one account a record has in each namespace; the present ones decide where there are two."""
        found = {}
        seen = [
            each
            for each in record.sightings
            if each.type == "account" and self._level(record, each) >= Level.STORED
        ]
        for namespace in {each.namespace for each in seen}:
            ever = {each.value for each in seen if each.namespace == namespace}
            now = {each.value for each in seen if each.namespace == namespace and not each.former}
            own = ever if len(ever) == 1 else now
            if len(own) == 1:
                (found[namespace],) = own
        return found

    def _holds(self, index: int) -> dict[Key, Level]:
        record = self.records[index]
        held: dict[Key, Level] = {}
        for each in record.sightings:
            key, level = (each.type, each.namespace, each.value), self._level(record, each)
            foreign = each.type == "account" and level >= Level.STORED
            if foreign and self.accounts[index].get(each.namespace) != each.value:
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
        return self._full_name(index) if self._is_row(index) or self.accounts[index] else ""

    # --- set aside --------------------------------------------------------------------------------------

    def _is_blocked(self, key: Key) -> bool:
        policy = self.policy
        return blocklist.why_common(key[0], key[2], policy.own_numbers, policy.extra_roles) is not None

    def _is_role(self, key: Key) -> bool:
        return blocklist.is_role(key[0], key[2], self.policy.extra_roles)

    def _is_common(self, key: Key) -> bool:
        strong = self._strong(key)
        full_names = {self._full_name(each) for each in strong} - {""}
        namespaces = {namespace for each in strong for namespace in self.accounts[each]}
        accounts = [
            len({self.accounts[each].get(namespace) for each in strong} - {None})
            for namespace in namespaces
            if ("account", namespace) != key[:2]
        ]
        return self._is_blocked(key) or max(len(full_names), *accounts, 0) > self.policy.common_limit

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
        found = {(name_of or self._name_of_books)(each) for each in some} - {""}
        return any(not names.compatible(one, other) for one, other in combinations(found, 2))

    def _two_accounts(self, some: Iterable[int]) -> str | None:
        """The first namespace in which the records hold two accounts."""
        held: dict[str, set[str]] = {}
        for each in some:
            for namespace, value in self.accounts[each].items():
                held.setdefault(namespace, set()).add(value)
        return min((namespace for namespace, values in held.items() if len(values) > 1), default=None)
