"""Scenes on the real database: what sources deliver, what the jobs make of it, and what an agent then sees."""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from integrations import registry
from integrations.contract import Connector, ContactRecord, Identifier, Interaction, Level, Note, Page
from tests.builders import ID_KEY, LANDED, P, account, at, id_of, phone, version
from tests.database import add_sources, exported, land_page, resolve_all
from worker.domain.contacts import Contact
from worker.domain.findings import Findings, Seen
from worker.jobs import convert, dedupe, import_file, inspect_file, sync
from worker.jobs.import_file import Rehearsal, Wanted
from worker.jobs.inspect_file import Inspected
from worker.jobs.people import Panel, People, Profile
from worker.jobs.resolve import Outcome
from worker.jobs.sync import Report
from worker.storage.database import engine_for
from worker.storage.people import InteractionRow
from worker.storage.unit_of_work import UnitOfWork
from worker.storage.work import RejectRow

SOURCES = dict.fromkeys(("chat", "crm", "pbx"), Level.VERIFIED)


def delivered(key: str, *identifiers: Identifier, on: float = 0, **fields: Any) -> ContactRecord:
    """A record as a connector delivers it."""
    return version(key, *identifiers, occurred_at=at(on), **fields).record


def delivered_call(key: str, number: str | None = P, *, on: float = 0) -> ContactRecord:
    """A call with a note about it."""
    line = [] if number is None else [phone(number, Level.OBSERVED)]
    return delivered(
        key,
        *line,
        on=on,
        interactions=(Interaction(id=key, kind="call", at=at(on)),),
        notes=(Note(id=f"note-{key}", at=at(on), body=f"about {key}"),),
    )


def delivered_login(key: str, user: str, *identifiers: Identifier, on: float = 0) -> ContactRecord:
    """An authenticated session."""
    return delivered(key, account(user), *identifiers, on=on, name=f"{user.title()} Ruiz")


class Imported(NamedTuple):
    """What an import reported."""

    report: Report
    warnings: list[str]
    findings: Findings
    renumbered: Seen | None


class Scene:
    """A database with three sources, trusted to the full, and our own platform's."""

    def __init__(self, uow: UnitOfWork, trust: Mapping[str, Level] = SOURCES) -> None:
        self.uow = uow
        add_sources(uow, trust)
        with uow.begin() as tx:
            convert.ensure_own_source(tx)

    def land(self, source: str, *records: ContactRecord, landed_at: datetime = LANDED) -> None:
        """Land one page, and decide nothing yet."""
        land_page(self.uow, source, records, landed_at=landed_at)

    def settle(self) -> None:
        """Do all the work that waits: contacts first, then suggestions."""
        resolve_all(self.uow)
        while dedupe.run(self.uow).outcome is Outcome.MORE:
            pass

    def see(self, source: str, *records: ContactRecord) -> None:
        """Land one page and do the work that comes of it."""
        self.land(source, *records)
        self.settle()

    def imported(self, path: Path, source: str = "books", **wanted: Any) -> Imported:
        """Import a file as the command does, and do the work that comes of it."""
        imported = self.read(path, source, **wanted)
        self.settle()
        return imported

    def read(self, path: Path, source: str = "books", **wanted: Any) -> Imported:
        """Import a file, and decide nothing yet."""
        given = Wanted(source, str(path), _FORMATS[path.suffix], **wanted)
        reader = self._inspected(given, compare=inspect_file.knows(self.uow, source))
        full = import_file.prepare(self.uow, given, None)
        report = sync.Run(self.uow, reader)(source, full=full)
        with self.uow.begin() as tx:
            (run,) = tx.work.runs(source, 1)
        return Imported(report, run.warnings, reader.findings, reader.renumbered)

    def rehearsed(self, path: Path, source: str = "books", **wanted: Any) -> Rehearsal:
        """Read a file as `avouch import --dry-run` does."""
        given = Wanted(source, str(path), _FORMATS[path.suffix], **wanted)
        return import_file.rehearse(self._inspected(given, compare=True), lambda _: None)

    def _inspected(self, given: Wanted, *, compare: bool) -> Inspected:
        source = import_file.source_of(given, None)
        trust = import_file.trust_of(given, None)
        return inspect_file.inspected(self.uow, registry.connector(source), source, trust, compare=compare)

    def contact(self, source: str, key: str) -> Contact:
        """Return the contact that a record is in."""
        return self.contact_of(id_of(source, key))

    def contact_of(self, some_id: str) -> Contact:
        """Return the contact that an id leads to."""
        with self.uow.begin() as tx:
            found = tx.contacts.find(some_id)
        assert found is not None
        return found

    def contacts(self) -> list[Contact]:
        """Return all contacts."""
        with self.uow.begin() as tx:
            return [each.contact for each in tx.contacts.counted()]

    def told(self) -> set[str]:
        """Say what contacts there are, each by its records' keys."""
        return {
            f"{each.kind.value}: {', '.join(sorted(record.id for record in each.records))}"
            for each in self.contacts()
        }

    def exported(self) -> list[str]:
        """Return the export, a contact a line."""
        return exported(self.uow)

    def suggested(self) -> set[str]:
        """Say which contacts may be one person, each by the key of its founding record."""
        with self.uow.begin() as tx:
            found = tx.suggestions.strongest(1_000)
            ids = sorted({each for pair in found for each in (pair.one, pair.other)})
            key = {record.id: record.key for record in tx.evidence.load(ids)}
        return {" ~ ".join(sorted((key[each.one], key[each.other]))) for each in found}

    def panel(self, number: str = P, *, now: datetime = LANDED, **asked: Any) -> Panel:
        """Return what an agent sees when a number calls."""
        return People(self.uow).lookup("phone", number, region=None, now=now, **asked)

    def profile(self, source: str, key: str) -> Profile:
        """Return everything that stands on the contact of a record."""
        return People(self.uow).profile(id_of(source, key))

    def interactions(self, source: str, key: str) -> list[InteractionRow]:
        """Return the calls and chats of the contact of a record, newest first."""
        return self.profile(source, key).interactions

    def notes(self, source: str, key: str) -> set[str]:
        """Return the notes of the contact of a record."""
        return {note.body for note in self.profile(source, key).notes}

    def rejects(self, source: str = "books") -> list[RejectRow]:
        """Return what a source delivered that could not become a record."""
        with self.uow.begin() as tx:
            return sorted(tx.work.rejects(source), key=lambda each: each.id)

    def newest_change(self, kind: str) -> int:
        """Return the number of the newest change of a kind."""
        with self.uow.begin() as tx:
            return next(row.number for row in tx.changes.latest(100) if row.change.kind == kind)

    def changes(self) -> int:
        """Return how many changes are logged."""
        with self.uow.begin() as tx:
            return len(tx.changes.latest(1_000))


_FORMATS = {".csv": "csv", ".vcf": "vcard", ".jsonl": "jsonl"}


def a_file(folder: Path, name: str, lines: Iterable[str]) -> Path:
    """Write a file of lines."""
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


KILLED = 9


class _Killed:
    """A connector whose process is killed while a page is under way, once so many entries were read."""

    def __init__(self, connector: Connector, entries: int) -> None:
        self._connector = connector
        self._left = entries

    def fetch(self, cursor: str | None) -> Page:
        page = self._connector.fetch(cursor)
        self._left -= len(page.deliveries) + len(page.rejected)
        if self._left < 0:
            os._exit(KILLED)
        return page


def import_until_killed(database_url: str, path: str, entries: int) -> None:
    """Import a file in a process of its own, which is killed on the page with that entry."""
    uow = UnitOfWork(engine_for(database_url), ID_KEY)
    wanted = Wanted("books", path, "csv")
    import_file.prepare(uow, wanted, None)
    connector = registry.connector(import_file.source_of(wanted, None))
    sync.Run(uow, _Killed(connector, entries))("books")
