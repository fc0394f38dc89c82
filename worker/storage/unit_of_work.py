"""The unit of work: one transaction with everything that jobs read and write."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Engine, text

from worker.storage import locks
from worker.storage.cases import CaseStore
from worker.storage.changes import ChangeStore
from worker.storage.contacts import ContactStore
from worker.storage.decisions import DecisionStore
from worker.storage.erasing import ErasingStore
from worker.storage.evidence import EvidenceStore
from worker.storage.known import KnownStore
from worker.storage.matching import PortraitStore
from worker.storage.models import ModelStore
from worker.storage.people import PeopleStore
from worker.storage.policies import PolicyStore
from worker.storage.put_off import PutOffStore
from worker.storage.queue import Queue
from worker.storage.shortlist import ShortlistStore
from worker.storage.sources import SourceStore
from worker.storage.suggestions import SuggestionStore
from worker.storage.sweeps import SweepStore
from worker.storage.tombstones import TombstoneStore
from worker.storage.work import WorkStore


class Transaction:
    """The stores of one transaction. It commits when the `with` block ends, and rolls back on an error."""

    def __init__(self, connection: Connection) -> None:
        """Open all stores on one connection."""
        self._connection = connection
        self.evidence = EvidenceStore(connection)
        self.known = KnownStore(connection)
        self.contacts = ContactStore(connection)
        self.cases = CaseStore(connection)
        self.changes = ChangeStore(connection)
        self.decisions = DecisionStore(connection)
        self.erasing = ErasingStore(connection)
        self.models = ModelStore(connection)
        self.people = PeopleStore(connection)
        self.policies = PolicyStore(connection)
        self.portraits = PortraitStore(connection)
        self.put_off = PutOffStore(connection)
        self.shortlist = ShortlistStore(connection)
        self.sources = SourceStore(connection)
        self.suggestions = SuggestionStore(connection)
        self.sweeps = SweepStore(connection)
        self.tombstones = TombstoneStore(connection)
        self.work = WorkStore(connection)
        self.to_resolve = Queue(connection, "resolve_queue", "record_ids")
        self.to_dedupe = Queue(connection, "dedupe_queue", "contact_ids")

    def only_resolver(self) -> bool:
        """Take the right to resolve until this transaction ends; False when another worker has it."""
        return locks.try_lock(self._connection, locks.RESOLVE)

    def only_deduper(self) -> bool:
        """Take the right to write suggestions until this transaction ends."""
        return locks.try_lock(self._connection, locks.DEDUPE)

    def between_batches(self, seconds: int) -> None:
        """Wait until nobody makes suggestions, and keep it so until this transaction ends.

        Waits for `seconds` at most; then `storage.errors.waited_too_long` knows the error.
        """
        self._connection.execute(text(f"SET LOCAL lock_timeout = '{seconds}s'"))
        locks.lock(self._connection, locks.DEDUPE)

    def only_decider(self) -> None:
        """Wait for the right to decide, and keep it until this transaction ends."""
        locks.lock(self._connection, locks.DECIDE)

    def snapshot(self) -> None:
        """Read one moment throughout, and write nothing. Comes before anything else in the transaction."""
        self._connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))

    def only_eraser(self, seconds: int) -> None:
        """Keep everybody out who could bring erased records back, until this transaction ends.

        Waits for whoever holds records in memory: resolving, making suggestions, deciding, landing, writing
        a note. Each may take `seconds`; then `storage.errors.waited_too_long` knows the error.
        """
        self._connection.execute(text(f"SET LOCAL lock_timeout = '{seconds}s'"))
        for what in (locks.RESOLVE, locks.DEDUPE, locks.DECIDE):
            locks.lock(self._connection, what)
        self.sources.stop()

    def take_back(self) -> None:
        """Undo everything that this transaction did, and end it: for a rehearsal."""
        self._connection.rollback()

    def patient(self) -> None:
        """Let this transaction wait long for whoever takes what it reads: a reader holds no locks."""
        self._connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '1h'"))

    def now(self) -> datetime:
        """Return the database's own time, to compare clocks by."""
        return cast("datetime", self._connection.execute(text("SELECT clock_timestamp()")).scalar_one())


class UnitOfWork:
    """Opens transactions on one database."""

    def __init__(self, engine: Engine, id_key: bytes) -> None:
        """Remember the engine, and the key that ids are derived with."""
        self._engine = engine
        self.id_key = id_key

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a transaction, committed at the end of the block."""
        with self._engine.begin() as connection:
            yield Transaction(connection)

    def close(self) -> None:
        """Close the pool, for a process that is about to fork or to end."""
        self._engine.dispose()
