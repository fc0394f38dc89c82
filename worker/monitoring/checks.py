"""What a check of the doctor says."""

from typing import Literal

from msgspec import Struct


class Check(Struct, frozen=True):
    """One thing that was looked at."""

    what: str
    result: Literal["ok", "warn", "fail"]
    says: str
    type: str | None = None
    """What to type, or to do."""
