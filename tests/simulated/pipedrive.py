"""A simulated Pipedrive: persons with their filter, their order and their cursor."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any

from tests.simulated.crowd import someone, written
from worker.demo.simulator_server import Answer, Asked, answer_json

LARGEST_PAGE = 500


class SimulatedPipedrive:
    """The persons of one company; every fiftieth is deleted."""

    connector = "pipedrive"
    secrets = {"api_token": "made-up-token"}  # noqa: RUF012 - as the protocol has it

    def __init__(self, size: int) -> None:
        self._persons = [_person(place) for place in range(size)]

    def settings(self, url: str) -> dict[str, Any]:
        """Return the address of its API."""
        return {"base_url": f"{url}/api/v2"}

    def answer(self, asked: Asked) -> Answer:
        """Answer GET /persons."""
        if asked.headers.get("x-api-token") != self.secrets["api_token"]:
            return _refused(401, "unauthorized access")
        limit = int(asked.query.get("limit", "100"))
        if asked.path != "/api/v2/persons" or not 1 <= limit <= LARGEST_PAGE:
            return _refused(400, "bad request")
        order = asked.query.get("sort_by", "id")
        found = sorted(self._persons, key=lambda person: (person[order], person["id"]))
        if since := asked.query.get("updated_since"):
            start = datetime.fromisoformat(since)
            found = [each for each in found if datetime.fromisoformat(each["update_time"]) >= start]
        first = int(urlsafe_b64decode(asked.query["cursor"])) if "cursor" in asked.query else 0
        page = found[first : first + limit]
        following = first + limit if first + limit < len(found) else None
        cursor = None if following is None else urlsafe_b64encode(str(following).encode()).decode()
        return answer_json({"success": True, "data": page, "additional_data": {"next_cursor": cursor}})


def _person(place: int) -> dict[str, Any]:
    one = someone(place)
    return {
        "id": place + 1,
        "name": one.name,
        "first_name": one.first,
        "last_name": one.last,
        "owner_id": 1,
        "org_id": None,
        "add_time": written(one.added_at),
        "update_time": written(one.changed_at),
        "emails": [{"value": one.email, "primary": True, "label": "work"}] if one.email else [],
        "phones": [{"value": one.phone, "primary": True, "label": "work"}] if one.phone else [],
        "is_deleted": place % 50 == 49,
        "visible_to": 3,
        "label_ids": [],
        "custom_fields": {},
    }


def _refused(status: int, error: str) -> Answer:
    return answer_json({"success": False, "error": error, "errorCode": status}, status=status)
