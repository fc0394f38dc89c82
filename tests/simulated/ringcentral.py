"""A simulated RingCentral account with so many calls, texts and contacts.

Of ten entries seven are calls, one is a text and two are contacts. Calls and texts are of the last days before the
simulation was made, since a first run reads so many days: an hour has ten of them.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.simulated.crowd import someone, written
from worker.demo.simulator_server import Answer, Asked, answer_json

ACCOUNT = "/restapi/v1.0/account/~"
OURS = {"phoneNumber": "+12025550100", "extensionNumber": "101", "extensionId": "62264425016"}
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LARGEST = {"call-log": 1000, "message-store": 1000, "address-book-sync": 250}
TEN = 10
TEXT = 7


def error(status: int, code: str, **headers: str) -> Answer:
    return answer_json(
        {"errorCode": code, "message": "made up", "errors": []}, status=status, headers=headers
    )


class SimulatedRingCentral:
    connector = "ringcentral"
    secrets: Mapping[str, str] = {"client_id": "app", "client_secret": "made-up", "jwt": "made.up.jwt"}

    def __init__(self, size: int) -> None:
        self.token = "access-1"
        self.sync_token = "sync-1"
        self.days = size // 240 + 2
        end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.calls: list[dict[str, Any]] = []
        self.texts: list[dict[str, Any]] = []
        self.contacts: list[dict[str, Any]] = []
        for index in range(size):
            at = end - timedelta(minutes=6 * (size - index))
            if index % TEN < TEXT:
                self.calls.append(a_call(index, at))
            elif index % TEN == TEXT:
                self.texts.append(a_text(index, at))
            else:
                self.contacts.append(a_contact(index))
        self.changed: list[dict[str, Any]] = []
        """Contacts as they are listed to who has the present token."""

    def settings(self, url: str) -> dict[str, Any]:
        return {"base_url": url, "history_days": self.days}

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/restapi/oauth/token":
            return self._granted(asked)
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return error(401, "OAU-128")
        path = asked.path.removeprefix(ACCOUNT).removeprefix("/extension/~").removeprefix("/")
        size = min(int(asked.query.get("perPage", "100")), LARGEST.get(path, 0))
        if path == "address-book-sync":
            return self._synchronised(asked, size)
        if path in LARGEST:
            return _listed(asked, self.calls if path == "call-log" else self.texts, size)
        return error(404, "CMN-102")

    def _granted(self, asked: Asked) -> Answer:
        form = parse_qs(asked.body.decode())
        client = b64encode(f"{self.secrets['client_id']}:{self.secrets['client_secret']}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {client}":
            return error(401, "OAU-146")
        if form != {"grant_type": [JWT_GRANT], "assertion": [self.secrets["jwt"]]}:
            return error(400, "OAU-112")
        return answer_json({"access_token": self.token, "token_type": "bearer", "expires_in": 3600})

    def _synchronised(self, asked: Asked, size: int) -> Answer:
        part = asked.query.get("syncType") == "ISync"
        if part and asked.query.get("syncToken") != self.sync_token:
            return error(400, "CMN-101")
        entries = self.changed if part else self.contacts
        start = int(asked.query.get("pageId", "0"))
        answer: dict[str, Any] = {
            "uri": asked.path,
            "records": entries[start : start + size],
            "syncInfo": {"syncType": "ISync" if part else "FSync", "syncToken": self.sync_token},
        }
        if start + size < len(entries):
            answer["nextPageId"] = start + size
        return answer_json(answer)


def _listed(asked: Asked, entries: Sequence[dict[str, Any]], size: int) -> Answer:
    """Answer with a page of what began within the time asked for, newest first."""
    if "dateFrom" not in asked.query or "dateTo" not in asked.query:
        return error(400, "CMN-101")
    since, until = (datetime.fromisoformat(asked.query[name]) for name in ("dateFrom", "dateTo"))
    within = [each for each in reversed(entries) if since <= _began(each) <= until]
    page = int(asked.query.get("page", "1"))
    shown = within[(page - 1) * size : page * size]
    navigation: dict[str, Any] = {}
    if page * size < len(within):
        query = urlencode({**asked.query, "page": page + 1})
        navigation["nextPage"] = {"uri": f"http://{asked.headers['host']}{asked.path}?{query}"}
    paging = {"page": page, "perPage": size, "totalElements": len(within)}
    return answer_json({"uri": asked.path, "records": shown, "paging": paging, "navigation": navigation})


def _began(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(entry.get("startTime") or entry["creationTime"])


def _sides(index: int, *, inbound: bool) -> dict[str, Any]:
    phone = someone(index).phone
    other = {"phoneNumber": phone, "location": "Washington, DC"} if phone else {}
    return {"direction": "Inbound", "from": other, "to": OURS} if inbound else {
        "direction": "Outbound", "from": OURS, "to": other,
    }  # fmt: skip


def a_call(index: int, at: datetime) -> dict[str, Any]:
    inbound = index % 3 != 1
    return {
        "id": f"C{index:06}",
        "sessionId": f"S{index:06}",
        "type": "Voice",
        "action": "Phone Call",
        "result": ("Accepted" if inbound else "Call connected") if index % 4 else "Missed",
        "startTime": written(at),
        "duration": index % 600,
        "lastModifiedTime": written(at + timedelta(minutes=11)),
        "legs": [],
        **_sides(index, inbound=inbound),
    }


def a_text(index: int, at: datetime) -> dict[str, Any]:
    sides = _sides(index, inbound=True)
    return {
        "id": 5_000_000 + index,
        "type": "SMS",
        "creationTime": written(at),
        "lastModifiedTime": written(at),
        "availability": "Alive",
        "messageStatus": "Received",
        "subject": f"Text {index}",
        **sides,
        "to": [sides["to"]],
    }


def a_contact(index: int) -> dict[str, Any]:
    one = someone(index)
    told = {"firstName": one.first, "lastName": one.last, "mobilePhone": one.phone, "email": one.email}
    present = {name: value for name, value in told.items() if value}
    return {"id": 7_000_000 + index, "availability": "Alive", **present}
