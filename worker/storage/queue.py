"""Queues of what changed: append-only rows, each with the ids of one batch.

Appending never waits and never loses: `ON CONFLICT DO NOTHING` on a queue of unique ids would drop a
change that lands while the reader is deleting its row. Readers fold duplicates.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, text

_IDS_A_ROW = 2_000


class Queue:
    """One queue table inside one transaction."""

    def __init__(self, connection: Connection, table: str, column: str) -> None:
        """Work on `table`, whose array of ids is in `column`."""
        self._connection = connection
        self._table = table
        self._column = column

    def append(self, ids: Collection[str]) -> None:
        """Queue `ids`, in rows that one transaction can work off: a changed policy queues every record."""
        queued = list(ids)
        rows = [{"ids": queued[start : start + _IDS_A_ROW]} for start in range(0, len(queued), _IDS_A_ROW)]
        if rows:
            self._connection.execute(
                text(f"INSERT INTO {self._table} ({self._column}) VALUES (:ids)"),  # noqa: S608 - own names
                rows,
            )

    def take(self, at_most: int) -> tuple[list[int], list[str]]:
        """Return the oldest rows' numbers and their ids, about `at_most` ids and one row at least."""
        rows = self._connection.execute(
            text(f"SELECT seq, {self._column} FROM {self._table} ORDER BY seq LIMIT 500")  # noqa: S608 - own names
        )
        taken: list[int] = []
        ids: dict[str, None] = {}
        for seq, some in rows:
            if taken and len(ids) + len(some) > at_most:
                break
            taken.append(seq)
            ids.update(dict.fromkeys(some))
        return taken, list(ids)

    def done(self, taken: Sequence[int]) -> None:
        """Forget rows whose work is part of this transaction."""
        self._connection.execute(
            text(f"DELETE FROM {self._table} WHERE seq = ANY(:taken)"),  # noqa: S608 - own names
            {"taken": list(taken)},
        )

    def any(self) -> bool:
        """Say whether anything waits: one look at the index, however long the queue."""
        return self._connection.execute(text(f"SELECT 1 FROM {self._table} LIMIT 1")).first() is not None  # noqa: S608 - own names

    def waiting(self) -> int:
        """Return how many ids wait, duplicates included."""
        counted = self._connection.execute(
            text(f"SELECT coalesce(sum(cardinality({self._column})), 0) FROM {self._table}")  # noqa: S608 - own names
        )
        return int(counted.scalar_one())
