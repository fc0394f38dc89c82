"""A simulated Stripe: customers and events, newest first, with the id of the last one as the way on."""

from typing import Any

from tests.simulated.crowd import someone
from worker.demo.simulator_server import Answer, Asked, answer_json

LARGEST_PAGE = 100


class SimulatedStripe:
    """The customers of one account. Every tenth has changed in the last days, every fortieth is gone."""

    connector = "stripe"
    secrets = {"api_key": "sk_test_made_up"}  # noqa: RUF012 - as the protocol has it

    def __init__(self, size: int) -> None:
        places = range(size)
        self._customers = [_customer(place) for place in reversed(places) if place % 40 != 39]
        told = [_event(place, "customer.updated") for place in places if place % 10 == 9]
        told += [_event(place, "customer.deleted") for place in places if place % 40 == 39]
        self._events = sorted(told, key=lambda event: (event["created"], event["id"]), reverse=True)

    def settings(self, url: str) -> dict[str, Any]:
        """Return the address of its API."""
        return {"base_url": url}

    def answer(self, asked: Asked) -> Answer:
        """Answer GET /v1/customers and GET /v1/events."""
        if asked.headers.get("authorization") != f"Bearer {self.secrets['api_key']}":
            return _refused(401, "invalid_request_error")
        lists = {"/v1/customers": self._customers, "/v1/events": self._events}
        limit = int(asked.query.get("limit", "10"))
        if asked.path not in lists or not 1 <= limit <= LARGEST_PAGE:
            return _refused(400, "invalid_request_error")
        types = [value for name, value in asked.query.items() if name.startswith("types[")]
        since = int(asked.query.get("created[gte]", "0"))
        found = [
            each
            for each in lists[asked.path]
            if each["created"] >= since and (not types or each["type"] in types)
        ]
        first = 0
        if after := asked.query.get("starting_after"):
            place = next((number for number, each in enumerate(found) if each["id"] == after), None)
            if place is None:
                return _refused(404, "invalid_request_error")
            first = place + 1
        page = found[first : first + limit]
        more = first + limit < len(found)
        return answer_json({"object": "list", "url": asked.path, "has_more": more, "data": page})


def _customer(place: int) -> dict[str, Any]:
    one = someone(place)
    return {
        "id": f"cus_{place:014}",
        "object": "customer",
        "created": int(one.added_at.timestamp()),
        "name": one.name,
        "individual_name": None,
        "business_name": None,
        "email": one.email or None,
        "phone": one.phone or None,
        "metadata": {"user_id": f"u-{place}"} if place % 2 else {},
        "livemode": False,
    }


def _event(place: int, kind: str) -> dict[str, Any]:
    order = ("customer.updated", "customer.deleted").index(kind)
    return {
        "id": f"evt_{place:014}{order}",
        "object": "event",
        "created": int(someone(place).added_at.timestamp()) + 3600 * (order + 1),
        "type": kind,
        "data": {"object": _customer(place)},
    }


def _refused(status: int, kind: str) -> Answer:
    return answer_json({"error": {"type": kind, "message": "made up"}}, status=status)
