"""PostgreSQL's data and programs: where they lie, and the first set-up.

The data lies in `home/postgres`. Where root starts the servers in a home that PostgreSQL's user cannot reach,
it lies below `/var/lib/avouch`, and `home/postgres` holds a link to it and a note.
"""

import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from worker.servers import account as accounts
from worker.servers import wheels
from worker.servers.account import Account
from worker.servers.errors import ServersError
from worker.servers.home import Home, Tell
from worker.servers.processes import ENVIRONMENT, identity

SUPERUSER = "avouch"

_MAJOR = "18"

_INITDB = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    # The same order and the same upper case on every machine, whatever its system library says.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)

_NOTE = """PostgreSQL's data is not in this folder but in
    {data}
because root started it, PostgreSQL never runs as root, and the user it runs as ({user})
cannot pass through
    {barrier}
whose mode is yours to decide. The link "data" beside this note leads there; without it the
data is not found again. To begin with an empty database, remove this folder.
"""


def data_of(home: Path) -> Path:
    """Return where the data is, or would be put if PostgreSQL's user can reach it. Changes nothing."""
    try:
        return _link(home).readlink()
    except OSError:  # No link, or a folder that is closed to us.
        return home / "postgres"


def set_up(home: Home, password: str, tell: Tell) -> tuple[Path, Account | None]:
    """Return the data folder, made if there is none, and the user to run PostgreSQL as."""
    link = _link(home.path)
    if link.is_symlink() and not link.exists():
        raise ServersError(
            f"PostgreSQL's data is gone: {link} leads to {link.readlink()}, which is not there.\n"
            f"    Put it back, or, to begin with an empty database: rm -r {link.parent}"
        )
    data = data_of(home.path)
    account = accounts.account_for(data)
    barrier = accounts.barrier(account, data) if account else None
    if (data / "PG_VERSION").exists():
        _check(data, account, barrier)
        return data, account
    if account and barrier:
        data = _outside(home.path, account, barrier, tell)
    _initialise(data, account, password)
    return data, account


def programs(account: Account | None) -> Path:
    """Return the folder of PostgreSQL's programs: the wheel's, or a copy where `account` cannot run these."""
    wheel, libraries, name = wheels.postgres()
    if account and not _runs(wheel / "pginstall" / "bin" / "postgres", account):
        wheel = accounts.readable_copy(wheel, libraries, name)
    return wheel / "pginstall" / "bin"


def run(argv: Sequence[str | Path], account: Account | None, *, words: str = "") -> None:
    """Run one of PostgreSQL's programs to its end, with `words` on its standard input.

    Raises `ServersError` with what the program said.
    """
    done = subprocess.run(
        argv,
        check=False,
        input=words,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd="/",
        env=ENVIRONMENT,
        start_new_session=True,
        **identity(account),
    )
    if done.returncode:
        said = "\n".join(f"    {line}" for line in done.stdout.strip().splitlines()[-8:])
        raise ServersError(f"{Path(argv[0]).name} failed ({done.returncode}):\n{said}")


def _link(home: Path) -> Path:
    return home / "postgres" / "data"


def _check(data: Path, account: Account | None, barrier: Path | None) -> None:
    found = (data / "PG_VERSION").read_text(encoding="utf-8").strip()
    if found != _MAJOR:
        raise ServersError(
            f"{data} was made by PostgreSQL {found}, and this is PostgreSQL {_MAJOR}.\n"
            "    Export with the avouch that made it, move the folder away, and import again."
        )
    if account and barrier:
        raise ServersError(
            f"PostgreSQL runs as {account.name}, who cannot pass through {barrier} to its data in {data}.\n"
            f"    Type: chmod o+x {barrier}"
        )


def _outside(home: Path, account: Account, barrier: Path, tell: Tell) -> Path:
    """Make a place for the data that `account` can reach, and leave a note in the home."""
    folder = accounts.SYSTEM_FOLDER / hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    if folder.exists():
        # The home was emptied, so it begins anew; what is not ours to judge is kept.
        kept = folder.with_name(f"{folder.name}-until-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
        folder.rename(kept)
        tell(f"{home} began anew. Its former PostgreSQL data is in {kept}; remove it if you do not need it.")
    accounts.make_system_folder(folder)
    data = folder / "postgres"
    link = _link(home)
    link.parent.mkdir(mode=0o700, exist_ok=True)
    note = _NOTE.format(data=data, user=account.name, barrier=barrier)
    (link.parent / "README.txt").write_text(note, encoding="utf-8")
    data.mkdir(mode=0o700)
    os.chown(data, account.uid, account.gid)
    link.symlink_to(data)
    tell(f"PostgreSQL's data goes to {data}, since its user {account.name} cannot reach {home}.")
    return data


def _initialise(data: Path, account: Account | None, password: str) -> None:
    """Make the cluster beside `data` and move it there whole: one cut short is never taken for one."""
    if data.exists() and any(data.iterdir()):
        raise ServersError(
            f"{data} holds something that is no PostgreSQL data. Move it away, and start again."
        )
    for left in data.parent.glob(f"{data.name}.new-*"):
        shutil.rmtree(left)
    draft = Path(tempfile.mkdtemp(dir=data.parent, prefix=f"{data.name}.new-"))  # mode 0700
    try:
        (draft / "password").write_text(password, encoding="utf-8")
        if account:
            for path in (draft, draft / "password"):
                os.chown(path, account.uid, account.gid)
        run(
            [
                programs(account) / "initdb",
                *_INITDB,
                f"--pwfile={draft / 'password'}",
                f"--pgdata={draft / 'data'}",
            ],
            account,
        )
        (draft / "data").rename(data)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _runs(program: Path, account: Account) -> bool:
    """Try it: modes, access lists and mounts that allow no programs are all in the answer."""
    try:
        run([program, "--version"], account)
    except (ServersError, OSError):
        return False
    return True


def new_password() -> str:
    """Return a password of 256 bits, in letters that need no quoting in any file or URL."""
    return secrets.token_urlsafe(32)
