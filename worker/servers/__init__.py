"""PostgreSQL and Valkey: those the settings name, or our own, started from their wheels.

`running` gives the addresses, `watching` starts embedded servers again that die, `state` only looks.
Processes that are no servers (worker, beat, Flower) are the business of `worker.servers.supervisor`.
"""

from worker.servers.embedded import Endpoints, last_broker_url, running, say, watching
from worker.servers.errors import ServersError
from worker.servers.ports import free_port
from worker.servers.report import Part, state

__all__ = [
    "Endpoints",
    "Part",
    "ServersError",
    "free_port",
    "last_broker_url",
    "running",
    "say",
    "state",
    "watching",
]
