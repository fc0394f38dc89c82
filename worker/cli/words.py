"""The words that several commands share: identifiers, records, decisions, cases and changes as people say them."""

from collections.abc import Iterable, Mapping, Sequence

from integrations.contract import Level
from worker.cli.show import count, day, plain, value
from worker.domain.conflicts import Conflict
from worker.domain.contacts import Held
from worker.domain.decisions import Decision
from worker.domain.evidence import Key
from worker.domain.records import Record
from worker.jobs import convert
from worker.storage.changes import ChangeRow

SHORT_ID = 8
"""Characters of a case's id that are shown. The beginning of an id is enough where only one begins so."""

NAMED = 4
"""Records that a sentence names at most; where there are more, the last of these is a count."""

NOUNS: Mapping[str, str] = {
    "email": "address",
    "phone": "number",
    "account": "account",
    "device": "browser",
    "handle": "handle",
}

LEVELS: Mapping[Level, str] = {
    Level.VERIFIED: "proved",
    Level.STORED: "in the books",
    Level.OBSERVED: "seen on the channel",
    Level.CLAIMED: "claimed only",
}


def written(key: Key) -> str:
    """Write an identifier with its type where that does not show."""
    type_, namespace, text = key
    shown = value(Held(type_, text, Level.CLAIMED, namespace))
    return f"{_TYPES[type_]} {shown}" if type_ in _TYPES else shown


_TYPES = {"account": "the account", "device": "the browser", "handle": "the handle"}


def key_json(key: Key, **more: str) -> dict[str, str]:
    """Return an identifier for JSON."""
    type_, namespace, text = key
    return {"type": type_, **({"namespace": namespace} if namespace else {}), "value": text, **more}


def listed(names: Sequence[str]) -> str:
    """Write a list as people say it.

    >>> listed(["a"]), listed(["a", "b", "c"]), listed(["a", "b", "c", "d", "e"])
    ('a', 'a, b and c', 'a, b, c and 2 more')
    """
    if len(names) > NAMED:
        names = [*names[: NAMED - 1], f"{len(names) - NAMED + 1:,} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def record_name(record: Record) -> str:
    """Name a record by source and key, a proof that was given here by its day."""
    given_here = record.source == convert.SOURCE
    return f"the proof of {day(record.occurred_at)}" if given_here else plain(f"{record.source} {record.key}")


def named(record_ids: Iterable[str], by_id: Mapping[str, Record]) -> str:
    """Name records by source and key: "chat v1 and crm 12"."""
    return listed([record_name(by_id[each]) if each in by_id else each for each in record_ids])


def by_whom(decision: Decision) -> str:
    """Say who decided, when, and why: "by eva on 2 March 2026 (“same voice”)"."""
    return f"by {plain(decision.author) or 'somebody'} on {day(decision.at)}{because(decision.reason)}"


def because(reason: str) -> str:
    """Write a reason behind what was decided, where one was given."""
    return f" (\u201c{plain(reason)}\u201d)" if reason else ""


def short(case: Conflict) -> str:
    """Return as much of a case's id as is shown."""
    return case.case[:SHORT_ID]


def conflict(case: Conflict) -> str:
    """Say what contradicts itself; nothing was guessed."""
    said = _CONFLICTS[case.kind].format(
        value=written(case.key) if case.key else "",
        differ=_DIFFER.get(case.reason, case.reason),
        reason=case.reason,
        records=count(len(case.records), "record"),
    )
    return begun(said)


def begun(text: str) -> str:
    """Begin a sentence; the name of a source stays as it is written."""
    return f"The {text[4:]}" if text.startswith("the ") else text


_CONFLICTS = {
    "contested": "{value} joins nobody: two people hold it, for {differ}.",
    "torn": "{records} lead from one account to another, so they join nobody.",
    "two accounts": "One record names {reason}, so it proves neither.",
    "reopened": "New proof says that people are one whom somebody decided to be different.",
}
_DIFFER = {"two accounts": "their accounts differ", "incompatible names": "their names differ"}


def happened(row: ChangeRow) -> str:
    """Say what a logged change was, and whether it was undone."""
    said = _HAPPENED[row.change.kind].format(others=len(row.change.others))
    if row.undone_at is not None:
        said += f" (undone on {day(row.undone_at)} by {plain(row.undone_by) or 'somebody'})"
    return said


_HAPPENED = {
    "joined": "{others} contacts became one",
    "split": "one contact became {others}",
    "converted": "a lead became a user",
    "reverted": "a user became a lead again",
}


def described(decision: Decision, by_id: Mapping[str, Record]) -> str:
    """Say what was decided, with the records it names: "one person: crm 7; pbx call-1"."""
    sides = [named(side, by_id) for side in decision.sides]
    if decision.kind == "convert":  # The evidence is named by its proof.
        sides = sides[:1]
    said = _DECIDED[decision.kind, decision.key is not None if decision.kind == "void" else True]
    return said.format(
        sides="; ".join(sides),
        first=sides[0] if sides else "",
        value=written(decision.key) if decision.key else "",
    )


_DECIDED = {
    ("same", True): "one person: {sides}",
    ("different", True): "different people: {sides}",
    ("convert", True): "{value} was proved for {first}",
    ("common", True): "{value} is common: it joins nobody",
    ("own", True): "{value} is a number of the company",
    ("void", True): "the proof of {value} on {first} is false",
    ("void", False): "the complete details of {first} prove nothing",
}
"""What each kind of decision says; a void one with and without an identifier."""
