"""What signs a request: a user with a password, a token, a key in a header of the vendor's own."""

import re
from base64 import b64encode
from hashlib import blake2b

import requests
from requests.auth import AuthBase

from integrations.errors import AccessError

_TOKEN = re.compile(r"[!-~]+")


class Credentials(AuthBase):
    """A header that lets us in; in no repr and in no error."""

    def __init__(self, value: str, header: str = "Authorization") -> None:
        self._value = value
        self._header = header

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request. That there is such a signer also keeps requests from looking into a .netrc."""
        r.headers[self._header] = self._value
        return r

    def make_ready(self) -> None:
        """Get what signing needs, before the request takes its turn under the vendor's limits."""

    def renews(self) -> bool:
        """Say whether other credentials may help where these were refused: access tokens end early at times."""
        return False

    @property
    def whose(self) -> str:
        """Stands for whoever these credentials belong to, without showing them: vendors limit requests by it."""
        return blake2b(self._value.encode(), digest_size=8).hexdigest()


def basic(user: str, password: str) -> Credentials:
    """Return the credentials of a user with a password."""
    return Credentials("Basic " + b64encode(f"{user}:{password}".encode()).decode())


def bearer(source: str, token: str) -> Credentials:
    """Return the credentials of a token; raises `AccessError` when it cannot be one."""
    return key(source, token, "Authorization", "Bearer ")


def key(source: str, token: str, header: str, scheme: str = "") -> Credentials:
    """Return the credentials of a token in a header of the vendor's own ("x-api-token").

    Raises `AccessError` when it cannot be one: the HTTP libraries refuse such a header too, and print it.
    """
    if not _TOKEN.fullmatch(token):
        raise AccessError(
            f"{source}: its token has a space, a line end or another character that no token has.\n"
            f"    Set it again, then run: avouch sources test {source}"
        )
    return Credentials(scheme + token, header)
