"""The picture of a score: what each comparison adds or takes, as bars in a terminal, as SVG and as a page."""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from worker.cli import show
from worker.domain.matching import words
from worker.domain.matching.scoring import Part, Score

_LEAST_BITS = 4.0
"""What a picture spans at least, so that a score that says little does not look like much."""
_BAR_SHARE = 0.35
"""Of a terminal's width."""

Facts = Sequence[tuple[str, Sequence[str], Sequence[str]]]
"""Lines of a table of two contacts: what it is, of the one, of the other."""


class Step(NamedTuple):
    """One bar: from where the score stood to where it stands then, in bits."""

    words: str
    start: float
    end: float

    @property
    def weight(self) -> float:
        """What it adds; below zero where it takes."""
        return self.end - self.start


def steps(score: Score, said: Callable[[Part], str]) -> list[Step]:
    """Return the bars of a score, the first for what is true of pairs before anything is compared."""
    before = words.probability(1 / (1 + 2**-score.prior))
    found = [Step(f"of the pairs that are looked at, {before} are one person", 0.0, score.prior)]
    for part in score.parts:
        found.append(Step(said(part), found[-1].end, found[-1].end + part.weight))
    return found


def bits(weight: float) -> str:
    """Write a weight with its sign.

    >>> bits(6.84), bits(-2.0), bits(0.01)
    ('+6.8', '-2.0', '+0.0')
    """
    return f"{weight:+.1f}"


class _Scale:
    """Where a weight is drawn, of a room that begins at 0."""

    def __init__(self, bars: Sequence[Step], room: float) -> None:
        """Fit all bars, and zero, into the room."""
        reached = [0.0, *(each.end for each in bars)]
        self._lowest, highest = min(reached), max(reached)
        self._per_bit = room / max(highest - self._lowest, _LEAST_BITS)

    def at(self, weight: float) -> float:
        return (weight - self._lowest) * self._per_bit


def print_bars(console: Console, score: Score, bars: Sequence[Step]) -> None:
    """Print the bars with their words and weights, the sum and the probability."""
    room = int(console.width * _BAR_SHARE)
    scale = _Scale(bars, room - 1)
    signs = "#=|" if console.options.ascii_only else "█░│"
    body = Table.grid(padding=(0, 2, 0, 0))
    body.add_column(overflow="fold")
    body.add_column(justify="right", no_wrap=True)
    body.add_column(no_wrap=True)
    for each in bars:
        style = "green" if each.weight >= 0 else "red"
        body.add_row(each.words, Text(bits(each.weight), style), Text(_bar(each, scale, room, signs), style))
    body.add_row(
        Text("together", "bold"),
        Text(bits(score.weight), "bold"),
        Text(f"bits: {words.probability(score.probability)} are one person", "bold"),
    )
    console.print(body)


def _bar(step: Step, scale: _Scale, room: int, signs: str) -> str:
    """Draw one bar of characters; where zero is, a line goes through all of them."""
    cells = [" "] * room
    cells[round(scale.at(0))] = signs[2]
    first, last = sorted((round(scale.at(step.start)), round(scale.at(step.end))))
    cells[first:last] = signs[0 if step.weight > 0 else 1] * (last - first)
    return "".join(cells).rstrip()


_WIDTH, _WORDS_WIDTH, _BITS_WIDTH, _MARGIN = 960, 520, 56, 16
_LINE, _GAP, _BAR_HEIGHT = 18, 12, 16
_LETTERS = 70
"""Characters of a line of words: as many as fit into their width in a common typeface."""
_COLOURS = {True: "#1a7f4b", False: "#b3382c"}
_FONT = "font-family='system-ui, sans-serif'"


def svg(title: str, score: Score, bars: Sequence[Step]) -> str:
    """Draw the bars as a picture of its own, readable in any browser."""
    scale = _Scale(bars, _WIDTH - _WORDS_WIDTH - _BITS_WIDTH - 3 * _MARGIN)
    drawn = [_text(_MARGIN, 28, title, "font-size='17' font-weight='600'")]
    top = 52
    zero = _WORDS_WIDTH + _BITS_WIDTH + 2 * _MARGIN + scale.at(0)
    for each in bars:
        drawn.extend(_row(each, top, scale))
        top += _height(each)
    drawn.append(f"<line x1='{zero:.1f}' x2='{zero:.1f}' y1='44' y2='{top}' stroke='#888' stroke-width='1'/>")
    together = f"together {bits(score.weight)} bits: {words.probability(score.probability)} are one person"
    drawn.append(_text(_MARGIN, top + 22, together, "font-size='15' font-weight='600'"))
    height = top + 40
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {height}' role='img' {_FONT}>\n"
        f"<title>{_escaped(title)}</title>\n<rect width='{_WIDTH}' height='{height}' fill='#fff'/>\n"
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


def _row(step: Step, top: int, scale: _Scale) -> Iterable[str]:
    """Draw the words, the weight and the bar of one step."""
    for place, line in enumerate(_lines(step)):
        yield _text(_MARGIN, top + 14 + place * _LINE, line, "font-size='14'")
    colour = _COLOURS[step.weight >= 0]
    numbers = _WORDS_WIDTH + _BITS_WIDTH + _MARGIN
    yield _text(numbers, top + 14, bits(step.weight), f"font-size='14' text-anchor='end' fill='{colour}'")
    first, last = sorted((scale.at(step.start), scale.at(step.end)))
    yield (
        f"<rect x='{numbers + _MARGIN + first:.1f}' y='{top}' width='{max(last - first, 1):.1f}'"
        f" height='{_BAR_HEIGHT}' rx='2' fill='{colour}'/>"
    )


def _lines(step: Step) -> list[str]:
    return textwrap.wrap(show.plain(step.words), _LETTERS)


def _height(step: Step) -> int:
    return len(_lines(step)) * _LINE + _GAP


def _text(x: float, y: float, text: str, style: str) -> str:
    return f"<text x='{x}' y='{y}' {style}>{_escaped(text)}</text>"


def _escaped(text: str) -> str:
    return escape(show.plain(text))


_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } table { border-collapse: collapse; width: 100%; margin: 1.5rem 0 }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem; border-bottom: 1px solid #ddd }
td { overflow-wrap: anywhere } svg { width: 100%; height: auto }
"""


def html(title: str, summary: str, facts: Facts, score: Score, bars: Sequence[Step]) -> str:
    """Write a page of its own: both contacts side by side, the summary and the picture. It loads nothing."""
    rows = "\n".join(
        f"<tr><th scope='row'>{_escaped(label)}</th><td>{_cell(one)}</td><td>{_cell(other)}</td></tr>"
        for label, one, other in facts
    )
    return (
        "<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width'>\n"
        f"<title>{_escaped(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{_escaped(title)}</h1>\n<p>{_escaped(summary)}</p>\n<table>\n{rows}\n</table>\n"
        f"{svg('What speaks for and against one person', score, bars)}</body>\n</html>\n"
    )


def _cell(lines: Sequence[str]) -> str:
    return "<br>".join(map(_escaped, lines)) or "-"
