"""One contact as the checker looks at it: its records, and which of them certain proofs make one person."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from worker.checker.facts import Facts
from worker.checker.proving import Provers
from worker.checker.sets import Sets
from worker.checker.setting_aside import SettingAside
from worker.domain.contacts import Contact
from worker.domain.records import Key

GATHERING = frozenset({"history", "line"})
"""Rules that gather records by a line, and say nothing of a person."""


class Scene:
    """All evidence and all contacts, as every check needs them."""

    def __init__(self, facts: Facts, contacts: Iterable[Contact]) -> None:
        """Look at `contacts` beside `facts`."""
        self.facts = facts
        self.aside = SettingAside(facts)
        self.provers = Provers(facts, self.aside)
        self.wholes = {each.id: Whole(each, facts) for each in contacts}
        self.home: Mapping[str, Whole] = {
            record_id: whole for whole in self.wholes.values() for record_id in whole.members
        }
        self.only_bound: dict[Key, Whole | None] = {}
        """What was found of lines: the only contact that is bound to each, if there is exactly one."""


class Whole:
    """A contact, with its records apart from what is gathered by a line."""

    def __init__(self, contact: Contact, facts: Facts) -> None:
        """Look at `contact`; nothing of it is taken for granted."""
        self.contact = contact
        self.members = frozenset(contact.record_ids)
        self._facts = facts

    @cached_property
    def certain(self) -> Sets[str]:
        """Its records, joined by all its proofs but those of a line."""
        joined: Sets[str] = Sets()
        for each in self.contact.proofs:
            if each.rule not in GATHERING:
                joined.unite(each.evidence)
        return joined

    @cached_property
    def parts(self) -> dict[str, list[str]]:
        """The groups of its records that certain proofs hold together."""
        found: dict[str, list[str]] = {}
        for record_id in self.contact.record_ids:
            found.setdefault(self.certain.of(record_id), []).append(record_id)
        return found

    def part(self, record_id: str) -> list[str]:
        """Return the records that certain proofs join to one of its records."""
        return self.parts[self.certain.of(record_id)]

    @cached_property
    def parts_of_the_books(self) -> int:
        """How many of its parts hold a row of the books."""
        return sum(any(self._facts.is_row(each) for each in part) for part in self.parts.values())

    def is_told_from(self, some: Iterable[str]) -> bool:
        """Say whether a decision keeps its records apart from `some` others."""
        other = self._sides
        return any(
            other.get(decision, {number}) != {number}
            for each in some
            for decision, number in self._facts.sides.get(each, {}).items()
        )

    @property
    def crossed(self) -> list[str]:
        """The decisions *different* of which it holds records of two sides."""
        return [decision for decision, numbers in self._sides.items() if len(numbers) > 1]

    @cached_property
    def _sides(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for each in self.contact.record_ids if self._facts.sides else ():
            for decision, number in self._facts.sides.get(each, {}).items():
                found.setdefault(decision, set()).add(number)
        return found
