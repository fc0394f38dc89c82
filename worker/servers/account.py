"""Which user PostgreSQL runs as, and which files that user can reach.

PostgreSQL refuses to run as root. Started by root it gets a system user of its own, and its data and programs
lie where that user can reach them. Modes of folders that are not ours are never changed: a closed home folder
stays closed, and the data goes elsewhere.
"""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from worker.servers.errors import ServersError

NAME = "avouch-postgres"

SYSTEM_FOLDER = Path("/var/lib/avouch")
"""Where root keeps what PostgreSQL's user cannot reach in a home or a virtual environment."""

_WAYS_TO_ADD = (
    ("useradd", "--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin", NAME),
    ("adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", NAME),
)
"""Most Linux systems; then BusyBox, as in small containers."""

_NOT_NEEDED = shutil.ignore_patterns("include", "__pycache__", "doc", "*.py")
"""Parts of the wheel that a running server never opens."""


@dataclass(frozen=True, slots=True)
class Account:
    """A system user, by number: a container may know no name for the owner of its data."""

    name: str
    uid: int
    gid: int


def account_for(data: Path) -> Account | None:
    """Return the user that runs PostgreSQL on `data`; None means ourselves.

    The owner of data that is there already goes first: nobody else may open it.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        found = data.stat()
        return Account(name_of(found.st_uid), found.st_uid, found.st_gid)
    return _named(NAME) or _added() or _named("nobody") or _nobody_at_all()


def _added() -> Account | None:
    for command in _WAYS_TO_ADD:
        if shutil.which(command[0]):
            # Fails where /etc is read-only; then an existing user has to do.
            subprocess.run(command, check=False, capture_output=True)
            break
    return _named(NAME)


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name, entry.pw_uid, entry.pw_gid)


def name_of(uid: int) -> str:
    """Return the name of a user, or the number of one that has none here."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _nobody_at_all() -> Account:
    raise ServersError(
        "PostgreSQL does not run as root, and this system has no other user for it.\n"
        "    Run avouch as an ordinary user, or set DATABASE_URL to a server that runs."
    )


def barrier(account: Account, path: Path) -> Path | None:
    """Return the outermost folder above `path` that `account` cannot pass through, or None.

    Decided by owner, group and mode. Access lists are not asked: where they matter, the start says so.
    """
    for folder in reversed(path.parents):
        found = folder.stat()
        if found.st_uid == account.uid:
            needed = stat.S_IXUSR
        elif found.st_gid == account.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not found.st_mode & needed:
            return folder
    return None


def make_system_folder(folder: Path) -> Path:
    """Return `folder`, made for every user to pass through; folders that are there keep their modes."""
    for path in (*reversed(folder.parents), folder):
        if not path.exists():
            path.mkdir(exist_ok=True)
            path.chmod(0o755)  # Whatever the umask says, PostgreSQL's user must get through.
    return folder


def readable_copy(wheel: Path, libraries: Path, name: str, folder: Path = SYSTEM_FOLDER) -> Path:
    """Return a copy of `wheel`, a folder of programs, that every user can run; made once for each `name`.

    The programs look for `libraries` beside the wheel's folder, so both are copied. The copy gets its name
    when it is whole: one cut short is never taken for it.
    """
    target = make_system_folder(folder) / name
    if not target.exists():
        draft = Path(tempfile.mkdtemp(dir=folder, prefix=f".{name}-"))
        try:
            shutil.copytree(wheel, draft / wheel.name, ignore=_NOT_NEEDED)
            if libraries.exists():
                shutil.copytree(libraries, draft / libraries.name)
            _open_for_reading(draft)
            draft.rename(target)
        except OSError:
            if not target.exists():  # Else another start made it in the meantime.
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return target / wheel.name


def _open_for_reading(copy: Path) -> None:
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(0o755 if path.is_dir() or mode & stat.S_IXUSR else 0o644)
