"""A database for tests: its schema, its sources, and pages landed in it."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy
from sqlalchemy import Engine

from integrations.contract import ContactRecord, Delivery, Level, Rejected
from tests.builders import ID_KEY, LANDED, START
from worker.domain import export
from worker.jobs import resolve
from worker.jobs.land import Arrival, Landed, land
from worker.storage import migrate, tables
from worker.storage.database import engine_for
from worker.storage.unit_of_work import UnitOfWork


@contextmanager
def new_database(server_url: str) -> Iterator[str]:
    """Make a database on the server and drop it afterwards; give its URL."""
    name = f"avouch_test_{uuid.uuid4().hex}"
    url = sqlalchemy.make_url(server_url)
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE DATABASE {name} TEMPLATE template0"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def schema_at(url: str) -> Iterator[tuple[Engine, UnitOfWork]]:
    """Open the database at `url` and bring it to the present schema."""
    engine = engine_for(url)
    migrate.upgrade(engine)
    try:
        yield engine, UnitOfWork(engine, ID_KEY)
    finally:
        engine.dispose()


def empty(engine: Engine) -> None:
    """Take every row out of every table."""
    names = ", ".join(table.name for table in tables.metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"TRUNCATE {names}"))


def add_sources(uow: UnitOfWork, trust: Mapping[str, Level]) -> None:
    """Make sources that nothing pulls, each with its trust."""
    with uow.begin() as tx:
        for name, level in trust.items():
            tx.sources.put(name=name, kind="import", connector="jsonl", trust=level.value, configured=False)


def land_page(
    uow: UnitOfWork,
    source: str,
    records: Sequence[ContactRecord],
    *,
    rejected: Sequence[Rejected] = (),
    landed_at: datetime = LANDED,
    stamp: datetime | None = None,
) -> Landed:
    """Land one page at `source`, as a sync does."""
    with uow.begin() as tx:
        tx.sources.lock(source)
        arrival = Arrival(source, None, stamp, landed_at)
        return land(tx, uow.id_key, arrival, [Delivery(record) for record in records], rejected)


def resolve_all(uow: UnitOfWork, now: datetime = START) -> None:
    """Resolve until nothing waits, together with whoever else resolves."""
    while resolve.run(uow, now).outcome is not resolve.Outcome.IDLE:
        pass


def exported(uow: UnitOfWork) -> list[str]:
    """Return the export, a contact a line."""
    with uow.begin() as tx:
        return [export.line(*counted) for counted in tx.contacts.counted()]
