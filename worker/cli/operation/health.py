"""Commands about health: what runs, what doesn't, and what to type."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from worker.cli.options import as_json

if TYPE_CHECKING:
    from config.settings import Settings
    from worker.monitoring.checks import Check


@click.command()
@as_json
def status(*, as_json: bool) -> None:
    """Show what runs: servers, workers, sources, contacts.

    It looks only and starts nothing.

    \b
    Example:
        avouch status
    """
    from config.settings import Settings
    from worker.cli import show
    from worker.cli.operation import overview

    seen = overview.gather(Settings.load(os.environ))
    if as_json:
        show.json_line(overview.as_json(seen))
    else:
        overview.text(seen)


_MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "bold red")}


@click.command()
@as_json
def doctor(*, as_json: bool) -> None:
    """Check everything, and say what to type where it is wrong.

    Starts the embedded servers if nothing runs, as any command does. Exit code 1 when something fails.

    \b
    Example:
        avouch doctor
    """
    from worker.cli import show

    checks = list(_checks())
    failed = any(check.result == "fail" for check in checks)
    if as_json:
        show.json_line({"ok": not failed, "checks": checks})
    else:
        from rich.text import Text

        rows = [
            (Text(*_MARKS[check.result]), check.what, "\n    ".join(filter(None, (check.says, check.type))))
            for check in checks
        ]
        show.out().print(show.grid("", "what", "", rows=rows))
    if failed:
        sys.exit(1)


def _checks() -> Iterator["Check"]:
    from config.settings import Settings, SettingsError
    from worker.monitoring.checks import Check
    from worker.servers import ServersError

    try:
        yield from _examined(Settings.load(os.environ))
    except SettingsError as error:
        yield Check("settings", "fail", str(error))
    except ServersError as error:
        yield Check("servers", "fail", str(error))


def _examined(settings: "Settings") -> Iterator["Check"]:
    from worker.session import SchemaError, connected, prepare
    from worker.storage.errors import StorageError

    with connected() as named:
        from worker.monitoring import doctor  # Celery's app reads the broker's address when it is loaded.

        # Not there or not this version's: the check of the tables says so.
        with suppress(SchemaError, StorageError):
            prepare(named)
        yield from doctor.examine(settings)
