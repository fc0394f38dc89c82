"""Migrations: bring a database to the schema of this code, or say that it is not."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

import migrations
from worker.storage.locks import MIGRATE, lock


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up to `revision`. Two processes at once do it one after the other."""
    with engine.begin() as connection:
        # Waiting for the other process may take longer than a lock usually may.
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        lock(connection, MIGRATE)
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take the schema back to `revision`."""
    with engine.begin() as connection:
        lock(connection, MIGRATE)
        command.downgrade(_config(connection), revision)


def is_current(engine: Engine) -> bool:
    """Say whether the database has the schema of this code, or a newer one, which this code can use.

    A migration runs beside the code of the day before: an old worker that starts again must not stop.
    """
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(_config())
    known = {script.revision for script in scripts.walk_revisions()}
    return present == scripts.get_current_head() or (present is not None and present not in known)
