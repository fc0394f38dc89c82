"""Inspect a file while it is read: what is wrong in it, and whether its people are known under other ids."""

from collections.abc import Sequence
from datetime import datetime

from integrations.contract import Connector, Delivery, Level, Page
from integrations.source import Source
from worker.domain.findings import Findings, Seen
from worker.domain.records import record_id
from worker.domain.renumbered import Traits, full_name, looks_known, traits
from worker.jobs import clock
from worker.jobs.policy import policy_in_force
from worker.storage.known import Holder
from worker.storage.unit_of_work import UnitOfWork


class Comparison:
    """Finds entries under new ids that look like known people of the same source. Reads only."""

    def __init__(self, uow: UnitOfWork, source: str, manner: Findings, before: datetime) -> None:
        """Take how the values are read, and what they are compared with: what came before the time `before`."""
        self._uow = uow
        self._source = source
        self._manner = manner
        self._before = before
        self.known = Seen()
        """Entries that look like known people under new ids."""

    def add(self, deliveries: Sequence[Delivery]) -> None:
        """Compare one page. One look-up of its ids, and one of the values of those that are new."""
        ids = [record_id(self._uow.id_key, self._source, each.record.id) for each in deliveries]
        manner = self._manner
        with self._uow.begin() as tx:
            present = tx.known.present(ids)
            fresh = [
                (place, found)
                for number, (identity, delivery) in enumerate(zip(ids, deliveries, strict=True), start=1)
                if identity not in present
                and (place := delivery.where or f"entry {number}")
                and (found := traits(delivery.record, manner.region, manner.trust, manner.policy)).comparable
            ]
            values = {value for _, found in fresh for value in found.emails | found.phones}
            holders = tx.known.holders(self._source, list(values), self._before) if values else []
        by_value, of_record = _known(holders)
        for place, found in fresh:
            candidates = {each for value in found.emails | found.phones for each in by_value.get(value, ())}
            if looks_known(found, (of_record[each] for each in candidates)):
                self.known.add(place)


def _known(holders: Sequence[Holder]) -> tuple[dict[str, list[str]], dict[str, Traits]]:
    """Return which known records hold each value, and what of each record is compared."""
    by_value: dict[str, list[str]] = {}
    of_record: dict[str, Traits] = {}
    for each in holders:
        by_value.setdefault(each.value, []).append(each.record_id)
        before = of_record.get(each.record_id) or Traits(full_name(each.name), frozenset(), frozenset())
        held = frozenset([each.value])
        of_record[each.record_id] = (
            before._replace(emails=before.emails | held)
            if each.type == "email"
            else before._replace(phones=before.phones | held)
        )
    return by_value, of_record


class Inspected:
    """A connector whose pages are looked at before they land, so that a new entry still counts as new."""

    def __init__(
        self, connector: Connector, findings: Findings, comparison: Comparison | None = None
    ) -> None:
        """Take the connector that reads; without a comparison nothing is looked up."""
        self._connector = connector
        self._comparison = comparison
        self.findings = findings

    def fetch(self, cursor: str | None) -> Page:
        """Return the page after `cursor`."""
        page = self._connector.fetch(cursor)
        self.findings.add(page.deliveries)
        if self._comparison is not None:
            self._comparison.add(page.deliveries)
        return page

    @property
    def renumbered(self) -> Seen | None:
        """Entries that look like known people under new ids; None where nothing was compared."""
        return None if self._comparison is None else self._comparison.known

    @property
    def mostly_renumbered(self) -> bool:
        """Whether most entries are such: single ones are duplicates, most of them are a mistake."""
        return self.renumbered is not None and 2 * self.renumbered.count > self.findings.records


def inspected(
    uow: UnitOfWork, connector: Connector, source: Source, trust: Level, *, compare: bool
) -> Inspected:
    """Return `connector` with an eye on what it reads. A source that is known keeps its trust and region."""
    now = clock.now()
    with uow.begin() as tx:
        policy = policy_in_force(tx)
        row = tx.sources.get(source.name)
    region = source.region or (row.region if row else None)
    findings = Findings(region, Level(row.trust) if row else trust, policy, now)
    return Inspected(connector, findings, Comparison(uow, source.name, findings, now) if compare else None)


def knows(uow: UnitOfWork, source: str) -> bool:
    """Say whether anything may have come from `source` before."""
    with uow.begin() as tx:
        return tx.sources.get(source) is not None
