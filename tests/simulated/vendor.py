"""Simulated vendors: a small server each, with as many invented people as one likes and the vendor's own paging.

A recording shows what one run asks; these are for whole runs: ten thousand records, killed and started again.
A module here has one class for one vendor, and a line in `VENDORS`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol

from integrations.source import Source
from worker.demo.simulator_server import Answer, Asked, LoopbackServer


class SimulatedVendor(Protocol):
    """One vendor with `size` records; the same ones for the same size, whenever it is made."""

    connector: str
    """The connector that reads it."""
    secrets: Mapping[str, str]

    def settings(self, url: str) -> dict[str, Any]:
        """Return what avouch.toml says of a source at this vendor, which listens at `url`."""
        ...

    def answer(self, asked: Asked) -> Answer:
        """Answer one request as the vendor does. Threads of a server call this at the same time."""
        ...


VENDORS: Mapping[str, str] = {
    "intercom": "tests.simulated.intercom:SimulatedIntercomWorkspace",
    "zendesk": "tests.simulated.zendesk:SimulatedZendesk",
    "chatwoot": "tests.simulated.chatwoot:SimulatedChatwoot",
    "matrix": "tests.simulated.matrix:SimulatedMatrix",
    "sql-calls": "tests.simulated.call_records:SimulatedCallRecords",
    "twilio": "tests.simulated.twilio:SimulatedTwilioAccount",
    "ringcentral": "tests.simulated.ringcentral:SimulatedRingCentral",
    "aircall": "tests.simulated.aircall:SimulatedAircall",
    "twilio-verify": "tests.simulated.twilio_verify:SimulatedTwilioVerify",
    "pipedrive": "tests.simulated.pipedrive:SimulatedPipedrive",
    "stripe": "tests.simulated.stripe:SimulatedStripe",
    "hubspot": "tests.simulated.hubspot:SimulatedHubSpot",
    "google-people": "tests.simulated.google_people:SimulatedGooglePeople",
    "carddav": "tests.simulated.carddav:SimulatedCardDav",
    "csv": "tests.simulated.files:SimulatedCsv",
    "xlsx": "tests.simulated.files:SimulatedWorkbook",
    "vcard": "tests.simulated.files:SimulatedCards",
    "jsonl": "tests.simulated.files:SimulatedLines",
}
"""What makes the simulated vendor of a connector with so many records, as "module:Class"."""


def simulated(connector: str, size: int) -> SimulatedVendor:
    """Return the vendor of `connector` with so many records."""
    module, _, name = VENDORS[connector].partition(":")
    build: Callable[[int], SimulatedVendor] = getattr(import_module(module), name)
    return build(size)


@contextmanager
def simulated_source(connector: str, size: int, **fields: Any) -> Iterator[Source]:
    """Serve a simulated vendor; give a source that reads it, with further `fields` of one."""
    vendor = simulated(connector, size)
    with LoopbackServer(vendor.answer) as server:
        yield Source(
            name=connector,
            connector=connector,
            settings=vendor.settings(server.url),
            secrets=vendor.secrets,
            **fields,
        )
