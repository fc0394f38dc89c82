"""Advice: for every situation of a shared value why it joins nobody, and what would end that."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from msgspec import Struct

from worker.domain.records import Key

Situation = Literal[
    "common",
    "contested",
    "spelling",
    "unproved",
    "half proved",
    "one agreement",
    "names",
    "contradicted",
    "torn",
]
Need = Literal["proof by both", "proof by the other", "proof by either", "agreement"]


class Advice(NamedTuple):
    """What a situation means, and what would end it."""

    because: str
    """Completes "it does not join them: ..."; `{reason}` stands for what is known more exactly."""
    needs: tuple[Need, ...] = ()


ADVICE: Mapping[Situation, Advice] = {
    "common": Advice("it is common, and joins nobody: it {reason}"),
    "contested": Advice("it is contested, and joins nobody until a person decides: it leads to {reason}"),
    "spelling": Advice("it may be one spelled in two ways, but it is not the same", ("proof by both",)),
    "unproved": Advice("neither has proved it, and the books hold it for neither", ("proof by both",)),
    "half proved": Advice("only one of them has it for certain", ("proof by the other",)),
    "one agreement": Advice(
        "the books hold it for both, and one agreement is not enough: families share a phone, offices a mailbox",
        ("proof by either", "agreement"),
    ),
    "names": Advice("the books hold it under names of different people, so it counts as shared"),
    "contradicted": Advice("enough agrees in the books, but something else in them contradicts it"),
    "torn": Advice("it would join them, but something stronger keeps them apart"),
}
"""Every situation that a shared value can be in."""

PROOFS: Mapping[str, str] = {
    "email": "a confirmed link at {value}",
    "phone": "a one-time code to {value}",
    "account": "a login with the account {value}",
    "device": "a login with this cookie",
    "handle": "a code sent to this handle",
}
"""How somebody proves an identifier of a type."""

DETAILS = {"email": "e-mail", "phone": "phone", "name": "full name"}
"""What can agree in the books."""


class Missing(Struct, frozen=True, kw_only=True):
    """One thing that would join them."""

    need: Need
    key: Key
    by: str = ""
    """The contact that has to prove it, where only one has to."""

    @property
    def says(self) -> str:
        """Say what it is; the value is masked, for this is read aloud and written into tickets."""
        if self.need == "agreement":
            others = [word for detail, word in DETAILS.items() if detail != self.key[0]]
            return f"a second agreement in the books: {' or '.join(others)}"
        return PROOFS[self.key[0]].format(value=masked(self.key))


def masked(key: Key) -> str:
    """Write enough of a value to know it by, and no more.

    >>> masked(("phone", "", "+34612345612")), masked(("email", "", "ana@x.es"))
    ('+34…12', 'a…@x.es')
    """
    type_, namespace, value = key
    if type_ == "email":
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}…@{domain}"
    if type_ == "phone":
        return f"{value[:3]}…{value.partition(';')[0][-2:]}"
    return f"{value[:1]}… ({namespace})" if namespace else f"{value[:1]}…"
