"""Training: the weights of the levels, counted where pairs are labelled and estimated where they are not."""

import math
from collections.abc import Iterable, Mapping, Sequence

from worker.domain.matching.comparisons import LEVELS, given
from worker.domain.matching.model import Level

Pattern = tuple[str, str, str, str]
"""The levels of a pair: name, phone, email, company."""
Levels = dict[str, dict[str, Level]]

ROUNDS = 200
ENOUGH = 1e-6
"""When no probability moves by more than this, estimation has converged."""
STRENGTH = 50.0
"""How many pairs of each side the starting model is worth: a level that few pairs have stays near it."""


def counted(
    labelled: Mapping[Pattern, tuple[float, float]], start: Levels | None = None, strength: float = STRENGTH
) -> Levels:
    """Return the levels, given how many pairs of one person and of two have each pattern.

    Args:
        labelled: Numbers of pairs, which need not be whole: (one person, two people) by pattern.
        start: The model to stay near where few pairs say anything; else every level is as probable as another.
        strength: How many pairs of each side `start` is worth.
    """
    found: Levels = {}
    for place, (comparison, levels) in enumerate(LEVELS.items()):
        sides = []
        for side in (0, 1):
            known = _known(start, comparison, levels, side, strength)
            for pattern, numbers in labelled.items():
                known[pattern[place]] += numbers[side]
            sides.append(_shares(known))
        found[comparison] = {level: Level(sides[0][level], sides[1][level]) for level in levels}
    return found


def _shares(numbers: Mapping[str, float]) -> dict[str, float]:
    """Return how often each level is seen, of those that are conditional on the same.

    The phone and e-mail levels weigh already that a value is in common; what a name adds is what it says then.
    """
    totals: dict[str, float] = {}
    for level, number in numbers.items():
        totals[given(level)] = totals.get(given(level), 0.0) + number
    return {level: number / totals[given(level)] for level, number in numbers.items()}


def _known(
    start: Levels | None, comparison: str, levels: Sequence[str], side: int, strength: float
) -> dict[str, float]:
    if start is None:
        return dict.fromkeys(levels, 0.5)  # Jeffreys' prior: a level that was never seen is not impossible.
    said = start[comparison]
    return {level: strength * (said[level].u if side else said[level].m) for level in levels}


def prior_of(labelled: Iterable[tuple[float, float]]) -> float:
    """Return log2 of the odds that a pair is one person, given numbers of pairs (one person, two people)."""
    one, two = (sum(numbers) for numbers in zip(*labelled, strict=True))
    return math.log2((one + 0.5) / (two + 0.5))


def estimated(
    patterns: Mapping[Pattern, int],
    start: Levels,
    prior: float,
    labelled: Mapping[Pattern, tuple[float, float]] | None = None,
) -> tuple[Levels, float, int]:
    """Return levels and prior that explain unlabelled pairs best, and in how many rounds they were found.

    Expectation maximisation (Dempster, Laird, Rubin 1977; Winkler 1988 for record linkage): each pair counts as one
    person as far as the model of the last round says so. Levels stay near `start` where few pairs have them.

    Args:
        patterns: How many pairs have each pattern.
        start: The levels to start from.
        prior: Log2 of the odds to start from.
        labelled: Pairs that somebody decided on, as for `counted`.
    """
    levels, done = start, 0
    while done < ROUNDS:
        done += 1
        split = _expected(patterns, levels, prior)
        together = {pattern: list(numbers) for pattern, numbers in split.items()}
        for pattern, numbers in (labelled or {}).items():
            both = together.setdefault(pattern, [0.0, 0.0])
            both[0] += numbers[0]
            both[1] += numbers[1]
        sums = {pattern: (numbers[0], numbers[1]) for pattern, numbers in together.items()}
        before, levels, prior = levels, counted(sums, start), prior_of(split.values())
        if _moved(before, levels) < ENOUGH:
            break
    return levels, prior, done


def _expected(
    patterns: Mapping[Pattern, int], levels: Levels, prior: float
) -> dict[Pattern, tuple[float, float]]:
    """Divide the pairs of each pattern into those of one person and those of two."""
    weights = {
        comparison: {name: level.weight for name, level in by_name.items()}
        for comparison, by_name in levels.items()
    }
    found = {}
    for pattern, number in patterns.items():
        weight = prior + sum(
            by_level[level] for by_level, level in zip(weights.values(), pattern, strict=True)
        )
        one = number / (1 + 2.0**-weight)
        found[pattern] = (one, number - one)
    return found


def _moved(before: Levels, after: Levels) -> float:
    return max(
        abs(side - other)
        for comparison, levels in after.items()
        for name, level in levels.items()
        for side, other in (
            (level.m, before[comparison][name].m),
            (level.u, before[comparison][name].u),
        )
    )
