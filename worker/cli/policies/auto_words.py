"""What the policy would decide by itself, as text and as JSON."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from worker.cli.show import count, who
from worker.cli.words import written
from worker.domain.matching import words
from worker.domain.matching.automatic import AUTHOR, WHY, percent
from worker.domain.suggestions import Suggestion
from worker.jobs.dedupe_auto import Forecast

TAKE_BACK = f"avouch decisions withdraw --decided-by {AUTHOR}"


def forecast_text(forecast: Forecast, limit: int) -> Iterator[str]:
    """Say how many pairs are decided, show the least probable ones, and count what is left to people."""
    join, left = forecast.foreseen.join, forecast.foreseen.left
    later = len(join) - forecast.foreseen.at_once
    once = f", {later:,} of them once others are, if they still are as probable" if later else ""
    yield f"Decided by the policy, from {forecast.line * 100:g} % on: {count(len(join), 'pair')}{once}"
    shown = sorted(join, key=lambda each: (each.score.weight, each.one, each.other))[:limit]
    if shown:
        yield "  the least probable:"
    for each in shown:
        one, other = (f"{who(forecast.contacts[which])} {which}" for which in (each.one, each.other))
        yield f"  {percent(each.score.probability)}  {one} and {other}"
        yield f"    {_reasons(each)}"
    if left:
        yield f"Left to people, though as probable: {count(len(left), 'pair')}"
    for why, number in Counter(each.why for each in left).most_common():
        yield f"  {number:,}: {WHY[why]}"
    if forecast.put_off:
        yield f"Put off by people, and left to them: {count(forecast.put_off, 'pair')}"


def stay_text(stay: int) -> str:
    """Say that what the policy decided before stays in force, and how to take it back."""
    return f"What the policy decided stays in force: {count(stay, 'decision')}. To take it back: {TAKE_BACK}"


def forecast_json(forecast: Forecast | None) -> dict[str, Any] | None:
    """Return all that is decided and all that is left to people."""
    if forecast is None:
        return None
    return {
        "from": forecast.line,
        "decided": [_pair(each) for each in forecast.foreseen.join],
        "at_once": forecast.foreseen.at_once,
        "left": [{**_pair(pair), "why": why} for pair, why in forecast.foreseen.left],
        "put_off": forecast.put_off,
    }


def _pair(pair: Suggestion) -> dict[str, Any]:
    return {
        "contacts": [pair.one, pair.other],
        "probability": pair.score.probability,
        "reasons": _reasons(pair),
    }


def _reasons(pair: Suggestion) -> str:
    return words.sentence(pair.score.parts, lambda part: words.in_words(part, _number))


def _number(number: str) -> str:
    return written(("phone", "", number))
