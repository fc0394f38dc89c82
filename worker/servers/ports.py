"""Free ports on loopback."""

import random
import socket

from worker.servers.errors import ServersError

LOOPBACK = "127.0.0.1"

_PORTS = range(20000, 30000)
"""Below the range from which systems take ports for outgoing connections (32768 on Linux): a client that
retries while the server is down could otherwise be given the server's own port, and connect to itself."""


def free_port() -> int:
    """Return a port of loopback that is free now; nothing keeps it free, so use it soon."""
    start = random.SystemRandom().randrange(len(_PORTS))
    for step in range(len(_PORTS)):
        port = _PORTS[(start + step) % len(_PORTS)]
        if is_free(port):
            return port
    raise ServersError(f"No port from {_PORTS[0]} to {_PORTS[-1]} is free on {LOOPBACK}. See: ss -ltn")


def is_free(port: int) -> bool:
    """Say whether a server could listen on `port` of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do it: connections of the last run that are still fading do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
