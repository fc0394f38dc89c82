"""What else to know of a contact: who it is kept apart from, what proves nothing, what contradicts itself."""

from collections.abc import Iterable, Sequence
from typing import Any

from worker.cli.show import day, who
from worker.cli.words import begun, by_whom, conflict, listed, named, record_name, short, written
from worker.domain import emails
from worker.domain.conflicts import Conflict
from worker.domain.contacts import Contact
from worker.domain.unproved import TAKEN_FOR_FALSE, Unproved
from worker.jobs.explain import Apartness, Around


class Remarks:
    """Remarks on one contact."""

    def __init__(self, contact: Contact, conflicts: Sequence[Conflict], around: Around) -> None:
        """Know the contact and what stands around it."""
        self.contact = contact
        self.conflicts = conflicts
        self.around = around

    def sentences(self) -> list[str]:
        """Return all remarks, what a person decided first."""
        return [
            *(self._kept_apart(each) for each in self.around.apart),
            *(self._unproved(each) for each in self.around.unproved),
            *self.warnings(),
            *(self._conflict(case) for case in self.conflicts),
            *self._policy(),
        ]

    def _kept_apart(self, apart: Apartness) -> str:
        others = listed([self._name(each) for each in apart.contacts])
        return f"Told from {others} {by_whom(apart.decision)}."

    def _name(self, other: Contact) -> str:
        """Name another contact; where it has the same name, by its id, too."""
        return f"{who(other)} ({other.id})" if who(other) == who(self.contact) else who(other)

    def _unproved(self, it: Unproved) -> str:
        record = self.around.by_id.get(it.record_id)
        where = f" on {record_name(record)}" if record else ""
        if it.why == TAKEN_FOR_FALSE:
            found = [
                each
                for each in self.around.decisions.values()
                if each.kind == "void"
                and each.withdrawn_at is None
                and it.record_id in each.record_ids
                and each.key == it.key
            ]
            who_said = by_whom(found[0]) if found else "by somebody"
            return f"The proof of {written(it.key)}{where} counts for nothing: taken for false {who_said}."
        return f"{begun(written(it.key))}{where} counts as claimed: {it.why}."

    def warnings(self) -> Iterable[str]:
        """Return what an agent has to know before trusting what an address looks like."""
        for held in self.contact.identifiers:
            said = emails.warning(held.value) if held.type == "email" else None
            if said:
                yield f"Careful: {held.value} {said}."

    def _conflict(self, case: Conflict) -> str:
        sides = [self._side(side) for side in case.sides]
        return f"{conflict(case)} {_across(sides)}See: avouch conflicts show {short(case)}"

    def _side(self, side: Sequence[str]) -> str:
        contacts = {each.id: each for one in side if (each := self.around.contact_of.get(one))}
        whose = listed([who(each) for each in contacts.values()]) if contacts else "somebody"
        return f"{whose} ({named(side, self.around.by_id)})"

    def _policy(self) -> Iterable[str]:
        version = self.around.policy
        if version is not None:
            since = day(version.at)
            yield f"Judged by version {version.version} of the policy, in force since {since}."


def _across(sides: Sequence[str]) -> str:
    """Say who stands on which side; nothing where there are no sides."""
    return f"On one side {sides[0]}, on the other {' and '.join(sides[1:])}. " if sides else ""


def kept_apart_json(apart: Apartness) -> dict[str, Any]:
    """Return whom a contact was told from, for JSON."""
    return {
        "decision": apart.decision.id,
        "from": [each.id for each in apart.contacts],
        "by": apart.decision.author,
        "at": apart.decision.at,
        "reason": apart.decision.reason,
    }
