"""Queues of what changed: append-only rows, each with the ids of one batch.

Appending never waits and never loses: `ON CONFLICT DO NOTHING` on a queue of unique ids would drop a
change that lands while the reader is deleting its row. Readers fold duplicates.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, text

_IDS_A_ROW = 2_000
_ROWS_A_LOOK = 20


_LAST = 2**63 - 1


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

    def append_others(self, table: str) -> int:
        """Queue every id of `table` that does not wait already, in its order; return how many. Takes 3 us an id."""
        queued = self._connection.execute(
            text(
                f"WITH added AS (INSERT INTO {self._table} ({self._column})"  # noqa: S608 - own names
                " SELECT array_agg(id ORDER BY id) FROM (SELECT id, row_number() OVER (ORDER BY id) AS place"
                f" FROM (SELECT id FROM {table} EXCEPT SELECT unnest({self._column}) FROM {self._table}"
                "  WHERE set_aside IS NULL) missing) numbered"
                f" GROUP BY (place - 1) / {_IDS_A_ROW} ORDER BY (place - 1) / {_IDS_A_ROW}"
                f" RETURNING cardinality({self._column}) AS ids) SELECT coalesce(sum(ids), 0) FROM added"
            )
        )
        return int(queued.scalar_one())

    def take(self, at_most: int) -> tuple[list[int], list[str]]:
        """Return the oldest rows' numbers and their ids, about `at_most` ids and one row at least."""
        statement = (
            f"SELECT seq, {self._column} FROM {self._table} WHERE set_aside IS NULL ORDER BY seq LIMIT 500"  # noqa: S608 - own names
        )
        # A few rows at a time: each may hold two thousand ids, and a long queue is looked into once a batch.
        rows = self._connection.execute(text(statement), execution_options={"yield_per": _ROWS_A_LOOK})
        taken: list[int] = []
        ids: dict[str, None] = {}
        for seq, some in rows:
            if taken and len(ids) + len(some) > at_most:
                break
            taken.append(seq)
            ids.update(dict.fromkeys(some))
        rows.close()
        return taken, list(ids)

    def done(self, taken: Sequence[int]) -> None:
        """Forget rows whose work is part of this transaction."""
        self._connection.execute(
            text(f"DELETE FROM {self._table} WHERE seq = ANY(:taken)"),  # noqa: S608 - own names
            {"taken": list(taken)},
        )

    def any(self, up_to: int | None = None) -> bool:
        """Say whether anything waits to be taken, up to a row's number: one look, however long the queue."""
        statement = f"SELECT 1 FROM {self._table} WHERE set_aside IS NULL AND seq <= :last LIMIT 1"  # noqa: S608 - own names
        return (
            self._connection.execute(text(statement), {"last": _LAST if up_to is None else up_to}).first()
            is not None
        )

    def last(self) -> int:
        """Return the number of the newest row, 0 where there is none."""
        newest = self._connection.execute(text(f"SELECT coalesce(max(seq), 0) FROM {self._table}"))  # noqa: S608 - own names
        return int(newest.scalar_one())

    def set_aside(self, taken: Sequence[int], error: str) -> None:
        """Keep rows that fail out of the way of the others, with the kind of error."""
        self._connection.execute(
            text(f"UPDATE {self._table} SET set_aside = :error WHERE seq = ANY(:taken)"),  # noqa: S608 - own names
            {"taken": list(taken), "error": error},
        )

    def try_again(self) -> int:
        """Let rows that were set aside be taken again; return how many there were."""
        tried = self._connection.execute(
            text(f"UPDATE {self._table} SET set_aside = NULL WHERE set_aside IS NOT NULL")  # noqa: S608 - own names
        )
        return int(tried.rowcount)

    def aside(self) -> list[str]:
        """Return the kinds of errors that rows were set aside for."""
        kinds = self._connection.execute(
            text(f"SELECT DISTINCT set_aside FROM {self._table} WHERE set_aside IS NOT NULL ORDER BY 1")  # noqa: S608 - own names
        )
        return list(kinds.scalars().all())

    def waiting(self) -> int:
        """Return how many ids wait, duplicates included."""
        counted = self._connection.execute(
            text(f"SELECT coalesce(sum(cardinality({self._column})), 0) FROM {self._table}")  # noqa: S608 - own names
        )
        return int(counted.scalar_one())
