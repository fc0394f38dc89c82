"""Findings: what a person should know of the entries that a source delivers, in counts and places, no values."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from integrations.contract import ContactRecord, Delivery, Level, Rejected
from worker.domain import blocklist, emails
from worker.domain.admission import admitted
from worker.domain.identifiers import Key, Unusable, canonical
from worker.domain.policy import Policy

FIRST_PLACES = 5
"""Places that a report names: enough to look what is wrong, and bearable in a message."""


class Seen:
    """How often something was seen, and where first."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.count = 0
        self.where: list[str] = []
        self.more = False
        """Whether there are further places."""

    def __bool__(self) -> bool:
        return self.count > 0

    def add(self, place: str) -> None:
        """Count one more; its place is kept while there are few."""
        self.count += 1
        if place in self.where:
            return
        if len(self.where) < FIRST_PLACES:
            self.where.append(place)
        else:
            self.more = True


class Findings:
    """Counts over the entries of one run. It grows with the kinds of fault and the refused entries, no more."""

    def __init__(self, region: str | None, trust: Level, policy: Policy, now: datetime) -> None:
        """Take what the source's values are read by, and the time after which a time lies in the future."""
        self.region = region
        self.trust = trust
        self.policy = policy
        self._now = now
        self.records = 0
        """Entries that can be kept, the same record twice counted twice."""
        self.named = 0
        self.refused: list[Rejected] = []
        """Entries that the connector could read and that cannot be kept."""
        self.usable: Counter[tuple[str, str]] = Counter()
        """Usable identifiers by type and level, after the source's trust."""
        self.unusable: dict[tuple[str, str], Seen] = {}
        """Values that are kept but tie nothing, by type and reason."""
        self.blocked: dict[tuple[str, str], Seen] = {}
        """Usable values that join nobody for what they are, by type and reason."""
        self.look_alike = Seen()
        """E-mail addresses with letters outside plain ASCII."""
        self.future = Seen()
        """Records that carry a time in the future."""

    @property
    def needs_region(self) -> bool:
        """Whether numbers are unusable for want of a country."""
        return self.region is None and any(
            type_ == "phone" and "region" in why for type_, why in self.unusable
        )

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Count one page."""
        for number, delivery in enumerate(deliveries, start=1):
            place = delivery.where or f"entry {number}"
            record = admitted(delivery.record)
            if isinstance(record, str):
                self.refused.append(Rejected(place, record, ""))
            else:
                self._add(record, place)

    def _add(self, record: ContactRecord, place: str) -> None:
        self.records += 1
        self.named += isinstance(record.name, str) and bool(record.name)
        if in_future(record, self._now):
            self.future.add(place)
        for each in record.identifiers:
            form = canonical(each.type, each.namespace, each.value, self.region)
            if isinstance(form, Unusable):
                self.unusable.setdefault((each.type, form.reason), Seen()).add(place)
                continue
            level = min(each.level or Level.STORED, self.trust)
            self.usable[each.type, level.value] += 1
            self._warn(each.type, form, place)

    def _warn(self, type_: str, key: Key, place: str) -> None:
        reason = blocklist.why_common(type_, key.value, self.policy.own_numbers, self.policy.extra_roles)
        if reason is not None:
            self.blocked.setdefault((type_, reason), Seen()).add(place)
        if type_ == "email" and emails.warning(key.value) is not None:
            self.look_alike.add(place)


def in_future(record: ContactRecord, now: datetime) -> bool:
    """Say whether the record carries a time after `now`; it then ranks by its delivery (see `Version.rank`)."""
    return record.occurred_at > now or (record.updated_at is not None and record.updated_at > now)


def future_warning(count: int) -> str:
    """Say that so many records carry a time in the future, and what is done about it."""
    carry = "1 record carries" if count == 1 else f"{count:,} records carry"
    rank = "it ranks by its" if count == 1 else "they rank by their"
    return f"{carry} a time in the future; {rank} delivery"


def future_warnings(deliveries: Iterable[Delivery], now: datetime) -> tuple[str, ...]:
    """Return the warning of a page with times in the future, if there are any."""
    count = sum(in_future(each.record, now) for each in deliveries)
    return (future_warning(count),) if count else ()
