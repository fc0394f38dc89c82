"""`make bench-dedupe`: probable duplicates by Avouch and its peers, on the same labelled rows, in one run."""

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks.dedupe import datasets
from benchmarks.dedupe.datasets import Dataset
from benchmarks.dedupe.engines import ENGINES, PRECISIONS, Figures, Result, finite, run

_HEADINGS = (
    "data", "engine", "pairs: F1 (P/R)", "R@.99", "R@.999", "clusters: F1 (P/R)", "R@.99", "R@.999",
    "mixed", "train", "predict", "cluster", "MB",
)  # fmt: skip
_NOTE = (
    "Recall counts all true pairs. Every threshold is chosen in hindsight. Mixed: contacts with two people in "
    "100,000 at the threshold of cluster precision .999. Seconds as each engine measures itself; Avouch's "
    "include the canonical forms, which the peers are given ready-made."
)


@click.command(help=__doc__)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("../shared/data/contacts-20k"),
    show_default=True,
    help="A folder of labelled contacts.",
)
@click.option(
    "--unseen", is_flag=True, help="Measure the unseen part and the whole set too: at the end only."
)
@click.option("--made", "sizes", type=int, multiple=True, default=(20_000,), show_default=True,
              help="How many contacts of our own making; 0 for none.")  # fmt: skip
@click.option("--seed", "seeds", type=int, multiple=True, default=(11,), show_default=True,
              help="What they are made from.")  # fmt: skip
@click.option("--febrl/--no-febrl", default=True, show_default=True, help="Measure the febrl sets too.")
@click.option("--engine", "chosen", type=click.Choice(list(ENGINES)), multiple=True, default=tuple(ENGINES),
              help="Which engines; all when left out.")  # fmt: skip
@click.option("--peers", type=click.Path(path_type=Path), default=Path(".venv-bench"), show_default=True,
              help="The environment that the peers are installed in.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(  # noqa: PLR0913 - a command has as many arguments as its options
    *,
    data: Path,
    unseen: bool,
    sizes: Sequence[int],
    seeds: Sequence[int],
    febrl: bool,
    chosen: Sequence[str],
    peers: Path,
    as_json: bool,
) -> None:
    """Measure every chosen engine on every set."""
    if not (peers / "bin" / "python").exists():
        raise click.ClickException(f"{peers} has no Python. Install the peers: make bench-dedupe")
    sets = chain(
        datasets.shared(data, unseen=unseen),
        datasets.made(filter(None, sizes), seeds),
        datasets.febrl(peers) if febrl else (),
    )
    results = list(_measured(sets, chosen, peers))
    held = list(_held(results, data.name)) if unseen else []
    if as_json:
        plain: list[dict[str, str | float | None]] = [
            {**each, "threshold": finite(float(each["threshold"]))} for each in held
        ]
        click.echo(json.dumps({"results": [each.as_json() for each in results], "held_out": plain}))
        return
    console = Console(width=None if Console().is_terminal else 170)
    console.print(_table(results))
    console.print(_NOTE)
    for each in held:
        console.print(
            f"{each['engine']}: threshold {each['threshold']:.2f} gave cluster precision {each['wanted']} on "
            f"validate; on unseen it gives P {each['precision']:.4f}, R {each['recall']:.3f}."
        )


def _measured(sets: Iterator[Dataset], chosen: Sequence[str], peers: Path) -> Iterator[Result]:
    progress = Console(stderr=True)
    for dataset in sets:
        for name in chosen:
            with progress.status(f"{dataset.name}: {name}"):
                result = run(ENGINES[name], dataset, peers)
            if result is not None:
                yield result


def _held(results: Sequence[Result], name: str) -> Iterator[dict[str, str | float]]:
    """Yield what the threshold that was chosen on the validating part does on the part nobody saw."""
    found = {(each.data, each.engine): each for each in results}
    for engine in dict.fromkeys(each.engine for each in results):
        chosen, unseen = found[f"{name} validate", engine], found[f"{name} unseen", engine]
        for wanted in PRECISIONS:
            threshold = chosen.clusters.threshold_at[wanted]
            point = unseen.curve.at_threshold(threshold)
            yield {
                "engine": engine,
                "wanted": wanted,
                "threshold": threshold,
                "precision": point.precision,
                "recall": unseen.curve.recall(point),
            }


def _table(results: Sequence[Result]) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1))
    for place, heading in enumerate(_HEADINGS):
        table.add_column(heading, justify="left" if place < 2 else "right", no_wrap=True)
    last = ""
    for each in results:
        mixed = each.clusters.mixed_at[0.999] * 100_000 / each.contacts
        table.add_row(
            each.data if each.data != last else "",
            each.engine,
            *_cells(each.pairs),
            *_cells(each.clusters),
            f"{mixed:.0f}",
            *(f"{each.seconds[step]:.1f}" if step in each.seconds else "" for step in _STEPS),
            f"{each.peak_mb:,.0f}",
        )
        last = each.data
    return table


_STEPS = ("train", "predict", "cluster")


def _cells(found: Figures) -> tuple[str, str, str]:
    return (
        f"{found.best_f1:.3f} ({found.precision:.2f}/{found.recall:.2f})",
        *(f"{found.recall_at[precision]:.3f}" for precision in PRECISIONS),
    )  # type: ignore[return-value]  # as many precisions as headings


if __name__ == "__main__":
    main()
