"""Synapse: a Matrix homeserver (AGPL-3.0), run from an environment of its own that `make test-real` makes."""

import hashlib
import hmac
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import requests
from msgspec import Struct

from tests.real import mailbox as mailboxes
from tests.real.mailbox import Mailbox
from tests.real.servers import free_port, running

PYTHON = Path(__file__).resolve().parents[2] / ".venv-real" / "bin" / "python"
DOMAIN = "example.com"
PASSWORD = "made-up"
_SECRET = "shared-secret-of-a-test"
_LIMITS = ("rc_message", "rc_registration", "rc_admin_redaction", "rc_room_creation", "rc_3pid_validation")
_LOGIN_LIMITS = ("address", "account", "failed_attempts")
_FREELY = {"per_second": 1e6, "burst_count": 1_000_000}


class User(Struct, frozen=True):
    """Somebody with an account, logged in."""

    id: str
    """Such as "@ana-1f2e3d:example.com"."""
    token: str


class Synapse(Struct, frozen=True):
    """A running homeserver. All tests share it, so each makes users and rooms of its own."""

    url: str
    admin: User
    """An administrator: the token is what a source's secret holds."""
    mailbox: Mailbox
    """What the server writes to e-mail addresses."""

    def new_user(
        self,
        name: str = "user",
        *,
        threepids: Sequence[tuple[str, str]] = (),
        external_ids: Sequence[tuple[str, str]] = (),
        shown_as: str = "",
    ) -> User:
        """Make a user whose id begins with `name`.

        Args:
            name: In small letters.
            threepids: (medium, address) that count as validated: ("email", "ana@example.com"), ("msisdn", "12025550101").
            external_ids: (provider, id) of logins through another service.
            shown_as: The display name.
        """
        user = _registered(self.url, f"{name}-{uuid4().hex[:8]}")
        known: dict[str, Any] = {
            "threepids": [{"medium": medium, "address": address} for medium, address in threepids],
            "external_ids": [{"auth_provider": who, "external_id": id_} for who, id_ in external_ids],
        }
        if shown_as:
            known["displayname"] = shown_as
        self.ask("PUT", f"/_synapse/admin/v2/users/{_part(user.id)}", known)
        return user

    def new_room(self, host: User, *guests: User, name: str = "") -> str:
        """Make a room with these members; return its id."""
        wanted = {"preset": "private_chat", "invite": [guest.id for guest in guests], "name": name}
        room = str(self.ask("POST", "/_matrix/client/v3/createRoom", wanted, by=host)["room_id"])
        for guest in guests:
            self.ask("POST", f"/_matrix/client/v3/join/{_part(room)}", {}, by=guest)
        return room

    def say(self, room: str, by: User, text: str) -> str:
        """Send a message; return the id of its event."""
        path = f"/_matrix/client/v3/rooms/{_part(room)}/send/m.room.message/{uuid4().hex}"
        return str(self.ask("PUT", path, {"msgtype": "m.text", "body": text}, by=by)["event_id"])

    def deactivate(self, user: User, *, erase: bool = False) -> None:
        """Close an account, as an administrator does."""
        self.ask("POST", f"/_synapse/admin/v1/deactivate/{_part(user.id)}", {"erase": erase})

    def ask(self, method: str, path: str, body: object = None, *, by: User | None = None) -> dict[str, Any]:
        """Send any request, as the administrator unless `by` somebody else; return the decoded answer."""
        return _asked(method, self.url + path, body, (by or self.admin).token)


def _part(of_path: str) -> str:
    return quote(of_path, safe="")


def _asked(method: str, url: str, body: object, token: str = "") -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, url, json=body, headers=headers, timeout=30)
    answer.raise_for_status()
    decoded: dict[str, Any] = answer.json()
    return decoded


def _registered(url: str, name: str, *, admin: bool = False) -> User:
    """Make an account with the secret of the server's configuration, which needs no administrator yet."""
    register = f"{url}/_synapse/admin/v1/register"
    nonce = _asked("GET", register, None)["nonce"]
    told = (nonce, name, PASSWORD, "admin" if admin else "notadmin")
    mac = hmac.new(_SECRET.encode(), "\0".join(told).encode(), hashlib.sha1).hexdigest()
    wanted = {"nonce": nonce, "username": name, "password": PASSWORD, "admin": admin, "mac": mac}
    made = _asked("POST", register, wanted)
    return User(made["user_id"], made["access_token"])


def _configuration(folder: Path, port: int, mailbox: Mailbox, *, limited: bool) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if not limited:
        limits = dict.fromkeys(_LIMITS, _FREELY)
        limits["rc_login"] = dict.fromkeys(_LOGIN_LIMITS, _FREELY)
        limits["rc_joins"] = {"local": _FREELY, "remote": _FREELY}
        limits["rc_invites"] = {"per_room": _FREELY, "per_user": _FREELY, "per_issuer": _FREELY}
    return {
        "server_name": DOMAIN,
        "report_stats": False,
        "pid_file": str(folder / "pid"),
        "listeners": [
            {
                "port": port,
                "bind_addresses": ["127.0.0.1"],
                "type": "http",
                "resources": [{"names": ["client"]}],
            }
        ],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "synapse.db")}},
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "registration_shared_secret": _SECRET,
        "macaroon_secret_key": _SECRET,
        "form_secret": _SECRET,
        "bcrypt_rounds": 4,
        "allow_guest_access": True,
        "public_baseurl": f"http://127.0.0.1:{port}/",
        "email": {
            "smtp_host": "127.0.0.1",
            "smtp_port": mailbox.port,
            "enable_tls": False,
            "notif_from": f"server@{DOMAIN}",
        },
        "trusted_key_servers": [],
        "federation_domain_whitelist": [],
        **limits,
    }


@contextmanager
def started(folder: Path, *, limited: bool = False) -> Iterator[Synapse]:
    """Run a homeserver; `limited` leaves the rate limits as they are by default, so that it answers 429."""
    with mailboxes.opened() as mailbox:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        configuration = folder / "homeserver.yaml"
        # JSON is YAML.
        configuration.write_text(json.dumps(_configuration(folder, port, mailbox, limited=limited)))
        command = [str(PYTHON), "-m", "synapse.app.homeserver", "--config-path", str(configuration)]
        subprocess.run([*command, "--generate-keys"], check=True, cwd=folder, capture_output=True)
        with running(command, f"{url}/_matrix/client/versions", folder):
            yield Synapse(url, _registered(url, "admin", admin=True), mailbox)
