"""Commands about the policy: what is in force, what another one would change, and putting it in force."""

import getpass
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from worker.cli.options import as_json

if TYPE_CHECKING:
    from worker.jobs.policy_change import Asked, Report
    from worker.storage.unit_of_work import UnitOfWork

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
VERSION = click.IntRange(min=1)


class Line(click.ParamType[float | None]):
    """A probability from which on the policy decides by itself, or off."""

    name = "line"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        from config.errors import WrongValueError
        from config.policy import KEYS

        key = KEYS["dedupe_auto"]
        try:
            read: float | None = key.read("off" if value == "off" else float(value))
        except (ValueError, WrongValueError):
            self.fail(f"{value} is none; write {key.allowed}", param, ctx)
        return read


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
    from worker.cli import show
    from worker.cli.policies import policy_words
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
    from worker.cli import show
    from worker.cli.policies import policy_words
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
@click.argument("file", type=FILE, required=False)
@click.option(
    "--dedupe-auto", "line", type=Line(), help="Decide pairs from this probability on: 0.999; or off."
)
@_limit
@as_json
@click.pass_context
def test_policy(
    context: click.Context, file: Path | None, line: float | None, limit: int, *, as_json: bool
) -> None:
    """Say what the policy in FILE would change on today's evidence.

    Nothing is written. What waits is resolved first. FILE is TOML: the keys of [policy], under [policy] or by
    themselves, and the trust of sources under [trust]. A whole avouch.toml will do. What FILE leaves out stays
    as it is in force. Holds all records in memory, about 3 kB each.

    --dedupe-auto, with FILE or without, says which pairs the policy would decide to be one person.

    \b
    Example:
        avouch policy test new.toml --limit 20
        avouch policy test --dedupe-auto 0.999
    """
    says_line = context.get_parameter_source("line") is not ParameterSource.DEFAULT
    if file is None and not says_line:
        raise click.UsageError("Give a FILE or --dedupe-auto.")
    _rehearse(file, {"dedupe_auto": line} if says_line else {}, limit, as_json=as_json)


def _rehearse(file: Path | None, more: "Mapping[str, Any]", limit: int, *, as_json: bool) -> None:
    from worker.cli import show
    from worker.cli.policies import policy_words
    from worker.jobs import policy_change as job

    with _opened(file) as uow:
        asked = job.of_file(more, {}) if file is None else _of_file(uow, file, more)
        with policy_words.watched("Testing") as watch:
            report = job.rehearse(uow, asked, watch)
    if as_json:
        show.json_line(policy_words.report_json(report, written=False))
        return
    if report.same:
        click.echo(_nothing_changes(report))
        return
    what = [file.name] if file else []
    what += [f"{key} = {value or 'off'}" for key, value in more.items()]
    click.echo(f"Nothing was written. {' and '.join(what)} in place of version {report.was}:")
    for line in policy_words.report_text(report, limit):
        click.echo(line)
    first = f"write {what[-1]} into a file, and " if more else ""
    click.echo(f"To put it in force: {first}avouch policy apply {'FILE' if more else file}", err=True)


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
    from worker.cli import show
    from worker.cli.policies import policy_words
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


def _of_file(uow: "UnitOfWork", file: Path, more: "Mapping[str, Any] | None" = None) -> "Asked":
    """Read FILE against the sources that there are; our own platform's is not for setting.

    What `more` says goes before what FILE says.
    """
    from config.policy import read_policy_file
    from integrations.contract import Level
    from worker.jobs import convert
    from worker.jobs import policy_change as job

    with uow.begin() as tx:
        names = [row.name for row in tx.sources.all() if row.name != convert.SOURCE]
    said = read_policy_file(file, names)
    return job.of_file(
        {**said.settings, **(more or {})}, {name: Level(trust) for name, trust in said.trust.items()}
    )


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
