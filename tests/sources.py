"""The table of sources as documentation: what each connector pulls, how sure it is, and how it was tested.

`make sources` writes docs/reference/sources.md. Nothing is written by hand: streams, rates and whole lists are the
connector's own, levels are those that its recording and its simulated vendor gave, and tests are looked for.
"""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from integrations import registry
from integrations.changes import Changes, Kept, Newest, Spans, Whole
from integrations.connectors import CONNECTORS, Entry
from integrations.contract import ContactRecord, Level
from integrations.limits import Rate
from integrations.rest import Rest, Stream
from integrations.source import Source
from tests import lines
from tests.connectors.contract import RECORDED, Recording, Vendor, read, recording, records, transcript
from tests.simulated.vendor import VENDORS, simulated_source
from worker.demo.simulator_server import LoopbackServer

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "sources.md"
SIMULATED = 300
"""Records of a simulated vendor: enough for each kind of entry that it makes."""

HEAD = """# Sources

What each connector pulls, how sure the identifiers are that it gives, how a later run finds what changed, the vendor's \
limits that all workers keep together, what shows that a record is gone, and how it was tested.

Written by `make sources` out of the code and what its tests give; the reason of each level stands with it in the \
module. [Add a source](../howto/add-a-source.md).

The median of the {number} connectors is {median:g} lines of code: those of their own modules, without blank lines, comments \
and docstrings. The engine is not among them, nor is what reads formats (`integrations/imports/files`, \
`integrations/canonical.py`), though a format may be one connector's only. A declared source has none.
"""

TESTS = (
    ("recorded pages", "tests/connectors/recorded/{name}.json"),
    ("the vendor's description (Prism)", "tests/connectors/test_prism_{module}.py"),
    ("simulated entries, killed and started again", "{simulated}.py"),
    ("a real server", "tests/real/test_{module}.py"),
    ("cases of its own", "tests/connectors/test_{module}.py"),
)


def page() -> str:
    """Return the page as the code gives it now."""
    counted = lines.of_connectors()
    parts = [HEAD.format(number=len(counted), median=lines.median(counted))]
    for title, kind in (("Phone", "phone"), ("Chat", "chat"), ("Imports and CRM", "import")):
        parts.append(f"\n## {title}\n")
        parts += [
            _source(name, entry, counted.get(name))
            for name, entry in sorted(CONNECTORS.items())
            if entry.kind == kind
        ]
    return "".join(parts)


def _source(name: str, entry: Entry, code: int | None) -> str:
    module, _, _ = entry.loads.partition(":")
    rows = dict(_rows(name, entry))
    rows["tested with"] = "; ".join(_tests(name, module.rpartition(".")[2]))
    rows["lines of code"] = "" if code is None else str(code)
    told = "".join(f"| {what} | {said} |\n" for what, said in rows.items() if said)
    path = f"{module.replace('.', '/')}.py"
    return (
        f'\n### {entry.title}\n\n`connector = "{name}"`, [{path}](../../{path})\n\n| | |\n|---|---|\n{told}'
    )


def _rows(name: str, entry: Entry) -> Iterator[tuple[str, str]]:
    told = recording(name) if (RECORDED / f"{name}.json").exists() else None
    rest = _rest(name, told) if told else None
    levels = _levels(_gathered(name, told)) if told else ""
    if rest is None:
        yield "pulled", entry.pulls
        yield "levels", entry.levels or levels
        yield "what changed", entry.changes
        yield "what is gone", entry.gone
        yield "trust where avouch.toml states none", entry.trust.value
        return
    yield "pulled", ", ".join(dict.fromkeys(each.name for each in rest.streams))
    yield "levels", levels
    yield "what changed", "; ".join(f"{each.name}: {_changes(each.changes)}" for each in rest.streams)
    yield "limits", _limits(rest)
    yield "what is gone", _gone(rest, told) or "not told: the record stays"
    yield "trust where avouch.toml states none", entry.trust.value


def _rest(name: str, told: Recording) -> Rest | None:
    with Vendor(transcript(told.runs[0]), told.token) as vendor:
        connector = registry.connector(_recorded(name, told, vendor))
    found = connector if isinstance(connector, Rest) else getattr(connector, "_rest", None)
    return found if isinstance(found, Rest) else None


def _recorded(name: str, told: Recording, vendor: LoopbackServer) -> Source:
    urls = {setting: f"{vendor.url}{path}" for setting, path in told.urls.items()}
    return Source(
        name=name,
        connector=name,
        settings={**told.settings, **urls},
        secrets=told.secrets,
        page_limit=told.page_limit,
    )


def _gathered(name: str, told: Recording) -> list[ContactRecord]:
    """Return the records of the recording's first run and of the simulated vendor."""
    with Vendor(transcript(told.runs[0]), told.token) as vendor:
        found = records(read(registry.connector(_recorded(name, told, vendor))))
    if name in VENDORS:
        with simulated_source(name, SIMULATED) as source:
            found += records(read(registry.connector(source)))
    return found


def _levels(found: list[ContactRecord]) -> str:
    seen: dict[str, set[tuple[Level, str]]] = {}
    for each in (each for record in found for each in record.identifiers):
        seen.setdefault(each.type, set()).add((each.level or Level.STORED, each.method))
    return "; ".join(
        f"{type_} {', '.join(_level(*each) for each in sorted(levels, key=lambda pair: (pair[0].rank, pair[1])))}"
        for type_, levels in sorted(seen.items())
    )


def _level(level: Level, method: str) -> str:
    return f"{level.value} ({method})" if method else level.value


def _changes(changes: Changes) -> str:
    match changes:
        case Newest(overlap=overlap):
            return f"from the newest entry, less {_long(overlap.least)}"
        case Spans(longest=longest, overlap=overlap):
            return f"spans of {_long(longest)}, less {_long(overlap.least)}"
        case Kept():
            return "the vendor's token"
        case Whole(every=every):
            return f"whole every {_long(every)}"
    return type(changes).__name__


def _long(time: timedelta | float) -> str:
    seconds = time.total_seconds() if isinstance(time, timedelta) else time
    for name, length in (("years", 365 * 86400), ("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {name}"
    return f"{seconds:g} s"


def _limits(rest: Rest) -> str:
    rates = [*rest.api.rates, *(rate for stream in rest.streams for rate in stream.rates or ())]
    return ", ".join(dict.fromkeys(map(_rate, rates)))


def _rate(rate: Rate) -> str:
    group = f" ({rate.group})" if rate.group else ""
    return (
        f"{rate.requests:,} in {_long(rate.seconds)}{group}"
        if rate.seconds
        else f"{rate.requests} at once{group}"
    )


def _gone(rest: Rest, told: Recording | None) -> str:
    by_list = [f"missing in {stream.name}, read whole" for stream in rest.streams if _shows_gone(stream)]
    said = ["the vendor's word"] if told and any(run.deleted for run in told.runs) else []
    return "; ".join([*said, *by_list])


def _shows_gone(stream: Stream) -> bool:
    return stream.sweeps is not None


def _tests(name: str, module: str) -> Iterator[str]:
    for what, path in TESTS:
        simulated = VENDORS.get(name, "").partition(":")[0].replace(".", "/")
        place = path.format(name=name, module=module, simulated=simulated)
        if (ROOT / place).exists():
            yield f"[{what}](../../{place})"


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), encoding="utf-8")
