"""Commands about the policy: what is in force, what another one would change, and putting it in force."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from worker.cli.options import as_json

if TYPE_CHECKING:
    from worker.jobs.policy_change import Asked, Report
    from worker.storage.unit_of_work import UnitOfWork

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
VERSION = click.IntRange(min=1)
_limit = click.option(
    "--limit",
    type=click.IntRange(0, 10_000),
    default=10,
    show_default=True,
    help="At most so many contacts of each kind; --json has all.",
)


@click.group()
def policy() -> None:
    """What the business may set about the rules, in versions."""


@policy.command("show")
@click.option("--version", type=VERSION, help="An earlier version; default: the one in force.")
@as_json
def show_policy(version: int | None, *, as_json: bool) -> None:
    """Show the policy in force, as a file that can be edited and applied.

    \b
    Example:
        avouch policy show > new.toml
        avouch policy show --version 2
    """
    from worker.cli import policy_words, show
    from worker.jobs.policy_change import UnknownVersionError
    from worker.session import session

    with session() as uow, uow.begin() as tx:
        newest = tx.policies.newest()
        row = newest if version is None else tx.policies.get(version)
        if row is None:
            raise UnknownVersionError(f"There is no version {version}. See: avouch policy history")
        known = policy_words.of_row(tx, row, is_newest=row == newest)
    if as_json:
        show.json_line(known)
    else:
        for line in policy_words.toml(known):
            click.echo(line)


@policy.command("history")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@as_json
def history(limit: int, *, as_json: bool) -> None:
    """List the versions of the policy, the one in force first.

    \b
    Example:
        avouch policy history
    """
    from worker.cli import policy_words, show
    from worker.session import session

    with session() as uow, uow.begin() as tx:
        rows = tx.policies.all(limit + 1)  # One more, to say what the last one shown changed.
        own = tx.sources.trust()
    befores = [*rows[1:], None]
    told = [
        (row, policy_words.changed(row, before, own))
        for row, before in list(zip(rows, befores, strict=False))[:limit]
    ]
    if as_json:
        show.json_line({"versions": [policy_words.summary(row, keys) for row, keys in told]})
        return
    lines = [
        (str(row.version), row.at, row.author, row.origin, " ".join(row.reason.split()), ", ".join(keys))
        for row, keys in told
    ]
    show.out().print(show.grid("version", "since (UTC)", "by", "from", "reason", "changed", rows=lines))


@policy.command("test")
@click.argument("file", type=FILE)
@_limit
@as_json
def test_policy(file: Path, limit: int, *, as_json: bool) -> None:
    """Say what the policy in FILE would change on today's evidence.

    Nothing is written. What waits is resolved first. FILE is TOML: the keys of [policy], under [policy] or by
    themselves, and the trust of sources under [trust]. A whole avouch.toml will do. What FILE leaves out stays
    as it is in force. Holds all records in memory, about 3 kB each.

    \b
    Example:
        avouch policy test new.toml --limit 20
    """
    from worker.cli import policy_words, show
    from worker.jobs import policy_change as job

    with _opened(file) as uow:
        asked = _of_file(uow, file)
        with policy_words.watched("Testing") as watch:
            report = job.rehearse(uow, asked, watch)
    if as_json:
        show.json_line(policy_words.report_json(report, written=False))
        return
    if report.same:
        click.echo(_nothing_changes(report))
        return
    click.echo(f"Nothing was written. {file.name} in place of version {report.was}:")
    for line in policy_words.report_text(report, limit):
        click.echo(line)
    click.echo(f"To put it in force: avouch policy apply {file}", err=True)


@policy.command("apply")
@click.argument("file", type=FILE, required=False)
@click.option("--version", type=VERSION, help="Go back to an earlier version, with its trust of sources.")
@click.option("--reason", default="", help="Why; kept with the version.")
@_limit
@as_json
def apply_policy(file: Path | None, version: int | None, reason: str, limit: int, *, as_json: bool) -> None:
    """Put the policy in FILE in force: exactly what `policy test` says.

    It becomes a new version, all records are judged by it, and the report says what changed. FILE is as for
    `policy test`; what it leaves out stays as it is in force. With --version in place of FILE, an earlier
    version is in force again, as a new one. Holds all contacts in memory, about 3 kB a record.

    \b
    Example:
        avouch policy apply new.toml --reason "the shop's export is checked by hand"
        avouch policy apply --version 2
    """
    from worker.cli import policy_words, show
    from worker.jobs import policy_change as job

    if (file is None) == (version is None):
        raise click.UsageError("Give a FILE or --version, one of them.")
    with _opened(file) as uow:
        asked = job.of_version(version or 0) if file is None else _of_file(uow, file)
        origin = f"version {version}" if file is None else file.name
        said = job.Said(getpass.getuser(), origin, reason)
        with policy_words.watched("Applying") as watch:
            report = job.apply(uow, asked, said, watch)
    if as_json:
        show.json_line(policy_words.report_json(report, written=not report.same))
        return
    if report.same:
        click.echo(_nothing_changes(report))
        return
    click.echo(f"Version {report.version} is in force, in place of version {report.was}:")
    for line in policy_words.report_text(report, limit):
        click.echo(line)
    click.echo(f"To go back: avouch policy apply --version {report.was}", err=True)


def _nothing_changes(report: "Report") -> str:
    return f"Nothing changes: version {report.version} says the same."


def _of_file(uow: "UnitOfWork", file: Path) -> "Asked":
    """Read FILE against the sources that there are; our own platform's is not for setting."""
    from config.policy import read_policy_file
    from integrations.contract import Level
    from worker.jobs import convert
    from worker.jobs import policy_change as job

    with uow.begin() as tx:
        names = [row.name for row in tx.sources.all() if row.name != convert.SOURCE]
    said = read_policy_file(file, names)
    return job.of_file(said.settings, {name: Level(trust) for name, trust in said.trust.items()})


@contextmanager
def _opened(file: Path | None) -> "Iterator[UnitOfWork]":
    """Give the database. Where FILE is the `avouch.toml` in use, what it says is not applied before."""
    from config.settings import Settings
    from worker import wiring
    from worker.session import connected, prepare, session

    in_use = Settings.load(os.environ).config_file
    if file is None or not (in_use.exists() and in_use.samefile(file)):
        with session() as uow:
            yield uow
        return
    with connected() as settings:
        prepare(settings)
        yield wiring.unit_of_work()
