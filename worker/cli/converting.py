"""What `avouch convert` does and how it ends, in words."""

from typing import Literal

from msgspec import Struct

from worker.cli.show import who
from worker.domain import blocklist
from worker.domain.contacts import Contact, Kind
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


def run(uow: UnitOfWork, some_id: str, proof: convert.ProofGiven) -> Converted:
    """Keep the proof, let the rules decide, and say how it ended.

    Raises `NotConvertibleError` when the identifier has no canonical form, `UnknownIdError` for a strange id.
    """
    with uow.begin() as tx:
        before = tx.contacts.find(some_id)
        holders = _users_holding(tx, proof)
    if before is None:
        raise UnknownIdError(f"No contact has the id {some_id}.")
    evidence = convert.take_proof(uow, some_id, proof, clock.now())
    settle.run(uow)
    after, is_user = convert.outcome(uow, evidence)
    if after is None:
        raise UnknownIdError(f"No contact has the id {some_id}.")
    with uow.begin() as tx:
        joined = after.id in tx.contacts.membership(sorted(holders - {before.id})).values()
        why = None if is_user else _why_not(tx, after, proof)
    return Converted(
        result=_result(before, is_user=is_user, joined=joined),
        id=after.id,
        kind=after.kind.value,
        name=after.name,
        evidence=evidence.evidence,
        why=why,
    )


def _result(
    before: Contact, *, is_user: bool, joined: bool
) -> Literal["converted", "joined", "was a user", "still a lead"]:
    if not is_user:
        return "still a lead"
    if joined:
        return "joined"
    return "was a user" if before.kind is Kind.USER else "converted"


def _users_holding(tx: Transaction, proof: convert.ProofGiven) -> set[str]:
    """Return the users who hold the identifier before the proof."""
    form = canonical(proof.type, proof.namespace, proof.value, None)
    if not isinstance(form, Key):
        return set()
    rows = tx.people.holders([form.value])
    ids = {row.contact_id for row in rows if (row.type, row.namespace) == (proof.type, form.namespace)}
    return {each.id for each in tx.contacts.get_all(sorted(ids)) if each.kind is Kind.USER}


def _why_not(tx: Transaction, contact: Contact, proof: convert.ProofGiven) -> str:
    """Say why a verified identifier made nobody a user."""
    policy = policy_in_force(tx)
    form = canonical(proof.type, proof.namespace, proof.value, None)
    value = form.value if isinstance(form, Key) else proof.value
    common = blocklist.why_common(proof.type, value, policy.own_numbers, policy.extra_roles)
    if common is not None:
        return f"the {proof.type} is common and proves nobody: {common}"
    cases = [case for case in tx.contacts.conflicts_of(contact.record_ids) if case.key and case.key[2] == value]
    if cases:
        return f"the {proof.type} is contested ({cases[0].reason}), so it proves nobody"
    return f"the {proof.type} proves nobody: too many names or accounts hold it"


def in_words(done: Converted) -> str:
    """Say how it ended."""
    name = done.name or "The lead"
    return {
        "converted": f"{name} is a user now: {done.id}",
        "joined": f"The lead is the user {name}, and joined: {done.id}",
        "was a user": f"{name} was a user already; the proof is kept: {done.id}",
        "still a lead": f"Still a lead, the proof is kept: {done.why}.",
    }[done.result] + f"\nSee: avouch why {done.id}"
