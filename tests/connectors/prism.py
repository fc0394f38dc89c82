"""A mock server (Prism) that checks requests against a vendor's own description and answers with its examples.

Needs node, npm and the descriptions: the folder that AVOUCH_SPECS names, or `shared/specs` beside the checkout. The
descriptions are their vendors' and no part of this project. Without them, what asks for it is skipped.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from integrations.payloads import Payload

ROOT = Path(__file__).resolve().parents[2]
SPECS = Path(os.environ.get("AVOUCH_SPECS", ROOT.parent / "shared" / "specs"))
CACHE = ROOT / ".prism"
PACKAGE = "@stoplight/prism-cli@5.14.2"
"""Pinned: later ones need a node that few have."""
PATIENCE = 120
"""Seconds for the first installation, which takes some 30."""


class Anything(Payload):
    """An answer of which nothing is read."""


def program() -> Path:
    """Return the mock server's program, installed once; skips the test where it cannot be."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    if not SPECS.is_dir():
        pytest.skip("no vendor descriptions; name their folder in AVOUCH_SPECS")
    found = CACHE / "node_modules" / ".bin" / "prism"
    if not found.exists():
        _install()
    return found


def _install() -> None:
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    command = [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
        str(CACHE),
        PACKAGE,
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"npm could not install {PACKAGE}: {type(error).__name__}")


@contextmanager
def mocked(description: str) -> Iterator[str]:
    """Run the mock server for one description ("intercom.json"); yield its address."""
    prism = program()
    if not (SPECS / description).exists():
        pytest.skip(f"no {description} among the vendor descriptions")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["node", str(prism), "mock", "-h", "127.0.0.1", "-p", str(port), str(SPECS / description)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            assert server.stdout is not None
            assert any("Prism is listening" in line for line in server.stdout), (
                "the mock server did not start"
            )
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
