"""`python -m benchmarks.dedupe.default_model`: count the weights of the model that ships, from labelled contacts.

Reads the part of the labels that is for training, and never the others. Writes the model to the given file.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click
from msgspec.structs import replace

from benchmarks.dedupe.avouch import as_contacts
from benchmarks.dedupe.truth import Labelled, load, split
from worker.domain.matching import pairs as matching
from worker.domain.matching.comparisons import compare
from worker.domain.matching.model import RAREST, Model, census, encode
from worker.domain.matching.portraits import Portrait
from worker.domain.matching.training import counted, prior_of

MODEL = Path(__file__).parents[2] / "worker/domain/matching/default_model.json"


def fitted(labelled: Labelled, name: str) -> Model:
    """Return the model that labelled contacts give."""
    leads = as_contacts(labelled.rows)
    portraits = {contact: portrait for contact, (portrait, _) in leads.items()}
    known = matching.known(portraits.values())
    patterns: dict[tuple[str, str, str, str], list[int]] = {}
    for one, other in matching.pairs(portraits):
        pattern = compare(portraits[one], portraits[other], known).pattern
        numbers = patterns.setdefault(pattern, [0, 0])
        numbers[_person(leads[one][1], labelled) != _person(leads[other][1], labelled)] += 1
    sums = {pattern: (float(one), float(two)) for pattern, (one, two) in patterns.items()}
    model = Model(
        name=name,
        prior=prior_of(sums.values()),
        levels=counted(sums),
        census=census(portrait.names for portrait in portraits.values()),
    )
    return replace(model, namesakes=_namesakes(portraits.values(), model))


def _person(ids: list[str], labelled: Labelled) -> str:
    """Return whose contact it is; of a line that several call from, the one with most calls."""
    return Counter(labelled.people[each] for each in ids).most_common(1)[0][0]


def _namesakes(portraits: Iterable[Portrait], model: Model) -> float:
    expected = [model.census.namesakes(name) for each in portraits for name in each.names]
    counts = [max(each, RAREST) for each in expected if each]
    return sum(counts) / len(counts)


@click.command(help=__doc__)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("../shared/data/contacts-20k"),
    show_default=True,
)
@click.option("--out", type=click.Path(path_type=Path), default=MODEL, help="Where to write the model.")
def main(folder: Path, out: Path) -> None:
    """Count and write."""
    model = fitted(split(load(folder))["train"], "counted on the training part of contacts-20k")
    out.write_text(encode(model), encoding="utf-8")
    click.echo(f"Wrote {len(model.census.words):,} words of names and the levels to {out.name}.")


if __name__ == "__main__":
    main()
