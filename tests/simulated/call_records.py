"""A table of call records with so many calls, in a file as Kamailio writes it."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.connectors.calling import INSIDE, KAMAILIO, a_dialog
from tests.simulated.files import file_of
from worker.demo.simulator_server import Answer, Asked

FIRST = datetime(2026, 3, 2, 8, tzinfo=UTC)


class SimulatedCallRecords:
    connector = "sql-calls"

    def __init__(self, size: int) -> None:
        path = file_of(f"calls-{size}.sqlite", lambda path: _write(path, size))
        self.secrets: Mapping[str, str] = {"url": f"sqlite:///{path}"}

    def settings(self, url: str) -> dict[str, Any]:  # noqa: ARG002 - the table is in a file
        return {"preset": "kamailio", **INSIDE}

    def answer(self, asked: Asked) -> Answer:  # noqa: ARG002 - as the protocol has it
        return Answer(status=404)


def _write(path: Path, size: int) -> None:
    rows = list(_rows(size))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(KAMAILIO)
        connection.executemany(
            f"INSERT INTO acc_cdrs ({', '.join(rows[0])}) VALUES ({', '.join(f':{name}' for name in rows[0])})",  # noqa: S608 - our own columns
            rows,
        )
        connection.commit()


def _rows(size: int) -> Iterator[dict[str, Any]]:
    """Yield calls, some at the same second; every third goes out, every fiftieth withholds its number."""
    for number in range(1, size + 1):
        at = FIRST + timedelta(seconds=20 * (number // 2))
        outside = "anonymous" if number % 50 == 0 else f"+1202555{number % 3000:04}"
        parties = ("201", outside) if number % 3 == 0 else (outside, "201")
        yield a_dialog(number, at, src_user=parties[0], dst_user=parties[1])
