"""Access tokens that live for an hour or so (OAuth 2.0, RFC 6749): asked for, kept by this process, renewed in time.

The grants are those for programs without a person before them: a refresh token (RFC 6749 section 6), a signed
assertion (RFC 7523), the client's own credentials.
"""

import time
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import requests
from msgspec import Struct

from integrations.credentials import Credentials, bearer
from integrations.errors import AccessError, RefusedError
from integrations.http import HttpApi, Request
from integrations.limits import Rate
from integrations.payloads import Payload
from integrations.source import Source
from integrations.verdicts import for_a_person

EARLY = 60.0
"""Seconds before its end at which a token is renewed: a request with it may wait for its turn that long."""
NO_TOKEN = for_a_person("Give it new ones")


class Unsigned(Credentials):
    """No credentials: what lets us in stands in the form."""

    def __init__(self) -> None:
        super().__init__("")

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave the request as it is."""
        return r


class _Granted(Payload):
    access_token: str
    expires_in: float = 3600.0


class _Kept(Struct, frozen=True):
    token: str
    until: float
    """By the clock that nobody sets (`time.monotonic`)."""


_kept: dict[str, _Kept] = {}
"""The tokens of this process: connectors are built anew for each task, and vendors limit how often one may ask.
Two threads that ask at once get a token each; the later one is kept."""


def refreshed(source: Source, url: str, client_id: str) -> "AccessToken":
    """Return what signs with the access tokens that a refresh token is given at `url` (RFC 6749 section 6).

    The source has the secrets `client_secret` and `refresh_token`; raises `AccessError` where it lacks one.
    """
    secrets = {name: source.secret(name) for name in ("client_secret", "refresh_token")}
    return AccessToken(source, url, {"grant_type": "refresh_token", "client_id": client_id, **secrets})


class AccessToken(Credentials):
    """Signs with an access token, which it asks for when it is needed."""

    def __init__(
        self,
        source: Source,
        url: str,
        form: Mapping[str, str],
        *,
        client: Credentials | None = None,
        rates: Sequence[Rate] = (),
    ) -> None:
        """Ask for nothing yet.

        Args:
            source: The source that the token is for.
            url: Where tokens are given.
            form: The grant: what is sent there.
            client: Signs the request for a token, where the form does not hold the client's credentials.
            rates: The vendor's limits on asking for tokens.
        """
        super().__init__("")
        self._source = source.name
        self._url = url
        self._form = form
        self._is_new = False
        self._signer: Credentials = Unsigned()
        self._api = HttpApi(source, url, auth=client or Unsigned(), rates=rates)
        granted = "\n".join((url, *(f"{name}={value}" for name, value in sorted(form.items()))))
        self._whose = blake2b(granted.encode(), digest_size=16).hexdigest()

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request."""
        return self._signer(r)

    def make_ready(self) -> None:
        """Ask for a token where none is kept; raises as `HttpApi.ask` does when there is none to be had."""
        self._signer = bearer(self._source, self._token())

    @property
    def whose(self) -> str:
        """Stands for the grant: its tokens come and go, the vendor's limits stay."""
        return self._whose

    def renews(self) -> bool:
        """Forget a token that was refused; say whether another one may help: not if this one was new."""
        _kept.pop(self._whose, None)
        return not self._is_new

    def _token(self) -> str:
        kept = _kept.get(self._whose)
        self._is_new = kept is None or kept.until <= time.monotonic()
        if kept is None or self._is_new:
            granted = self._granted()
            kept = _Kept(granted.access_token, time.monotonic() + granted.expires_in - EARLY)
            _kept[self._whose] = kept
        return kept.token

    def _granted(self) -> _Granted:
        try:
            return self._api.ask(Request(path=self._url, method="POST", form=self._form), _Granted)
        except RefusedError as error:
            named = f" (code {', '.join(error.codes)})" if error.codes else ""
            what = f"{self._source}: no access token is given for its credentials{named}"
            raise AccessError(
                NO_TOKEN.told(self._source, what), tried=NO_TOKEN.told_in_trial(self._source, what)
            ) from error
