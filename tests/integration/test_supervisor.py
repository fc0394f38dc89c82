"""The supervisor: one terminal for several processes, a warm end in order, and nobody left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from worker.servers import ServersError
from worker.servers.supervisor import Child, background, up, warm

CHILD = """
import signal, sys
name, diary, ends_by = sys.argv[1], sys.argv[2], sys.argv[3:]
def note(number, frame):
    with open(diary, "a") as file:
        file.write(f"{name} {signal.Signals(number).name}\\n")
    if signal.Signals(number).name in ends_by:
        sys.exit(0)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
    signal.signal(number, note)
print(f"{name} is ready", flush=True)
while True:
    signal.pause()
"""

UP = """
import sys
from worker.servers.supervisor import Child, up, warm
code, diary, *ends_by = sys.argv[1:]
child = [sys.executable, "-S", "-c", code]
sys.exit(up([
    Child(name="worker", argv=[*child, "worker", diary, *ends_by], stop=warm(60)),
    Child(name="beat", argv=[*child, "beat", diary, "SIGTERM"]),
]))
"""


class Diary:
    """What the processes of a test noted, in order."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []

    def child(self, name: str, *ends_by: str, stop: int = 30) -> Child:
        argv = [sys.executable, "-S", "-c", CHILD, name, str(self.path), *ends_by]
        return Child(name=name, argv=argv, ready="is ready", stop=warm(stop))


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(tmp_path / "diary")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "all.log"


def until(true: Callable[[], bool], *, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """A process nobody waits for stays as a zombie until the system notices; it is gone all the same."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_every_line_carries_the_name_of_who_wrote_it(diary: Diary, log: Path) -> None:
    with background([diary.child("worker", "SIGTERM"), diary.child("beat", "SIGTERM")], log) as group:
        group.wait_ready(20)

    lines = log.read_text(encoding="utf-8").splitlines()
    assert sorted(lines) == ["beat   | beat is ready", "worker | worker is ready"]
    assert log.stat().st_mode & 0o077 == 0


def test_the_end_is_warm_and_goes_from_the_last_to_the_first(diary: Diary, log: Path) -> None:
    table = [diary.child(name, "SIGTERM") for name in ("flower", "worker", "beat")]

    with background(table, log) as group:
        group.wait_ready(20)
        pids = group.pids

    assert diary.lines == ["beat SIGTERM", "worker SIGTERM", "flower SIGTERM"]
    assert list(pids) == ["flower", "worker", "beat"]
    assert all(gone(pid) for pid in pids.values())


def test_a_process_that_ends_is_started_again(diary: Diary, log: Path) -> None:
    with background([diary.child("worker", "SIGTERM")], log) as group:
        group.wait_ready(20)
        first = group.pids["worker"]
        os.kill(first, signal.SIGKILL)
        until(lambda: group.restarts["worker"] == 1)
        group.wait_ready(20)
        second = group.pids["worker"]

    assert second != first
    assert "avouch | worker was ended by signal 9 (Killed). It is started again in 0.5 s." in log.read_text(
        "utf-8"
    )


def test_what_a_dead_process_left_behind_ends_before_the_next_start(tmp_path: Path, log: Path) -> None:
    note = tmp_path / "left"
    code = f"""
import pathlib, subprocess, sys, time
left = subprocess.Popen(["/bin/sleep", "600"])
pathlib.Path({str(note)!r}).write_text(str(left.pid))
print("ready", flush=True)
time.sleep(600)
"""
    with background([Child(name="worker", argv=[sys.executable, "-c", code], ready="ready")], log) as group:
        group.wait_ready(20)
        left = int(note.read_text(encoding="utf-8"))
        os.kill(group.pids["worker"], signal.SIGKILL)
        until(lambda: group.restarts["worker"] == 1)

    assert gone(left)


def test_a_process_that_does_not_get_ready_says_its_last_words(log: Path) -> None:
    table = [Child(name="worker", argv=["/bin/sh", "-c", "echo no broker; sleep 60"], ready="is ready")]

    with background(table, log) as group:
        until(lambda: "no broker" in log.read_text(encoding="utf-8"))
        with pytest.raises(ServersError, match=r"worker was not ready after 0\.1 s") as late:
            group.wait_ready(0.1)

    assert "no broker" in str(late.value)


def test_a_command_that_is_not_there_is_named(log: Path) -> None:
    with background([Child(name="worker", argv=["/no/such/program"])], log) as group:
        until(lambda: group.restarts["worker"] > 0)

    assert "worker | /no/such/program cannot be run: No such file or directory" in log.read_text(
        encoding="utf-8"
    )


def test_a_process_that_does_not_listen_is_killed_and_that_is_said(diary: Diary, log: Path) -> None:
    row = diary.child("worker")
    deaf = Child(
        name="worker", argv=row.argv, ready=row.ready, stop=((signal.SIGTERM, 0.2), (signal.SIGKILL, 5.0))
    )

    with background([deaf], log) as group:
        group.wait_ready(20)
        pid = group.pids["worker"]

    assert gone(pid)
    assert diary.lines == ["worker SIGTERM"]
    assert "worker did not end in time and was killed" in log.read_text(encoding="utf-8")


def test_passwords_in_the_environment_arrive_and_are_not_shown(log: Path) -> None:
    child = Child(
        name="worker", argv=["/bin/sh", "-c", "echo got $BROKER_URL; sleep 60"], env={"BROKER_URL": "s3cret"}
    )

    with background([child], log):
        until(lambda: "got s3cret" in log.read_text(encoding="utf-8"))

    assert "s3cret" not in repr(child)


class TestUp:
    """`up` in a terminal of its own."""

    @staticmethod
    def start(diary: Diary, *worker_ends_by: str) -> "subprocess.Popen[str]":
        argv = [sys.executable, "-c", UP, CHILD, str(diary.path), *worker_ends_by]
        process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        ready = {process.stderr.readline() for _ in range(2)}
        assert ready == {"worker | worker is ready\n", "beat   | beat is ready\n"}
        return process

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_one_signal_ends_all_warmly(self, diary: Diary, number: signal.Signals) -> None:
        process = self.start(diary, "SIGTERM")

        process.send_signal(number)
        _, said = process.communicate()

        assert process.returncode == 0
        assert said.startswith("avouch | Stopping. Running tasks are finished first")
        assert diary.lines == ["beat SIGTERM", "worker SIGTERM"]

    def test_a_second_signal_does_not_wait_for_running_tasks(self, diary: Diary) -> None:
        process = self.start(diary, "SIGQUIT")

        process.send_signal(signal.SIGINT)
        until(lambda: "worker SIGTERM" in diary.lines)
        process.send_signal(signal.SIGINT)
        process.communicate()

        assert process.returncode == 0
        assert diary.lines == ["beat SIGTERM", "worker SIGTERM", "worker SIGQUIT"]

    def test_something_killed_is_seen_in_the_exit_code(self, diary: Diary) -> None:
        process = self.start(diary)

        process.send_signal(signal.SIGINT)
        for noted in ("worker SIGTERM", "worker SIGQUIT"):
            until(lambda noted=noted: noted in diary.lines)  # type: ignore[misc]  # mypy: a lambda's default
            process.send_signal(signal.SIGINT)
        process.communicate()

        assert process.returncode == 1

    def test_the_terminals_ctrl_c_reaches_the_processes_once(self, diary: Diary) -> None:
        process = self.start(diary, "SIGTERM")
        children = psutil.Process(process.pid).children()

        groups = {os.getpgid(child.pid) for child in children}
        process.terminate()
        process.communicate()

        assert len(groups) == 2
        assert os.getpgrp() not in groups
        assert "worker SIGINT" not in diary.lines

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children of a killed parent")
    def test_a_killed_supervisor_leaves_nobody(self, diary: Diary) -> None:
        process = self.start(diary, "SIGTERM")
        children = [child.pid for child in psutil.Process(process.pid).children()]

        process.kill()
        process.communicate()
        until(lambda: all(gone(pid) for pid in children))

        assert len(children) == 2


def test_signals_mean_what_they_meant_before(diary: Diary) -> None:
    before = signal.getsignal(signal.SIGINT)
    lines: list[tuple[str, str]] = []

    def write(name: str, line: str) -> None:
        lines.append((name, line))
        if name == "worker":
            os.kill(os.getpid(), signal.SIGINT)

    code = up([diary.child("worker", "SIGTERM")], write)

    assert code == 0
    assert [name for name, _ in lines] == ["worker", "avouch"]
    assert signal.getsignal(signal.SIGINT) == before
