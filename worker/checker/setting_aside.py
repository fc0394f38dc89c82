"""Identifiers that join no people: common and contested ones, read a second time from DESIGN 2.2 and 2.4."""

from worker.checker.facts import STORED, VERIFIED, Facts
from worker.domain import blocklist, names
from worker.domain.records import Key

COMMON = "rests on an identifier that is common"
CONTESTED = "rests on an identifier that is contested"


class SettingAside:
    """Says of an identifier whether it is set aside; each is looked at once, when it is asked for."""

    def __init__(self, facts: Facts) -> None:
        """Judge by `facts`."""
        self._facts = facts
        self._known: dict[Key, str | None] = {}
        self._shared: dict[Key, bool] = {}

    def why(self, key: Key) -> str | None:
        """Say why a value joins no people, in words that complete "a proof ..."; None where it may."""
        if key not in self._known:
            common = self.is_blocked(key) or self._is_common(key)
            contested = not common and self._is_contested(key)
            self._known[key] = COMMON if common else CONTESTED if contested else None
        return self._known[key]

    def is_blocked(self, key: Key) -> bool:
        """Say whether a value is on the block list or the company's own: not even a line."""
        policy = self._facts.policy
        if key in self._facts.said.own:
            return True
        listed = blocklist.why_common(key[0], key[2], policy.own_numbers, policy.extra_roles)
        return listed is not None and not blocklist.is_role(key[0], key[2], policy.extra_roles)

    def _is_common(self, key: Key) -> bool:
        facts = self._facts
        if key in facts.said.common or blocklist.is_role(key[0], key[2], facts.policy.extra_roles):
            return True
        holders = facts.holders.get(key, ())
        given = [name for each in holders if names.is_full(name := facts.records[each].name)]
        if len({names.canonical(name) for name in given}) > facts.policy.common_limit:
            return True
        return any(len(held) > facts.policy.common_limit for held in self.accounts_on(key).values())

    def accounts_on(self, key: Key) -> dict[str, set[str]]:
        """Return the accounts of the records that hold a value stored or verified, by namespace.

        An account says nothing of its own namespace.
        """
        found: dict[str, set[str]] = {}
        for record_id in self._facts.holders.get(key, ()):
            for namespace, value in self._facts.accounts(record_id):
                if key[:2] != ("account", namespace):
                    found.setdefault(namespace, set()).add(value)
        return found

    def _is_contested(self, key: Key) -> bool:
        facts = self._facts
        if any(len(held) > 1 for held in self.accounts_on(key).values()):
            return True
        holders = facts.holders.get(key, ())
        return (
            key[0] in {"phone", "email", "device"}
            and any(facts.holds(each, key) == VERIFIED for each in holders)
            and facts.contradict((facts.name(each), each) for each in holders)
        )

    def is_shared(self, key: Key) -> bool:
        """Say whether the books hold a value under incompatible names."""
        if key not in self._shared:
            facts = self._facts
            rows = [each for each in facts.holders.get(key, ()) if facts.is_row(each)]
            named = ((names.canonical(facts.records[each].name), each) for each in rows)
            self._shared[key] = facts.contradict(named)
        return self._shared[key]

    def agreements(self, record_id: str) -> list[Key]:
        """Return what a row of the books can agree on with other rows: e-mail addresses and phones."""
        facts = self._facts
        if not facts.is_row(record_id):
            return []
        return [
            key
            for key, level in facts.level[record_id].items()
            if level >= STORED
            and key[0] in {"email", "phone"}
            and self.why(key) is None
            and not self.is_shared(key)
        ]
