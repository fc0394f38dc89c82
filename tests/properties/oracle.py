"""The rules of DESIGN section 2 a second time: in pairs, sentence by sentence, with no regard to speed.

Written from the text and sharing no code with `worker.domain` beyond names and the block list, so that
a clever data structure there cannot hide a departure from the rules.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import NamedTuple

from integrations.contract import Level
from tests.properties.oracle_decisions import Key
from tests.properties.oracle_evidence import LINES, Place, Read, parts_of, two_of
from worker.domain import names
from worker.domain.decisions import Decision
from worker.domain.policy import Policy
from worker.domain.records import Record, Sighting

Line = tuple[int, datetime]
Edges = set[tuple[int, int]]


class Expected(NamedTuple):
    """What a contact must be."""

    id: str
    kind: str
    records: frozenset[str]
    converted_at: datetime | None


class Proof(NamedTuple):
    since: datetime
    proved_at: datetime


class Oracle(Read):
    """Reads the rules over a few records."""

    def __init__(self, records: Iterable[Record], policy: Policy, decisions: Iterable[Decision] = ()) -> None:
        super().__init__(records, policy, decisions)
        self.proofs = {each: proof for each in self.all if (proof := self._proof(each))}

    # --- ties -------------------------------------------------------------------------------------------

    def tied(self, one: int, other: int) -> bool:
        for key in (self.holds[one].keys() & self.holds[other].keys()) - self.common - self.contested:
            weaker, stronger = sorted((self.holds[one][key], self.holds[other][key]))
            if weaker >= Level.STORED and (stronger is Level.VERIFIED or key[0] == "account"):
                return True
        return self._is_about(one, other) or self._is_about(other, one) or self._are_decided(one, other)

    def _is_about(self, one: int, other: int) -> bool:
        record = self.records[one]
        is_sure = record.about_level is Level.VERIFIED and self.policy.cap(record.source) is Level.VERIFIED
        return is_sure and record.about == self.records[other].id

    def is_shared(self, key: Key) -> bool:
        rows = [each for each in self._strong(key) if self._is_row(each)]
        return self._contradict(rows, lambda each: names.canonical(self.records[each].name))

    def corroborate(self, one: int, other: int) -> bool:
        if not (self._is_row(one) and self._is_row(other)):
            return False
        agreed = {
            key[0]
            for key in self.keys
            if key[0] in {"email", "phone"}
            and {one, other} <= set(self._strong(key))
            and key not in self.common | self.contested
            and not self.is_shared(key)
        }
        if self._full_name(one) and self._full_name(one) == self._full_name(other):
            agreed.add("name")
        return len(agreed) > 1

    def _components(self) -> list[list[int]]:
        pairs = list(combinations(self.all, 2))
        weaker = {pair for pair in pairs if self.corroborate(*pair)}
        ties = {pair for pair in pairs if self.tied(*pair)}
        edges = self._torn(ties | weaker, self.sides)
        ties, weaker = ties & edges, weaker & edges
        for part in parts_of(self.all, edges):
            if self._two_accounts(part) or self._contradict(part):
                weaker = {pair for pair in weaker if pair[0] not in part}
        return parts_of(self.all, self._torn(ties | weaker, self.accounts))

    def _torn(self, edges: Edges, marks: Sequence[Mapping[Place, object]]) -> Edges:
        """What is left of the edges when no part holds two accounts, or is on two sides of a decision."""
        while torn := [
            (part, place) for part in parts_of(self.all, edges) if (place := two_of(marks, part)) is not None
        ]:
            for part, place in torn:
                stays = self._stays_with(part, edges, {each: marks[each].get(place) for each in part})
                edges = {
                    (one, other) for one, other in edges if one not in part or stays[one] == stays[other]
                }
        return edges

    def _stays_with(self, part: list[int], edges: Edges, own: Mapping[int, object]) -> dict[int, object]:
        """Its own account or side, or the only one that is one step away; the rest stand alone."""
        stays: dict[int, object] = {}
        for each in part:
            steps = {own[other] for pair in edges if each in pair for other in pair if other != each} - {None}
            near = steps.pop() if len(steps) == 1 else ("alone", each)
            stays[each] = near if own[each] is None else own[each]
        return stays

    # --- lead or user -----------------------------------------------------------------------------------

    def _proof(self, index: int) -> Proof | None:
        found = [
            Proof(seen.first_at, seen.proved_at)
            for key, seen in self._seen(index, Level.VERIFIED)
            if self.holds[index][key] is Level.VERIFIED and key not in self.common | self.contested
        ]
        details = [self._detail(index, detail) for detail in self.policy.complete]
        is_false = (self.records[index].id, None) in self.said.false
        if self._is_row(index) and all(details) and not is_false:
            stated = [each for each in details if each]
            found.append(Proof(max(each.since for each in stated), max(each.proved_at for each in stated)))
        return min(found, default=None)

    def _seen(self, index: int, *levels: Level) -> list[tuple[Key, Sighting]]:
        return [
            ((each.type, each.namespace, each.value), each)
            for each in self.records[index].sightings
            if self._level(index, each) in levels
        ]

    def _detail(self, index: int, detail: str) -> Proof | None:
        record = self.records[index]
        if detail == "name":
            since = record.named_at if self._full_name(index) else None
            return None if since is None else Proof(since, record.name_known_by or since)
        stated = [
            Proof(seen.first_at, seen.proved_at)
            for key, seen in self._seen(index, Level.STORED, Level.VERIFIED)
            if key[0] == detail and not self._is_nothing(key)
        ]
        return min(stated, default=None)

    # --- history and lines ------------------------------------------------------------------------------

    def _bound(self, users: list[list[int]]) -> dict[Key, Line]:
        """For each line the one user who is bound to it, and the latest time of the proof."""
        bound: dict[Key, dict[int, datetime]] = {}
        for user, part in enumerate(users):
            for each in part:
                for key, _ in self._seen(each, Level.OBSERVED, Level.VERIFIED):
                    if each in self.proofs and key[0] in LINES and key not in self.common | self.contested:
                        first = min(
                            other.proved_at
                            for same, other in self._seen(each, Level.OBSERVED, Level.VERIFIED)
                            if same == key
                        )
                        together = max(first, self.proofs[each].proved_at)
                        of_line = bound.setdefault(key, {})
                        of_line[user] = max(together, of_line.get(user, together))
        return {key: next(iter(of_line.items())) for key, of_line in bound.items() if len(of_line) == 1}

    def _along(self, users: list[list[int]], leads: list[list[int]]) -> dict[int, int]:
        """For each lead that comes along to a user, by number, the number of that user.

        Of leads whom somebody told from each other none comes along to one user.
        """
        bound = self._bound(users)
        goes = {lead: self._goes_with(part, bound, users) for lead, part in enumerate(leads)}
        with_user = {lead: user for lead, user in goes.items() if user is not None}
        return {
            lead: user
            for lead, user in with_user.items()
            if not any(
                user == with_user[other] and self._two_sides([*leads[lead], *leads[other]]) is not None
                for other in with_user
            )
        }

    def _goes_with(self, part: list[int], bound: dict[Key, Line], users: list[list[int]]) -> int | None:
        if any(level >= Level.STORED for each in part for level in self.holds[each].values()):
            return None
        found = set()
        for each in part:
            for key, _ in self._seen(each, Level.OBSERVED):
                if key in bound:
                    user, proved_at = bound[key]
                    in_time = self.records[each].occurred_at <= proved_at
                    told_apart = self._two_sides([*part, *users[user]]) is not None
                    if (in_time or self.policy.phone_binding == "attach") and not told_apart:
                        found.add(user)
        return found.pop() if len(found) == 1 else None

    def _lines(self, leads: list[list[int]]) -> list[list[int]]:
        """Gather leads by line, then add the rows that are all that the books hold on it."""
        observed = {
            (lead, key)
            for lead, part in enumerate(leads)
            for each in part
            for key, _ in self._seen(each, Level.OBSERVED)
            if key[0] in LINES and not self._is_nothing(key)
        }
        lead_of = {each: lead for lead, part in enumerate(leads) for each in part}
        edges = {
            (one, other) for (one, key), (other, same) in combinations(sorted(observed), 2) if key == same
        }
        held = set()
        for key in {key for _, key in observed} - self.common - self.contested:
            rows = {lead_of.get(each, -1) for each in self._strong(key)}
            if len(rows) == 1 and rows != {-1}:
                (row,) = rows
                held |= {(row, lead) for lead, same in observed if same == key}
        rows_of_books = {lead for lead, part in enumerate(leads) if any(self._is_row(each) for each in part)}
        for group in parts_of(range(len(leads)), edges | held):
            if len(rows_of_books.intersection(group)) > 1:
                held = {(row, lead) for row, lead in held if row not in group}
        for group in parts_of(range(len(leads)), edges | held):
            parts = [leads[lead] for lead in group]
            if self._two_accounts([each for part in parts for each in part]):
                out = {lead for lead in group if any(self.accounts[each] for each in leads[lead])}
                edges, held = _without(edges, out), _without(held, out)
                # Those that stay are still one line, though the ones between them left.
                stay = [lead for lead in group if lead not in out]
                for key in {key for _, key in observed}:
                    on_it = [lead for lead in stay if (lead, key) in observed]
                    edges |= set(combinations(on_it, 2))
        gathered = parts_of(range(len(leads)), self._told_apart(leads, edges | held))
        return [[each for lead in group for each in leads[lead]] for group in gathered]

    def _told_apart(self, leads: list[list[int]], edges: Edges) -> Edges:
        """Each side of a decision stays together on a line, and whoever is on no side; the earliest first."""
        while True:
            broken = {}
            for group in parts_of(range(len(leads)), edges):
                decision = self._two_sides([each for lead in group for each in leads[lead]])
                if decision is not None:
                    broken.update(dict.fromkeys(group, decision))
            if not broken:
                return edges
            side = {
                lead: {self.sides[each][decision] for each in leads[lead] if decision in self.sides[each]}
                for lead, decision in broken.items()
            }
            edges = {(one, other) for one, other in edges if side.get(one) == side.get(other)}

    # --- contacts ---------------------------------------------------------------------------------------

    def contacts(self) -> set[Expected]:
        """Return what every contact must be."""
        components = self._components()
        users = [part for part in components if any(each in self.proofs for each in part)]
        leads = [part for part in components if part not in users]
        along = self._along(users, leads)
        staying = [part for lead, part in enumerate(leads) if lead not in along]
        expected = {self._expected(sorted(part)) for part in self._lines(staying)}
        for user, part in enumerate(users):
            came = [each for lead, with_user in along.items() if with_user == user for each in leads[lead]]
            expected.add(self._expected(part, came))
        return expected

    def _expected(self, part: list[int], along: Iterable[int] = ()) -> Expected:
        proved = [each for each in part if each in self.proofs]
        return Expected(
            self.records[min(proved or part)].id,
            "user" if proved else "lead",
            frozenset(self.records[each].id for each in (*part, *along)),
            min((self.proofs[each].since for each in proved), default=None),
        )


def _without(edges: Edges, out: set[int]) -> Edges:
    return {(one, other) for one, other in edges if one not in out and other not in out}
