"""Renumbered: people who are known, in rows whose ids are not. It tells, and ties nothing."""

from collections.abc import Iterable
from typing import NamedTuple

from integrations.contract import ContactRecord, Level
from worker.domain import blocklist, names
from worker.domain.identifiers import Key, canonical
from worker.domain.policy import Policy

LEAST = 2
"""Agreements among e-mail, phone and full name that make a row look like a known person."""


class Traits(NamedTuple):
    """What of a record is compared."""

    name: str
    """The full name in canonical form; empty where there is none."""
    emails: frozenset[str]
    phones: frozenset[str]

    def agreements(self, other: "Traits") -> int:
        """Return in how many of e-mail, phone and full name the two agree."""
        same_name = self.name != "" and self.name == other.name
        return same_name + bool(self.emails & other.emails) + bool(self.phones & other.phones)

    @property
    def comparable(self) -> bool:
        """Whether there is enough to look like somebody."""
        return (self.name != "") + bool(self.emails) + bool(self.phones) >= LEAST


def traits(record: ContactRecord, region: str | None, trust: Level, policy: Policy) -> Traits:
    """Return what of `record` is compared: what the books hold, and nothing that many people share."""
    held: dict[str, set[str]] = {"email": set(), "phone": set()}
    for each in record.identifiers:
        if each.type not in held or min(each.level or Level.STORED, trust) < Level.STORED:
            continue
        form = canonical(each.type, each.namespace, each.value, region)
        if isinstance(form, Key) and not blocklist.why_common(
            each.type, form.value, policy.own_numbers, policy.extra_roles
        ):
            held[each.type].add(form.value)
    return Traits(full_name(record.name), frozenset(held["email"]), frozenset(held["phone"]))


def full_name(name: object) -> str:
    """Return a full name in canonical form; empty for what is none.

    >>> full_name("Ruiz, Ana"), full_name("Ana"), full_name(None)
    ('ana ruiz', '', '')
    """
    return names.canonical(name) if isinstance(name, str) and names.is_full(name) else ""


def looks_known(one: Traits, known: Iterable[Traits]) -> bool:
    """Say whether `one` agrees with a single one of `known` in two things or more."""
    return any(one.agreements(other) >= LEAST for other in known)
