"""Evaluate: how good contacts and suggestions are, measured by a list of whose each record is."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from worker.domain.contacts import Contact, Kind
from worker.domain.matching.evaluation import (
    Curve,
    Point,
    clusters_of_contacts,
    inside,
    pairwise_of_contacts,
)
from worker.domain.proofs import Reason
from worker.domain.records import Record, record_id
from worker.domain.resolve import resolve
from worker.domain.union import Union
from worker.jobs.closure import closure
from worker.jobs.policy import policy_in_force
from worker.storage.unit_of_work import Transaction, UnitOfWork

COLUMNS = ("source", "id", "person")
_SHOWN = 5
"""Lines that an error names."""

CAUSES = ("rules", "line", "cookie", "decision")
"""What holds a contact together that mixes people, the first being the one that should not happen."""


class TruthError(ValueError):
    """Raised when the list is not what it has to be. The message names file, line and what is wrong."""


class Row(NamedTuple):
    """Whose a record is."""

    line: int
    source: str
    key: str
    person: str


class Mixed(NamedTuple):
    """A contact that holds rows of two people or more."""

    contact: str
    cause: str
    """One of `CAUSES`."""
    rules: tuple[str, ...]
    """The rules that joined it."""
    rows: tuple[Row, ...]


class Evaluated(NamedTuple):
    """What the contacts are worth."""

    rows: int
    missing: tuple[int, ...]
    """Lines of records that are not here."""
    people: int
    contacts: int
    mixed: tuple[Mixed, ...]
    joined: Point
    """The pairs of rows inside contacts."""
    true_pairs: int
    """Inside contacts and between them."""
    pairs: Curve
    """Of what the suggestions would add."""
    clusters: Curve
    """Of what joining by suggestions, one after the other, would add."""

    @property
    def share_joined(self) -> float:
        """The share of all true pairs that are inside contacts."""
        return self.joined.right / self.true_pairs if self.true_pairs else 1.0

    def mixing(self, cause: str) -> int:
        """Return how many contacts mix people for one cause."""
        return sum(each.cause == cause for each in self.mixed)

    def per_100_000(self, contacts: int) -> float:
        """Return a number of contacts as one in 100,000 rows."""
        return contacts * 100_000 / self.rows


def read(file: Path) -> list[Row]:
    """Read a list of whose each record is: CSV with the columns `source`, `id` and `person`.

    Raises:
        TruthError: it has not these columns, a cell is empty, or a record is named twice.
    """
    with file.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.DictReader(opened)
        try:
            missing = [each for each in COLUMNS if each not in (reader.fieldnames or ())]
            if missing:
                raise TruthError(
                    f"{file.name}, line 1: no column is called {missing[0]}. The first line has to name"
                    f" {', '.join(COLUMNS)}"
                )
            return list(_rows(file.name, reader))
        except (UnicodeDecodeError, csv.Error) as error:
            raise TruthError(f"{file.name}, line {reader.line_num + 1}: is no CSV in UTF-8") from error


def _rows(name: str, reader: "csv.DictReader[str]") -> Iterator[Row]:
    first: dict[tuple[str, str], int] = {}
    for said in reader:
        line = reader.line_num
        empty = [each for each in COLUMNS if not (said[each] or "").strip()]
        if empty:
            raise TruthError(f"{name}, line {line}: {empty[0]} is empty")
        row = Row(line, *(said[each].strip() for each in COLUMNS))
        before = first.setdefault((row.source, row.key), line)
        if before != line:
            raise TruthError(f"{name}, line {line}: the record is on line {before} already. Name each once")
        yield row


def run(uow: UnitOfWork, rows: Sequence[Row], name: str) -> Evaluated:
    """Measure the contacts and suggestions that are stored. Settle before.

    Args:
        uow: The database.
        rows: Whose each record is; records that are not listed count neither way.
        name: Of the file, for errors.

    Raises:
        TruthError: none of the records is here.
    """
    with uow.begin() as tx:
        tx.snapshot()
        tx.patient()
        by_id = {record_id(uow.id_key, row.source, row.key): row for row in rows}
        membership = tx.contacts.membership(list(by_id))
        if not membership:
            raise TruthError(f"{name}: {_none_is_here(tx, rows)}")
        of_contact: dict[str, list[Row]] = defaultdict(list)
        for each, contact in membership.items():
            of_contact[contact].append(by_id[each])
        held = {contact: Counter(row.person for row in some) for contact, some in of_contact.items()}
        scored = [(each.one, each.other, each.score.weight) for each in tx.suggestions.among(held)]
        mixed = tuple(_mixed(tx, of_contact, {each: by_id[each].person for each in membership}))
    joined, pairs = inside(held), pairwise_of_contacts(scored, held)
    return Evaluated(
        rows=len(membership),
        missing=tuple(sorted(row.line for each, row in by_id.items() if each not in membership)),
        people=len({row.person for some in of_contact.values() for row in some}),
        contacts=len(held),
        mixed=mixed,
        joined=joined,
        true_pairs=joined.right + pairs.true_pairs,
        pairs=pairs,
        clusters=clusters_of_contacts(scored, held),
    )


def _none_is_here(tx: Transaction, rows: Sequence[Row]) -> str:
    known = {row.name for row in tx.sources.all()}
    strange = [row for row in rows if row.source not in known]
    if not rows:
        return "has no row"
    if strange:
        return f"line {strange[0].line}: no source is called {strange[0].source}. See: avouch sources list"
    lines = ", ".join(str(row.line) for row in rows[:_SHOWN])
    return f"no record of it is here (lines {lines}). The column id has to be the id in the source"


def _mixed(
    tx: Transaction, of_contact: Mapping[str, Sequence[Row]], people: Mapping[str, str]
) -> Iterator[Mixed]:
    wanted = sorted(each for each, rows in of_contact.items() if len({row.person for row in rows}) > 1)
    for contact in sorted(tx.contacts.get_all(wanted), key=lambda each: each.id):
        yield Mixed(
            contact.id,
            _cause(tx, contact, people),
            tuple(sorted({proof.rule for proof in _joins(contact)})),
            tuple(sorted(of_contact[contact.id])),
        )


def _joins(contact: Contact) -> list[Reason]:
    """Return the proofs that hold records together; the one that makes a user joins nobody."""
    return [each for each in contact.proofs if len(each.evidence) > 1]


def _cause(tx: Transaction, contact: Contact, people: Mapping[str, str]) -> str:
    """Say what mixes people in a contact: what, left out, no longer does.

    A lead is whoever uses one line, so the calls of a household's telephone are one lead honestly.
    """
    together = _together(contact, lambda proof: proof.rule != "line")
    if contact.kind is Kind.LEAD and not _mixes(together, people):
        return "line"
    policy = policy_in_force(tx)
    records, _, decisions = closure(tx, contact.record_ids, policy)
    for cause, some in (
        ("cookie", resolve([_without_devices(each) for each in records], policy, decisions)),
        ("decision", resolve(records, policy, [each for each in decisions if each.kind != "same"])),
    ):
        own = {*contact.record_ids}
        if not _mixes(([*own.intersection(each.record_ids)] for each in some.contacts), people):
            return cause
    return "rules"


def _together(contact: Contact, counts: Callable[[Reason], bool]) -> Iterable[list[str]]:
    """Return the records of a contact by what the proofs that count hold together."""
    ids = contact.record_ids
    place = {each: number for number, each in enumerate(ids)}
    union = Union(len(ids))
    for proof in _joins(contact):
        if counts(proof):
            union.join(place[each] for each in proof.evidence if each in place)
    return [[ids[number] for number in group] for group in union.groups().values()]


def _mixes(groups: Iterable[Iterable[str]], people: Mapping[str, str]) -> bool:
    return any(len({people[each] for each in group if each in people}) > 1 for group in groups)


def _without_devices(record: Record) -> Record:
    return replace(record, sightings=tuple(each for each in record.sightings if each.type != "device"))
