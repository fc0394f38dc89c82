"""Celery's side of what runs: who answers, and how many messages wait."""

from collections.abc import Mapping

from kombu.exceptions import OperationalError

from config.queues import QUEUES
from worker.celery import app

_ANSWER_SECONDS = 1.0
"""A worker that works in its main process answers between two tasks; a tick takes milliseconds."""

BrokerError = OperationalError
"""Raised when the broker does not answer or refuses."""


def alive() -> list[str]:
    """Return the names of the workers that answer, beat left out. Takes a second."""
    answers = app.control.ping(timeout=_ANSWER_SECONDS)
    return sorted(name for answer in answers for name in answer if not name.startswith("beat@"))


def any_alive() -> bool:
    """Say whether a worker answers; returns with the first answer."""
    return bool(app.control.broadcast("ping", reply=True, timeout=_ANSWER_SECONDS, limit=1))


def waiting() -> dict[str, int]:
    """Return how many messages wait in each queue."""
    with app.connection_for_read() as connection:
        client = connection.default_channel.client
        return {queue: int(client.llen(queue)) for queue in QUEUES}


def broker_settings() -> Mapping[str, str]:
    """Return the broker's settings that decide whether messages get lost; empty where it does not tell."""
    with app.connection_for_read() as connection:
        client = connection.default_channel.client
        try:
            found = client.config_get("maxmemory-policy", "appendonly")
        except client.ResponseError:
            return {}  # Managed servers refuse the question.
    return {str(name): str(value) for name, value in found.items()}


def send(task: str, *arguments: str) -> None:
    """Send the message that starts `task` now. The row that asks for the work must be committed."""
    app.send_task(task, args=arguments, expires=20)
