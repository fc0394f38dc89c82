"""Pull here and now, for imports and `sync --wait`: one run of a source, and what it brought is decided."""

import math
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import click

from integrations.contract import Connector, Page
from worker.cli.progress import bar, settling
from worker.jobs import clock, sync
from worker.jobs.land import Landed
from worker.storage.tombstones import beside
from worker.storage.unit_of_work import UnitOfWork
from worker.storage.work import RejectRow

_LOOK_SECONDS = 1.0
_REASONS = 5
"""Rejected entries that a report names."""


class Pulled(NamedTuple):
    """What was pulled, and what there is now."""

    source: str
    report: sync.Report
    reasons: Sequence[RejectRow]
    """The first rejected entries of this run."""
    warnings: Sequence[str]
    leads: int
    users: int
    suggestions: int

    @property
    def unchanged(self) -> int:
        """Entries that said nothing new."""
        report = self.report
        return report.pulled - report.changed - report.rejected - report.suppressed

    def check(self) -> None:
        """Raise what ended the run early, for the exit code and the message."""
        if self.report.outcome is not sync.Outcome.DONE:
            raise click.ClickException(
                self.report.error or f"{self.source}: the run was ended by somebody else."
            )


def pull(uow: UnitOfWork, connector: Connector, name: str, *, full: bool) -> Pulled:
    """Run a source to its end, and resolve what it brought.

    Waits while another run has the source, and while the vendor's rate limit is used up.
    """
    started = clock.now()
    warnings: dict[str, None] = {}
    try:
        report = _run(sync.Run(uow, connector), name, full=full, warnings=warnings)
    except KeyboardInterrupt:
        click.echo(
            "Stopped between two pages; nothing is lost. The same command goes on from there.", err=True
        )
        raise
    settling(uow)
    with uow.begin() as tx:
        counts = tx.contacts.counts()
        rejected = [each for each in tx.work.rejects(name, 1_000) if each.last_at >= started]
        suggestions = tx.suggestions.count()
    reasons = sorted(rejected)[:_REASONS] if report.rejected else []
    warnings.update(dict.fromkeys(beside(report.beside)))
    return Pulled(
        name, report, reasons, list(warnings), counts.get("lead", 0), counts.get("user", 0), suggestions
    )


def _run(run: sync.Run, name: str, *, full: bool, warnings: dict[str, None]) -> sync.Report:
    rows = 0
    told = False
    total = sync.Report(sync.Outcome.MORE)
    with bar(f"Reading {name}") as update:

        def read(page: Page, landed: Landed) -> None:
            nonlocal rows
            rows += landed.pulled
            warnings.update(dict.fromkeys((*page.warnings, *landed.warnings)))
            update(page.share_read, f"{rows:,} entries")

        while True:
            report = run(name, full=full, on_page=read)
            total = sync.both(total, report)
            if report.outcome is sync.Outcome.THROTTLED:
                seconds = report.wait.total_seconds()
                click.echo(
                    f"The vendor of {name} takes no more requests for {math.ceil(seconds)} s; waiting.",
                    err=True,
                )
                full = False  # It has begun anew, and goes on from where it was.
                time.sleep(seconds)
            elif report.outcome is sync.Outcome.BUSY and report.pages == 0:
                if not told:
                    click.echo(f"Another run has {name}; waiting for it. Ctrl-C to leave it alone.", err=True)
                    told = True
                time.sleep(_LOOK_SECONDS)
            else:
                return total


def suppressed(done: Pulled) -> str:
    """Say how many entries were kept nowhere, nothing where there were none."""
    number = done.report.suppressed
    return f", {number:,} suppressed (of people who were erased)" if number else ""


def vanished(done: Pulled) -> str:
    """Say how many records are gone at the source, and how many are back; nothing where none are."""
    counts = ((done.report.gone, "gone"), (done.report.back, "back"))
    return "".join(f", {number:,} {how} at the source" for number, how in counts if number)


def pulled_json(done: Pulled) -> dict[str, Any]:
    """Return the report for JSON."""
    report = done.report
    return {
        "source": done.source,
        "outcome": report.outcome.value,
        "error": report.error,
        "pages": report.pages,
        "read": report.pulled,
        "changed": report.changed,
        "unchanged": done.unchanged,
        "rejected": report.rejected,
        "suppressed": report.suppressed,
        "gone": report.gone,
        "back": report.back,
        "reasons": [{"where": each.place, "reason": each.reason} for each in done.reasons],
        "warnings": done.warnings,
        "contacts": {"leads": done.leads, "users": done.users},
        "suggestions": done.suggestions,
    }
