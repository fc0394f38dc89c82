"""Training the model on the contacts that are there and on what people decided, and going back."""

from collections.abc import Iterator
from random import Random

import pytest

from integrations.contract import ContactRecord, Level
from tests.builders import at, email, id_of, phone, version
from tests.database import add_sources, land_page
from worker.domain.matching.automatic import AUTHOR as AUTOMATIC
from worker.domain.matching.model import default
from worker.domain.matching.training import LEAST_PAIRS
from worker.jobs import decide, dedupe_all, settle, train
from worker.jobs.decide import Said
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

FIRST = ("Ana", "Luis", "Eva", "Pedro", "Marta", "Diego", "Irene", "Hugo", "Nuria", "Oscar", "Paula", "Raul")
LAST = ("Ruiz", "Gil", "Sanz", "Vega", "Mora", "Soto", "Leon", "Cano", "Rey", "Pardo", "Luna", "Bravo")
SAID = Said("eva", "", at(20))


def people(number: int) -> Iterator[ContactRecord]:
    """Yield what a form collected of people: each wrote three times, once with a slip."""
    chance = Random(5)  # noqa: S311 - the same people each time
    for each in range(number):
        first, last = chance.choice(FIRST), chance.choice(LAST)
        line = phone(f"+3461{each:07}", Level.CLAIMED)
        yield version(f"{each}-phone", line, name=f"{first} {last}").record
        yield version(
            f"{each}-mail",
            email(f"{first}.{last}{each}@example.com".lower(), Level.CLAIMED),
            name=f"{first} {last}",
        ).record
        yield version(f"{each}-slip", line, name=f"{first} {last[:-1]}").record


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    add_sources(uow, {"form": Level.CLAIMED})


@pytest.fixture
def business(uow: UnitOfWork) -> UnitOfWork:
    """A database with enough people to learn from."""
    land_page(uow, "form", list(people(100)))
    settle.run(uow)
    return uow


def id_of_form(key: str) -> str:
    return id_of("form", key)


def in_force(uow: UnitOfWork) -> str:
    with uow.begin() as tx:
        return tx.models.in_force().name


def waiting(uow: UnitOfWork) -> int:
    with uow.begin() as tx:
        return tx.to_dedupe.waiting()


class TestOfContacts:
    """Without a single decision, the contacts that are there are learnt from."""

    def test_a_new_version_is_in_force_and_every_contact_waits_to_be_scored_by_it(
        self, business: UnitOfWork
    ) -> None:
        done = train.run(business, SAID)

        assert done.is_enough
        assert done.pairs >= LEAST_PAIRS
        assert done.contacts == 300
        assert done.after.prior != done.before.prior
        assert in_force(business) == done.after.name == "trained on 300 contacts and 0 decisions"
        assert waiting(business) == 300

    def test_a_dry_run_says_the_same_and_changes_nothing(self, business: UnitOfWork) -> None:
        rehearsed = train.run(business, SAID, dry_run=True)
        name_meanwhile = in_force(business)
        done = train.run(business, SAID)

        assert rehearsed.version is None
        assert name_meanwhile == default().name
        assert (rehearsed.after, rehearsed.having) == (done.after, done.having)

    def test_trained_twice_it_ends_where_it_once_ended(self, business: UnitOfWork) -> None:
        once = train.run(business, SAID).after
        settle.run(business)
        twice = train.run(business, SAID).after

        assert twice == once

    def test_batches_count_each_pair_once(
        self, business: UnitOfWork, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = train.run(business, SAID, dry_run=True)

        monkeypatch.setattr(train, "BATCH", 7)

        assert train.run(business, SAID, dry_run=True) == whole

    def test_a_sample_is_as_many_contacts_as_were_asked_for(self, business: UnitOfWork) -> None:
        told: list[tuple[int, int]] = []

        done = train.run(
            business, SAID, dry_run=True, sample=200, progress=lambda *how_far: told.append(how_far)
        )

        assert done.contacts == 200
        assert told[-1] == (200, 200)

    def test_of_too_few_nothing_is_learnt(self, uow: UnitOfWork) -> None:
        land_page(uow, "form", list(people(5)))
        settle.run(uow)

        done = train.run(uow, SAID)

        assert not done.is_enough
        assert done.after == done.before == default()
        assert (done.version, waiting(uow)) == (None, 0)

    def test_of_nobody_nothing_is_learnt(self, uow: UnitOfWork) -> None:
        done = train.run(uow, SAID)

        assert (done.contacts, done.pairs, done.version) == (0, 0, None)

    def test_going_back_to_the_model_that_ships_is_a_version_like_any_other(
        self, business: UnitOfWork
    ) -> None:
        trained = train.run(business, SAID)

        back = dedupe_all.run(
            business, at(21), model=default(), author="eva", origin="the model that ships"
        ).model

        with business.begin() as tx:
            newest = tx.models.latest(10)
            kept = tx.models.get(trained.version or 0)
        assert [row.version for row in newest] == [back, trained.version]
        assert newest[0].model == default()
        assert kept is not None
        assert kept.model == trained.after


class TestOfDecisions:
    """What people decided of two contacts is learnt from, as these would be if nobody had."""

    def test_accepted_and_rejected_pairs_count(self, business: UnitOfWork) -> None:
        decide.merge(business, id_of_form("1-phone"), id_of_form("1-mail"), SAID)
        decide.differ(business, id_of_form("2-phone"), id_of_form("3-mail"), SAID)
        settle.run(business)

        done = train.run(business, SAID, dry_run=True)

        assert (done.same, done.different) == (1, 1)
        assert done.after.name.endswith("and 2 decisions")

    def test_a_decision_taken_back_counts_no_more(self, business: UnitOfWork) -> None:
        decision = decide.merge(business, id_of_form("1-phone"), id_of_form("1-mail"), SAID)
        settle.run(business)

        decide.withdraw(business, decision.id, SAID)
        settle.run(business)

        assert train.run(business, SAID, dry_run=True).same == 0

    def test_what_the_policy_decided_by_itself_teaches_nothing(self, business: UnitOfWork) -> None:
        decide.merge(business, id_of_form("1-phone"), id_of_form("1-mail"), SAID._replace(author=AUTOMATIC))
        settle.run(business)

        assert train.run(business, SAID, dry_run=True).same == 0

    def test_rejecting_namesakes_lowers_the_weight_of_an_equal_name(self, business: UnitOfWork) -> None:
        before = train.run(business, SAID, dry_run=True).after
        with business.begin() as tx:
            pairs = [
                (each.one, each.other)
                for each in tx.suggestions.strongest(10_000)
                if any(part.level == "equal" and part.comparison == "name" for part in each.score.parts)
            ]
        for one, other in pairs[:30]:
            decide.differ(business, one, other, SAID)
        settle.run(business)

        after = train.run(business, SAID, dry_run=True)

        assert after.different == len(pairs[:30]) == 30
        assert after.after.weights["name"]["equal"] < before.weights["name"]["equal"] - 0.2

    def test_merged_contacts_are_compared_as_they_were_apart(self, business: UnitOfWork) -> None:
        decide.merge(business, id_of_form("1-phone"), id_of_form("1-mail"), SAID)
        settle.run(business)

        apart = train.run(business, SAID, dry_run=True)

        # Of the two, only the phone of one and the address of the other are known: neither is in common.
        assert apart.same == 1
        assert apart.having["phone", "missing"] > 0
