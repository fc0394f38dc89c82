"""What an agent sees when the phone rings: a panel for each contact, the surest first."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel as Box
from rich.table import Table
from rich.text import Text

from integrations.contract import Level
from worker.cli import show
from worker.cli.likeness import suggesting
from worker.cli.words import LEVELS, conflict, key_json, short
from worker.domain.contacts import Contact, Kind, RecordKey
from worker.domain.export import moment
from worker.domain.suggestions import Suggestion
from worker.jobs import convert
from worker.jobs.people import Panel, Profile

_STYLES = {Level.VERIFIED: "green", Level.STORED: "cyan", Level.OBSERVED: "yellow", Level.CLAIMED: "dim"}

_TITLES = {
    "is this line": "uses this line",
    "proved it": "has proved it",
    "may be": "may be",
    "claims it": "somebody claimed it",
}
"""What holding the value means, as the panel's title says it."""

_SHOWN = 8
"""Lines of one kind in a panel; the rest is counted."""

Others = Mapping[str, Contact]
"""The contacts that suggestions name, by id."""


def lookup(console: Console, panel: Panel, others: Others) -> None:
    """Print who holds an identifier, and what to keep in mind."""
    asked = show.phone(panel.value) if panel.type == "phone" else panel.value
    console.print(Text(asked, style="bold"))
    if not panel.matches:
        console.print(f"Nobody is known to hold this {_NOUNS.get(panel.type, panel.type)}.")
    for match in panel.matches:
        title = f"{_TITLES[match.how]}"
        console.print(contact(match.profile, others, title=title))
    for hint in panel.hints:
        console.print(Text(f"! {hint}", style="bold yellow"))


_NOUNS = {"phone": "number", "email": "address"}


def contact(profile: Profile, others: Others, *, title: str | None = None) -> RenderableType:
    """Return the panel of one contact."""
    it = profile.contact
    head = Text(show.who(it), style="bold")
    head.append("  ")
    head.append_text(show.kind(it))
    if it.converted_at:
        head.append(f" since {show.day(it.converted_at)}", style="dim")
    head.append(f"\n{it.id}", style="dim")
    body = Table.grid(padding=(0, 2, 0, 0))
    body.add_column(style="bold", no_wrap=True)
    body.add_column(overflow="fold")
    parts = [*_parts(profile, others), *([] if title else _typed(profile))]
    for label, lines in parts:
        for place, line in enumerate(_cut(lines)):
            body.add_row(label if place == 0 else "", line)
    style = "green" if it.kind is Kind.USER else "yellow"
    return Box(Group(head, Text(), body), title=title, title_align="left", border_style=style, padding=(0, 1))


def _parts(profile: Profile, others: Others) -> Iterable[tuple[str, list[RenderableType]]]:
    yield "Known by", [_held(each.level, show.value(each)) for each in profile.contact.identifiers]
    yield (
        "Notes",
        [_dated(note.at, f"{note.author}: " if note.author else "", note.body) for note in profile.notes],
    )
    yield (
        "Last",
        [
            _dated(
                each.at, f"{each.direction} {each.kind}".strip(), f": {each.summary}" if each.summary else ""
            )
            for each in profile.interactions
        ],
    )
    yield "Profile", [Text(f"{field}: {_text(value)}") for field, value in profile.fields.items()]
    yield "May also be", [_suggestion(profile.contact.id, each, others) for each in profile.suggestions]
    crowds = [suggesting.crowd(each) for each in profile.suggestions if each.claimed == profile.contact.id]
    yield "Warning", [Text(each, style="bold yellow") for each in crowds if each]
    yield (
        "Conflict",
        [
            Text.assemble((conflict(case), "red"), (f"  avouch conflicts show {short(case)}", "dim"))
            for case in profile.conflicts
        ],
    )
    sources = Counter(record.source for record in profile.contact.records)
    yield "From", [Text(", ".join(_origin(name, n) for name, n in sources.items()))]
    if profile.gone:
        yield "Deleted", [Text(f"{show.count(profile.gone, 'record')} at the source; the history stays")]


def _typed(profile: Profile) -> Iterable[tuple[str, list[RenderableType]]]:
    """Name the records as `avouch split` takes them."""
    typed = [f"{record.source}/{record.id}" for record in profile.contact.records]
    if len(typed) > 1:
        yield "Records", [Text(each, style="dim") for each in typed]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _origin(source: str, records: int) -> str:
    if source == convert.SOURCE:
        return show.count(records, "proof") + " given here"
    return f"{source} ({show.count(records, 'record')})"


def _dated(at: datetime, *parts: str) -> Text:
    return Text.assemble((f"{show.minute(at)}  ", "dim"), *parts)


def _held(level: Level, text: str) -> Text:
    return Text.assemble(text, "  ", (LEVELS[level], _STYLES[level]))


def _suggestion(own: str, suggestion: Suggestion, others: Others) -> Text:
    other_id = suggestion.other if suggestion.one == own else suggestion.one
    other = others.get(other_id)
    name = f"{show.who(other)} ({other.kind.value})" if other else other_id
    return Text.assemble((name, "bold"), f": {suggesting.on_panel(own, suggestion)}  ", (other_id, "dim"))


def _cut(lines: Sequence[RenderableType]) -> Iterable[RenderableType]:
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield Text(f"and {len(lines) - _SHOWN:,} more: avouch show, with --json", style="dim")


def as_json(profile: Profile) -> dict[str, Any]:
    """Return a contact with everything that stands on its records, for JSON."""
    it = profile.contact
    ids = {RecordKey(record.source, record.key): record.id for record in profile.records}
    return {
        "id": it.id,
        "kind": it.kind.value,
        "name": it.name,
        "converted_at": _moment(it.converted_at),
        "last_at": _moment(profile.last_at),
        "records": [
            {"source": record.source, "id": record.id, "record_id": ids.get(record)} for record in it.records
        ],
        "identifiers": [
            key_json((each.type, each.namespace, each.value), level=each.level.value)
            for each in it.identifiers
        ],
        "notes": [{**note._asdict(), "at": moment(note.at)} for note in profile.notes],
        "interactions": [{**each._asdict(), "at": moment(each.at)} for each in profile.interactions],
        "suggestions": [suggesting.as_json(each, own=it.id) for each in profile.suggestions],
        "conflicts": [
            {
                "case": case.case,
                "kind": case.kind,
                "reason": case.reason,
                **({"identifier": key_json(case.key)} if case.key else {}),
            }
            for case in profile.conflicts
        ],
        "profile": profile.fields,
        "gone": profile.gone,
        "policy": profile.policy,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else moment(at)
