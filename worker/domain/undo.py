"""Undo: which decisions to withdraw or to add so that what a change joined is apart again, exactly."""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from worker.domain.changes import Change
from worker.domain.common import Common
from worker.domain.contacts import Kind
from worker.domain.contested import contested
from worker.domain.decisions import Decision, Ruling, ruling
from worker.domain.evidence import Evidence
from worker.domain.policy import Policy
from worker.domain.records import Key, Record
from worker.domain.resolve import resolve
from worker.domain.users import proofs_of

MOST_TRIED = 50
"""Decisions tried one by one: each costs a look at everything that hangs together, some milliseconds."""


class Plan(Struct, frozen=True):
    """What undoes a change."""

    withdraw: tuple[str, ...] = ()
    """Ids of decisions that made the change."""
    void: tuple[tuple[str, Key | None], ...] = ()
    """Proofs that turned out false: the record and the identifier, or None for its complete details."""
    apart: tuple[tuple[str, ...], ...] = ()
    """Records to keep apart, by side."""
    same: tuple[tuple[str, ...], ...] = ()
    """Records to join, by side."""


def plan(
    change: Change, records: Sequence[Record], policy: Policy, decisions: Sequence[Decision], said: Decision
) -> Plan | None:
    """Return the least that undoes `change`; None where it is undone already, or nothing a person decides does.

    Tried in this order: taking back what people decided; taking a proof for false that made a lead a user;
    deciding that the sides are different people. `said` gives author and time of what would be decided.
    """
    if _is_undone(change, records, policy, decisions):
        return None
    for each in _candidates(change, records, policy, decisions):
        if each != Plan() and _is_undone(change, records, policy, with_plan(decisions, each, said)):
            return each
    return None


def with_plan(decisions: Iterable[Decision], taken: Plan, said: Decision) -> list[Decision]:
    """Return the decisions as they would be with `taken`."""
    given = [replace(each, withdrawn_at=said.at) if each.id in taken.withdraw else each for each in decisions]
    given += [
        replace(said, id=f"void-{place}", kind="void", sides=((record_id,),), key=key)
        for place, (record_id, key) in enumerate(taken.void)
    ]
    for kind, sides in (("different", taken.apart), ("same", taken.same)):
        if sides:
            given.append(replace(said, id=kind, kind=kind, sides=sides))
    return given


def _candidates(
    change: Change, records: Sequence[Record], policy: Policy, decisions: Sequence[Decision]
) -> Iterable[Plan]:
    """Return what might undo the change, the least first."""
    if change.kind == "split":
        kept_apart = _keeping_apart(change, decisions)
        yield from _taking_back(kept_apart)
        yield from _any_of(decisions)
        yield Plan(withdraw=kept_apart, same=change.sides)
    elif change.kind == "reverted":
        yield from _taking_back(_voiding(change, decisions))
        yield from _any_of(decisions)
    else:
        made = _making(change, decisions)
        false = _proofs_of_leads(change, records, policy, decisions)
        sides = change.sides if len(change.sides) > 1 else ()
        brought = (*change.sides, change.brought) if change.brought else ()
        yield from _taking_back(made)
        yield Plan(withdraw=made, void=false)
        yield Plan(withdraw=made, apart=sides)
        yield Plan(withdraw=made, apart=brought)
        yield Plan(withdraw=made, void=false, apart=sides)
        yield Plan(withdraw=made, void=false, apart=brought)


def _taking_back(decisions: Sequence[str]) -> Iterable[Plan]:
    """Take back one decision, whichever it is; then more and more of them, in the order given."""
    for each in decisions:
        yield Plan(withdraw=(each,))
    for number in range(2, len(decisions) + 1):
        yield Plan(withdraw=tuple(decisions[:number]))


def _any_of(decisions: Sequence[Decision]) -> Iterable[Plan]:
    """Take back one decision, whatever it says.

    A number marked as the company's own may have been what made a row complete; two who were told apart may
    have left a third one alone.
    """
    standing = _latest_first(each for each in decisions if each.withdrawn_at is None)
    for each in standing[:MOST_TRIED]:
        yield Plan(withdraw=(each,))


def _making(change: Change, decisions: Sequence[Decision]) -> tuple[str, ...]:
    """Return the decisions in force that joined the sides, or converted a lead by what they brought; latest first.

    An earlier one may have joined what the change does not speak of.
    """
    crossing = {each.decision for each in ruling(decisions).same if _sides_of(change, each.record_ids) > 1}
    brought = set(change.brought)
    return _latest_first(
        each
        for each in decisions
        if each.withdrawn_at is None
        and (each.id in crossing or (each.kind == "convert" and each.sides[1][0] in brought))
    )


def _keeping_apart(change: Change, decisions: Sequence[Decision]) -> tuple[str, ...]:
    """Return the decisions in force that keep the parts of a split apart, the latest first."""
    return _latest_first(
        each.decision
        for each in ruling(decisions).apart
        if len({each.side_of[one] for side in change.sides for one in side if one in each.side_of}) > 1
    )


def _latest_first(decisions: Iterable[Decision]) -> tuple[str, ...]:
    return tuple(each.id for each in sorted(decisions, key=lambda each: each.order, reverse=True))


def _voiding(change: Change, decisions: Sequence[Decision]) -> tuple[str, ...]:
    """Return the decisions in force that took the proofs of a former user for false, the latest first."""
    of_change = {record_id for side in change.sides for record_id in side}
    return _latest_first(
        each
        for each in decisions
        if each.kind == "void" and each.withdrawn_at is None and each.sides[0][0] in of_change
    )


def _sides_of(change: Change, record_ids: Iterable[str]) -> int:
    named = set(record_ids)
    return sum(not named.isdisjoint(side) for side in change.sides)


def _proofs_of_leads(
    change: Change, records: Sequence[Record], policy: Policy, decisions: Sequence[Decision]
) -> tuple[tuple[str, Key | None], ...]:
    """Return what the records of former leads prove now: none of it did when they were leads.

    Where one proof is false, another may come to count: an address is contested no more when the session that
    gave it another name was no session.
    """
    leads = {
        record_id
        for side, was_lead in zip(change.sides, change.leads, strict=True)
        if was_lead
        for record_id in side
    }
    in_force = ruling(decisions)
    false: list[tuple[str, Key | None]] = []
    while True:
        now = replace(in_force, void_proofs=in_force.void_proofs.union(false))
        found = _proofs_on(leads, records, policy, now)
        if not found:
            return tuple(dict.fromkeys(false))
        false += found


def _proofs_on(
    record_ids: Iterable[str], records: Sequence[Record], policy: Policy, in_force: Ruling
) -> list[tuple[str, Key | None]]:
    """Return what some of the records prove: the record, and the identifier or None for complete details."""
    evidence = Evidence(records, policy, in_force)
    common = Common(evidence)
    clashes = contested(evidence, common)
    return [
        (record_id, proof.key)
        for record_id in sorted(evidence.index.keys() & set(record_ids))
        for proof in proofs_of(evidence, evidence.index[record_id], common, clashes)
    ]


def _is_undone(
    change: Change, records: Sequence[Record], policy: Policy, decisions: Sequence[Decision]
) -> bool:
    """Say whether the contacts are as they were before the change, as far as it speaks of them.

    A former lead is one again where nothing on it proves anybody, also if what is known of it since makes it part
    of a user who is none of the others and of whom the change brought nothing.
    """
    after = resolve(records, policy, decisions)
    whose = {record_id: contact for contact in after.contacts for record_id in contact.record_ids}
    of_change = {record_id for side in change.sides for record_id in side}
    held = [{whose[record_id].id for record_id in side if record_id in whose} for side in change.sides]
    if not all(held):  # Erased, or evidence that was withdrawn: nothing can be as it was.
        return False
    if change.kind == "split":
        return len(set().union(*held)) == 1
    # A user of whom a part is missing is one by another decision's end, and not the one who was there.
    is_part = any(len(each) > 1 for each in held) or any(
        record.id not in whose for record in records if record.id in of_change
    )
    if (change.kind == "reverted" and is_part) or sum(map(len, held)) != len(set().union(*held)):
        return False
    came_with_it = {whose[record_id].id for record_id in change.brought if record_id in whose}
    for side, its_contacts, was_lead in zip(change.sides, held, change.leads, strict=True):
        kinds = {whose[record_id].kind for record_id in side if record_id in whose}
        if (
            was_lead
            and kinds != {Kind.LEAD}
            and (
                not came_with_it.isdisjoint(its_contacts)
                or _proofs_on(side, records, policy, ruling(decisions))
            )
        ):
            return False
        if not was_lead and change.kind == "reverted" and Kind.USER not in kinds:
            return False
    return True
