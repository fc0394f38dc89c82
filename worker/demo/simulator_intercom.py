"""Intercom's side of the simulator: its searches and lists, quirks included."""

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
LARGEST_PAGE_OF_CALLS = 25
USUAL_PAGE = 50
SEARCHES = {
    "/contacts/search": ("contacts", "data", "list", USUAL_PAGE),
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
    """A workspace in UTC with contacts, conversations, calls and notes that a story adds to.

    Searches answer in the order of `updated_at`, oldest first, whatever they ask for; calls come newest first.
    """

    def __init__(self, access_token: str) -> None:
        self._access_token = access_token
        self._entries: dict[str, dict[str, dict[str, Any]]] = {
            "contacts": {},
            "conversations": {},
            "calls": {},
            "notes": {},
        }

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
        """Return the "contacts", "conversations", "calls" or "notes" themselves, to change what no method does."""
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

    def add_call(
        self, phone: str | None, at: datetime, *, contact: str | None = None, **fields: object
    ) -> str:
        """Add an inbound call of a minute and a half, answered after three seconds, and return its id."""
        call = str(_digest("call", len(self._entries["calls"])) % 10**9)
        self._entries["calls"][call] = {
            "type": "call",
            "id": call,
            "conversation_id": None,
            "contact_id": contact,
            "state": "completed",
            "initiated_at": _unix(at),
            "answered_at": _unix(at) + 3,
            "ended_at": _unix(at) + 93,
            "created_at": _unix(at),
            "updated_at": _unix(at) + 94,
            "call_type": "phone",
            "direction": "inbound",
            "ended_reason": "answered",
            "phone": phone,
            **fields,
        }
        return call

    def add_note(self, contact: str, at: datetime, text: str, *, author: str = "Rui Prado") -> str:
        """Let a colleague write a note on a contact and return the note's id."""
        note = str(_digest("note", len(self._entries["notes"])) % 10**9)
        self._entries["notes"][note] = {
            "type": "note",
            "id": note,
            "created_at": _unix(at),
            "contact": {"type": "contact", "id": contact},
            "author": {"type": "admin", "id": "7", "name": author},
            "body": f"<p>{text}</p>",
        }
        count = len(self._notes(contact))
        self.change_contact(contact, at, notes={"type": "list", "data": [], "total_count": count})
        return note

    def answer(self, asked: Asked) -> Answer:
        """Answer a request as Intercom does."""
        if asked.headers.get("authorization") != f"Bearer {self._access_token}":
            return refusal(401, "unauthorized", "Access Token Invalid")
        try:
            if asked.method == "POST" and asked.path in SEARCHES:
                return self._found(msgspec.json.decode(asked.body, type=_Search), *SEARCHES[asked.path])
            return self._listed(asked)
        except ValueError as error:
            return refusal(400, "parameter_invalid", str(error))

    def _listed(self, asked: Asked) -> Answer:
        """Answer what is asked with a GET: all contacts, calls, or the notes of a contact."""
        known = self._entries["contacts"]
        contact = asked.path.removeprefix("/contacts/").removesuffix("/notes")
        if asked.method == "GET" and asked.path == "/contacts":
            everybody = sorted(known.values(), key=lambda each: str(each["id"]))
            size = min(int(asked.query.get("per_page", USUAL_PAGE)), LARGEST_PAGE)
            last = asked.query.get("starting_after", "")
            left = [each for each in everybody if str(each["id"]) > last]
            following = str(left[size - 1]["id"]) if len(left) > size else None
            return _page("list", "data", left[:size], len(everybody), size, following)
        if asked.method == "GET" and asked.path == "/calls":
            calls = sorted(self._entries["calls"].values(), key=_began, reverse=True)
            size = min(int(asked.query.get("per_page", LARGEST_PAGE_OF_CALLS)), LARGEST_PAGE_OF_CALLS)
            start = (int(asked.query.get("page", 1)) - 1) * size
            return _page("list", "data", calls[start : start + size], len(calls), size, None)
        if asked.method == "GET" and asked.path == f"/contacts/{contact}/notes" and contact in known:
            notes = self._notes(contact)
            return _page("list", "data", notes, len(notes), USUAL_PAGE, None)
        return refusal(404, "not_found", "Resource Not Found")

    def _notes(self, contact: str) -> list[dict[str, Any]]:
        return [each for each in self._entries["notes"].values() if each["contact"]["id"] == contact]

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
        following = None
        if start + size < len(fitting):
            following = urlsafe_b64encode(msgspec.json.encode(_place(shown[-1]))).decode()
        return _page(of_type, listed, shown, len(fitting), size, following)


def refusal(status: int, code: str, message: str, **headers: str) -> Answer:
    """Return an error as Intercom words it."""
    errors = {"type": "error.list", "errors": [{"code": code, "message": message}]}
    return answer_json(errors, status=status, headers=headers)


def _page(
    of_type: str, listed: str, shown: list[dict[str, Any]], count: int, size: int, following: str | None
) -> Answer:
    pages: dict[str, object] = {"type": "pages", "per_page": size, "total_pages": -(-count // size)}
    if following is not None:
        pages["next"] = {"per_page": size, "starting_after": following}
    return answer_json({"type": of_type, listed: shown, "total_count": count, "pages": pages})


def _fits(entry: dict[str, Any], wanted: _Filter) -> bool:
    if wanted.operator == "IN":
        return isinstance(wanted.value, list) and entry[wanted.field] in wanted.value
    # Dates are matched by day: later than a moment means from the next midnight on.
    return bool(entry[wanted.field] // DAY > int(str(wanted.value)) // DAY)


def _place(entry: dict[str, Any]) -> tuple[int, str]:
    return entry["updated_at"], entry["id"]


def _began(call: dict[str, Any]) -> tuple[int, str]:
    return call["created_at"], call["id"]


def _unix(at: datetime) -> int:
    return int(at.timestamp())


def _digest(kind: str, number: int) -> int:
    return int.from_bytes(blake2b(f"{kind} {number}".encode(), digest_size=12).digest())
