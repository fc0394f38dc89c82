"""Celery's side of what runs: who answers, and how many messages wait."""

from collections.abc import Mapping
from typing import NamedTuple

from kombu.exceptions import OperationalError

from config.queues import QUEUES
from worker.celery import app

_ANSWER_SECONDS = 1.0
"""A worker that works in its main process answers between two tasks; a tick takes milliseconds."""

_BEAT = "celerybeat@"

BrokerError = OperationalError
"""Raised when the broker does not answer or refuses."""


class Answers(NamedTuple):
    """Who answers, by name."""

    workers: list[str]
    beats: list[str]
    """Several do no harm."""


def answers() -> Answers:
    """Ask all workers and beats for a sign of life. Takes a second."""
    names = sorted(name for answer in app.control.ping(timeout=_ANSWER_SECONDS) for name in answer)
    beats = [name for name in names if name.startswith(_BEAT)]
    return Answers([name for name in names if name not in beats], beats)


def any_alive() -> bool:
    """Say whether a worker answers."""
    return bool(answers().workers)


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
