"""The policy in force: its newest version, and the trust of every source."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from integrations.contract import Level
from worker.domain.policy import Policy
from worker.storage.unit_of_work import Transaction

_encode = msgspec.json.Encoder(order="deterministic").encode


class InForce(NamedTuple):
    """A policy and the number of its version, 0 before there is any."""

    version: int
    policy: Policy


def in_force(tx: Transaction) -> InForce:
    """Return what this transaction resolves by.

    A version may set the trust of sources; for the others that of `avouch.toml` or of their first import holds.
    """
    newest = tx.policies.newest()
    of_sources = tx.sources.trust()
    if newest is None:
        return InForce(0, Policy(trust=of_sources))
    policy = of_body(newest.body)
    return InForce(newest.version, msgspec.structs.replace(policy, trust={**of_sources, **policy.trust}))


def policy_in_force(tx: Transaction) -> Policy:
    """Return the policy that this transaction resolves by."""
    return in_force(tx).policy


def put(tx: Transaction, body: str, *, origin: str, author: str, now: datetime) -> int:
    """Put a new version in force and queue every record, for it may mean something else now.

    Returns the number of the version.
    """
    overlay = of_body(body).trust
    trust = _encode({name: level.value for name, level in {**tx.sources.trust(), **overlay}.items()})
    version = tx.policies.add(at=now, author=author, origin=origin, body=body, trust=trust.decode())
    for source in tx.sources.all():
        tx.to_resolve.append(tx.evidence.ids_of_source(source.name))
    return version


def of_body(body: str) -> Policy:
    """Read the settings of a version."""
    return msgspec.json.decode(body, type=Policy)


def body_of(settings: dict[str, Any], trust: dict[str, Level]) -> str:
    """Write settings and the trust that they give to sources; equal ones give equal text."""
    return _encode({**settings, "trust": {name: level.value for name, level in trust.items()}}).decode()
