"""The command that erases somebody."""

import getpass
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from worker.cli.options import as_json

if TYPE_CHECKING:
    from datetime import datetime

    from worker.jobs.erase import Erased
    from worker.storage.unit_of_work import UnitOfWork

_SHOWN = 5
"""Other contacts that the report names; --json has all."""


@click.command()
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and erase nothing.")
@click.option("--author", help="Who erases it, for the report; default: the user of this machine.")
@as_json
def erase(id: str, *, yes: bool, dry_run: bool, author: str | None, as_json: bool) -> None:  # noqa: A002 - the word of the usage line
    """Erase everything that is held about a contact.

    Records with all versions, calls, notes, rejected entries, logged changes. Keyed hashes stay, so that an
    import cannot bring it back. It cannot be undone.

    \b
    Example:
        avouch erase 0f9b3c51d2e84a6c9b1d7e20 --dry-run
        avouch erase 0f9b3c51d2e84a6c9b1d7e20
    """
    if not (yes or dry_run or sys.stdin.isatty()):
        raise click.UsageError("This is no terminal to ask at. To erase without being asked, add --yes.")
    from worker.cli import show
    from worker.domain.export import moment
    from worker.jobs import clock
    from worker.jobs.erase import as_json as fields
    from worker.session import session

    with session() as uow:
        now = clock.now()
        done = _erase(uow, id, now, yes=yes, dry_run=dry_run)
    if as_json:
        said = {"dry_run": dry_run, "at": moment(now), "author": author or getpass.getuser()}
        show.json_line({**said, **fields(done)})
        return
    click.echo(f"Nothing was erased. {counted(done)} would go." if dry_run else f"Erased: {counted(done)}.")
    for line in _what_stays(done, dry_run=dry_run):
        click.echo(line)


def _erase(uow: "UnitOfWork", some_id: str, now: "datetime", *, yes: bool, dry_run: bool) -> "Erased":
    from worker.cli.progress import settling
    from worker.jobs import erase as job

    settling(uow)
    planned = job.run(uow, some_id, now, rehearse=True) if dry_run or not yes else None
    if planned is not None:
        if dry_run:
            return planned
        _ask(planned)
    done = job.run(uow, some_id, now, expected=planned)
    settling(uow)
    return done


def _ask(planned: "Erased") -> None:
    for line in (f"{counted(planned)} will go, and cannot be brought back.", *_others(planned)):
        click.echo(line, err=True)
    click.confirm(f"Erase {planned.id}?", abort=True, err=True)


def counted(erased: "Erased") -> str:
    """Say what goes: "3 records (4 versions), 2 interactions, 1 note"."""
    from worker.cli.show import count

    versions = count(erased.versions, "version")
    parts = [f"{count(erased.records, 'record')} ({versions})"]
    for number, one in (
        (erased.interactions, "interaction"),
        (erased.notes, "note"),
        (erased.rejects, "rejected entry"),
        (erased.changes, "logged change"),
        (erased.suggestions, "suggestion"),
        (erased.conflicts, "conflict"),
        (erased.decisions, "decision"),
    ):
        if number:
            parts.append(count(number, one, "rejected entries" if one == "rejected entry" else None))
    return ", ".join(parts)


def _what_stays(erased: "Erased", *, dry_run: bool) -> Iterator[str]:
    from worker.cli.show import count

    stay = "would keep" if dry_run else "keep"
    yield f"{count(erased.tombstones, 'keyed hash', 'keyed hashes')} {stay} it from being imported again."
    yield from _others(erased)


def _others(erased: "Erased") -> Iterator[str]:
    from worker.cli.show import count

    for ids, what in (
        (erased.mentioned_by, "claimed one of its identifiers"),
        (erased.shared_with, "holds one of its identifiers, as a family or a later caller does"),
    ):
        if ids:
            who = count(len(ids), "other contact")
            yield f"{who} {what if len(ids) == 1 else _plural(what)}; not erased. Look at each: avouch show ID"
            yield from (f"  {each}" for each in ids[:_SHOWN])
            if len(ids) > _SHOWN:
                yield f"  and {len(ids) - _SHOWN:,} more: --json has all"


def _plural(what: str) -> str:
    return what.replace("holds", "hold", 1)
