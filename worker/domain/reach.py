"""Reach: the values over which the rules look from one record to others."""

from collections.abc import Iterable

from integrations.contract import Level
from worker.domain import blocklist
from worker.domain.evidence import LINE_TYPES, Key
from worker.domain.policy import Policy
from worker.domain.records import Record

TOKEN = "token"  # noqa: S105 - the word itself
"""Stands for the type of a token's id: no identifier, yet a second use of one token undoes its proof."""


def reaching(record: Record, policy: Policy) -> Iterable[Key]:
    """Return the identifiers over which `record` may share a contact with others.

    Resolving all that is reached so, over `about` in both directions and over decisions, gives what resolving
    everything would. A token reaches its other uses. Claims reach nothing, and neither does the block list; a
    role address does where it is a line, since whoever writes from it is one lead.
    """
    cap = policy.cap(record.source)
    for each in record.sightings:
        if each.token:
            yield (TOKEN, "", each.token)
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
