"""A simulated HubSpot: contacts, listed, searched with the ceiling, and archived."""

from bisect import bisect_left
from datetime import timedelta
from typing import Any, cast

from tests.simulated.crowd import someone
from worker.demo.simulator_server import Answer, Asked, answer_json

LARGEST_PAGE = 100
LARGEST_FIND = 200
CEILING = 10_000
LISTS = "/crm/v3/objects/contacts"


class SimulatedHubSpot:
    """The contacts of one account. Every fiftieth is archived, every sixtieth was merged into the one before."""

    connector = "hubspot"
    secrets = {"access_token": "pat-made-up"}  # noqa: RUF012 - as the protocol has it

    def __init__(self, size: int) -> None:
        kept = [place for place in range(size) if place % 60 != 59]
        self._contacts = [_contact(place) for place in kept if place % 50 != 49]
        self._archived = [_archived(place) for place in kept if place % 50 == 49]
        self._by_change = sorted(self._contacts, key=lambda each: (each["updatedAt"], int(each["id"])))
        self._changed = [_milliseconds(each) for each in self._by_change]

    def settings(self, url: str) -> dict[str, Any]:
        """Return the address of its API."""
        return {"base_url": url}

    def answer(self, asked: Asked) -> Answer:
        """Answer the list and the search of contacts."""
        if asked.headers.get("authorization") != f"Bearer {self.secrets['access_token']}":
            return _refused(401, "INVALID_AUTHENTICATION")
        if (asked.method, asked.path) == ("POST", f"{LISTS}/search"):
            return self._found(cast("dict[str, Any]", asked.json))
        if asked.path != LISTS:
            return _refused(404, "OBJECT_NOT_FOUND")
        listed = self._archived if asked.query.get("archived") == "true" else self._contacts
        # The list goes on by the id of the next one, not by a count.
        after = int(asked.query.get("after", "0"))
        return _page(
            [each for each in listed if int(each["id"]) >= after],
            int(asked.query.get("limit", "10")),
            LARGEST_PAGE,
            by_id=True,
        )

    def _found(self, body: dict[str, Any]) -> Answer:
        (group,) = body["filterGroups"]
        edges = {wanted["operator"]: int(wanted["value"]) for wanted in group["filters"]}
        since, until = (bisect_left(self._changed, edges[operator]) for operator in ("GTE", "LT"))
        found = self._by_change[since:until]
        first = int(body.get("after", "0"))
        if first + body["limit"] > CEILING:
            return _refused(400, "VALIDATION_ERROR")
        return _page(found, body["limit"], LARGEST_FIND, first=first)


def _milliseconds(contact: dict[str, Any]) -> int:
    return int(someone(int(contact["id"]) - 1).changed_at.timestamp() * 1000)


def _page(
    found: list[dict[str, Any]], limit: int, largest: int, *, first: int = 0, by_id: bool = False
) -> Answer:
    if limit > largest:
        return _refused(400, "VALIDATION_ERROR")
    answer: dict[str, Any] = {"total": len(found), "results": found[first : first + limit]}
    if first + limit < len(found):
        after = found[first + limit]["id"] if by_id else str(first + limit)
        answer["paging"] = {"next": {"after": after}}
    return answer_json(answer)


def _contact(place: int) -> dict[str, Any]:
    one = someone(place)
    properties = {
        "email": one.email or None,
        "phone": one.phone or None,
        "mobilephone": None,
        "firstname": one.first,
        "lastname": one.last,
        "company": None,
        "hs_merged_object_ids": str(place + 2) if place % 60 == 58 else None,
        "hs_additional_emails": f"merged{place}@example.com" if place % 60 == 58 else None,
        "createdate": f"{one.added_at:%Y-%m-%dT%H:%M:%S.000Z}",
        "lastmodifieddate": f"{one.changed_at:%Y-%m-%dT%H:%M:%S.000Z}",
    }
    return {
        "id": str(place + 1),
        "properties": properties,
        "createdAt": properties["createdate"],
        "updatedAt": properties["lastmodifieddate"],
        "archived": False,
    }


def _archived(place: int) -> dict[str, Any]:
    gone_at = someone(place).changed_at + timedelta(hours=1)
    return {**_contact(place), "archived": True, "archivedAt": f"{gone_at:%Y-%m-%dT%H:%M:%S.000Z}"}


def _refused(status: int, category: str) -> Answer:
    return answer_json({"status": "error", "message": "made up", "category": category}, status=status)
