"""What a complete list does not have is gone at its source: marked, never lost, and there again when it is listed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
import structlog
from sqlalchemy import Engine

from integrations.contract import About, ContactRecord, Delivery, Level, Note, Page, Sweep
from tests.builders import P, at, email, id_of, phone, version
from tests.database import add_sources, land_page, resolve_all
from tests.integration.pulling import NAME, add_source, source
from worker.domain.records import Record
from worker.jobs import dedupe, erase, rebuild
from worker.jobs.land import Arrival, Landed
from worker.jobs.sweep import BATCH, FEW, LATEST_BEGINNING, swept
from worker.jobs.sync import LEASE, Outcome, Report, Run
from worker.storage import tables
from worker.storage.sweeps import SweepRow
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

SOON = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _source(uow: UnitOfWork) -> None:
    add_source(uow)


class Scripted:
    """A source that answers with the given pages, one after the other."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self.pages = list(pages)

    def fetch(self, cursor: str | None) -> Page:
        page = self.pages.pop(0)
        return Page(
            deliveries=page.deliveries,
            sweep=page.sweep,
            cursor=f"{cursor or ''}." if page.cursor == "" else page.cursor,
            more=bool(self.pages),
        )


def a_call(key: str, **fields: object) -> ContactRecord:
    return version(key, phone(P, Level.OBSERVED), **fields).record  # type: ignore[arg-type]  # as version takes them


def listing(
    *keys: str,
    began: datetime,
    ended: bool = True,
    prefix: str = "",
    brought: Iterable[ContactRecord] = (),
    cursor: str = "",
) -> Page:
    """Return a page of a complete list."""
    sweep = Sweep(began_at=began, listed=keys, ended=ended, prefix=prefix)
    return Page(deliveries=tuple(map(Delivery, brought)), cursor=cursor, more=False, sweep=sweep)


def brought(*records: ContactRecord) -> Page:
    return Page(deliveries=tuple(map(Delivery, records)), cursor="", more=False)


def pull(uow: UnitOfWork, *pages: Page, on: datetime) -> Report:
    return Run(uow, Scripted(pages), lambda: on)(NAME)


def known(uow: UnitOfWork, *keys: str, on: float = 1) -> None:
    """Let the source bring calls with these keys, on that day."""
    pull(uow, brought(*map(a_call, keys)), on=at(on))


def record(uow: UnitOfWork, key: str) -> Record:
    with uow.begin() as tx:
        (found,) = tx.evidence.load([id_of(NAME, key)])
    return found


def deleted(uow: UnitOfWork, of: str = NAME) -> set[str]:
    with uow.begin() as tx:
        return {each.key for each in tx.evidence.load(tx.evidence.ids_of_source(of)) if each.deleted}


def settle(uow: UnitOfWork) -> None:
    resolve_all(uow)
    while dedupe.run(uow).outcome.value == "more":
        pass


def latest(uow: UnitOfWork, prefix: str = "") -> SweepRow | None:
    with uow.begin() as tx:
        return tx.sweeps.latest(NAME, prefix)


def listed(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return {row.record_id for row in connection.execute(tables.swept.select())}


class TestGone:
    """What should be on a list that has ended, and is not, is marked as deleted."""

    def test_what_is_not_listed_is_marked_and_counted(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b", "c")

        report = pull(uow, listing("b", began=at(2)), on=at(2))

        assert (report.outcome, report.gone, report.back, report.changed) == (Outcome.DONE, 2, 0, 0)
        assert deleted(uow) == {"a", "c"}

    def test_nothing_else_of_a_record_changes(self, uow: UnitOfWork) -> None:
        note = Note(id="n", at=at(0), body="prefers mornings")
        pull(uow, brought(a_call("a", name="Ana Ruiz", notes=(note,), occurred_at=at(-5))), on=at(1))
        before = record(uow, "a")

        pull(uow, listing(began=at(2)), on=at(2))

        after = record(uow, "a")
        assert (after.sightings, after.name, after.occurred_at) == (
            before.sightings,
            before.name,
            before.occurred_at,
        )
        with uow.begin() as tx:
            assert [each.body for each in tx.people.notes([after.id])] == ["prefers mornings"]

    def test_the_contact_stays_and_a_rebuild_changes_nothing(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b")
        settle(uow)

        pull(uow, listing("a", began=at(2)), on=at(2))

        with uow.begin() as tx:
            assert tx.to_resolve.waiting() == 1
        settle(uow)
        with uow.begin() as tx:
            lead = tx.contacts.find(id_of(NAME, "b"))
        assert lead is not None
        assert {each.id for each in lead.records} == {"a", "b"}
        assert rebuild.run(uow, at(9), check=True).is_right

    def test_a_list_over_several_pages_is_one_list(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b", "c")
        first = listing("a", began=at(2), ended=False)

        report = pull(uow, first, listing("c", began=at(2)), on=at(2))

        assert (report.pages, report.gone, deleted(uow)) == (2, 1, {"b"})

    def test_until_it_has_ended_nothing_is_gone(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b")

        report = pull(uow, listing("a", began=at(2), ended=False), on=at(2))

        assert (report.gone, deleted(uow)) == (0, set())

    def test_what_the_page_itself_brings_as_deleted_is_no_more_than_that(self, uow: UnitOfWork) -> None:
        known(uow, "a")
        page = listing(began=at(2), brought=[version("a", updated_at=at(1.5), deleted=True).record])

        report = pull(uow, page, on=at(2))

        assert (report.changed, report.gone, deleted(uow)) == (1, 0, {"a"})

    def test_what_is_gone_is_gone_once(self, uow: UnitOfWork) -> None:
        known(uow, "a")
        pull(uow, listing(began=at(2)), on=at(2))

        report = pull(uow, listing(began=at(3)), on=at(3))

        with uow.begin() as tx:
            assert len(tx.evidence.versions([id_of(NAME, "a")])[id_of(NAME, "a")]) == 2
        assert (report.gone, deleted(uow)) == (0, {"a"})

    def test_what_landed_since_the_list_was_begun_is_not_missing(self, uow: UnitOfWork) -> None:
        known(uow, "old")
        pull(uow, listing("old", began=at(2), ended=False), on=at(2))
        known(uow, "new", on=2.01)

        report = pull(uow, listing(began=at(2)), on=at(2.02))

        assert (report.gone, deleted(uow)) == (0, set())

    def test_an_entry_that_changed_since_counts_as_there_until_the_next_list(self, uow: UnitOfWork) -> None:
        known(uow, "a")
        pull(uow, brought(a_call("a", updated_at=at(2.01), name="Ana Ruiz")), on=at(2.01))

        first = pull(uow, listing(began=at(2)), on=at(2) + SOON * 20)
        later = pull(uow, listing(began=at(3)), on=at(3))

        assert (first.gone, later.gone, deleted(uow)) == (0, 1, {"a"})

    def test_more_than_one_batch_is_marked(self, uow: UnitOfWork) -> None:
        known(uow, *(f"k{number}" for number in range(BATCH + 3)))

        pull(uow, listing("k7", began=at(2)), on=at(2))
        report = pull(uow, listing("k7", began=at(3)), on=at(3))

        assert report.gone == len(deleted(uow)) == BATCH + 2

    def test_what_is_missing_is_read_a_few_at_a_time(self, uow: UnitOfWork) -> None:
        known(uow, *"abcde")
        pull(uow, listing("c", began=at(2), ended=False), on=at(2))

        with uow.begin() as tx:
            parts = list(tx.sweeps.missing(NAME, "", at(2), at_most=3))

        assert [len(part) for part in parts] == [3, 1]
        assert {row.key for part in parts for row in part} == set("abde")

    def test_a_merged_record_stays_a_suggestion(self, uow: UnitOfWork) -> None:
        """A vendor's own merge joins nobody; its deletion came with it, and the list says nothing new."""
        merged = version("old", updated_at=at(2), deleted=True, about=(NAME, "kept", Level.CLAIMED)).record
        pull(
            uow,
            brought(
                version("old", email("ana@x.es", Level.STORED)).record,
                version("kept", email("ana.ruiz@x.es", Level.STORED)).record,
            ),
            on=at(1),
        )
        pull(uow, brought(merged), on=at(2))

        pull(uow, listing("kept", began=at(3)), on=at(3))

        settle(uow)
        with uow.begin() as tx:
            (found,) = tx.suggestions.strongest(10)
        assert {found.one, found.other} == {id_of(NAME, "old"), id_of(NAME, "kept")}
        assert [each.kind for each in found.reasons] == ["about"]
        assert merged.about == About(NAME, "kept", Level.CLAIMED)


class TestBack:
    """A list that has a record again heals what an earlier one marked."""

    def test_what_is_listed_again_is_there_again(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b")
        pull(uow, listing(began=at(2)), on=at(2))

        report = pull(uow, listing("a", began=at(3)), on=at(3))

        assert (report.gone, report.back, deleted(uow)) == (0, 1, {"b"})

    def test_a_deletion_that_is_newer_than_the_list_stays(self, uow: UnitOfWork) -> None:
        known(uow, "a")
        pull(uow, listing("a", began=at(2), ended=False), on=at(2))
        pull(uow, brought(version("a", updated_at=at(2.01), deleted=True).record), on=at(2.01))

        report = pull(uow, listing(began=at(2)), on=at(2.02))

        assert (report.back, deleted(uow)) == (0, {"a"})

    def test_it_comes_and_goes_as_often_as_the_lists_say(self, uow: UnitOfWork) -> None:
        known(uow, "a")

        reports = [
            pull(uow, listing(*(["a"] if day % 2 else []), began=at(day)), on=at(day)) for day in range(2, 8)
        ]

        assert [(each.gone, each.back) for each in reports] == [(1, 0), (0, 1)] * 3


class TestWhose:
    """A list speaks of one source, and of the keys that begin with its prefix."""

    def test_other_sources_are_none_of_its_business(self, uow: UnitOfWork) -> None:
        add_sources(uow, {"crm": Level.STORED})
        land_page(uow, "crm", [a_call("a")], landed_at=at(1))

        pull(uow, listing(began=at(2)), on=at(2))

        assert deleted(uow, "crm") == set()

    def test_keys_that_begin_otherwise_are_not_missing(self, uow: UnitOfWork) -> None:
        known(uow, "user_1", "userX1", "lead_1")

        pull(uow, listing(began=at(2), prefix="user_"), on=at(2))

        assert deleted(uow) == {"user_1"}

    def test_a_list_of_those_who_are_identified_misses_nobody_else(self, uow: UnitOfWork) -> None:
        known(uow, "a")
        pull(uow, brought(ContactRecord(id="visitor", occurred_at=at(1), identifiers=())), on=at(1))
        sweep = Sweep(began_at=at(2), listed=(), ended=True, identified=True)

        report = pull(uow, Page(deliveries=(), cursor=".", more=False, sweep=sweep), on=at(2))

        assert report.gone == 1
        assert deleted(uow) == {"a"}

    def test_what_is_gone_by_one_list_stays_so_by_another(self, uow: UnitOfWork) -> None:
        known(uow, "lead_1", "user_1")
        pull(uow, listing(began=at(2)), on=at(2))

        pull(uow, listing("user_1", began=at(3), prefix="user_"), on=at(3))

        assert deleted(uow) == {"lead_1"}

    def test_two_lists_of_a_source_do_not_disturb_each_other(self, uow: UnitOfWork) -> None:
        known(uow, "user_1", "user_2", "lead_1", "lead_2")

        pull(
            uow,
            listing("user_1", began=at(2), ended=False, prefix="user_"),
            listing("lead_1", began=at(2) + SOON, ended=False, prefix="lead_"),
            listing(began=at(2), prefix="user_"),
            listing(began=at(2) + SOON, prefix="lead_"),
            on=at(2) + SOON,
        )

        assert deleted(uow) == {"user_2", "lead_2"}

    def test_a_key_that_no_record_can_have_says_nothing(self, uow: UnitOfWork) -> None:
        known(uow, "a")

        report = pull(uow, listing("\ud800", "\0", "never seen", "a", began=at(2)), on=at(2))

        assert (report.outcome, report.gone) == (Outcome.DONE, 0)


class TestDoubt:
    """One answer that is empty or cut off by a fault marks nobody: most of what is known is gone by two lists."""

    many = tuple(f"k{number}" for number in range(2 * FEW + 2))

    @pytest.mark.parametrize("listed", [(), many[:FEW]])
    def test_a_list_that_misses_most_marks_nobody_and_says_so(
        self, uow: UnitOfWork, listed: tuple[str, ...]
    ) -> None:
        known(uow, *self.many)

        report = pull(uow, listing(*listed, began=at(2)), on=at(2))

        with uow.begin() as tx:
            (run, *_) = tx.work.runs(NAME, 1)
        assert (report.outcome, report.gone, deleted(uow)) == (Outcome.DONE, 0, set())
        assert [f"misses {len(self.many) - len(listed)}" in each for each in run.warnings] == [True]

    def test_the_next_list_is_believed(self, uow: UnitOfWork) -> None:
        known(uow, *self.many)
        pull(uow, listing(began=at(2)), on=at(2))

        report = pull(uow, listing("k0", began=at(3)), on=at(3))

        assert (report.gone, deleted(uow)) == (len(self.many) - 1, {*self.many} - {"k0"})

    def test_a_list_in_between_that_has_them_ends_the_doubt(self, uow: UnitOfWork) -> None:
        known(uow, *self.many)
        pull(uow, listing(began=at(2)), on=at(2))
        pull(uow, listing(*self.many, began=at(3)), on=at(3))

        report = pull(uow, listing(began=at(4)), on=at(4))

        assert (report.gone, deleted(uow)) == (0, set())

    def test_half_of_them_may_be_gone_at_once(self, uow: UnitOfWork) -> None:
        known(uow, *self.many)

        report = pull(uow, listing(*self.many[: FEW + 1], began=at(2)), on=at(2))

        assert report.gone == FEW + 1

    def test_a_source_that_says_itself_that_all_are_gone_is_believed(self, uow: UnitOfWork) -> None:
        known(uow, *self.many)
        emptied = Sweep(began_at=at(2), listed=(), ended=True, emptied=True)

        report = pull(uow, Page(deliveries=(), cursor="", more=False, sweep=emptied), on=at(2))

        assert report.gone == len(self.many)


class TestAgain:
    """A run is killed, a page lands twice, a list is begun anew: the effect is that of a whole list, once."""

    def test_killed_between_two_pages_the_next_run_knows_what_was_listed(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b")
        pull(uow, listing("a", began=at(2), ended=False), on=at(2))

        report = pull(uow, listing("b", began=at(2)), on=at(2) + SOON)

        assert (report.gone, deleted(uow)) == (0, set())

    def test_killed_while_the_last_page_lands_nothing_is_marked(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b")
        pull(uow, listing("a", began=at(2), ended=False), on=at(2))
        broken = listing(began=at(2), cursor="\0")  # Cannot be written, which comes last.

        with pytest.raises(Exception, match="NUL"):
            pull(uow, broken, on=at(2) + SOON)
        before = deleted(uow)
        report = pull(uow, listing(began=at(2)), on=at(2) + SOON * 5)

        assert (before, report.gone, deleted(uow)) == (set(), 1, {"b"})

    def test_a_page_that_lands_twice_says_it_once(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b", "c")
        first, last = listing("a", began=at(2), ended=False), listing("b", began=at(2))

        report = pull(uow, first, first, last, last, on=at(2))

        assert (report.gone, deleted(uow)) == (1, {"c"})

    def test_the_last_page_alone_again_marks_nobody(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b")
        last = listing("b", began=at(2))
        pull(uow, listing("a", began=at(2), ended=False), last, on=at(2))

        report = pull(uow, last, on=at(2) + SOON)

        assert (report.gone, deleted(uow)) == (0, set())

    def test_a_run_that_lost_its_lease_marks_nobody(self, uow: UnitOfWork) -> None:
        known(uow, "a")

        class Frozen(Scripted):
            def fetch(self, cursor: str | None) -> Page:
                pull(uow, brought(), on=at(2) + LEASE * 2)
                return super().fetch(cursor)

        report = Run(uow, Frozen([listing(began=at(2))]), lambda: at(2))(NAME)

        assert (report.outcome, report.gone, deleted(uow)) == (Outcome.BUSY, 0, set())

    def test_a_list_that_is_begun_anew_forgets_what_the_last_one_had(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b")
        pull(uow, listing("a", began=at(2), ended=False), on=at(2))

        report = pull(uow, listing("b", began=at(2) + SOON), on=at(2) + SOON)

        assert (report.gone, deleted(uow)) == (1, {"a"})

    def test_what_was_listed_is_not_kept_when_the_list_has_ended(
        self, uow: UnitOfWork, engine: Engine
    ) -> None:
        known(uow, "a")

        pull(uow, listing("a", began=at(2)), on=at(2))

        assert listed(engine) == set()
        assert latest(uow) == SweepRow(at(2), at(2), open=False)


class TestTimes:
    """Clocks differ, and lists are cut off: what cannot be known to be whole marks nobody."""

    def test_a_list_from_the_future_marks_as_of_when_it_landed(self, uow: UnitOfWork) -> None:
        known(uow, "old")
        ahead = at(9)
        pull(uow, listing("old", began=ahead, ended=False), on=at(2))
        known(uow, "new", on=2.01)

        report = pull(uow, listing(began=ahead), on=at(2.02))
        later = pull(uow, listing("old", began=at(3)), on=at(3))

        assert report.gone == 0
        assert (later.gone, deleted(uow)) == (1, {"new"})

    def test_marks_of_a_list_from_the_future_are_not_newer_than_what_comes_next(
        self, uow: UnitOfWork
    ) -> None:
        known(uow, "a")
        pull(uow, listing(began=at(9)), on=at(2))

        pull(uow, brought(a_call("a", updated_at=at(3))), on=at(3))

        assert deleted(uow) == set()

    def test_a_list_whose_beginning_is_missing_marks_nobody(self, uow: UnitOfWork) -> None:
        """Its first page never came: what was on it would be taken for gone."""
        known(uow, "a", "b", "c")
        began = at(2)
        late = began + LATEST_BEGINNING + SOON

        with structlog.testing.capture_logs() as logged:
            report = pull(uow, listing("b", began=began, ended=False), listing("c", began=began), on=late)

        assert (report.gone, deleted(uow)) == (0, set())
        assert [each["event"] for each in logged if each["log_level"] == "warning"] == [
            "sweep_without_beginning"
        ]

    def test_the_next_whole_list_counts_again(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b")
        pull(uow, listing("b", began=at(2), ended=False), on=at(2) + LATEST_BEGINNING * 2)

        report = pull(uow, listing("b", began=at(3)), on=at(3))

        assert (report.gone, deleted(uow)) == (1, {"a"})

    def test_a_list_may_take_longer_than_its_first_page_may(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b", "c")
        pull(uow, listing("a", began=at(2), ended=False), on=at(2))

        report = pull(uow, listing("b", began=at(2)), on=at(5))

        assert (report.gone, deleted(uow)) == (1, {"c"})

    def test_after_a_full_restart_the_rest_of_the_old_list_marks_nobody(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b")
        pull(uow, listing("a", began=at(2), ended=False), on=at(2))
        pull(uow, listing("a", began=at(2) + SOON, ended=False), on=at(2) + SOON)

        stale = pull(uow, listing(began=at(2)), on=at(2) + SOON * 2)
        report = pull(uow, listing("b", began=at(2) + SOON), on=at(2) + SOON * 3)

        assert (stale.gone, report.gone, deleted(uow)) == (0, 0, set())

    def test_after_a_clock_was_set_back_lists_count_again(self, uow: UnitOfWork) -> None:
        known(uow, "a", "b")
        pull(uow, listing("a", "b", began=at(400)), on=at(400))
        with uow.begin() as tx:
            tx.sources.set(NAME, lease_until=None, lease_owner=None)

        report = pull(uow, listing("b", began=at(2)), on=at(2))

        assert (report.gone, deleted(uow)) == (1, {"a"})


class TestErased:
    """Who was erased is not brought back by a list, and nothing of theirs stays in it."""

    def test_a_list_brings_nobody_back(self, uow: UnitOfWork) -> None:
        known(uow, "a")
        settle(uow)
        erase.run(uow, id_of(NAME, "a"), at(1.5))

        listed = pull(uow, listing("a", began=at(2), brought=[a_call("a")]), on=at(2))
        report = pull(uow, listing(began=at(3)), on=at(3))

        assert (listed.suppressed, listed.gone, listed.back, report.gone) == (1, 0, 0, 0)
        with uow.begin() as tx:
            assert tx.evidence.ids_of_source(NAME) == []

    def test_erasing_in_the_middle_of_a_list_takes_them_off_it(self, uow: UnitOfWork, engine: Engine) -> None:
        other = version("b", email("luis@x.es", Level.OBSERVED)).record
        pull(uow, brought(a_call("a"), other), on=at(1))
        settle(uow)
        pull(uow, listing("a", "b", began=at(2), ended=False), on=at(2))

        erase.run(uow, id_of(NAME, "a"), at(2))
        again = pull(uow, listing("a", began=at(2), ended=False), on=at(2) + SOON)

        assert listed(engine) == {id_of(NAME, "b")}
        assert again.outcome is Outcome.DONE
        assert pull(uow, listing(began=at(2)), on=at(2) + SOON * 2).gone == 0


def test_a_page_that_is_part_of_no_list_changes_no_count(uow: UnitOfWork) -> None:
    landed = Landed(3, 2, 1, ("x",))

    with uow.begin() as tx:
        assert swept(tx, uow.id_key, Arrival(NAME, None, None, at(2)), None, landed) is landed


def test_the_cursor_moves_with_what_was_listed(uow: UnitOfWork) -> None:
    pull(uow, listing(began=at(2), ended=False), on=at(2))

    assert source(uow).cursor == "."
    assert latest(uow) == SweepRow(at(2), at(2), open=True)
