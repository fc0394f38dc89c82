"""The policy in force: what `avouch.toml` says of the rules, and the trust of every source."""

from typing import Any

import msgspec

from worker.domain.policy import Policy
from worker.storage.unit_of_work import Transaction

FACT = "policy"


def policy_in_force(tx: Transaction) -> Policy:
    """Return the policy that this transaction resolves by."""
    stored = tx.work.fact(FACT)
    settings: dict[str, Any] = msgspec.json.decode(stored) if stored else {}
    return msgspec.structs.replace(msgspec.convert(settings, Policy), trust=tx.sources.trust())
