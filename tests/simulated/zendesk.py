"""A simulated Zendesk: incremental exports of users and tickets with cursors, `end_of_stream` and side-loads."""

from base64 import b64decode, b64encode
from typing import Any, ClassVar

from integrations.payloads import utc_text
from worker.demo.simulator_server import Answer, Asked, answer_json

LARGEST = 1000
STARTED = 1_772_409_600
"""When the first user came; each later one a minute after. All of it is long past: no last minute to leave out."""
FIRST_ID = 36_000_000_000_000
CHANNELS = ("web", "email", "native_messaging", "voice")


class SimulatedZendesk:
    """`size` records: three in four are users, the others calls that came as tickets."""

    connector = "zendesk"
    secrets: ClassVar = {"api_token": "made-up"}

    def __init__(self, size: int) -> None:
        self._calls = size // 4
        self._users = size - self._calls

    def settings(self, url: str) -> dict[str, Any]:
        """Return what avouch.toml says of a source here."""
        return {"subdomain": "simulated", "user": "admin@example.com", "base_url": url}

    def answer(self, asked: Asked) -> Answer:
        """Answer an export; it is read-only, so threads need no lock."""
        expected = b64encode(b"admin@example.com/token:made-up").decode()
        if asked.headers.get("authorization") != f"Basic {expected}":
            return answer_json({"error": "Couldn't authenticate you"}, status=401)
        name = asked.path.removeprefix("/api/v2/incremental/").removesuffix("/cursor")
        if name not in {"users", "tickets"}:
            return answer_json({"error": "InvalidEndpoint"}, status=404)
        if not asked.query.keys() & {"cursor", "start_time"}:
            return answer_json({"error": "StartTimeMissing"}, status=422)
        try:
            start = int(b64decode(asked.query["cursor"], validate=True)) if "cursor" in asked.query else 0
        except ValueError:
            return answer_json({"error": "InvalidPaginationParameter"}, status=400)
        size = min(int(asked.query.get("per_page", LARGEST)), LARGEST)
        return answer_json(self._page(name, start, size, asked.query.get("include", "")))

    def _page(self, name: str, start: int, size: int, include: str) -> dict[str, Any]:
        whole = self._users if name == "users" else self._users + self._calls
        numbers = range(start, min(start + size, whole))
        cursor = b64encode(str(numbers.stop if numbers else start).encode()).decode()
        page: dict[str, Any] = {
            name: [_user(n) if name == "users" else self._ticket(n) for n in numbers],
            "after_cursor": cursor,
            "end_of_stream": start + size >= whole,
        }
        if include == "identities":
            page["identities"] = [each for n in numbers for each in _identities(n)]
        elif include == "users":
            page["users"] = [_user(n) for n in sorted({n % self._users for n in numbers})]
        return page

    def _ticket(self, number: int) -> dict[str, Any]:
        """Each user has one ticket; those beyond are calls."""
        is_call = number >= self._users
        ends = {"from": {"phone": _number(number)}, "to": {"phone": "+12025550199"}, "rel": "inbound"}
        return {
            "id": number + 1,
            "created_at": _time(number),
            "updated_at": _time(number + 5),
            "requester_id": FIRST_ID + number % self._users,
            "status": "solved",
            "subject": f"Question {number}",
            "description": "Where is it?",
            "via": {"channel": "voice", "source": ends}
            if is_call
            else {"channel": CHANNELS[number % 3], "source": {}},
        }


def _user(number: int) -> dict[str, Any]:
    is_talks = number % 10 == 9
    return {
        "id": FIRST_ID + number,
        "created_at": _time(number),
        "updated_at": _time(number + 3),
        "role": "end-user",
        "active": number % 50 != 49,
        "name": f"Caller {_number(number)}" if is_talks else f"Simulated Person {number}",
        "email": None if is_talks else _address(number),
        "phone": _number(number) if is_talks or number % 3 == 0 else None,
        "shared_phone_number": number % 6 == 0,
        "external_id": f"U-{number}" if number % 4 == 0 else None,
        "locale": "en-GB",
        "time_zone": "London",
        "user_fields": {},
    }


def _identities(number: int) -> list[dict[str, Any]]:
    user = FIRST_ID + number
    if number % 10 == 9:
        return [_identity(user, "phone_number", _number(number), "none")]
    return [_identity(user, "email", _address(number), ("none", "low", "full", "sso")[number % 4])]


def _identity(user: int, kind: str, value: str, how: str) -> dict[str, Any]:
    return {
        "user_id": user,
        "type": kind,
        "value": value,
        "verified": how != "none",
        "verification_method": how,
        "primary": True,
    }


def _address(number: int) -> str:
    """Return an address that two of a hundred people share."""
    return f"person{number - (number % 100 == 1)}@example.com"


def _number(number: int) -> str:
    """Return one of a hundred numbers, so that many share one."""
    return f"+120255501{number % 100:02}"


def _time(minutes: int) -> str:
    return utc_text(STARTED + 60 * minutes)
