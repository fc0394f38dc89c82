"""A simulated Aircall company with so many calls and contacts: of ten entries, ten minutes apart, seven are calls."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tests.simulated.crowd import BEGAN, someone
from worker.demo.simulator_server import Answer, Asked, answer_json

START = int(BEGAN.timestamp())
HOST = "api.aircall.io"
LARGEST = 50
CEILING = 10_000
TEN = 10
CALLS = 7


class SimulatedAircall:
    connector = "aircall"
    secrets: Mapping[str, str] = {"api_id": "id-of-nobody", "api_token": "made-up"}

    def __init__(self, size: int) -> None:
        self.calls: list[dict[str, Any]] = []
        self.contacts: list[dict[str, Any]] = []
        for index in range(size):
            at = START + 600 * index
            if index % TEN < CALLS:
                self.calls.append(a_call(index, at))
            else:
                self.contacts.append(a_contact(index, at))

    def settings(self, url: str) -> dict[str, Any]:
        return {"base_url": url}

    def answer(self, asked: Asked) -> Answer:
        pair = f"{self.secrets['api_id']}:{self.secrets['api_token']}"
        if asked.headers.get("authorization") != f"Basic {b64encode(pair.encode()).decode()}":
            return refusal(403, "Forbidden")
        if asked.path == "/v1/calls":
            return _listed(asked, "calls", self.calls, "started_at")
        if asked.path == "/v1/contacts":
            by = asked.query.get("order_by", "created_at")
            return _listed(
                asked, "contacts", sorted(self.contacts, key=lambda each: int(each[by])), "created_at"
            )
        return refusal(404, "Not Found")


def refusal(status: int, error: str) -> Answer:
    return answer_json({"error": error, "troubleshoot": "made up"}, status=status)


def _listed(asked: Asked, kind: str, entries: list[dict[str, Any]], filtered_by: str) -> Answer:
    since, until = int(asked.query.get("from", "0")), int(asked.query.get("to", str(2**40)))
    within = [each for each in entries if since <= each[filtered_by] <= until]
    size = min(int(asked.query.get("per_page", "20")), LARGEST)
    page = int(asked.query.get("page", "1"))
    if page * size > CEILING:
        return refusal(400, "Bad Request")
    shown = within[(page - 1) * size : page * size]
    query = urlencode({**asked.query, "per_page": str(size), "page": str(page + 1)})
    following = f"http://{asked.headers['host']}{asked.path}?{query}" if page * size < len(within) else None
    meta: dict[str, Any] = {"count": len(shown), "total": len(within), "current_page": page, "per_page": size}
    meta["next_page_link"] = following
    return answer_json({kind: shown, "meta": meta})


def a_call(index: int, at: int) -> dict[str, Any]:
    answered = index % 4 != 0
    return {
        "id": 100_000 + index,
        "direct_link": f"https://{HOST}/v1/calls/{100_000 + index}",
        "direction": "outbound" if index % 3 == 1 else "inbound",
        "status": "done",
        "missed_call_reason": None if answered else "no_available_agent",
        "started_at": at,
        "answered_at": at + 10 if answered else None,
        "ended_at": at + 50,
        "duration": 50,
        "raw_digits": someone(index).phone or "anonymous",
        "user": {"id": 1, "name": "Sam Colleague"},
        "contact": None,
        "comments": [a_comment(index, at)] if index % 8 == 0 else [],
        "tags": [],
    }


def a_comment(index: int, at: int) -> dict[str, Any]:
    return {
        "id": index,
        "content": f"Note {index}",
        "posted_at": at + 90,
        "posted_by": {"id": 1, "name": "Sam"},
    }


def a_contact(index: int, at: int) -> dict[str, Any]:
    one = someone(index)
    numbers = [{"id": index, "label": "Mobile", "value": one.phone}] if one.phone else []
    emails = [{"id": index, "label": "Work", "value": one.email}] if one.email else []
    return {
        "id": 200_000 + index,
        "first_name": one.first,
        "last_name": one.last,
        "company_name": None,
        "information": None,
        "is_shared": True,
        "created_at": at,
        "updated_at": at,
        "phone_numbers": numbers,
        "emails": emails,
    }
