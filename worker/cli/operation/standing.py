"""The database that stands already, for commands that work without one: nothing is made and nothing changed."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from config.settings import Settings, SettingsError
from worker import servers
from worker.jobs import id_key
from worker.servers import ServersError
from worker.storage import migrate
from worker.storage.database import engine_for
from worker.storage.unit_of_work import UnitOfWork


@contextmanager
def standing() -> Iterator[UnitOfWork | str]:
    """Give the database that DATABASE_URL names or that the home has, or say why there is none to ask.

    An embedded one that does not run is started while the block runs.
    """
    with ExitStack() as stack:
        yield _found(Settings.load(os.environ), stack)


def _found(settings: Settings, stack: ExitStack) -> UnitOfWork | str:
    database = next(iter(servers.state(settings)))
    if not database.embedded and not database.running:
        return f"the database at {database.address} does not answer"
    if database.embedded and not database.address:
        return "there is no database yet"
    try:
        key = settings.load_id_key()
        url = settings.database_url or stack.enter_context(servers.running(settings)).database_url
    except (SettingsError, ServersError) as error:
        return str(error).partition("\n")[0].rstrip(".")
    engine = engine_for(url)
    stack.callback(engine.dispose)
    if not migrate.is_current(engine):
        return "the database has not the tables of this version"
    uow = UnitOfWork(engine, key)
    with uow.begin() as tx:
        known = tx.work.fact(id_key.FACT)
    if known not in {None, id_key.digest(key)}:
        return "the ids in the database were made with another id key"
    return uow
