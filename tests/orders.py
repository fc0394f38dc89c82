"""What arrives in another order: the same records resolved in every one, and compared byte by byte."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations
from random import Random

import msgspec

from tests.builders import suggested, told
from worker.domain.contacts import encode
from worker.domain.decisions import Decision
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.domain.resolve import Resolution, resolve

MOST_PERMUTED = 6
"""Six records have 720 orders; of more, a sample is tried."""
SHUFFLES = 200

_conflict = msgspec.json.Encoder().encode


def orders(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Give every order of up to six records, and 200 shuffles of more."""
    if len(records) <= MOST_PERMUTED:
        yield from permutations(records)
    else:
        draw = Random(0)  # noqa: S311 - the same shuffles in each run, so that a failure can be looked at
        yield from (draw.sample(records, k=len(records)) for _ in range(SHUFFLES))


def encoded(resolution: Resolution) -> bytes:
    """Write contacts and conflict cases down: equal ones give equal bytes."""
    contacts = "\n".join(encode(contact) for contact in resolution.contacts)
    return contacts.encode() + b"\n\n" + b"\n".join(_conflict(case) for case in resolution.conflicts)


def outcomes(
    records: Iterable[Record], decisions: Iterable[Decision] = (), policy: Policy | None = None
) -> set[bytes]:
    """Return what the records come to, in bytes, one entry for each outcome that some order has."""
    said = list(decisions)
    draw = Random(0)  # noqa: S311 - as above
    return {encoded(resolve(order, policy, draw.sample(said, k=len(said)))) for order in orders([*records])}


def in_every_order(
    records: Iterable[Record], *, decisions: Iterable[Decision] = (), policy: Policy | None = None
) -> Resolution:
    """Return the one outcome that the records have, after making sure that no order has another."""
    given, said = [*records], [*decisions]
    first = resolve(given, policy, said)
    assert outcomes(given, said, policy) == {encoded(first)}
    return first


def told_in_every_order(
    *records: Record, decisions: Iterable[Decision] = (), policy: Policy | None = None
) -> set[str]:
    """Say what contacts there are, whatever the order."""
    return told(in_every_order(records, decisions=decisions, policy=policy))


def suggested_in_every_order(*records: Record) -> set[str]:
    """Say which contacts may be one person, whatever the order."""
    return suggested(in_every_order(records), records)
