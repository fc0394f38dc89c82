"""A source to pull from, and what a test asks of it afterwards."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from integrations.contract import Connector, ContactRecord, Delivery, Level, Page
from tests.builders import P, phone, version
from worker.jobs.sync import Report, Run
from worker.storage.sources import SourceRow
from worker.storage.unit_of_work import UnitOfWork

NAME = "phone-main"
NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def a_call(number: int) -> ContactRecord:
    return version(f"call-{number}", phone(P, Level.OBSERVED)).record


class Pages:
    """A source of `pages` pages with one call each; the cursor is the number of pages read."""

    def __init__(self, pages: int = 3, before: Callable[[int], object] = lambda _: None) -> None:
        self.pages = pages
        self.before = before
        self.asked: list[str | None] = []

    def fetch(self, cursor: str | None) -> Page:
        self.asked.append(cursor)
        number = int(cursor or 0)
        self.before(number)
        return Page(
            deliveries=(Delivery(a_call(number)),) if number < self.pages else (),
            cursor=str(min(number + 1, self.pages)),
            more=number + 1 < self.pages,
        )


class Failing:
    """A source that answers with one error after the other, then with an empty page."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def fetch(self, cursor: str | None) -> Page:
        if self.errors:
            raise self.errors.pop(0)
        return Page(deliveries=(), cursor=cursor or "0", more=False)


def add_source(uow: UnitOfWork) -> None:
    """Make the source, due at noon and then every five minutes."""
    with uow.begin() as tx:
        tx.sources.put(
            name=NAME,
            kind="phone",
            connector="twilio",
            trust="verified",
            configured=True,
            every=300,
            next_run_at=NOON,
        )


def source(uow: UnitOfWork, name: str = NAME) -> SourceRow:
    with uow.begin() as tx:
        row = tx.sources.get(name)
    assert row is not None
    return row


def pull(uow: UnitOfWork, connector: Connector, **options: timedelta) -> Report:
    return Run(uow, connector)(NAME, for_at_most=options.get("for_at_most"))


def landed(uow: UnitOfWork) -> int:
    with uow.begin() as tx:
        return len(tx.evidence.ids_of_source(NAME))
