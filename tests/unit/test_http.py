"""The one HTTP client, as far as it needs nobody to talk to."""

from datetime import timedelta

import pytest
from freezegun import freeze_time

from integrations.credentials import basic, bearer
from integrations.errors import AccessError, FormatError
from integrations.http import HttpApi
from integrations.payloads import Payload
from integrations.verdicts import retry_after
from tests.connectors.contract import named

DATE = "Mon, 02 Mar 2026 10:00:00 GMT"


class TestRetryAfter:
    """`Retry-After` is seconds or a date; what is neither says nothing."""

    @pytest.mark.parametrize(
        ("header", "seconds"), [("0", 0), ("1", 1), ("93", 93), ("1.2", 2), ("300", 300), ("86400", 300)]
    )
    def test_seconds_are_taken_as_they_are_up_to_five_minutes(self, header: str, seconds: int) -> None:
        assert retry_after(header, None) == timedelta(seconds=seconds)

    @pytest.mark.parametrize(
        ("until", "seconds"),
        [
            ("Mon, 02 Mar 2026 10:00:30 GMT", 30),
            ("Mon, 02 Mar 2026 09:59:00 GMT", 0),
            ("Tue, 03 Mar 2026 10:00:00 GMT", 300),
        ],
    )
    def test_a_date_is_measured_from_the_answers_own_date(self, until: str, seconds: int) -> None:
        assert retry_after(until, DATE) == timedelta(seconds=seconds)

    @freeze_time("2026-03-02T10:00:00Z")
    def test_a_date_is_measured_from_now_when_the_answer_has_none(self) -> None:
        assert retry_after("Mon, 02 Mar 2026 10:00:30 GMT", None) == timedelta(seconds=30)

    @pytest.mark.parametrize(
        "garbage", [None, "", "string", "-5", "1e9", "٣", "soon", "Mon, 99 Foo 2026 10:00:00 GMT", "9" * 5000]
    )
    def test_garbage_says_nothing(self, garbage: str | None) -> None:
        assert retry_after(garbage, DATE) is None


class TestBaseUrl:
    """Credentials travel encrypted, except to this machine itself."""

    @pytest.mark.parametrize(
        "base_url",
        [
            "",
            "api.example.com",
            "http://api.example.com",
            "ftp://api.example.com",
            "https://",
            "https://user:word@api.example.com",
            "https://api.example.com:port",
            "https://api.example.com\\@elsewhere.example",
            "https://api.example.com /",
        ],
    )
    def test_an_address_that_would_show_them_is_refused(self, base_url: str) -> None:
        with pytest.raises(AccessError, match="phone: base_url must begin with https://"):
            HttpApi(named("phone"), base_url, auth=basic("user", "word"))

    @pytest.mark.parametrize(
        "base_url",
        ["https://api.example.com", "http://127.0.0.1:8000", "http://localhost", "http://[::1]:80"],
    )
    def test_a_good_address_is_taken(self, base_url: str) -> None:
        assert "phone" in repr(HttpApi(named("phone"), base_url, auth=basic("user", "word")))


class _Anything(Payload):
    pass


class TestLinks:
    """A link is followed only where the credentials belong."""

    @pytest.mark.parametrize(
        "link",
        [
            "https://elsewhere.example/next",
            "//elsewhere.example/next",
            "http://api.example.com/next",
            "https://api.example.com:8443/next",
            "https://api.example.com@elsewhere.example/next",
            "https://api.example.com\\@elsewhere.example/next",
            "https://api.example.com.elsewhere.example/next",
            "https://[/next",
        ],
    )
    def test_a_link_to_another_place_is_a_format_error(self, link: str) -> None:
        api = HttpApi(named("phone"), "https://api.example.com", auth=basic("user", "word"))

        with pytest.raises(FormatError, match="leads to another host"):
            api.get(link, into=_Anything)


def test_a_token_with_a_line_end_is_refused_and_not_shown() -> None:
    with pytest.raises(AccessError) as caught:
        bearer("chat", "made-up\n")

    assert "made-up" not in str(caught.value)
