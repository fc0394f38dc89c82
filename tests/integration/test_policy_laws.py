"""The laws of changing the policy, over random histories and random policies."""

from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given
from msgspec.structs import replace
from sqlalchemy import Engine

from integrations.contract import Level
from tests.builders import LANDED, START
from tests.database import add_sources, empty, exported, land_page, resolve_all
from tests.properties.strategies import SOURCES, Sent, histories, policies, records, tried
from worker.domain.comparison import compare
from worker.domain.contacts import encode
from worker.domain.policy import Policy
from worker.domain.resolve import resolve as apply_rules
from worker.jobs import policy_change, rebuild, resolve
from worker.jobs.policy import put, settings_of, written
from worker.jobs.policy_change import Said, digest, of_file, of_version
from worker.storage.unit_of_work import UnitOfWork

SAID = Said("eva", "new.toml")
OTHERS = st.builds(
    lambda policy, trust: replace(policy, trust=trust),
    policies(),
    st.fixed_dictionaries({name: st.sampled_from(Level) for name in SOURCES}),
)
"""Policies with any trust of every source."""


@tried(on_every_run=200, at_night=5_000)
@given(history=histories(), one=policies(), other=OTHERS)
def test_a_comparison_passes_over_nothing_that_the_export_shows(
    history: Sequence[Sent], one: Policy, other: Policy
) -> None:
    before, after = (apply_rules(records(history), policy) for policy in (one, other))
    texts = [{each.id: encode(each) for each in made.contacts} for made in (before, after)]

    effects = compare(texts[0], texts[1], {}, {})

    assert effects.is_nothing == (texts[0] == texts[1])


@tried(on_every_run=15, at_night=500)
@given(history=histories(16), one=policies(), other=OTHERS)
def _applied_and_gone_back(
    engine: Engine, uow: UnitOfWork, history: Sequence[Sent], one: Policy, other: Policy
) -> None:
    empty(engine)
    add_sources(uow, {**SOURCES, **one.trust})
    with uow.begin() as tx:
        first = put(tx, written(one), origin="avouch.toml", author="", now=START)
    for source, each in history:
        land_page(uow, source, [each.record])
    resolve_all(uow)
    before = exported(uow)
    asked = of_file(settings_of(other), other.trust)

    rehearsed = policy_change.rehearse(uow, asked)
    policy_change.apply(uow, asked, SAID)
    applied = exported(uow)
    with uow.begin() as tx:  # Going back by single rows of the queue, as workers do that are cut off.
        put(tx, written(of_version(first)(tx)), origin="version", author="eva", now=LANDED)
    while resolve.run(uow, LANDED, at_most=1).outcome is not resolve.Outcome.IDLE:
        pass

    assert rehearsed.same or digest(applied) == rehearsed.digest
    assert exported(uow) == before
    assert rebuild.run(uow, LANDED, check=True).is_right


@pytest.mark.servers
def test_applying_does_what_the_rehearsal_said_and_going_back_gives_back_the_export(
    engine: Engine, uow: UnitOfWork
) -> None:
    _applied_and_gone_back(engine, uow)
