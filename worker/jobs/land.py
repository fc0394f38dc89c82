"""Land: keep what a page brought, fold it, and queue what changed. Deciding comes later."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from integrations.contract import Delivery, Rejected
from worker.domain.admission import admitted
from worker.domain.folding import Folded, fold
from worker.domain.records import Record, Version, content_digest, record_id
from worker.domain.tombstones import Marks, marks
from worker.jobs import collector
from worker.jobs.policy import policy_in_force
from worker.storage.evidence import NewVersion
from worker.storage.unit_of_work import Transaction
from worker.storage.work import storable


class Landed(NamedTuple):
    """What landing one page did."""

    pulled: int
    changed: int
    rejected: int
    record_ids: tuple[str, ...]
    """The records that are new or have a new version."""
    suppressed: int = 0
    """Deliveries that were kept nowhere: they are of people who were erased."""
    beside: int = 0
    """Kept records that hold an identifier of an erased person beside others."""
    gone: int = 0
    """Records that the source does not list any more, and that are marked as deleted since."""
    back: int = 0
    """Records that were marked so, and that the source lists again."""
    warnings: tuple[str, ...] = ()
    """What a person should know of it."""


class Arrival(NamedTuple):
    """Where and when a page arrived: what its versions keep beside their content."""

    source: str
    region: str | None
    stamp: datetime | None
    landed_at: datetime


def land(
    tx: Transaction,
    id_key: bytes,
    arrival: Arrival,
    deliveries: Sequence[Delivery],
    rejected: Sequence[Rejected],
) -> Landed:
    """Land one page inside the caller's transaction. Landing the same page again changes nothing.

    The caller holds the source's row, so nobody else lands records of this source meanwhile.
    """
    if arrival.stamp is not None and arrival.stamp > arrival.landed_at:
        # A file from a machine whose clock is fast would stay the newest for ever.
        arrival = arrival._replace(stamp=arrival.landed_at)
    with collector.paused():
        return _land(tx, id_key, arrival, deliveries, rejected)


def _land(
    tx: Transaction,
    id_key: bytes,
    arrival: Arrival,
    deliveries: Sequence[Delivery],
    rejected: Sequence[Rejected],
) -> Landed:
    pulled = len(deliveries) + len(rejected)
    deliveries, beside = _not_erased(tx, id_key, arrival, deliveries)
    fresh, refused = _sorted_out(id_key, arrival, deliveries)
    known = tx.evidence.digests(list(fresh))
    added = [
        new
        for record_id, versions in fresh.items()
        for digest, new in versions.items()
        if digest not in known.get(record_id, ())
    ]
    changed = dict.fromkeys([new.record_id for new in added] + _restamped(tx, arrival, fresh, known))
    before = [record_id for record_id in changed if record_id in known]
    existing: Mapping[str, Record] = {}
    versions: dict[str, list[Version]] = {}
    if before:
        existing = {record.id: record for record in tx.evidence.load(before)}
        versions = tx.evidence.versions(before)
    for new in added:
        versions.setdefault(new.record_id, []).append(new.version)
    tx.evidence.add_versions(added)
    tx.evidence.put(_folded(id_key, arrival.source, versions), existing)
    tx.to_resolve.append(list(changed))
    refused = [*rejected, *refused]
    tx.work.reject(arrival.source, refused, arrival.landed_at)
    suppressed = pulled - len(deliveries) - len(rejected)
    return Landed(pulled, len(changed), len(refused), tuple(changed), suppressed, beside)


def _not_erased(
    tx: Transaction, id_key: bytes, arrival: Arrival, deliveries: Sequence[Delivery]
) -> tuple[Sequence[Delivery], int]:
    """Leave out what is of people who were erased; say how many others hold an erased identifier.

    Costs one look a page while nobody was ever erased, and then about 20 microseconds a record.
    """
    if not deliveries or tx.tombstones.none():
        return deliveries, 0
    policy = policy_in_force(tx)
    known_by: list[Marks | None] = []
    for delivery in deliveries:
        try:
            known_by.append(marks(id_key, arrival.source, delivery.record, arrival.region, policy))
        except UnicodeEncodeError:  # Half a character in a key: it is refused, and nobody was erased by it.
            known_by.append(None)
    asked = {digest for each in known_by if each is not None for digest in (each.record, *each.identifiers)}
    erased = tx.tombstones.among(asked)
    if not erased:
        return deliveries, 0
    kept = []
    beside = 0
    hits: list[str] = []
    for delivery, known in zip(deliveries, known_by, strict=True):
        if known is not None and known.suppress(erased):
            hits += {known.record, *known.identifiers} & erased
            continue
        kept.append(delivery)
        beside += known is not None and not erased.isdisjoint(known.identifiers)
    tx.tombstones.count_up(hits)
    return kept, beside


def _restamped(
    tx: Transaction,
    arrival: Arrival,
    fresh: Mapping[str, Mapping[str, NewVersion]],
    known: Mapping[str, Collection[str]],
) -> list[str]:
    """Give versions that are delivered again the latest stamp; return the records that may change by it.

    Monday's row that stands in Wednesday's file again is newer than Tuesday's, in whatever order the files
    arrive. A record with one version has nothing to rank.
    """
    if arrival.stamp is None:
        return []
    again = [
        (record_id, digest)
        for record_id, versions in fresh.items()
        for digest, new in versions.items()
        if digest in known.get(record_id, ()) and new.version.record.updated_at is None
    ]
    return [each for each in tx.evidence.restamp(again, arrival.stamp) if len(known[each]) > 1]


def _sorted_out(
    id_key: bytes, arrival: Arrival, deliveries: Iterable[Delivery]
) -> tuple[dict[str, dict[str, NewVersion]], list[Rejected]]:
    """Tell records that can be kept from those that cannot; the same content twice is one version."""
    fresh: dict[str, dict[str, NewVersion]] = {}
    refused = []
    for place, delivery in enumerate(deliveries, start=1):
        record = admitted(delivery.record)
        if isinstance(record, str):
            refused.append(Rejected(f"entry {place}", record, _as_it_came(delivery)[:16_384]))
            continue
        body, digest = content_digest(record)
        version = Version(record, digest, arrival.stamp, arrival.landed_at, arrival.region)
        raw = None if delivery.raw is None else storable(delivery.raw)
        identity = record_id(id_key, arrival.source, record.id)
        fresh.setdefault(identity, {})[digest] = NewVersion(identity, arrival.source, version, body, raw)
    return fresh, refused


def _as_it_came(delivery: Delivery) -> str:
    """Return what the source sent, or what was read from it."""
    try:
        return delivery.raw or repr(delivery.record)
    except RecursionError:  # A profile nested so deep that it cannot be shown is the reason itself.
        return repr(replace(delivery.record, profile={}))


def _folded(id_key: bytes, source: str, versions: Mapping[str, list[Version]]) -> list[Folded]:
    return [fold(id_key, source, each) for each in versions.values()]
