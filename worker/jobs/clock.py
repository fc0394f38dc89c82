"""The clock of the jobs: the one place that asks the machine for the time.

Correctness never hangs on it: leases are fenced, and times of evidence are the evidence's own.
"""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)
