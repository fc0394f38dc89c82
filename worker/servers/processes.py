"""Server processes: started free of our terminal, found again by their pid file, stopped step by step."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from typing import Any

import psutil

from worker.servers.account import Account

Plan = Sequence[tuple[Signals, float]]
"""Signals to send one after another, each with the seconds to wait for the end before the next."""

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""All a server gets to see: our own environment holds tokens, and PG* variables would change what it does."""

_LONGEST_LOG = 10_000_000
"""Bytes of a log at which the next start puts it aside, so that a laptop never fills up."""

_children: list[subprocess.Popen[bytes]] = []
"""Servers this process started. One that ends by itself stays a zombie until somebody asks for it here."""


@dataclass(frozen=True)
class Launch:
    """A command, and the user it runs as (None: ourselves)."""

    argv: Sequence[str]
    account: Account | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: ENVIRONMENT)


def start(launch: Launch, log: Path) -> psutil.Process:
    """Start a server in a session of its own: neither Ctrl-C nor a closed terminal reaches it."""
    reap()
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        log.replace(log.with_suffix(".1.log"))
    with log.open("ab") as output:
        log.chmod(0o600)
        child = subprocess.Popen(
            launch.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",  # The server's user may not be able to enter ours.
            env=launch.environment,
            start_new_session=True,
            **identity(launch.account),
        )
    _children.append(child)
    return psutil.Process(child.pid)


def identity(account: Account | None) -> Mapping[str, Any]:
    """Return the arguments that make `subprocess` run a program as `account`."""
    if account is None:
        return {"umask": 0o077}
    return {"user": account.uid, "group": account.gid, "extra_groups": [], "umask": 0o077}


def pid_in(path: Path) -> int | None:
    """Return the process id that a pid file names, or None when there is none to read."""
    try:
        return int(path.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def find(pid_file: Path, *, program: str, argument: str) -> psutil.Process | None:
    """Return the running process that `pid_file` names, if it is `program` started with `argument`.

    A pid alone proves nothing: after a crash or a restart of the machine an unrelated process may have it.
    """
    pid = pid_in(pid_file)
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        command = process.cmdline()
    except psutil.Error:
        return None
    ours = command[:1] and Path(command[0]).name == program and argument in command[1:]
    return process if ours and is_running(process) else None


def is_running(process: psutil.Process) -> bool:
    """Say whether the process lives; one that ended and waits for its parent to notice does not."""
    reap()
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def stop(process: psutil.Process, plan: Plan) -> None:
    """Send the signals of `plan` until the process is gone."""
    for signal, seconds in plan:
        try:
            process.send_signal(signal)
        except psutil.NoSuchProcess:
            return
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not is_running(process):
                return
            time.sleep(0.01)


def reap() -> None:
    """Take note of servers that ended, so that they leave the process table."""
    _children[:] = [child for child in _children if child.poll() is None]


def size(log: Path) -> int:
    """Return the length of a log in bytes, 0 when there is none."""
    return log.stat().st_size if log.exists() else 0


def tail(log: Path, *, after: int, lines: int = 8) -> str:
    """Return the last lines that came into a log after byte `after`, indented for a message."""
    with log.open("rb") as file:
        file.seek(after if after <= size(log) else 0)
        text = file.read().decode(errors="replace")
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
