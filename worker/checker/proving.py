"""What proves a person, and which lines a user is bound to, read a second time from DESIGN 2.3."""

from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from worker.checker.facts import OBSERVED, STORED, VERIFIED, Facts
from worker.checker.setting_aside import SettingAside
from worker.domain.records import Key

LINE_TYPES = frozenset({"phone", "handle", "email"})


class Proving(NamedTuple):
    """Something on a record that proves its person."""

    rule: str
    key: Key | None
    stated_at: datetime
    """When it first stood there, as the evidence states."""
    known_at: datetime
    """The same, never later than its delivery."""


class Provers:
    """Says of each record what it proves."""

    def __init__(self, facts: Facts, aside: SettingAside) -> None:
        """Judge by `facts` and what is set aside."""
        self._facts = facts
        self._aside = aside
        self._known: dict[str, list[Proving]] = {}

    def of(self, record_id: str) -> list[Proving]:
        """Return everything on a record that proves its person."""
        if record_id not in self._known:
            found = self._verified(record_id)
            complete = self._complete(record_id)
            self._known[record_id] = found if complete is None else [*found, complete]
        return self._known[record_id]

    def lines(self, record_id: str) -> set[Key]:
        """Return the lines that a record was observed on."""
        return {
            key for key, level, _ in self._facts.seen[record_id] if level == OBSERVED and key[0] in LINE_TYPES
        }

    @cached_property
    def bound(self) -> dict[Key, dict[str, datetime]]:
        """For each line the records that bind their users to it, with the time of the proof.

        A record binds when it carries both the line, observed or verified, and a proof; the time is that at
        which they first stood together. A line that is common or contested binds nobody.
        """
        found: dict[Key, dict[str, datetime]] = {}
        for record_id in self._facts.records:
            proofs = self.of(record_id)
            for key, level, sighting in self._facts.seen[record_id] if proofs else ():
                if key[0] in LINE_TYPES and level in {OBSERVED, VERIFIED} and self._aside.why(key) is None:
                    together = max(sighting.proved_at, min(each.known_at for each in proofs))
                    binders = found.setdefault(key, {})
                    binders[record_id] = min(together, binders.get(record_id, together))
        return found

    def _verified(self, record_id: str) -> list[Proving]:
        facts = self._facts
        return [
            Proving("verified-user", key, sighting.first_at, sighting.proved_at)
            for key, level, sighting in facts.seen[record_id]
            if level == VERIFIED and self._aside.why(key) is None
        ]

    def _complete(self, record_id: str) -> Proving | None:
        facts = self._facts
        wanted = facts.policy.complete
        if not wanted or not facts.is_row(record_id) or (record_id, None) in facts.said.void:
            return None
        times = [self._since(record_id, detail) for detail in wanted]
        given = [time for time in times if time is not None]
        if len(given) < len(times):
            return None
        return Proving("complete-user", None, max(at for at, _ in given), max(at for _, at in given))

    def _since(self, record_id: str, detail: str) -> tuple[datetime, datetime] | None:
        """Return since when a row holds a detail: stated, and known; None where it does not hold it."""
        facts = self._facts
        if detail == "name":
            record = facts.records[record_id]
            if not facts.name(record_id) or record.named_at is None:
                return None
            return record.named_at, record.name_known_by or record.named_at
        held = [
            sighting
            for key, level, sighting in facts.seen[record_id]
            if key[0] == detail and level >= STORED and not self._aside.is_blocked(key)
        ]
        if not held:
            return None
        return min(each.first_at for each in held), min(each.proved_at for each in held)
