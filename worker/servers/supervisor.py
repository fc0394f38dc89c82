"""Runs a table of processes (worker, beat, Flower) as one: one terminal, one start, one end.

A process that ends by itself is started again: the main process of a worker, and beat, may die when they lose
the broker. All of them end with the supervisor, even if that is killed.
"""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

import click

from worker.servers import child as launcher
from worker.servers.errors import ServersError
from worker.servers.processes import Plan

Write = Callable[[str, str], object]
"""Takes the name of a process and one line of what it printed."""

OURSELVES = "avouch"
"""The name before lines of the supervisor itself."""

_LOOK_SECONDS = 0.1
_SETTLED_SECONDS = 30.0
"""A process that ran this long was well: the pauses before its next start begin anew."""
_LONGEST_PAUSE = 30.0
_HURRIED_SECONDS = 1.0
"""What is left of each wait once somebody asked to stop a second time."""
_LAST_LINES = 12
_ENDINGS = (Signals.SIGINT, Signals.SIGTERM, Signals.SIGHUP)
"""Ctrl-C, the system's shutdown, and a terminal that was closed."""
_FAREWELL = "Stopping. Running tasks are finished first; a second Ctrl-C does not wait for them."
_COLOURS = ("white", "green", "cyan", "magenta", "yellow", "blue")


def warm(seconds: float) -> Plan:
    """Return the way to end a Celery worker: `seconds` for its tasks, then without them, then for good."""
    return ((Signals.SIGTERM, seconds), (Signals.SIGQUIT, 5.0), (Signals.SIGKILL, 5.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One line of the table."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Added to our own environment. URLs with passwords belong here, never in `argv`."""
    ready: str = ""
    """Words in the line it prints when it is ready to work; empty means as soon as it runs."""
    stop: Plan = ((Signals.SIGTERM, 10.0), (Signals.SIGKILL, 5.0))


class _Run:
    """A child and its present process."""

    def __init__(self, row: Child, write: Write) -> None:
        self.row = row
        self.process: subprocess.Popen[str] | None = None
        self.ready = threading.Event()
        self.last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self.restarts = 0
        self._write = write
        self._reader: threading.Thread | None = None
        self._failures = 0
        self._started_at = 0.0
        self._not_before = 0.0

    def look(self) -> None:
        """Start the process if it does not run and its pause is over; call it from one thread only."""
        now = time.monotonic()
        if self.process is None:
            if now >= self._not_before:
                self._start(now)
            return
        code = self.process.poll()
        if code is None:
            return
        self._failures = 1 if now - self._started_at > _SETTLED_SECONDS else self._failures + 1
        pause = min(_LONGEST_PAUSE, 0.5 * 2 ** (self._failures - 1))
        self._not_before = now + pause
        self._close()
        self.restarts += 1
        self._write(OURSELVES, f"{self.row.name} {_ending(code)}. It is started again in {pause:g} s.")

    def stop(self, hurry: "_Hurry") -> bool:
        """End the process by its plan; each call for hurry skips a wait. Says whether it had to be killed."""
        if self.process is None:
            return False
        sent = Signals.SIGTERM
        for step, (sent, seconds) in enumerate(self.row.stop, start=1):
            self.process.send_signal(sent)
            started = time.monotonic()
            while self.process.poll() is None:
                patience = seconds if hurry.calls < step else min(seconds, _HURRIED_SECONDS)
                if time.monotonic() - started > patience:
                    break
                time.sleep(0.02)
            else:
                break
        self._close()
        return sent is Signals.SIGKILL

    def _start(self, now: float) -> None:
        self.ready.clear()
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", launcher.__file__, str(os.getpid()), *self.row.argv],
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.row.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,  # The terminal's Ctrl-C is for us; we pass it on in order, once.
        )
        self._started_at = now
        if not self.row.ready:
            self.ready.set()
        self._reader = threading.Thread(
            target=self._read, args=(self.process,), name=self.row.name, daemon=True
        )
        self._reader.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is None:
            return
        with process.stdout as lines:
            for line in lines:
                text = line.rstrip()
                self.last_lines.append(text)
                self._write(self.row.name, text)
                if self.row.ready and self.row.ready in text:
                    self.ready.set()

    def _close(self) -> None:
        """Clear up after a process that has ended."""
        self.ready.clear()
        if self.process is None or self._reader is None:
            return
        with suppress(ProcessLookupError, PermissionError):  # macOS denies it when only zombies are left.
            # What it started and left behind is in its group, and would work on beside the next one.
            os.killpg(self.process.pid, Signals.SIGKILL)
        self._reader.join(timeout=2.0)  # Longer only if somebody left the group and kept our pipe.
        self.process = None


class _Hurry:
    """Counts how often somebody asked to stop after the first time."""

    calls = 0


class Group:
    """The processes of a table while they run."""

    def __init__(self, table: Sequence[Child], write: Write, *, farewell: str = "") -> None:
        """Start nothing yet."""
        self._write = _unblocked(write)
        self._farewell = farewell
        self._runs = [_Run(row, self._write) for row in table]
        self.stopping = threading.Event()
        self.hurry = _Hurry()

    @property
    def pids(self) -> Mapping[str, int]:
        """The process ids of those that run now, by name."""
        return {run.row.name: process.pid for run in self._runs if (process := run.process)}

    @property
    def restarts(self) -> Mapping[str, int]:
        """How often each process ended by itself, by name."""
        return {run.row.name: run.restarts for run in self._runs}

    def run(self) -> int:
        """Keep all running until `stopping` is set, then end them, the last of the table first.

        One thread does all of it, since the kernel ends a child with the thread that started it. Returns how
        many had to be killed.
        """
        try:
            while not self.stopping.is_set():
                for run in self._runs:
                    run.look()
                self.stopping.wait(_LOOK_SECONDS)
            if self._farewell:
                self._write(OURSELVES, self._farewell)
        finally:
            killed = [run.row.name for run in reversed(self._runs) if run.stop(self.hurry)]
        for name in killed:
            self._write(OURSELVES, f"{name} did not end in time and was killed. What it did is done again.")
        return len(killed)

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Wait until every process has said that it is ready.

        Raises `ServersError` with the last lines of the first that has not.
        """
        end = time.monotonic() + seconds
        for run in self._runs:
            if not run.ready.wait(max(0.0, end - time.monotonic())):
                said = "\n".join(f"    {line}" for line in run.last_lines)
                raise ServersError(f"{run.row.name} was not ready after {seconds:g} s. It said:\n{said}")


def up(table: Sequence[Child], write: Write | None = None) -> int:
    """Run `table` in this terminal until Ctrl-C or SIGTERM; call it from the main thread.

    A second Ctrl-C no longer waits for running tasks, a third for nothing. Returns the exit code: 0, or 1 if
    something had to be killed.
    """
    group = Group(table, write or _terminal(table), farewell=_FAREWELL)

    def end(_number: int, _frame: object) -> None:
        if group.stopping.is_set():
            group.hurry.calls += 1
        group.stopping.set()

    before = {number: signal.signal(number, end) for number in _ENDINGS}
    try:
        return 1 if group.run() else 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def background(table: Sequence[Child], log: Path) -> Iterator[Group]:
    """Run `table` beside the block, printing into `log`, and end all of it with the block."""
    with log.open("a", encoding="utf-8", errors="replace", buffering=1) as file:
        log.chmod(0o600)
        width = _width(table)
        group = Group(table, lambda name, line: file.write(f"{name:<{width}} | {line}\n"))
        thread = threading.Thread(target=group.run, name="supervisor", daemon=True)
        thread.start()
        try:
            yield group
        finally:
            group.stopping.set()
            thread.join()


def _terminal(table: Sequence[Child]) -> Write:
    """Return a writer that puts a coloured name before each line, on standard error."""
    names = [OURSELVES, *(row.name for row in table)]
    heads = {
        name: click.style(f"{name:<{_width(table)}} | ", fg=colour)
        for name, colour in zip(names, itertools.cycle(_COLOURS), strict=False)
    }
    lock = threading.Lock()

    def write(name: str, line: str) -> None:
        with lock:
            click.echo(heads[name] + line, err=True)

    return write


def _unblocked(write: Write) -> Write:
    """Return `write` for a terminal that may be closed: that must neither end us nor block our children."""

    def write_if_open(name: str, line: str) -> None:
        with suppress(OSError, ValueError):
            write(name, line)

    return write_if_open


def _width(table: Sequence[Child]) -> int:
    return max(len(name) for name in (OURSELVES, *(row.name for row in table)))


def _ending(code: int) -> str:
    return (
        f"was ended by signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"ended with code {code}"
    )
