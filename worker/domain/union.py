"""Sets of records that grow together (union-find), each led by its earliest record."""

from collections.abc import Iterable


class Union:
    """Disjoint sets of the numbers 0..size-1; the smallest number of a set leads it."""

    def __init__(self, size: int) -> None:
        """Start with every number alone."""
        self._parent = list(range(size))

    def find(self, member: int) -> int:
        """Return the leader of the set that `member` is in."""
        parent = self._parent
        root = member
        while parent[root] != root:
            root = parent[root]
        while parent[member] != root:
            parent[member], member = root, parent[member]
        return root

    def join(self, members: Iterable[int]) -> bool:
        """Put all `members` into one set; say whether that changed anything."""
        leader = -1
        changed = False
        for member in members:
            root = self.find(member)
            if leader < 0:
                leader = root
            elif root != leader:
                leader, root = min(leader, root), max(leader, root)
                self._parent[root] = leader
                changed = True
        return changed

    def groups(self) -> dict[int, list[int]]:
        """Return the sets, leader to members in ascending order."""
        found: dict[int, list[int]] = {}
        for member in range(len(self._parent)):
            found.setdefault(self.find(member), []).append(member)
        return found
