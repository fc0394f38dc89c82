"""Intercom's side of the simulator: contacts and conversations behind its search, quirks included."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from worker.demo.simulator_server import Answer, Asked, answer_json

DAY = 86400
LARGEST_PAGE = 150
SEARCHES = {
    "/contacts/search": ("contacts", "data", "list", 50),
    "/conversations/search": ("conversations", "conversations", "conversation.list", 20),
}


class _Filter(Struct):
    field: str
    operator: str
    value: int | str | list[str | int]


class _Pagination(Struct, frozen=True):
    per_page: int = 0
    starting_after: str | None = None


class _Search(Struct):
    query: _Filter
    pagination: _Pagination = _Pagination()


class SimulatedIntercom:
    """A workspace in UTC with contacts and conversations that a story adds to.

    Searches answer in the order of `updated_at`, oldest first, whatever they ask for.
    """

    def __init__(self, access_token: str) -> None:
        self._access_token = access_token
        self._entries: dict[str, dict[str, dict[str, Any]]] = {"contacts": {}, "conversations": {}}

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a source that reads this workspace; `base_url` comes on top."""
        return {}

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets of such a source."""
        return {"access_token": self._access_token}

    def add_contact(
        self, at: datetime, *, role: str = "lead", external_id: str | None = None, **fields: object
    ) -> str:
        """Add a contact and return its id.

        Args:
            at: When it was created.
            role: "lead" is a visitor, "user" one whom the business's app or a server of its own named.
            external_id: The app's id of a user. A user with one counts as seen in the Messenger.
            **fields: Further fields of Intercom's, or others in place of those: name, email, phone ...
        """
        contact = f"{_digest('contact', len(self._entries['contacts'])):024x}"
        self._entries["contacts"][contact] = {
            "type": "contact",
            "id": contact,
            "role": role,
            "external_id": external_id,
            "email": "",
            "phone": None,
            "name": None,
            "created_at": _unix(at),
            "updated_at": _unix(at),
            "last_seen_at": _unix(at) if external_id else None,
            "custom_attributes": {},
            **fields,
        }
        return contact

    def change_contact(self, contact: str, at: datetime, **fields: object) -> None:
        """Change fields of a contact."""
        self._entries["contacts"][contact] |= {"updated_at": _unix(at), **fields}

    def drop_contact(self, contact: str) -> None:
        """Let a contact vanish as one that was merged or deleted does: without a word."""
        del self._entries["contacts"][contact]

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """Return the "contacts" or "conversations" themselves, to change what no method does."""
        return list(self._entries[kind].values())

    def add_conversation(
        self,
        members: Sequence[str],
        at: datetime,
        text: str,
        *,
        kind: str = "conversation",
        **fields: object,
    ) -> str:
        """Add a conversation that the contacts `members` began with `text` and return its id."""
        conversation = str(_digest("conversation", len(self._entries["conversations"])) % 10**12)
        self._entries["conversations"][conversation] = {
            "type": "conversation",
            "id": conversation,
            "created_at": _unix(at),
            "updated_at": _unix(at),
            "title": None,
            "source": {
                "type": kind,
                "delivered_as": "customer_initiated",
                "subject": "",
                "body": f"<p>{text}</p>",
            },
            "contacts": {
                "type": "contact.list",
                "contacts": [{"type": "contact", "id": contact} for contact in members],
            },
            **fields,
        }
        return conversation

    def answer(self, asked: Asked) -> Answer:
        """Answer a request as Intercom does."""
        if asked.headers.get("authorization") != f"Bearer {self._access_token}":
            return refusal(401, "unauthorized", "Access Token Invalid")
        if asked.method != "POST" or asked.path not in SEARCHES:
            return refusal(404, "not_found", "Resource Not Found")
        try:
            search = msgspec.json.decode(asked.body, type=_Search)
        except ValueError as error:
            return refusal(400, "parameter_invalid", str(error))
        return self._found(search, *SEARCHES[asked.path])

    def _found(self, search: _Search, kind: str, listed: str, of_type: str, usual: int) -> Answer:
        fitting = sorted(
            (entry for entry in self._entries[kind].values() if _fits(entry, search.query)), key=_place
        )
        start = 0
        if search.pagination.starting_after:
            last = msgspec.json.decode(
                urlsafe_b64decode(search.pagination.starting_after), type=tuple[int, str]
            )
            start = sum(_place(entry) <= last for entry in fitting)
        size = min(search.pagination.per_page or usual, LARGEST_PAGE)
        shown = fitting[start : start + size]
        pages: dict[str, object] = {"type": "pages", "per_page": size}
        if start + size < len(fitting):
            token = urlsafe_b64encode(msgspec.json.encode(_place(shown[-1]))).decode()
            pages["next"] = {"per_page": size, "starting_after": token}
        return answer_json({"type": of_type, listed: shown, "total_count": len(fitting), "pages": pages})


def refusal(status: int, code: str, message: str, **headers: str) -> Answer:
    """Return an error as Intercom words it."""
    errors = {"type": "error.list", "errors": [{"code": code, "message": message}]}
    return answer_json(errors, status=status, headers=headers)


def _fits(entry: dict[str, Any], wanted: _Filter) -> bool:
    if wanted.operator == "IN":
        return isinstance(wanted.value, list) and entry[wanted.field] in wanted.value
    # Dates are matched by day: later than a moment means from the next midnight on.
    return bool(entry[wanted.field] // DAY > int(str(wanted.value)) // DAY)


def _place(entry: dict[str, Any]) -> tuple[int, str]:
    return entry["updated_at"], entry["id"]


def _unix(at: datetime) -> int:
    return int(at.timestamp())


def _digest(kind: str, number: int) -> int:
    return int.from_bytes(blake2b(f"{kind} {number}".encode(), digest_size=12).digest())
