"""A simulated Chatwoot: contacts 15 a page in three orders, conversations by their last activity, and messages."""

from typing import Any, ClassVar

from worker.demo.simulator_server import Answer, Asked, answer_json

CONTACTS_A_PAGE = 15
CONVERSATIONS_A_PAGE = 25
MESSAGES_AFTER = 100
MESSAGES_LATEST = 20
STARTED = 1_772_409_600
"""When the first contact came; each later one a minute after."""
CHANNELS = ("Channel::Whatsapp", "Channel::WebWidget", "Channel::Email")
ACCOUNT = "/api/v1/accounts/3"


class SimulatedChatwoot:
    """`size` contacts, of whom every fifth had a conversation; one in ten gave nothing and is in no list."""

    connector = "chatwoot"
    secrets: ClassVar = {"access_token": "made-up"}

    def __init__(self, size: int) -> None:
        self._contacts = [_contact(number) for number in range(size)]
        listed = [
            each for each in self._contacts if each["email"] or each["phone_number"] or each["identifier"]
        ]
        by_activity = sorted(listed, key=lambda each: -(each["last_activity_at"] or 0))
        self._orders = {"created_at": listed, "-created_at": listed[::-1], "-last_activity_at": by_activity}
        chats = [self._conversation(number) for number in range(size) if number % 5 == 0]
        self._conversations = sorted(chats, key=lambda each: -int(each["last_activity_at"]))

    def settings(self, url: str) -> dict[str, Any]:
        """Return what avouch.toml says of a source here."""
        return {"base_url": url, "account_id": 3, "identity_verification": True}

    def answer(self, asked: Asked) -> Answer:
        """Answer a list; it is read-only, so threads need no lock."""
        if asked.headers.get("api_access_token") != self.secrets["access_token"]:
            return answer_json({"error": "Invalid Access Token"}, status=401)
        page = int(asked.query.get("page", 1))
        path = asked.path.removeprefix(ACCOUNT)
        if path == "/contacts":
            listed = self._orders.get(asked.query.get("sort", ""), self._orders["created_at"])
            meta = {"count": len(listed), "current_page": str(page)}
            return answer_json({"meta": meta, "payload": _part(listed, page, CONTACTS_A_PAGE)})
        if path == "/conversations":
            listed = [
                each
                for each in self._conversations
                if asked.query.get("status", "open") in {"all", each["status"]}
            ]
            payload = _part(listed, page, CONVERSATIONS_A_PAGE)
            return answer_json({"data": {"meta": {"all_count": len(listed)}, "payload": payload}})
        if path.startswith("/conversations/") and path.endswith("/messages"):
            return self._messages(int(path.split("/")[2]), asked.query.get("after"))
        return answer_json({"error": "Resource could not be found"}, status=404)

    def _messages(self, conversation: int, after: str | None) -> Answer:
        # Every fiftieth has more than a page of them.
        count = 130 if conversation % 50 == 0 else 3
        messages = [_message(conversation, number) for number in range(count)]
        if after is None:
            return answer_json({"meta": {}, "payload": messages[-MESSAGES_LATEST:]})
        later = [each for each in messages if each["id"] > int(after)]
        return answer_json({"meta": {}, "payload": later[:MESSAGES_AFTER]})

    def _conversation(self, number: int) -> dict[str, Any]:
        return {
            "id": number,
            "meta": {
                "sender": self._contacts[number],
                "channel": CHANNELS[number % 3],
                "hmac_verified": number % 4 == 0,
            },
            "status": ("open", "resolved", "pending", "snoozed")[number % 4],
            "created_at": STARTED + 60 * number,
            "last_activity_at": STARTED + 60 * number + 600,
            "last_non_activity_message": _message(number, 0),
            "messages": [],
        }


def _contact(number: int) -> dict[str, Any]:
    anonymous = number % 10 == 5
    return {
        "id": number + 1,
        "name": f"silent-river-{number}" if anonymous else f"Simulated Person {number}",
        # Two of a hundred people share an address, and many a number.
        "email": f"person{number - (number % 100 == 1)}@example.com"
        if number % 2 and not anonymous
        else None,
        "phone_number": f"+120255501{number % 100:02}" if number % 3 == 0 and not anonymous else None,
        "identifier": f"u-{number}" if number % 4 in {0, 2} else None,
        "additional_attributes": {"city": "Leeds", "country": "United Kingdom"},
        "custom_attributes": {},
        "created_at": STARTED + 60 * number,
        "last_activity_at": STARTED + 60 * number + 600 if number % 5 == 0 else None,
    }


def _message(conversation: int, number: int) -> dict[str, Any]:
    return {
        "id": conversation * 1000 + number + 1,
        "content": f"Message {number} of {conversation}",
        "message_type": number % 2,
        "private": number % 100 == 2,
        "created_at": STARTED + 60 * conversation + number,
        "sender": {"id": 1, "name": "Agent 1"},
    }


def _part(listed: list[dict[str, Any]], page: int, size: int) -> list[dict[str, Any]]:
    return listed[(page - 1) * size : page * size]
