"""The one HTTP client: one request, and either one decoded answer or one of our three errors.

It never tries again and never sleeps: backing off is the job's. Errors name the source, the method, the path
and the vendor's own error code; never a query, a body or a credential, since those hold people and keys.
"""

import math
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from msgspec import Struct
from requests import exceptions
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import parse_url

from integrations.errors import AccessError, FormatError, SourceError, UnavailableError
from integrations.payloads import Payload, decode, mail_time

Into = TypeVar("Into")


class Limits(Struct, frozen=True):
    """How long and how large an answer may be. Seconds and bytes."""

    connect: float = 10.0
    silence: float = 20.0
    """The longest wait for the next byte."""
    total: float = 35.0
    """For the whole answer. It is checked at every piece of the body, so one silence may come on top: below
    the 60 seconds after which a task is stopped, so that the error names the vendor. Headers that drip are
    left to that limit."""
    body: int = 32 * 1024 * 1024
    """After decompression. The pages we ask for stay under 5 MB."""


LIMITS = Limits()
SUCCESS = range(200, 300)
PIECE = 64 * 1024
LONGEST_WAIT = timedelta(minutes=5)
"""What a `Retry-After` is cut to: one wrong header must not silence a source for a day."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
PORTS = {"http": 80, "https": 443}


class Verdict(Struct, frozen=True):
    """What an answer means for us."""

    error: type[SourceError]
    then: str
    """What follows and what to type, with {source} for its name."""


LATER = Verdict(UnavailableError, "It is tried again later by itself.")
REFUSED = Verdict(
    AccessError,
    "The source is paused; nothing was lost.\n"
    "    Check its credentials and what they may read, then run: avouch sources resume {source}",
)
STRANGE = Verdict(
    FormatError,
    "Nothing was lost.\n"
    "    Check the source's settings; if they are right, read it from its start: avouch sync {source} --full",
)
VERDICTS = {401: REFUSED, 402: REFUSED, 403: REFUSED, 408: LATER, 425: LATER, 429: LATER}
FAMILIES = {
    # Redirects are not followed: the credentials would go where somebody else says.
    3: STRANGE,
    4: STRANGE,
    5: LATER,
}
TROUBLES: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.SSLError, "no secure connection; its certificate may have expired"),
    (exceptions.ProxyError, "the proxy could not be reached"),
    (exceptions.ConnectTimeout, "no connection in time"),
    (exceptions.Timeout, "no answer in time"),
    (exceptions.ConnectionError, "no connection"),
)


class Credentials(AuthBase):
    """An `Authorization` header, in no repr and in no error."""

    def __init__(self, header: str) -> None:
        self._header = header

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request. That there is such a signer also keeps requests from looking into a .netrc."""
        r.headers["Authorization"] = self._header
        return r


def basic(user: str, password: str) -> Credentials:
    """Return the credentials of a user with a password."""
    return Credentials("Basic " + b64encode(f"{user}:{password}".encode()).decode())


def bearer(source: str, token: str) -> Credentials:
    """Return the credentials of a token; raises `AccessError` when it cannot be one.

    The HTTP libraries refuse such a header too, and print it.
    """
    if not re.fullmatch(r"[!-~]+", token):
        raise AccessError(
            f"{source}: its token has a space, a line end or another character that no token has.\n"
            f"    Set it again, then run: avouch sources test {source}"
        )
    return Credentials(f"Bearer {token}")


class HttpApi:
    """One vendor's API for one source. Requests go to the host of `base_url` and to no other."""

    def __init__(
        self,
        source: str,
        base_url: str,
        *,
        auth: Credentials,
        headers: Mapping[str, str] | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        """Raises `AccessError` for a `base_url` that would send the credentials unencrypted."""
        self._source = source
        self._base_url = base_url
        self._origin = _origin(base_url)
        if self._origin is None or (self._origin[0] != "https" and self._origin[1] not in LOOPBACK):
            raise AccessError(
                f"{source}: base_url must begin with https:// and name a host.\n"
                f"    Correct it in avouch.toml, then run: avouch sources test {source}"
            )
        self._limits = limits
        self._session = requests.Session()
        # A proxy of the environment has no way to our loopback, and no business seeing what goes there.
        self._session.trust_env = self._origin[1] not in LOOPBACK
        self._session.auth = auth
        self._session.headers.update(
            {"Accept": "application/json", "User-Agent": "avouch", **(headers or {})}
        )

    def __repr__(self) -> str:
        return f"HttpApi({self._source!r}, {self._origin!r})"

    def get(self, path: str, *, into: type[Into], params: Mapping[str, str | int] | None = None) -> Into:
        """Return what the vendor answers at `path`, or at its own link to the next page.

        Raises `UnavailableError`, `AccessError` or `FormatError`.
        """
        return self._ask("GET", path, into, params=params)

    def post(self, path: str, *, into: type[Into], body: Mapping[str, Any]) -> Into:
        """Return what the vendor answers to `body`, sent as JSON; raises as `get` does."""
        return self._ask("POST", path, into, json=body)

    def _ask(
        self,
        method: str,
        path: str,
        into: type[Into],
        params: Mapping[str, str | int] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Into:
        url = self._address(method, path)
        what = f"{self._source}: {method} {urlsplit(url).path}"
        deadline = monotonic() + self._limits.total
        timeout = (self._limits.connect, self._limits.silence)
        try:
            answer = self._session.request(
                method, url, params=params, json=json, stream=True, allow_redirects=False, timeout=timeout
            )
            with answer:
                if answer.status_code not in SUCCESS:
                    raise self._refusal(answer, what)
                body = self._body(answer, deadline, what)
        except (requests.RequestException, HTTPError) as error:
            raise self._error(LATER, f"{what}: {_trouble(error)}") from error
        try:
            return decode(body, into)
        except ValueError as error:
            raise self._error(STRANGE, f"{what} answered not what the vendor describes: {error}") from error

    def _address(self, method: str, link: str) -> str:
        """Return the whole address of `link` after making sure that it is our vendor's."""
        try:
            url = urljoin(self._base_url, link)
        except ValueError:
            url = ""
        if _origin(url) != self._origin:
            what = f"{self._source}: {method} of the next page: its link leads to another host"
            raise self._error(STRANGE, f"{what}; nothing was sent there")
        return url

    def _body(self, answer: requests.Response, deadline: float, what: str) -> bytes:
        pieces: list[bytes] = []
        size = 0
        # read1 returns after each piece of the network; read would wait for a drip to fill its buffer.
        while piece := answer.raw.read1(PIECE, decode_content=True):
            size += len(piece)
            if size > self._limits.body:
                raise self._error(STRANGE, f"{what} answered more than {self._limits.body:,} bytes")
            if monotonic() > deadline:
                raise self._error(LATER, f"{what} was not complete after {self._limits.total:g} seconds")
            pieces.append(piece)
        return b"".join(pieces)

    def _refusal(self, answer: requests.Response, what: str) -> SourceError:
        status = answer.status_code
        verdict = VERDICTS.get(status) or FAMILIES.get(status // 100, STRANGE)
        wait = retry_after(answer.headers.get("Retry-After"), answer.headers.get("Date"))
        return self._error(verdict, f"{what} answered {status}{_vendor_code(answer)}", wait)

    def _error(self, verdict: Verdict, what: str, wait: timedelta | None = None) -> SourceError:
        message = f"{what}. {verdict.then.format(source=self._source)}"
        if verdict.error is UnavailableError:
            return UnavailableError(message, retry_after=wait)
        return verdict.error(message)


def _origin(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port as the HTTP library reads them, or None where it or we would stumble."""
    if not re.fullmatch(
        r"[!-\[\]-~]+", url
    ):  # Backslashes and white space: libraries differ on what they mean.
        return None
    try:
        parsed = parse_url(url)
    except LocationParseError:
        return None
    if parsed.scheme not in PORTS or not parsed.host or parsed.auth:
        return None
    return parsed.scheme, parsed.host, parsed.port or PORTS[parsed.scheme]


def _trouble(error: Exception) -> str:
    """Say in our words what broke; the libraries' own words hold the address with its query."""
    return next((words for kind, words in TROUBLES if isinstance(error, kind)), "the answer broke off")


class _Coded(Payload):
    code: str | int | None = None


class _Problem(Payload):
    """Where vendors put their error code: Twilio at the top, Intercom and others in a list."""

    code: str | int | None = None
    errors: tuple[_Coded, ...] = ()


def _vendor_code(answer: requests.Response) -> str:
    """Return the vendor's own error code in words, or nothing. Its message stays out: it may name people."""
    try:
        problem = decode(answer.raw.read1(PIECE, decode_content=True), _Problem)
    except (ValueError, HTTPError):
        return ""
    codes = [problem.code, *(error.code for error in problem.errors)]
    named = [str(code) for code in codes if re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", str(code or ""))]
    return f" (code {', '.join(named)})" if named else ""


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
