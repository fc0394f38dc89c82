"""Faults: what the checker objects to, in ids and rules; nothing about people."""

from msgspec import Struct


class Fault(Struct, frozen=True, omit_defaults=True):
    """One thing that is stored and does not hold."""

    contact: str
    """The id of the contact; empty of a conflict case."""
    rule: str
    """The rule of the proof that does not hold; else what is broken, one of `BROKEN`, or the kind of the case."""
    what: str
    """What is wrong, in words without personal data."""
    records: tuple[str, ...] = ()
    """The ids of the records that it is about."""
    case: str = ""
    """The id of the conflict case."""


BROKEN = {
    "one contact": "every record is in exactly one contact",
    "founding record": "a contact has the id of its founding record",
    "kind": "a contact is a user exactly when one of its records proves somebody",
    "converted_at": "a user is one since its earliest proof",
    "connected": "the proofs of a contact hold all its records together",
    "smallest": "no proof, and no record in one, can be left out",
    "one account": "no contact holds two accounts of one namespace without a decision",
    "different": "no contact holds records that somebody decided to be of different people",
}
"""What must hold of every contact, beside its proofs."""
