"""One database for all tests of jobs, emptied before each: making one takes longer than most tests."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.database import empty, new_database, schema_at
from worker.servers import Endpoints
from worker.storage.unit_of_work import UnitOfWork


@pytest.fixture(scope="session")
def _jobs_database(endpoints: Endpoints) -> Iterator[tuple[Engine, UnitOfWork]]:
    with new_database(endpoints.database_url) as url, schema_at(url) as opened:
        yield opened


@pytest.fixture
def uow(_jobs_database: tuple[Engine, UnitOfWork]) -> UnitOfWork:
    """The unit of work on an empty database with the present schema."""
    engine, opened = _jobs_database
    empty(engine)
    return opened


@pytest.fixture
def engine(_jobs_database: tuple[Engine, UnitOfWork]) -> Engine:
    """The same database past all stores, to damage it."""
    return _jobs_database[0]
