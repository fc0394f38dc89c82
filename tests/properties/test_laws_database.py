"""Laws 1, 2, 5 and 8 (DESIGN 2.6) through PostgreSQL, with several workers at once."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given
from sqlalchemy import Engine

from integrations.contract import ContactRecord, Interaction, Level
from tests.builders import LANDED, START, P, at, phone
from tests.database import add_sources, empty, exported, land_page, resolve_all, schema_at
from tests.properties.strategies import OWN_NUMBER, SOURCES, Sent, folded, histories, tried
from worker.domain import export
from worker.domain.policy import Policy
from worker.domain.resolve import resolve as apply_rules
from worker.jobs import rebuild, resolve
from worker.jobs.policy import body_of, put
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

LANDERS, RESOLVERS = 4, 3
POLICY = Policy(trust=SOURCES, common_limit=2, own_numbers=frozenset({OWN_NUMBER}))

Store = tuple[Engine, UnitOfWork]


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with schema_at(database_url) as opened:
        yield opened


def start_again(store: Store) -> UnitOfWork:
    """Return the emptied database with the sources and the policy of the laws."""
    engine, uow = store
    empty(engine)
    add_sources(uow, SOURCES)
    settings = {"common_limit": POLICY.common_limit, "own_numbers": sorted(POLICY.own_numbers)}
    with uow.begin() as tx:
        put(tx, body_of(settings, {}), origin="the tests", author="", now=START)
    return uow


def expected(history: Sequence[Sent]) -> list[str]:
    """Return the export that the rules give in memory."""
    evidence = folded(history)
    interactions = {each.record.id: len(each.interactions) for each in evidence}
    notes = {each.record.id: len(each.notes) for each in evidence}
    return [
        export.line(contact, _sum(interactions, contact.record_ids), _sum(notes, contact.record_ids))
        for contact in apply_rules([each.record for each in evidence], POLICY).contacts
    ]


def _sum(counts: dict[str, int], ids: Sequence[str]) -> int:
    return sum(counts[each] for each in ids)


def pages_of(history: Sequence[Sent], order: Random) -> list[tuple[str, list[ContactRecord]]]:
    """Cut a history into pages of one source: in another order, with some of it delivered twice."""
    delivered = [*history, *order.sample(history, k=order.randint(0, len(history)))]
    order.shuffle(delivered)
    pages: list[tuple[str, list[ContactRecord]]] = []
    for source, each in delivered:
        if pages and pages[-1][0] == source and order.random() < 0.5:
            pages[-1][1].append(each.record)
        else:
            pages.append((source, [each.record]))
    return pages


def land_with_workers(uow: UnitOfWork, pages: Sequence[tuple[str, list[ContactRecord]]]) -> None:
    """Land pages from several threads while others resolve what has landed so far."""
    with ThreadPoolExecutor(LANDERS + RESOLVERS) as workers:
        landing = [workers.submit(land_page, uow, source, records) for source, records in pages]
        while not all(each.done() for each in landing):
            for each in [workers.submit(resolve.run, uow, START, 3) for _ in range(RESOLVERS)]:
                each.result()
        for resolved in [workers.submit(resolve_all, uow) for _ in range(RESOLVERS)]:
            resolved.result()
    for landed in landing:
        landed.result()


@tried(on_every_run=12, at_night=300)
@given(history=histories(24), orders=st.lists(st.randoms(use_true_random=False), min_size=2, max_size=2))
def _every_order(store: Store, history: list[Sent], orders: list[Random]) -> None:
    history = [Sent(source, msgspec.structs.replace(each, landed_at=LANDED)) for source, each in history]
    for order in orders:
        uow = start_again(store)

        land_with_workers(uow, pages_of(history, order))

        assert exported(uow) == expected(history)
        assert rebuild.run(uow, START, check=True).differ == ()


def test_every_order_split_and_duplicate_gives_what_the_rules_give_in_memory(store: Store) -> None:
    """Laws 1, 2 and 5: whatever way the evidence arrived, the export is the same to the byte."""
    _every_order(store)


def test_one_worker_and_eight_give_the_same_export(store: Store) -> None:
    people = [_person(number) for number in range(15)]
    records = [record for person in people for record in person]

    uow = start_again(store)
    for record in records:
        land_page(uow, "app", [record])
        resolve_all(uow)
    by_one = exported(uow)

    uow = start_again(store)
    order = Random(8)  # noqa: S311 - an order, guards nothing
    order.shuffle(records)
    land_with_workers(uow, [("app", records[start : start + 5]) for start in range(0, len(records), 5)])

    assert exported(uow) == by_one
    assert Counter(line.partition('"kind": ')[2][:6] for line in by_one) == {'"user"': 15}


def _person(number: int) -> list[ContactRecord]:
    """Three calls, a row and a code of one person, tied in a chain."""
    line = phone(f"+3461200{number:04d}", Level.OBSERVED)
    calls = [_call(f"call-{number}-{day}", line, day) for day in range(3)]
    return [
        *calls,
        ContactRecord(
            id=f"row-{number}",
            occurred_at=at(0),
            name=f"Ana Ruiz{number}",
            identifiers=(phone(line.value, Level.STORED),),
        ),
        ContactRecord(
            id=f"code-{number}", occurred_at=at(5), identifiers=(phone(line.value, Level.VERIFIED),)
        ),
    ]


def _call(key: str, line: object, day: float) -> ContactRecord:
    call = Interaction(id=key, kind="call", at=at(day))
    return ContactRecord(id=key, occurred_at=at(day), identifiers=(line,), interactions=(call,))  # type: ignore[arg-type]  # an Identifier


def test_fifty_landings_of_one_new_number_at_once_make_one_lead(store: Store) -> None:
    """Law 8."""
    uow = start_again(store)
    together = Barrier(10)

    def land_five(lander: int) -> None:
        together.wait(timeout=30)
        for number in range(5):
            key = f"call-{lander}-{number}"
            land_page(uow, ("app", "pbx")[lander % 2], [_call(key, phone(P, Level.OBSERVED), lander)])
            resolve.run(uow, START)

    with ThreadPoolExecutor(10) as workers:
        list(workers.map(land_five, range(10)))
    resolve_all(uow)

    (lead,) = exported(uow)
    assert '"kind": "lead"' in lead
    assert '"interactions": 50' in lead


def test_fifty_landings_by_processes_make_one_lead_too(store: Store, database_url: str) -> None:
    uow = start_again(store)
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_land_in_process, args=(database_url, each)) for each in range(2)]

    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=60)
    resolve_all(uow)

    assert [process.exitcode for process in processes] == [0, 0]
    (lead,) = exported(uow)
    assert '"interactions": 50' in lead


def _land_in_process(url: str, number: int) -> None:
    with schema_at(url) as (_, uow):
        for call in range(25):
            key = f"call-{number}-{call}"
            land_page(uow, ("app", "pbx")[call % 2], [_call(key, phone(P, Level.OBSERVED), call)])
            resolve.run(uow, START)
