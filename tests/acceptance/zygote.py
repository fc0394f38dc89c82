"""A process that has loaded what `avouch` loads, and forks for every command.

Each command runs in a process of its own, from its arguments to its exit code; only the second that Python takes
to load the libraries is paid once for all of them.
"""

import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

LOADED = (
    "alembic.script",
    "celery.app.base",
    "kombu.transport.redis",
    "rich.progress",
    "sqlalchemy.dialects.postgresql.psycopg",
    "worker.cli",
    "worker.cli.errors",
    "worker.cli.intake.importing",
    "worker.cli.lookup.panel",
    "worker.session",
)
"""Not the Celery app: it reads the broker's address from the environment when it is loaded."""


def serve() -> None:
    """Run the commands that come in, one after the other; answer each with its exit code."""
    for module in LOADED:
        import_module(module)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _become(order: Mapping[str, Any]) -> NoReturn:
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["env"])
    for handle, path in enumerate((os.devnull, order["out"], order["err"])):
        os.dup2(os.open(path, os.O_RDWR), handle)
    from worker.cli import main

    code: Any = 1
    try:
        main(order["arguments"])
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - as the interpreter does at its end
        traceback.print_exc()
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0)


class Zygote:
    """The other end: hands commands over."""

    def __init__(self, env: Mapping[str, str]) -> None:
        """Start the process; nothing is loaded yet."""
        self._folder = tempfile.TemporaryDirectory(prefix="avouch-said-")
        argv = [sys.executable, "-X", "utf8", "-c", "from tests.acceptance.zygote import serve; serve()"]
        self._process = subprocess.Popen(
            argv, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, arguments: Sequence[str], folder: Path, env: Mapping[str, str]) -> tuple[int, str, str]:
        """Run one command; return its exit code and what it wrote to standard output and standard error."""
        out, err = (Path(self._folder.name) / name for name in ("out", "err"))
        for file in (out, err):
            file.write_bytes(b"")
        order = {"arguments": arguments, "folder": str(folder), "env": env, "out": str(out), "err": str(err)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
        self._folder.cleanup()
