"""The policy in force: its newest version, and the trust of every source."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from config.policy import DETAILS, PolicySettings
from integrations.contract import Level
from worker.domain.policy import Policy
from worker.storage.policies import PolicyRow
from worker.storage.unit_of_work import Transaction

_encode = msgspec.json.Encoder(order="deterministic").encode

FIELDS: Mapping[str, str] = {
    "own_numbers": "own_numbers",
    "common_limit": "common_limit",
    "phone_binding": "phone_binding",
    "roles_extra": "extra_roles",
    "complete": "complete",
    "audiences": "audiences",
    "suggest_above": "suggest_above",
    "dedupe_auto": "dedupe_auto",
}
"""The field of the policy that each key of `[policy]` sets."""


class InForce(NamedTuple):
    """A policy and the number of its version, 0 before there is any."""

    version: int
    policy: Policy


def in_force(tx: Transaction) -> InForce:
    """Return what this transaction resolves by.

    A version may set the trust of sources; for the others that of `avouch.toml` or of their first import holds.
    """
    newest = tx.policies.newest()
    if newest is None:
        return InForce(0, effective(tx, Policy()))
    return InForce(newest.version, effective(tx, of_body(newest.body)))


def policy_in_force(tx: Transaction) -> Policy:
    """Return the policy that this transaction resolves by."""
    return in_force(tx).policy


def effective(tx: Transaction, policy: Policy) -> Policy:
    """Return what a version's policy means today: with the trust of the sources of which it says nothing."""
    return msgspec.structs.replace(policy, trust={**tx.sources.trust(), **policy.trust})


def put(tx: Transaction, body: str, *, origin: str, author: str, now: datetime, reason: str = "") -> int:
    """Put a new version in force and queue every record, for it may mean something else now.

    One that judges as the version before, and says otherwise only what is suggested and decided, queues nothing.

    Returns the number of the version. What lands meanwhile waits for it: otherwise a worker could judge it
    by the version before and take it out of the queue, with nobody left to queue it again.
    """
    for source in tx.sources.all():
        tx.sources.lock(source.name)
    before, wanted = tx.policies.newest(), effective(tx, of_body(body))
    trust = {name: level.value for name, level in wanted.trust.items()}
    version = tx.policies.add(
        at=now, author=author, origin=origin, reason=reason, body=body, trust=_encode(trust).decode()
    )
    if before is None or not wanted.judges_as(as_it_was(before)):
        for source in tx.sources.all():
            tx.to_resolve.append(tx.evidence.ids_of_source(source.name))
    return version


def as_it_was(row: PolicyRow) -> Policy:
    """Return what a version meant when it was made: with the trust that every source had then."""
    return msgspec.structs.replace(of_body(row.body), trust=trust_of(row))


def of_body(body: str) -> Policy:
    """Read the settings of a version, and the trust that it gives to sources."""
    return msgspec.json.decode(body, type=Policy)


def body_of(settings: dict[str, Any], trust: dict[str, Level]) -> str:
    """Write settings and the trust that they give to sources; equal ones give equal text."""
    return _encode({**settings, "trust": {name: level.value for name, level in trust.items()}}).decode()


def written(policy: Policy) -> str:
    """Write a policy as the body of a version; those that mean the same give equal text."""
    return body_of({FIELDS[key]: value for key, value in settings_of(policy).items()}, policy.trust)


def trust_of(row: PolicyRow) -> dict[str, Level]:
    """Return the trust of every source when a version was made."""
    return msgspec.json.decode(row.trust, type=dict[str, Level])


def settings_of(policy: Policy) -> dict[str, Any]:
    """Return the settings by the keys of `[policy]`, each in one order; None is what a file calls off."""
    return {
        "own_numbers": sorted(policy.own_numbers),
        "common_limit": policy.common_limit,
        "phone_binding": policy.phone_binding,
        "roles_extra": sorted(policy.extra_roles),
        "complete": [detail for detail in DETAILS if detail in policy.complete],
        "audiences": sorted(policy.audiences),
        "suggest_above": policy.suggest_above,
        "dedupe_auto": policy.dedupe_auto,
    }


def with_settings(policy: Policy, settings: Mapping[str, Any]) -> Policy:
    """Return the policy with some keys of `[policy]` in place of its own."""
    set_ = {FIELDS[key]: value for key, value in settings.items()}
    return msgspec.convert({**msgspec.structs.asdict(policy), **set_}, Policy)


def of_settings(settings: PolicySettings) -> Policy:
    """Return the policy that `[policy]` says, with no word on sources."""
    return with_settings(Policy(), asdict(settings))
