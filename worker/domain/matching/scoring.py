"""Scores: how probably two contacts are one person, and what each comparison adds to that."""

import math
from typing import NamedTuple

from worker.domain.matching.comparisons import Compared, Known, compare
from worker.domain.matching.model import NAMES_BY_RARITY, Model
from worker.domain.matching.portraits import Portrait


class Part(NamedTuple):
    """What one comparison adds to a score."""

    comparison: str
    """name, rarity, phone, email or company."""
    level: str
    weight: float
    """In bits; below zero where it speaks against one person."""
    one: str = ""
    other: str = ""
    """The values compared; empty where one is missing."""


class Score(NamedTuple):
    """How probably two contacts are one person."""

    prior: float
    parts: tuple[Part, ...]

    @property
    def weight(self) -> float:
        """The match weight in bits: 0 is as probable as not, each bit more doubles the odds."""
        return self.prior + sum(part.weight for part in self.parts)

    @property
    def probability(self) -> float:
        """Between 0 and 1."""
        return 1 / (1 + 2**-self.weight)


def weight_of(probability: float) -> float:
    """Return the weight, in bits, at which two are one person with a probability.

    >>> weight_of(0.5), round(weight_of(0.999), 2), weight_of(1)
    (0.0, 9.96, inf)
    """
    if probability in {0, 1}:
        return math.inf if probability else -math.inf
    return math.log2(probability / (1 - probability))


def score(one: Portrait, other: Portrait, known: Known, model: Model) -> Score:
    """Score two contacts."""
    return score_of(compare(one, other, known), model)


def score_of(compared: Compared, model: Model) -> Score:
    """Score what two contacts were found to have in common."""
    weights = model.weights
    parts = [
        Part(comparison, level, weights[comparison][level], one, other)
        for comparison, (level, one, other) in zip(compared._fields, compared, strict=True)
    ]
    name = compared.name
    if name.name in NAMES_BY_RARITY:
        # An address that spells a name is no name: it has no namesakes of its own.
        parts.insert(1, Part("rarity", name.name, model.rarity(name.one, name.other), name.one, name.other))
    return Score(model.prior, tuple(parts))
