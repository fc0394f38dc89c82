"""The one HTTP client, before a server that answers well, badly, slowly or for ever."""

import gzip
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread

import pytest

from integrations.credentials import bearer
from integrations.errors import AccessError, FormatError, SourceError, UnavailableError
from integrations.http import LIMITS, HttpApi, Limits, Request
from integrations.payloads import Payload
from tests.connectors.contract import Vendor, always, named
from worker.demo.simulator_server import Answer, answer_json


class Listed(Payload):
    items: list[int]


def api(vendor_url: str, limits: Limits = LIMITS) -> HttpApi:
    return HttpApi(named("phone-main"), vendor_url, auth=bearer("phone-main", "made-up"), limits=limits)


@contextmanager
def raw_server(*pieces: bytes) -> Iterator[str]:
    """Answer one connection with `pieces` as they are, and keep it open after the last one."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                for piece in pieces:
                    connection.sendall(piece)
                # Returns once the client has hung up.
                connection.recv(65536)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def test_an_answer_is_read_whole_plain_or_compressed() -> None:
    plain = answer_json({"items": list(range(50_000))})
    packed = Answer(gzip.compress(plain.body), headers={"Content-Encoding": "gzip"})

    for answer in (plain, packed):
        with Vendor(always(answer)) as vendor:
            assert len(api(vendor.url).get("/items", into=Listed).items) == 50_000


def test_a_body_in_chunks_is_read_to_its_end() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with raw_server(head, b'a\r\n{"items": \r\n', b"4\r\n[1]}\r\n0\r\n\r\n") as url:
        assert api(url).get("/items", into=Listed).items == [1]


def test_a_chunk_that_breaks_off_is_tried_again_later() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    limits = Limits(silence=0.2)
    with raw_server(head, b'ff\r\n{"items": ') as url, pytest.raises(UnavailableError):
        api(url, limits).get("/items", into=Listed)


def test_a_request_says_who_asks_and_what_for() -> None:
    with Vendor(always(answer_json({"items": []}))) as vendor:
        api(vendor.url).ask(Request(path="/items", method="POST", body={"since": 7}), Listed)

    (asked,) = vendor.asked
    assert asked.headers["user-agent"] == "avouch"
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["content-type"] == "application/json"
    assert asked.json == {"since": 7}


def test_a_larger_body_than_bearable_is_a_format_error() -> None:
    bomb = Answer(gzip.compress(b" " * 5_000_000), headers={"Content-Encoding": "gzip"})
    with (
        Vendor(always(bomb)) as vendor,
        pytest.raises(FormatError, match=r"GET /items answered more than 1,000,000 bytes"),
    ):
        api(vendor.url, Limits(body=1_000_000)).get("/items", into=Listed)


def test_a_body_that_drips_is_given_up_in_the_end() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    with raw_server(head, b" ") as url, pytest.raises(UnavailableError, match="not complete after 0 seconds"):
        api(url, Limits(total=0)).get("/items", into=Listed)


def test_silence_is_no_answer_in_time() -> None:
    with raw_server() as url, pytest.raises(UnavailableError, match="no answer in time"):
        api(url, Limits(silence=0.1)).get("/items", into=Listed)


def test_a_body_that_is_not_what_it_says_is_tried_again_later() -> None:
    broken = Answer(b"not gzip", headers={"Content-Encoding": "gzip"})
    with Vendor(always(broken)) as vendor, pytest.raises(UnavailableError, match="broke off"):
        api(vendor.url).get("/items", into=Listed)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"items": ["+12025550142"]}', r"Expected `int`, got `str` - at `\$\.items\[0\]`"),
        (b'{"items": null}', r"Expected `array`, got `null` - at `\$\.items`"),
        (b'{"items": [1]', "truncated"),
        (b"", "truncated"),
    ],
)
def test_an_answer_of_another_shape_is_named_by_field_and_not_by_value(body: bytes, reason: str) -> None:
    with Vendor(always(Answer(body))) as vendor, pytest.raises(FormatError, match=reason) as caught:
        api(vendor.url).get("/items?to=%2B12025550142", into=Listed)

    assert "2025550142" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (204, FormatError),
        (304, FormatError),
        (400, FormatError),
        (402, AccessError),
        (404, FormatError),
        (408, UnavailableError),
        (422, FormatError),
        (425, UnavailableError),
        (429, UnavailableError),
        (501, UnavailableError),
        (599, UnavailableError),
        (799, FormatError),
    ],
)
def test_each_status_has_one_meaning(status: int, error: type[SourceError]) -> None:
    with (
        Vendor(always(Answer(status=status))) as vendor,
        pytest.raises(error, match="phone-main: GET /items"),
    ):
        api(vendor.url).get("/items", into=Listed)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"code": 20429, "message": "Too many"}', " (code 20429)"),
        (
            b'{"type": "error.list", "errors": [{"code": "not_found", "message": "Rosa"}]}',
            " (code not_found)",
        ),
        (b'{"errors": [{"code": "a"}, {"code": "b"}]}', " (code a, b)"),
        (b'{"code": "Rosa Alba, +447700900123"}', ""),
        (b'{"code": null}', ""),
        (b'{"errors": {"email": "rosa@example.com"}}', ""),
        (b"<html>", ""),
        (b"", ""),
    ],
)
def test_of_a_vendors_error_only_the_code_is_told(body: bytes, named: str) -> None:
    with Vendor(always(Answer(body, 503))) as vendor, pytest.raises(UnavailableError) as caught:
        api(vendor.url).get("/items", into=Listed)

    assert (
        str(caught.value) == f"phone-main: GET /items answered 503{named}. It is tried again later by itself."
    )


def test_an_error_that_breaks_off_has_no_code() -> None:
    cut = Answer(b"", 503, {"Content-Length": "50"})
    with Vendor(always(cut)) as vendor, pytest.raises(UnavailableError, match=r"answered 503\."):
        api(vendor.url).get("/items", into=Listed)


def test_trouble_may_also_say_how_long_it_lasts() -> None:
    away = Answer(status=503, headers={"Retry-After": "60"})
    with Vendor(always(away)) as vendor, pytest.raises(UnavailableError) as caught:
        api(vendor.url).get("/items", into=Listed)

    assert caught.value.retry_after == timedelta(seconds=60)


def test_the_vendors_own_link_is_followed_with_its_query() -> None:
    with Vendor(always(answer_json({"items": []}))) as vendor:
        for link in ("/items?page=2", f"{vendor.url}/items?page=3"):
            api(vendor.url).get(link, into=Listed)

    assert [asked.query for asked in vendor.asked] == [{"page": "2"}, {"page": "3"}]


def test_a_proxy_of_the_environment_never_sees_what_stays_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Vendor(always(Answer())) as proxy, Vendor(always(answer_json({"items": [1]}))) as vendor:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert api(vendor.url).get("/items", into=Listed).items == [1]

    assert proxy.asked == []
