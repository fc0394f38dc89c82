"""Training: the weights of the levels, counted where pairs are labelled and estimated where they are not.

Two things are learnt from a business's own contacts. What nobody decided on shows how common it is that a pair is one
person and, a little, how the levels differ from those of the model that ships (`estimated`). What people decided
shows where that model is wrong (`corrected`). Neither goes far: docs/explanation/dedupe-model.md has the figures of
training that did.
"""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from worker.domain.matching.comparisons import LEVELS, Compared, given
from worker.domain.matching.model import NAMES_BY_RARITY, Level, Model

Pattern = tuple[str, str, str, str]
"""The levels of a pair: name, phone, email, company."""
Levels = dict[str, dict[str, Level]]

ROUNDS = 200
ENOUGH = 1e-6
"""When no probability moves by more than this, estimation has converged."""
STRENGTH = 3.0
"""How many times the pairs at hand the starting model is worth. Left to themselves, unlabelled pairs divide by whether
they have a number in common, which is not whether they are one person (docs/explanation/dedupe-model.md)."""
ALIKE = 10.0
"""How many pairs of each side it is worth that a name beside a number in common says what it says alone."""
IN_ORDER = ("company",)
"""Comparisons whose levels stand in the order of their weights. Blocking brings colleagues together: among the pairs it
finds, one company speaks against one person, which would read as nonsense of any two in particular."""
_JEFFREYS = 0.5
"""Of a pair, with which each level begins: none that was not seen is impossible."""
CAUTION = 5.0
"""How many pairs must turn out against what was expected of them until a weight moves by one bit."""
LEAST_PAIRS = 200
"""Of fewer pairs nothing is learnt: by chance they are mostly one household's."""
_STEP = 1.0
"""In bits; the most that a weight moves at once while decisions are learnt from."""
_STILL = 1e-4
"""In bits; where no weight moves by more, decisions are learnt."""


class Seen(NamedTuple):
    """How a pair looks to the model."""

    pattern: Pattern
    rarity: float = 0.0
    """What the rarity of a name in common weighs, in bits."""


def seen(compared: Compared, model: Model) -> Seen:
    """Return how two contacts look. Rarities are told apart to half a bit, so that there are few patterns."""
    name = compared.name
    rarity = model.rarity(name.one, name.other) if name.name in NAMES_BY_RARITY else 0.0
    return Seen(compared.pattern, round(2 * rarity) / 2)


def trained(
    shipped: Model, pairs: Mapping[Seen, int], decided: Mapping[Seen, tuple[float, float]], name: str
) -> Model:
    """Return a model that fits a business's own contacts.

    It begins at the model that ships and not at what an earlier training made of it: steps that are small each would
    add up, and training twice is to end where training once did.

    Args:
        shipped: The model that ships, with the census of the business's own names.
        pairs: How many pairs look like this; `LEAST_PAIRS` at least.
        decided: What people decided, as for `corrected`.
        name: Where the new model comes from.
    """
    levels, prior, _ = estimated(pairs, shipped.levels, shipped.prior)
    return replace(shipped, name=name, prior=prior, levels=corrected(decided, levels, prior))


def counted(
    labelled: Mapping[Pattern, tuple[float, float]], start: Levels | None = None, strength: float = 0.0
) -> Levels:
    """Return the levels, given how many pairs of one person and of two have each pattern.

    Args:
        labelled: Numbers of pairs, which need not be whole: (one person, two people) by pattern.
        start: The levels to stay near; without them, those of a name beside a number or a mailbox in common stay
            near those of a name alone, for some of them are seen in few pairs.
        strength: How many pairs of each side `start` is worth.
    """
    found: Levels = {}
    for place, (comparison, levels) in enumerate(LEVELS.items()):
        sides = []
        for side in (0, 1):
            numbers = dict.fromkeys(levels, 0.0)
            for pattern, pairs in labelled.items():
                numbers[pattern[place]] += pairs[side]
            known = _alike(numbers) if start is None else _worth(start[comparison], side, strength)
            sides.append(_shares({level: known[level] + number for level, number in numbers.items()}))
        found[comparison] = {level: Level(sides[0][level], sides[1][level]) for level in levels}
    return found if start else {**found, **{each: _in_order(found[each]) for each in IN_ORDER}}


def _in_order(levels: Mapping[str, Level]) -> dict[str, Level]:
    """Let no level weigh more than one that is more alike: neighbours that do weigh the same.

    By pooling adjacent violators (Ayer and others 1955): among the fewest pairs moved, none is nearer to the counts.
    """
    blocks: list[list[str]] = []
    for name in levels:
        blocks.append([name])
        while len(blocks) > 1 and _ratio(levels, blocks[-2]) < _ratio(levels, blocks[-1]):
            less = blocks.pop()
            blocks[-1] += less
    ratios = {name: _ratio(levels, block) for block in blocks for name in block}
    return {name: Level(level.u * ratios[name], level.u) for name, level in levels.items()}


def _ratio(levels: Mapping[str, Level], names: Iterable[str]) -> float:
    some = [levels[name] for name in names]
    return sum(level.m for level in some) / sum(level.u for level in some)


def _alike(numbers: Mapping[str, float]) -> dict[str, float]:
    """Return what is known before any pair is counted, in pairs.

    Each level has half a pair (Jeffreys' prior), and a name says beside a number in common what it says alone, unless
    pairs say otherwise.
    """
    alone = _shares({level: number + _JEFFREYS for level, number in numbers.items() if not given(level)})
    return {
        level: _JEFFREYS + (ALIKE * alone[level.removesuffix(given(level))] if given(level) else 0.0)
        for level in numbers
    }


def _worth(start: Mapping[str, Level], side: int, strength: float) -> dict[str, float]:
    return {name: strength * (level.u if side else level.m) for name, level in start.items()}


def _shares(numbers: Mapping[str, float]) -> dict[str, float]:
    """Return how often each level is seen, of those that are conditional on the same.

    The phone and e-mail levels weigh already that a value is in common; what a name adds is what it says then.
    """
    totals: dict[str, float] = {}
    for level, number in numbers.items():
        totals[given(level)] = totals.get(given(level), 0.0) + number
    return {level: number / totals[given(level)] for level, number in numbers.items()}


def prior_of(labelled: Iterable[tuple[float, float]]) -> float:
    """Return log2 of the odds that a pair is one person, given numbers of pairs (one person, two people)."""
    one, two = (sum(numbers) for numbers in zip(*labelled, strict=True))
    return math.log2((one + 0.5) / (two + 0.5))


def estimated(
    pairs: Mapping[Seen, int], start: Levels, prior: float, strength: float = STRENGTH
) -> tuple[Levels, float, int]:
    """Return levels and prior that explain unlabelled pairs best, and in how many rounds they were found.

    Expectation maximisation (Dempster, Laird, Rubin 1977; Winkler 1988 for record linkage): each pair counts as one
    person as far as the model of the last round says so.

    Args:
        pairs: How many pairs look like this; one at least.
        start: The levels to start from and to stay near.
        prior: Log2 of the odds to start from.
        strength: How many times `pairs` the starting levels are worth; above 0.
    """
    pairs = dict(sorted(pairs.items()))  # Sums of floats hang on their order.
    levels, done = start, 0
    worth = strength * sum(pairs.values())
    while done < ROUNDS:
        done += 1
        split = _expected(pairs, levels, prior)
        before, levels, prior = levels, counted(split, start, worth), prior_of(split.values())
        if _moved(before, levels) < ENOUGH:
            break
    return levels, prior, done


def _expected(pairs: Mapping[Seen, int], levels: Levels, prior: float) -> dict[Pattern, tuple[float, float]]:
    """Divide the pairs of each pattern into those of one person and those of two."""
    weights = _weights(levels)
    found: dict[Pattern, tuple[float, float]] = {}
    for each, number in pairs.items():
        one = number * _probability(_bits(each, weights, prior))
        so_far = found.get(each.pattern, (0.0, 0.0))
        found[each.pattern] = (so_far[0] + one, so_far[1] + number - one)
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


def corrected(
    decided: Mapping[Seen, tuple[float, float]], start: Levels, prior: float, caution: float = CAUTION
) -> Levels:
    """Return the levels whose weights explain what people decided, near those of `start`.

    Decisions are no sample of all pairs: people look at the top of the list. Counted like one, a hundred accepted
    suggestions would make every level common that suggestions have. So it is a logistic regression, which asks only
    how often a pair that looks like this is one person, whichever pairs were chosen; with a normal prior around the
    weights of `start` (King, Zeng 2001 on such samples; Hoerl, Kennard 1970 on staying near).

    Args:
        decided: Numbers of pairs that were decided: (one person, two people), by how they look.
        start: The levels to start from.
        prior: Log2 of the odds that any pair is one person. Decisions say nothing of it.
        caution: See `CAUTION`.
    """
    decided = dict(sorted(decided.items()))  # As above.
    first = _weights(start)
    weights = {comparison: dict(by_level) for comparison, by_level in first.items()}
    bits = {each: _bits(each, weights, prior) for each in decided}
    having: dict[tuple[str, str], list[Seen]] = {}
    for each in decided:
        for found in zip(LEVELS, each.pattern, strict=True):
            having.setdefault(found, []).append(each)
    for _ in range(ROUNDS):
        most = 0.0
        for (comparison, level), some in sorted(having.items()):
            gone = weights[comparison][level] - first[comparison][level]
            step = _step(some, decided, bits, gone, caution)
            weights[comparison][level] += step
            bits.update((each, bits[each] + step) for each in some)
            most = max(most, abs(step))
        if most < _STILL:
            break
    return {
        comparison: {name: _weighing(level, weights[comparison][name]) for name, level in levels.items()}
        for comparison, levels in start.items()
    }


def _step(
    some: Iterable[Seen],
    decided: Mapping[Seen, tuple[float, float]],
    bits: Mapping[Seen, float],
    gone: float,
    caution: float,
) -> float:
    """Return how far a weight moves in one step of Newton's method, given the pairs that have its level."""
    surprise, curve = -caution * gone, caution
    for each in some:
        same, different = decided[each]
        expected = _probability(bits[each])
        surprise += same - (same + different) * expected
        curve += (same + different) * expected * (1 - expected) * math.log(2)
    return max(-_STEP, min(_STEP, surprise / curve))


def _weighing(level: Level, weight: float) -> Level:
    """Return a level that weighs `weight`: m and u go apart alike, and stay probabilities."""
    factor = 2 ** ((weight - level.weight) / 2)
    m, u = level.m * factor, level.u / factor
    largest = max(1.0, m, u)
    return Level(m / largest, u / largest)


def _weights(levels: Levels) -> dict[str, dict[str, float]]:
    return {
        comparison: {name: level.weight for name, level in by_name.items()}
        for comparison, by_name in levels.items()
    }


def _bits(each: Seen, weights: Mapping[str, Mapping[str, float]], prior: float) -> float:
    return (
        prior
        + each.rarity
        + sum(by_level[level] for by_level, level in zip(weights.values(), each.pattern, strict=True))
    )


def _probability(bits: float) -> float:
    return 1 / (1 + math.exp2(-bits))
