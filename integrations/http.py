"""The one HTTP client: one request, and either one decoded answer or one of our errors.

It never tries again, and waits only for its turn under the vendor's rate limits: backing off is the job's.
Errors name the source, the method, the path and the vendor's own error code; never a query, a body or a
credential, since those hold people and keys.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from msgspec import Struct
from requests import exceptions
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import parse_url

from integrations.credentials import Credentials
from integrations.errors import AccessError, RefusedError, SourceError, UnavailableError
from integrations.limits import Rate
from integrations.payloads import decode
from integrations.source import Source
from integrations.verdicts import (
    LATER,
    STRANGE,
    TOO_MANY,
    UNAUTHORIZED,
    WAIT_UNSAID,
    Verdict,
    codes_of,
    retry_after,
    verdict_of,
    wait_in,
)

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
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
PORTS = {"http": 80, "https": 443}
TROUBLES: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.SSLError, "no secure connection; its certificate may have expired"),
    (exceptions.ProxyError, "the proxy could not be reached"),
    (exceptions.ConnectTimeout, "no connection in time"),
    (exceptions.Timeout, "no answer in time"),
    (exceptions.ConnectionError, "no connection"),
)

Values = Mapping[str, str | int]


class Request(Struct, frozen=True, kw_only=True):
    """One request. At most one of `body`, `form` and `content` is sent."""

    path: str
    """Below the base URL, or a link of the vendor's."""
    method: str = "GET"
    params: Values = {}
    body: Any = None
    """Sent as JSON."""
    form: Values | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = {}
    rates: tuple[Rate, ...] | None = None
    """The limits it counts under; None for those of the whole API."""


class HttpApi:
    """One vendor's API for one source. Requests go to the host of `base_url` and to no other."""

    def __init__(  # noqa: PLR0913 - each is one fact of the vendor's, named where it is stated
        self,
        source: Source,
        base_url: str,
        *,
        auth: Credentials,
        headers: Mapping[str, str] | None = None,
        rates: Sequence[Rate] = (),
        meanings: Mapping[str, Verdict] | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        """Raises `AccessError` for a `base_url` that would send the credentials unencrypted.

        Args:
            source: Names it in errors, and has the limiter that all workers share.
            base_url: Where the API is.
            auth: Signs every request.
            headers: Sent with every request.
            rates: The vendor's limits for requests that name none.
            meanings: What error codes of the vendor mean, where that is not what their status means.
            limits: How long and how large an answer may be.
        """
        self._source = source.name
        self._base_url = base_url
        self._origin = _origin(base_url)
        if self._origin is None or (self._origin[0] != "https" and self._origin[1] not in LOOPBACK):
            raise AccessError(
                f"{source.name}: base_url must begin with https:// and name a host.\n"
                f"    Correct it in avouch.toml, then run: avouch sources test {source.name}"
            )
        self.rates = tuple(rates)
        self._limiter = source.limiter
        self._limited = f"{self._origin[1]}:{auth.whose}"
        self._meanings = meanings or {}
        self._auth = auth
        self._limits = limits
        self._session = _session(auth, self._origin[1], headers or {})

    def __repr__(self) -> str:
        return f"HttpApi({self._source!r}, {self._origin!r})"

    def get(self, path: str, *, into: type[Into], params: Values | None = None) -> Into:
        """Return what the vendor answers at `path`; raises as `ask` does."""
        return self.ask(Request(path=path, params=params or {}), into)

    def ask(self, request: Request, into: type[Into]) -> Into:
        """Return the vendor's JSON answer as `into`.

        Raises `UnavailableError`, `AccessError` or `FormatError`.
        """
        return self.read(request, lambda body: decode(body, into))

    def read(self, request: Request, reader: Callable[[bytes], Into]) -> Into:
        """Return what `reader` makes of the answer; a `ValueError` of its is a `FormatError`."""
        body = self.send(request)
        try:
            return reader(body)
        except (ValueError, RecursionError) as error:  # The latter by JSON that is nested a thousand deep.
            what = self._named(request.method, self._address(request))
            raise self._error(STRANGE, f"{what} answered not what the vendor describes: {error}") from error

    def send(self, request: Request) -> bytes:
        """Return the body of the answer, whatever it is; raises as `ask` does.

        A refusal that is neither the credentials' nor the moment's is a `RefusedError`, with its status and the
        vendor's codes.
        """
        url = self._address(request)
        rates = self.rates if request.rates is None else request.rates
        self._auth.make_ready()
        with self._limiter.slot(self._limited, rates):
            return self._sent(request, url, rates)

    def _sent(self, request: Request, url: str, rates: tuple[Rate, ...]) -> bytes:
        what = self._named(request.method, url)
        deadline = monotonic() + self._limits.total
        try:
            answer = self._session.request(
                request.method,
                url,
                params=request.params,
                json=request.body,
                data=request.content if request.form is None else request.form,
                headers=request.headers,
                stream=True,
                allow_redirects=False,
                timeout=(self._limits.connect, self._limits.silence),
            )
            with answer:
                if answer.status_code not in SUCCESS:
                    raise self._refusal(answer, what, rates)
                return self._body(answer, deadline, what)
        except (requests.RequestException, HTTPError) as error:
            raise self._error(LATER, f"{what}: {_trouble(error)}") from error

    def _named(self, method: str, url: str) -> str:
        return f"{self._source}: {method} {urlsplit(url).path}"

    def _address(self, request: Request) -> str:
        """Return the whole address of a request after making sure that it is our vendor's."""
        try:
            url = urljoin(self._base_url, request.path)
        except ValueError:
            url = ""
        if _origin(url) != self._origin:
            what = f"{self._source}: {request.method} of the next page: its link leads to another host"
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

    def _refusal(self, answer: requests.Response, what: str, rates: tuple[Rate, ...]) -> SourceError:
        status = answer.status_code
        try:
            body = answer.raw.read1(PIECE, decode_content=True)
        except HTTPError:
            body = b""
        codes = tuple(code for code in codes_of(body) if code != str(status))
        verdict = next((self._meanings[code] for code in codes if code in self._meanings), verdict_of(status))
        if status == UNAUTHORIZED and self._auth.renews():
            verdict = LATER
        wait = retry_after(answer.headers.get("Retry-After"), answer.headers.get("Date"))
        wait = wait_in(body) if wait is None else wait
        if verdict is LATER and (status == TOO_MANY or wait is not None):
            # Every worker holds back: with some vendors each request meanwhile begins the wait anew.
            self._limiter.hold_back(self._limited, rates, wait or WAIT_UNSAID)
        named = f" (code {', '.join(codes)})" if codes else ""
        message = f"{what} answered {status}{named}"
        if verdict is STRANGE:
            told, tried = self._told(verdict, message)
            return RefusedError(told, status=status, codes=codes, tried=tried)
        return self._error(verdict, message, wait)

    def _error(self, verdict: Verdict, what: str, wait: timedelta | None = None) -> SourceError:
        told, tried = self._told(verdict, what)
        if verdict.error is UnavailableError:
            return UnavailableError(told, retry_after=wait, tried=tried)
        return verdict.error(told, tried=tried)

    def _told(self, verdict: Verdict, what: str) -> tuple[str, str]:
        return verdict.told(self._source, what), verdict.told_in_trial(self._source, what)


def _session(auth: Credentials, host: str, headers: Mapping[str, str]) -> requests.Session:
    session = requests.Session()
    # A proxy of the environment has no way to our loopback, and no business seeing what goes there.
    session.trust_env = host not in LOOPBACK
    session.auth = auth
    session.headers.update({"Accept": "application/json", "User-Agent": "avouch", **headers})
    return session


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
