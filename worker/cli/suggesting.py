"""Suggestions in words: what two contacts share, how surely each holds it, and how an answer ended."""

from collections.abc import Mapping
from typing import Any

from integrations.contract import LEVELS
from worker.cli import show
from worker.cli.words import LEVELS as WORDS
from worker.cli.words import key_json, written
from worker.domain.contacts import Contact
from worker.domain.evidence import CLAIMED, STORED
from worker.domain.suggestions import Reason, Suggestion, key_of
from worker.jobs.suggest import Answer, Answered

Named = Mapping[str, Contact]
"""The contacts that suggestions name, by id."""


def shared(reason: Reason) -> str:
    """Say what a reason is, without how surely: "+34 612 34 56 78"."""
    if reason.kind == "about":
        return "a record said to be about the other's"
    if reason.kind == "conflict":
        return "evidence that leads to somebody else, too"
    if reason.kind == "variant":
        other = written((reason.type, reason.namespace, reason.other_value))
        return f"{written(key_of(reason))}, which may be {other}"
    return written(key_of(reason))


def with_levels(reason: Reason) -> str:
    """Say what a reason is and how surely each contact holds it."""
    if reason.kind in {"about", "conflict"}:
        return shared(reason)
    one, other = (WORDS[LEVELS[rank]] for rank in (reason.one, reason.other))
    return f"{shared(reason)} ({one if one == other else f'{one}; {other}'})"


def on_panel(own: str, suggestion: Suggestion) -> str:
    """Say on the panel of a contact what it shares with the other one, and what of it nobody proved."""
    told = []
    for reason in suggestion.reasons:
        mine, theirs = (reason.one, reason.other) if own == suggestion.one else (reason.other, reason.one)
        unproven = theirs == CLAIMED and mine >= STORED
        told.append(f"claims {shared(reason)} without proof" if unproven else f"shares {shared(reason)}")
    return ", ".join(told)


def crowd(suggestion: Suggestion) -> str:
    """Say that many contacts claim what one holds; empty where they are no crowd."""
    if not suggestion.crowd:
        return ""
    what = " and ".join(
        shared(reason)
        for reason in suggestion.reasons
        if min(reason.one, reason.other) == CLAIMED and reason.kind != "conflict"
    )
    return f"{suggestion.crowd + 1:,} contacts claim {what} without proof"


def row(suggestion: Suggestion, named: Named) -> tuple[str, str, str, int]:
    """Return a suggestion as a row of the list: its id, who, what they share, on how many records."""
    who = (
        f"{show.who(named[each])} ({named[each].kind.value})\n{each}" if each in named else each
        for each in (suggestion.one, suggestion.other)
    )
    reasons = [with_levels(each) for each in suggestion.reasons]
    warning = crowd(suggestion)
    told = [*reasons, f"! {warning}"] if warning else reasons
    return suggestion.name, "\n".join(who), "\n".join(told), suggestion.count


def ended(answered: Answered, verdict: Answer) -> str:
    """Say how an answer ended, and how to take it back."""
    one, other = answered.one, answered.other
    back = f"    To take it back: avouch decisions withdraw {answered.decision.id}"
    if one is None or other is None:
        return f"{answered.suggestion.name}: it is decided.\n{back}"
    if verdict == "accept" and one.id == other.id:
        return f"{show.who(one)} ({one.kind.value}) is one contact now: {one.id}\n{back}"
    if verdict == "accept":
        return (
            f"It is decided, but they are still two contacts. See: avouch why-not {one.id} {other.id}\n{back}"
        )
    return f"{show.who(one)} and {show.who(other)} are two, and nobody is asked again.\n{back}"


def as_json(suggestion: Suggestion, *, own: str | None = None) -> dict[str, Any]:
    """Return a suggestion for JSON; from one contact's view it names the other only."""
    ids = [each for each in (suggestion.one, suggestion.other) if each != own]
    return {
        "suggestion": suggestion.name,
        **({"id": ids[0]} if own else {"contacts": ids}),
        "shares": [_reason_json(each) for each in suggestion.reasons],
        "records": suggestion.count,
        "crowd": suggestion.crowd,
    }


def _reason_json(reason: Reason) -> dict[str, Any]:
    levels = [LEVELS[rank].value for rank in (reason.one, reason.other)]
    if reason.kind == "about":
        return {"kind": reason.kind, "record": reason.value}
    if reason.kind == "conflict":
        return {"kind": reason.kind}
    other = {"other_value": reason.other_value} if reason.kind == "variant" else {}
    return {"kind": reason.kind, **key_json(key_of(reason)), **other, "levels": levels}


def answered_json(answered: Answered) -> dict[str, Any]:
    """Return an answer for JSON."""
    return {
        "suggestion": answered.suggestion.name,
        "decision": answered.decision.id,
        "contacts": list(dict.fromkeys(each.id for each in (answered.one, answered.other) if each)),
    }
