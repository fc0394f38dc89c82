"""What the commands about probable pairs print for people."""

import click

from worker.cli import show
from worker.cli.likeness import dedupe_words
from worker.domain.matching.model import Model
from worker.domain.matching.training import LEAST_PAIRS
from worker.jobs.evaluate import Evaluated
from worker.jobs.train import Trained

_NAMED = 5
"""Lines of a file that are named."""
NEXT = "All contacts are queued. Workers score them; to do it here and now: avouch dedupe all --wait"


def trained(done: Trained, *, dry_run: bool) -> None:
    """Print what training came to."""
    click.echo(
        f"{show.count(done.contacts, 'contact')} looked at, in {show.count(done.pairs, 'pair')};"
        f" {show.count(done.same + done.different, 'decision')}: {done.same:,} one person,"
        f" {done.different:,} different people."
    )
    if not done.is_enough:
        click.echo(
            f"Too little to learn from: it takes {LEAST_PAIRS} pairs, or chance would set the weights."
            " The model in force stays. Try again when more contacts have come in.",
            err=True,
        )
        return
    rows = dedupe_words.trained_table(done)
    show.out().print(
        show.grid(
            "compared", "found", "before", "after", "pairs", rows=rows, numbers=["before", "after", "pairs"]
        )
    )
    before, after = (dedupe_words.probability(each.prior) for each in (done.before, done.after))
    click.echo(
        f"Of the pairs that are compared, {after:.1%} are taken to be one person; before {before:.1%}."
    )
    if dry_run:
        click.echo("Nothing was changed. To put it in force: avouch dedupe train", err=True)
    else:
        click.echo(f"Version {done.version} of the model is in force.")
        click.echo(f"{NEXT}\nTo go back: avouch dedupe model --use VERSION, or --use default", err=True)


def evaluated(done: Evaluated, name: str) -> None:
    """Print what contacts and suggestions are worth by the list in the file `name`."""
    if done.missing:
        lines = ", ".join(map(str, done.missing[:_NAMED])) + (", ..." if len(done.missing) > _NAMED else "")
        click.echo(
            f"{name}: {show.count(len(done.missing), 'record')} not here, on lines {lines}; left out.",
            err=True,
        )
    console = show.out()
    click.echo(
        f"{show.count(done.rows, 'row')} of {show.count(done.people, 'person', 'people')}"
        f" in {show.count(done.contacts, 'contact')};"
        f" {done.share_joined:.1%} of {show.count(done.true_pairs, 'true pair')} are inside one.\n"
    )
    console.print(
        show.grid(
            "contacts that mix people", "contacts", "in 100,000 rows",
            rows=dedupe_words.mixing(done), numbers=["contacts", "in 100,000 rows"],
        )
    )  # fmt: skip
    for each in done.mixed:
        click.echo(f"  {dedupe_words.mixed_sentence(each)}")
        for row in each.rows if each.cause != "line" else ():
            click.echo(show.plain(f"      {row.source} {row.key}: {row.person}"))
    figures = ("pairs", "precision", "recall", "F1")
    for title, curve in (
        ("suggestions would add", done.pairs),
        ("and as whole contacts", done.clusters),
    ):
        console.print()
        console.print(show.grid(title, *figures, rows=dedupe_words.thresholds(curve), numbers=figures))
        console.print(
            show.grid("", "from", *figures, rows=dedupe_words.best(curve), numbers=("from", *figures))
        )


def model(shown: Model, version: int | None) -> None:
    """Print a model: what each level means and weighs."""
    name = "The model that ships" if version is None else f"Version {version}"
    click.echo(show.plain(f"{name}: {shown.name}."))
    click.echo(
        f"Of the pairs that are compared, {dedupe_words.probability(shown.prior):.1%} are one person"
        f" ({dedupe_words.weight(shown.prior)} bits). To that each comparison adds:\n"
    )
    console = show.out()
    beside = ("alone", "at one phone", "at one mailbox")
    console.print(show.grid("name", "means", *beside, rows=dedupe_words.names_table(shown), numbers=beside))
    for comparison in ("phone", "email", "company"):
        console.print()
        rows = dedupe_words.table(shown, comparison)
        console.print(show.grid(comparison, "means", "weighs", rows=rows, numbers=["weighs"]))
