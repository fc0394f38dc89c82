"""A mailbox of loopback: whatever a server sends by SMTP is kept, for whomever it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from queue import Queue
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

WITHIN = 30
"""Seconds in which an e-mail that is waited for has to come."""


class Mailbox(ThreadingTCPServer):
    """Takes every e-mail; says yes to everything else that is asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.came: Queue[bytes] = Queue()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self.server_address[1]
        return port

    def next_text(self) -> str:
        """Wait for the next e-mail and return what it says without its HTML."""
        parts = message_from_bytes(self.came.get(timeout=WITHIN)).walk()
        plain = next(part for part in parts if part.get_content_type() == "text/plain")
        text = plain.get_payload(decode=True)
        assert isinstance(text, bytes)
        return text.decode()


class _Session(StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self._say("220 ready")
        for line in self.rfile:
            command = line.strip().upper()
            if command == b"DATA":
                self._say("354 go on")
                self.server.came.put(b"".join(iter(self.rfile.readline, b".\r\n")))
            self._say("221 bye" if command == b"QUIT" else "250 done")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def opened() -> Iterator[Mailbox]:
    """Take e-mails until the block ends."""
    with Mailbox() as mailbox:
        Thread(target=mailbox.serve_forever, daemon=True).start()
        yield mailbox
        mailbox.shutdown()
