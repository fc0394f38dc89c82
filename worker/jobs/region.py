"""A source's region: the country that its numbers without a country code belong to."""

from msgspec.structs import replace

from worker.domain.folding import fold
from worker.storage.unit_of_work import Transaction, UnitOfWork

_BATCH = 2_000


def change(uow: UnitOfWork, tx: Transaction, source: str, region: str | None) -> None:
    """Read every number of a source again, by `region`, inside the caller's transaction.

    The region is a setting of the source, not a fact of one delivery: a file imported without it and then
    with it gives the same contacts as one imported with it at once. The caller holds the source's row.
    """
    record_ids = tx.evidence.ids_of_source(source)
    for start in range(0, len(record_ids), _BATCH):
        some = record_ids[start : start + _BATCH]
        existing = {record.id: record for record in tx.evidence.load(some)}
        versions = tx.evidence.versions(some)
        tx.evidence.set_region(some, region)
        folded = [
            fold(uow.id_key, source, [replace(version, region=region) for version in versions[record_id]])
            for record_id in existing
        ]
        tx.evidence.put(folded, existing)
        tx.to_resolve.append(some)
