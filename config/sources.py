"""Reads `avouch.toml`: which outside systems to pull from, how often, and what the business decided.

Strict: a key that nobody knows is an error, for a misspelt `region` would otherwise change who people are.
Everything wrong in a file is reported at once, by key path, without the values.
"""

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec

from config import values
from config.credentials import SecretRef, in_clear, is_reference, read_reference
from config.errors import ConfigurationError, SecretMissingError, WrongValueError
from config.policy import PolicySettings, read_policy
from config.schedule import PERIODIC, Periodic, read_schedule
from config.tables import Key, close_match, path, read_keys, refuse_unknown, subtable

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
RESERVED = "avouch"
"""The source under which our own platform lands evidence; nobody else may speak in its name."""

SECTIONS = ("sources", "schedule", "policy")

SOURCE_KEYS: Mapping[str, Key] = {
    "connector": Key(values.text, "the name of a connector, such as twilio", "", required=True),
    "every": Key(values.duration, 'a number and s, m, h or d, from "5s" to "366d": "5m"'),
    "cron": Key(values.cron, 'minute, hour, day, month, weekday, in UTC: "*/5 * * * *"'),
    "region": Key(values.region, 'two capital letters of ISO 3166: "ES"'),
    "trust": Key(
        values.one_of("claimed", "observed", "stored", "verified"), "claimed, observed, stored, verified"
    ),
    "page_limit": Key(values.whole(1, 10_000), "a whole number from 1 to 10000"),
    "enabled": Key(values.flag, "true, false", default=True),
}
"""The keys that every source has. All others are the connector's own."""

_SLIP = 0.8
"""How alike two keys are when one was meant for the other: evry and every; not page_size and page_limit."""

Connectors = Mapping[str, Collection[str] | None]
"""The known connectors, each with the settings and secrets it takes; None leaves them to the connector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """One configured source."""

    name: str
    connector: str
    region: str | None = None
    """The country that numbers without a country code belong to; None reads only international numbers."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The connector's own plain settings; a relative `path` starts at the folder of `avouch.toml`."""
    secret_refs: Mapping[str, SecretRef] = field(default_factory=dict)
    page_limit: int | None = None
    """At most so many entries a page; None asks for as many as the source gives at once."""
    trust: Literal["claimed", "observed", "stored", "verified"] | None = None
    """The highest level this source's word can have; None leaves it to the connector."""
    every: timedelta | None = None
    cron: str | None = None
    """With neither `every` nor `cron`, the source is pulled on demand only."""
    enabled: bool = True

    def secrets(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the secrets by setting name, read now, so that a renewed token needs no restart.

        Raises `SecretMissingError`, which names each variable and file that is missing.
        """
        found, missing = {}, []
        for setting, reference in self.secret_refs.items():
            try:
                found[setting] = reference.value(environ)
            except SecretMissingError as error:
                missing.append(f"{setting}: {error}")
        if missing:
            raise SecretMissingError(f"sources.{self.name}: {'; '.join(missing)}")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything `avouch.toml` says, with defaults where it says nothing."""

    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    schedules: Mapping[str, Periodic] = field(default_factory=lambda: dict(PERIODIC))
    """All periodic jobs by name, with the file's intervals in place of the defaults."""
    policy: PolicySettings = field(default_factory=PolicySettings)
    present: bool = field(default=True, compare=False)
    """False where there is no file at all: a command typed in another folder, not a decision."""
    digest: str = sha256(b"{}").hexdigest()
    """Equal for files that say the same: comments, order and spacing don't count."""


def load(file: Path, connectors: Connectors | None = None) -> Configuration:
    """Return what `file` says; a file that isn't there says nothing.

    Args:
        file: The path of `avouch.toml`. Relative paths in it start at its folder.
        connectors: Known connectors; None checks neither their names nor their own settings.

    Raises `ConfigurationError` with everything that is wrong.
    """
    document = _parse(file)
    problems: list[str] = []
    refuse_unknown(document, SECTIONS, "", problems)
    tables = subtable(document, "sources", "[sources.phone-main]", problems)
    sources = {
        name: source
        for name, table in tables.items()
        if (source := _source(name, table, file.absolute().parent, connectors, problems))
    }
    configuration = Configuration(
        sources=sources,
        present=file.exists(),
        schedules=read_schedule(subtable(document, "schedule", "[schedule]", problems), problems),
        policy=read_policy(subtable(document, "policy", "[policy]", problems), problems),
        digest=sha256(msgspec.json.encode(document, order="deterministic")).hexdigest(),
    )
    if problems:
        raise ConfigurationError(file, problems)
    return configuration


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(file, [f"can't be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(file, [f"not UTF-8 text at byte {error.start}"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(file, [f"not TOML: {error}"]) from error


def _source(
    name: str, table: object, folder: Path, connectors: Connectors | None, problems: list[str]
) -> SourceSettings | None:
    at = path("sources", name)
    _check_name(name, at, problems)
    if not isinstance(table, dict):
        problems.append(f"{at}: {values.kind_of(table)}, not a table; write [{at}]")
        return None
    known = read_keys(table, SOURCE_KEYS, at, problems)
    own = {key: value for key, value in table.items() if key not in SOURCE_KEYS}
    if known["every"] and known["cron"]:
        problems.append(f"{at}: every and cron at once; keep one of them")
    _check_connector(known["connector"], own, at, connectors, problems)
    references = _references(own, at, folder, problems)
    settings = {key: value for key, value in own.items() if not is_reference(key, value)}
    problems += [_how_to_hide(place, at, known["connector"] or name) for place in in_clear(settings, at)]
    if isinstance(settings.get("path"), str):
        # Workers are started from anywhere; a file's place must not depend on it.
        settings["path"] = str(folder / Path(settings["path"]).expanduser())
    return SourceSettings(name=name, settings=settings, secret_refs=references, **known)


def _check_name(name: str, at: str, problems: list[str]) -> None:
    if name == RESERVED:
        problems.append(f"{at}: {RESERVED} is the platform's own name; give the source another one")
    elif not NAME.fullmatch(name):
        problems.append(
            f"{at}: not a source's name; allowed: lower-case letters, digits and hyphens, at most 63,"
            " the first a letter or digit"
        )


def _check_connector(
    connector: str, own: Mapping[str, object], at: str, connectors: Connectors | None, problems: list[str]
) -> None:
    if connectors is not None and connector and connector not in connectors:
        hint = close_match(connector, connectors)
        problems.append(f"{at}.connector: no such connector{hint}; allowed: {', '.join(sorted(connectors))}")
    takes = (connectors or {}).get(connector)
    if takes is not None:
        refuse_unknown(own, {*takes, *SOURCE_KEYS}, at, problems)
        return
    # What the connector takes isn't known here; a key that nearly is one of ours is still a slip of the hand.
    slips = [key for key in own if difflib.get_close_matches(key, SOURCE_KEYS, cutoff=_SLIP)]
    refuse_unknown(slips, SOURCE_KEYS, at, problems)


def _references(
    own: Mapping[str, object], at: str, folder: Path, problems: list[str]
) -> dict[str, SecretRef]:
    references = {}
    for key, value in own.items():
        if isinstance(value, dict) and is_reference(key, value):
            try:
                references[key] = read_reference(value, folder)
            except WrongValueError as error:
                problems.append(
                    f'{path(at, key)}: {error}; allowed: {{ env = "NAME" }} or {{ file = "path" }}'
                )
    return references


def _how_to_hide(place: str, at: str, owner: str) -> str:
    """Say how to write the secret at `place`; its variable is named after the connector."""
    key = place.rsplit(".", 1)[-1]
    variable = re.sub(r"\W+", "_", f"{owner}_{key}").upper()
    return f'{place}: a secret in clear; write directly under [{at}]: {key} = {{ env = "{variable}" }}'
