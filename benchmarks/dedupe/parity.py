"""`python -m benchmarks.dedupe.parity`: the same model scores the same pairs in Splink, and comes to the same weights.

The model is written as Splink's settings, with every m and u fixed and the rarity of names as its adjustment for term
frequencies. Which level a pair is on is told, so that what is compared is the scoring.
"""

import csv
import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import click
from msgspec.structs import replace

from benchmarks.dedupe.avouch import as_contacts
from benchmarks.dedupe.people import labelled
from worker.domain.matching import pairs as matching
from worker.domain.matching.comparisons import LEVELS, Compared, Level, compare
from worker.domain.matching.model import (
    NAMES_BY_RARITY,
    RAREST,
    RARITY,
    Model,
    census,
    decode,
    default,
    encode,
)
from worker.domain.matching.portraits import ends
from worker.domain.matching.scoring import score_of

_ROOT = Path(__file__).parents[2]
SAMPLE = _ROOT / "tests/data/splink_weights.json"
"""What Splink said of some pairs, for a test that needs no Splink."""
_SAMPLED = 500


class Found(NamedTuple):
    """A pair, and what Splink says that it weighs."""

    compared: Compared
    weight: float


def settings(model: Model) -> dict[str, Any]:
    """Return a model as the settings that Splink reads."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "id",
        "probability_two_random_records_match": 1 / (1 + 2**-model.prior),
        "blocking_rules_to_generate_predictions": ["l.pair = r.pair"],
        "comparisons": [
            {
                "output_column_name": comparison,
                "comparison_levels": [_level(model, comparison, level) for level in model.levels[comparison]],
            }
            for comparison in LEVELS
        ],
        "additional_columns_to_retain": ["pair"],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }


def _level(model: Model, comparison: str, level: str) -> dict[str, Any]:
    seen = model.levels[comparison][level]
    said = {
        "sql_condition": f"{comparison}_level_l = '{level}'",
        "label_for_charts": level,
        "m_probability": seen.m,
        "u_probability": seen.u,
        "fix_m_probability": True,
        "fix_u_probability": True,
    }
    if comparison == "name" and level in NAMES_BY_RARITY:
        said |= {
            "tf_adjustment_column": "name",
            "tf_adjustment_weight": RARITY,
            "tf_minimum_u_value": _frequency(model, level, RAREST),
            "disable_tf_exact_match_detection": True,
        }
    return said


def _frequency(model: Model, level: str, expected: float) -> float:
    """Return the term frequency that stands for so many namesakes: that of an average name is the level's u."""
    return model.levels["name"][level].u * expected / model.namesakes


def pairs(size: int, seed: int) -> tuple[Model, list[Compared]]:
    """Return a model with the census of made-up contacts, and how each of their pairs compares."""
    leads = as_contacts(labelled(size, seed).rows)
    portraits = {contact: portrait for contact, (portrait, _) in leads.items()}
    known = matching.known(portraits.values())
    model = replace(default(), census=census(each.names for each in portraits.values()))
    found = [compare(portraits[one], portraits[other], known) for one, other in matching.pairs(portraits)]
    return model, [*_every_level(), *found]


def _every_level() -> Iterator[Compared]:
    """Yield a pair for each level that there is: some are so rare that no pair may have them."""
    for comparison, levels in LEVELS.items():
        for level in levels:
            yield Compared(*(Level(level if each == comparison else "missing") for each in LEVELS))


def weighed(model: Model, some: Sequence[Compared], environment: Path) -> list[Found]:
    """Return the pairs with the weights that Splink gives them.

    Raises:
        click.ClickException: Splink's process failed.
    """
    with tempfile.TemporaryDirectory(prefix="avouch-parity-") as folder:
        said, rows, weights = (Path(folder, name) for name in ("settings.json", "rows.csv", "weights.csv"))
        said.write_text(json.dumps(settings(model)), encoding="utf-8")
        _write(rows, model, some)
        python = str(environment / "bin" / "python")
        command = [python, "-m", "benchmarks.dedupe.splink_parity", *map(str, (said, rows, weights))]
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
            raise click.ClickException(f"Splink ended with {done.returncode}: {last}")
        with weights.open(encoding="utf-8", newline="") as file:
            by_pair = {int(pair): float(weight) for pair, weight in csv.reader(file)}
    return [Found(each, by_pair[number]) for number, each in enumerate(some)]


def _write(path: Path, model: Model, some: Iterable[Compared]) -> None:
    """Write two rows a pair, as Splink takes it: the levels on both, and on each how common its own name is."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "pair", *(f"{each}_level" for each in LEVELS), "name", "tf_name"])
        for number, each in enumerate(some):
            for side, name in (("l", each.name.one), ("r", each.name.other)):
                expected = model.census.namesakes(name)
                by_rarity = expected and each.name.name in NAMES_BY_RARITY
                frequency = _frequency(model, each.name.name, expected) if by_rarity else ""
                writer.writerow([f"{number}{side}", number, *each.pattern, name, frequency])


def recorded(model: Model, found: Sequence[Found]) -> dict[str, Any]:
    """Return every level once and a sample of the pairs, with as much of the census as they need."""
    levels = sum(map(len, LEVELS.values()))
    step = max(1, (len(found) - levels) // _SAMPLED)
    some = [*found[:levels], *islice(found[levels::step], _SAMPLED)]
    words = {
        word for each in some for name in (each.compared.name.one, each.compared.name.other)
        for word in (ends(name) or ())
    }  # fmt: skip
    kept = {word: count for word, count in model.census.words.items() if word in words}
    small = replace(model, census=replace(model.census, words=kept))
    return {
        "model": json.loads(encode(small)),
        "pairs": [
            {"name": list(each.compared.name), "levels": each.compared.pattern[1:], "weight": each.weight}
            for each in some
        ],
    }


def written(said: Mapping[str, Any]) -> str:
    """Write a sample down, a pair a line."""
    model = json.dumps(said["model"], ensure_ascii=False)
    some = ",\n".join(json.dumps(each, ensure_ascii=False) for each in said["pairs"])
    return f'{{"model": {model},\n"pairs": [\n{some}\n]}}\n'


def read(said: Mapping[str, Any]) -> tuple[Model, list[Found]]:
    """Return what `recorded` wrote down."""
    found = [
        Found(Compared(Level(*each["name"]), *map(Level, each["levels"])), each["weight"])
        for each in said["pairs"]
    ]
    return decode(json.dumps(said["model"])), found


def furthest(model: Model, found: Iterable[Found]) -> float:
    """Return the largest difference of our weights from Splink's, in bits."""
    return max(abs(score_of(each.compared, model).weight - each.weight) for each in found)


@click.command(help=__doc__)
@click.option(
    "--contacts",
    type=click.IntRange(min=10),
    default=100_000,
    show_default=True,
    help="How many made-up ones.",
)
@click.option("--seed", type=int, default=11, show_default=True, help="What they are made from.")
@click.option("--peers", type=click.Path(path_type=Path), default=Path(".venv-bench"), show_default=True,
              help="The environment that Splink is installed in.")  # fmt: skip
@click.option("--record", is_flag=True, help="Write the sample that the test reads.")
def main(*, contacts: int, seed: int, peers: Path, record: bool) -> None:
    """Compare, and say how far apart the two are."""
    model, some = pairs(contacts, seed)
    found = weighed(model, some, peers)
    rare = sum(len(score_of(each.compared, model).parts) > len(LEVELS) for each in found)
    click.echo(
        f"{len(found):,} pairs, {rare:,} of them weighed by the rarity of a name;"
        f" the largest difference is {furthest(model, found):.1e} bits."
    )
    if record:
        SAMPLE.parent.mkdir(exist_ok=True)
        SAMPLE.write_text(written(recorded(model, found)), encoding="utf-8")
        click.echo(f"Wrote {SAMPLE.relative_to(_ROOT)}.")


if __name__ == "__main__":
    main()
