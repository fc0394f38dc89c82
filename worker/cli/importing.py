"""What `avouch import` does, and its report."""

from collections.abc import Iterator

import click

from integrations import registry
from integrations.contract import Page
from worker import wiring
from worker.cli import show
from worker.cli.progress import bar
from worker.cli.pulling import Pulled, pull, pulled_json
from worker.jobs import import_file
from worker.jobs.import_file import Rehearsal, Wanted
from worker.session import session


def run(wanted: Wanted, *, as_json: bool) -> None:
    """Import the file, decide what it brought, and print the report."""
    with session(needs_configuration=True) as uow:
        configured = wiring.configuration().sources.get(wanted.source)
        source = import_file.source_of(wanted, configured)
        connector = registry.connector(source)
        full = import_file.prepare(uow, wanted, configured)
        done = pull(uow, connector, wanted.source, full=full)
    if as_json:
        show.json_line({"file": wanted.path, **pulled_json(done)})
    else:
        for line in _report(done):
            click.echo(line)
    done.check()


def _report(done: Pulled) -> Iterator[str]:
    report = done.report
    yield (
        f"{show.count(report.pulled, 'entry', 'entries')} read: {report.changed:,} new or changed,"
        f" {done.unchanged:,} unchanged, {report.rejected:,} rejected."
    )
    for each in done.reasons:
        yield f"  {each.place}: {each.reason}"
    if report.rejected:
        yield f"  All of them: avouch rejects list --source {done.source}"
    for warning in done.warnings:
        yield f"  Note: {warning}"
    yield f"In all: {show.count(done.users, 'user')}, {show.count(done.leads, 'lead')}."


def rehearse(wanted: Wanted, *, as_json: bool) -> None:
    """Read the file and print what an import would bring. No server is needed, and nothing is written."""
    configured = wiring.configuration().sources.get(wanted.source)
    source = import_file.source_of(wanted, configured)
    trust = import_file.trust_of(wanted, configured)
    with bar("Reading") as update:

        def read(page: Page) -> None:
            update(page.share_read, "")

        found = import_file.rehearse(registry.connector(source), source, trust, read)
    if as_json:
        show.json_line(
            {
                "file": wanted.path,
                "source": wanted.source,
                "trust": trust.value,
                "records": found.records,
                "named": found.named,
                "rejected": [{"where": each.where, "reason": each.reason} for each in found.rejected],
                "identifiers": [
                    {"type": type_, "level": level, "count": n}
                    for (type_, level), n in found.identifiers.items()
                ],
                "unusable": [
                    {"type": type_, "reason": reason, "count": n}
                    for (type_, reason), n in found.unusable.items()
                ],
                "warnings": found.warnings,
            }
        )
    else:
        for line in _rehearsed(found):
            click.echo(line)


_SHOWN = 5


def _rehearsed(found: Rehearsal) -> Iterator[str]:
    yield (
        f"Nothing was written. {show.count(found.records, 'record')} would be kept, {found.named:,} of them"
        f" with a name; {len(found.rejected):,} would be rejected."
    )
    for each in found.rejected[:_SHOWN]:
        yield f"  {each.where}: {each.reason}"
    if len(found.rejected) > _SHOWN:
        yield f"  and {len(found.rejected) - _SHOWN:,} more"
    for (type_, level), n in sorted(found.identifiers.items()):
        yield f"  {n:,} {type_}, {level}"
    for (type_, reason), n in sorted(found.unusable.items()):
        yield f"  {n:,} {type_} would tie nothing: {reason}"
    for warning in found.warnings:
        yield f"  Note: {warning}"
    if found.needs_region:
        yield "  Say which country numbers without a country code belong to: --region ES"
