"""How a conflict case looks: who stands on which side, what each holds, and what a person may do."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from worker.cli import show
from worker.cli.words import LEVELS, NOUNS, by_whom, conflict, key_json, record_name, short, written
from worker.domain.contacts import Contact
from worker.domain.evidence import Key
from worker.domain.export import moment
from worker.jobs.cases import Case, Holding, Side

_SHOWN = 8
"""Records of one side that are listed; the rest is counted."""

_SIDES = ("One side", "Other side")
_FURTHER = "Another side"


def print_case(console: Console, case: Case) -> None:
    """Print one case."""
    show.paragraph(console, conflict(case.conflict), style="bold")
    since = f", open since {show.day(case.since)}" if case.since else ""
    show.paragraph(console, f"{case.conflict.kind}, case {case.conflict.case}{since}", style="dim")
    if case.decision is not None:
        said = by_whom(case.decision)
        show.paragraph(console, f"They were told from each other {said}, decision {case.decision.id}.")
    body = Table.grid(padding=(0, 2, 0, 0))
    body.add_column(style="bold", no_wrap=True)
    body.add_column(overflow="fold")
    for title, side in _titled(case):
        for place, line in enumerate(_side(side)):
            body.add_row(title if place == 0 else "", line)
    console.print(Text(), body, Text())
    console.print("What a person may do:")
    for does, command in ways_out(case):
        console.print(f"    {does}", style="dim")
        console.print(f"        {command}", soft_wrap=True)


def _titled(case: Case) -> Iterable[tuple[str, Side]]:
    for place, side in enumerate(case.sides):
        yield _SIDES[place] if place < len(_SIDES) else _FURTHER, side
    if case.between.holdings:
        yield "Between" if case.sides else "Record", case.between


def _side(side: Side) -> Iterable[Text]:
    for contact in side.contacts:
        yield Text.assemble(named(contact), "  ", (contact.id, "dim"))
    for holding in side.holdings[:_SHOWN]:
        yield Text(f"  {_holding(holding)}")
    more = len(side.holdings) - _SHOWN + side.more
    if more > 0:
        yield Text(f"  and {show.count(more, 'more record')}", style="dim")


def named(contact: Contact) -> str:
    """Name a contact with its kind."""
    return f"{show.who(contact)} ({contact.kind.value})"


def _holding(holding: Holding) -> str:
    if holding.level:
        held = [f"{LEVELS[holding.level]} since {show.day(holding.since)}"]
    else:
        held = [f"{written(key)} {LEVELS[level]}" for key, level in holding.held]
    accounts = (f"account {value} ({namespace})" for namespace, value in holding.accounts)
    return f"{record_name(holding.record)}: {', '.join((*held, *accounts)) or show.day(holding.since)}"


Way = tuple[str, str]
"""What is so, and the command that says it."""


def ways_out(case: Case) -> list[Way]:
    """Return what a person may do about a case."""
    return [way for make in _WAYS[case.conflict.kind] for way in make(case)]


def _merge(case: Case) -> Iterable[Way]:
    ids = _contacts(case.sides)
    if len(ids) > 1:
        yield "they are one person:", f"avouch merge {ids[0]} {ids[1]}"


def _not_theirs(case: Case) -> Iterable[Way]:
    """Tell who stands between from one side: then they stay with the other."""
    between, sides = _contacts((case.between,)), _by_id(case.sides)
    for suggestion in case.suggestions:
        for here, there in ((suggestion.one, suggestion.other), (suggestion.other, suggestion.one)):
            if here in between and here not in sides and there in sides:
                does = f"who stands between is not {show.who(sides[there])}:"
                yield does, f"avouch suggestions reject {suggestion.name}"


def _mark(case: Case) -> Iterable[Way]:
    if case.conflict.key is not None:
        typed, noun = shlex.quote(key_typed(case.conflict.key)), NOUNS[case.conflict.key[0]]
        yield f"many people use this {noun}:", f"avouch mark {typed} --as common"


def _withdraw(case: Case) -> Iterable[Way]:
    if case.decision is not None:
        yield "they are one person after all:", f"avouch decisions withdraw {case.decision.id}"


def _look(case: Case) -> Iterable[Way]:
    ids = _contacts(case.sides) or _contacts((case.between,))
    if ids:
        yield "a wrong join brought it about: look for it, and undo it:", f"avouch changes --contact {ids[0]}"


def _mend(_case: Case) -> Iterable[Way]:
    yield "the source is wrong: correct the record there, then pull it again:", "avouch sync SOURCE"


_WAYS: Mapping[str, tuple[Callable[[Case], Iterable[Way]], ...]] = {
    "contested": (_merge, _mark, _look),
    "torn": (_merge, _not_theirs, _look),
    "two accounts": (_mend,),
    "reopened": (_withdraw, _look),
}
"""What may end a case of each kind."""


def _contacts(sides: Iterable[Side]) -> list[str]:
    return list(_by_id(sides))


def _by_id(sides: Iterable[Side]) -> dict[str, Contact]:
    return {contact.id: contact for side in sides for contact in side.contacts}


def key_typed(key: Key) -> str:
    """Write an identifier as commands take it: TYPE:VALUE or TYPE/NAMESPACE:VALUE."""
    type_, namespace, value = key
    return f"{type_}/{namespace}:{value}" if namespace else f"{type_}:{value}"


def as_json(case: Case) -> dict[str, Any]:
    """Return a case for JSON."""
    it = case.conflict
    return {
        "case": it.case,
        "kind": it.kind,
        "reason": it.reason,
        **({"identifier": key_json(it.key)} if it.key else {}),
        "since": moment(case.since) if case.since else None,
        "decision": it.decision or None,
        "sides": [_side_json(side) for side in case.sides],
        "between": _side_json(case.between),
        "ways_out": [{"if": does.rstrip(":"), "type": command} for does, command in ways_out(case)],
    }


def _side_json(side: Side) -> dict[str, Any]:
    return {
        "contacts": [{"id": each.id, "kind": each.kind.value, "name": each.name} for each in side.contacts],
        "records": [
            {
                "record_id": each.record.id,
                "source": each.record.source,
                "id": each.record.key,
                "level": each.level.value if each.level else None,
                "since": moment(each.since),
                "accounts": [{"namespace": namespace, "value": value} for namespace, value in each.accounts],
                "holds": [key_json(key, level=level.value) for key, level in each.held],
            }
            for each in side.holdings
        ],
        "more": side.more,
    }


def row(case: Case) -> tuple[object, ...]:
    """Return the line of a case in a list."""
    sides = case.sides or (case.between,)
    people = {each.id: named(each) for side in sides for each in side.contacts}
    return (
        short(case.conflict),
        case.since and show.day(case.since),
        conflict(case.conflict),
        "\n".join(people.values()),
    )
