"""The embedded Valkey: how it is started, recognised, asked and repaired."""

import contextlib
import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from signal import Signals

import psutil

from worker.servers import processes, wheels
from worker.servers.home import Access, Home, Tell
from worker.servers.ports import LOOPBACK
from worker.servers.processes import Launch
from worker.servers.server import Answer, move

_SETTINGS = {
    "bind": LOOPBACK,
    "protected-mode": "yes",
    "daemonize": "no",
    "appendonly": "yes",
    # A power cut may take a second of messages. They are hints: what is due stands in PostgreSQL.
    "appendfsync": "everysec",
    "save": '""',
    # A full memory must refuse new messages, never drop waiting ones.
    "maxmemory-policy": "noeviction",
    "set-proc-title": "no",  # `find` knows the server by its command line.
}


class Valkey:
    """One Valkey on loopback, with its password in a file that only its owner can read."""

    key = "valkey"
    name = "Valkey"
    stop_plan = ((Signals.SIGTERM, 10.0), (Signals.SIGKILL, 5.0))
    after_a_kill = (
        "It reads its file of waiting messages again; what is missing there is found in PostgreSQL."
    )

    def __init__(self, home: Home) -> None:
        """Look at nothing yet."""
        self.data = home.path / "valkey"
        self.pid_file = home.run / "valkey.pid"
        self.log = home.run / "valkey.log"
        self.remedies = (
            ("Address already in use", move),
            ("Bad file format reading the append only file", self._begin_anew),
            ("Invalid AOF manifest file", self._begin_anew),
        )

    @property
    def _configuration(self) -> Path:
        return self.data / "valkey.conf"

    def find(self) -> psutil.Process | None:
        """Return the server that runs with our configuration, whoever started it."""
        return processes.find(self.pid_file, program="valkey-server", argument=str(self._configuration))

    def url(self, access: Access) -> str:
        return f"redis://:{access.password}@{LOOPBACK}:{access.port}/0"

    def prepare(self, access: Access, _: Tell) -> Launch:
        """Write the configuration, and return how to start the server with it."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        settings = _SETTINGS | {
            "port": str(access.port),
            "requirepass": access.password,
            "dir": _quoted(self.data),
            "pidfile": _quoted(self.pid_file),
        }
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        handle = os.open(self._configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        return Launch([str(wheels.valkey_server()), str(self._configuration)])

    def probe(self, access: Access) -> Answer:
        """Give the password and ask for a sign of life; two lines of its protocol, so no client is loaded."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection((LOOPBACK, access.port), timeout=2) as connection,
        ):
            connection.sendall(f"AUTH {access.password}\r\nPING\r\n".encode())
            with connection.makefile("rb") as answers:
                if not answers.readline().startswith(b"+OK"):
                    return Answer.REFUSED
                return Answer.READY if answers.readline().startswith(b"+PONG") else Answer.NOT_YET
        return Answer.NOT_YET

    def finish(self, access: Access) -> None:
        """Nothing is left to do."""

    def reset_password(self, access: Access, tell: Tell) -> None:
        """Nothing to do: the configuration is written anew at every start."""

    def _begin_anew(self, access: Access, tell: Tell) -> Access:
        """Put a spoilt file of messages aside: messages are hints, and what is due is found by the tick."""
        kept = self.data / f"appendonlydir-spoilt-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        (self.data / "appendonlydir").rename(kept)
        tell(
            f"Valkey could not read its waiting messages. It begins without them; the old ones are in {kept}."
        )
        return access


def _quoted(path: Path) -> str:
    """Return `path` as the configuration wants it; its quoting is that of JSON where letters stay letters."""
    return json.dumps(str(path), ensure_ascii=False)
