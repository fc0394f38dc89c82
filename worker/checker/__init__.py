"""The checker: verifies every proof in the database, and shares no code with what made them."""

from worker.checker.cases import Case
from worker.checker.check import check
from worker.checker.faults import BROKEN, Fault

__all__ = ["BROKEN", "Case", "Fault", "check"]
