"""Servers that start themselves: found, shared, kept, and stopped by the last command that uses them."""

import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from config.settings import Settings
from tests.integration.serving import (
    ANOTHER_COMMAND,
    another_command,
    broker,
    left,
    parts,
    processes,
    query,
    settings_of,
)
from worker import servers

pytestmark = pytest.mark.servers


@pytest.fixture
def settings(home: Path) -> Settings:
    return settings_of(home)


def test_the_first_command_sets_up_and_starts_both_and_stops_both(new_home: Path) -> None:
    settings = settings_of(new_home)

    with servers.running(settings) as endpoints:
        started = endpoints.started
        answer = query(endpoints.database_url, "SELECT current_database()")
        with broker(endpoints.broker_url) as client:
            ping = client.ping()
        found = processes(settings)

    assert started == ("PostgreSQL", "Valkey")
    assert (answer, ping) == ([("avouch",)], True)
    assert len(found) == 2
    assert not left(found)
    assert [part.running for part in servers.state(settings)] == [False, False]


def test_data_messages_and_addresses_are_kept_over_a_restart(settings: Settings) -> None:
    with servers.running(settings) as first, broker(first.broker_url) as client:
        query(first.database_url, "CREATE TABLE kept AS SELECT 'row' AS what")
        client.rpush("sync", "a message")

    with servers.running(settings) as second, broker(second.broker_url) as client:
        rows = query(second.database_url, "SELECT what FROM kept")
        messages = client.lrange("sync", 0, -1)

    assert rows == [("row",)]
    assert messages == ["a message"]
    assert (second.database_url, second.broker_url) == (first.database_url, first.broker_url)


def test_what_is_committed_is_on_the_disk(settings: Settings) -> None:
    with servers.running(settings) as endpoints, broker(endpoints.broker_url) as client:
        database = [
            query(endpoints.database_url, f"SHOW {name}")
            for name in ("fsync", "synchronous_commit", "full_page_writes")
        ]
        valkey = {**client.config_get("append*"), **client.config_get("maxmemory-policy")}

    assert database == [[("on",)]] * 3
    assert (valkey["appendonly"], valkey["appendfsync"]) == ("yes", "everysec")
    assert valkey["maxmemory-policy"] == "noeviction"


def test_only_loopback_and_only_with_the_password(settings: Settings) -> None:
    with servers.running(settings) as endpoints:
        listening = {
            connection.laddr.ip
            for process in processes(settings)
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        guess = endpoints.database_url.replace("avouch:", "avouch:x", 1)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            query(guess, "SELECT")
        without = f"redis://{endpoints.broker_url.rpartition('@')[2]}"
        with broker(without) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()

    assert listening == {"127.0.0.1"}


def test_passwords_stand_in_closed_files_only(settings: Settings, home: Path) -> None:
    with servers.running(settings) as endpoints:
        secrets = [
            url.split("@")[0].rpartition(":")[2] for url in (endpoints.database_url, endpoints.broker_url)
        ]
        seen = [
            " ".join([*process.cmdline(), *process.environ().values()]) for process in processes(settings)
        ]
    open_files = [path for path in home.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]

    assert not [secret for secret in secrets for text in seen if secret in text]
    assert open_files == [home / ".gitignore"]
    assert secrets[0] not in repr(endpoints)


def test_a_second_command_uses_the_servers_of_the_first(settings: Settings) -> None:
    with servers.running(settings) as first, servers.running(settings) as second:
        assert second.started == ()
        assert second.database_url == first.database_url


def test_the_last_to_leave_stops_them_whoever_started_them(settings: Settings) -> None:
    starter, guest = ExitStack(), ExitStack()
    with starter, guest:
        starter.enter_context(servers.running(settings))
        endpoints = guest.enter_context(servers.running(settings))
        found = processes(settings)
        starter.close()

        assert query(endpoints.database_url, "SELECT 1") == [(1,)]

    assert not left(found)


def test_commands_in_other_processes_count(settings: Settings, home: Path) -> None:
    with another_command(home) as other, servers.running(settings) as endpoints:
        started = endpoints.started
        found = processes(settings)
        other.communicate("")
        answer = query(endpoints.database_url, "SELECT 1")

    assert (started, answer) == ((), [(1,)])
    assert not left(found)


def test_servers_of_a_killed_command_are_taken_over_and_stopped(settings: Settings, home: Path) -> None:
    with another_command(home) as other:
        found = processes(settings)
        other.kill()

    with servers.running(settings) as endpoints:
        started = endpoints.started
        taken_over = processes(settings)

    assert started == ()
    assert taken_over == found
    assert not left(found)


def test_first_starts_at_the_same_moment_share_one_set_of_servers(new_home: Path) -> None:
    argv = [sys.executable, "-c", ANOTHER_COMMAND, str(new_home)]
    others = [
        subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]

    ends = [other.communicate("") for other in others]

    assert [out for out, _ in ends] == ["ready\n"] * 3
    assert [part.pid for part in servers.state(settings_of(new_home))] == [None, None]


def test_servers_that_are_named_are_used_and_nothing_is_started(new_home: Path) -> None:
    settings = Settings.load(
        {
            "AVOUCH_HOME": str(new_home),
            "DATABASE_URL": "postgresql://ana:hunter2@localhost:1/x",
            "BROKER_URL": "redis://:hunter2@localhost:1/0",
        }
    )

    with servers.running(settings) as endpoints, servers.watching(settings):
        pass

    assert endpoints.database_url == "postgresql+psycopg://ana:hunter2@localhost:1/x"
    assert (endpoints.broker_url, endpoints.started) == ("redis://:hunter2@localhost:1/0", ())
    assert not new_home.exists()


def test_with_one_named_only_the_other_is_started(new_home: Path) -> None:
    settings = Settings.load({"AVOUCH_HOME": str(new_home), "DATABASE_URL": "postgresql://localhost:1/x"})

    with servers.running(settings) as endpoints, broker(endpoints.broker_url) as client:
        ping = client.ping()

    assert (ping, endpoints.started) == (True, ("Valkey",))
    assert not (new_home / "postgres").exists()


class TestState:
    """`status` and `doctor` look; they start and make nothing."""

    def test_before_the_first_start_nothing_is_made(self, new_home: Path) -> None:
        found = parts(settings_of(new_home))

        assert not new_home.exists()
        assert [(part.running, part.pid, part.address) for part in found.values()] == [(False, None, "")] * 2
        assert "not started" in found["PostgreSQL"].problem

    def test_a_running_server_shows_where_it_is(self, settings: Settings, home: Path) -> None:
        with servers.running(settings) as endpoints:
            found = parts(settings)

        valkey = found["Valkey"]
        assert (valkey.running, valkey.embedded, valkey.problem) == (True, True, "")
        assert valkey.address == endpoints.broker_url.rpartition("@")[2].removesuffix("/0")
        assert (valkey.data, valkey.log) == (home / "valkey", home / "run" / "valkey.log")
        assert found["PostgreSQL"].running

    def test_a_named_server_is_asked(self, settings: Settings) -> None:
        with servers.running(settings) as endpoints:
            environ = settings.environment(
                database_url=endpoints.database_url, broker_url=endpoints.broker_url
            )
            named = servers.state(Settings.load(environ))

        assert [(part.running, part.embedded, part.problem) for part in named] == [(True, False, "")] * 2

    def test_a_named_server_that_is_not_there_is_shown_without_its_password(self) -> None:
        settings = Settings.load(
            {
                "DATABASE_URL": "postgresql://ana:hunter2@127.0.0.1:1/x",
                "BROKER_URL": "redis://:hunter2@127.0.0.1:1/0",
            }
        )

        found = servers.state(settings)

        assert [part.running for part in found] == [False, False]
        assert [part.address for part in found] == ["127.0.0.1:1/x", "127.0.0.1:1/0"]
        assert all("refused" in part.problem for part in found)
        assert "hunter2" not in repr(found)


def test_a_home_removed_while_it_is_used_leaves_no_process(settings: Settings, home: Path) -> None:
    with servers.running(settings):
        found = processes(settings)
        shutil.rmtree(home)

    assert len(found) == 2
    assert not left(found)
