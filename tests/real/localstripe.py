"""localstripe: a server with the interface of Stripe, and state (GPL-3.0-or-later)."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from msgspec import Struct

from tests.real.servers import free_port, running

KEY = "sk_test_made_up"
_SERVER = """
import sys
from aiohttp import web
from localstripe.resources import store
from localstripe.server import app
store.dump_to_disk = lambda: None
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""
"""Its own command listens at every address of the machine and keeps its data in one file for all who run it."""


class LocalStripe(Struct, frozen=True):
    """A running server. It takes any key that begins with "sk_", and all keys see the same customers."""

    url: str
    key: str = KEY

    def new_customer(self, **fields: str) -> dict[str, Any]:
        """Make a customer; return it as the server does."""
        return self.ask("POST", "/v1/customers", fields)

    def change(self, customer: str, **fields: str) -> dict[str, Any]:
        """Change fields of a customer."""
        return self.ask("POST", f"/v1/customers/{customer}", fields)

    def delete(self, customer: str) -> None:
        """Delete a customer."""
        self.ask("DELETE", f"/v1/customers/{customer}")

    def empty(self) -> None:
        """Forget everything."""
        with self._session() as session:
            session.delete(f"{self.url}/_config/data", timeout=30).raise_for_status()

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        """Send any request of Stripe's; return the decoded answer."""
        with self._session() as session:
            answer = session.request(method, self.url + path, data=form, auth=(self.key, ""), timeout=30)
        answer.raise_for_status()
        decoded: dict[str, Any] = answer.json()
        return decoded

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        return session


@contextmanager
def started(folder: Path) -> Iterator[LocalStripe]:
    """Run a server; what it knows is in its memory only."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    with running([sys.executable, "-c", _SERVER, str(port)], url, folder):
        yield LocalStripe(url)
