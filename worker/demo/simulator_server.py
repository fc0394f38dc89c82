"""A small HTTP server on loopback that answers by a function: the ground the simulated vendors stand on."""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Struct


class Asked(Struct, frozen=True):
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> object:
        """The body decoded; None if there is none."""
        return msgspec.json.decode(self.body) if self.body else None


class Answer(Struct, frozen=True):
    """One answer. A `Content-Length` among the headers stands as it is, also when it is wrong."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = {}


def answer_json(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Return `value` as a JSON answer."""
    return Answer(msgspec.json.encode(value), status, {"Content-Type": "application/json", **(headers or {})})


class LoopbackServer:
    """Serves `answering` on a free port of 127.0.0.1, in threads of this process, until it is stopped."""

    def __init__(self, answering: Callable[[Asked], Answer]) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.answering = answering
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), name="simulator", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        """The address, without a slash at the end. The port is taken from the start on."""

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and give the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # Connections that wait to be accepted: beyond the usual 5, one loses a second.
    answering: Callable[[Asked], Answer]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that are gone: they are killed on purpose."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as the server passes it


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Head and body leave together: apart, each answer waits 40 ms for an acknowledgement.
    timeout = 10  # Seconds that a thread waits for the next request on a connection that is kept open.

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PROPFIND(self) -> None:
        self._answer()

    def do_REPORT(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the name it has in http.server
        """Write nothing: requests hold numbers and names."""

    def _answer(self) -> None:
        url = urlsplit(self.path)
        asked = Asked(
            method=self.command,
            path=url.path,
            query=dict(parse_qsl(url.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length", "0"))),
        )
        answer = cast("_Server", self.server).answering(asked)
        headers = {"Content-Length": str(len(answer.body)), **answer.headers}
        # A client that gave up is no trouble of the server's.
        with suppress(ConnectionError):
            self.send_response(answer.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
        # A body shorter than announced is only noticed once the connection ends.
        self.close_connection = self.close_connection or headers["Content-Length"] != str(len(answer.body))
