"""`python -m benchmarks.dedupe.rules`: what the rules of identity join of labelled contacts, and each wrong join.

Only the rules: nobody decides, nothing is probable. A lead is whoever uses one line, so the calls of a household's
telephone are one lead honestly: these are counted apart from contacts that join what the books or a proof hold.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console
from rich.table import Table

from benchmarks.dedupe.truth import Labelled, Row, Verified, load
from integrations.contract import ContactRecord, Identifier, IdentifierType, Level
from worker.domain.contacts import Contact
from worker.domain.folding import fold
from worker.domain.matching.evaluation import true_pairs
from worker.domain.records import Record, Version, content_digest
from worker.domain.resolve import resolve

_LANDED = datetime(2026, 6, 1, tzinfo=UTC)
_BOOKS = frozenset({"import"})
_LINES = frozenset({"phone"})


class Joined(NamedTuple):
    """One contact of several rows."""

    contact: Contact
    rows: tuple[Row, ...]
    people: int
    kind: str
    """What holds it together: `line` for whoever uses one line, `cookie` where a browser does, else `rules`."""

    @property
    def rules(self) -> str:
        """The rules by which its rows were joined."""
        return ", ".join(sorted({proof.rule for proof in self.contact.proofs}))


def joined(labelled: Labelled) -> list[Joined]:
    """Return the contacts of several rows that the rules make of labelled contacts."""
    rows = {row.id: row for row in labelled.rows}
    people = labelled.people_if_verified or labelled.people
    contacts = resolve([_record(row, labelled.verified.get(row.id)) for row in labelled.rows]).contacts
    # The same without the browser's word: whoever is not together then, a cookie holds.
    proved = {id_: Verified("", each.subject) for id_, each in labelled.verified.items()}
    without = resolve([_record(row, proved.get(row.id)) for row in labelled.rows]).contacts
    whose = {key.id: each.id for each in without for key in each.records}
    return [
        Joined(
            each,
            of := tuple(rows[key.id] for key in each.records),
            len({people[row.id] for row in of}),
            _kind(each, of, whose),
        )
        for each in contacts
        if len(each.records) > 1
    ]


def _kind(contact: Contact, rows: Iterable[Row], without_cookies: Mapping[str, str]) -> str:
    if len({without_cookies[row.id] for row in rows}) > 1:
        return "cookie"
    if contact.kind.value == "lead" and sum(row.channel not in _LINES for row in rows) <= 1:
        return "line"
    return "rules"


def _record(row: Row, proved: Verified | None) -> Record:
    """Return a row as its channel's connector would deliver it."""
    at = datetime.fromisoformat(row.created_at)
    named = None if row.channel in _LINES else row.name or None
    record = ContactRecord(
        id=row.id, occurred_at=at, name=named, identifiers=tuple(_identifiers(row, proved))
    )
    version = Version(record, content_digest(record)[1], None, _LANDED, row.region or None)
    return fold(b"bench", row.source, [version]).record


def _identifiers(row: Row, proved: Verified | None) -> Iterator[Identifier]:
    level = Level.STORED if row.channel in _BOOKS else Level.CLAIMED
    carried = Level.OBSERVED if row.channel in _LINES or row.source == "whatsapp" else level
    # A messenger's id is the number without its plus.
    number = f"+{row.phone}" if row.source == "whatsapp" and row.phone.isdigit() else row.phone
    said: tuple[tuple[IdentifierType, str, Level], ...] = (
        ("phone", number, carried),
        ("email", row.email, level),
        ("device", proved.visitor if proved else "", Level.VERIFIED),
        ("account", proved.subject if proved else "", Level.VERIFIED),
    )
    for type_, value, sure in said:
        if value:
            namespace = "site" if type_ in {"device", "account"} else ""
            yield Identifier(type=type_, value=value, level=sure, namespace=namespace)


@click.command(help=__doc__)
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("../shared/data/contacts-20k"), show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(data: Path, *, as_json: bool) -> None:
    """Resolve and count."""
    labelled = load(data)
    contacts = joined(labelled)
    people = labelled.people_if_verified or labelled.people
    mixed = [each for each in contacts if each.people > 1]
    counted = {kind: [each for each in contacts if each.kind == kind] for kind in ("rules", "cookie", "line")}
    right = {kind: sum(map(_right_pairs(people), of)) for kind, of in counted.items()}
    figures = {
        kind: {
            "contacts": len(of),
            "mixed": sum(each.people > 1 for each in of),
            "mixed_per_100k_rows": round(
                sum(each.people > 1 for each in of) / len(labelled.rows) * 100_000, 1
            ),
            "share_of_true_pairs": round(right[kind] / true_pairs(people), 4),
        }
        for kind, of in counted.items()
    }
    if as_json:
        listed = [
            {"kind": e.kind, "rules": e.rules, "rows": [row.id for row in e.rows]}
            for e in mixed
            if e.kind != "line"
        ]
        click.echo(json.dumps({"rows": len(labelled.rows), **figures, "mixed": listed}))
        return
    table = Table("held together by", "contacts", "mix people", "per 100,000 rows", "of true pairs")
    for kind, of in figures.items():
        table.add_row(kind, *(f"{of[each]:,}" for each in list(of)[:3]), f"{of['share_of_true_pairs']:.1%}")
    Console().print(table)
    for each in mixed:
        if each.kind != "line":
            click.echo(f"{each.kind}: {each.rules}: {each.people} people")
            for row in each.rows:
                click.echo(f"    {row.id}  {row.name}  {row.phone}  {row.email}  {people[row.id]}")


def _right_pairs(people: dict[str, str]) -> Callable[[Joined], int]:
    def count(each: Joined) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(people[row.id] for row in each.rows).values())

    return count


if __name__ == "__main__":
    main()
