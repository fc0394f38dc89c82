"""Every contact again: by a census of names or by another model, a batch at a time, however often it is stopped."""

from collections.abc import Iterator

import msgspec
import pytest
import sqlalchemy
from sqlalchemy import Engine

from integrations.contract import ContactRecord, Level
from tests.builders import START, at, cookie, phone, version
from tests.database import add_sources, land_page, resolve_all
from worker.domain.matching.model import Model, default
from worker.domain.suggestions import Suggestion
from worker.jobs import dedupe, dedupe_all
from worker.jobs.resolve import Outcome
from worker.storage import migrate
from worker.storage.database import engine_for
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

PAIRS = 3


@pytest.fixture(autouse=True)
def _contacts(uow: UnitOfWork) -> None:
    """Three pairs of namesakes, looked at once."""
    add_sources(uow, {"chat": Level.VERIFIED})
    land_page(
        uow,
        "chat",
        [a_visitor(f"{name}-{n}", name) for name in ("Ana Ruiz", "Luis Gil", "Eva Sanz") for n in (1, 2)],
    )
    work_off(uow)


def a_visitor(key: str, name: str) -> ContactRecord:
    return version(key, cookie(f"ck-{key}"), name=name).record


def work_off(uow: UnitOfWork) -> None:
    resolve_all(uow)
    while dedupe.run(uow).outcome is Outcome.MORE:
        pass


def stored(uow: UnitOfWork) -> list[Suggestion]:
    with uow.begin() as tx:
        return tx.suggestions.strongest(100)


def waiting(uow: UnitOfWork) -> int:
    with uow.begin() as tx:
        return tx.to_dedupe.waiting()


def surer(by: float) -> Model:
    """The model that ships, but for how probable a pair is from the start."""
    model = default()
    return msgspec.structs.replace(model, prior=model.prior + by)


def test_every_contact_is_queued_and_looked_at_again(uow: UnitOfWork) -> None:
    before = stored(uow)

    begun = dedupe_all.run(uow, START)

    assert (begun.contacts, waiting(uow)) == (2 * PAIRS, 2 * PAIRS)
    work_off(uow)
    assert stored(uow) == before
    assert len(before) == PAIRS


def test_what_waits_already_is_not_queued_twice(uow: UnitOfWork) -> None:
    dedupe_all.run(uow, START)

    again = dedupe_all.run(uow, START)

    assert (again.contacts, waiting(uow)) == (0, 2 * PAIRS)


def test_another_model_scores_every_pair_anew(uow: UnitOfWork) -> None:
    before = stored(uow)

    begun = dedupe_all.run(uow, at(1), model=surer(3.0), author="eva", origin="trained")
    work_off(uow)

    assert [each.score.weight for each in stored(uow)] == pytest.approx(
        [each.score.weight + 3 for each in before]
    )
    with uow.begin() as tx:
        newest = tx.models.newest()
    assert newest is not None
    assert (newest.version, newest.author, newest.origin, newest.at) == (begun.model, "eva", "trained", at(1))


def test_a_pair_that_another_model_finds_improbable_is_gone(uow: UnitOfWork) -> None:
    dedupe_all.run(uow, START, model=surer(-100.0))
    work_off(uow)

    assert stored(uow) == []


def test_a_pass_that_is_stopped_goes_on_where_it_was(uow: UnitOfWork) -> None:
    with uow.begin() as tx:
        tx.to_dedupe.append([])
    dedupe_all.run(uow, START, model=surer(3.0))
    with uow.begin() as tx:
        taken, contact_ids = tx.to_dedupe.take(10_000)
        tx.to_dedupe.done(taken)
        for each in contact_ids:  # A row a contact, so that it takes several batches.
            tx.to_dedupe.append([each])

    dedupe.run(uow, 2)
    left = waiting(uow)
    work_off(uow)

    assert left == 2 * PAIRS - 2
    assert min(each.score.prior for each in stored(uow)) == default().prior + 3


def test_few_contacts_leave_the_census_as_it_is(uow: UnitOfWork) -> None:
    begun = dedupe_all.run(uow, START)

    assert begun.model == 0
    with uow.begin() as tx:
        assert tx.models.in_force() == default()


def test_many_contacts_are_a_census_of_their_names(uow: UnitOfWork) -> None:
    callers = [
        version(
            f"call-{n}", phone(f"+1202555{n:04}", Level.OBSERVED), name="Ana Ruiz" if n % 2 else None
        ).record
        for n in range(dedupe_all.LEAST_CONTACTS)
    ]
    land_page(uow, "chat", callers)
    work_off(uow)

    dedupe_all.run(uow, START)

    with uow.begin() as tx:
        newest = tx.models.newest()
    assert newest is not None
    assert newest.origin == dedupe_all.CENSUS
    assert newest.model.census.contacts == dedupe_all.LEAST_CONTACTS + 2 * PAIRS
    assert newest.model.census.words["ruiz"] == dedupe_all.LEAST_CONTACTS / 2 + 2
    assert newest.model.levels == default().levels


@pytest.fixture
def old_engine(database_url: str) -> Iterator[Engine]:
    engine = engine_for(database_url)
    yield engine
    engine.dispose()


def test_after_the_migration_every_contact_waits_to_be_looked_at(old_engine: Engine) -> None:
    migrate.upgrade(old_engine, "0003")
    with old_engine.begin() as connection:
        connection.execute(
            sqlalchemy.text(
                "INSERT INTO contacts (id, kind, body) SELECT to_char(n, 'FM0000'), 'lead', '{}'"
                " FROM generate_series(1, 4500) n"
            )
        )

    migrate.upgrade(old_engine)

    with old_engine.connect() as connection:
        rows = connection.execute(sqlalchemy.text("SELECT contact_ids FROM dedupe_queue ORDER BY seq"))
        queued = list(rows.scalars())
    assert [len(each) for each in queued] == [2_000, 2_000, 500]
    assert [each for row in queued for each in row] == [f"{n:04}" for n in range(1, 4_501)]
