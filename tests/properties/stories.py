"""Random stories: a history and what people decided about its records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import hypothesis.strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from msgspec.structs import replace

from integrations.contract import Level
from tests.builders import P, account, at, email, id_of, phone, version
from tests.properties.strategies import ADDRESSES, POOL, Sent, histories, policies, records, sent
from worker.domain.decisions import Decision, DecisionKind, decision_id
from worker.domain.policy import Policy
from worker.domain.records import Key, Record
from worker.domain.resolve import Resolution, resolve

PLATFORM = "avouch"
"""The source of what our own platform states: the evidence of conversions."""


@dataclass(frozen=True, repr=False)
class Story:
    """Everything that contacts are a function of."""

    history: list[Sent]
    policy: Policy
    decisions: list[Decision]

    @cached_property
    def records(self) -> list[Record]:
        return records(self.history)

    def __repr__(self) -> str:
        """Tell the story so that a failure can be read: a line a version, a line a decision."""
        return "\n".join(["", f"  {self.policy}", *map(_told, self.history), *map(_said, self.decisions)])

    def resolved(self) -> Resolution:
        return resolve(self.records, self.policy, self.decisions)


def _told(each: Sent) -> str:
    said = each.version.record
    named = "" if not said.name else f" {said.name!r}"
    held = ", ".join(
        f"{one.type} {one.value} {one.level.value if one.level else 'stored'}"
        + (f" by {one.token}" if one.token else "")
        for one in said.identifiers
    )
    updated = f" updated {said.updated_at:%m-%d}" if said.updated_at else ""
    about = (
        f" {said.about.level.value} about {id_of(said.about.source, said.about.id)[:6]}" if said.about else ""
    )
    record_id = id_of(each.source, said.id)[:6]
    return f"  {record_id} {each.source} {said.id} {said.occurred_at:%y-%m-%d}{updated}{named}: {held}{about}"


def _said(each: Decision) -> str:
    sides = " | ".join(" ".join(record_id[:6] for record_id in side) for side in each.sides)
    gone = " WITHDRAWN" if each.withdrawn_at else ""
    return f"  {each.id[:6]} {each.at:%y-%m-%d} {each.kind}: {sides} {each.key or ''}{gone}"


class Arrival(NamedTuple):
    """One more record, or one more decision, with the record that it brings if it is a conversion."""

    sent: Sent | None
    decision: Decision | None

    def __repr__(self) -> str:
        """Tell it as a story is told."""
        sent = [] if self.sent is None else [self.sent]
        said = [] if self.decision is None else [self.decision]
        return "\n".join(["", *map(_told, sent), *map(_said, said)])


_KINDS: Sequence[DecisionKind] = (
    "same", "same", "same", "different", "different", "different", "convert", "void", "common", "own",
)  # fmt: skip
_SAID = st.sampled_from([at(day) for day in (0, 2, 5, 5, 500)])
_WITHDRAWN = st.sampled_from((False, False, False, True))
_LIKE_A_JOB = st.booleans()
_MARKED = st.sampled_from(POOL)
_PROVED = st.sampled_from(
    [
        *(email(mail, Level.VERIFIED) for mail in ADDRESSES),
        phone(P, Level.VERIFIED),
        account("u-1"),
        account("u-2"),
    ]
)
_CARRIED = st.sampled_from(((), (phone(P, Level.OBSERVED),)))
_PROOF_KEYS = st.sampled_from(("proof-1", "proof-2"))


@st.composite
def decided(draw: DrawFn, story: Story, number: int, said_at: datetime | None = None) -> Arrival:
    """Draw one decision about the records of a story; `number` makes it another one than those before."""
    kind = draw(st.sampled_from(_KINDS))
    landed = story.records
    sides: tuple[tuple[str, ...], ...] = ()
    key: Key | None = None
    brought = None
    if kind in {"same", "different"}:
        sides = draw(_sides_of_contacts(story) if draw(_LIKE_A_JOB) else _sides(landed))
        if kind == "different":
            sides = (sides[0], tuple(each for each in sides[1] if each not in sides[0]))
        if not all(sides):
            return Arrival(None, None)
    elif kind == "convert":
        brought, sides, key = draw(_conversion(landed))
    elif kind == "void":
        record, key = draw(st.sampled_from(_proofs(landed)))
        sides = ((record,),)
    else:
        key = draw(_MARKED)
    at_ = said_at or draw(_SAID)
    decision = Decision(
        id=decision_id(kind, sides, key, [str(number)]), kind=kind, at=at_, author="eva", sides=sides, key=key
    )
    return Arrival(brought, decision)


def _sides(landed: Sequence[Record]) -> SearchStrategy[tuple[tuple[str, ...], ...]]:
    """Draw two sides of a few records each, which may overlap."""
    side = st.lists(st.sampled_from([each.id for each in landed]), min_size=1, max_size=4, unique=True).map(
        tuple
    )
    return st.tuples(side, side)


@st.composite
def _sides_of_contacts(draw: DrawFn, story: Story) -> tuple[tuple[str, ...], ...]:
    """Draw the records of two contacts, as the commands do; or one contact divided, as `split` does."""
    contacts = story.resolved().contacts
    one, other = draw(st.sampled_from(contacts)), draw(st.sampled_from(contacts))
    if one.id != other.id:
        return (one.record_ids, other.record_ids)
    return (one.record_ids[:1], one.record_ids[1:])


@st.composite
def _conversion(draw: DrawFn, landed: Sequence[Record]) -> tuple[Sent, tuple[tuple[str, ...], ...], Key]:
    """Draw a proof that a person confirmed, with the record that it makes."""
    about = draw(st.sampled_from(landed))
    proved = draw(_PROVED)
    made = version(
        draw(_PROOF_KEYS),
        proved,
        *draw(_CARRIED),
        occurred_at=draw(_SAID),
        about=(about.source, about.key),
    )
    sides = ((about.id,), (id_of(PLATFORM, made.record.id),))
    return Sent(PLATFORM, made), sides, (proved.type, proved.namespace, proved.value)


def _proofs(landed: Sequence[Record]) -> list[tuple[str, Key | None]]:
    """Return what the records seem to prove, and for each that its complete details might be false."""
    whole: list[tuple[str, Key | None]] = [(record.id, None) for record in landed]
    return whole + [
        (record.id, (each.type, each.namespace, each.value))
        for record in landed
        for each in record.sightings
        if each.level is Level.VERIFIED
    ]


def with_arrival(story: Story, arrival: Arrival) -> Story:
    """Return the story with one thing more."""
    more = [] if arrival.sent is None else [arrival.sent]
    said = [] if arrival.decision is None else [arrival.decision]
    return Story([*story.history, *more], story.policy, [*story.decisions, *said])


def without(story: Story, decision: Decision) -> Story:
    """Return the story as if nobody had said this: with a conversion goes the record that it brought."""
    decisions = [each for each in story.decisions if each.id != decision.id]
    history = story.history
    if decision.kind == "convert":
        gone = decision.sides[1][0]
        if all(gone != each.sides[1][0] for each in decisions if each.kind == "convert"):
            history = [each for each in history if id_of(each.source, each.version.record.id) != gone]
    return Story(history, story.policy, decisions)


@st.composite
def stories(draw: DrawFn, max_size: int = 10, most_decisions: int = 4) -> Story:
    """Draw a history with decisions, some of them withdrawn."""
    story = Story(draw(histories(max_size)), draw(policies()), [])
    for number in range(draw(st.integers(0, most_decisions))):
        arrival = draw(decided(story, number))
        if arrival.decision is not None and draw(_WITHDRAWN):
            arrival = arrival._replace(decision=withdrawn(arrival.decision))
        story = with_arrival(story, arrival)
    return story


def withdrawn(decision: Decision) -> Decision:
    """Return the decision taken back."""
    return replace(decision, withdrawn_at=at(600), withdrawn_by="luis")


@st.composite
def arrivals(draw: DrawFn, story: Story) -> Arrival:
    """Draw what comes next: a record, or what somebody decides now."""
    if draw(st.booleans()):
        return Arrival(draw(_NEXT), None)
    # Not the number of decisions: some were drawn that decide nothing, and two of one number may be one.
    return draw(decided(story, _NUMBER_OF_THE_ARRIVAL, at(501)))


_NUMBER_OF_THE_ARRIVAL = 1000
_NEXT = sent()
