"""Changes: what resolving did to contacts that were there, in ids and rules; nothing about people."""

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from worker.domain.contacts import Contact, Kind

ChangeKind = Literal["joined", "split", "converted", "reverted"]


class Change(Struct, frozen=True, kw_only=True):
    """What happened to a contact at one moment. It can be undone."""

    kind: ChangeKind
    contact: str
    """The id of the contact that came of it; of a split, the contact that was there before."""
    sides: tuple[tuple[str, ...], ...]
    """Record ids: of each contact that came together, or of each that a split left."""
    others: tuple[str, ...]
    """The ids of the contacts that the sides were, or became."""
    leads: tuple[bool, ...] = ()
    """For each side whether it was a lead before."""
    brought: tuple[str, ...] = ()
    """Records that were on no contact before."""
    rules: tuple[str, ...] = ()


def changes(
    after: Iterable[Contact], membership: Mapping[str, str], before: Mapping[str, Contact]
) -> list[Change]:
    """Name what happened between the contacts `before` (by id) and those `after`, in the order of ids.

    `membership` has the former contact of each record that had one. What is merely new is no change.
    """
    contacts = sorted(after, key=lambda contact: contact.id)
    found = [change for contact in contacts for change in _of_contact(contact, membership, before)]
    parts: dict[str, dict[str, list[str]]] = {}
    for contact in contacts:
        for record_id in contact.record_ids:
            if record_id in membership:
                of_former = parts.setdefault(membership[record_id], {})
                of_former.setdefault(contact.id, []).append(record_id)
    for former, into in sorted(parts.items()):
        if len(into) > 1 and former in before:
            found.append(
                Change(
                    kind="split",
                    contact=former,
                    sides=tuple(tuple(side) for side in into.values()),
                    others=tuple(into),
                    leads=(before[former].kind is Kind.LEAD,) * len(into),
                )
            )
    return found


def _of_contact(
    contact: Contact, membership: Mapping[str, str], before: Mapping[str, Contact]
) -> Iterable[Change]:
    """Say what a contact came from."""
    came: dict[str, list[str]] = {}
    brought = []
    for record_id in contact.record_ids:
        former = membership.get(record_id)
        if former is None:
            brought.append(record_id)
        elif former in before:
            came.setdefault(former, []).append(record_id)
    if not came:
        return
    kinds = [before[former].kind for former in came]
    kind: list[ChangeKind] = []
    if len(came) > 1:
        kind.append("joined")
    if contact.kind is Kind.USER and Kind.LEAD in kinds:
        kind.append("converted")
    elif contact.kind is Kind.LEAD and Kind.USER in kinds:
        kind.append("reverted")
    for each in kind:
        yield Change(
            kind=each,
            contact=contact.id,
            sides=tuple(tuple(side) for side in came.values()),
            others=tuple(came),
            leads=tuple(former is Kind.LEAD for former in kinds),
            brought=tuple(brought),
            rules=tuple(sorted({proof.rule for proof in contact.proofs})),
        )
