"""Reads one TOML table by a table of keys, and collects every problem instead of stopping at the first."""

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from config.errors import WrongValueError
from config.values import kind_of


@dataclass(frozen=True, slots=True)
class Key:
    """What may stand behind one key."""

    read: Callable[[object], Any]
    """Returns the value or raises `WrongValueError` with what it got instead."""
    allowed: str
    """What is allowed, in words for the person who mistyped it."""
    default: Any = None
    required: bool = False


def read_keys(
    table: Mapping[str, object], keys: Mapping[str, Key], at: str, problems: list[str]
) -> dict[str, Any]:
    """Return a value for each of `keys`: from `table`, else its default. Other keys of `table` are left.

    A wrong value is added to `problems` and stands as its default, so that the rest can still be checked.
    """
    values: dict[str, Any] = {}
    for name, key in keys.items():
        values[name] = key.default
        if name not in table:
            if key.required:
                problems.append(f"{at}: {name} is missing; allowed: {key.allowed}")
            continue
        try:
            values[name] = key.read(table[name])
        except WrongValueError as error:
            problems.append(f"{path(at, name)}: {error}; allowed: {key.allowed}")
    return values


def refuse_unknown(names: Collection[str], allowed: Collection[str], at: str, problems: list[str]) -> None:
    """Add a problem for each of `names` that isn't in `allowed`, with the nearest known one as a hint."""
    problems += [
        f"{path(at, name)}: unknown key{close_match(name, allowed)}; allowed: {', '.join(sorted(allowed))}"
        for name in names
        if name not in allowed
    ]


def subtable(table: Mapping[str, object], name: str, write: str, problems: list[str]) -> Mapping[str, object]:
    """Return the table that stands behind `name`, empty when it is absent; `write` shows how to write it."""
    value = table.get(name, {})
    if isinstance(value, dict):
        return value
    problems.append(f"{name}: {kind_of(value)}, not a table; write {write}")
    return {}


def close_match(name: str, allowed: Collection[str]) -> str:
    """Return a question that names the nearest of `allowed`, or nothing when none is near."""
    close = difflib.get_close_matches(name, allowed, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def path(at: str, name: str) -> str:
    """Join a key path as TOML writes it: names other than bare keys stand in quotes."""
    bare = name.replace("-", "").replace("_", "").isalnum() and name.isascii()
    return f"{at}.{name if bare else chr(34) + name + chr(34)}".lstrip(".")
