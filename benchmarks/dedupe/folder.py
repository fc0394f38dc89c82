"""`python -m benchmarks.dedupe.folder FOLDER`: write labelled contacts of our own making, as `truth.load` reads them.

A contact at a time, so that a million take a minute or two and no more memory than a town.
"""

import csv
import gzip
import io
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmarks.dedupe.people import SOURCES, Made, made

if TYPE_CHECKING:
    from _csv import Writer

_HEADINGS = {
    "contacts": (
        "source",
        "external_id",
        "channel",
        "full_name",
        "phone_raw",
        "email_raw",
        "company",
        "created_at",
    ),
    "truth": ("external_id", "person_id", "linkable", "kinds", "person_if_verified"),
    "persons": ("person_id", "household_id", "company_id"),
}


def write(folder: Path, contacts: Iterable[Made]) -> None:
    """Write `contacts` into `folder`, town by town; `created_at` says when each arrived.

    A person who changed jobs has a line for each in `persons`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "sources.csv").open("w", encoding="utf-8", newline="") as file:
        lines = ((source, channel, region) for source, (channel, region) in SOURCES.items())
        csv.writer(file).writerows([("source", "channel", "default_region"), *lines])
    with ExitStack() as opened:
        tables = {name: _table(opened, folder / f"{name}.csv.gz", head) for name, head in _HEADINGS.items()}
        last = ""
        for row, person, kinds, circles in contacts:
            values = (row.name, row.phone, row.email, row.company, row.created_at)
            tables["contacts"].writerow((row.source, row.id, row.channel, *values))
            tables["truth"].writerow((row.id, person, int("nothing" not in kinds), " ".join(kinds), person))
            if circles and person != last:
                household, *companies = circles
                tables["persons"].writerows((person, household, each) for each in companies or [""])
                last = person


def _table(opened: ExitStack, path: Path, heading: tuple[str, ...]) -> "Writer":
    # Without a time in its head, the same contacts are the same file.
    raw = opened.enter_context(gzip.GzipFile(path, "wb", mtime=0))
    writer = csv.writer(opened.enter_context(io.TextIOWrapper(raw, encoding="utf-8", newline="")))
    writer.writerow(heading)
    return writer


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--size", default=100_000, show_default=True, help="How many contacts.")
@click.option("--seed", default=11, show_default=True, help="What they are made from.")
def main(folder: Path, size: int, seed: int) -> None:
    """Make and write."""
    write(folder, made(size, seed))
    click.echo(
        f"Wrote {size:,} contacts to {folder}. Measure them: python -m benchmarks.dedupe --data {folder}"
    )


if __name__ == "__main__":
    main()
