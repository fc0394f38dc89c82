"""Servers that were killed, robbed of their port or found with spoilt files: they come back, and say why."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET, socket

import pytest

from tests.integration.serving import (
    another_command,
    broker,
    left,
    processes,
    query,
    settings_of,
)
from worker import servers
from worker.servers import ServersError

pytestmark = pytest.mark.servers


@pytest.fixture
def said() -> list[str]:
    """What the person at the terminal reads."""
    return []


def until(true: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Wait for something that has to come true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def taken(port: int) -> Iterator[None]:
    with socket() as listener:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        yield


def kill_all(home: Path) -> None:
    """Leave the home as kill -9 of a command and its servers leaves it."""
    settings = settings_of(home)
    with another_command(home) as command:
        found = processes(settings)
        command.kill()
        for process in found:
            process.kill()
    until(lambda: not left(found))


def test_killed_servers_recover_what_was_committed(home: Path, said: list[str]) -> None:
    settings = settings_of(home)
    with servers.running(settings) as endpoints, broker(endpoints.broker_url) as client:
        query(endpoints.database_url, "CREATE TABLE kept AS SELECT 'row' AS what")
        client.rpush("sync", "a message")
        for process in processes(settings):
            process.kill()

    with servers.running(settings, said.append) as endpoints, broker(endpoints.broker_url) as client:
        rows = query(endpoints.database_url, "SELECT what FROM kept")
        messages = client.lrange("sync", 0, -1)

    assert (rows, messages) == ([("row",)], ["a message"])
    assert [message.split(".")[0] for message in said] == [
        "PostgreSQL was not stopped properly the last time",
        "Valkey was not stopped properly the last time",
    ]


def test_a_pid_that_now_belongs_to_another_program_is_not_believed(home: Path, said: list[str]) -> None:
    kill_all(home)
    owner = (home / "postgres").stat()
    stranger = subprocess.Popen(["/bin/sleep", "60"], user=owner.st_uid, group=owner.st_gid)
    for pid_file in (home / "postgres" / "postmaster.pid", home / "run" / "valkey.pid"):
        _, *rest = pid_file.read_text(encoding="utf-8").splitlines(keepends=True)
        pid_file.write_text("".join([f"{stranger.pid}\n", *rest]), encoding="utf-8")

    before = [part.pid for part in servers.state(settings_of(home))]
    with servers.running(settings_of(home), said.append) as endpoints:
        answer = query(endpoints.database_url, "SELECT 1")

    assert before == [None, None]
    assert answer == [(1,)]
    assert len(said) == 2
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize("content", [b"", b"{", b'{"postgres": 7}', b"\xff"])
def test_a_spoilt_state_file_costs_passwords_and_no_data(home: Path, said: list[str], content: bytes) -> None:
    settings = settings_of(home)
    with servers.running(settings) as before:
        query(before.database_url, "CREATE TABLE kept AS SELECT 'row' AS what")
    (home / "run" / "state.json").write_bytes(content)

    with servers.running(settings, said.append) as after:
        rows = query(after.database_url, "SELECT what FROM kept")

    assert rows == [("row",)]
    assert after.database_url != before.database_url
    assert "state.json could not be read" in said[0]
    assert "PostgreSQL got a new password" in said[1]


def test_servers_whose_passwords_were_lost_while_they_ran_start_again(home: Path, said: list[str]) -> None:
    settings = settings_of(home)
    with another_command(home) as command:
        command.kill()
    found = processes(settings)
    (home / "run" / "state.json").unlink()

    with servers.running(settings, said.append) as endpoints:
        answer = query(endpoints.database_url, "SELECT 1")

    assert answer == [(1,)]
    assert not left(found)
    assert len([message for message in said if "does not let us in" in message]) == 2


def test_ports_taken_in_the_meantime_are_left_to_whoever_has_them(home: Path, said: list[str]) -> None:
    settings = settings_of(home)
    ports = [int(part.address.rpartition(":")[2]) for part in servers.state(settings)]

    with taken(ports[0]), taken(ports[1]), servers.running(settings, said.append) as endpoints:
        answer = query(endpoints.database_url, "SELECT 1")
        with broker(endpoints.broker_url) as client:
            ping = client.ping()

    assert (answer, ping) == ([(1,)], True)
    assert [message.split(".")[0] for message in said] == [
        f"Port {port} is taken by another program" for port in ports
    ]


def test_a_set_up_that_was_cut_short_is_done_again(new_home: Path) -> None:
    settings = settings_of(new_home)
    draft = settings.make_home() / "postgres.new-x1"
    (draft / "data" / "base").mkdir(parents=True)

    with servers.running(settings) as endpoints:
        answer = query(endpoints.database_url, "SELECT 1")

    assert answer == [(1,)]
    assert not draft.exists()


def test_files_that_are_not_postgresqls_are_not_touched(new_home: Path) -> None:
    settings = settings_of(new_home)
    (settings.make_home() / "postgres").mkdir()
    (new_home / "postgres" / "letter.txt").write_text("keep me", encoding="utf-8")

    with pytest.raises(ServersError, match="Move it away"), servers.running(settings):
        pass

    assert (new_home / "postgres" / "letter.txt").read_text(encoding="utf-8") == "keep me"


def test_data_of_another_postgresql_is_refused(home: Path) -> None:
    (home / "postgres" / "PG_VERSION").write_text("17\n", encoding="ascii")

    with pytest.raises(ServersError, match="was made by PostgreSQL 17"), servers.running(settings_of(home)):
        pass


@pytest.mark.parametrize(
    "name", ["appendonly.aof.1.incr.aof", "appendonly.aof.1.base.rdb", "appendonly.aof.manifest"]
)
def test_spoilt_messages_are_put_aside(home: Path, said: list[str], name: str) -> None:
    settings = settings_of(home)
    with servers.running(settings) as endpoints, broker(endpoints.broker_url) as client:
        client.rpush("sync", "a message")
    (home / "valkey" / "appendonlydir" / name).write_text("spoilt\n", encoding="ascii")

    with servers.running(settings, said.append) as endpoints, broker(endpoints.broker_url) as client:
        messages = client.lrange("sync", 0, -1)

    assert messages == []
    assert "could not read its waiting messages" in said[0]
    assert len(list((home / "valkey").glob("appendonlydir-spoilt-*"))) == 1


def test_a_server_that_cannot_start_says_what_its_log_says(home: Path) -> None:
    (home / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n", encoding="ascii")

    with pytest.raises(ServersError, match="no_such_setting") as refused, servers.running(settings_of(home)):
        pass

    assert str(home / "run" / "postgres.log") in str(refused.value)
    assert [part.pid for part in servers.state(settings_of(home))] == [None, None]


def test_watched_servers_come_back_at_the_same_address(home: Path, said: list[str]) -> None:
    settings = settings_of(home)
    with servers.running(settings) as endpoints, servers.watching(settings, said.append):
        killed = processes(settings)
        for process in killed:
            process.kill()
        until(lambda: all(part.running for part in servers.state(settings)) and not left(killed))

        answer = query(endpoints.database_url, "SELECT 1")
        with broker(endpoints.broker_url) as client:
            ping = client.ping()

    assert (answer, ping) == ([(1,)], True)
    assert {"PostgreSQL has ended", "Valkey has ended"} <= {message.split(".")[0] for message in said}
