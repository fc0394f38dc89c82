"""Radicale: a CardDAV server with its cards as files (GPL-3.0)."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import requests
from msgspec import Struct

from tests.real.servers import free_port, running

PASSWORD = "made-up"
_NEW_BOOK = """<?xml version="1.0"?>
<mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><set><prop>
<resourcetype><collection/><C:addressbook/></resourcetype></prop></set></mkcol>"""


def a_card(name: str, *lines: str, uid: str = "") -> str:
    """Return a vCard 3.0 of an invented person."""
    family, _, given = name[::-1].partition(" ")
    head = ["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid or uuid4()}", f"FN:{name}"]
    return "\r\n".join([*head, f"N:{family[::-1]};{given[::-1]};;;", *lines, "END:VCARD", ""])


class Account(Struct, frozen=True):
    """One user of the server, as a person's telephone or another client would change its address books."""

    url: str
    """The address of the server: what a source's `base_url` says."""
    user: str
    password: str = PASSWORD

    def new_book(self, name: str = "contacts") -> str:
        """Make an address book; return its path."""
        path = f"/{self.user}/{name}/"
        self._ask("MKCOL", path, _NEW_BOOK)
        return path

    def put(self, book: str, file: str, card: str) -> str:
        """Write a card at `file` in a book; return its path."""
        self._ask("PUT", f"{book}{file}", card, {"Content-Type": "text/vcard; charset=utf-8"})
        return f"{book}{file}"

    def fill(self, book: str, cards: Sequence[str]) -> None:
        """Replace a book by these cards, at once: ten times as fast as one after the other."""
        self._ask("PUT", book, "".join(cards), {"Content-Type": "text/vcard; charset=utf-8"})

    def delete(self, path: str) -> None:
        """Delete a card, or a whole book."""
        self._ask("DELETE", path)

    def _ask(self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.auth = (self.user, self.password)
            answer = session.request(method, self.url + path, data=body.encode(), headers=headers, timeout=30)
        assert answer.status_code in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}, (
            answer.status_code
        )


class Radicale(Struct, frozen=True):
    """A running server."""

    url: str
    folder: Path

    def new_account(self) -> Account:
        """Make a user with no address book yet."""
        user = f"user-{uuid4().hex[:12]}"
        with (self.folder / "users").open("a") as users:
            users.write(f"{user}:{PASSWORD}\n")
        return Account(self.url, user)


@contextmanager
def started(folder: Path) -> Iterator[Radicale]:
    """Run a server whose cards and users are in `folder`."""
    port = free_port()
    (folder / "users").touch()
    options = {
        "server-hosts": f"127.0.0.1:{port}",
        "server-max-connections": "20",
        "storage-filesystem-folder": folder / "cards",
        "auth-type": "htpasswd",
        "auth-htpasswd-filename": folder / "users",
        "auth-htpasswd-encryption": "plain",
        "auth-delay": "0",
        "logging-level": "error",
    }
    command = [sys.executable, "-m", "radicale", "--config", ""]
    command += [f"--{name}={value}" for name, value in options.items()]
    with running(command, f"http://127.0.0.1:{port}/.web/", folder):
        yield Radicale(f"http://127.0.0.1:{port}", folder)
