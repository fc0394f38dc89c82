"""One suggestion with all that a person decides by: both contacts side by side, and what speaks for and against."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from worker.cli import show
from worker.cli.likeness import suggesting, waterfall
from worker.cli.words import LEVELS, key_json, record_name
from worker.domain.contacts import Contact
from worker.domain.export import moment
from worker.domain.matching import words
from worker.jobs.people import Profile
from worker.jobs.suggest import Shown

_SHOWN = 8
"""Lines of one kind about a contact; the rest is counted."""
_NOT_WEIGHED = (
    "How probable it is that they are one person is not worked out yet; it is with the next dedupe."
)


class View:
    """Shows one suggestion in a terminal, as a picture, as a page or as JSON."""

    def __init__(self, shown: Shown) -> None:
        """Know both contacts."""
        self._it = shown
        self._suggestion = shown.suggestion
        self._said = suggesting.saying(shown.suggestion, shown.held)

    @cached_property
    def _bars(self) -> list[waterfall.Step]:
        return waterfall.steps(self._suggestion.score, self._said)

    @property
    def title(self) -> str:
        """Who, and how probable."""
        one, other = (_named(each.contact) for each in (self._it.one, self._it.other))
        probable = suggesting.probable(self._suggestion)
        return f"{one} and {other}" + (f": {probable} one person" if probable else "")

    @property
    def summary(self) -> str:
        """What speaks for and against one person, in one or two sentences."""
        return words.sentence(self._suggestion.score.parts, self._said)

    def facts(self) -> waterfall.Facts:
        """Return what is known of both, line by line; lines that neither has are left out."""
        both = zip(_facts(self._it.one), _facts(self._it.other), strict=True)
        lines = [(label, _cut(mine), _cut(theirs)) for (label, mine), (_, theirs) in both]
        return [each for each in lines if each[1] or each[2]]

    def print(self, console: Console) -> None:
        """Print all of it."""
        show.paragraph(console, self.title, style="bold")
        body = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
        body.add_column(style="bold", no_wrap=True)
        body.add_column(overflow="fold", ratio=1)
        body.add_column(overflow="fold", ratio=1)
        for label, mine, theirs in self.facts():
            body.add_row(label, "\n".join(mine) or "-", "\n".join(theirs) or "-")
        console.print(Text(), body, Text())
        for line in self._beyond():
            show.paragraph(console, line, style="bold yellow")
        if self._suggestion.score.parts:
            waterfall.print_bars(console, self._suggestion.score, self._bars)
        else:
            show.paragraph(console, _NOT_WEIGHED)
        console.print(Text("\nA person decides:"))
        for does, verb in _ANSWERS:
            console.print(f"    {does:<28}avouch suggestions {verb} {self._suggestion.name}", soft_wrap=True)

    def _beyond(self) -> Iterable[str]:
        """Say what no comparison weighs, and what stands in the way of an answer."""
        for reason in self._suggestion.reasons:
            if reason.type not in {"phone", "email"}:
                yield f"They share {suggesting.with_levels(reason)}."
        if warning := suggesting.crowd(self._suggestion):
            yield f"{warning}."
        if self._it.put_off:
            yield f"Put off until {show.day(self._it.put_off)}."

    def svg(self) -> str:
        """Draw what speaks for and against."""
        return waterfall.svg(self.title, self._suggestion.score, self._bars)

    def html(self) -> str:
        """Write a page."""
        said = " ".join([*self._beyond(), self.summary or _NOT_WEIGHED])
        return waterfall.html(self.title, said, self.facts(), self._suggestion.score, self._bars)

    def as_json(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        return {
            **suggesting.as_json(self._suggestion, held=self._it.held),
            "summary": self.summary,
            "put_off_until": moment(self._it.put_off) if self._it.put_off else None,
            "one": _profile_json(self._it.one),
            "other": _profile_json(self._it.other),
        }


_ANSWERS = (
    ("they are one person:", "accept"),
    ("they are different people:", "reject"),
    ("not now:", "later"),
)


def _named(contact: Contact) -> str:
    return f"{show.who(contact)} ({contact.kind.value})"


def _facts(profile: Profile) -> Iterable[tuple[str, Sequence[str]]]:
    it = profile.contact
    also = sorted({each.name for each in profile.records if each.name} - {it.name})
    yield "who", [_named(it), it.id]
    yield "also called", also
    yield "known by", [f"{show.value(each)} ({LEVELS[each.level]})" for each in it.identifiers]
    yield "company", _companies(profile)
    yield "records", [record_name(each) for each in profile.records]
    yield "last contact", [show.minute(profile.last_at)] if profile.last_at else []
    yield "notes", [show.count(len(profile.notes), "note")] if profile.notes else []


def _companies(profile: Profile) -> list[str]:
    """Return every company that a record names; the contact's own profile has one of them."""
    named = (each.profile.get("company") for each in profile.records)
    return sorted({each for each in named if isinstance(each, str)})


def _cut(lines: Sequence[str]) -> list[str]:
    if len(lines) <= _SHOWN:
        return list(lines)
    return [*lines[: _SHOWN - 1], f"and {len(lines) - _SHOWN + 1:,} more"]


def _profile_json(profile: Profile) -> dict[str, Any]:
    it = profile.contact
    return {
        "id": it.id,
        "kind": it.kind.value,
        "name": it.name,
        "names": sorted({each.name for each in profile.records if each.name}),
        "identifiers": [
            key_json((each.type, each.namespace, each.value), level=each.level.value)
            for each in it.identifiers
        ],
        "companies": _companies(profile),
        "records": [{"source": each.source, "id": each.id} for each in it.records],
        "last_at": moment(profile.last_at) if profile.last_at else None,
    }
