"""What `avouch convert` does and how it ends, in words."""

from typing import Literal

from msgspec import Struct

from worker.cli.words import by_whom
from worker.domain import blocklist
from worker.domain.contacts import Contact, Kind
from worker.domain.evidence import Key as EvidenceKey
from worker.domain.identifiers import Key, canonical
from worker.jobs import clock, convert, settle
from worker.jobs.people import UnknownIdError
from worker.jobs.policy import policy_in_force
from worker.storage.unit_of_work import Transaction, UnitOfWork


class Converted(Struct, frozen=True, kw_only=True):
    """How a proof changed a contact."""

    result: Literal["converted", "joined", "was a user", "still a lead"]
    id: str
    """The contact that the lead's record is in now."""
    kind: str
    name: str | None
    evidence: str
    """The id of the record that keeps the proof."""
    why: str | None = None
    """What keeps it a lead."""
    decision: str | None = None
    """The decision that took the proof; to withdraw it takes the proof back."""


def run(uow: UnitOfWork, some_id: str, proof: convert.ProofGiven) -> Converted:
    """Keep the proof, let the rules decide, and say how it ended.

    Raises `NotConvertibleError` when the identifier has no canonical form, `UnknownIdError` for a strange id.
    """
    with uow.begin() as tx:
        before = tx.contacts.find(some_id)
        key = _key(tx, some_id, proof)
        holders = _users_holding(tx, key)
    if before is None:
        raise UnknownIdError(f"No contact has the id {some_id}.")
    evidence = convert.take_proof(uow, some_id, proof, clock.now())
    settle.run(uow)
    after, is_user = convert.outcome(uow, evidence)
    if after is None:
        raise UnknownIdError(f"No contact has the id {some_id}.")
    with uow.begin() as tx:
        joined = after.id in tx.contacts.membership(sorted(holders - {before.id})).values()
        why = None if is_user else _why_not(tx, after, key)
        taken = [each.id for each in tx.decisions.naming([evidence.evidence]) if each.withdrawn_at is None]
    return Converted(
        result=_result(before, is_user=is_user, joined=joined),
        id=after.id,
        kind=after.kind.value,
        name=after.name,
        evidence=evidence.evidence,
        why=why,
        decision=next(iter(taken), None),
    )


def _result(
    before: Contact, *, is_user: bool, joined: bool
) -> Literal["converted", "joined", "was a user", "still a lead"]:
    if not is_user:
        return "still a lead"
    if joined:
        return "joined"
    return "was a user" if before.kind is Kind.USER else "converted"


def _key(tx: Transaction, some_id: str, proof: convert.ProofGiven) -> EvidenceKey:
    """Return the identifier in canonical form, read by the region of the lead's source."""
    source = next((tx.sources.get(record.source) for record in tx.evidence.load([some_id])), None)
    form = canonical(proof.type, proof.namespace, proof.value, source.region if source else None)
    if not isinstance(form, Key):
        raise convert.NotConvertibleError(f"the {proof.type} {form.reason}")
    return proof.type, form.namespace, form.value


def _users_holding(tx: Transaction, key: EvidenceKey) -> set[str]:
    """Return the users who hold the identifier before the proof."""
    rows = tx.people.holders([key[2]])
    ids = {row.contact_id for row in rows if (row.type, row.namespace, row.value) == key}
    return {each.id for each in tx.contacts.get_all(sorted(ids)) if each.kind is Kind.USER}


def _why_not(tx: Transaction, contact: Contact, key: EvidenceKey) -> str:
    """Say why a verified identifier made nobody a user."""
    type_, _, value = key
    policy = policy_in_force(tx)
    common = blocklist.why_common(type_, value, policy.own_numbers, policy.extra_roles)
    if common is not None:
        return f"the {type_} is common and proves nobody: {common}"
    marked = next((each for each in tx.decisions.marking(key) if each.withdrawn_at is None), None)
    if marked is not None:
        return f"the {type_} was marked {marked.kind} {by_whom(marked)}, and proves nobody"
    case = next((case for case in tx.cases.of(contact.record_ids) if case.key == key), None)
    if case is not None:
        return f"the {type_} is contested ({case.reason}), so it proves nobody"
    return f"the {type_} proves nobody: too many names or accounts hold it"


def in_words(done: Converted) -> str:
    """Say how it ended."""
    name = done.name or "The lead"
    back = f"\nTo take it back: avouch decisions withdraw {done.decision}" if done.decision else ""
    return {
        "converted": f"{name} is a user now: {done.id}",
        "joined": f"The lead is the user {name}, and joined: {done.id}",
        "was a user": f"{name} was a user already; the proof is kept: {done.id}",
        "still a lead": f"Still a lead, the proof is kept: {done.why}.",
    }[done.result] + f"\nSee: avouch why {done.id}{back}"
