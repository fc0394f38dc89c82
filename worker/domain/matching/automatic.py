"""Automatic decisions: which probable pairs the policy may decide to be one person without asking anybody.

A likely pair is decided only where nothing speaks against it that a model of names and numbers cannot see, and where
nobody else is as likely to be meant. Of what is left out, the reason is told.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import product
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from worker.domain import names
from worker.domain.conflicts import Conflict
from worker.domain.contacts import Contact, Kind
from worker.domain.decisions import Decision, ruling
from worker.domain.records import Record
from worker.domain.suggestions import Suggestion
from worker.domain.union import Union

AUTHOR = "policy:dedupe_auto"
"""Who decides: the setting by its name."""

RIVAL = 0.5
"""From this probability on somebody else may be meant: as probable as not."""

WHY = {
    "crowd": "one stands for many who claim the same",
    "users": "one of them is a user: nobody becomes part of one without proof",
    "accounts": "each has an account of its own at one place",
    "names": "their names contradict each other",
    "different": "somebody decided that they are different people",
    "withdrawn": "that they are one person was decided before, and was taken back or does not hold",
    "conflict": "a conflict case is open between them",
    "others": "somebody else, who can't be both, may be meant",
}
"""Why a pair is left to people, in words; the first that holds is told."""

Side = tuple[str, int]
"""A decision, and the number of one of its sides."""


def percent(probability: float) -> str:
    """Write a probability to a thousandth of a percent, and never as certain: these are all near it.

    >>> percent(0.99), percent(0.99947), percent(1.0)
    ('99.000 %', '99.947 %', '99.999 %')
    """
    return f"{min(math.floor(probability * 100_000 + 1e-6), 99_999) / 1_000:.3f} %"


class Party(Struct, frozen=True):
    """What is known of a contact beyond what a score is made of."""

    is_user: bool = False
    names: frozenset[str] = frozenset()
    """In canonical form, of every record: one that contradicts is enough."""
    places: frozenset[str] = frozenset()
    """The namespaces of its accounts."""
    cases: frozenset[str] = frozenset()
    """The open conflict cases that its records are in."""
    apart: frozenset[Side] = frozenset()
    """On which sides of decisions in force its records are *different* from others."""
    once: frozenset[str] = frozenset()
    """The persons that its records were decided to be of, each by its first record. If another contact was of one,
    too, that was withdrawn, overruled or torn."""

    def with_(self, other: "Party") -> "Party":
        """Return what would be known of both as one."""
        return Party(
            self.is_user or other.is_user,
            self.names | other.names,
            self.places | other.places,
            self.cases | other.cases,
            self.apart | other.apart,
            self.once | other.once,
        )


class Standing(NamedTuple):
    """What cases and decisions say of records, by record."""

    cases: Mapping[str, Collection[str]]
    apart: Mapping[str, Collection[Side]]
    once: Mapping[str, str]


class Left(NamedTuple):
    """A pair that is left to people."""

    pair: Suggestion
    why: str
    """One of `WHY`."""


class Sorted(NamedTuple):
    """What becomes of likely pairs, the most probable first."""

    join: list[Suggestion]
    """To decide now. No contact is in two of them."""
    later: list[Suggestion]
    """One of the two is in a more probable pair: to be judged again when that is decided."""
    left: list[Left]


class Foreseen(NamedTuple):
    """What deciding everything would come to, as far as today's scores tell."""

    join: list[Suggestion]
    """In the order in which they would be decided."""
    at_once: int
    """How many of them need not wait for others; the rest is scored anew by then."""
    left: list[Left]


def standing(cases: Iterable[Conflict], decisions: Collection[Decision]) -> Standing:
    """Return what is said of records.

    Args:
        cases: The open conflict cases that the records are in.
        decisions: Those that name the records, and those that could overrule them.
    """
    in_case: dict[str, set[str]] = {}
    for case in cases:
        for record_id in case.records:
            in_case.setdefault(record_id, set()).add(case.case)
    apart: dict[str, set[Side]] = {}
    for decision, side_of in ruling(decisions).apart:
        for record_id, number in side_of.items():
            apart.setdefault(record_id, set()).add((decision.id, number))
    return Standing(in_case, apart, _once_one(decisions))


def _once_one(decisions: Iterable[Decision]) -> dict[str, str]:
    """Return for each record the person that it was ever decided to be of.

    In a chain of decisions each link names the records of one end only. Whoever takes all of it back says of each two
    in the chain that they are not one.
    """
    said = [sorted(each.record_ids) for each in decisions if each.kind == "same"]
    ids = sorted({each for together in said for each in together})
    place = {each: number for number, each in enumerate(ids)}
    union = Union(len(ids))
    for together in said:
        union.join(place[each] for each in together)
    return {each: ids[union.find(number)] for each, number in place.items()}


def party_of(contact: Contact, records: Iterable[Record], said: Standing) -> Party:
    """Return what is known of a contact, given its records and what is said of them."""
    own = contact.record_ids
    return Party(
        is_user=contact.kind is Kind.USER,
        names=frozenset(names.canonical(record.name) for record in records) - {""},
        places=frozenset(each.namespace for each in contact.identifiers if each.type == "account"),
        cases=frozenset(each for record_id in own for each in said.cases.get(record_id, ())),
        apart=frozenset(each for record_id in own for each in said.apart.get(record_id, ())),
        once=frozenset(said.once[record_id] for record_id in own if record_id in said.once),
    )


def barred(one: Party, other: Party) -> str | None:
    """Return why two contacts may not be joined without a person, whatever their score; None where nothing bars it.

    >>> ana, luis = (Party(names=frozenset({each})) for each in ("ana ruiz", "luis ruiz"))
    >>> barred(ana, luis), barred(ana, Party())
    ('names', None)
    """
    if one.is_user or other.is_user:
        return "users"
    if one.places & other.places:
        return "accounts"
    if not all(names.compatible(a, b) for a, b in product(one.names, other.names)):
        return "names"
    if any(a == b and side != against for a, side in one.apart for b, against in other.apart):
        return "different"
    if one.once & other.once:
        return "withdrawn"
    return "conflict" if one.cases & other.cases else None


def sort_out(
    likely: Iterable[Suggestion], near: Iterable[Suggestion], parties: Mapping[str, Party]
) -> Sorted:
    """Sort out which of the likely pairs may be decided now.

    Each pair that is decided is the most probable one of both its contacts, so that the next is judged on what the
    contact is by then: a chain of likely pairs ends where names would contradict each other.

    Args:
        likely: The pairs that are probable enough.
        near: Every pair with a contact of a likely one that is at least as probable as not: who else may be meant.
        parties: What is known of every contact that these name.
    """
    rivals = _rivals(near, parties)
    result = Sorted([], [], [])
    taken: set[str] = set()
    for each in sorted(likely, key=lambda each: (-each.score.weight, each.one, each.other)):
        why = _why_not(each, parties, rivals)
        if why is not None:
            result.left.append(Left(each, why))
            continue
        (result.join if taken.isdisjoint((each.one, each.other)) else result.later).append(each)
        taken.update((each.one, each.other))
    return result


def _rivals(near: Iterable[Suggestion], parties: Mapping[str, Party]) -> dict[str, set[str]]:
    """Return for each contact who it may be."""
    rivals: dict[str, set[str]] = {}
    for each in near:
        if barred(parties[each.one], parties[each.other]) is None:
            rivals.setdefault(each.one, set()).add(each.other)
            rivals.setdefault(each.other, set()).add(each.one)
    return rivals


def _why_not(
    pair: Suggestion, parties: Mapping[str, Party], rivals: Mapping[str, Collection[str]]
) -> str | None:
    why = "crowd" if pair.crowd else barred(parties[pair.one], parties[pair.other])
    if why is not None:
        return why
    for own, its in ((pair.one, pair.other), (pair.other, pair.one)):
        if any(each != its and barred(parties[each], parties[its]) for each in rivals.get(own, ())):
            return "others"
    return None


def foreseen(
    likely: Iterable[Suggestion], near: Iterable[Suggestion], parties: Mapping[str, Party]
) -> Foreseen:
    """Return what deciding batch after batch would come to; the arguments are those of `sort_out`.

    Joined contacts keep the better of their scores with others here; in truth they are scored anew.
    """
    pairs, around, known = list(likely), list(near), dict(parties)
    joined: list[Suggestion] = []
    at_once = 0
    while (result := sort_out(pairs, around, known)).join:
        at_once = at_once or len(result.join)
        joined += result.join
        becomes = {each.other: each.one for each in result.join}
        for other, one in becomes.items():
            known[one] = known[one].with_(known[other])
        pairs, around = list(_renamed(pairs, becomes)), list(_renamed(around, becomes))
    return Foreseen(joined, at_once, result.left)


def _renamed(found: Iterable[Suggestion], becomes: Mapping[str, str]) -> Iterator[Suggestion]:
    """Yield the pairs of the joined contacts, of several of one pair the most probable."""
    best: dict[tuple[str, str], Suggestion] = {}
    for each in found:
        one, other = sorted(becomes.get(name, name) for name in (each.one, each.other))
        known = best.get((one, other))
        if one != other and (known is None or known.score.weight < each.score.weight):
            best[one, other] = replace(each, one=one, other=other)
    yield from best.values()
