"""What an embedded server is to the rest of this package, and the remedies both servers share."""

import time
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import Protocol

import msgspec
import psutil

from worker.servers.home import Access, Tell
from worker.servers.ports import free_port
from worker.servers.processes import Launch, Plan


class Answer(Enum):
    """What a server says to somebody who knocks."""

    READY = "ready"
    NOT_YET = "not yet"
    REFUSED = "refused"
    """It runs, and does not take our password."""


Remedy = Callable[[Access, Tell], Access]
"""Repairs what kept a server from starting, and returns how to reach it at the next try."""


class Server(Protocol):
    """One of the embedded servers. Making one looks at nothing and starts nothing."""

    key: str
    name: str
    log: Path
    after_a_kill: str
    """What somebody whose server was killed wants to know."""

    @property
    def stop_plan(self) -> Plan: ...

    @property
    def remedies(self) -> Sequence[tuple[str, Remedy]]:
        """Words that the log of a failed start may hold, and what helps then."""
        ...

    @property
    def data(self) -> Path: ...

    @property
    def pid_file(self) -> Path: ...

    def find(self) -> psutil.Process | None:
        """Return the server that runs on our data, whoever started it."""
        ...

    def url(self, access: Access) -> str: ...

    def prepare(self, access: Access, tell: Tell) -> Launch:
        """Bring data and configuration into order, and return how to start."""
        ...

    def probe(self, access: Access) -> Answer: ...

    def finish(self, access: Access) -> None:
        """Do what only a running server can do, before anybody uses it."""
        ...

    def reset_password(self, access: Access, tell: Tell) -> None:
        """Make the stopped server take the password of `access`."""
        ...


def wait(access: Access, _: Tell) -> Access:
    """Try the same again, a moment later."""
    time.sleep(0.2)
    return access


def move(access: Access, tell: Tell) -> Access:
    """Take another port."""
    port = free_port()
    tell(f"Port {access.port} is taken by another program. The server uses port {port} from now on.")
    return msgspec.structs.replace(access, port=port)
