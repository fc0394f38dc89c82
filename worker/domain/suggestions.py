"""Suggestions: two contacts that may be one person, with the reasons and how probable it is. A person decides.

They are a pure function of contacts, decisions, policy and model. `suggest` works on what ties contacts loosely, for
all contacts or for some: the suggestions that name these are then exactly those that a pass over everything would make.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from worker.domain.contacts import Contact
from worker.domain.decisions import Apart, Ruling, separated
from worker.domain.evidence import CLAIMED, STORED
from worker.domain.matching.comparisons import CROWD, MISSING
from worker.domain.matching.portraits import Portrait, portrait_of
from worker.domain.matching.scoring import Score
from worker.domain.policy import Policy
from worker.domain.reasons import Reason, Ties, findings, key_of, may_suggest
from worker.domain.records import Record

ID_CHARACTERS = 5
"""Of each contact's id. Ids are keyed hashes, so ten characters stand for one pair among a million million."""

_NO_RULING = Ruling()
"""What people marked is no part of a portrait: taken back, it would have to be looked for in everybody's records."""

Pair = tuple[str, str]
"""Two contacts, smaller id first."""


class Suggestion(Struct, frozen=True):
    """A pair of contacts, smaller id first, with every reason there is."""

    one: str
    other: str
    reasons: tuple[Reason, ...]
    count: int
    """On how many records the reasons stand: ten claims weigh more than one."""
    crowd: int = 0
    """How many further contacts claim the same: one suggestion stands for all of them."""
    score: Score = Score(0.0, ())
    """How probably they are one person, by the model in force when it was made."""

    @property
    def id(self) -> str:
        """Name the pair. From the id and the records the pair can be found again when the suggestion is gone."""
        return self.one[:ID_CHARACTERS] + self.other[:ID_CHARACTERS]

    @property
    def basis(self) -> str:
        """Name what a person decides on: the pair and its reasons, however often each stands.

        Without a reason, what was compared and found: another model weighs it otherwise and changes nothing of it.
        """
        said = [f"{self.one} {self.other}"]
        said += ["\0".join((r.kind, *key_of(r), r.other_value, f"{r.one}{r.other}")) for r in self.reasons]
        if not self.reasons:
            said += [f"{p.comparison}\0{p.level}\0{p.one}\0{p.other}" for p in self.score.parts]
        return hashlib.blake2b("\n".join(said).encode(), digest_size=3).hexdigest()

    @property
    def name(self) -> str:
        """What a person types to accept or reject it."""
        return f"{self.id}-{self.basis}"

    @property
    def claimed(self) -> str | None:
        """The contact of which somebody claims what it holds with proof, where there is one."""
        for reason in self.reasons:
            if min(reason.one, reason.other) == CLAIMED and max(reason.one, reason.other) >= STORED:
                return self.one if reason.one > reason.other else self.other
        return None


def suggest(ties: Ties, chosen: Collection[str] | None = None) -> list[Suggestion]:
    """Return the suggestions that name a contact of `chosen`, by pair; all of them when none are chosen.

    `ties` has to be complete for the contacts chosen.
    """
    reasons: dict[tuple[str, str], set[Reason]] = defaultdict(set)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    crowds: dict[tuple[str, str], int] = defaultdict(int)
    for pair, reason, count, crowd in findings(ties):
        if chosen is None or pair[0] in chosen or pair[1] in chosen:
            reasons[pair].add(reason)
            counts[pair] += count
            crowds[pair] = max(crowds[pair], crowd)
    return [
        Suggestion(*pair, tuple(sorted(reasons[pair])), counts[pair], crowds[pair])
        for pair in sorted(reasons)
    ]


def portrait_under(policy: Policy, contact: Contact, records: Iterable[Record]) -> Portrait:
    """Return the portrait of a contact, with the values that may suggest somebody under a policy."""
    return portrait_of(contact, records, lambda key: may_suggest(key, policy, _NO_RULING))


def weighed(
    found: Iterable[Suggestion], compared: Collection[Pair], score: Callable[[Pair], Score]
) -> list[Suggestion]:
    """Return the suggestions with their scores, and those that only a comparison makes, by pair.

    Args:
        found: What `suggest` made of reasons. They stay, however improbable: what is written down wants an answer.
        compared: Pairs with a key in common. They stay where they are one person at least as probably as not.
        score: The score of any pair in either.
    """
    by_pair = {(each.one, each.other): each for each in found}
    for pair in {*compared, *by_pair}:
        scored = score(pair)
        if pair in by_pair:
            by_pair[pair] = msgspec.structs.replace(by_pair[pair], score=scored)
        elif _is_probable(scored):
            by_pair[pair] = Suggestion(*pair, (), 0, score=scored)
    return [by_pair[pair] for pair in sorted(by_pair)]


def _is_probable(score: Score) -> bool:
    """Say whether a pair is one person at least as probably as not, by more than what they share with a crowd.

    Who claims what a crowd claims may well be all of it, and one suggestion says so already.
    """
    if score.weight < 0:
        return False
    if all(part.level != CROWD for part in score.parts):
        return True
    return any(
        part.weight > 0 and part.level != CROWD and not part.level.startswith(MISSING) for part in score.parts
    )


def undecided(
    found: Iterable[Suggestion], decisions: Sequence[Apart], records: Mapping[str, Collection[str]]
) -> list[Suggestion]:
    """Leave out who is decided to be two people, given the records of each contact: nobody is asked again."""
    decided = {each for _, side_of in decisions for each in side_of}
    named = {contact for contact, ids in records.items() if not decided.isdisjoint(ids)}
    return [
        each
        for each in found
        if each.one not in named
        or each.other not in named
        or separated(decisions, records[each.one], records[each.other]) is None
    ]
