"""A vendor simulator for the demo: Twilio and Intercom on loopback, in their own wire formats.

It holds no story; who uses it adds calls, messages, contacts and conversations, before or while it answers.
"""

import secrets
from threading import Lock

from worker.demo import simulator_intercom, simulator_twilio
from worker.demo.simulator_intercom import SimulatedIntercom
from worker.demo.simulator_server import Answer, Asked, LoopbackServer
from worker.demo.simulator_twilio import SimulatedTwilio


class Simulator(LoopbackServer):
    """Both vendors on one address. Use it as a context, or call `start` and `stop`.

    The secrets are made up anew for each simulator; read them from `twilio.secrets` and `intercom.secrets`.
    """

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.twilio = SimulatedTwilio("demo", secrets.token_hex(16))
        self.intercom = SimulatedIntercom(secrets.token_hex(16))
        self._throttled = 0
        self._lock = Lock()

    def throttle(self, requests: int = 1) -> None:
        """Answer the next `requests` with 429 and `Retry-After: 1`."""
        with self._lock:
            self._throttled += requests

    def _answer(self, asked: Asked) -> Answer:
        twilio = asked.path.startswith("/2010-04-01/")
        with self._lock:
            if self._throttled:
                self._throttled -= 1
                return _too_many(twilio=twilio)
            return self.twilio.answer(asked) if twilio else self.intercom.answer(asked)


def _too_many(*, twilio: bool) -> Answer:
    wait = {"Retry-After": "1"}
    if twilio:
        return simulator_twilio.refusal(429, 20429, "Too Many Requests", **wait)
    return simulator_intercom.refusal(429, "rate_limit_exceeded", "Rate limit exceeded", **wait)
