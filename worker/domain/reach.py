"""Reach: the values over which the rules look from one record to others."""

from collections.abc import Iterable

from integrations.contract import Level
from worker.domain import blocklist
from worker.domain.evidence import LINE_TYPES, Key
from worker.domain.policy import Policy
from worker.domain.records import Record


def reaching(record: Record, policy: Policy) -> Iterable[Key]:
    """Return the identifiers over which `record` may share a contact with others.

    Resolving all that is reached so, and over `about` in both directions, gives what resolving
    everything would. Claims reach nothing, and neither does the block list; a role address does where it
    is a line, since whoever writes from it is one lead.
    """
    cap = policy.cap(record.source)
    for each in record.sightings:
        level = min(each.level, cap)
        if level is Level.CLAIMED:
            continue
        common = blocklist.why_common(each.type, each.value, policy.own_numbers, policy.extra_roles)
        if common is None or (
            level is Level.OBSERVED
            and each.type in LINE_TYPES
            and blocklist.is_role(each.type, each.value, policy.extra_roles)
        ):
            yield (each.type, each.namespace, each.value)
