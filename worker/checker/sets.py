"""Sets that grow together, of the checker's own making."""

from collections.abc import Hashable, Iterable
from itertools import pairwise
from typing import Generic, TypeVar

Member = TypeVar("Member", bound=Hashable)


class Sets(Generic[Member]):
    """Disjoint sets of whatever was ever named; what was never named is alone.

    >>> sets = Sets()
    >>> sets.unite(["a", "b"]), sets.unite(["b", "c"]), sets.unite(["c", "a"])
    (True, True, False)
    >>> sets.of("a") == sets.of("c")
    True
    """

    def __init__(self) -> None:
        """Start with everything alone."""
        self._above: dict[Member, Member] = {}

    def of(self, member: Member) -> Member:
        """Return what stands for the set that `member` is in."""
        path = []
        while (above := self._above.get(member)) is not None:
            path.append(member)
            member = above
        for each in path:
            self._above[each] = member
        return member

    def unite(self, members: Iterable[Member]) -> bool:
        """Make one set of all `members`; say whether each of them was in another set before."""
        each_was_new = True
        for one, other in pairwise(members):
            here, there = self.of(one), self.of(other)
            if here == there:
                each_was_new = False
            else:
                self._above[there] = here
        return each_was_new
