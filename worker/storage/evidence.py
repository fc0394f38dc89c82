"""Evidence in the database: versions, folded records, and which record holds which value."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, text

from integrations.contract import ContactRecord, Level
from worker.domain.evidence import OBSERVED
from worker.domain.folding import Folded
from worker.domain.reach import TOKEN
from worker.domain.records import Record, Version
from worker.storage import tables
from worker.storage.database import copy_rows, id_array

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode_record = msgspec.json.Decoder(Record).decode
_decode_version = msgspec.json.Decoder(ContactRecord).decode


class NewVersion(NamedTuple):
    """A version that was not there before, with the texts to keep."""

    record_id: str
    source: str
    version: Version
    body: bytes
    raw: str | None


class Delivered(NamedTuple):
    """A version with the texts that were kept of it."""

    body: str
    raw: str | None
    stamp: datetime | None
    landed_at: datetime
    region: str | None


class EvidenceStore:
    """Reads and writes evidence inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def digests(self, record_ids: Sequence[str]) -> dict[str, set[str]]:
        """Return the digests of the versions that are already there, by record."""
        found: dict[str, set[str]] = {}
        rows = self._connection.execute(
            text("SELECT record_id, digest FROM versions WHERE record_id = ANY(CAST(:ids AS text[]))"),
            {"ids": id_array(record_ids)},
        )
        for record_id, digest in rows.all():
            found.setdefault(record_id, set()).add(digest.hex())
        return found

    def versions(self, record_ids: Sequence[str]) -> dict[str, list[Version]]:
        """Return all versions of the given records."""
        found: dict[str, list[Version]] = {}
        rows = self._connection.execute(
            text(
                "SELECT record_id, body, digest, stamp, landed_at, region FROM versions"
                " WHERE record_id = ANY(CAST(:ids AS text[]))"
            ),
            {"ids": id_array(record_ids)},
        )
        for record_id, body, digest, stamp, landed_at, region in rows.all():
            version = Version(_decode_version(body), digest.hex(), stamp, landed_at, region)
            found.setdefault(record_id, []).append(version)
        return found

    def delivered(self, record_id: str) -> list[Delivered]:
        """Return all versions of a record as they came, the first to arrive first."""
        rows = self._connection.execute(
            text(
                "SELECT body, raw, stamp, landed_at, region FROM versions WHERE record_id = :id"
                " ORDER BY landed_at, digest"
            ),
            {"id": record_id},
        )
        return [Delivered(*row) for row in rows]

    def all_versions(self) -> Iterable[tuple[str, list[Version]]]:
        """Return the source and all versions of every record, for a rebuild."""
        rows = self._connection.execute(
            text(
                "SELECT source, record_id, body, digest, stamp, landed_at, region FROM versions"
                " ORDER BY record_id, digest"
            ),
            execution_options={"yield_per": 5_000},
        )
        for (source, _), of_record in groupby(rows, key=lambda row: (row.source, row.record_id)):
            yield (
                source,
                [
                    Version(_decode_version(row.body), row.digest.hex(), row.stamp, row.landed_at, row.region)
                    for row in of_record
                ],
            )

    def add_versions(self, added: Iterable[NewVersion]) -> None:
        """Keep new versions. Nothing of them is changed afterwards but the stamp, by `restamp`."""
        copy_rows(
            self._connection,
            tables.versions,
            (
                (
                    each.record_id,
                    bytes.fromhex(each.version.digest),
                    each.source,
                    each.body.decode(),
                    each.raw,
                    each.version.stamp,
                    each.version.landed_at,
                    each.version.region,
                )
                for each in added
            ),
        )

    def restamp(self, delivered: Sequence[tuple[str, str]], stamp: datetime) -> list[str]:
        """Raise the stamps of versions (record id, digest) to `stamp`; return the records of those raised."""
        if not delivered:
            return []
        rows = self._connection.execute(
            text(
                "UPDATE versions v SET stamp = :stamp"
                " FROM unnest(CAST(:ids AS text[]), CAST(:digests AS bytea[])) d (record_id, digest)"
                " WHERE (v.record_id, v.digest) = (d.record_id, d.digest)"
                " AND (v.stamp IS NULL OR v.stamp < :stamp) RETURNING v.record_id"
            ),
            {
                "stamp": stamp,
                "ids": [record_id for record_id, _ in delivered],
                "digests": [bytes.fromhex(digest) for _, digest in delivered],
            },
        )
        return list(rows.scalars().all())

    def put(self, folded: Sequence[Folded], existing: Mapping[str, Record]) -> None:
        """Write folded records; those in `existing` replace what was derived from fewer versions."""
        if existing:
            self._remove(existing)
        copy_rows(self._connection, tables.records, map(_record_row, folded))
        copy_rows(self._connection, tables.identifiers, _identifier_rows(folded))
        copy_rows(self._connection, tables.interactions, _interaction_rows(folded))
        copy_rows(self._connection, tables.notes, _note_rows(folded))

    def _remove(self, existing: Mapping[str, Record]) -> None:
        ids = list(existing)
        seen = [each for record in existing.values() for each in record.sightings]
        values = list({each.value for each in seen} | {each.token for each in seen if each.token})
        for statement in (
            "DELETE FROM records WHERE id = ANY(CAST(:ids AS text[]))",
            "DELETE FROM identifiers WHERE value = ANY(:values) AND record_id = ANY(CAST(:ids AS text[]))",
            "DELETE FROM interactions WHERE record_id = ANY(CAST(:ids AS text[]))",
            "DELETE FROM notes WHERE record_id = ANY(CAST(:ids AS text[])) AND NOT written_here",
        ):
            self._connection.execute(text(statement), {"ids": id_array(ids), "values": values})

    def load(self, record_ids: Sequence[str]) -> list[Record]:
        """Return the folded records with these ids, as far as they exist."""
        rows = self._connection.execute(
            text("SELECT body FROM records WHERE id = ANY(CAST(:ids AS text[]))"),
            {"ids": id_array(record_ids)},
        )
        return [_decode_record(body) for body in rows.scalars().all()]

    def load_all(self) -> Iterable[Record]:
        """Return every record, for a rebuild."""
        rows = self._connection.execute(
            text("SELECT body FROM records"), execution_options={"yield_per": 5_000}
        )
        for (body,) in rows:
            yield _decode_record(body)

    def holding(self, values: Sequence[str]) -> set[str]:
        """Return the ids of records that hold one of `values`, observed or better, of whatever type."""
        rows = self._connection.execute(
            text("SELECT record_id FROM identifiers WHERE value = ANY(:values) AND level >= :observed"),
            {"values": list(values), "observed": OBSERVED},
        )
        return set(rows.scalars().all())

    def about(self, record_ids: Sequence[str]) -> set[str]:
        """Return the ids of records that say they are about one of `record_ids`."""
        rows = self._connection.execute(
            text("SELECT id FROM records WHERE about = ANY(CAST(:ids AS text[]))"),
            {"ids": id_array(record_ids)},
        )
        return set(rows.scalars().all())

    def ids_after(self, start: str, limit: int) -> list[str]:
        """Return the ids that follow `start`: ids are hashes, so that these are as good as drawn by lot."""
        rows = self._connection.execute(
            text("SELECT id FROM records WHERE id > :start ORDER BY id LIMIT :limit"),
            {"start": start, "limit": limit},
        )
        return list(rows.scalars().all())

    def set_region(self, record_ids: Sequence[str], region: str | None) -> None:
        """Change by which country the numbers of all versions of the given records are read."""
        self._connection.execute(
            text("UPDATE versions SET region = :region WHERE record_id = ANY(CAST(:ids AS text[]))"),
            {"ids": id_array(record_ids), "region": region},
        )

    def ids_of_source(self, source: str) -> list[str]:
        """Return the ids of all records of one source."""
        rows = self._connection.execute(
            text("SELECT id FROM records WHERE source = :source"), {"source": source}
        )
        return list(rows.scalars().all())


def _record_row(folded: Folded) -> tuple[object, ...]:
    record = folded.record
    body = _encode(record).decode()
    is_certain = record.about_level is Level.VERIFIED
    about = record.about or None
    return (record.id, record.source, record.key, record.occurred_at, about, body, is_certain, record.deleted)


def _identifier_rows(folded: Iterable[Folded]) -> Iterable[tuple[object, ...]]:
    for each in folded:
        for seen in each.record.sightings:
            yield (
                seen.value,
                seen.level.rank,
                seen.type,
                seen.namespace,
                each.record.id,
                seen.first_at,
                seen.last_at,
                seen.former,
            )
            if seen.token:
                # Found like an identifier, so that a second use of one token is judged with the first.
                yield (
                    seen.token,
                    OBSERVED,
                    TOKEN,
                    "",
                    each.record.id,
                    seen.first_at,
                    seen.last_at,
                    seen.former,
                )


def _interaction_rows(folded: Iterable[Folded]) -> Iterable[tuple[object, ...]]:
    for each in folded:
        for one in each.interactions:
            yield (each.record.id, one.id, one.kind, one.at, one.direction, one.summary)


def _note_rows(folded: Iterable[Folded]) -> Iterable[tuple[object, ...]]:
    for each in folded:
        for one in each.notes:
            yield (each.record.id, one.id, one.at, one.author, one.body, False)
