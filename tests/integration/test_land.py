"""Landing: a page is kept whole with its cursor, once, whatever it holds."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from integrations.contract import ContactRecord, Delivery, Interaction, Level, Note, Rejected
from tests.builders import ID_KEY, LANDED, START, P, a_call, at, email, id_of, phone, version
from tests.database import add_sources, exported, land_page, resolve_all
from worker.domain.admission import MOST_CHARACTERS, MOST_IDENTIFIERS
from worker.domain.records import Record
from worker.jobs.land import Arrival, land
from worker.storage.people import NoteRow
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

STORED, OBSERVED = Level.STORED, Level.OBSERVED
EAST = timezone(timedelta(hours=9))
NESTED: dict[str, Any] = {}
for _ in range(2_000):
    NESTED = {"a": NESTED}


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    add_sources(uow, {"crm": Level.VERIFIED, "pbx": Level.VERIFIED})


def a_row(key: str = "1", **fields: Any) -> ContactRecord:
    return ContactRecord(id=key, occurred_at=START, identifiers=(email("ana@x.es", STORED),), **fields)


def stored(uow: UnitOfWork, key: str, source: str = "crm") -> Record:
    with uow.begin() as tx:
        (record,) = tx.evidence.load([id_of(source, key)])
    return record


def reasons(uow: UnitOfWork) -> list[str]:
    with uow.begin() as tx:
        return sorted(each.reason for each in tx.work.rejects())


def waiting(uow: UnitOfWork) -> int:
    with uow.begin() as tx:
        return tx.to_resolve.waiting()


class TestAPage:
    """A page lands in one transaction; landing it again changes nothing."""

    CALL = Interaction(id="c1", kind="call", at=at(0))
    NOTE = Note(id="n1", at=at(0), body="prefers mornings")

    def test_records_interactions_and_notes_are_kept(self, uow: UnitOfWork) -> None:
        landed = land_page(uow, "crm", [a_row(interactions=(self.CALL,), notes=(self.NOTE,)), a_row("2")])

        resolve_all(uow)
        assert (landed.pulled, landed.changed, landed.rejected) == (2, 2, 0)
        assert ['"interactions": 1, "notes": 1' in line for line in exported(uow)].count(True) == 1

    def test_the_changed_records_wait_to_be_resolved(self, uow: UnitOfWork) -> None:
        land_page(uow, "crm", [a_row("1"), a_row("2")])

        assert waiting(uow) == 2

    def test_the_same_page_three_times_changes_nothing(self, uow: UnitOfWork) -> None:
        page = [a_row(interactions=(self.CALL,), notes=(self.NOTE,)), a_row("2", name="Ana Ruiz")]
        land_page(uow, "crm", page)
        resolve_all(uow)
        before = exported(uow)

        again = [land_page(uow, "crm", page, landed_at=at(500)) for _ in range(3)]

        assert [each.changed for each in again] == [0, 0, 0]
        assert waiting(uow) == 0
        assert exported(uow) == before

    def test_the_same_record_twice_on_a_page_is_one_version(self, uow: UnitOfWork) -> None:
        landed = land_page(uow, "crm", [a_row(), a_row()])

        assert (landed.pulled, landed.changed) == (2, 1)

    def test_one_moment_written_in_two_zones_is_one_version(self, uow: UnitOfWork) -> None:
        def written(zone: timezone) -> ContactRecord:
            call = Interaction(id="c1", kind="call", at=at(0).astimezone(zone))
            note = Note(id="n1", at=at(0).astimezone(zone), body="prefers mornings")
            moment = at(1).astimezone(zone)
            return a_row(updated_at=moment, interactions=(call,), notes=(note,))

        assert land_page(uow, "crm", [written(EAST), written(UTC)]).changed == 1
        assert land_page(uow, "crm", [written(EAST)]).changed == 0

    def test_two_versions_on_one_page_are_folded(self, uow: UnitOfWork) -> None:
        land_page(uow, "crm", [a_row(name="New", updated_at=at(2)), a_row(name="Old", updated_at=at(1))])

        assert stored(uow, "1").name == "New"

    def test_a_version_that_arrives_late_does_not_double_the_interaction(self, uow: UnitOfWork) -> None:
        land_page(uow, "crm", [a_row(interactions=(self.CALL,), updated_at=at(2))])
        land_page(uow, "crm", [a_row(interactions=(self.CALL,), updated_at=at(1), name="Ana")])
        resolve_all(uow)

        (line,) = exported(uow)
        assert '"interactions": 1' in line
        assert stored(uow, "1").name == "Ana"

    def test_when_the_transaction_fails_nothing_of_the_page_is_there(self, uow: UnitOfWork) -> None:
        arrival = Arrival("crm", None, None, LANDED)
        with pytest.raises(ZeroDivisionError), uow.begin() as tx:  # noqa: PT012 - the fault comes after landing
            land(tx, ID_KEY, arrival, [Delivery(a_row())], [Rejected("row 2", "no id", "{}")])
            raise ZeroDivisionError

        assert (waiting(uow), reasons(uow), exported(uow)) == (0, [], [])


class TestStamps:
    """Without `updated_at`, the stamp of the latest delivery says which version is newer, in any order."""

    MONDAY, TUESDAY, WEDNESDAY = at(1), at(2), at(3)
    FILES = ((MONDAY, "Ana Ruiz"), (TUESDAY, "Ana Gómez"), (WEDNESDAY, "Ana Ruiz"))

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)], ids=str)
    def test_a_row_that_went_back_to_what_it_was_is_as_the_latest_file_says(
        self, uow: UnitOfWork, order: tuple[int, ...]
    ) -> None:
        for stamp, name in (self.FILES[each] for each in order):
            land_page(uow, "crm", [a_row(name=name)], stamp=stamp)

        assert stored(uow, "1").name == "Ana Ruiz"

    def test_the_same_file_with_a_later_stamp_changes_nothing(self, uow: UnitOfWork) -> None:
        land_page(uow, "crm", [a_row(), a_row("2")], stamp=self.MONDAY)

        assert land_page(uow, "crm", [a_row(), a_row("2")], stamp=self.WEDNESDAY).changed == 0

    def test_a_stamp_from_the_future_counts_as_the_time_of_landing(self, uow: UnitOfWork) -> None:
        land_page(uow, "crm", [a_row(name="Skewed")], stamp=at(4000), landed_at=at(1))
        land_page(uow, "crm", [a_row(name="Later")], stamp=at(2), landed_at=at(2))

        assert stored(uow, "1").name == "Later"


class TestBadRecords:
    """A bad field rejects the record with a reason, never the page."""

    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            (a_row("1", name="Ana\0Ruiz"), "name: holds a NUL character"),
            (a_row("1\0"), "id: holds a NUL character"),
            (a_row("1", profile={"a": {"b": ["\0"]}}), "profile.a.b: holds a NUL character"),
            (a_row("1", name="Ana \ud83d"), "a text holds half a character (a lone surrogate)"),
            (a_row("1", name="x" * 5_000_000), f"name: 5,000,000 characters, at most {MOST_CHARACTERS:,}"),
            (a_row("x" * 513), "id: 513 characters"),
            (a_row("  "), "id: is empty"),
            (
                version("1", *(email(f"{each}@x.es", STORED) for each in range(MOST_IDENTIFIERS + 1))).record,
                f"identifiers: {MOST_IDENTIFIERS + 1} of them, at most {MOST_IDENTIFIERS} are kept",
            ),
            (a_row("1", notes=(Note(id="n" * 513, at=START, body=""),)), "notes.id: 513 characters"),
            (
                a_row("1", interactions=(Interaction(id="i" * 513, kind="call", at=START),)),
                "interactions.id: 513",
            ),
            (a_row("1", profile=NESTED), "profile: is nested too deep"),
            (a_row("1", updated_at=datetime(1, 1, 1, tzinfo=EAST)), "a time is out of range in UTC"),
        ],
        ids=[
            "NUL in a field",
            "NUL in the id",
            "NUL deep in the profile",
            "half a surrogate pair",
            "a field of 5 MB",
            "an endless id",
            "an empty id",
            "hundreds of identifiers",
            "an endless id of a note",
            "an endless id of a call",
            "a profile without end",
            "a time before all times",
        ],
    )
    def test_it_is_rejected_and_the_page_goes_on(
        self, uow: UnitOfWork, bad: ContactRecord, reason: str
    ) -> None:
        landed = land_page(uow, "crm", [a_row("before"), bad, a_row("after")])

        assert (landed.pulled, landed.changed, landed.rejected) == (3, 2, 1)
        (found,) = reasons(uow)
        assert found.startswith(reason)

    def test_the_reason_never_holds_the_value(self, uow: UnitOfWork) -> None:
        land_page(uow, "crm", [a_row("1", name="Ana Ruiz\0"), a_row("2", profile={"note": "secret\0"})])

        assert not any("Ana" in reason or "secret" in reason for reason in reasons(uow))

    def test_what_the_connector_rejected_is_kept_too(self, uow: UnitOfWork) -> None:
        page = [Rejected("row 41", "column 'phone': not a phone number", "41;\0\ud83d")]

        landed = land_page(uow, "crm", [a_row()], rejected=page)

        with uow.begin() as tx:
            (found,) = tx.work.rejects("crm")
        assert (landed.pulled, landed.rejected) == (2, 1)
        assert (found.place, found.reason) == ("row 41", "column 'phone': not a phone number")
        assert "\0" not in found.raw

    def test_the_same_bad_entry_again_counts_up(self, uow: UnitOfWork) -> None:
        for _ in range(3):
            land_page(uow, "crm", [], rejected=[Rejected("row 41", "no id", "{}")])

        with uow.begin() as tx:
            (found,) = tx.work.rejects("crm")
        assert found.times == 3

    def test_what_only_looks_like_a_nul_character_is_kept(self, uow: UnitOfWork) -> None:
        land_page(uow, "crm", [a_row(profile={"path": "C:\\u0000", "floor": 3})])

        assert stored(uow, "1").profile == {"path": "C:\\u0000", "floor": 3}

    def test_long_texts_up_to_the_limit_are_kept(self, uow: UnitOfWork) -> None:
        note = Note(id="n1", at=at(0), body="é" * MOST_CHARACTERS)

        assert land_page(uow, "crm", [a_row(notes=(note,))]).changed == 1

    def test_a_value_that_is_no_identifier_rejects_nothing(self, uow: UnitOfWork) -> None:
        land_page(uow, "pbx", [version("call", phone("anonymous", OBSERVED)).record])

        assert [each.value for each in stored(uow, "call", "pbx").unusable] == ["anonymous"]


class TestNotesWrittenHere:
    """Notes that the team wrote stay on their record when a newer version of it lands."""

    def test_a_new_version_takes_no_note_away(self, uow: UnitOfWork) -> None:
        call = version("call", phone(P, OBSERVED)).record
        land_page(uow, "pbx", [call])
        resolve_all(uow)
        with uow.begin() as tx:
            tx.people.write_note(a_call(key="call").id, _note())

        land_page(uow, "pbx", [version("call", phone(P, OBSERVED), updated_at=at(3), name="Ana").record])
        resolve_all(uow)

        (line,) = exported(uow)
        assert '"notes": 1' in line


def _note() -> NoteRow:
    return NoteRow("n-1", at(1), "agent-3", "prefers mornings", a_call(key="call").id)
