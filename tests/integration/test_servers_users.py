"""Root and ordinary users: PostgreSQL never runs as root, and no folder that is not ours is opened for it."""

import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.integration.serving import parts, process_of, query, settings_of
from worker import servers
from worker.servers import ServersError, wheels
from worker.servers.account import Account, barrier, readable_copy
from worker.servers.cluster import run

pytestmark = pytest.mark.servers

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")

NOBODY = pwd.getpwnam("nobody")

# Loads what it needs first: nobody may be unable to reach this Python's own folder once it has become nobody.
START_AS = """
import encodings.ascii, encodings.idna, json, os, sys
import psutil, psycopg
from config.settings import Settings, plain_url
from worker import servers
uid, gid, home = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
psutil.Process().cmdline()
os.setgroups([]); os.setgid(gid); os.setuid(uid)
settings = Settings.load({"AVOUCH_HOME": home})
with servers.running(settings) as endpoints:
    with psycopg.connect(plain_url(endpoints.database_url)) as connection:
        answer = connection.execute("SELECT 1").fetchone()
    found = servers.state(settings)
    owners = [psutil.Process(part.pid).uids().real for part in found]
print(json.dumps({"answer": answer, "owners": owners, "running": [part.running for part in found]}))
"""


LOOK_AS = """
import encodings.ascii, encodings.idna, os, sys
import psutil, psycopg
from config.settings import Settings, SettingsError
from worker import servers
uid, gid, home = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
os.setgroups([]); os.setgid(gid); os.setuid(uid)
settings = Settings.load({"AVOUCH_HOME": home})
print([part.running for part in servers.state(settings)])
try:
    with servers.running(settings):
        pass
except (servers.ServersError, SettingsError) as error:
    print(error)
"""


def become_nobody(script: str, home: Path) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-c", script, str(NOBODY.pw_uid), str(NOBODY.pw_gid), str(home)]
    environ = {"PYTHONPATH": str(Path.cwd())}
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/", env=environ)


@pytest.fixture
def closed_home(tmp_path: Path) -> Iterator[Path]:
    """A home in a folder that nobody but its owner can pass through, as /root and many a home folder."""
    tmp_path.chmod(0o700)
    home = tmp_path.resolve() / "home"
    yield home
    data = (home / "postgres" / "data").resolve()
    for folder in data.parent.parent.glob(f"{data.parent.name}*") if home not in data.parents else ():
        shutil.rmtree(folder)


def modes_above(path: Path) -> dict[Path, int]:
    return {folder: folder.stat().st_mode for folder in path.parents}


@as_root
def test_started_by_root_postgresql_runs_as_a_user_of_its_own(new_home: Path) -> None:
    before = modes_above(new_home)
    with servers.running(settings_of(new_home)):
        process = process_of(settings_of(new_home), "PostgreSQL")
        owner, groups = process.uids(), process.gids()

    user = pwd.getpwuid(owner.real)
    assert user.pw_name in {"avouch-postgres", "nobody"}
    assert set(owner) == {user.pw_uid}
    assert set(groups) == {user.pw_gid}
    assert (new_home / "postgres").stat().st_uid == user.pw_uid
    assert modes_above(new_home) == before


@as_root
def test_a_home_that_postgresql_cannot_reach_stays_closed(closed_home: Path) -> None:
    said: list[str] = []
    settings = settings_of(closed_home)
    before = modes_above(closed_home)

    with servers.running(settings, said.append) as endpoints:
        query(endpoints.database_url, "CREATE TABLE kept AS SELECT 'row' AS what")
        after = modes_above(closed_home)
        data = parts(settings)["PostgreSQL"].data
    with servers.running(settings, said.append) as endpoints:
        rows = query(endpoints.database_url, "SELECT what FROM kept")

    assert after == before
    assert rows == [("row",)]
    assert data is not None
    assert data.is_relative_to("/var/lib/avouch")
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert str(data) in (closed_home / "postgres" / "README.txt").read_text(encoding="utf-8")
    assert [message for message in said if str(data) in message] == said
    assert len(said) == 1


@as_root
def test_a_closed_home_that_was_removed_begins_empty_and_its_data_is_put_aside(closed_home: Path) -> None:
    said: list[str] = []
    settings = settings_of(closed_home)
    with servers.running(settings, said.append) as endpoints:
        query(endpoints.database_url, "CREATE TABLE kept AS SELECT 'row' AS what")
    shutil.rmtree(closed_home)

    with servers.running(settings, said.append) as endpoints:
        tables = query(endpoints.database_url, "SELECT FROM pg_tables WHERE tablename = 'kept'")

    assert tables == []
    kept = [word.rstrip(";") for word in said[1].split() if "-until-" in word]
    assert (Path(kept[0]) / "postgres" / "PG_VERSION").exists()


@as_root
def test_data_that_is_gone_is_not_replaced_in_silence(closed_home: Path) -> None:
    settings = settings_of(closed_home)
    with servers.running(settings, lambda _: None):
        data = parts(settings)["PostgreSQL"].data
    assert data is not None
    data.rename(data.with_name("elsewhere"))

    with pytest.raises(ServersError, match="PostgreSQL's data is gone"), servers.running(settings):
        pass


@as_root
def test_a_home_closed_after_its_set_up_says_what_to_type(home: Path) -> None:
    home.chmod(0o700)

    with pytest.raises(ServersError, match=f"chmod o\\+x {home}"), servers.running(settings_of(home)):
        pass

    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@as_root
def test_programs_that_postgresqls_user_cannot_reach_are_copied_once(tmp_path: Path, new_home: Path) -> None:
    account = Account("nobody", NOBODY.pw_uid, NOBODY.pw_gid)
    wheel, libraries, name = wheels.postgres()
    closed = shutil.copytree(wheel, tmp_path / wheel.name)
    shutil.copytree(libraries, tmp_path / libraries.name)
    (closed / "pginstall" / "bin").chmod(0o700)
    with pytest.raises(PermissionError):
        run([closed / "pginstall" / "bin" / "postgres", "--version"], account)

    copies = [readable_copy(closed, tmp_path / libraries.name, name, new_home) for _ in range(2)]

    run([copies[0] / "pginstall" / "bin" / "postgres", "--version"], account)
    run([copies[0] / "pginstall" / "bin" / "initdb", "--version"], account)
    assert copies[0] == copies[1]
    assert [path.name for path in new_home.iterdir()] == [name]
    assert stat.S_IMODE((closed / "pginstall" / "bin").stat().st_mode) == 0o700


@as_root
def test_an_ordinary_user_starts_both_as_itself(new_home: Path) -> None:
    new_home.mkdir()
    os.chown(new_home, NOBODY.pw_uid, NOBODY.pw_gid)

    runs = [become_nobody(START_AS, new_home) for _ in range(2)]

    assert [run.stderr for run in runs] == ["", ""]
    for done in runs:
        assert json.loads(done.stdout) == {
            "answer": [1],
            "owners": [NOBODY.pw_uid] * 2,
            "running": [True, True],
        }
    assert {path.stat().st_uid for path in new_home.rglob("*")} == {NOBODY.pw_uid}


@as_root
def test_the_servers_of_another_user_are_left_to_that_user(home: Path) -> None:
    os.chown(home / "run", NOBODY.pw_uid, NOBODY.pw_gid)

    with pytest.raises(ServersError, match="belong to the user nobody"), servers.running(settings_of(home)):
        pass


@as_root
@pytest.mark.parametrize("mode", [0o711, 0o700])
def test_a_user_who_may_not_look_gets_an_answer_and_not_a_traceback(home: Path, mode: int) -> None:
    with servers.running(settings_of(home)):
        home.chmod(mode)
        looked = become_nobody(LOOK_AS, home)

    assert looked.stderr == ""
    assert looked.stdout.startswith("[False, False]\n")
    assert "AVOUCH_HOME to a folder of your own" in looked.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root's servers run as another user")
def test_an_ordinary_users_servers_run_as_that_user(home: Path) -> None:
    with servers.running(settings_of(home)):
        owners = {psutil.Process(part.pid).uids().real for part in servers.state(settings_of(home))}

    assert owners == {os.geteuid()}


def test_a_folder_is_a_barrier_by_the_mode_that_counts_for_the_user(new_home: Path) -> None:
    folder = new_home / "a"
    folder.mkdir(parents=True)
    made = folder.stat()
    accounts = (
        Account("owner", made.st_uid, 4_000_001),
        Account("member", 4_000_002, made.st_gid),
        Account("other", 4_000_002, 4_000_001),
    )

    stopped = {}
    for mode in (0o701, 0o710, 0o611):
        folder.chmod(mode)
        stopped[mode] = [account.name for account in accounts if barrier(account, folder / "b") == folder]
    folder.chmod(0o700)

    assert stopped == {0o701: ["member"], 0o710: ["other"], 0o611: ["owner"]}
