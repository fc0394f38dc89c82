"""What commands and the demo run inside: servers, environment, tables, key, configuration."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from config import logging
from config.errors import ConfigurationError
from config.settings import Settings
from worker import servers, wiring
from worker.jobs import clock, configure
from worker.storage import migrate
from worker.storage.database import engine_for
from worker.storage.unit_of_work import UnitOfWork


class SchemaError(Exception):
    """Raised when a database that is not ours alone has other tables than this version."""


@contextmanager
def connected() -> Iterator[Settings]:
    """Run the servers and make this process use them; what is in the database is not looked at yet."""
    _log()
    settings = Settings.load(os.environ)
    if settings.database_url is not None:
        settings.load_id_key()  # A shared database without the shared key is refused before anything is made.
    before = dict(os.environ)
    with servers.running(settings) as endpoints:
        os.environ.update(
            settings.environment(database_url=endpoints.database_url, broker_url=endpoints.broker_url)
        )
        wiring.forget()
        try:
            yield settings
        finally:
            # Open connections would make the database wait when it is stopped.
            wiring.forget()
            os.environ.clear()
            os.environ.update(before)


@contextmanager
def session(*, needs_configuration: bool = False) -> Iterator[UnitOfWork]:
    """Give the database, ready to work with, while the block runs."""
    with connected() as settings:
        yield opened(settings, needs_configuration=needs_configuration)


def opened(settings: Settings, *, needs_configuration: bool = False) -> UnitOfWork:
    """Return the database of `connected`, with the right tables, the right key and the configuration applied.

    With a wrong `avouch.toml` what was last applied stays in force, unless the command `needs_configuration`.
    """
    prepare(settings)
    uow = wiring.unit_of_work()
    try:
        configure.apply(uow, wiring.configuration(), clock.now())
    except ConfigurationError as error:
        if needs_configuration:
            raise
        click.echo(f"Warning: {error}\n    What was in force before stays in force.", err=True)
    return uow


def prepare(settings: Settings) -> None:
    """Bring an embedded database to this version's tables, or make sure that a shared one has them.

    One that others share is not changed: they may still run the version before.
    """
    url = wiring.settings().database_url
    if url is None:  # The environment names it since `connected`.
        return
    engine = engine_for(url)
    try:
        if migrate.is_current(engine):
            return
        if settings.database_url is not None:
            raise SchemaError(
                "The database has not the tables of this version.\n    Make them: avouch migrate"
            )
        migrate.upgrade(engine)
    finally:
        engine.dispose()


def _log() -> None:
    """Send the log to standard error: at a terminal only errors, unless AVOUCH_LOG_LEVEL says otherwise."""
    logging.configure({"AVOUCH_LOG_LEVEL": "error", **os.environ})
