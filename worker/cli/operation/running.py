"""What the commands that run processes do."""

import itertools
import os
import threading
from collections.abc import Sequence

import click

from worker import servers, wiring
from worker.cli import show
from worker.monitoring import processes
from worker.servers import supervisor
from worker.servers.ports import is_free
from worker.servers.supervisor import Child, Write
from worker.session import connected, opened

_COLOURS = ("green", "cyan", "magenta", "blue", "yellow")


def up(concurrency: int | None, flower_port: int | None, *, as_json: bool) -> int:
    """Run everything until Ctrl-C; return the exit code."""
    with connected() as settings:
        # Workers go on with the last good avouch.toml; a person at a terminal wants to hear that it is wrong.
        opened(settings, needs_configuration=True)
        port = _flower_port(settings.flower_port if flower_port is None else flower_port)
        made = None if settings.flower_basic_auth else processes.flower_login(settings)
        table = processes.together(
            settings, flower_port=port, flower_login=made, concurrency=concurrency or settings.concurrency
        )
        wiring.forget()  # Children open connections of their own; ours would only be idle.
        greeting = Greeting(table, port, made, as_json=as_json)
        with servers.watching(settings):
            return supervisor.up(table, greeting.after(terminal(table)))


def _flower_port(wanted: int) -> int:
    if wanted and is_free(wanted):
        return wanted
    port = servers.free_port()
    if wanted:
        servers.say(f"Port {wanted} is taken by another program, so Flower uses {port}.")
    return port


class Greeting:
    """Says where everything is, once all of it is ready."""

    def __init__(self, table: Sequence[Child], port: int, login: str | None, *, as_json: bool) -> None:
        """Wait for every process of `table` that says when it is ready."""
        self._waited_for = {child.name: child.ready for child in table if child.ready}
        self._lock = threading.Lock()
        self._port = port
        self._login = login
        self._as_json = as_json

    def after(self, write: Write) -> Write:
        """Return a writer that writes as `write` does, and greets after the line that was waited for last."""

        def write_and_greet(name: str, line: str) -> None:
            write(name, line)
            with self._lock:  # Each process's lines come from a thread of its own.
                if self._waited_for.get(name, "\n") in line:
                    del self._waited_for[name]
                    if not self._waited_for:
                        self._greet()

        return write_and_greet

    def _greet(self) -> None:
        address = f"http://{processes.LOOPBACK}:{self._port}"
        if self._as_json:
            show.json_line({"ready": True, "flower": address})
            return
        user, _, password = (self._login or "").partition(":")
        login = f" (user {user}, password {password})" if self._login else ""
        click.echo(
            f"\nAvouch is up. Flower: {address}{login}\n"
            "In another terminal, try:\n"
            "    avouch status\n"
            "    avouch sources list\n"
            "    avouch import customers.csv --source crm --dry-run\n"
            "Ctrl-C stops everything.\n",
            err=True,
        )


def terminal(table: Sequence[Child]) -> Write:
    """Return a writer that puts the name of its process before each line, on standard error."""
    names = [supervisor.OURSELVES, *(child.name for child in table)]
    width = max(map(len, names))
    colours = dict(zip(names, itertools.cycle(_COLOURS), strict=False))

    def write(name: str, line: str) -> None:
        click.echo(click.style(f"{name:<{width}} | ", fg=colours[name]) + line, err=True)

    return write


def worker(queues: Sequence[str], concurrency: int | None) -> None:
    """Run one worker in this process."""
    with connected() as settings:
        opened(settings)
        _become(processes.worker(queues, concurrency or settings.concurrency))


def beat() -> None:
    """Run beat in this process."""
    with connected():
        _become(processes.beat())


def flower(address: str | None, port: int | None) -> None:
    """Run Flower in this process."""
    with connected() as settings:
        everywhere = "0.0.0.0"  # noqa: S104 - only with a password that somebody chose; a container needs it
        usual = everywhere if settings.flower_basic_auth else processes.LOOPBACK
        if not settings.flower_basic_auth:
            os.environ["FLOWER_BASIC_AUTH"] = processes.flower_login(settings)
        _become(processes.flower(address or usual, settings.flower_port if port is None else port))


def _become(arguments: Sequence[str]) -> None:
    """Run Celery's command in this process; it ends it with its own exit code."""
    wiring.forget()
    from worker.celery import app

    app.start(["--quiet", *arguments])
