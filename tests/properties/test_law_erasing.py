"""Erasing, over random histories: everybody else is as if the person had never been there, and nobody comes back."""

from collections.abc import Iterator, Sequence

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given
from sqlalchemy import Engine

from tests.builders import LANDED, START, at, id_of
from tests.database import exported, land_page, resolve_all, schema_at
from tests.properties.strategies import Sent, histories, tried
from tests.properties.test_laws_database import expected, start_again
from worker.jobs import erase, rebuild
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

Store = tuple[Engine, UnitOfWork]


@pytest.fixture
def erasing_store(database_url: str) -> Iterator[Store]:
    with schema_at(database_url) as opened:
        yield opened


def land_all(uow: UnitOfWork, history: Sequence[Sent]) -> None:
    for source, each in history:
        land_page(uow, source, [each.record])


def ids_of(history: Sequence[Sent]) -> set[str]:
    return {id_of(source, each.record.id) for source, each in history}


@tried(on_every_run=20, at_night=300)
@given(history=histories(20), choice=st.integers(0, 1_000))
def _as_if_never_there(store: Store, history: list[Sent], choice: int) -> None:
    history = [Sent(source, msgspec.structs.replace(each, landed_at=LANDED)) for source, each in history]
    uow = start_again(store)
    land_all(uow, history)
    resolve_all(uow)
    everybody = sorted(ids_of(history))
    if not everybody:
        return

    erase.run(uow, everybody[choice % len(everybody)], at(50))
    resolve_all(uow)

    with uow.begin() as tx:
        left = tx.contacts.membership(everybody).keys()
    rest = [each for each in history if ids_of([each]) <= left]
    assert exported(uow) == expected(rest)
    assert len(left) < len(everybody)
    assert rebuild.run(uow, START, check=True).is_right

    land_all(uow, [each for each in history if not ids_of([each]) <= left])
    resolve_all(uow)
    assert exported(uow) == expected(rest)


def test_everybody_else_is_as_if_the_person_had_never_been_there(erasing_store: Store) -> None:
    _as_if_never_there(erasing_store)
