"""A simulated Twilio Verify with so many approved verifications, all of the days before it was made.

Attempts are kept for 30 days only, so their times follow the calendar; everything else is the same for the same size.
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tests.simulated.crowd import someone, written
from worker.demo.simulator_server import Answer, Asked, answer_json
from worker.demo.simulator_twilio import refusal

ACCOUNT = f"AC{7:032x}"
SERVICE = f"VA{7:032x}"
LARGEST = 1000
KEPT = timedelta(days=28)


class SimulatedTwilioVerify:
    """Each tenth verification took two messages, and each fourth person never entered another code that came."""

    connector = "twilio-verify"
    secrets: Mapping[str, str] = {"auth_token": "made-up"}

    def __init__(self, size: int) -> None:
        self.attempts: list[dict[str, Any]] = []
        start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - KEPT
        for index in range(size):
            at = start + index * KEPT / size
            self.attempts.append(an_attempt(index, at))
            if index % 10 == 0:
                self.attempts.append(an_attempt(index, at, message=1))
            if index % 4 == 0:
                self.attempts.append(an_attempt(index, at, message=2, status="unconverted"))

    def settings(self, url: str) -> dict[str, Any]:
        return {"account_sid": ACCOUNT, "service_sid": SERVICE, "base_url": url}

    def answer(self, asked: Asked) -> Answer:
        pair = b64encode(f"{ACCOUNT}:{self.secrets['auth_token']}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {pair}":
            return refusal(401, 20003, "Authenticate")
        if asked.path != "/v2/Attempts":
            return refusal(404, 20404, "The requested resource was not found")
        wanted = [each for each in reversed(self.attempts) if _is_asked_for(each, asked.query)]
        size = min(int(asked.query.get("PageSize", "50")), LARGEST)
        sids = [f"PA{each['sid']}" for each in wanted]
        start = sids.index(asked.query["PageToken"]) + 1 if "PageToken" in asked.query else 0
        shown = wanted[start : start + size]
        following = None
        if start + size < len(wanted):
            page = int(asked.query.get("Page", "0")) + 1
            query = urlencode({**asked.query, "Page": page, "PageToken": sids[start + size - 1]})
            following = f"http://{asked.headers['host']}{asked.path}?{query}"
        meta = {"key": "attempts", "page_size": size, "next_page_url": following}
        return answer_json({"attempts": shown, "meta": meta})


def _is_asked_for(attempt: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    after = query.get("DateCreatedAfter")
    return (
        query.get("Status", attempt["conversion_status"]) == attempt["conversion_status"]
        and query.get("VerifyServiceSid", SERVICE) == SERVICE
        and (after is None or datetime.fromisoformat(attempt["date_created"]) > datetime.fromisoformat(after))
    )


def an_attempt(index: int, at: datetime, *, message: int = 0, status: str = "converted") -> dict[str, Any]:
    one = someone(index)
    by_mail = bool(one.email) and (index % 6 == 5 or not one.phone)
    to = one.email if by_mail else one.phone or "+12025550199"
    sent = at + timedelta(minutes=message)
    # A code that nobody entered was of a verification of its own.
    verification = index if status == "converted" else index + 2**32
    return {
        "sid": f"VL{message:04x}{index:028x}",
        "account_sid": ACCOUNT,
        "service_sid": SERVICE,
        "verification_sid": f"VE{verification:032x}",
        "channel": "email" if by_mail else ("sms", "call", "whatsapp")[index % 3],
        "channel_data": {"to": to, "country": "US"},
        "conversion_status": status,
        "date_created": written(sent),
        "date_updated": written(sent + timedelta(minutes=2)),
        "price": {"currency": "usd", "value": "0.05"},
    }
