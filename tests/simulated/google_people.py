"""A simulated Google account: its contacts and other contacts, page tokens, sync tokens and access tokens."""

from typing import Any

from tests.simulated.crowd import someone, written
from worker.demo.simulator_server import Answer, Asked, answer_json

LARGEST_PAGE = 1000
ACCESS = "made-up-access"
SYNC = "sync-1"


class SimulatedGooglePeople:
    """The contacts of one account; every fourth is an other contact. A sync brings every fiftieth again as it was."""

    connector = "google-people"
    secrets = {"client_secret": "made-up-secret", "refresh_token": "made-up-refresh"}  # noqa: RUF012 - as the protocol has it

    def __init__(self, size: int) -> None:
        places = range(size)
        self._lists = {
            "/v1/people/me/connections": (
                "connections",
                [_person(place, "people/c", "CONTACT") for place in places if place % 4 != 3],
            ),
            "/v1/otherContacts": (
                "otherContacts",
                [_person(place, "otherContacts/c", "OTHER_CONTACT") for place in places if place % 4 == 3],
            ),
        }

    def settings(self, url: str) -> dict[str, Any]:
        """Return the addresses of its API and of its tokens."""
        return {"client_id": "made-up.apps.example.com", "base_url": url, "token_url": f"{url}/token"}

    def answer(self, asked: Asked) -> Answer:
        """Answer GET connections and otherContacts, and POST for an access token."""
        if asked.path == "/token":
            return answer_json({"access_token": ACCESS, "expires_in": 3599, "token_type": "Bearer"})
        if asked.headers.get("authorization") != f"Bearer {ACCESS}":
            return _refused(401, "UNAUTHENTICATED")
        size = int(asked.query.get("pageSize", "100"))
        mask = asked.query.get("personFields") or asked.query.get("readMask")
        if asked.path not in self._lists or not mask or not 1 <= size <= LARGEST_PAGE:
            return _refused(400, "INVALID_ARGUMENT")
        name, people = self._lists[asked.path]
        if token := asked.query.get("syncToken"):
            if token != SYNC:
                return _refused(400, "FAILED_PRECONDITION", "EXPIRED_SYNC_TOKEN")
            people = people[49::50]
        first = int(asked.query.get("pageToken", "p0").removeprefix("p"))
        page = people[first : first + size]
        answer: dict[str, Any] = {name: page} if page else {}
        if first + size < len(people):
            answer["nextPageToken"] = f"p{first + size}"
        else:
            answer["nextSyncToken"] = SYNC
        return answer_json(answer)


def _person(place: int, prefix: str, source: str) -> dict[str, Any]:
    one = someone(place)
    mark = {"primary": True, "source": {"type": source, "id": f"{place:x}"}}
    person: dict[str, Any] = {
        "resourceName": f"{prefix}{place}",
        "etag": f"%{place}",
        "metadata": {
            "objectType": "PERSON",
            "sources": [{"type": source, "id": f"{place:x}", "updateTime": written(one.changed_at)}],
        },
        "names": [{"metadata": mark, "displayName": one.name}],
    }
    if one.email:
        person["emailAddresses"] = [{"metadata": mark, "value": one.email}]
    if one.phone:
        person["phoneNumbers"] = [{"metadata": mark, "value": one.phone, "canonicalForm": one.phone}]
    return person


def _refused(status: int, code: str, reason: str = "") -> Answer:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    error = {"code": status, "message": "made up", "status": code, "details": details}
    return answer_json({"error": error}, status=status)
