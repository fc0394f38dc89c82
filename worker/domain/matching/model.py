"""The model: what each level of each comparison weighs, and how common names are. A file that anyone can read.

It is the model of Fellegi and Sunter ("A Theory for Record Linkage", 1969): a level that people have with probability
m when two contacts are one person and u when they are two weighs log2(m / u) bits. The u is that among the pairs
that blocking finds, not among any two contacts: households and offices are among them. A name in common counts
for more where few have it, as in Splink's term-frequency adjustment.
"""

import math
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib import resources

import msgspec
from msgspec import Struct

from worker.domain import names
from worker.domain.matching.comparisons import LEVELS
from worker.domain.matching.portraits import ends

RAREST = 0.002
"""Namesakes expected of a name below which it weighs no more: a rarer one is not seen to be rarer."""
RARITY = 0.5
"""How much of it counts. Rare names run in families and in spellings, so half: with all of it, the pairs at the top of
the list are wrong more often (docs/explanation/dedupe-model.md)."""
NAMES_BY_RARITY = frozenset({"equal", "variant", "typo", "spelt", "spelt_initial"})
"""Levels of names that count for more where the name is rare. Together with a number the number says it all."""


class Level(Struct, frozen=True):
    """How often one level is seen."""

    m: float
    """Where two contacts are one person."""
    u: float
    """Where they are two."""

    @property
    def weight(self) -> float:
        """In bits."""
        return math.log2(self.m / self.u)


class Census(Struct, frozen=True):
    """How many contacts there are, and how many have each word in their full names."""

    contacts: int = 0
    words: dict[str, int] = {}

    def namesakes(self, name: str) -> float:
        """Return how many contacts are expected to have this full name by chance; 0 for what is no full name."""
        both = None if "@" in name else ends(name)
        if both is None or not self.contacts:
            return 0.0
        one, other = (self.words.get(word, 1) for word in both)
        return one * other / self.contacts


class Model(Struct, frozen=True, kw_only=True, dict=True):
    """Everything a score depends on beside the two contacts."""

    name: str
    """Where it comes from."""
    prior: float
    """Log2 of the odds that a pair found by blocking is one person."""
    levels: dict[str, dict[str, Level]]
    """By comparison and level."""
    namesakes: float = 1.0
    """How many namesakes the people had, on average, in whose data the levels of names were counted."""
    census: Census = Census()

    @cached_property
    def weights(self) -> Mapping[str, Mapping[str, float]]:
        """The weight of each level, in bits."""
        return {
            comparison: {name: level.weight for name, level in levels.items()}
            for comparison, levels in self.levels.items()
        }

    def rarity(self, one: str, other: str) -> float:
        """Return what the rarity of a name in common weighs, in bits: below zero for a common one.

        Of two spellings the more common one counts.
        """
        expected = self.census.namesakes(one)
        if other != one:
            expected = max(expected, self.census.namesakes(other))
        return RARITY * math.log2(self.namesakes / max(expected, RAREST)) if expected else 0.0


def census(found: Iterable[tuple[str, ...]], most_words: int = 20_000) -> Census:
    """Count contacts and the words of their full names, given the names of each contact.

    Only words that several have are kept, the most common ones: the rest count as 1.
    """
    contacts = 0
    words: dict[str, int] = {}
    for called in found:
        contacts += 1
        for word in {word for name in called if names.is_full(name) for word in ends(name) or ()}:
            words[word] = words.get(word, 0) + 1
    common = sorted(((-count, word) for word, count in words.items() if count > 1))[:most_words]
    return Census(contacts, {word: -count for count, word in common})


def encode(model: Model) -> str:
    """Write a model down as JSON."""
    return msgspec.json.format(msgspec.json.encode(model)).decode() + "\n"


def decode(text: str | bytes) -> Model:
    """Read what `encode` wrote.

    Raises:
        ValueError: it is no model, or a level that a comparison may find is not in it.
    """
    model = msgspec.json.decode(text, type=Model)
    for comparison, levels in LEVELS.items():
        missing = [level for level in levels if level not in model.levels.get(comparison, {})]
        if missing:
            raise ValueError(f"levels.{comparison}: has no {', '.join(missing)}")
        for level, seen in model.levels[comparison].items():
            if not (0 < seen.m <= 1 and 0 < seen.u <= 1):
                raise ValueError(f"levels.{comparison}.{level}: m and u are probabilities above 0, up to 1")
    return model


def default() -> Model:
    """Return the model that ships with Avouch."""
    return decode(resources.files(__package__).joinpath("default_model.json").read_bytes())
