"""How we back off: when a source that failed is asked again."""

import random
from datetime import timedelta

BASE = timedelta(seconds=2)
CAP = timedelta(minutes=5)
"""A source that is down is asked at least this often, so that it comes back soon after its vendor does."""


def delay(failures: int, retry_after: timedelta | None = None) -> timedelta:
    """Return how long to wait after the `failures`-th failure in a row (1 for the first).

    Full jitter, so that many sources of one vendor do not come back together; never sooner than the
    vendor asked for.
    """
    ceiling = min(CAP, BASE * (1 << min(failures, 16)))
    return max(retry_after or timedelta(0), ceiling * random.random())  # noqa: S311 - spreads load, guards nothing
