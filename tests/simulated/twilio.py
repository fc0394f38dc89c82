"""A simulated Twilio account with so many calls and messages."""

from datetime import timedelta
from typing import Any

from tests.simulated.crowd import BEGAN, someone
from worker.demo.simulator_server import Answer, Asked
from worker.demo.simulator_twilio import SimulatedTwilio

EVERY_FIFTH = 5


class SimulatedTwilioAccount:
    """Every fifth entry is a message, the others are calls; some callers hide their number."""

    connector = "twilio"

    def __init__(self, size: int) -> None:
        self._account = SimulatedTwilio("simulated", "made-up")
        self.secrets = self._account.secrets
        for index in range(size):
            other = someone(index).phone or "anonymous"
            at = BEGAN + timedelta(minutes=index)
            direction = "outbound-api" if index % 3 == 2 else "inbound"
            if index % EVERY_FIFTH == EVERY_FIFTH - 1:
                self._account.add_message(other, at, f"Message {index}", direction=direction)
            else:
                status = "no-answer" if index % 10 == 3 else "completed"
                self._account.add_call(other, at, direction=direction, status=status)

    def settings(self, url: str) -> dict[str, Any]:
        return {**self._account.settings, "base_url": url}

    def answer(self, asked: Asked) -> Answer:
        return self._account.answer(asked)
