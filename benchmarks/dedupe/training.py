"""`python -m benchmarks.dedupe.training`: what `avouch dedupe train` gains or costs, on labelled contacts.

Each set is scored by the model that ships, by that model after training without labels, as near to it as `train`
stays and further away, and after decisions: pairs from the top of the list, or drawn from it, answered by the labels.
What decisions teach is measured on another set than they were made on.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import click
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

from benchmarks.dedupe import people
from benchmarks.dedupe.avouch import as_contacts, scored
from benchmarks.dedupe.truth import Labelled, load, split
from worker.domain.matching import pairs as matching
from worker.domain.matching.comparisons import compare
from worker.domain.matching.evaluation import Curve, clusters, pairwise
from worker.domain.matching.model import Model, census, default
from worker.domain.matching.scoring import score_of
from worker.domain.matching.training import STRENGTH, Seen, corrected, counted, estimated, seen

_STRENGTHS = (0.01, 0.3, STRENGTH)
"""From left to itself to what `train` does."""
_DECISIONS = (100, 500, 2_000)
Choice = Literal["top", "drawn"]


class Looked(NamedTuple):
    """A pair as a person would see it."""

    weight: float
    seen: Seen
    is_one: bool


def looked_at(labelled: Labelled, model: Model) -> list[Looked]:
    """Return the pairs of labelled contacts."""
    leads = as_contacts(labelled.rows)
    portraits = {contact: portrait for contact, (portrait, _) in leads.items()}
    whose = {
        each: Counter(labelled.people[row] for row in rows).most_common(1)[0][0]
        for each, (_, rows) in leads.items()
    }
    known = matching.known(portraits.values())
    found = []
    for one, other in matching.pairs(portraits):
        compared = compare(portraits[one], portraits[other], known)
        found.append(
            Looked(score_of(compared, model).weight, seen(compared, model), whose[one] == whose[other])
        )
    return found


def decided(some: Sequence[Looked]) -> Mapping[Seen, tuple[float, float]]:
    """Return pairs as people who are always right would decide them."""
    found: dict[Seen, tuple[float, float]] = {}
    for each in some:
        same, different = found.get(each.seen, (0.0, 0.0))
        found[each.seen] = (same + each.is_one, different + (not each.is_one))
    return found


def chosen(pairs: Sequence[Looked], number: int, how: Choice) -> list[Looked]:
    """Return pairs that a person would be shown: probable ones, from the top or drawn by lot."""
    above = sorted((each for each in pairs if each.weight >= 0), key=lambda each: -each.weight)
    if how == "top":
        return above[:number]
    return random.Random(1).sample(above, min(number, len(above)))


def models(start: Model, here: Labelled) -> Iterator[tuple[str, Model]]:
    """Yield models that are trained on `here`, by what they were trained with."""
    pairs = looked_at(here, start)
    looks = Counter(each.seen for each in pairs)
    near = start
    for strength in _STRENGTHS:
        levels, prior, _ = estimated(looks, start.levels, start.prior, strength)
        near = replace(start, levels=levels, prior=prior)
        yield f"no labels, strength {strength:g}", near
    again = looked_at(here, near)
    hows: tuple[Choice, ...] = ("top", "drawn")
    for how in hows:
        for number in _DECISIONS:
            some = decided(chosen(again, number, how))
            yield (
                f"+ {number:,} decisions, {how}",
                replace(near, levels=corrected(some, near.levels, near.prior)),
            )
            if number == _DECISIONS[-1]:
                simply = counted({each.pattern: numbers for each, numbers in some.items()}, near.levels, 50)
                yield f"+ {number:,}, {how}, counted as a sample", replace(near, levels=simply)


def _cells(curve: Curve) -> Iterator[str]:
    yield f"{curve.f1(curve.best()):.3f}"
    yield from (f"{curve.recall(curve.at_precision(each)):.3f}" for each in (0.99, 0.999))


def _row(name: str, labelled: Labelled, model: Model) -> tuple[str, ...]:
    found = scored(labelled.rows, model)
    curve = pairwise(found, labelled.people)
    half = curve.at_threshold(0.0)
    return (name, *_cells(curve), *_cells(clusters(found, labelled.people)), f"{half.precision:.3f}",
            f"{curve.recall(half):.3f}", f"{model.prior:+.2f}")  # fmt: skip


@click.command(help=__doc__)
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("../shared/data/contacts-20k"), show_default=True
)
@click.option("--made", type=int, default=20_000, show_default=True, help="How many contacts we make.")
def main(*, data: Path, made: int) -> None:
    """Train and measure."""
    parts = split(load(data))
    sets = {
        f"{data.name} validate": (parts["validate"], parts["train"]),
        f"made {made:,}": (people.labelled(made, 11), people.labelled(made, 12)),
    }
    console = Console(width=None if Console().is_terminal else 150)
    for name, (here, there) in sets.items():
        table = Table("model", "pairs F1", "R@.99", "R@.999", "clusters F1", "R@.99", "R@.999", "P from 50 %", "R",
                      "prior", title=f"{name}; decisions measured on another set", box=None)  # fmt: skip
        start = replace(default(), census=census(each.names for each, _ in as_contacts(here.rows).values()))
        table.add_row(*_row("that ships", here, start))
        rows = list(models(start, here))
        for title, model in rows[: len(_STRENGTHS)]:
            table.add_row(*_row(title, here, model))
        table.add_row(*_row("that ships, on the other set", there, start))
        for title, model in rows[len(_STRENGTHS) - 1 :]:
            table.add_row(*_row(title, there, model))
        console.print(table)


if __name__ == "__main__":
    main()
