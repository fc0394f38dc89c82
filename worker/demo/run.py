"""`avouch demo`: everything for real, on a stage of its own; only the vendors are simulated."""

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import click
from rich.console import Console

from config.settings import Settings
from worker import servers, wiring
from worker.demo import summary
from worker.demo.stage import stage
from worker.demo.story import Story, StoryError
from worker.jobs import clock
from worker.monitoring import processes
from worker.servers import supervisor
from worker.servers.ports import is_free
from worker.session import connected, opened
from worker.storage import migrate
from worker.storage.database import engine_for

_TRY = (
    ("who is calling?", 'avouch lookup --phone "+34 612 34 56 88"'),
    ("why are they a user?", "avouch why {newcomer}"),
    ("what was done to contacts, and how is it undone?", "avouch changes"),
    (
        "is what is stored what the evidence says, and does every proof hold?",
        "avouch rebuild --check --proofs",
    ),
)


def play(*, once: bool, flower_port: int | None, as_json: bool) -> int:
    """Play the demo and return the exit code; unless `once`, stay up until Ctrl-C."""
    console = Console(stderr=as_json)
    home = Settings.load(os.environ).home / "demo"
    with stage(home, clock.now()) as built, connected() as settings:
        _forget_the_last_demo(settings)
        uow = opened(settings, needs_configuration=True)
        port = _port(settings.flower_port if flower_port is None else flower_port)
        login = settings.flower_basic_auth or processes.flower_login(settings)
        table = processes.together(
            settings, flower_port=port, flower_login=login, concurrency=settings.concurrency
        )
        with supervisor.background(table, home / "demo.log") as group:
            with console.status("starting workers, beat and Flower"):
                group.wait_ready()
            try:
                newcomer = Story(built, uow, console).tell()
            except StoryError as error:
                raise click.ClickException(
                    f"The demo stopped: {error}.\n    Its log: {home / 'demo.log'}"
                ) from error
            summary.show(console, uow)
            _what_next(console, home, port, login, {"newcomer": newcomer}, once=once)
            if as_json:
                with uow.begin() as tx:
                    click.echo(json.dumps(tx.contacts.counts() | {"suggestions": tx.suggestions.count()}))
            if not once:
                _until_told_to_stop()
    return 0


def _forget_the_last_demo(settings: Settings) -> None:
    """Begin with empty tables: the story is about somebody nobody knows yet."""
    url = wiring.settings().database_url
    if url is None or settings.database_url is not None:
        raise click.ClickException("The demo plays on servers of its own only. Unset DATABASE_URL.")
    engine = engine_for(url)
    migrate.downgrade(engine)
    migrate.upgrade(engine)
    engine.dispose()


def _port(wanted: int) -> int:
    return wanted if wanted and is_free(wanted) else servers.free_port()


def _what_next(
    console: Console, home: Path, port: int, login: str, ids: Mapping[str, str], *, once: bool
) -> None:
    place = os.path.relpath(home)
    console.print(f"\nFlower: [link]http://127.0.0.1:{port}[/link]  (login {login}; it closes with the demo)")
    console.print("\nTry next, in this folder:" if once else "\nTry next, in another terminal:")
    avouch = os.path.relpath(Path(sys.executable).parent / "avouch")
    for what, command in _TRY:
        typed = command.format(**ids).replace("avouch", avouch, 1)
        console.print(
            f"  [dim]# {what}[/dim]\n  AVOUCH_HOME={place} {typed}", soft_wrap=True, highlight=False
        )


def _until_told_to_stop() -> None:
    click.echo("\nEverything goes on running. Ctrl-C stops it.", err=True)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        signal.pause()
    except KeyboardInterrupt:
        click.echo("Stopping.", err=True)
    finally:
        signal.signal(signal.SIGTERM, before)
