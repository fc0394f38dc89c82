"""The laws of identity (DESIGN 2.6) as functions: each says of one story whether it holds."""

from collections.abc import Iterable, Sequence
from random import Random

import msgspec
from msgspec.structs import replace

from integrations.contract import Level
from tests.properties.oracle import Expected, Oracle
from tests.properties.oracle_decisions import Said
from tests.properties.oracle_evidence import Read
from tests.properties.stories import Story, withdrawn, without
from worker.domain.contacts import Contact, Kind, encode
from worker.domain.decisions import Decision, decision_id, ruling
from worker.domain.policy import Policy
from worker.domain.reach import reaching
from worker.domain.records import Record
from worker.domain.resolve import Resolution, resolve

_case = msgspec.json.Encoder().encode


def export(resolution: Resolution) -> list[str]:
    """Return the contacts as they are written down."""
    return [encode(contact) for contact in resolution.contacts]


def everything(resolution: Resolution) -> list[str]:
    """Return contacts and conflict cases as they are written down."""
    return export(resolution) + [_case(each).decode() for each in resolution.conflicts]


def whose(resolution: Resolution) -> dict[str, Contact]:
    """Return the contact of each record."""
    return {record_id: each for each in resolution.contacts for record_id in each.record_ids}


# --- law 1 ------------------------------------------------------------------------------------------------


def order_does_not_matter(story: Story, whole: Resolution, order: Random) -> None:
    """The same records and decisions give the same contacts and cases, to the byte, in every order."""
    landed = story.records
    shuffled = order.sample(landed, k=len(landed))
    said = [_otherwise(each, order) for each in order.sample(story.decisions, k=len(story.decisions))]

    assert everything(resolve(shuffled, story.policy, said)) == everything(whole)


def _otherwise(decision: Decision, order: Random) -> Decision:
    """Say the same in other words: records, and sides that are alike, in another order."""
    sides = [tuple(order.sample(side, k=len(side))) for side in decision.sides]
    if decision.kind in {"same", "different"}:
        order.shuffle(sides)
    other = replace(decision, sides=tuple(sides))
    kind, key = decision.kind, decision.key
    assert decision_id(kind, other.sides, key) == decision_id(kind, decision.sides, key)
    return other


def said_twice_is_said_once(story: Story, whole: Resolution) -> None:
    assert everything(resolve(story.records, story.policy, story.decisions * 2)) == everything(whole)


# --- law 2 ------------------------------------------------------------------------------------------------


def the_closure_gives_what_everything_gives(story: Story, whole: Resolution) -> None:
    contact_of = whose(whole)
    landed = story.records
    left = {record.id for record in landed}
    for record in landed:
        if record.id in left:
            reached = closure(record, landed, story.policy, story.decisions)
            left -= {each.id for each in reached}
            by_itself = whose(resolve(reached, story.policy, story.decisions))

            assert {each.id: by_itself.get(each.id) for each in reached} == {
                each.id: contact_of.get(each.id) for each in reached
            }


def closure(
    start: Record, landed: Sequence[Record], policy: Policy, decisions: Iterable[Decision]
) -> list[Record]:
    """Return what is reached from `start`.

    Over equal values, observed or better, over `about` both ways, and over what people decided to be one.
    """
    values = {record.id: set(reaching(record, policy)) for record in landed}
    joined = [each.record_ids for each in decisions if each.kind == "same"]
    reached = {start.id: start}
    frontier = [start]
    while frontier:
        record = frontier.pop()
        for other in landed:
            if other.id not in reached and (
                values[record.id] & values[other.id]
                or record.about == other.id
                or other.about == record.id
                or any({record.id, other.id} <= named for named in joined)
            ):
                reached[other.id] = other
                frontier.append(other)
    return list(reached.values())


# --- the rules a second time, and laws 5, 6 and 7 -----------------------------------------------------------


def the_rules_read_in_pairs_say_the_same(whole: Resolution, oracle: Oracle) -> None:
    contacts = {
        Expected(each.id, each.kind.value, frozenset(each.record_ids), each.converted_at)
        for each in whole.contacts
    }

    assert contacts == oracle.contacts()
    assert {each.key for each in whole.conflicts if each.kind == "contested"} == oracle.contested


def every_record_is_on_one_contact(story: Story, whole: Resolution) -> None:
    """But the evidence of conversions that were withdrawn, which is on none."""
    on_contacts = sorted(record_id for each in whole.contacts for record_id in each.record_ids)
    landed = {record.id for record in story.records}

    assert on_contacts == sorted(landed - Said(story.decisions).no_evidence)
    assert all(each.id in each.record_ids for each in whole.contacts)


def no_contact_holds_two_accounts(whole: Resolution, read: Read) -> None:
    """Unless somebody decided that they are one person's."""
    one = read.account_of
    for contact in whole.contacts:
        held = [
            one[each.namespace, each.value]
            for each in contact.identifiers
            if each.type == "account" and each.level >= Level.STORED
        ]

        assert len(set(held)) == len({namespace for namespace, _ in held})


def no_contact_crosses_a_decision(story: Story, whole: Resolution) -> None:
    """Nobody is on one contact with those whom a decision in force tells them from."""
    for _, side_of in ruling(story.decisions).apart:
        for contact in whole.contacts:
            assert len({side_of[each] for each in contact.record_ids if each in side_of}) < 2


def every_user_has_a_proof(story: Story, whole: Resolution) -> None:
    landed = {record.id: record for record in story.records}
    for contact in whole.contacts:
        proofs = [proof for proof in contact.proofs if proof.rule.endswith("-user")]

        assert len(proofs) == (contact.kind is Kind.USER)
        assert (contact.converted_at is not None) == (contact.kind is Kind.USER)
        for proof in proofs:
            (evidence,) = proof.evidence
            assert evidence in contact.record_ids
            holds = {(each.type, each.namespace, each.value) for each in landed[evidence].sightings}
            assert holds.issuperset(proof.keys)


def proofs_connect_all_records(whole: Resolution) -> None:
    for contact in whole.contacts:
        parts = [{record_id} for record_id in contact.record_ids]
        for proof in contact.proofs:
            evidence = set(proof.evidence)
            assert evidence.issubset(contact.record_ids)
            touched = [part for part in parts if part & evidence]
            parts = [part for part in parts if not part & evidence] + [set().union(*touched)]

        assert len(parts) == 1


# --- decisions ----------------------------------------------------------------------------------------------


def a_withdrawn_decision_was_never_made(story: Story, whole: Resolution) -> None:
    """Taken back, it leaves nothing; with a conversion goes the evidence that it brought."""
    for decision in story.decisions:
        never = everything(without(story, decision).resolved())
        if decision.withdrawn_at is None:
            said = [withdrawn(each) if each is decision else each for each in story.decisions]
            assert everything(resolve(story.records, story.policy, said)) == never
        else:
            assert everything(whole) == never
