"""Sources in the database: what is due, who has the lease, and where the cursor stands."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, text, update
from sqlalchemy.dialects.postgresql import insert

from integrations.contract import Level
from worker.storage import tables

_sources = tables.sources


class SourceRow(NamedTuple):
    """One source as the database knows it."""

    name: str
    kind: str
    connector: str
    trust: str
    region: str | None
    configured: bool
    paused: str | None
    every: int | None
    cron: str | None
    next_run_at: datetime | None
    cursor: str | None
    fence: int
    lease_owner: str | None
    lease_until: datetime | None
    failures: int
    error: str | None
    synced_at: datetime | None


class Lease(NamedTuple):
    """The right to write for a source. A later lease has a higher fence, and ends this one's writes."""

    source: str
    owner: str
    fence: int
    cursor: str | None


class SourceStore:
    """Reads and writes sources inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the transaction of `connection`."""
        self._connection = connection

    def all(self) -> list[SourceRow]:
        """Return every source, by name."""
        rows = self._connection.execute(_sources.select().order_by(_sources.c.name))
        return [SourceRow(*row) for row in rows]

    def get(self, name: str) -> SourceRow | None:
        """Return one source."""
        row = self._connection.execute(_sources.select().where(_sources.c.name == name)).one_or_none()
        return None if row is None else SourceRow(*row)

    def trust(self) -> dict[str, Level]:
        """Return the trust of every source: part of the policy."""
        rows = self._connection.execute(text("SELECT name, trust FROM sources"))
        return {name: Level(trust) for name, trust in rows}

    def put(self, **values: object) -> None:
        """Add a source or change what its configuration says; cursor and lease stay."""
        statement = insert(_sources).values(**values)
        kept = {name: statement.excluded[name] for name in values if name != "name"}
        self._connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=kept))

    def set(self, name: str, **values: object) -> None:
        """Change some columns of a source."""
        self._connection.execute(update(_sources).where(_sources.c.name == name).values(**values))

    def due(self, now: datetime) -> list[str]:
        """Return the sources that should run now and that nobody works on."""
        rows = self._connection.execute(
            text(
                "SELECT name FROM sources WHERE paused IS NULL AND next_run_at <= :now"
                " AND (lease_until IS NULL OR lease_until <= :now) ORDER BY next_run_at"
            ),
            {"now": now},
        )
        return [name for (name,) in rows]

    def take_lease(self, name: str, owner: str, now: datetime, length: timedelta) -> Lease | None:
        """Take the source's lease if it is free, run out, or already `owner`'s; None otherwise."""
        row = self._connection.execute(
            text(
                "UPDATE sources SET fence = fence + 1, lease_owner = :owner, lease_until = :until"
                " WHERE name = :name AND (lease_until IS NULL OR lease_until <= :now OR lease_owner = :owner)"
                " RETURNING fence, cursor"
            ),
            {"name": name, "owner": owner, "now": now, "until": now + length},
        ).one_or_none()
        return None if row is None else Lease(name, owner, row.fence, row.cursor)

    def lock(self, name: str) -> SourceRow | None:
        """Lock the source's row until the transaction ends: whoever lands its records holds it."""
        row = self._connection.execute(
            _sources.select().where(_sources.c.name == name).with_for_update()
        ).one_or_none()
        return None if row is None else SourceRow(*row)

    def stop(self) -> None:
        """Let nobody land anything, nor make a source, until the transaction ends; wait for who is at it."""
        self._connection.execute(text("LOCK TABLE sources IN EXCLUSIVE MODE"))

    def keep(self) -> None:
        """Let nobody `stop` sources until the transaction ends: what it reads of records is not erased.

        Whoever locks a source's row has that already.
        """
        self._connection.execute(text("LOCK TABLE sources IN ROW SHARE MODE"))

    def hold(self, lease: Lease) -> bool:
        """Lock the source's row and say whether `lease` is still the last one given, its cursor unmoved.

        A worker that was frozen wakes up here and learns that it may not write.
        """
        row = self._connection.execute(
            text("SELECT fence, cursor FROM sources WHERE name = :name FOR UPDATE"), {"name": lease.source}
        ).one_or_none()
        return row is not None and row.fence == lease.fence and row.cursor == lease.cursor

    def move(self, lease: Lease, cursor: str, until: datetime) -> Lease:
        """Store the cursor with what was landed, and extend the lease."""
        self.set(lease.source, cursor=cursor, lease_until=until, failures=0, error=None)
        return lease._replace(cursor=cursor)

    def release(self, lease: Lease, **values: object) -> bool:
        """Give the lease back with what the run leaves behind; False, and nothing, if it is not ours."""
        released = self._connection.execute(
            update(_sources)
            .where(_sources.c.name == bindparam("held"), _sources.c.fence == bindparam("fence_held"))
            .values(lease_owner=None, lease_until=None, **values),
            {"held": lease.source, "fence_held": lease.fence},
        )
        return released.rowcount == 1
