"""Lead or user, since when, and by which record: checked; read a second time from DESIGN 2.3 and 2.5."""

from collections.abc import Iterator

from worker.checker.facts import founding_order
from worker.checker.faults import Fault
from worker.checker.whole import Scene, Whole
from worker.domain.contacts import Kind
from worker.domain.proofs import Reason

USER_RULES = frozenset({"verified-user", "complete-user"})
"""Rules that make a contact a user."""

NOT_ONE_RECORD = "does not rest on exactly one record of the contact"
PROVES_NOTHING = "names a record that does not prove this"
NOT_THE_EARLIEST = "is not the earliest proof, or of those the one with the first record key"


def faults_of_kind(scene: Scene, whole: Whole) -> Iterator[Fault]:
    """Check that a contact is what its records prove, since when, and by which record it is known."""
    contact, records = whole.contact, scene.facts.records
    is_user = contact.kind is Kind.USER
    proving = tuple(each for each in contact.record_ids if scene.provers.of(each))
    if is_user and not proving:
        yield Fault(contact.id, "kind", "is a user, and none of its records proves anybody")
    if proving and not is_user:
        yield Fault(contact.id, "kind", "is a lead, and a record of it proves somebody", proving)
    stated = [each for each in contact.proofs if each.rule in USER_RULES]
    if len(stated) != is_user:
        what = "does not have the one proof of a user" if is_user else "is a lead with the proof of a user"
        yield Fault(contact.id, "kind", what)
    founding = min(proving or contact.record_ids, key=lambda each: founding_order(records[each]))
    if contact.id != founding:
        yield Fault(contact.id, "founding record", "does not have the id of its founding record", (founding,))
    since = min((proof.stated_at for each in proving for proof in scene.provers.of(each)), default=None)
    if contact.converted_at != since:
        yield Fault(contact.id, "converted_at", "does not state the time of its earliest proof", proving)
    for proof in stated:
        wrong = _of_proof(scene, whole, proof, proving)
        if wrong is not None:
            yield Fault(contact.id, proof.rule, wrong, proof.evidence)


def _of_proof(scene: Scene, whole: Whole, proof: Reason, proving: tuple[str, ...]) -> str | None:
    """Return what is wrong with the proof of a user, if anything."""
    if len(proof.evidence) != 1 or proof.evidence[0] not in whole.members:
        return NOT_ONE_RECORD
    (record_id,) = proof.evidence
    of_rule = [
        each
        for each in scene.provers.of(record_id)
        if each.rule == proof.rule and proof.keys == ((each.key,) if each.key else ())
    ]
    if not of_rule:
        set_aside = [why for key in proof.keys if (why := scene.aside.why(key)) is not None]
        return set_aside[0] if set_aside else PROVES_NOTHING
    records = scene.facts.records
    earliest = min(
        (each.stated_at, records[other].source, records[other].key)
        for other in proving
        for each in scene.provers.of(other)
    )
    stated_at = min(each.stated_at for each in of_rule)
    if (stated_at, records[record_id].source, records[record_id].key) != earliest:
        return NOT_THE_EARLIEST
    return None
