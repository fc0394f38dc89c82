"""Policies and what they change, as text, as TOML and as JSON."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from integrations.contract import Level
from worker.cli.policies.auto_words import forecast_json, forecast_text, stay_text
from worker.cli.progress import bar
from worker.cli.show import count, who
from worker.cli.words import conflict
from worker.domain.comparison import Effect
from worker.domain.conflicts import Conflict
from worker.domain.export import moment
from worker.jobs import convert
from worker.jobs.policy import effective, of_body, settings_of, trust_of
from worker.jobs.policy_change import Report, Watch
from worker.storage.policies import PolicyRow
from worker.storage.unit_of_work import Transaction


def of_row(tx: Transaction, row: PolicyRow, *, is_newest: bool) -> dict[str, Any]:
    """Return a version with its settings, and every source's trust: of the newest today's, else that of then."""
    policy = of_body(row.body)
    trust = effective(tx, policy).trust if is_newest else trust_of(row)
    return {
        **_about(row),
        "in_force": is_newest,
        "policy": {key: "off" if value is None else value for key, value in settings_of(policy).items()},
        "trust": {name: level.value for name, level in sorted(trust.items()) if name != convert.SOURCE},
    }


def toml(known: dict[str, Any]) -> Iterator[str]:
    """Write a version as a file that can be edited and applied."""
    said = "in force since" if known["in_force"] else "of"
    by = f", by {known['author']}" if known["author"] else ""
    head = f"Version {known['version']}, {said} {known['at']}{by}, from {known['origin']}"
    for line in filter(None, (head, known["reason"])):
        yield f"# {' '.join(line.split())}"  # A comment ends with its line.
    yield "[policy]"
    for key, value in known["policy"].items():
        yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    if known["trust"]:
        yield "\n[trust]"
    for name, level in known["trust"].items():
        yield f"{name} = {json.dumps(level)}"


def summary(row: PolicyRow, changes: Sequence[str]) -> dict[str, Any]:
    """Return a version for JSON, with the keys that it changed."""
    return {**_about(row), "changed": changes}


def _about(row: PolicyRow) -> dict[str, Any]:
    return {
        "version": row.version,
        "at": moment(row.at),
        "author": row.author,
        "origin": row.origin,
        "reason": row.reason,
    }


def changed(row: PolicyRow, before: PolicyRow | None, own: Mapping[str, Level]) -> list[str]:
    """Name the keys that a version says otherwise than the one before: `common_limit`, `trust.crm`.

    Of a source that came after the one before, `own` has the trust that it came with.
    """
    if before is None:
        return []
    new, old = settings_of(of_body(row.body)), settings_of(of_body(before.body))
    trust, trusted = trust_of(row), {**own, **trust_of(before)}
    return [key for key in new if new[key] != old[key]] + [
        f"trust.{name}" for name in sorted(trust) if trust[name] != trusted.get(name)
    ]


@contextmanager
def watched(title: str) -> Iterator[Watch]:
    """Show a bar while the block runs."""
    with bar(title) as update:

        def resolved(done: int, waiting: int) -> None:
            update(done / max(1, done + waiting), f"{done:,} of {done + waiting:,} records")

        yield Watch(lambda words: update(None, words), resolved)


_NAMED = {
    "converted": "Conversions gained, from lead to user",
    "reverted": "Conversions withdrawn, from user to lead",
    "joined": "Joined",
    "split": "Split",
    "altered": "Otherwise changed",
}
"""The kinds of effects, each with its heading."""
_CASES = {"opened": "Conflict cases opened", "closed": "Conflict cases closed"}
_OF: dict[str, Callable[[Effect], str]] = {
    "joined": lambda effect: f", of {len(effect.others)} contacts",
    "split": lambda effect: f", into {len(effect.others)}",
    "altered": lambda effect: f": {', '.join(map(_word, effect.what))}",
}
_WORDS = {"converted_at": "time of conversion"}


def report_text(report: Report, limit: int) -> Iterator[str]:
    """Say what changes: the count of each kind, and the first contacts of each."""
    effects = report.effects
    if effects.is_nothing:
        yield "No contact changes."
    for kind, heading in _NAMED.items():
        found: Sequence[Effect] = getattr(effects, kind)
        if found:
            yield f"{heading}: {len(found):,}{_parts(found)}"
        yield from _first((_line(kind, each) for each in found), limit)
        yield from _rest(len(found), limit)
    for kind, heading in _CASES.items():
        cases: Sequence[Conflict] = getattr(effects, kind)
        if cases:
            yield f"{heading}: {len(cases):,}"
        yield from _first((f"{each.case}  {conflict(each)}" for each in cases), limit)
        yield from _rest(len(cases), limit)
    yield f"In all: {count(report.contacts, 'contact')}."
    if report.forecast is not None:
        yield from forecast_text(report.forecast, limit)
    if report.stay:
        yield stay_text(report.stay)
    if report.waiting:
        yield f"{count(report.waiting, 'record')} landed meanwhile or could not be judged. See: avouch status"


def _line(kind: str, effect: Effect) -> str:
    more = _OF[kind](effect) if kind in _OF else ""
    return f"{who(effect.contact)}  {effect.contact.id}{more}"


def _parts(found: Sequence[Effect]) -> str:
    """Count what is otherwise, where the contacts are the same."""
    counts = Counter(each for effect in found for each in effect.what)
    return f" ({', '.join(f'{_word(what)} {n:,}' for what, n in counts.items())})" if counts else ""


def _word(what: str) -> str:
    return _WORDS.get(what, what)


def _first(lines: Iterable[str], limit: int) -> Iterator[str]:
    for _, line in zip(range(limit), lines, strict=False):
        yield f"  {line}"


def _rest(number: int, limit: int) -> Iterator[str]:
    if number > limit:
        yield f"  and {number - limit:,} more: --limit {number}, or --json"


def report_json(report: Report, *, written: bool) -> dict[str, Any]:
    """Return what changes, all of it, for JSON."""
    effects = report.effects
    return {
        "was": report.was,
        "version": report.version,
        "written": written,
        "same": report.same,
        **{kind: [_effect(kind, each) for each in getattr(effects, kind)] for kind in _NAMED},
        **{kind: [_case(each) for each in getattr(effects, kind)] for kind in _CASES},
        "contacts": report.contacts,
        "export_sha256": report.digest or None,
        "waiting": report.waiting,
        "dedupe_auto": forecast_json(report.forecast),
        "decisions_that_stay": report.stay,
    }


def _effect(kind: str, effect: Effect) -> dict[str, Any]:
    others = {"into" if kind == "split" else "from": effect.others}
    what = {"what": effect.what} if kind == "altered" else {}
    return {"id": effect.contact.id, "who": who(effect.contact), **others, **what}


def _case(case: Conflict) -> dict[str, Any]:
    type_, namespace, value = case.key or ("", "", "")
    whose = {"namespace": namespace} if namespace else {}
    about = {"identifier": {"type": type_, **whose, "value": value}} if case.key else {}
    return {"case": case.case, "kind": case.kind, "reason": case.reason, **about, "records": case.records}
