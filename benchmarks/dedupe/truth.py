"""Labelled contacts: reading them, and keeping some of them unseen.

A folder of them holds `contacts.csv.gz`, `truth.csv.gz` and `sources.csv`; `persons.csv.gz` (who lives and
works together) and `verified.csv.gz` (what a web channel proved) may be there.
"""

import csv
import gzip
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import click

SHARES = {"train": 2, "validate": 1, "unseen": 1}
"""The parts, and how many quarters of the contacts each gets."""


class Row(NamedTuple):
    """A contact as one source wrote it, before anything is canonical; a missing value is empty."""

    id: str
    source: str
    channel: str
    region: str
    """Where the source says that a number without a country code is from; empty when it does not say."""
    name: str
    phone: str
    email: str
    company: str
    created_at: str


class Verified(NamedTuple):
    """What a web channel proved about a contact. The peers of the benchmark never see it."""

    visitor: str
    subject: str


@dataclass(frozen=True)
class Labelled:
    """Contacts in order of arrival, and whose they are."""

    rows: list[Row]
    people: dict[str, str]
    """Contact to person, by what its fields can tell."""
    people_if_verified: dict[str, str] = field(default_factory=dict)
    """The same when the evidence in `verified` is used too."""
    verified: dict[str, Verified] = field(default_factory=dict)
    circles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Person to the household and the company of that person."""

    def of(self, ids: set[str]) -> "Labelled":
        """Return the part of it that is about `ids`."""
        return Labelled(
            rows=[row for row in self.rows if row.id in ids],
            people={id_: person for id_, person in self.people.items() if id_ in ids},
            people_if_verified={i: person for i, person in self.people_if_verified.items() if i in ids},
            verified={id_: proved for id_, proved in self.verified.items() if id_ in ids},
            circles=self.circles,
        )


def load(folder: Path) -> Labelled:
    """Read the labelled contacts in `folder`.

    Raises:
        click.ClickException: `folder` holds none.
    """
    missing = [n for n in ("contacts.csv.gz", "truth.csv.gz", "sources.csv") if not (folder / n).is_file()]
    if missing:
        raise click.ClickException(
            f"{folder} has no {missing[0]}. Name a folder of labelled contacts: --data FOLDER"
        )
    regions = {line["source"]: line["default_region"] for line in _lines(folder / "sources.csv")}
    rows = [
        Row(
            id=line["external_id"],
            source=line["source"],
            channel=line["channel"],
            region=regions[line["source"]],
            name=line["full_name"],
            phone=line["phone_raw"],
            email=line["email_raw"],
            company=line["company"],
            created_at=line["created_at"],
        )
        for line in _lines(folder / "contacts.csv.gz")
    ]
    truth = list(_lines(folder / "truth.csv.gz"))
    return Labelled(
        rows=rows,
        people={line["external_id"]: line["person_id"] for line in truth},
        people_if_verified={line["external_id"]: line["person_if_verified"] for line in truth},
        verified={
            line["external_id"]: Verified(line["visitor_id"], line["auth_subject"])
            for line in _lines(folder / "verified.csv.gz")
        },
        circles=_circles(folder / "persons.csv.gz"),
    )


def split(whole: Labelled) -> dict[str, Labelled]:
    """Return the parts of `whole` by name: who lives or works together is in one part.

    Colleagues' households and their companies chain, so some of these groups are large. They are dealt out
    whole, largest first, each to the part that lacks most of its share; a hash decides between equals. The
    same contacts give the same parts, in whatever order they come.
    """
    held: dict[str, list[str]] = defaultdict(list)
    leaders = _leaders(whole)
    for row in whole.rows:
        held[leaders[whole.people[row.id]]].append(row.id)
    shuffled = sorted(held, key=lambda leader: (-len(held[leader]), _hash(min(held[leader]))))
    quarters = len(whole.rows) / sum(SHARES.values())
    lacks = {part: share * quarters for part, share in SHARES.items()}
    ids: dict[str, set[str]] = {part: set() for part in SHARES}
    for leader in shuffled:
        part = max(lacks, key=lambda name: (lacks[name], name))
        ids[part].update(held[leader])
        lacks[part] -= len(held[leader])
    return {part: whole.of(some) for part, some in ids.items()}


def _circles(path: Path) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in _lines(path):
        new = (line["household_id"], line["company_id"])
        held = found.get(line["person_id"], ())
        found[line["person_id"]] = (*held, *(each for each in new if each and each not in held))
    return found


def _leaders(whole: Labelled) -> dict[str, str]:
    """Return, for each person, the one who stands for all that are tied by household, company or proof."""
    parent: dict[str, str] = {}

    def find(member: str) -> str:
        root = member
        while parent.setdefault(root, root) != root:
            root = parent[root]
        while parent[member] != root:
            parent[member], member = root, parent[member]
        return root

    # A person's id and a circle's may be equal: the mark keeps them apart.
    ties = [(person, f"circle:{circle}") for person, some in whole.circles.items() for circle in some]
    ties += [(whole.people[id_], person) for id_, person in whole.people_if_verified.items()]
    for one, other in ties:
        parent[find(one)] = find(other)
    return {person: find(person) for person in whole.people.values()}


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _lines(path: Path) -> Iterator[Mapping[str, str]]:
    if not path.is_file():
        return
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
