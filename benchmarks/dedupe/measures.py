"""How good scored pairs are: as pairs, and as the contacts that joining them would make.

A pair is right when both its contacts are of one person. Recall counts all pairs of contacts of one person,
also those that no field could show. At each distinct score stands a threshold: it takes the pairs with that
score or a higher one. The definitions are those of pairwise evaluation in Menestrina, Whang, Garcia-Molina,
"Evaluating Entity Resolution Results", VLDB 2010.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

Scored = tuple[str, str, float]
"""Two contacts and how likely they are one person's; any scale on which more is likelier."""


class Point(NamedTuple):
    """What one threshold gives."""

    threshold: float
    pairs: int
    right: int
    mixed: int
    """Contacts that mix people; for a curve of pairs, pairs that do."""

    @property
    def precision(self) -> float:
        """The share of the pairs that are right; 1 without any."""
        return self.right / self.pairs if self.pairs else 1.0


class Curve(NamedTuple):
    """Every threshold, the highest first."""

    points: list[Point]
    true_pairs: int

    def recall(self, point: Point) -> float:
        """Return the share of all true pairs that `point` finds."""
        return point.right / self.true_pairs if self.true_pairs else 1.0

    def f1(self, point: Point) -> float:
        """Return the harmonic mean of precision and recall."""
        return 2 * point.right / (point.pairs + self.true_pairs) if point.pairs + self.true_pairs else 1.0

    def best(self) -> Point:
        """Return the point of the best F1: the highest threshold among equals."""
        return max(self.points, key=self.f1, default=Point(float("inf"), 0, 0, 0))

    def at_precision(self, least: float) -> Point:
        """Return the point that finds most among those that are right at `least` so often."""
        fitting = (point for point in self.points if point.precision >= least)
        return max(fitting, key=lambda point: point.right, default=Point(float("inf"), 0, 0, 0))

    def at_threshold(self, threshold: float) -> Point:
        """Return the point of the lowest threshold that is not below `threshold`."""
        fitting = [point for point in self.points if point.threshold >= threshold]
        return fitting[-1] if fitting else Point(float("inf"), 0, 0, 0)


def true_pairs(people: Mapping[str, str]) -> int:
    """Return how many pairs of contacts are of one person."""
    return sum(size * (size - 1) // 2 for size in Counter(people.values()).values())


def pairwise(scored: Iterable[Scored], people: Mapping[str, str]) -> Curve:
    """Return the curve of the pairs themselves. A pair that comes twice counts once, with its best score."""
    points = []
    seen: set[tuple[str, str]] = set()
    pairs = right = 0
    for threshold, some in _steps(scored):
        for one, other in some:
            pair = (one, other) if one < other else (other, one)
            if one == other or pair in seen:
                continue
            seen.add(pair)
            pairs += 1
            right += people[one] == people[other]
        points.append(Point(threshold, pairs, right, pairs - right))
    return Curve(points, true_pairs(people))


def clusters(scored: Iterable[Scored], people: Mapping[str, str]) -> Curve:
    """Return the curve of the contacts that joining the pairs would make: their connected components.

    Its pairs are all those inside the components, so that a chain of pairs pays for everybody it joins.
    One sweep: joining two components adds what lies between them, and the smaller one's people are
    counted into the larger one's, O(n log n) in all.
    """
    found = _Components(people)
    points = []
    for threshold, some in _steps(scored):
        for one, other in some:
            found.join(one, other)
        points.append(Point(threshold, found.pairs, found.right, found.mixed))
    return Curve(points, true_pairs(people))


def components(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the connected components of `pairs`: each sorted, and all of them by their first."""
    found = _Components({})
    for one, other in pairs:
        found.join(one, other)
    return sorted(sorted(members) for members in found.members())


def mixed(clustering: Iterable[Sequence[str]], people: Mapping[str, str]) -> list[Sequence[str]]:
    """Return the contacts of `clustering` that mix two people, each as the ids it holds."""
    return [each for each in clustering if len({people[id_] for id_ in each}) > 1]


def _steps(scored: Iterable[Scored]) -> Iterator[tuple[float, Iterator[tuple[str, str]]]]:
    ordered = sorted(scored, key=lambda pair: -pair[2])
    for score, some in groupby(ordered, key=lambda pair: pair[2]):
        yield score, ((one, other) for one, other, _ in some)


class _Components:
    """Union-find that counts, as it grows, the pairs inside and how many of them are right."""

    def __init__(self, people: Mapping[str, str]) -> None:
        self._people = people
        self._parent: dict[str, str] = {}
        self._size: dict[str, int] = {}
        self._held: dict[str, Counter[str]] = {}
        self.pairs = self.right = self.mixed = 0

    def join(self, one: str, other: str) -> None:
        large, small = self._find(one), self._find(other)
        if large == small:
            return
        if self._size[large] < self._size[small]:
            large, small = small, large
        self.pairs += self._size[large] * self._size[small]
        into, out_of = self._held[large], self._held.pop(small)
        self.mixed -= (len(into) > 1) + (len(out_of) > 1)
        if len(into) < len(out_of):
            into, out_of = out_of, into
        for person, count in out_of.items():
            self.right += count * into[person]
            into[person] += count
        self.mixed += len(into) > 1
        self._held[large] = into
        self._parent[small] = large
        self._size[large] += self._size.pop(small)

    def members(self) -> Iterable[list[str]]:
        grouped: dict[str, list[str]] = {}
        for member in self._parent:
            grouped.setdefault(self._find(member), []).append(member)
        return grouped.values()

    def _find(self, member: str) -> str:
        if member not in self._parent:
            self._parent[member] = member
            self._size[member] = 1
            self._held[member] = Counter([self._people.get(member, "")])
        root = member
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[member] != root:
            self._parent[member], member = root, self._parent[member]
        return root
