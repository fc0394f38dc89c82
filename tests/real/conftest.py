"""Real servers to read from.

How a connector's test uses them:

    def test_customers_arrive(localstripe: LocalStripe) -> None:
        localstripe.new_customer(name="Ana Ruiz", email="ana@example.com")

        pages = read(registry.connector(a_source(base_url=localstripe.url, api_key=localstripe.key)))

- `radicale` is one server for the whole run. A test takes an account of its own: `account = radicale.new_account()`,
  `book = account.new_book()`, `account.put(book, "1.vcf", a_card("Ana Ruiz"))`.
- `localstripe` is one server for the whole run, emptied before each test.
- `synapse` is one server for the whole run, with the token of an administrator in `synapse.admin.token`. A test makes
  users and rooms of its own: `new_user`, `new_room`, `say`. It has no rate limits; `limited_synapse` has those that a
  Synapse has by default. Tests that use either carry `@pytest.mark.real`, are left out of `make test` and run with
  `make test-real`, which installs Synapse first.

The servers end with the run, also with one that is killed.
"""

from collections.abc import Iterator

import pytest

from tests.real import localstripe as localstripes
from tests.real import radicale as radicales
from tests.real import synapse as synapses
from tests.real.localstripe import LocalStripe
from tests.real.radicale import Radicale
from tests.real.synapse import Synapse


@pytest.fixture(scope="session")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    """A CardDAV server."""
    with radicales.started(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture(scope="session")
def _localstripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStripe]:
    with localstripes.started(tmp_path_factory.mktemp("localstripe")) as server:
        yield server


@pytest.fixture
def localstripe(_localstripe: LocalStripe) -> LocalStripe:
    """A server with Stripe's interface that knows nobody yet."""
    _localstripe.empty()
    return _localstripe


@pytest.fixture(scope="session")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """A Matrix homeserver without rate limits."""
    _has_synapse()
    with synapses.started(tmp_path_factory.mktemp("synapse")) as server:
        yield server


@pytest.fixture(scope="session")
def limited_synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """A Matrix homeserver with the rate limits that it has by default."""
    _has_synapse()
    with synapses.started(tmp_path_factory.mktemp("limited-synapse"), limited=True) as server:
        yield server


def _has_synapse() -> None:
    if not synapses.PYTHON.exists():
        pytest.fail("Synapse is not installed. Install it and run these tests with: make test-real")
