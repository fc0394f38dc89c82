"""Builds everything a process works with, once."""

import os
from functools import cache

from config.errors import ConfigurationError, SecretMissingError
from config.settings import Settings
from config.sources import Configuration, load
from integrations import registry
from integrations.connectors import CONNECTORS
from integrations.contract import Connector
from integrations.errors import AccessError, UnavailableError
from integrations.limits import Unlimited
from integrations.source import Source
from worker.jobs import clock, id_key
from worker.jobs.people import People
from worker.storage.database import engine_for
from worker.storage.limiter import SharedLimiter
from worker.storage.unit_of_work import UnitOfWork


class NotConfiguredError(AccessError):
    """Raised when a server or a source is asked for that is not configured. The message says what to type."""


@cache
def settings() -> Settings:
    """Return the settings of this process. Servers that it started itself are in its environment by then."""
    return Settings.load(os.environ)


@cache
def unit_of_work() -> UnitOfWork:
    """Return this process's way into the database, whose tables are there.

    Raises `OtherKeyError` where its ids were made with another key.
    """
    url = settings().database_url
    if url is None:
        raise NotConfiguredError("DATABASE_URL is not set. Start the servers with: avouch up")
    uow = UnitOfWork(engine_for(url), settings().load_id_key())
    id_key.check(uow, clock.now())
    return uow


@cache
def limiter() -> SharedLimiter | Unlimited:
    """Return what keeps the vendors' rate limits; without a broker there are no other workers to share with."""
    url = settings().broker_url
    return Unlimited() if url is None else SharedLimiter(url)


def people() -> People:
    """Return what agents ask about contacts."""
    return People(unit_of_work())


def configuration() -> Configuration:
    """Read `avouch.toml` as it is now: sources are added and changed without a restart."""
    return load(settings().config_file, {name: entry.keys for name, entry in CONNECTORS.items()})


def connector_for(name: str) -> Connector:
    """Build the connector of one configured source, with its secrets as they are now.

    Raises `AccessError` when a person must act: no such source, a missing secret; `UnavailableError` while
    `avouch.toml` cannot be read, since the last good one stays in force.
    """
    try:
        configured = configuration().sources.get(name)
        if configured is None:
            raise NotConfiguredError(
                f"{settings().config_file} has no source {name}. See: avouch sources list"
            )
        source = Source(
            name=name,
            connector=configured.connector,
            region=configured.region,
            settings=configured.settings,
            secrets=configured.secrets(os.environ),
            page_limit=configured.page_limit,
            limiter=limiter(),
        )
    except SecretMissingError as error:
        raise AccessError(
            f"{error}\n    Set it, then run: avouch sources resume {name}",
            tried=f"{error}\n    Set it, then run: avouch sources test {name}",
        ) from error
    except ConfigurationError as error:
        raise UnavailableError(str(error)) from error
    return registry.connector(source)


def forget() -> None:
    """Forget what this process built: a forked child must not share its parent's connections."""
    if unit_of_work.cache_info().currsize:
        unit_of_work().close()
    if limiter.cache_info().currsize and isinstance(kept := limiter(), SharedLimiter):
        kept.close()
    for built in (settings, unit_of_work, limiter):
        built.cache_clear()
