"""A sync that is killed at any moment and started again ends as one that was left in peace."""

import pytest

from tests.simulated.killed import pulled
from tests.simulated.vendor import VENDORS
from worker.servers import Endpoints

pytestmark = pytest.mark.servers

SIZE = 250
"""The command `python -m benchmarks.killed` does it with ten thousand."""
PAGE = 20


@pytest.mark.parametrize("connector", VENDORS)
def test_what_is_pulled_does_not_depend_on_kills(endpoints: Endpoints, connector: str) -> None:
    in_peace = pulled(endpoints.database_url, connector, SIZE, page_limit=PAGE, kills=0)

    killed = pulled(endpoints.database_url, connector, SIZE, page_limit=PAGE, kills=2)

    assert in_peace.records > SIZE // 2
    assert (killed.records, killed.contacts, killed.digest) == (
        in_peace.records,
        in_peace.contacts,
        in_peace.digest,
    )
