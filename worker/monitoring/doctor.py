"""The doctor: looks at everything that has to be right, and says what to type where it is not."""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta

from config.errors import ConfigurationError, SecretMissingError
from config.settings import Settings, SettingsError
from integrations import registry
from integrations.errors import SourceError
from worker import servers, wiring
from worker.jobs import clock, id_key
from worker.monitoring import status, workers
from worker.monitoring.checks import Check
from worker.monitoring.status import Work
from worker.storage import migrate
from worker.storage.database import engine_for
from worker.storage.errors import StorageError, in_words

CLOCKS_APART = timedelta(seconds=2)
"""Leases last two minutes, so this much does no harm yet; more hints at a machine without time service."""
CLOCKS_WRONG = timedelta(seconds=60)
"""Half a lease: a second worker could take a source that the first still pulls from."""
LITTLE_ROOM = 1_000_000_000
"""Bytes: a day's log of a busy database."""
MANY_WAITING = 100_000
"""Records: several minutes of resolving. More means that it does not keep up, or does not run."""


def examine(settings: Settings) -> Iterator[Check]:
    """Look at everything, from the ground up; what stands on something broken is left out."""
    yield from _configuration(settings)
    yield _room(settings)
    parts = servers.state(settings)
    for part in parts:
        yield _server(part)
    if all(part.running for part in parts):
        yield from _database()
        yield from _broker()


def _configuration(settings: Settings) -> Iterator[Check]:
    try:
        configuration = wiring.configuration()
    except ConfigurationError as error:
        yield Check("avouch.toml", "fail", str(error), f"Correct {settings.config_file}")
        return
    if not configuration.sources:
        says = (
            "no source is configured"
            if settings.config_file.exists()
            else f"{settings.config_file} is not there"
        )
        yield Check(
            "avouch.toml", "warn", says, "Copy avouch.example.toml and fill it; imports work without it"
        )
        return
    yield Check("avouch.toml", "ok", f"can be used; sources: {len(configuration.sources)}")
    for name, source in configuration.sources.items():
        try:
            source.secrets(os.environ)
            if source.enabled:
                wiring.connector_for(name)
        except (SecretMissingError, SourceError) as error:
            yield Check(f"source {name}", "fail", str(error), f"avouch sources test {name}")
        else:
            title = registry.entry(source.connector).title
            yield Check(f"source {name}", "ok", f"{title}; its settings and secrets are there")


def _room(settings: Settings) -> Check:
    place = next(each for each in (settings.home, *settings.home.parents) if each.exists())
    free = shutil.disk_usage(place).free
    says = f"{free / 1e9:.1f} GB free at {place}"
    return Check(
        "disk", "ok" if free > LITTLE_ROOM else "warn", says, None if free > LITTLE_ROOM else "Make room"
    )


def _server(part: servers.Part) -> Check:
    if part.running:
        return Check(part.name, "ok", f"answers at {part.address}")
    if part.embedded and part.pid is None:
        return Check(part.name, "warn", "is not running; it starts with the first command", "avouch up")
    cure = "Set DATABASE_URL or BROKER_URL right, or start it" if not part.embedded else "avouch up"
    return Check(part.name, "fail", part.problem, cure)


def _database() -> Iterator[Check]:
    url = wiring.settings().database_url
    if url is None:
        return
    engine = engine_for(url)
    try:
        if not migrate.is_current(engine):
            yield Check("tables", "fail", "are not those of this version", "avouch migrate")
            return
        yield Check("tables", "ok", "are those of this version")
        uow = wiring.unit_of_work()
        now = clock.now()
        with uow.begin() as tx:
            database_now = tx.now()
        yield Check("id key", "ok", "is the one that this database's ids were made with")
        yield of_clocks(now, database_now)
        yield from of_work(status.look(uow, now))
    except StorageError as error:
        yield Check("PostgreSQL", "fail", in_words(error))
    except (SettingsError, id_key.OtherKeyError) as error:
        yield Check("id key", "fail", str(error))
    finally:
        engine.dispose()


def of_clocks(ours: datetime, the_databases: datetime) -> Check:
    """Compare the clock of this machine with the database's."""
    apart = abs(ours - the_databases)
    if apart < CLOCKS_APART:
        return Check("clocks", "ok", "this machine and the database agree")
    says = f"this machine and the database are {apart.total_seconds():.1f} s apart"
    return Check("clocks", "warn" if apart < CLOCKS_WRONG else "fail", says, "Turn on NTP on both")


def of_work(work: Work) -> Iterator[Check]:
    """Say whether the work goes on: the tick, what waits, and sources that are not pulled."""
    if work.ticks:
        yield Check("tick", "ok", f"the last one {work.tick_age_seconds} s ago")
    elif work.last_tick is None:
        yield Check("tick", "warn", "there has been none: nothing is pulled by itself", "avouch up")
    else:
        yield Check(
            "tick",
            "warn",
            f"the last one {work.last_tick:%Y-%m-%d %H:%M} UTC: nothing is pulled",
            "avouch up",
        )
    waiting = f"{work.records_waiting:,} records wait to be resolved"
    if work.records_waiting > MANY_WAITING:
        yield Check(
            "resolving", "warn", waiting, "One worker resolves at a time; see whether it does: avouch status"
        )
    else:
        yield Check("resolving", "ok", waiting)
    for source in work.sources:
        if source.state == "paused":
            yield Check(
                f"source {source.name}",
                "warn",
                f"is paused: {source.why}",
                f"avouch sources resume {source.name}",
            )
        elif source.state == "failing":
            yield Check(
                f"source {source.name}", "warn", str(source.why), f"avouch sources test {source.name}"
            )


def _broker() -> Iterator[Check]:
    try:
        found = workers.answers()
        settings = workers.broker_settings()
    except workers.BrokerError as error:
        yield Check("workers", "fail", f"cannot be asked: {error}", "See the broker's log")
        return
    for what, names in (("workers", found.workers), ("beat", found.beats)):
        if names:
            yield Check(what, "ok", ", ".join(names))
        else:
            yield Check(what, "warn", "none answers: nothing is pulled by itself", "avouch up")
    for name, wanted, price in (
        ("maxmemory-policy", "noeviction", "a full broker throws messages away; what is due is found later"),
        ("appendonly", "yes", "messages are lost when it stops; what is due is found later"),
    ):
        if settings.get(name, wanted) != wanted:
            yield Check(
                "broker", "warn", f"{name} is {settings[name]}: {price}", f"CONFIG SET {name} {wanted}"
            )
