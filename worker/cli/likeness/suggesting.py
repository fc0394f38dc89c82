"""Suggestions in words: what two contacts share, how surely each holds it, and how an answer ended."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from integrations.contract import LEVELS
from worker.cli import show
from worker.cli.words import LEVELS as WORDS
from worker.cli.words import key_json, listed, written
from worker.domain.contacts import Contact
from worker.domain.evidence import CLAIMED, STORED
from worker.domain.matching import words
from worker.domain.matching.scoring import Part
from worker.domain.reasons import Reason, key_of
from worker.domain.suggestions import Suggestion
from worker.jobs.suggest import Answer, Answered, Listed
from worker.storage.shortlist import MOST_A_CONTACT

Named = Mapping[str, Contact]
"""The contacts that suggestions name, by id."""
Held = Mapping[str, int]
"""How many contacts hold a value."""
Saying = Callable[[Part], str]
"""Says a part of a score."""


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
    return f"{shared(reason)} ({_surely(reason)})"


def _surely(reason: Reason) -> str:
    one, other = (WORDS[LEVELS[rank]] for rank in (reason.one, reason.other))
    return one if one == other else f"{one}; {other}"


def on_panel(own: str, suggestion: Suggestion) -> str:
    """Say on the panel of a contact what it shares with the other one, and what of it nobody proved."""
    told = []
    for reason in suggestion.reasons:
        mine, theirs = (reason.one, reason.other) if own == suggestion.one else (reason.other, reason.one)
        unproven = theirs == CLAIMED and mine >= STORED
        told.append(f"claims {shared(reason)} without proof" if unproven else f"shares {shared(reason)}")
    if not told:  # Nothing ties them but a likeness.
        said = saying(suggestion, {})
        told = [f"{probable(suggestion)} probable", *map(said, words.strongest(suggestion.score.parts).for_)]
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


def saying(suggestion: Suggestion, held: Held) -> Saying:
    """Return how the parts of a suggestion's score are said, with how surely each contact holds the value."""
    surely = {
        (reason.type, value): _surely(reason)
        for reason in suggestion.reasons
        for value in (reason.value, reason.other_value or reason.value)
    }

    def said(part: Part) -> str:
        how = surely.get((part.comparison, part.one))
        told = words.in_words(part, show.phone, held)
        return f"{told} ({how})" if how else told

    return said


def because(suggestion: Suggestion, held: Held) -> list[Text]:
    """Say in a few lines what speaks for one person, and then what speaks against it."""
    said = saying(suggestion, held)
    found = words.strongest(suggestion.score.parts)
    named = {(part.comparison, value) for part in sum(found, ()) for value in (part.one, part.other)}
    rest = [each for each in suggestion.reasons if (each.type, each.value) not in named]
    lines = [*_ties(rest), *(f"+ {said(part)}" for part in found.for_)]
    against = [Text(f"- {said(part)}", style="red") for part in found.against]
    warning = crowd(suggestion)
    return [*map(Text, lines), *against, *([Text(f"! {warning}", style="bold yellow")] if warning else [])]


def _ties(reasons: Sequence[Reason]) -> Iterable[str]:
    """Say what ties two contacts beside what was compared; many of a kind are counted."""
    for reason in reasons[: words.MOST]:
        yield f"+ {with_levels(reason)}"
    if len(reasons) > words.MOST:
        yield f"+ and {show.count(len(reasons) - words.MOST, 'more identifier')} that both hold"


def probable(suggestion: Suggestion) -> str:
    """Write how probable it is that they are one person; nothing where it is not weighed yet."""
    score = suggestion.score
    return words.probability(score.probability) if score.parts else ""


def table(found: Sequence[Suggestion], named: Named, held: Held) -> Table:
    """Return suggestions as a table: the id to answer by, who, how probable, and why."""
    rows = Table(box=None, leading=1, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    rows.add_column("suggestion", no_wrap=True)
    rows.add_column("who", overflow="fold", min_width=24)
    rows.add_column("probable", justify="right", no_wrap=True)
    rows.add_column("why", overflow="fold", ratio=1)
    for each in found:
        who = Text("\n").join(_who(contact, named) for contact in (each.one, each.other))
        rows.add_row(each.name, who, probable(each) or "-", Group(*because(each, held)))
    return rows


def _who(contact_id: str, named: Named) -> Text:
    if contact_id not in named:
        return Text(contact_id)
    contact = named[contact_id]
    return Text.assemble(f"{show.who(contact)} (", show.kind(contact), ")\n", (contact_id, "dim"))


def hidden(shown: Listed) -> str:
    """Say what is not listed, and what to type to see it; empty where all is."""
    counts = shown.counts
    left_out = [
        f"{counts.improbable:,} less probable than {words.probability(shown.least)}"
        if counts.improbable
        else "",
        f"{counts.households:,} within households and the like" if counts.households else "",
        f"{counts.over_most:,} beyond the first {MOST_A_CONTACT} of a contact" if counts.over_most else "",
    ]
    all_ = listed([each for each in left_out if each]) if any(left_out) else ""
    told = [
        f"Not shown: {all_}; --all shows them." if all_ else "",
        f"Put off: {counts.put_off:,}; --put-off shows them." if counts.put_off else "",
    ]
    return " ".join(filter(None, told))


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


def put_off(number: int, until: datetime) -> str:
    """Say until when suggestions are not listed."""
    verb = "is" if number == 1 else "are"
    return (
        f"{show.count(number, 'suggestion')} {verb} put off until {show.day(until)}, or until there is something new.\n"
        "    To see what is put off: avouch suggestions list --put-off"
    )


def listed_json(shown: Listed) -> dict[str, Any]:
    """Return a list for JSON, with how many are not in it and why."""
    counts = shown.counts
    return {
        "suggestions": [as_json(each, held=shown.held) for each in shown.suggestions],
        "total": counts.listed,
        "suggest_above": shown.least,
        "hidden": {
            "less_probable": counts.improbable,
            "households": counts.households,
            "beyond_most": counts.over_most,
            "put_off": counts.put_off,
        },
    }


def as_json(suggestion: Suggestion, *, own: str | None = None, held: Held | None = None) -> dict[str, Any]:
    """Return a suggestion for JSON; from one contact's view it names the other only."""
    ids = [each for each in (suggestion.one, suggestion.other) if each != own]
    return {
        "suggestion": suggestion.name,
        **({"id": ids[0]} if own else {"contacts": ids}),
        "shares": [_reason_json(each) for each in suggestion.reasons],
        "records": suggestion.count,
        "crowd": suggestion.crowd,
        **_score_json(suggestion, held or {}),
    }


def _score_json(suggestion: Suggestion, held: Held) -> dict[str, Any]:
    """Return for JSON how probable it is, and what each comparison adds."""
    score, said = suggestion.score, saying(suggestion, held)
    return {
        "probability": score.probability if score.parts else None,
        "weight": score.weight if score.parts else None,
        "prior": score.prior,
        "parts": [{**part._asdict(), "says": said(part)} for part in score.parts],
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
