"""Migrations: up from empty, down again, and exactly the schema that the code describes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from worker.storage import migrate, tables
from worker.storage.database import engine_for

pytestmark = pytest.mark.servers


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = engine_for(database_url)
    yield engine
    engine.dispose()


def names(engine: Engine) -> set[str]:
    return set(sqlalchemy.inspect(engine).get_table_names())


def test_up_from_empty_makes_every_table(engine: Engine) -> None:
    assert not migrate.is_current(engine)

    migrate.upgrade(engine)

    assert migrate.is_current(engine)
    assert names(engine) == {*tables.metadata.tables, "alembic_version"}


def test_the_schema_is_the_one_that_the_code_describes(engine: Engine) -> None:
    migrate.upgrade(engine)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})

        assert compare_metadata(context, tables.metadata) == []


def test_down_leaves_nothing(engine: Engine) -> None:
    migrate.upgrade(engine)

    migrate.downgrade(engine)

    assert names(engine) == {"alembic_version"}
    assert not migrate.is_current(engine)


def test_up_down_and_up_again(engine: Engine) -> None:
    migrate.upgrade(engine)
    migrate.downgrade(engine)
    migrate.upgrade(engine)

    assert migrate.is_current(engine)


def test_up_twice_is_up_once(engine: Engine) -> None:
    migrate.upgrade(engine)
    migrate.upgrade(engine)

    assert migrate.is_current(engine)


def test_processes_that_start_together_migrate_once(engine: Engine) -> None:
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda _: migrate.upgrade(engine), range(4)))

    assert migrate.is_current(engine)


OLD_RECORD = "INSERT INTO records (id, source, key, occurred_at, body) VALUES (:id, 'pbx', :id, now(), :body)"


def test_records_that_were_deleted_before_are_found_as_such(engine: Engine) -> None:
    migrate.upgrade(engine, "0002")
    bodies = {
        "gone": '{"id":"gone","profile":{"note":"x"},"deleted":true}',
        "there": '{"id":"there","profile":{"deleted":true}}',
    }
    with engine.begin() as connection:
        for record_id, body in bodies.items():
            connection.execute(sqlalchemy.text(OLD_RECORD), {"id": record_id, "body": body})

    migrate.upgrade(engine)

    with engine.connect() as connection:
        rows = connection.execute(
            sqlalchemy.text("SELECT id, deleted, about_certain FROM records ORDER BY id")
        )
        assert [tuple(row) for row in rows] == [("gone", True, True), ("there", False, True)]


def test_code_of_the_day_before_lands_records_all_the_same(engine: Engine) -> None:
    migrate.upgrade(engine)

    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(OLD_RECORD), {"id": "new", "body": "{}"})
        rows = connection.execute(sqlalchemy.text("SELECT deleted, about_certain FROM records"))

        assert [tuple(row) for row in rows] == [(False, True)]


def test_ids_are_compared_byte_by_byte(engine: Engine) -> None:
    migrate.upgrade(engine)

    columns = sqlalchemy.inspect(engine).get_columns("records")

    assert {column["name"]: getattr(column["type"], "collation", None) for column in columns}["id"] == "C"
