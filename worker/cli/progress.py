"""Progress bars for long work: on standard error, and only when that is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.jobs.settle import Settled
    from worker.storage.unit_of_work import UnitOfWork

Update = Callable[[float | None, str], None]
"""Takes the share that is done (None: unknown) and a few words on it."""


@contextmanager
def bar(title: str) -> Iterator[Update]:
    """Show a bar while the block runs."""
    if not sys.stderr.isatty():
        yield lambda _share, _words: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[words]}"),
    )
    console = Console(stderr=True, markup=False, emoji=False)
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        task = progress.add_task(title, total=None, words="")

        def update(share: float | None, words: str) -> None:
            if share is not None:
                progress.update(task, total=1.0, completed=share, words=words)
            else:
                progress.update(task, words=words)

        yield update


def settling(uow: "UnitOfWork") -> "Settled":
    """Resolve what waits and make suggestions, under a bar."""
    from worker.jobs import settle

    with bar("Resolving") as update:

        def resolved(done: int, waiting: int) -> None:
            update(done / max(1, done + waiting), f"{done:,} of {done + waiting:,} records")

        return settle.run(uow, progress=resolved)
