"""Real servers of the kinds that connectors read, as processes of their own on free ports of loopback.

Each is started from a public package, with its data in a folder that the test run throws away. None of their code is
a part of Avouch: they are other people's programs under licences of their own (docs/decisions/0007-dependencies.md).
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import requests

STARTED_WITHIN = 60
"""Seconds: Synapse makes its database in 8 of them on a small machine."""
BETWEEN_LOOKS = 0.05


class NotStartedError(Exception):
    """Raised when a server ended, or did not answer in time; with the end of what it wrote."""


def free_port() -> int:
    """Return a port of loopback that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


@contextmanager
def running(command: Sequence[str | Path], answers_at: str, folder: Path) -> Iterator[None]:
    """Run a server until the block ends; it has begun to answer at `answers_at` when the block begins.

    It ends with a test run that is killed, too: a process in front of it waits for the end of a pipe that we hold.
    """
    watched = [sys.executable, "-c", _GUARD, *map(str, command)]
    with (
        (folder / "log.txt").open("w+b") as log,
        subprocess.Popen(
            watched,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_clean(),
            start_new_session=True,
        ) as server,
    ):
        try:
            _wait(server, answers_at, log)
            yield
        finally:
            assert server.stdin is not None
            server.stdin.close()
            server.wait(timeout=STARTED_WITHIN)


_GUARD = """
import subprocess, sys, threading
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
def stop_with_the_tests():
    sys.stdin.read()
    server.terminate()
threading.Thread(target=stop_with_the_tests, daemon=True).start()
sys.exit(server.wait())
"""


def _clean() -> dict[str, str]:
    """Return an environment without proxies, which would hold back what is meant for loopback."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _wait(server: subprocess.Popen[bytes], answers_at: str, log: IO[bytes]) -> None:
    """Wait until `answers_at` answers anything at all."""
    deadline = time.monotonic() + STARTED_WITHIN
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < deadline:
            if server.poll() is not None:
                break
            try:
                session.get(answers_at, timeout=5)
            except requests.ConnectionError:
                _let_go_on(server)
            else:
                return
    log.seek(0)
    raise NotStartedError(log.read()[-2000:].decode(errors="replace"))


def _let_go_on(server: subprocess.Popen[bytes]) -> None:
    """Let the server go on for a moment, or notice that it ended."""
    try:
        server.wait(timeout=BETWEEN_LOOKS)
    except subprocess.TimeoutExpired:
        return
