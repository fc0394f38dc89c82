"""Starting a server, whatever state it was left in."""

import time
from dataclasses import dataclass

import psutil

from worker.servers import processes
from worker.servers.cluster import new_password
from worker.servers.errors import ServersError
from worker.servers.home import Access, Home, Tell
from worker.servers.ports import free_port, is_free
from worker.servers.server import Answer, Server, move, wait

_ANSWER_SECONDS = 120.0
"""A recovery has to read up to 1 GB of log; on a slow disk that takes its time."""

_REMEDY_SECONDS = 60.0

_QUIET_SECONDS = 3.0

_LETTING_GO_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Up:
    """A server that answers."""

    access: Access
    process: psutil.Process
    started: bool
    """False when it was running already."""


def ensure(server: Server, home: Home, tell: Tell, *, keep: Access | None = None) -> Up:
    """Return the running server, started if need be. Call it within `home.changing`.

    A server that an avouch command left running is taken over. One that was killed recovers. With `keep`,
    others are using that address: should its port be taken, it is waited for.

    Raises `ServersError` with the last lines of its log when it does not start.
    """
    known = keep or home.access(server.key, tell)
    process = server.find()
    if process is not None:
        if known and _answer(server, process, known, tell) is Answer.READY:
            return Up(known, process, started=False)
        tell(f"{server.name} (process {process.pid}) does not let us in; it is started again.")
        processes.stop(process, server.stop_plan)
    elif server.pid_file.exists():
        tell(f"{server.name} was not stopped properly the last time. {server.after_a_kill}")
        _until_free(known)
    access = known or Access(port=free_port(), password=new_password())
    if not keep and not is_free(access.port):
        access = move(access, tell)
    return _start(server, home, access, tell, may_move=keep is None)


def _until_free(access: Access | None) -> None:
    """Give a server that was killed this very moment the time to let go of its port."""
    end = time.monotonic() + _LETTING_GO_SECONDS
    while access and not is_free(access.port) and time.monotonic() < end:
        time.sleep(0.02)


def _start(server: Server, home: Home, access: Access, tell: Tell, *, may_move: bool) -> Up:
    end = time.monotonic() + _REMEDY_SECONDS
    while True:
        home.remember(server.key, access)
        launch = server.prepare(access, tell)
        already_logged = processes.size(server.log)
        process = processes.start(launch, server.log)
        answer = _answer(server, process, access, tell)
        if answer is Answer.READY:
            server.finish(access)
            return Up(access, process, started=True)
        processes.stop(process, server.stop_plan)
        said = processes.tail(server.log, after=already_logged)
        if time.monotonic() > end:
            raise ServersError(f"{server.name} did not start:\n{said}\n    All of it: {server.log}")
        if answer is Answer.REFUSED:
            server.reset_password(access, tell)
        else:
            access = _repaired(server, access, said, tell, may_move=may_move)


def _repaired(server: Server, access: Access, said: str, tell: Tell, *, may_move: bool) -> Access:
    for words, remedy in server.remedies:
        if words in said:
            return (wait if remedy is move and not may_move else remedy)(access, tell)
    raise ServersError(f"{server.name} did not start:\n{said}\n    All of it: {server.log}")


def _answer(server: Server, process: psutil.Process, access: Access, tell: Tell) -> Answer:
    """Knock until the server answers, ends, or has been silent for too long."""
    started, told = time.monotonic(), False
    while processes.is_running(process):
        answer = server.probe(access)
        waited = time.monotonic() - started
        if answer is not Answer.NOT_YET or waited > _ANSWER_SECONDS:
            return answer
        if waited > _QUIET_SECONDS and not told:
            tell(f"{server.name} is taking its time to start; it may be recovering. Its log: {server.log}")
            told = True
        time.sleep(0.01)
    return Answer.NOT_YET
