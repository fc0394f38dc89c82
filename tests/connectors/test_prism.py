"""Each connector's requests, checked against the vendor's own description by a mock server (Prism).

Needs node, npm and the descriptions: the folder that AVOUCH_SPECS names, or `shared/specs` beside the
checkout. The descriptions are their vendors' and no part of this project. Without them all of it is skipped.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from integrations.chat.intercom import Intercom
from integrations.errors import AccessError, FormatError
from integrations.credentials import basic
from integrations.http import HttpApi
from integrations.payloads import Payload
from integrations.phone.twilio import Twilio
from integrations.source import Source

ROOT = Path(__file__).resolve().parents[2]
SPECS = Path(os.environ.get("AVOUCH_SPECS", ROOT.parent / "shared" / "specs"))
CACHE = ROOT / ".prism"
PACKAGE = "@stoplight/prism-cli@5.14.2"
"""Pinned: later ones need a node that few have."""
PATIENCE = 120
"""Seconds for the first installation, which takes some 30."""
ACCOUNT = f"AC{1:032x}"


class Anything(Payload):
    pass


@pytest.fixture(scope="module")
def prism() -> Path:
    """Return the mock server's program, installed once."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    if not SPECS.is_dir():
        pytest.skip("no vendor descriptions; name their folder in AVOUCH_SPECS")
    program = CACHE / "node_modules" / ".bin" / "prism"
    if not program.exists():
        _install()
    return program


def _install() -> None:
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    command = [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
        str(CACHE),
        PACKAGE,
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"npm could not install {PACKAGE}: {type(error).__name__}")


@contextmanager
def mocked(prism: Path, description: str) -> Iterator[str]:
    """Run the mock server for one description; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["node", str(prism), "mock", "-h", "127.0.0.1", "-p", str(port), str(SPECS / description)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            assert server.stdout is not None
            assert any("Prism is listening" in line for line in server.stdout), (
                "the mock server did not start"
            )
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def twilio_mock(prism: Path) -> Iterator[str]:
    with mocked(prism, "twilio_api.json") as url:
        yield url


@pytest.fixture(scope="module")
def intercom_mock(prism: Path) -> Iterator[str]:
    with mocked(prism, "intercom.json") as url:
        yield url


class TestTwilio:
    """The mock answers every question with the same page of the description's examples."""

    @pytest.mark.parametrize("stream", ["calls", "messages"])
    def test_its_requests_fit_the_description(self, twilio_mock: str, stream: str) -> None:
        reader = self.reader(twilio_mock)

        page = reader.fetch(f'{{"stream":"{stream}","marks":{{"{stream}":{{"since":1772400000}}}}}}')

        assert page.deliveries
        assert page.rejected == ()

    def test_a_link_to_a_later_page_fits_too(self, twilio_mock: str) -> None:
        link = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json?PageSize=1000&Page=1&PageToken=PACA{1:032x}"

        page = self.reader(twilio_mock).fetch(f'{{"stream":"calls","next":"{link}"}}')

        assert page.deliveries

    def test_the_mock_refuses_what_does_not_fit(self, twilio_mock: str) -> None:
        api = HttpApi("phone", twilio_mock, auth=basic(ACCOUNT, "made-up"))

        with pytest.raises(FormatError, match="answered 4"):
            api.get(f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", into=Anything, params={"PageSize": "many"})

    def reader(self, url: str) -> Twilio:
        return Twilio(
            Source(
                name="phone",
                connector="twilio",
                settings={"account_sid": ACCOUNT, "base_url": url},
                secrets={"auth_token": "made-up"},
            )
        )


class TestIntercom:
    """The mock finds nobody, and one conversation."""

    def test_its_requests_fit_the_description(self, intercom_mock: str) -> None:
        reader = self.reader(intercom_mock)

        contacts = reader.fetch(None)
        conversations = reader.fetch(contacts.cursor)

        assert (contacts.rejected, conversations.rejected) == ((), ())
        assert not conversations.more

    def test_a_later_page_and_a_later_run_fit_too(self, intercom_mock: str) -> None:
        reader = self.reader(intercom_mock)

        page = reader.fetch('{"stream":"contacts","next":"token","marks":{"contacts":{"since":1772400000}}}')

        assert page.rejected == ()

    def test_asking_again_for_contacts_fits_too(self, intercom_mock: str) -> None:
        assert self.reader(intercom_mock).refetch(["65e3", "65e4"]).rejected == ()

    def test_the_mock_wants_credentials(self, intercom_mock: str) -> None:
        api = HttpApi("chat", intercom_mock, auth=basic("nobody", "made-up"))

        with pytest.raises(AccessError, match="answered 401"):
            api.post("/contacts/search", into=Anything, body={"query": {}})

    def reader(self, url: str) -> Intercom:
        return Intercom(
            Source(
                name="chat",
                connector="intercom",
                settings={"base_url": url},
                secrets={"access_token": "made-up"},
            )
        )
