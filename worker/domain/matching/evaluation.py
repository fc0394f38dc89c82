"""How good scored pairs are: as pairs, and as the contacts that joining them would make.

A pair is right when both its contacts are of one person. Recall counts all pairs of contacts of one person,
also those that no field could show. At each distinct score stands a threshold: it takes the pairs with that
score or a higher one. The definitions are those of pairwise evaluation in Menestrina, Whang, Garcia-Molina,
"Evaluating Entity Resolution Results", VLDB 2010.

What is scored are rows that stand alone, or contacts that hold several rows already: then a curve is of what lies
between contacts, beyond the pairs of rows `inside` them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

Scored = tuple[str, str, float]
"""Two contacts and how likely they are one person's; any scale on which more is likelier."""
Held = Mapping[str, Mapping[str, int]]
"""By contact, how many rows of each person it holds."""


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
    points = _pairwise(scored, lambda one, other: (1, int(people[one] == people[other])))
    return Curve(points, true_pairs(people))


def inside(held: Held) -> Point:
    """Return what contacts are before any pair is taken."""
    found = [_inside(each) for each in held.values()]
    pairs, right = (sum(each[place] for each in found) for place in (0, 1))
    return Point(float("inf"), pairs, right, sum(len(people) > 1 for people in held.values()))


def pairwise_of_contacts(scored: Iterable[Scored], held: Held) -> Curve:
    """Return the curve of the pairs of rows that lie between the contacts of each scored pair."""

    def between(one: str, other: str) -> tuple[int, int]:
        here, there = held[one], held[other]
        right = sum(number * there.get(person, 0) for person, number in here.items())
        return sum(here.values()) * sum(there.values()), right

    return Curve(_pairwise(scored, between), _true_pairs_between(held))


def _pairwise(scored: Iterable[Scored], between: Callable[[str, str], tuple[int, int]]) -> list[Point]:
    points = []
    seen: set[tuple[str, str]] = set()
    pairs = right = 0
    for threshold, some in _steps(scored):
        for one, other in some:
            pair = (one, other) if one < other else (other, one)
            if one == other or pair in seen:
                continue
            seen.add(pair)
            more, more_right = between(one, other)
            pairs += more
            right += more_right
        points.append(Point(threshold, pairs, right, pairs - right))
    return points


def _inside(people: Mapping[str, int]) -> tuple[int, int]:
    """Return how many pairs of rows lie inside one contact, and how many of them are right."""
    rows = sum(people.values())
    return rows * (rows - 1) // 2, sum(each * (each - 1) // 2 for each in people.values())


def _true_pairs_between(held: Held) -> int:
    sizes: Counter[str] = Counter()
    for people in held.values():
        sizes.update(people)
    return _inside(sizes)[1] - inside(held).right


def clusters(scored: Iterable[Scored], people: Mapping[str, str]) -> Curve:
    """Return the curve of the contacts that joining the pairs would make: their connected components.

    Its pairs are all those inside the components, so that a chain of pairs pays for everybody it joins.
    One sweep: joining two components adds what lies between them, and the smaller one's people are
    counted into the larger one's, O(n log n) in all.
    """
    return Curve(_clusters(scored, _of_rows(people)), true_pairs(people))


def clusters_of_contacts(scored: Iterable[Scored], held: Held) -> Curve:
    """Return the curve of what joining pairs of contacts would add to them; it tells how many mix people in all."""
    found = _Components(lambda contact: Counter(held[contact]))
    for contact in held:
        found.add(contact)
    found.pairs = found.right = 0
    return Curve(_clusters(scored, found), _true_pairs_between(held))


def _clusters(scored: Iterable[Scored], found: "_Components") -> list[Point]:
    points = []
    for threshold, some in _steps(scored):
        for one, other in some:
            found.join(one, other)
        points.append(Point(threshold, found.pairs, found.right, found.mixed))
    return points


def components(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the connected components of `pairs`: each sorted, and all of them by their first."""
    found = _of_rows({})
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


def _of_rows(people: Mapping[str, str]) -> "_Components":
    return _Components(lambda row: Counter([people.get(row, "")]))


class _Components:
    """Union-find that counts, as it grows, the pairs inside and how many of them are right."""

    def __init__(self, held_by: Callable[[str], Counter[str]]) -> None:
        self._held_by = held_by
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

    def add(self, member: str) -> None:
        """Add one who stands alone so far."""
        self._parent[member] = member
        people = self._held[member] = self._held_by(member)
        self._size[member] = sum(people.values())
        pairs, right = _inside(people)
        self.pairs += pairs
        self.right += right
        self.mixed += len(people) > 1

    def members(self) -> Iterable[list[str]]:
        grouped: dict[str, list[str]] = {}
        for member in self._parent:
            grouped.setdefault(self._find(member), []).append(member)
        return grouped.values()

    def _find(self, member: str) -> str:
        if member not in self._parent:
            self.add(member)
        root = member
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[member] != root:
            self._parent[member], member = root, self._parent[member]
        return root
