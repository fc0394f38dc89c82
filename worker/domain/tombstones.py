"""Tombstones: what is left of somebody who was erased. They say whether a record is theirs, and nothing else."""

import hmac
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import NamedTuple

from integrations.contract import ContactRecord
from worker.domain import blocklist
from worker.domain.common import Common
from worker.domain.contested import contested
from worker.domain.evidence import STORED, Evidence
from worker.domain.identifiers import Key as Form
from worker.domain.identifiers import canonical
from worker.domain.policy import Policy
from worker.domain.records import Key, record_id

_DOMAIN = b"avouch tombstone of an identifier"
"""Keeps these hashes apart from ids, which come from the same key."""
_CHARACTERS = 32
"""128 bits: a digest that two values shared would keep a stranger out."""


@lru_cache(maxsize=4)
def _own_key(id_key: bytes) -> bytes:
    return hmac.digest(id_key, _DOMAIN, "sha256")


def digest(id_key: bytes, key: Key) -> str:
    """Derive the tombstone of an identifier: a keyed hash, so that nobody without the key can test a guess.

    >>> digest(b"k", ("email", "", "a@x.es")) == digest(b"k", ("email", "", "b@x.es"))
    False
    >>> digest(b"k", ("account", "app", "1")) == digest(b"k", ("account", "ap", "p1"))
    False
    """
    type_, namespace, value = key
    message = f"{type_}:{len(namespace)}:{namespace}:{value}".encode()
    return hmac.digest(_own_key(id_key), message, "sha256").hex()[:_CHARACTERS]


class Marks(NamedTuple):
    """By which tombstones a record would be known."""

    record: str
    """Its id, which is its tombstone."""
    identifiers: frozenset[str]
    """Those of its stored and verified identifiers; the block list says nothing of anybody."""

    def suppress(self, erased: Collection[str]) -> bool:
        """Say whether it is a record of somebody who was erased, given the tombstones that exist.

        One erased identifier beside others may be anybody's: an address is given out again.
        """
        return self.record in erased or (
            bool(self.identifiers) and all(each in erased for each in self.identifiers)
        )


def marks(id_key: bytes, source: str, record: ContactRecord, region: str | None, policy: Policy) -> Marks:
    """Return by which tombstones `record` would be known: its levels as delivered, under its source's trust.

    What a channel carried or somebody claimed is left out: whoever calls from the number of an erased person
    is somebody new.
    """
    found = set()
    for each in record.identifiers if policy.cap(source).rank >= STORED else ():
        if each.level is not None and each.level.rank < STORED:
            continue
        form = canonical(each.type, each.namespace, each.value, region)
        if isinstance(form, Form) and not blocklist.why_common(
            each.type, form.value, policy.own_numbers, policy.extra_roles
        ):
            found.add(digest(id_key, (each.type, form.namespace, form.value)))
    return Marks(record_id(id_key, source, record.id), frozenset(found))


def own_keys(evidence: Evidence, erased: Collection[str]) -> set[Key]:
    """Return the stored and verified identifiers that are the erased records' alone.

    Neither what another record holds stored or verified, nor what is common or contested: a family's landline
    must not keep the family out.
    """
    common = Common(evidence)
    clashes = contested(evidence, common)
    others = set(_strong(evidence, evidence.index.keys() - set(erased)))
    own = set(_strong(evidence, erased)) - others
    return {key for key in own if key not in common and key not in clashes}


def _strong(evidence: Evidence, record_ids: Iterable[str]) -> Iterable[Key]:
    for record in record_ids:
        if record in evidence.index:  # The evidence of a conversion that was withdrawn is not.
            held = evidence.held[evidence.index[record]]
            yield from (key for key, rank in held.items() if rank >= STORED)
