"""The model in words and tables: what each level means, what it weighs, and what a list of people says of it."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from worker.domain.matching import words
from worker.domain.matching.comparisons import BY_EMAIL, BY_PHONE, LEVELS
from worker.domain.matching.evaluation import Curve, Point
from worker.domain.matching.model import Model
from worker.jobs.evaluate import CAUSES, Evaluated, Mixed
from worker.jobs.train import Trained

MEANINGS: Mapping[str, Mapping[str, str]] = {
    "name": {
        "equal": "the same full name",
        "variant": "one is a form of the other: a nickname, another order, a middle name left out",
        "typo": "full names that differ by slips of the fingers",
        "spelt": "the address of one spells the name of the other",
        "spelt_initial": "the address of one spells initial and surname of the other",
        "part": "one is a part of the other: a first name, or an initial with the surname",
        "surname": "one is a single word, the surname of the other",
        "part_typo": "one is a part of the other, but for a slip",
        "missing": "one has no name",
        "given": "a first name in common, and not the surname",
        "family": "a surname in common, and not the first name",
        "different": "nothing in common",
        "suffix": "father and son: Sr and Jr",
    },
    "phone": {
        "mobile": "the same mobile number",
        "any": "the same number, which may be a mobile or in a house; or two spellings of one",
        "fixed": "the same number in a house",
        "shared_mobile": "the same mobile number, which is held under names of several people",
        "shared_any": "such a number that may be a mobile or in a house",
        "shared_fixed": "such a number in a house",
        "crowd": "the same number, which too many have",
        "missing": "one has no number",
        "typo": "numbers that differ by one digit",
        "different": "other numbers",
        "extension": "extensions of one switchboard",
    },
    "email": {
        "equal": "the same address",
        "shared": "the same address, which is held under names of several people",
        "crowd": "the same address, which too many have",
        "variant": "two spellings of one mailbox",
        "typo": "addresses that differ by one letter or two",
        "local": "the same before the @",
        "missing": "one has no address",
        "different": "other addresses",
    },
    "company": {
        "equal": "the same company",
        "close": "companies that are written nearly the same",
        "missing": "one has no company",
        "different": "other companies",
    },
}
"""What each level means. Of a name it is said for itself and beside a phone or an address in common."""

PROBABILITIES = (0.5, 0.8, 0.9, 0.95, 0.99, 0.999)
PRECISIONS = (0.99, 0.999)

_CAUSES = {
    "rules": "the rules joined",
    "line": "one line that several call from",
    "cookie": "only a browser or device holds together",
    "decision": "a person decided to be one",
}


def weight(bits: float) -> str:
    """Write a weight.

    >>> weight(5.81), weight(-0.02), weight(-2.1)
    ('+5.8', '0.0', '-2.1')
    """
    return f"{bits:+.1f}" if abs(bits) >= 0.05 else "0.0"  # noqa: PLR2004 - it rounds to nothing


def probability(bits: float) -> float:
    """Return the probability that so many bits of evidence mean."""
    return 1 / (1 + math.exp2(-bits))


def bits(share: float) -> float:
    """Return the weight from which on a pair is so probable."""
    return math.log2(share / (1 - share))


def names_table(model: Model) -> Iterator[tuple[str, ...]]:
    """Yield the levels of names: what each means, and what it weighs alone, at one phone, and at one mailbox."""
    weights = model.weights["name"]
    for level, meaning in MEANINGS["name"].items():
        yield level, meaning, *(weight(weights[level + ending]) for ending in ("", BY_PHONE, BY_EMAIL))


def table(model: Model, comparison: str) -> Iterator[tuple[str, ...]]:
    """Yield the levels of another comparison: what each means and weighs."""
    for level, meaning in MEANINGS[comparison].items():
        yield level, meaning, weight(model.weights[comparison][level])


def model_json(model: Model) -> dict[str, Any]:
    """Return a model for JSON, without the census: that has people's names."""
    return {
        "name": model.name,
        "prior": model.prior,
        "contacts_counted": model.census.contacts,
        "levels": [
            {"comparison": comparison, "level": level, "m": seen.m, "u": seen.u, "weight": seen.weight}
            for comparison, levels in model.levels.items()
            for level, seen in levels.items()
        ],
    }


def trained_table(trained: Trained) -> Iterator[tuple[object, ...]]:
    """Yield the levels that pairs have: weight before and after, and how many pairs have it."""
    for comparison, levels in LEVELS.items():
        for level in levels:
            number = trained.having.get((comparison, level), 0)
            if number:
                before, after = (each.weights[comparison][level] for each in (trained.before, trained.after))
                yield comparison, level, weight(before), weight(after), number


def trained_json(trained: Trained) -> dict[str, Any]:
    """Return what training came to, for JSON."""
    return {
        "version": trained.version,
        "enough": trained.is_enough,
        "contacts": trained.contacts,
        "pairs": trained.pairs,
        "decisions": {"same": trained.same, "different": trained.different},
        "prior": [trained.before.prior, trained.after.prior],
        "levels": [
            {
                "comparison": comparison,
                "level": level,
                "before": trained.before.weights[comparison][level],
                "after": trained.after.weights[comparison][level],
                "pairs": trained.having.get((comparison, level), 0),
            }
            for comparison, levels in LEVELS.items()
            for level in levels
        ],
    }


def mixed_sentence(each: Mixed) -> str:
    """Say of a contact that mixes people what holds it together."""
    people = len({row.person for row in each.rows})
    return f"{each.contact}  {people} people, {_CAUSES[each.cause]} ({', '.join(each.rules)})"


def mixing(evaluated: Evaluated) -> Iterator[tuple[object, ...]]:
    """Yield how many contacts mix people, by what holds them together."""
    for cause in CAUSES:
        number = evaluated.mixing(cause)
        yield _CAUSES[cause], number, f"{evaluated.per_100_000(number):.1f}"


def thresholds(curve: Curve) -> Iterator[tuple[object, ...]]:
    """Yield what the suggestions from each probability on would add."""
    for share in reversed(PROBABILITIES):
        point = curve.at_threshold(bits(share))
        yield f"from {share:.1%}".replace(".0%", "%"), point.pairs, *shares(curve, point)


def shares(curve: Curve, point: Point) -> tuple[str, str, str]:
    """Return precision, recall and F1 of a point."""
    return f"{point.precision:.4f}", f"{curve.recall(point):.4f}", f"{curve.f1(point):.4f}"


def best(curve: Curve) -> Iterator[tuple[object, ...]]:
    """Yield the thresholds of the best F1 and of the most recall at each precision."""
    points = [("best F1", curve.best())]
    points += [(f"recall at precision {each}", curve.at_precision(each)) for each in PRECISIONS]
    for name, point in points:
        yield name, _from(point), point.pairs, *shares(curve, point)


def _from(point: Point) -> str:
    return words.probability(probability(point.threshold)) if point.pairs else "-"


def evaluated_json(evaluated: Evaluated) -> dict[str, Any]:
    """Return what the contacts are worth, for JSON."""
    return {
        "rows": evaluated.rows,
        "missing_lines": list(evaluated.missing),
        "people": evaluated.people,
        "contacts": evaluated.contacts,
        "mixed": [
            {
                "contact": each.contact,
                "cause": each.cause,
                "rules": list(each.rules),
                "rows": [
                    {"line": row.line, "source": row.source, "id": row.key, "person": row.person}
                    for row in each.rows
                ],
            }
            for each in evaluated.mixed
        ],
        "mixed_per_100k_rows": {cause: evaluated.per_100_000(evaluated.mixing(cause)) for cause in CAUSES},
        "true_pairs": evaluated.true_pairs,
        "joined": {"pairs": evaluated.joined.pairs, "right": evaluated.joined.right},
        "pairs": _curve_json(evaluated.pairs),
        "clusters": _curve_json(evaluated.clusters),
    }


def _curve_json(curve: Curve) -> dict[str, Any]:
    return {
        "true_pairs": curve.true_pairs,
        "from": {str(each): _point_json(curve, curve.at_threshold(bits(each))) for each in PROBABILITIES},
        "best_f1": _point_json(curve, curve.best()),
        "at_precision": {str(each): _point_json(curve, curve.at_precision(each)) for each in PRECISIONS},
    }


def _point_json(curve: Curve, point: Point) -> dict[str, Any]:
    return {
        "probability": probability(point.threshold) if point.pairs else None,
        "pairs": point.pairs,
        "precision": point.precision,
        "recall": curve.recall(point),
        "f1": curve.f1(point),
    }
