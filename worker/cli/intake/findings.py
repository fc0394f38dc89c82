"""What was found in a file, for the report of `avouch import`: counts and places, never a value."""

from collections.abc import Iterator, Mapping
from typing import Any

from worker.cli import show
from worker.domain.findings import Findings, Seen, future_warning
from worker.domain.phones import WITHHELD
from worker.jobs.inspect_file import Inspected

KEEP_THE_IDS = (
    "    If the ids of the file changed, keep the old ones: say which column holds them with --column"
    ' "HEADER=id".\n    With new ids each of these people gets a second record.'
)
_ROLE = "is a role address"
_IN_WORDS = {WITHHELD.reason: "says that the number is withheld"}
"""Reasons that are names, for sentences."""


def lines(findings: Findings) -> Iterator[str]:
    """Say what ties nothing, what joins nobody and what else should be looked at."""
    for (type_, reason), seen in sorted(findings.unusable.items(), key=_by_kind):
        why = _IN_WORDS.get(reason, reason)
        yield f"  {_values(seen, type_, 'ties', 'tie')} nothing: {_each(seen)} {why}{_places(seen)}"
    for (type_, reason), seen in sorted(findings.blocked.items(), key=_by_kind):
        what = "common" if reason == _ROLE else "blocked"
        yield f"  {_values(seen, type_, 'is', 'are')} {what}: {_each(seen)} {reason}{_places(seen)}"
    if seen := findings.look_alike:
        address = show.count(seen.count, "e-mail address has", "e-mail addresses have")
        yield (
            f"  Warning: {address} letters outside plain ASCII: not the address that it may look like"
            f"{_places(seen)}"
        )
    if seen := findings.future:
        yield f"  Warning: {future_warning(seen.count)}{_places(seen)}"


def renumbered(inspected: Inspected, *, places: bool) -> Iterator[str]:
    """Say how many rows look like known people under new ids, and what to do about it."""
    seen = inspected.renumbered
    if seen is not None and seen:
        records = inspected.findings.records
        look = "row looks like a known person under a new id"
        if records != 1:
            look = "rows look like known people under new ids"
        yield f"  Warning: {seen.count:,} of {records:,} {look}{_places(seen) if places else ''}"
        yield KEEP_THE_IDS


def as_json(inspected: Inspected) -> dict[str, Any]:
    """Return the same for JSON."""
    findings, known = inspected.findings, inspected.renumbered
    return {
        "unusable": _kinds(findings.unusable),
        "blocked": _kinds(findings.blocked),
        "look_alike": _seen(findings.look_alike),
        "future": _seen(findings.future),
        "known_under_new_ids": None if known is None else _seen(known),
    }


def _by_kind(found: tuple[tuple[str, str], Seen]) -> tuple[str, str]:
    return found[0]


def _values(seen: Seen, type_: str, verb: str, verbs: str) -> str:
    return show.count(seen.count, f"{type_} value {verb}", f"{type_} values {verbs}")


def _each(seen: Seen) -> str:
    return "it" if seen.count == 1 else "each"


def _places(seen: Seen) -> str:
    return f" ({', '.join(seen.where)}{', ...' if seen.more else ''})"


def _kinds(found: Mapping[tuple[str, str], Seen]) -> list[dict[str, Any]]:
    return [{"type": type_, "reason": reason, **_seen(seen)} for (type_, reason), seen in found.items()]


def _seen(seen: Seen) -> dict[str, Any]:
    return {"count": seen.count, "where": seen.where}
