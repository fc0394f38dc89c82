"""`avouch up`: one terminal for everything, started and stopped as a person does it."""

import base64
import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.terminal import Avouch
from tests.acceptance.zygote import Zygote

pytestmark = pytest.mark.servers

CONFIGURATION = """
[sources.crm]
connector = "csv"
path = "crm.csv"
region = "ES"
"""


@pytest.fixture
def up(zygote: Zygote, new_home: Path) -> Iterator[tuple[Avouch, subprocess.Popen[str], dict[str, Any]]]:
    """The command, its `up` on an empty home, and what that printed when all was ready."""
    avouch = Avouch(zygote, new_home.parent, AVOUCH_LOG_LEVEL="warning")
    (avouch.folder / "avouch.toml").write_text(CONFIGURATION, encoding="utf-8")
    avouch.file("crm.csv", "Name,E-mail,Phone", "Ana Ruiz,ana@example.com,612 34 56 78")
    with avouch.start("up", "--json", "--flower-port", "0", "--concurrency", "1") as process:
        assert process.stdout is not None
        try:
            yield avouch, process, json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


def until(answer: Callable[[], Any]) -> Any:
    """Ask until there is an answer."""
    end = time.monotonic() + 60
    while not (found := answer()):
        assert time.monotonic() < end, "it never came"
    return found


def start_by_flower(address: str, login: str, task: str, *arguments: str) -> str:
    """Start a task as somebody at Flower's API does; return its id."""
    key = base64.b64encode(login.encode()).decode()
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{address}/api/task/async-apply/{task}",
        data=json.dumps({"args": arguments}).encode(),
        headers={"Authorization": f"Basic {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        return str(json.load(answer)["task-id"])


def test_everything_runs_takes_work_from_those_who_may_and_stops_warmly(
    up: tuple[Avouch, subprocess.Popen[str], dict[str, Any]],
) -> None:
    avouch, process, ready = up
    seen = avouch.json("status")
    login = (avouch.folder / "home" / "flower_login").read_text(encoding="ascii").strip()

    queued = avouch.json("sync", "crm", "--full")
    until(lambda: avouch.json("sources", "list")["sources"][0]["last_sync"])
    started = start_by_flower(ready["flower"], login, "sync.source", "crm")
    until(lambda: len(avouch.json("lookup", "--email", "ana@example.com")["matches"]))
    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        start_by_flower(ready["flower"], "avouch:a guess", "sync.source", "crm")
    refused.value.close()

    assert [name.partition("@")[0] for name in seen["workers"]] == ["tick", "work"]
    assert (len(seen["beats"]), queued, len(started)) == (1, {"source": "crm", "queued": True}, 36)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert not any(server["running"] for server in avouch.json("status")["servers"])
