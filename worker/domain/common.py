"""Common identifiers: values that never join people, because many people may hold them."""

from collections.abc import Iterator
from itertools import chain

from worker.domain import blocklist, names
from worker.domain.evidence import STORED, Evidence, Key


class Common:
    """Which values of the evidence are common, and why."""

    def __init__(self, evidence: Evidence) -> None:
        """Count over the records, so that the answer depends on nothing but the evidence."""
        policy, ruling = evidence.policy, evidence.ruling
        self.blocked: dict[Key, str] = {}
        """Values of the block list, with the reason: they are not even a line."""
        self.shared_widely: set[Key] = set()
        """Role addresses, values that too many names or accounts hold, and what a person decided to be common: a
        line may be one of these."""
        for key, holders in evidence.holders.items():
            reason = blocklist.why_common(key[0], key[2], policy.own_numbers, policy.extra_roles)
            if key in ruling.own:
                self.blocked[key] = "is the company's own, as a person decided"
            elif reason is not None:
                if blocklist.is_role(key[0], key[2], policy.extra_roles):
                    self.shared_widely.add(key)
                else:
                    self.blocked[key] = reason
            elif key in ruling.common or (len(holders) > policy.common_limit and _too_many(evidence, key)):
                self.shared_widely.add(key)

    def __iter__(self) -> Iterator[Key]:
        return chain(self.blocked, self.shared_widely)

    def __contains__(self, key: object) -> bool:
        return key in self.shared_widely or key in self.blocked


def _too_many(evidence: Evidence, key: Key) -> bool:
    """Say whether stored or verified records hold `key` under too many full names or accounts.

    Names that visitors typed count too: a cookie under which six people gave their names is a kiosk's.
    Accounts count within a namespace: one person has one in each of several.
    """
    full_names: set[str] = set()
    accounts: dict[str, set[str]] = {}
    for index, rank in evidence.holders[key]:
        if rank >= STORED:
            name = evidence.records[index].name
            if name and names.is_full(name):
                full_names.add(names.canonical(name))
            for namespace, value in evidence.accounts[index].items():
                if key[:2] != ("account", namespace):
                    accounts.setdefault(namespace, set()).add(value)
    return max(len(full_names), *map(len, accounts.values()), 0) > evidence.policy.common_limit
