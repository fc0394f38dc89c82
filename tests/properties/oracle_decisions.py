"""What people decided, read sentence by sentence: which decisions hold, and what they then say."""

from collections.abc import Iterable, Sequence

from worker.domain.decisions import Decision

Key = tuple[str, str, str]


class Said:
    """Some decisions, and what of them is in force. The later one holds, by (time, id)."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        given = list(decisions)
        self._standing = [each for each in given if each.withdrawn_at is None]
        kept = {_evidence_of(each) for each in self._of("convert")}
        self.no_evidence = {_evidence_of(each) for each in given if each.kind == "convert"} - kept
        """Records that only withdrawn conversions brought: they do not count, and are on no contact."""
        self.false = {(each.sides[0][0], each.key) for each in self._of("void")}
        self.common = {each.key for each in self._of("common")}
        self.own = {each.key for each in self._of("own")}
        self.together = [part for each in self._of("same") for part in self._parts_of(each)]
        """Sets of records that somebody made one person."""
        self.apart = [each for each in self._of("different") if self._holds(each)]
        """Decisions that keep people apart, the earliest first."""

    def _of(self, kind: str) -> list[Decision]:
        of_kind = [each for each in self._standing if each.kind == kind]
        return sorted(of_kind, key=lambda each: (each.at, each.id))

    def _later(self, kind: str, than: Decision) -> list[Decision]:
        return [each for each in self._of(kind) if (each.at, each.id) > (than.at, than.id)]

    def _holds(self, different: Decision) -> bool:
        """Unless a later *same* holds records of two of its sides."""
        for same in self._later("same", different):
            if any(len(_on_sides(part, different)) > 1 for part in self._parts_of(same)):
                return False
        return True

    def _parts_of(self, same: Decision) -> list[set[str]]:
        """Divided by the sides of each later *different*, the latest first; who is on no side is released."""
        parts = [{each for side in same.sides for each in side}]
        for different in reversed(self._later("different", same)):
            if self._holds(different):
                divided: list[set[str]] = []
                for part in parts:
                    on_sides = _on_sides(part, different)
                    divided += on_sides if len(on_sides) > 1 else [part]
                parts = divided
        return parts


def _evidence_of(convert: Decision) -> str:
    return convert.sides[1][0]


def _on_sides(part: set[str], different: Decision) -> Sequence[set[str]]:
    """The records of each side of the decision that are in the part, where there are any."""
    return [part.intersection(side) for side in different.sides if part.intersection(side)]
