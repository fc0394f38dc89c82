"""The folder of the embedded servers: which file is where, who may use it, who is using it now."""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from config.settings import Settings
from worker.servers.account import name_of
from worker.servers.errors import ServersError

Tell = Callable[[str], None]
"""Takes one sentence for the person at the terminal."""

_LOCK_SECONDS = 180.0
"""The first start on a slow disk, or a recovery after a power cut, and some."""

_QUIET_SECONDS = 2.0
"""A wait that is over by then needs no explanation."""


class Access(msgspec.Struct, frozen=True):
    """How to reach one embedded server; kept so that the next start offers the same address."""

    port: int
    password: str

    def __repr__(self) -> str:
        """Show no password."""
        return f"Access(port={self.port})"


class Home:
    """The layout below `AVOUCH_HOME`: `run/` for locks, logs and passwords, and the servers' data."""

    def __init__(self, settings: Settings) -> None:
        """Look at nothing yet: `status` must work where no home has been made."""
        self.path = settings.home.resolve()
        self.run = self.path / "run"
        self._settings = settings

    def make(self) -> None:
        """Make the folder, for its owner only.

        Raises `ServersError` when another user made this home's servers: their files are closed to us.
        """
        self._settings.make_home()
        try:
            self.run.mkdir(mode=0o700, exist_ok=True)
            owner = self.run.stat().st_uid
        except OSError as error:
            raise ServersError(
                f"{self.run} cannot be used: {error.strerror}. Set AVOUCH_HOME to a folder of your own."
            ) from error
        if owner != os.geteuid():
            raise ServersError(
                f"The servers in {self.path} belong to the user {name_of(owner)}. "
                f"Run this as {name_of(owner)}, or set AVOUCH_HOME to a folder of your own."
            )

    def access(self, key: str, tell: Tell) -> Access | None:
        """Return how the server was reached last; None at the first start, and when the file is spoilt."""
        return self._accesses(tell).get(key)

    def remember(self, key: str, access: Access) -> None:
        """Keep `access` before the server starts with it, so that a start cut short can be taken up again."""
        known = self._accesses(lambda _: None) | {key: access}
        handle, draft = tempfile.mkstemp(dir=self.run, prefix=".state-")  # mode 0600
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(known)))
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(self._state)

    @property
    def _state(self) -> Path:
        return self.run / "state.json"

    def _accesses(self, tell: Tell) -> dict[str, Access]:
        try:
            return msgspec.json.decode(self._state.read_bytes(), type=dict[str, Access])
        except FileNotFoundError:
            return {}
        except (msgspec.MsgspecError, UnicodeDecodeError):
            tell(
                f"{self._state} could not be read. The servers get new ports and passwords; their data stays."
            )
            return {}

    @contextmanager
    def changing(self, tell: Tell) -> Iterator[None]:
        """Hold the one right to start and stop the servers of this home."""
        handle = _open(self.run / "start.lock")
        try:
            _lock(handle, fcntl.LOCK_EX, tell, "Another avouch command is starting or stopping the servers")
            yield
        finally:
            os.close(handle)

    def join(self, tell: Tell) -> int:
        """Count as a user of the servers until `is_last` or the end of this process; returns the handle."""
        handle = _open(self.run / "users.lock")
        try:
            _lock(handle, fcntl.LOCK_SH, tell, "Another avouch command is stopping the servers")
        except BaseException:
            os.close(handle)
            raise
        return handle

    @staticmethod
    def is_last(handle: int) -> bool:
        """Say whether nobody else uses the servers. Ask within `changing`: then nobody joins in between."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError as error:
        raise ServersError(
            f"{path.parent} was removed while its servers ran. Stop avouch, and start it again."
        ) from error


def _lock(handle: int, kind: int, tell: Tell, what: str) -> None:
    """Wait for a lock that the kernel drops when its holder ends, however it ends: no lock is ever stale."""
    started, told = time.monotonic(), False
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            waited = time.monotonic() - started
            if waited > _LOCK_SECONDS:
                raise ServersError(
                    f"{what} and did not finish in {_LOCK_SECONDS:.0f} s. Look for it: ps"
                ) from None
            if waited > _QUIET_SECONDS and not told:
                tell(f"{what}; waiting for it.")
                told = True
            time.sleep(0.02)
        else:
            return
