"""DESIGN 5.1: versions of one record, whose newer one replaces the profile and loses nothing."""

from itertools import permutations

import pytest
from msgspec import UNSET

from integrations.contract import Interaction, Level, Note
from tests.builders import (
    ID_KEY,
    LANDED,
    P,
    Q,
    a_call,
    a_login,
    a_record,
    account,
    at,
    contact_of,
    email,
    phone,
    told,
    version,
)
from worker.domain.folding import Folded, fold
from worker.domain.records import Record, Sighting, Version, content_digest
from worker.domain.resolve import resolve

CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED
E, F = "ana@x.es", "ana@y.es"


def folded(*versions: Version) -> Folded:
    """Fold versions, after making sure that the order of their arrival does not matter."""
    first = fold(ID_KEY, "crm", versions)
    for order in permutations(versions):
        assert fold(ID_KEY, "crm", order) == first
    return first


def sightings(record: Record) -> dict[str, Sighting]:
    return {each.value: each for each in record.sightings}


class TestNewer:
    """The newer of two versions is the one with the later `updated_at`."""

    def test_the_newer_version_replaces_the_older_one(self) -> None:
        record = folded(
            version("1", updated_at=at(1), name="Ana Ruiz", profile={"company": "Acme"}),
            version("1", updated_at=at(2), name="Ana Gómez", profile={"company": "Apex"}),
        ).record

        assert (record.name, record.profile, record.version_at) == ("Ana Gómez", {"company": "Apex"}, at(2))

    def test_an_older_version_that_arrives_late_overwrites_nothing(self) -> None:
        newer = version("1", updated_at=at(9), name="Ana Gómez", landed_at=at(10))
        older = version("1", updated_at=at(6), name="Ana Ruiz", landed_at=at(20))

        assert folded(newer, older).record.name == "Ana Gómez"

    def test_without_updated_at_the_stamp_of_the_delivery_decides(self) -> None:
        monday = version("1", name="Ana Ruiz", stamp=at(1))
        tuesday = version("1", name="Ana Gómez", stamp=at(2))

        assert folded(tuesday, monday).record.name == "Ana Gómez"

    def test_without_a_stamp_occurred_at_decides(self) -> None:
        one = version("1", name="Ana Ruiz", occurred_at=at(1))
        other = version("1", name="Ana Gómez", occurred_at=at(2))

        assert folded(other, one).record.name == "Ana Gómez"

    def test_a_tie_goes_by_content_and_never_by_arrival(self) -> None:
        one, other = version("1", name="Ana Ruiz"), version("1", name="Ana Gómez")

        assert folded(one, other).record.name == max((one, other), key=lambda each: each.digest).record.name

    def test_the_same_content_is_the_same_version(self) -> None:
        assert content_digest(version("1", name="Ana").record) == content_digest(
            version("1", name="Ana").record
        )

    def test_what_says_for_certain_whom_it_is_about_is_the_version_that_it_was_before_it_could_say_how_sure(
        self,
    ) -> None:
        body, _ = content_digest(version("1", about=("pbx", "call", Level.VERIFIED)).record)

        assert body == content_digest(version("1", about=("pbx", "call")).record)[0]
        assert b'"about":{"source":"pbx","id":"call"}' in body


class TestFuture:
    """A time in the future ranks as the stamp of its first delivery."""

    def test_a_version_from_the_future_does_not_win_for_ever(self) -> None:
        skewed = version("1", updated_at=at(4000), name="Ana Ruiz", landed_at=at(1))
        later = version("1", updated_at=at(5), name="Ana Gómez", landed_at=at(5))

        assert folded(skewed, later).record.name == "Ana Gómez"

    def test_nor_does_its_record_name_the_contact_for_ever(self) -> None:
        skewed = a_record(
            "chat",
            version("1", account("u-1"), occurred_at=at(0), updated_at=at(4000), name="Old", landed_at=at(1)),
        )
        later = a_login("u-1", on=5, name="New")

        assert contact_of(resolve([skewed, later]), later).name == "New"

    def test_its_raw_time_is_kept(self) -> None:
        skewed = a_record("crm", version("1", email(E, STORED), updated_at=at(4000)))

        assert sightings(skewed)[E].first_at == at(4000)
        assert sightings(skewed)[E].proved_at == LANDED


class TestIdentifiers:
    """Identifiers are kept with first and last sight; one that a newer version drops stays as former."""

    def test_first_and_last_sight_are_times_of_versions(self) -> None:
        record = folded(*(version("1", email(E, STORED), updated_at=at(day)) for day in (1, 5, 9))).record

        seen = sightings(record)[E]
        assert (seen.first_at, seen.last_at, seen.former) == (at(1), at(9), False)

    def test_what_a_newer_version_no_longer_carries_is_former(self) -> None:
        record = folded(
            version("1", email(E, STORED), updated_at=at(1)),
            version("1", email(F, STORED), updated_at=at(2)),
        ).record

        assert {value: seen.former for value, seen in sightings(record).items()} == {E: True, F: False}

    def test_a_version_without_identifiers_takes_none_away(self) -> None:
        record = folded(version("1", email(E, STORED)), version("1", updated_at=at(2), deleted=True)).record

        assert not sightings(record)[E].former
        assert record.deleted

    def test_a_former_identifier_still_ties_what_it_tied(self) -> None:
        row = a_record(
            "crm",
            version("row", email(E, STORED), updated_at=at(1)),
            version("row", email(F, STORED), updated_at=at(2)),
        )
        login = a_login("u-1", email(E, VERIFIED), key="login")

        assert told(resolve([row, login])) == {"user: login, row"}

    def test_each_level_has_its_own_sight(self) -> None:
        record = folded(
            version("1", email(E, CLAIMED), updated_at=at(1)),
            version("1", email(E, VERIFIED), updated_at=at(2)),
        ).record

        assert [(each.level, each.first_at) for each in record.sightings] == [
            (CLAIMED, at(1)),
            (VERIFIED, at(2)),
        ]

    def test_a_claim_does_not_renew_a_proof(self) -> None:
        session = folded(
            version("1", account("ana"), updated_at=at(1)),
            version("1", account("luis"), updated_at=at(2)),
            version("1", account("luis"), account("ana", CLAIMED), updated_at=at(3)),
        ).record

        assert {each.value: each.former for each in session.sightings if each.level is VERIFIED} == {
            "ana": True,
            "luis": False,
        }

    def test_a_value_that_cannot_be_a_key_is_kept_with_its_reason(self) -> None:
        record = folded(version("1", email("not an address", STORED), phone("0", OBSERVED))).record

        assert record.sightings == ()
        assert [each.value for each in record.unusable] == ["not an address", "0"]
        assert all(each.reason for each in record.unusable)

    def test_a_correction_keeps_the_old_value(self) -> None:
        record = folded(
            version("1", phone(P, CLAIMED), updated_at=at(1)),
            version("1", phone(Q, CLAIMED), updated_at=at(2)),
        ).record

        assert set(sightings(record)) == {P, Q}


class TestAbsentEmptyCleared:
    """Absent, empty and cleared are three different things."""

    FULL = version("1", updated_at=at(1), name="Ana Ruiz", profile={"company": "Acme"})

    @pytest.mark.parametrize(
        ("name", "profile"),
        [(UNSET, {}), ("", {"company": ""})],
        ids=["a column is absent", "a cell is empty"],
    )
    def test_nothing_is_touched_where(self, name: str, profile: dict[str, str]) -> None:
        record = folded(self.FULL, version("1", updated_at=at(2), name=name, profile=profile)).record

        assert (record.name, record.profile) == ("Ana Ruiz", {"company": "Acme"})

    def test_an_explicit_clear_marker_clears(self) -> None:
        record = folded(
            self.FULL, version("1", updated_at=at(2), name=None, profile={"company": None})
        ).record

        assert (record.name, record.profile) == ("", {})

    def test_what_was_cleared_can_be_stated_again(self) -> None:
        cleared = version("1", updated_at=at(2), name=None)
        again = version("1", updated_at=at(3), name="Ana Gómez")

        assert folded(self.FULL, cleared, again).record.name == "Ana Gómez"


class TestInteractionsAndNotes:
    """Interactions and notes are never lost and never doubled."""

    CALL = Interaction(id="c1", kind="call", at=at(1), summary="asked")

    def test_another_version_of_a_record_does_not_double_its_interaction(self) -> None:
        summed_up = Interaction(id="c1", kind="call", at=at(1), summary="asked for an invoice")

        result = folded(
            version("1", updated_at=at(1), interactions=(self.CALL,)),
            version("1", updated_at=at(2), interactions=(summed_up,)),
        )

        assert result.interactions == (summed_up,)

    def test_what_a_newer_version_does_not_mention_stays(self) -> None:
        note = Note(id="n1", at=at(1), body="prefers mornings")

        result = folded(
            version("1", updated_at=at(1), interactions=(self.CALL,), notes=(note,)),
            version("1", updated_at=at(2)),
        )

        assert (result.interactions, result.notes) == ((self.CALL,), (note,))

    def test_an_interaction_that_arrives_late_stands_at_its_own_time(self) -> None:
        earlier = Interaction(id="c0", kind="call", at=at(0))

        result = folded(
            version("1", updated_at=at(9), interactions=(self.CALL,), landed_at=at(10)),
            version("1", updated_at=at(6), interactions=(earlier,), landed_at=at(12)),
        )

        assert {each.id: each.at for each in result.interactions} == {"c0": at(0), "c1": at(1)}


def test_occurred_at_is_the_earliest_that_any_version_states() -> None:
    record = folded(
        version("1", occurred_at=at(3), updated_at=at(4)), version("1", occurred_at=at(2), updated_at=at(5))
    ).record

    assert record.occurred_at == at(2)


def test_a_record_marked_deleted_stays_where_it_is() -> None:
    gone = a_record(
        "pbx", version("gone", phone(P, OBSERVED)), version("gone", updated_at=at(2), deleted=True)
    )

    assert told(resolve([gone, a_call(P, key="call")])) == {"lead: call, gone"}
