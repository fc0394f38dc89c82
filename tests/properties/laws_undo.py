"""Law 4: undo is exact. What a change joined is apart again, and as it was."""

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from integrations.contract import Level
from tests.builders import at
from tests.properties.laws import everything, whose
from tests.properties.oracle import Oracle
from tests.properties.oracle_decisions import Key
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
            assert change.kind not in {"joined", "converted"}, change
            checked[f"no plan: {change.kind} by a record"] += 1
            continue
        undone = dataclasses.replace(later, decisions=with_plan(later.decisions, taken, UNDO))
        now = undone.resolved()
        _sides_are_as_they_were(change, undone, now)
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


def _sides_are_as_they_were(change: Change, undone: Story, now: Resolution) -> None:
    """Contacts that came together are apart again, and leads again; a contact that was split is whole."""
    contact_of = whose(now)
    held = [{contact_of[each].id for each in side if each in contact_of} for side in change.sides]
    if change.kind == "split":
        assert len(set().union(*held)) == 1
        return
    for number, some in enumerate(held):
        assert all(some.isdisjoint(other) for other in held[:number])
    with_the_new = {contact_of[each].id for each in change.brought if each in contact_of}
    for side, now_in, was_lead in zip(change.sides, held, change.leads, strict=True):
        kinds = {contact_of[each].kind for each in side if each in contact_of}
        if was_lead and kinds != {Kind.LEAD}:
            # What is known of it since makes it part of somebody who has nothing to do with the change.
            assert now_in.isdisjoint(with_the_new)
            assert _proves_nothing(undone, side)
        elif not was_lead and change.kind == "reverted":
            assert Kind.USER in kinds
            assert contact_of.keys() >= set(side)


def _proves_nothing(story: Story, record_ids: Collection[str]) -> bool:
    read = Oracle(story.records, story.policy, story.decisions)
    return all(read.records[each].id not in record_ids for each in read.proofs)


def _sides_are_contacts_again(
    change: Change, former: Mapping[str, Contact], stories: tuple[Story, Story], now: Resolution
) -> int:
    """Each side is the contact that it was, to the byte but for its proofs, where nothing else changed."""
    if change.kind == "split":
        return 0
    before, after = (Oracle(each.records, each.policy, each.decisions) for each in stories)
    brought = {record.id for record in after.records} - {record.id for record in before.records}
    contact_of = whose(now)
    checked = 0
    for side, other in zip(change.sides, change.others, strict=True):
        was, found = former[other], contact_of[side[0]]
        if (
            brought
            and set(was.record_ids) == set(side)
            and brought.isdisjoint(found.record_ids)
            and _nothing_else(before, after, was, former.values(), brought)
        ):
            assert _shown(found) == _shown(was)
            checked += 1
    return checked


def _shown(contact: Contact) -> tuple[object, ...]:
    return (contact.id, contact.kind, contact.name, contact.records, contact.identifiers)


def _nothing_else(
    before: Oracle, after: Oracle, side: Contact, contacts: Iterable[Contact], brought: Collection[str]
) -> bool:
    """Say whether all that the new record did to a side was to join it to others.

    It made no value common, contested or shared and used no token first, on the records of the side or of whoever
    is on a line with it; and it is on none of these lines itself. Whether a row belongs to its line hangs on every
    row and every call of the line, and of the next line that one of these is on, whoever they are joined to.

    And the side was whole: where a chain between two people is torn depends on the whole chain, so that who had
    been torn from the side may be left with it when the chain is torn elsewhere.
    """
    lines, around = _on_lines_with(before, side, contacts)
    new = {key for each in after.all if after.records[each].id in brought for key in after.holds[each]}
    return (
        not new & lines
        and _worth(before, around) == _worth(after, around)
        and not _was_torn(before, side.record_ids)
    )


def _on_lines_with(read: Oracle, side: Contact, contacts: Iterable[Contact]) -> tuple[set[Key], set[str]]:
    """Return the lines of a side and of whoever is on a line with it, and so on, and all their records."""
    carried = {key for each in read.all for key in read.lines(each)}
    held = {
        read.records[each].id: {key for key, level in read.holds[each].items() if level >= Level.OBSERVED}
        & carried
        for each in read.all
    }
    lines: set[Key] = set()
    around = set(side.record_ids)
    more = True
    while more:
        lines |= {key for record_id in around for key in held[record_id]}
        met = {
            each
            for contact in contacts
            if any(lines & held[record_id] for record_id in contact.record_ids)
            for each in contact.record_ids
        }
        more = not met <= around
        around |= met
    return lines, around


def _worth(read: Oracle, record_ids: Collection[str]) -> tuple[object, ...]:
    """Return what some records hold and how surely, and which of it joins nobody."""
    held = {
        read.records[each].id: read.holds[each] for each in read.all if read.records[each].id in record_ids
    }
    keys = {key for holds in held.values() for key in holds}
    shared = {key for key in keys if read.is_shared(key)}
    return (held, keys & read.common, keys & read.contested, shared)


def _was_torn(read: Oracle, record_ids: Collection[str]) -> bool:
    """Say whether evidence that is certain tied a contact to somebody who was not on it."""
    own = [each for each in read.all if read.records[each].id in record_ids]
    others = [each for each in read.all if each not in own]
    return any(read.tied(one, other) or read.corroborate(one, other) for one in own for other in others)


def a_merge_and_its_undo_leave_nothing(story: Story, before: Resolution) -> Counter[str]:
    """The first two contacts merged by somebody, and that undone."""
    if len(before.contacts) < 2:
        return Counter()
    sides = tuple(contact.record_ids for contact in before.contacts[:2])
    merge = Decision(id=decision_id("same", sides, None), kind="same", at=at(600), author="eva", sides=sides)
    return undo_is_exact(story, before, Arrival(None, merge))
