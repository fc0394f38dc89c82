"""The record of work: runs, rejects, schedules, rechecks, and single facts."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from integrations.contract import Rejected


class RunRow(NamedTuple):
    """One run of a source."""

    id: int
    source: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    pages: int
    pulled: int
    changed: int
    rejected: int
    warnings: list[str]
    error: str | None
    suppressed: int = 0
    """Entries of people who were erased."""


class RejectRow(NamedTuple):
    """One entry that could not become a record."""

    id: int
    source: str
    place: str
    reason: str
    raw: str
    first_at: datetime
    last_at: datetime
    times: int


class WorkStore:
    """Reads and writes the record of work inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def _all(self, statement: str, **values: object) -> list[Any]:
        return list(self._connection.execute(text(statement), values))

    def start_run(self, source: str, now: datetime) -> int:
        """Open a run and return its number."""
        (row,) = self._all(
            "INSERT INTO runs (source, started_at) VALUES (:source, :now) RETURNING id",
            source=source,
            now=now,
        )
        return int(row.id)

    def count_page(
        self, run: int, *, pulled: int, changed: int, rejected: int, suppressed: int, warnings: Iterable[str]
    ) -> None:
        """Add one page to a run's counts."""
        self._connection.execute(
            text(
                "UPDATE runs SET pages = pages + 1, pulled = pulled + :pulled, changed = changed + :changed,"
                " rejected = rejected + :rejected, suppressed = suppressed + :suppressed,"
                " warnings = (SELECT coalesce(jsonb_agg(DISTINCT w), '[]') FROM"
                " jsonb_array_elements(warnings || to_jsonb(CAST(:warnings AS text[]))) w) WHERE id = :run"
            ),
            {
                "run": run,
                "pulled": pulled,
                "changed": changed,
                "rejected": rejected,
                "suppressed": suppressed,
                "warnings": list(warnings),
            },
        )

    def finish_run(self, run: int, now: datetime, outcome: str, error: str | None = None) -> None:
        """Close a run with how it ended."""
        self._connection.execute(
            text("UPDATE runs SET finished_at = :now, outcome = :outcome, error = :error WHERE id = :run"),
            {"run": run, "now": now, "outcome": outcome, "error": error},
        )

    def open_run(self, source: str) -> int | None:
        """Return the source's latest run if it is still open."""
        rows = self._all(
            "SELECT id, finished_at FROM runs WHERE source = :source ORDER BY id DESC LIMIT 1", source=source
        )
        return int(rows[0].id) if rows and rows[0].finished_at is None else None

    def runs(self, source: str | None = None, limit: int = 20) -> list[RunRow]:
        """Return the latest runs, newest first."""
        return [
            RunRow(*row)
            for row in self._all(
                "SELECT id, source, started_at, finished_at, outcome, pages, pulled, changed, rejected, warnings,"
                " error, suppressed FROM runs WHERE CAST(:source AS text) IS NULL OR source = :source"
                " ORDER BY id DESC LIMIT :limit",
                source=source,
                limit=limit,
            )
        ]

    def run_totals(self) -> list[Any]:
        """Return for each source what its runs pulled and changed, and how many different entries were bad."""
        return self._all(
            "SELECT source, count(*) AS runs, sum(pages) AS pages, sum(pulled) AS pulled, sum(changed) AS changed,"
            " (SELECT count(*) FROM rejects WHERE rejects.source = runs.source) AS rejected"
            " FROM runs GROUP BY source ORDER BY source"
        )

    def forget_runs(self, before: datetime) -> int:
        """Delete finished runs older than `before`; return how many."""
        deleted = self._connection.execute(
            text("DELETE FROM runs WHERE finished_at < :before"), {"before": before}
        )
        return int(deleted.rowcount)

    def reject(self, source: str, rejected: Sequence[Rejected], now: datetime) -> None:
        """Keep bad entries with their reasons; the same bad entry again counts up."""
        rows = {}
        for each in rejected:
            raw = storable(each.raw)
            digest = hashlib.blake2b(f"{each.reason}\0{raw}".encode(), digest_size=16).digest()
            rows[digest] = {
                "source": source,
                "digest": digest,
                "place": storable(each.where),
                "reason": storable(each.reason),
                "raw": raw,
                "now": now,
            }
        if rows:
            self._connection.execute(
                text(
                    "INSERT INTO rejects (source, digest, place, reason, raw, first_at, last_at)"
                    " VALUES (:source, :digest, :place, :reason, :raw, :now, :now) ON CONFLICT (source, digest)"
                    " DO UPDATE SET last_at = excluded.last_at, place = excluded.place, times = rejects.times + 1"
                ),
                list(rows.values()),
            )

    def rejects(self, source: str | None = None, limit: int = 100) -> list[RejectRow]:
        """Return rejected entries, newest first."""
        return [
            RejectRow(*row)
            for row in self._all(
                "SELECT id, source, place, reason, raw, first_at, last_at, times FROM rejects"
                " WHERE CAST(:source AS text) IS NULL OR source = :source ORDER BY last_at DESC, id DESC LIMIT :limit",
                source=source,
                limit=limit,
            )
        ]

    def count_rejects(self) -> int:
        """Return how many bad entries are kept."""
        return int(self._all("SELECT count(*) AS n FROM rejects")[0].n)

    def due_schedules(self, now: datetime) -> list[Any]:
        """Return periodic jobs that are due: name, task, every (seconds), cron."""
        return self._all(
            "SELECT name, task, every, cron FROM schedules WHERE next_run_at <= :now ORDER BY next_run_at",
            now=now,
        )

    def put_schedule(
        self, name: str, task: str, every: int | None, cron: str | None, next_run_at: datetime
    ) -> None:
        """Add a periodic job, or change when it runs; a change counts from `next_run_at`."""
        self._connection.execute(
            text(
                "INSERT INTO schedules (name, task, every, cron, next_run_at)"
                " VALUES (:name, :task, :every, :cron, :next)"
                " ON CONFLICT (name) DO UPDATE SET task = excluded.task, every = excluded.every, cron = excluded.cron,"
                " next_run_at = CASE WHEN (schedules.every, schedules.cron) IS NOT DISTINCT FROM"
                " (excluded.every, excluded.cron) THEN schedules.next_run_at ELSE excluded.next_run_at END"
            ),
            {"name": name, "task": task, "every": every, "cron": cron, "next": next_run_at},
        )

    def drop_schedules(self, kept: Sequence[str]) -> None:
        """Remove the periodic jobs that are no longer in the table of jobs."""
        self._connection.execute(
            text("DELETE FROM schedules WHERE NOT name = ANY(:kept)"), {"kept": list(kept)}
        )

    def scheduled(self, name: str, next_run_at: datetime) -> None:
        """Set when a periodic job runs next."""
        self._connection.execute(
            text("UPDATE schedules SET next_run_at = :next WHERE name = :name"),
            {"name": name, "next": next_run_at},
        )

    def schedules(self) -> list[Any]:
        """Return all periodic jobs: name, task, every, cron, next_run_at."""
        return self._all("SELECT name, task, every, cron, next_run_at FROM schedules ORDER BY name")

    def watch(self, record_ids: Sequence[str], source: str, next_at: datetime) -> None:
        """Ask the source again for these records later, unless that is planned already."""
        self._connection.execute(
            text(
                "INSERT INTO rechecks (record_id, source, next_at) SELECT unnest(CAST(:ids AS text[])), :source, :next"
                " ON CONFLICT DO NOTHING"
            ),
            {"ids": list(record_ids), "source": source, "next": next_at},
        )

    def due_rechecks(self, now: datetime, limit: int) -> list[Any]:
        """Return records to ask again for: record_id, key, source, attempts, and their contact's kind.

        Those of a source that is paused or gone wait: asking would only fail.
        """
        return self._all(
            "SELECT c.record_id, r.key, c.source, c.attempts, k.kind FROM rechecks c"
            " JOIN records r ON r.id = c.record_id LEFT JOIN members m ON m.record_id = c.record_id"
            " LEFT JOIN contacts k ON k.id = m.contact_id"
            " JOIN sources s ON s.name = c.source AND s.configured AND s.paused IS NULL"
            " WHERE c.next_at <= :now ORDER BY c.next_at LIMIT :limit",
            now=now,
            limit=limit,
        )

    def plan_recheck(self, record_ids: Sequence[str], next_at: datetime) -> None:
        """Plan the next time to ask for these records, and count this one."""
        self._connection.execute(
            text("UPDATE rechecks SET next_at = :next, attempts = attempts + 1 WHERE record_id = ANY(:ids)"),
            {"ids": list(record_ids), "next": next_at},
        )

    def postpone_rechecks(self, record_ids: Sequence[str], next_at: datetime) -> None:
        """Plan another time to ask for these records; this one does not count."""
        self._connection.execute(
            text("UPDATE rechecks SET next_at = :next WHERE record_id = ANY(:ids)"),
            {"ids": list(record_ids), "next": next_at},
        )

    def unwatch(self, record_ids: Sequence[str]) -> None:
        """Ask no more for these records."""
        self._connection.execute(
            text("DELETE FROM rechecks WHERE record_id = ANY(:ids)"), {"ids": list(record_ids)}
        )

    def fact(self, name: str) -> str | None:
        """Return a single fact, such as the digest of the configuration that is in force."""
        rows = self._all("SELECT value FROM facts WHERE name = :name", name=name)
        return str(rows[0].value) if rows else None

    def facts(self) -> dict[str, tuple[str, datetime]]:
        """Return all facts with when they were set."""
        return {row.name: (row.value, row.at) for row in self._all("SELECT name, value, at FROM facts")}

    def set_fact(self, name: str, value: str, now: datetime) -> None:
        """Set a single fact."""
        self._connection.execute(
            text(
                "INSERT INTO facts (name, value, at) VALUES (:name, :value, :now)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at"
            ),
            {"name": name, "value": value, "now": now},
        )


def storable(raw: str) -> str:
    """Make any text fit for PostgreSQL, which holds no NUL and no lone surrogates."""
    return raw.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
