"""A simulated Synapse: accounts by the administrator's list and one by one, rooms by a sync token, and their messages."""

import json
from typing import Any, ClassVar
from urllib.parse import unquote

from worker.demo.simulator_server import Answer, Asked, answer_json

STARTED = 1_772_409_600
"""When the first account was made; each later one a minute after."""
SERVER = "example.com"
USERS = "/_synapse/admin/v2/users"
ROOMS = "/_synapse/admin/v1/rooms/"
PEOPLE_A_ROOM = 10
MESSAGES_A_ROOM = 30
NEXT = "s{}_1_0_1"


class SimulatedMatrix:
    """`size` records: nine in ten are accounts, the others write from another server. Ten people share a room."""

    connector = "matrix"
    secrets: ClassVar = {"access_token": "made-up"}

    def __init__(self, size: int) -> None:
        self._users = {each["name"]: each for each in map(_user, range(size)) if _is_local(each["name"])}
        self._listed = list(self._users.values())
        self._rooms = {f"!room{number}:{SERVER}": number for number in range(-(-size // PEOPLE_A_ROOM))}
        self._size = size

    def settings(self, url: str) -> dict[str, Any]:
        """Return what avouch.toml says of a source here."""
        return {
            "base_url": url,
            "server_name": SERVER,
            "staff": ["@agent*:example.com"],
            "addresses_proved": True,
        }

    def answer(self, asked: Asked) -> Answer:
        """Answer a list, an account or a sync; it is read-only, so threads need no lock."""
        if asked.headers.get("authorization") != "Bearer made-up":
            return answer_json({"errcode": "M_UNKNOWN_TOKEN", "error": "Invalid access token"}, status=401)
        path = unquote(asked.path)
        if path == USERS:
            return self._accounts(asked.query)
        if path == "/_matrix/client/v3/sync":
            return self._sync(asked.query.get("since"))
        if path.startswith(ROOMS) and path.endswith("/messages"):
            return self._messages(path.removeprefix(ROOMS).removesuffix("/messages"), asked.query)
        user = self._users.get(path.removeprefix(f"{USERS}/"))
        if user is None:
            return answer_json({"errcode": "M_NOT_FOUND", "error": "User not found"}, status=404)
        return answer_json(_whole(user))

    def _accounts(self, query: Any) -> Answer:
        listed = self._listed if query.get("dir", "f") == "f" else self._listed[::-1]
        start, size = int(query.get("from", 0)), int(query.get("limit", 100))
        page = {"users": listed[start : start + size], "total": len(listed)}
        more = {"next_token": str(start + size)} if start + size < len(listed) else {}
        return answer_json({**page, **more})

    def _sync(self, since: str | None) -> Answer:
        newest = NEXT.format(len(self._rooms) * MESSAGES_A_ROOM)
        if since is not None and not since.startswith("s"):
            return answer_json({"errcode": "M_UNKNOWN", "error": "Invalid stream token"}, status=400)
        if since == newest:
            return answer_json({"next_batch": newest})
        joined = {room: {"timeline": {"events": [self._event(room, 0)]}} for room in self._rooms}
        return answer_json({"next_batch": newest, "rooms": {"join": joined}})

    def _messages(self, room: str, query: Any) -> Answer:
        kinds = json.loads(query["filter"])["types"]
        start, size = int(query.get("from", "t0").removeprefix("t")), int(query.get("limit", 10))
        numbers = range(start, min(start + size, MESSAGES_A_ROOM)) if room in self._rooms else range(0)
        events = [each for each in (self._event(room, n) for n in numbers) if each["type"] in kinds]
        more = {"end": f"t{numbers.stop}"} if numbers else {}
        return answer_json({"chunk": events, "start": f"t{start}", **more})

    def _event(self, room: str, number: int) -> dict[str, Any]:
        """Return one of a room's messages; its people write in turn, and an agent now and then."""
        first = self._rooms[room] * PEOPLE_A_ROOM
        writer = min(first + number % PEOPLE_A_ROOM, self._size - 1)
        return {
            "event_id": f"$event-{first}-{number}",
            "room_id": room,
            "sender": "@agent1:example.com" if number % 7 == 6 else _name(writer),
            "type": "m.room.encrypted" if number % 11 == 10 else "m.room.message",
            "origin_server_ts": (STARTED + 60 * (first + number) + 3600) * 1000,
            "content": {"msgtype": "m.text", "body": f"Message {number} of {first}"},
        }


def _name(number: int) -> str:
    return f"@person{number}:{'elsewhere.example' if number % 10 == 9 else SERVER}"


def _is_local(name: str) -> bool:
    return name.endswith(f":{SERVER}")


def _user(number: int) -> dict[str, Any]:
    """Return an account as the list has it, in milliseconds."""
    return {
        "name": _name(number),
        "displayname": f"Simulated Person {number}" if number % 4 else f"person{number}",
        "is_guest": number % 20 == 3,
        "deactivated": number % 50 == 48,
        "creation_ts": (STARTED + 60 * number) * 1000,
        "last_seen_ts": None if number % 6 == 5 else (STARTED + 60 * number + 30) * 1000,
    }


def _whole(user: dict[str, Any]) -> dict[str, Any]:
    """Return an account as it is asked for by itself, in seconds."""
    number = int(user["name"][len("@person") :].partition(":")[0])
    validated_at = user["creation_ts"]
    # Two of a hundred people share an address, and many a number.
    email = f"person{number - (number % 100 == 1)}@example.com"
    threepids = [
        {
            "medium": "email",
            "address": email,
            "validated_at": validated_at,
            "added_at": validated_at + (20_000 if number % 3 else 0),
        },
        {
            "medium": "msisdn",
            "address": f"120255501{number % 100:02}",
            "validated_at": validated_at,
            "added_at": validated_at,
        },
    ]
    return {
        **user,
        "creation_ts": user["creation_ts"] // 1000,
        "appservice_id": "whatsapp" if number % 20 == 7 else None,
        "threepids": threepids[: number % 3],
        "external_ids": [{"auth_provider": "oidc-shop", "external_id": f"u-{number}"}]
        if number % 4 == 1
        else [],
    }
