"""The levels of the model that ships as documentation: `python -m tests.model_page` writes them into their page."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from worker.cli.likeness import dedupe_words
from worker.domain.matching.model import Model, default

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "dedupe-model.md"
_PLACE = re.compile(r"(?<=<!-- levels -->\n).*?(?=<!-- end of levels -->)", re.DOTALL)


def page(written: str) -> str:
    """Return the page with the levels of the model that ships."""
    return _PLACE.sub(lambda _: "\n".join(levels(default())), written)


def levels(model: Model) -> Iterator[str]:
    """Yield the tables, a line at a time."""
    prior = dedupe_words.probability(model.prior)
    yield f"\nThe prior is {dedupe_words.weight(model.prior)} bits: {prior:.0%} of the pairs that are compared are one person.\n"
    beside = ("alone", "at one phone", "at one mailbox")
    yield from _table(("name", "means", *beside), dedupe_words.names_table(model))
    for comparison in ("phone", "email", "company"):
        yield from _table((comparison, "means", "weighs"), dedupe_words.table(model, comparison))


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"|---|---|{'---:|' * (len(headings) - 2)}"
    for level, *cells in rows:
        yield f"| {' | '.join((f'`{level}`', *cells))} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
