"""Access tokens: asked for when they are needed, kept as long as they live, shown nowhere."""

from collections.abc import Iterator
from typing import Any

import pytest

from integrations import oauth
from integrations.credentials import basic
from integrations.errors import AccessError, UnavailableError
from integrations.http import HttpApi
from integrations.oauth import AccessToken
from integrations.payloads import Payload
from integrations.source import Source
from tests.connectors.contract import Vendor, always
from worker.demo.simulator_server import Answer, Asked, answer_json

SOURCE = Source(name="phone", connector="made-up")
FORM = {"grant_type": "refresh_token", "refresh_token": "made-up-grant"}


class _Anything(Payload):
    pass


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    oauth._kept.clear()
    yield
    oauth._kept.clear()


class Giving:
    """Gives a new access token at each question, and accepts the newest only."""

    def __init__(self, **granted: Any) -> None:
        self.granted = granted
        self.given = 0

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            self.given += 1
            return answer_json({"access_token": f"token-{self.given}", **self.granted})
        right = asked.headers["authorization"] == f"Bearer token-{self.given}"
        return answer_json({}) if right else Answer(status=401)


def api(vendor: Vendor, source: Source = SOURCE) -> HttpApi:
    token = AccessToken(source, f"{vendor.url}/token", FORM, client=basic("client", "made-up-secret"))
    return HttpApi(source, vendor.url, auth=token)


def test_a_token_is_asked_for_once_and_signs_every_request() -> None:
    with Vendor(Giving(expires_in=3600)) as vendor:
        for _ in range(2):
            api(vendor).get("/calls", into=_Anything)
            api(vendor).get("/calls", into=_Anything)

    assert [asked.path for asked in vendor.asked] == ["/token", *["/calls"] * 4]
    assert vendor.asked[0].body == b"grant_type=refresh_token&refresh_token=made-up-grant"
    assert vendor.asked[0].headers["authorization"].startswith("Basic ")


def test_a_token_that_ends_soon_is_renewed_before_it_does() -> None:
    with Vendor(Giving(expires_in=59)) as vendor:
        api(vendor).get("/calls", into=_Anything)
        api(vendor).get("/calls", into=_Anything)

    assert [asked.path for asked in vendor.asked] == ["/token", "/calls"] * 2


def test_a_token_that_ended_early_is_asked_for_anew_at_the_next_try() -> None:
    giving = Giving()
    with Vendor(giving) as vendor:
        api(vendor).get("/calls", into=_Anything)
        giving.given += 1
        with pytest.raises(UnavailableError, match="answered 401"):
            api(vendor).get("/calls", into=_Anything)
        api(vendor).get("/calls", into=_Anything)

    assert [asked.path for asked in vendor.asked] == ["/token", "/calls", "/calls", "/token", "/calls"]


def test_a_new_token_that_is_refused_too_needs_a_person() -> None:
    giving = Giving()
    with (
        Vendor(lambda asked: giving(asked) if asked.path == "/token" else Answer(status=401)) as vendor,
        pytest.raises(AccessError, match="answered 401"),
    ):
        api(vendor).get("/calls", into=_Anything)

    assert giving.given == 1


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_grant_that_is_refused_needs_a_person(status: int) -> None:
    refused = answer_json({"error": "invalid_grant", "error_description": "Ana's token"}, status=status)
    with (
        Vendor(always(refused)) as vendor,
        pytest.raises(AccessError, match=r"(?s)invalid_grant.*avouch sources resume phone") as caught,
    ):
        api(vendor).get("/calls", into=_Anything)

    assert "Ana" not in str(caught.value)
    assert "made-up" not in str(caught.value)
    assert "paused" not in caught.value.tried
    assert caught.value.tried.endswith(", then run: avouch sources test phone")


def test_the_vendors_limits_are_the_grants_and_not_its_tokens() -> None:
    with Vendor(Giving(expires_in=59)) as vendor:
        one, other = (AccessToken(SOURCE, f"{vendor.url}/token", FORM) for _ in range(2))
        elsewhere = AccessToken(SOURCE, f"{vendor.url}/token", {**FORM, "refresh_token": "another"})

    assert one.whose == other.whose != elsewhere.whose
    assert "made-up" not in one.whose
