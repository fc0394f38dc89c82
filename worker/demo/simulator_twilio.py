"""Twilio's side of the simulator: calls and messages, listed newest first, a page at a time."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

from worker.demo.simulator_server import Answer, Asked, answer_json

OUR_NUMBER = "+12025550100"
LARGEST_PAGE = 1000
LISTS = {"Calls.json": ("calls", "StartTime>"), "Messages.json": ("messages", "DateSent>")}
UNDIALLED = frozenset({"queued", "accepted", "scheduled"})
ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


class SimulatedTwilio:
    """An account with calls and messages that a story adds to. Ids follow from the story, not from chance."""

    def __init__(self, account: str, auth_token: str) -> None:
        """Open the account.

        Args:
            account: Any word; the account's id is made of it.
            auth_token: What requests must carry.
        """
        self.account_sid = f"AC{_hex(account)}"
        self._auth_token = auth_token
        self._authorization = "Basic " + b64encode(f"{self.account_sid}:{auth_token}".encode()).decode()
        self._entries: dict[str, list[tuple[datetime, dict[str, Any]]]] = {"calls": [], "messages": []}

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a source that reads this account; `base_url` comes on top."""
        return {"account_sid": self.account_sid}

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets of such a source."""
        return {"auth_token": self._auth_token}

    def add_call(
        self,
        other: str,
        at: datetime,
        *,
        direction: str = "inbound",
        status: str = "completed",
        seconds: int = 60,
        **fields: object,
    ) -> str:
        """Add a call and return its id.

        Args:
            other: The other party's address: a number, "anonymous", "sip:...".
            at: When it was dialled.
            direction: "inbound", "outbound-api" or "outbound-dial".
            status: Twilio's word for how it stands or went.
            seconds: How long it lasted, if it is over.
            **fields: Further fields of Twilio's, or others in place of those: `caller_name`.
        """
        ended = status in ENDED
        return self._add(
            "calls",
            "CA",
            at,
            self._parties(other, direction)
            | {
                "status": status,
                "date_updated": _mail(at + timedelta(seconds=seconds if ended else 0)),
                "start_time": None if status in UNDIALLED else _mail(at),
                "end_time": _mail(at + timedelta(seconds=seconds)) if ended else None,
                "duration": str(seconds) if status == "completed" else None,
                "caller_name": None,
                "parent_call_sid": None,
            }
            | fields,
        )

    def end_call(self, sid: str, *, seconds: int) -> None:
        """Let a call that was going on end after `seconds`."""
        at, entry = next((at, entry) for at, entry in self._entries["calls"] if entry.get("sid") == sid)
        end = _mail(at + timedelta(seconds=seconds))
        entry |= {"status": "completed", "duration": str(seconds), "end_time": end, "date_updated": end}

    def add_message(
        self, other: str, at: datetime, body: str, *, direction: str = "inbound", **fields: object
    ) -> str:
        """Add a message and return its id; arguments as `add_call` has them."""
        status = fields.pop("status", "received" if direction == "inbound" else "delivered")
        return self._add(
            "messages",
            "SM",
            at,
            self._parties(other, direction)
            | {
                "status": status,
                "body": body,
                "num_media": "0",
                "date_updated": _mail(at),
                "date_sent": None if status in UNDIALLED else _mail(at),
            }
            | fields,
        )

    def answer(self, asked: Asked) -> Answer:
        """Answer a request as Twilio does."""
        if asked.headers.get("authorization") != self._authorization:
            return refusal(401, 20003, "Authenticate")
        name = asked.path.removeprefix(f"/2010-04-01/Accounts/{self.account_sid}/")
        if asked.method != "GET" or name not in LISTS:
            return refusal(404, 20404, "The requested resource was not found")
        return self._list(asked, *LISTS[name])

    def _list(self, asked: Asked, kind: str, since: str) -> Answer:
        wanted = sorted(self._entries[kind], key=lambda pair: pair[0], reverse=True)
        if since in asked.query:
            earliest = datetime.fromisoformat(asked.query[since]).astimezone(UTC)
            wanted = [(at, entry) for at, entry in wanted if at >= earliest]
        entries = [entry for _, entry in wanted]
        size = min(int(asked.query.get("PageSize", "50")), LARGEST_PAGE)
        # The token names the last entry of the page before: what is added on top shifts nothing.
        tokens = [f"PA{entry.get('sid', number)}" for number, entry in enumerate(entries)]
        start = tokens.index(asked.query["PageToken"]) + 1 if "PageToken" in asked.query else 0
        page = int(asked.query.get("Page", "0"))
        following = None
        if start + size < len(entries):
            query = {**asked.query, "PageSize": size, "Page": page + 1, "PageToken": tokens[start + size - 1]}
            following = f"{asked.path}?{urlencode(query)}"
        shown = entries[start : start + size]
        return answer_json(
            {
                kind: shown,
                "page": page,
                "page_size": size,
                "start": start,
                "end": start + len(shown) - 1,
                "uri": asked.path,
                "next_page_uri": following,
            }
        )

    def _parties(self, other: str, direction: str) -> dict[str, object]:
        inbound = direction == "inbound"
        return {
            "direction": direction,
            "from": other if inbound else OUR_NUMBER,
            "to": OUR_NUMBER if inbound else other,
        }

    def _add(self, kind: str, prefix: str, at: datetime, entry: dict[str, Any]) -> str:
        sid = f"{prefix}{_hex(f'{self.account_sid} {kind} {len(self._entries[kind])}')}"
        stated = {"sid": sid, "account_sid": self.account_sid, "date_created": _mail(at)}
        self._entries[kind].append((at, stated | entry))
        return sid


def refusal(status: int, code: int, message: str, **headers: str) -> Answer:
    """Return an error as Twilio words it."""
    return answer_json({"code": code, "message": message, "status": status}, status=status, headers=headers)


def _hex(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _mail(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC))
