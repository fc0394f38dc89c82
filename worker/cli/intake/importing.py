"""What `avouch import` does, and its report."""

from collections.abc import Iterator
from typing import Any

import click

from integrations import registry
from integrations.contract import Level, Page
from integrations.source import Source
from worker import wiring
from worker.cli import show
from worker.cli.intake import findings
from worker.cli.intake.pulling import Pulled, pull, pulled_json, suppressed
from worker.cli.operation.standing import standing
from worker.cli.progress import bar
from worker.domain.findings import Findings
from worker.domain.policy import Policy
from worker.jobs import clock, import_file, inspect_file
from worker.jobs.import_file import Rehearsal, Wanted
from worker.jobs.inspect_file import Inspected
from worker.session import session
from worker.storage.unit_of_work import UnitOfWork

_SHOWN = 5
"""Rejected entries that a dry run names."""


def run(wanted: Wanted, *, as_json: bool) -> None:
    """Import the file, decide what it brought, and print the report."""
    with session(needs_configuration=True) as uow:
        configured = wiring.configuration().sources.get(wanted.source)
        source = import_file.source_of(wanted, configured)
        connector = registry.connector(source)
        again = inspect_file.knows(uow, wanted.source)
        full = import_file.prepare(uow, wanted, configured)
        trust = import_file.trust_of(wanted, configured)
        inspected = inspect_file.inspected(uow, connector, source, trust, compare=again)
        done = pull(uow, inspected, wanted.source, full=full)
    if as_json:
        show.json_line({"file": wanted.path, **pulled_json(done), **findings.as_json(inspected)})
    else:
        for line in _report(done, inspected):
            click.echo(line)
    done.check()


def _report(done: Pulled, inspected: Inspected) -> Iterator[str]:
    report = done.report
    yield (
        f"{show.count(report.pulled, 'entry', 'entries')} read: {report.changed:,} new or changed,"
        f" {done.unchanged:,} unchanged, {report.rejected:,} rejected{suppressed(done)}."
    )
    for each in done.reasons:
        yield f"  {each.place}: {each.reason}"
    if report.rejected:
        yield f"  All of them: avouch rejects list --source {done.source}"
    for warning in done.warnings:
        yield f"  Note: {warning}"
    yield from findings.lines(inspected.findings)
    if inspected.mostly_renumbered:
        yield from findings.renumbered(inspected, places=False)
    yield f"In all: {show.count(done.users, 'user')}, {show.count(done.leads, 'lead')}."


def rehearse(wanted: Wanted, *, as_json: bool) -> None:
    """Read the file and print what an import would bring. No server is needed, and nothing is written."""
    configured = wiring.configuration().sources.get(wanted.source)
    source = import_file.source_of(wanted, configured)
    trust = import_file.trust_of(wanted, configured)
    with standing() as database:
        inspected = _inspected(database, source, trust)
        with bar("Reading") as update:

            def read(page: Page) -> None:
                update(page.share_read, "")

            found = import_file.rehearse(inspected, read)
    not_compared = database if isinstance(database, str) else ""
    if as_json:
        show.json_line(_rehearsed_json(wanted, found, not_compared))
    else:
        for line in _rehearsed(found, not_compared):
            click.echo(line)


def _inspected(database: UnitOfWork | str, source: Source, trust: Level) -> Inspected:
    connector = registry.connector(source)
    if isinstance(database, str):
        return Inspected(connector, Findings(source.region, trust, Policy(), clock.now()))
    return inspect_file.inspected(database, connector, source, trust, compare=True)


def _rehearsed_json(wanted: Wanted, found: Rehearsal, not_compared: str) -> dict[str, Any]:
    counted = found.inspected.findings
    return {
        "file": wanted.path,
        "source": wanted.source,
        "trust": counted.trust.value,
        "records": counted.records,
        "named": counted.named,
        "rejected": [{"where": each.where, "reason": each.reason} for each in found.rejected],
        "identifiers": [
            {"type": type_, "level": level, "count": n} for (type_, level), n in counted.usable.items()
        ],
        **findings.as_json(found.inspected),
        "not_compared": not_compared or None,
        "warnings": found.warnings,
    }


def _rehearsed(found: Rehearsal, not_compared: str) -> Iterator[str]:
    counted = found.inspected.findings
    yield (
        f"Nothing was written. {show.count(counted.records, 'record')} would be kept, {counted.named:,} of them"
        f" with a name; {len(found.rejected):,} would be rejected."
    )
    for each in found.rejected[:_SHOWN]:
        yield f"  {each.where}: {each.reason}"
    if len(found.rejected) > _SHOWN:
        yield f"  and {len(found.rejected) - _SHOWN:,} more"
    for (type_, level), n in sorted(counted.usable.items()):
        yield f"  {n:,} {type_}, {level}"
    yield from findings.lines(counted)
    for warning in found.warnings:
        yield f"  Note: {warning}"
    if counted.needs_region:
        yield "  Say which country numbers without a country code belong to: --region ES"
    yield from findings.renumbered(found.inspected, places=True)
    if not_compared:
        yield f"  Not compared with what is known: {not_compared}."
