"""Which column says what: by the setting `columns`, else by its header."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from integrations.errors import FormatError
from integrations.imports.files.headers import guessed_target, is_kept, looks_like_account, normal

_NAMED_IN_A_WARNING = 20


class Target(NamedTuple):
    """What a column can be mapped to."""

    means: str
    many: bool = False
    """True when several columns may have it."""
    key: Literal["none", "optional", "required"] = "none"
    """Whether something follows after a colon: `account:crm`."""


TARGETS: Mapping[str, Target] = {
    "id": Target("the row's own id in the system it comes from; the same id again is a newer version"),
    "name": Target("the full name"),
    "first_name": Target("the first name"),
    "middle_name": Target("the middle name", many=True),
    "last_name": Target("the last name; two columns make two surnames, in their order", many=True),
    "suffix": Target("what tells father from son: Jr, III"),
    "email": Target("an e-mail address", many=True),
    "phone": Target("a phone number", many=True),
    "account": Target(
        "the person's account in one of your systems, which nobody else has; without NAMESPACE, the source's"
        " name is taken",
        many=True,
        key="optional",
    ),
    "handle": Target("a name in a network, such as `handle:whatsapp`", many=True, key="required"),
    "device": Target("a cookie of a site, such as `device:shop`", many=True, key="required"),
    "company": Target("the company, kept in the profile"),
    "occurred_at": Target("when the contact came to be known"),
    "created_at": Target("another word for `occurred_at`"),
    "updated_at": Target("when the row was last changed: the later version counts"),
    "note": Target("a text by the team, kept as a note", many=True),
    "profile": Target("kept in the profile under KEY", many=True, key="required"),
    "ignore": Target("left out", many=True),
}
"""Every target of the setting `columns`."""

_SAME_AS = {"created_at": "occurred_at"}
_FORMS = {"none": "", "optional": "[:NAMESPACE]", "required": ":NAMESPACE"}


def form(name: str) -> str:
    """Return how a target is written: "account[:NAMESPACE]"."""
    return "profile:KEY" if name == "profile" else name + _FORMS[TARGETS[name].key]


class Column(NamedTuple):
    """One column of a file."""

    place: int
    """Counted from 0."""
    header: str
    target: str
    key: str = ""
    """The namespace, or the profile's key."""


class Table(NamedTuple):
    """The columns of a file, and what a person should know of them."""

    columns: tuple[Column, ...]
    warnings: tuple[str, ...] = ()

    def of(self, *targets: str) -> list[Column]:
        """Return the columns with one of these targets, in their order."""
        return [column for column in self.columns if column.target in targets]


def parsed_target(text: str) -> tuple[str, str]:
    """Return target and key of "account:crm"; raises `ValueError` that names the targets there are."""
    name, _, key = text.strip().partition(":")
    name, key = name.strip(), key.strip()
    known = TARGETS.get(name)
    if known is None:
        close = difflib.get_close_matches(name, TARGETS, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise ValueError(f"{text!r} is no target.{hint} There are: {', '.join(map(form, TARGETS))}")
    if (known.key == "required" and not key) or (known.key == "none" and ":" in text):
        raise ValueError(f"{text!r} is written {form(name)}")
    return _SAME_AS.get(name, name), key


def check_columns(columns: Mapping[str, str] | Sequence[str]) -> None:
    """Check the setting `columns`; raises `ValueError` that names the column."""
    named = columns.items() if isinstance(columns, Mapping) else enumerate(columns, start=1)
    single: dict[str, object] = {}
    for column, text in named:
        try:
            target, _ = parsed_target(text)
        except ValueError as error:
            raise ValueError(f"columns: {column}: {error}") from error
        if not TARGETS[target].many and single.setdefault(target, column) != column:
            raise ValueError(f"columns: {single[target]} and {column} are both {target}; only one can be")


def table_of(headers: Sequence[str], stated: Mapping[str, str], namespace: str) -> Table:
    """Map the columns of a file with these headers.

    Args:
        headers: The first row of the file.
        stated: The setting `columns`, checked; it goes before what a header says by itself.
        namespace: Taken for an account that states none.

    Raises `FormatError` when a column that was named isn't there: left out in silence, its contacts would
    come in without it.
    """
    names = _distinct(headers)
    places = {normal(name): place for place, name in reversed(list(enumerate(names)))}
    by_place: dict[int, tuple[str, str]] = {}
    for wanted, text in stated.items():
        place = names.index(wanted) if wanted in names else places.get(normal(wanted))
        if place is None:
            raise FormatError(_not_there(wanted, names))
        by_place[place] = parsed_target(text)
    taken = {target for target, _ in by_place.values() if not TARGETS[target].many}
    columns: list[Column] = []
    unmapped: list[str] = []
    accounts: list[str] = []
    for place, header in enumerate(names):
        target, key = by_place.get(place) or _guess(header, taken)
        if place not in by_place and target == "profile" and not is_kept(header):
            (accounts if looks_like_account(header) else unmapped).append(header)
        columns.append(Column(place, header, target, key or (namespace if target == "account" else "")))
    return Table(tuple(columns), _warnings(unmapped, accounts))


def positional_table(targets: Sequence[str], width: int, namespace: str) -> Table:
    """Map the columns of a file without headers by their place; those beyond `targets` go to the profile."""
    headers = [f"column {place}" for place in range(1, max(width, len(targets)) + 1)]
    texts = [*targets, *(f"profile:{header}" for header in headers[len(targets) :])]
    columns = []
    for place, (header, text) in enumerate(zip(headers, texts, strict=True)):
        target, key = parsed_target(text)
        columns.append(Column(place, header, target, key or (namespace if target == "account" else "")))
    return Table(tuple(columns), _warnings(headers[len(targets) :], []))


def recognised(headers: Sequence[str], stated: Mapping[str, str]) -> int:
    """Return how many of these could be headers: stated ones and known ones."""
    wanted = set(map(normal, stated))
    return sum(1 for header in headers if guessed_target(header) or normal(header) in wanted)


def _guess(header: str, taken: set[str]) -> tuple[str, str]:
    target = guessed_target(header)
    target = _SAME_AS.get(target or "", target)
    if target is None or target in taken:
        return "profile", header
    if not TARGETS[target].many:
        taken.add(target)
    return target, ""


def _distinct(headers: Sequence[str]) -> list[str]:
    """Return a name for each column: no two alike, none empty."""
    names: list[str] = []
    for place, header in enumerate(headers, start=1):
        name = " ".join(header.split()) or f"column {place}"
        names.append(f"{name} (column {place})" if name in names else name)
    return names


def _not_there(wanted: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(wanted, names, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return (
        f"columns names {wanted!r}, and row 1 has no such column.{hint}\n"
        "    Correct columns, or the file; nothing of it was imported."
    )


def _warnings(unmapped: Sequence[str], accounts: Sequence[str]) -> tuple[str, ...]:
    warnings = [
        f'column {header!r} looks like an account. If each person has their own, set columns = {{"{header}" ='
        ' "account:NAMESPACE"}; until then it is kept in the profile'
        for header in accounts
    ]
    if unmapped:
        named = ", ".join(map(repr, unmapped[:_NAMED_IN_A_WARNING]))
        more = len(unmapped) - _NAMED_IN_A_WARNING
        rest = f" and {more} more" if more > 0 else ""
        warnings.append(f"columns that are not mapped are kept in the profile: {named}{rest}")
    return tuple(warnings)
