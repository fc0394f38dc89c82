"""What a business may set about identity (`[policy]`). The rules themselves are no setting."""

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from config import values
from config.errors import ConfigurationError, WrongValueError
from config.tables import Key, close_match, path, read_keys, refuse_unknown, subtable

DETAILS = ("name", "email", "phone")
LEAST_AUTO = 0.99
"""The lowest line above which pairs may be decided without a person: of a hundred such, one may be wrong."""

KEYS: Mapping[str, Key] = {
    "own_numbers": Key(
        values.several(values.e164), 'an array of numbers with + and country code: ["+34910000001"]', ()
    ),
    "common_limit": Key(values.whole(1, 1000), "a whole number from 1 to 1000", 5),
    "phone_binding": Key(values.one_of("suggest", "attach"), "suggest, attach", "suggest"),
    "roles_extra": Key(
        values.several(values.local_part), 'an array of mailbox names without domain: ["reception"]', ()
    ),
    "audiences": Key(values.several(values.text), 'an array of texts: ["https://app.example.com"]', ()),
    "complete": Key(values.several(values.one_of(*DETAILS)), "an array of name, email, phone", DETAILS),
    "suggest_above": Key(values.probability(0), "a probability from 0 to below 1: 0.5", 0.5),
    "dedupe_auto": Key(
        values.or_off(values.probability(LEAST_AUTO)),
        f'"off", or a probability from {LEAST_AUTO} to below 1: 0.999',
    ),
}


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """The business's choices, with the defaults that suit most."""

    own_numbers: tuple[str, ...] = ()
    """The company's own numbers: on a call they stand for the company, so they are nobody's line."""
    common_limit: int = 5
    """A value that the books hold under more different names or accounts than this joins nobody."""
    phone_binding: Literal["suggest", "attach"] = "suggest"
    """What a later call from a user's proven line is: a lead with a suggestion, or that user's."""
    roles_extra: tuple[str, ...] = ()
    """Mailboxes of functions, such as reception, in addition to the known ones (info, sales and others)."""
    audiences: tuple[str, ...] = ()
    """Whom signed tokens must be made for to prove anything; empty where whoever checked them looked."""
    complete: tuple[str, ...] = DETAILS
    """The details that make a row of the books complete, and so its person a user."""
    suggest_above: float = 0.5
    """How probable it has to be that two contacts are one person before somebody is asked."""
    dedupe_auto: float | None = None
    """From this probability on nobody is asked: the policy decides. None is "off"."""


def read_policy(table: Mapping[str, object], problems: list[str]) -> PolicySettings:
    """Return the policy of `[policy]`; what is wrong is added to `problems`."""
    refuse_unknown(table, KEYS, "policy", problems)
    settings = PolicySettings(**read_keys(table, KEYS, "policy", problems))
    _check_complete(settings.complete, "policy", problems)
    return settings


def _check_complete(complete: Collection[str], at: str, problems: list[str]) -> None:
    """Without a single detail, every row of the books would make a user."""
    if not complete:
        problems.append(
            f"{path(at, 'complete')}: an empty array; allowed: at least one of name, email, phone"
        )


TRUSTS = ("claimed", "observed", "stored", "verified")
_ALIKE = 0.8
"""How alike a key of a source is to `trust` when that was meant."""


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """What a file says of the policy: only what stands there."""

    settings: Mapping[str, Any]
    """By the keys of `[policy]`."""
    trust: Mapping[str, str]
    """The trust of sources, by name."""


def read_policy_file(file: Path, sources: Collection[str]) -> PolicyFile:
    """Return what a file says of the policy.

    The keys of `[policy]` may stand under it or by themselves, and trust under `[trust]` or at the sources of an
    `avouch.toml`, whose other settings are not looked at.

    Args:
        file: A TOML file.
        sources: The names of the sources that there are.

    Raises `ConfigurationError` with everything that is wrong.
    """
    document = _parse(file)
    problems: list[str] = []
    refuse_unknown(document, (*KEYS, "policy", "trust", "sources", "schedule"), "", problems)
    bare = {key: value for key, value in document.items() if key in KEYS}
    table = subtable(document, "policy", "[policy]", problems)
    refuse_unknown(table, KEYS, "policy", problems)
    problems += [f"{key}: stands under [policy] too; keep one of them" for key in bare if key in table]
    given = {**_given(table, "policy", problems), **_given(bare, "", problems)}
    trust = _trust(
        subtable(document, "trust", '[trust] and crm = "stored"', problems), "trust", sources, problems
    )
    for name, source in subtable(document, "sources", "[sources.phone-main]", problems).items():
        if not isinstance(source, dict):
            at = path("sources", name)
            problems.append(f"{at}: {values.kind_of(source)}, not a table; write [{at}]")
        else:
            trust |= _trust_of_source(name, source, trust, sources, problems)
    if problems:
        raise ConfigurationError(file, problems)
    return PolicyFile(given, trust)


LARGEST = 1_000_000
"""Bytes of a file that can be a policy: some thousand numbers and mailboxes."""


def _parse(file: Path) -> dict[str, Any]:
    with file.open("rb") as opened:
        content = opened.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ConfigurationError(file, [f"larger than {LARGEST // 1_000_000} MB: no policy is so long"])
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigurationError(file, [f"not UTF-8 text at byte {error.start}"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(file, [f"not TOML: {error}"]) from error


def _given(table: Mapping[str, object], at: str, problems: list[str]) -> dict[str, Any]:
    """Return the values of the keys that stand in `table`, and of no others."""
    given = {key: value for key, value in read_keys(table, KEYS, at, problems).items() if key in table}
    if "complete" in given:
        _check_complete(given["complete"], at, problems)
    return given


def _trust_of_source(
    name: str,
    source: Mapping[str, object],
    said: Mapping[str, str],
    sources: Collection[str],
    problems: list[str],
) -> dict[str, str]:
    """Return the trust that a source of an `avouch.toml` sets, if it does."""
    at = path("sources", name)
    slips = [
        key for key in source if key != "trust" and difflib.get_close_matches(key, ["trust"], cutoff=_ALIKE)
    ]
    refuse_unknown(slips, ("trust",), at, problems)
    if "trust" not in source:
        return {}
    if name in said:
        problems.append(f"{path(at, 'trust')}: stands under [trust] too; keep one of them")
    return _trust({name: source["trust"]}, "sources", sources, problems)


def _trust(
    table: Mapping[str, object], at: str, sources: Collection[str], problems: list[str]
) -> dict[str, str]:
    """Return the trust of known sources; an unknown one would have no effect, and may be a slip of the hand."""
    read, trust = values.one_of(*TRUSTS), {}
    for name, value in table.items():
        where = path(at, name) if at == "trust" else path(path(at, name), "trust")
        if name not in sources:
            known = ", ".join(sorted(sources)) or "none, for there are no sources yet"
            problems.append(f"{where}: no such source{close_match(name, sources)}; allowed: {known}")
        try:
            trust[name] = read(value)
        except WrongValueError as error:
            problems.append(f"{where}: {error}; allowed: {', '.join(TRUSTS)}")
    return trust
