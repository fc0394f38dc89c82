"""Law 4: undo is exact. What a change joined is apart again, and as it was."""

import dataclasses
from collections import Counter
from collections.abc import Mapping

from tests.builders import at
from tests.properties.laws import everything, whose
from tests.properties.oracle_evidence import Read
from tests.properties.stories import Arrival, Story, with_arrival
from worker.domain.changes import Change, changes
from worker.domain.contacts import Contact, Kind
from worker.domain.decisions import Decision, decision_id
from worker.domain.resolve import Resolution
from worker.domain.undo import Plan, plan, with_plan

UNDO = Decision(id="", kind="same", at=at(700), author="luis", reason="undo")
"""Who undoes, and when."""


def undo_is_exact(story: Story, before: Resolution, arrival: Arrival) -> Counter[str]:
    """Undo whatever the arrival did. Returns what was checked, since a law about nothing is none."""
    checked: Counter[str] = Counter()
    later = with_arrival(story, arrival)
    former = {contact.id: contact for contact in before.contacts}
    membership = {record_id: each.id for record_id, each in whose(before).items()}
    for change in changes(later.resolved().contacts, membership, former):
        taken = plan(change, later.records, story.policy, later.decisions, UNDO)
        if taken is None:
            # What a person said can always be taken back; that a proof does not hold any more cannot.
            assert arrival.sent is not None or change.kind not in {"split", "reverted"}, change
            assert change.kind != "joined", change
            checked[f"no plan: {change.kind} by a record"] += 1
            continue
        undone = dataclasses.replace(later, decisions=with_plan(later.decisions, taken, UNDO))
        now = undone.resolved()
        _sides_are_as_they_were(change, now)
        checked["undone: " + change.kind] += 1
        said = arrival.decision
        if _was_decided(change, arrival):
            assert said is not None
            assert said.id in taken.withdraw, taken
        if said is not None and said.id in taken.withdraw:
            assert taken == Plan(withdraw=(said.id,)), taken
            assert everything(now) == everything(before)
            checked["withdrawn: " + said.kind] += 1
        elif arrival.sent is not None:
            checked["sides again"] += _sides_are_contacts_again(change, former, (story, undone), now)
    return checked


def _was_decided(change: Change, arrival: Arrival) -> bool:
    """Say whether somebody made this change: by a merge of its sides, or by a proof that was not there."""
    said = arrival.decision
    if said is None or change.kind not in {"joined", "converted"}:
        return False
    if said.kind == "convert":
        return said.sides[1][0] in change.brought
    return said.kind == "same" and sum(not said.record_ids.isdisjoint(side) for side in change.sides) > 1


def _sides_are_as_they_were(change: Change, now: Resolution) -> None:
    """Contacts that came together are apart again, and leads again; a contact that was split is whole."""
    contact_of = whose(now)
    held = [{contact_of[each].id for each in side if each in contact_of} for side in change.sides]
    if change.kind == "split":
        assert len(set().union(*held)) == 1
        return
    for number, some in enumerate(held):
        assert all(some.isdisjoint(other) for other in held[:number])
    for side, was_lead in zip(change.sides, change.leads, strict=True):
        kinds = {contact_of[each].kind for each in side if each in contact_of}
        if was_lead:
            # Or its line, as is known since, brings it along to somebody who is none of the others.
            along = [
                reason
                for each in side
                if each in contact_of
                for reason in contact_of[each].proofs
                if reason.rule == "history" and each in reason.evidence
            ]
            assert kinds == {Kind.LEAD} or along
        elif change.kind == "reverted":
            assert Kind.USER in kinds


def _sides_are_contacts_again(
    change: Change, former: Mapping[str, Contact], stories: tuple[Story, Story], now: Resolution
) -> int:
    """Each side is the contact that it was, to the byte but for its proofs, where nothing else changed."""
    if change.kind == "split":
        return 0
    before, after = (Read(each.records, each.policy, each.decisions) for each in stories)
    brought = {record.id for record in after.records} - {record.id for record in before.records}
    contact_of = whose(now)
    checked = 0
    for side, other in zip(change.sides, change.others, strict=True):
        was, found = former[other], contact_of[side[0]]
        if (
            brought
            and set(was.record_ids) == set(side)
            and brought.isdisjoint(found.record_ids)
            and _nothing_else(before, after, side, brought)
        ):
            assert _shown(found) == _shown(was)
            checked += 1
    return checked


def _shown(contact: Contact) -> tuple[object, ...]:
    return (contact.id, contact.kind, contact.name, contact.records, contact.identifiers)


def _nothing_else(before: Read, after: Read, side: tuple[str, ...], brought: set[str]) -> bool:
    """Say whether all that the new record did to a side's records was to join them to others.

    It made no value common or contested, used none of their tokens first, and is on none of their lines.
    """
    were = [index for index in before.all if before.records[index].id in side]
    are = [index for index in after.all if after.records[index].id in side]
    if [before.holds[each] for each in were] != [after.holds[each] for each in are]:
        return False
    keys = {key for each in are for key in after.holds[each]}
    if keys & before.common != keys & after.common or keys & before.contested != keys & after.contested:
        return False
    new = {key for each in after.all if after.records[each].id in brought for key in after.holds[each]}
    lines = {key for each in are for key in after.lines(each)}
    return not new & lines


def a_merge_and_its_undo_leave_nothing(story: Story, before: Resolution) -> Counter[str]:
    """The first two contacts merged by somebody, and that undone."""
    if len(before.contacts) < 2:
        return Counter()
    sides = tuple(contact.record_ids for contact in before.contacts[:2])
    merge = Decision(id=decision_id("same", sides, None), kind="same", at=at(600), author="eva", sides=sides)
    return undo_is_exact(story, before, Arrival(None, merge))
