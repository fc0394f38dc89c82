"""What an answer means for us: tried again later, a person must act, or not what the vendor describes."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from integrations import xml_tree
from integrations.errors import AccessError, FormatError, SourceError, UnavailableError
from integrations.payloads import mail_time

LONGEST_WAIT = timedelta(minutes=5)
"""What a `Retry-After` is cut to: one wrong header must not silence a source for a day."""


class Verdict(Struct, frozen=True):
    """What an answer means for us."""

    error: type[SourceError]
    then: str
    """What follows for a run and what to type, with {source} for its name."""
    tried: str
    """What is said in its place when the source was only tried, which pauses nothing: what goes on the sentence
    before, and what to type, with {source} too."""

    def told(self, source: str, what: str) -> str:
        """Return the message of a run to which `what` happened."""
        return f"{what}. {self.then.format(source=source)}"

    def told_in_trial(self, source: str, what: str) -> str:
        """Return the message of a trial to which `what` happened."""
        return f"{what}.{self.tried.format(source=source)}"


def for_a_person(remedy: str, *, because: str = "") -> Verdict:
    """Return the verdict that somebody must act first.

    Args:
        remedy: What to do ("Give it new credentials"), before the source is resumed or tried again.
        because: What the vendor's code means, as a sentence, where that is not said by the answer.
    """
    return Verdict(
        AccessError,
        f"{because} The source is paused; nothing was lost.\n".lstrip()
        + f"    {remedy}, then run: avouch sources resume {{source}}",
        f" {because}".rstrip() + f"\n    {remedy}, then run: avouch sources test {{source}}",
    )


LATER = Verdict(
    UnavailableError,
    "It is tried again later by itself.",
    "\n    Try it again later: avouch sources test {source}",
)
REFUSED = for_a_person("Check its credentials and what they may read")
STRANGE = Verdict(
    FormatError,
    "Nothing was lost.\n"
    "    Check the source's settings; if they are right, read it from its start: avouch sync {source} --full",
    "\n    Check the source's settings, then run: avouch sources test {source}",
)
VERDICTS = {401: REFUSED, 402: REFUSED, 403: REFUSED, 408: LATER, 425: LATER, 429: LATER}
FAMILIES = {
    # Redirects are not followed: the credentials would go where somebody else says.
    3: STRANGE,
    4: STRANGE,
    5: LATER,
}
UNAUTHORIZED = 401
TOO_MANY = 429
WAIT_UNSAID = timedelta(seconds=30)
"""How long everybody holds back after a 429 without `Retry-After`: RingCentral asks for that, others for less."""


def verdict_of(status: int) -> Verdict:
    """Return what an HTTP status means that is no success."""
    return VERDICTS.get(status) or FAMILIES.get(status // 100, STRANGE)


_CODE_KEYS = frozenset({"code", "errorCode", "category", "reason", "status", "error", "subcode", "errcode"})
"""Where vendors put their error codes, at the top or inside: Twilio, Intercom, RingCentral, HubSpot, Google, Matrix."""
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}", re.ASCII)
_DEEPEST = 4


def codes_of(body: bytes) -> tuple[str, ...]:
    """Return the vendor's own error codes in an answer. Messages stay out: they may name people.

    >>> codes_of(b'{"code": 20429, "message": "Too many requests by Ana"}')
    ('20429',)
    >>> codes_of(b'{"error": {"code": 400, "details": [{"reason": "EXPIRED_SYNC_TOKEN"}]}}')
    ('400', 'EXPIRED_SYNC_TOKEN')
    >>> codes_of(b'<error xmlns="DAV:"><valid-sync-token/><x>Ana</x></error>')
    ('valid-sync-token',)
    """
    if body.lstrip()[:1] == b"<":
        return _conditions(body)
    try:
        decoded = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return ()
    return tuple(dict.fromkeys(_codes(decoded, _DEEPEST)))


def _conditions(body: bytes) -> tuple[str, ...]:
    """Return the conditions that WebDAV says a request did not meet (RFC 4918, section 16)."""
    try:
        error = xml_tree.parse(body)
    except ValueError:
        return ()
    if error.name != "{DAV:}error":
        return ()
    names = [each.name.rpartition("}")[2] for each in error.children if not each.text.strip()]
    return tuple(name for name in names if _CODE.fullmatch(name))


def _codes(value: object, deepest: int) -> Iterator[str]:
    items = value.items() if isinstance(value, dict) else ()
    for key, inner in items:
        is_code = key in _CODE_KEYS and isinstance(inner, str | int) and not isinstance(inner, bool)
        if is_code and _CODE.fullmatch(str(inner)):
            yield str(inner)
    if deepest:
        for inner in value if isinstance(value, list) else [inner for _, inner in items]:
            yield from _codes(inner, deepest - 1)


def retry_after(header: str | None, date: str | None) -> timedelta | None:
    """Return the wait that `Retry-After` asks for, in seconds or as a date; None when it says nothing usable.

    Args:
        header: The header's value. Real ones have held garbage.
        date: The answer's own `Date`: the distance of two of the vendor's times needs no clock of ours.

    >>> retry_after("30", None)
    datetime.timedelta(seconds=30)
    >>> retry_after("string", None) is None
    True
    """
    if header is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", header, re.ASCII):
        return min(timedelta(seconds=math.ceil(float(header))), LONGEST_WAIT)
    try:
        until = mail_time(header, "Retry-After")
    except ValueError:
        return None
    try:
        now = mail_time(date or "", "Date")
    except ValueError:
        now = datetime.now(UTC)
    return max(timedelta(0), min(until - now, LONGEST_WAIT))


def wait_in(body: bytes) -> timedelta | None:
    """Return the wait that a refusal's own text asks for, as Matrix servers write it; None when it says nothing usable.

    >>> wait_in(b'{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2648}')
    datetime.timedelta(seconds=3)
    """
    try:
        decoded = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
    wait = decoded.get("retry_after_ms") if isinstance(decoded, dict) else None
    if not isinstance(wait, int) or isinstance(wait, bool) or wait < 0:
        return None
    return min(timedelta(seconds=math.ceil(wait / 1000)), LONGEST_WAIT)
