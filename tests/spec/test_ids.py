"""DESIGN 2.5: ids that outlive joins and splits, and which name and time a contact shows."""

import re

import pytest

from integrations.contract import Level
from tests.builders import (
    ID_KEY,
    P,
    Q,
    a_call,
    a_chat,
    a_code,
    a_complete_row,
    a_login,
    a_record,
    a_row,
    a_visit,
    account,
    at,
    contact_of,
    email,
    id_of,
    phone,
    version,
)
from worker.domain.records import Record, record_id
from worker.domain.resolve import Resolution, resolve

CLAIMED, STORED, VERIFIED = Level.CLAIMED, Level.STORED, Level.VERIFIED


def who(resolution: Resolution, some_id: str) -> str:
    """Return the id of the contact that any id ever shown leads to."""
    (found,) = [each.id for each in resolution.contacts if some_id in each.record_ids]
    return found


class TestRecordIds:
    """A record's id is a keyed hash of its key, so that it can't be used to guess a phone number."""

    def test_an_id_is_made_of_source_and_key_alone(self) -> None:
        before = a_call(P, key="call-1")
        after = a_call(Q, key="call-1", on=9)

        assert before.id == after.id == id_of("pbx", "call-1")

    def test_another_key_makes_other_ids(self) -> None:
        assert record_id(ID_KEY, "pbx", "call-1") != record_id(b"another key", "pbx", "call-1")

    def test_ids_are_scoped_by_source(self) -> None:
        assert len({id_of("x", "42"), id_of("y", "42"), id_of("x4", "2"), id_of("", "x42")}) == 4

    def test_an_id_is_fit_for_an_address_and_a_command(self) -> None:
        assert re.fullmatch(r"[0-9a-f]{24}", id_of("pbx", "Ana Ruiz/+34 612"))

    def test_the_same_key_at_two_sources_is_two_records(self) -> None:
        one = a_record("x", version("42", email("ana@x.es", STORED)))
        other = a_record("y", version("42", email("ana@x.es", STORED)))

        assert len(resolve([one, other]).contacts) == 2


class TestContactIds:
    """A contact's id is the id of its founding record."""

    def test_a_leads_is_its_earliest_record(self) -> None:
        first, again = a_call(P, on=1), a_call(P, on=2)

        (lead,) = resolve([again, first]).contacts

        assert lead.id == first.id

    def test_a_users_is_its_earliest_record_that_carries_proof(self) -> None:
        call, row = a_call(P, on=0), a_row(mail="ana@x.es", on=1)
        code = a_code(email("ana@x.es", VERIFIED), about=call, on=2)
        login = a_login("u-1", email("ana@x.es", VERIFIED), on=3)

        (user,) = resolve([login, code, row, call]).contacts

        assert user.id == code.id

    def test_records_of_one_moment_go_by_source_and_key(self) -> None:
        calls = [
            a_record(source, version(key, phone(P, Level.OBSERVED)))
            for source, key in (("b", "1"), ("a", "2"))
        ]

        (lead,) = resolve(calls).contacts

        assert lead.id == id_of("a", "2")

    def test_a_later_record_changes_no_id(self) -> None:
        first = a_call(P, on=1)

        assert (
            contact_of(resolve([first, a_call(P, on=2)]), first).id == contact_of(resolve([first]), first).id
        )


class TestRedirects:
    """Every id ever shown is some record's id, so any old id finds its contact."""

    def test_a_leads_id_finds_the_user_that_it_became(self) -> None:
        call = a_call(P)
        shown = resolve([call]).contacts[0].id
        code = a_code(phone(P, VERIFIED), about=call)

        assert who(resolve([call, code]), shown) == code.id

    def test_over_several_joins(self) -> None:
        history: list[Record] = [a_call(P, on=0)]
        shown = [resolve(history).contacts[0].id]
        for step in (
            a_code(email("ana@x.es", VERIFIED), about=history[0], on=1),
            a_row(mail="ana@x.es", number=Q, on=-1),
            a_login("u-1", phone(Q, VERIFIED), on=-2),
        ):
            history.append(step)
            shown.append(contact_of(resolve(history), step).id)

        assert {who(resolve(history), each) for each in shown} == {history[-1].id}

    def test_after_a_split_each_id_finds_its_own_side(self) -> None:
        ana = a_login("ana", email("e@x.es", VERIFIED), on=0)
        row = a_row(mail="e@x.es", on=1)
        joined = resolve([ana, row])

        luis = a_login("luis", email("e@x.es", VERIFIED), on=2)
        split = resolve([ana, row, luis])

        assert who(joined, row.id) == ana.id
        assert (who(split, ana.id), who(split, row.id)) == (ana.id, row.id)


class TestNames:
    """Names: highest level, then newest version, then record key."""

    @pytest.mark.parametrize(
        ("stronger", "weaker"),
        [
            (
                a_login("u-1", email("e@x.es", VERIFIED), name="Better"),
                a_row(name="Worse", mail="e@x.es", on=9),
            ),
            (a_row(name="Better", mail="e@x.es"), a_chat(email("e@x.es", VERIFIED), name="Worse", on=9)),
        ],
        ids=["an authenticated profile before the books", "the books before what was typed beside a proof"],
    )
    def test_the_highest_level_names(self, stronger: Record, weaker: Record) -> None:
        (contact,) = resolve([weaker, stronger]).contacts

        assert contact.name == "Better"

    def test_what_was_typed_beside_a_cookie_is_better_than_a_callers_name(self) -> None:
        call = a_call(P, name="WIRELESS CALLER", on=9)
        code = a_code(phone(P, VERIFIED), about=call, on=0)
        visit = a_visit("ck", phone(P, VERIFIED), name="Ana")

        assert contact_of(resolve([call, code, visit]), call).name == "Ana"

    def test_among_equals_the_newest_version_names(self) -> None:
        old = a_record(
            "crm", version("old", account("c-1", STORED, "crm"), occurred_at=at(5), name="Ana Ruiz")
        )
        new = a_record(
            "crm",
            version(
                "new", account("c-1", STORED, "crm"), occurred_at=at(0), updated_at=at(6), name="Ana Gómez"
            ),
        )

        (contact,) = resolve([old, new]).contacts

        assert contact.name == "Ana Gómez"

    def test_among_equals_of_one_moment_the_record_key_decides(self) -> None:
        rows = [
            a_record(source, version("1", account("c-1", STORED, "crm"), name=name))
            for source, name in (("b", "Second"), ("a", "First"))
        ]

        (contact,) = resolve(rows).contacts

        assert contact.name == "First"

    def test_a_record_without_a_name_takes_none_away(self) -> None:
        named = a_login("u-1", name="Ana Ruiz", on=0)
        nameless = a_login("u-1", on=9)

        (contact,) = resolve([named, nameless]).contacts

        assert contact.name == "Ana Ruiz"

    def test_a_contact_without_any_name_has_none(self) -> None:
        (contact,) = resolve([a_call(P)]).contacts

        assert contact.name is None


class TestIdentifiers:
    """A contact shows each identifier once, at the highest level on any of its records."""

    def test_the_highest_level_is_shown(self) -> None:
        row = a_complete_row(mail="ana@x.es", number=P)
        login = a_login("u-1", email("ana@x.es", VERIFIED), phone(P, CLAIMED))

        (contact,) = resolve([row, login]).contacts

        assert [(each.type, each.value, each.level) for each in contact.identifiers] == [
            ("account", "u-1", VERIFIED),
            ("email", "ana@x.es", VERIFIED),
            ("phone", P, STORED),
        ]
