"""What is otherwise between two sets of contacts of the same evidence."""

import pytest
from msgspec.structs import replace

from integrations.contract import Level
from tests.builders import P, Q, a_call, a_chat, a_complete_row, a_login, a_row, email
from worker.domain.comparison import Comparison, compare
from worker.domain.contacts import encode
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.domain.resolve import Resolution, resolve

STRICT = Policy(trust=dict.fromkeys(("chat", "crm", "pbx"), Level.CLAIMED))


def between(one: Resolution, other: Resolution) -> Comparison:
    before, after = ({each.id: encode(each) for each in made.contacts} for made in (one, other))
    were, are = ({case.case: case for case in made.conflicts} for made in (one, other))
    return compare(before, after, were, are)


def under(records: list[Record], before: Policy, after: Policy) -> Comparison:
    return between(resolve(records, before), resolve(records, after))


def test_equal_contacts_are_nothing_to_tell() -> None:
    records = [a_complete_row(), a_call(Q)]

    assert under(records, Policy(), Policy()) == Comparison()
    assert under(records, Policy(), Policy()).is_nothing


def test_a_user_that_becomes_a_lead_is_a_conversion_withdrawn_and_the_other_way_round_gained() -> None:
    row = a_complete_row()
    effects = under([row], Policy(), STRICT)

    assert [each.contact.id for each in effects.reverted] == [row.id]
    assert [each.contact.id for each in under([row], STRICT, Policy()).converted] == [row.id]
    assert effects._replace(reverted=()) == Comparison()


def test_a_contact_that_falls_apart_is_split_and_is_shown_as_it_was() -> None:
    first, second = a_call(P), a_call(P, on=1)

    effects = under([first, second], Policy(), Policy(own_numbers=frozenset({P})))

    (split,) = effects.split
    assert set(split.contact.record_ids) == {first.id, second.id}
    assert set(split.others) == {first.id, second.id}


def test_contacts_that_become_one_are_joined_and_are_shown_as_they_are() -> None:
    first, second = a_call(P), a_call(P, on=1)

    effects = under([first, second], Policy(own_numbers=frozenset({P})), Policy())

    (joined,) = effects.joined
    assert set(joined.contact.record_ids) == set(joined.others) == {first.id, second.id}


def test_a_level_that_falls_and_a_name_that_another_record_gives_are_told_of_the_same_contact() -> None:
    login = a_login("ana", on=1, name="Ana Ruiz", key="login")
    row = a_row(name="Anna Ruiz", customer="c-1", key="row")
    code = a_chat(email("ana@x.es", Level.VERIFIED), key="mail")
    before = resolve([login, row, code])

    lowered = resolve([login, row, code], Policy(trust={"crm": Level.OBSERVED}))

    (altered,) = between(before, lowered).altered
    assert altered.contact.id == row.id
    assert altered.what == ("identifiers",)


def test_a_contact_that_gets_another_id_is_told() -> None:
    first, second = a_login("ana", key="first"), a_login("ana", on=1, key="second")
    before = resolve([first, second])
    (contact,) = before.contacts
    after = replace(before, contacts=(replace(contact, id=second.id),))

    (altered,) = between(before, after).altered

    assert (altered.what, altered.others) == (("id",), (first.id,))


@pytest.mark.parametrize("forwards", [True, False])
def test_a_conflict_case_is_opened_or_closed(*, forwards: bool) -> None:
    records = [
        a_login("ana", email("house@x.es", Level.VERIFIED)),
        a_login("leo", email("house@x.es", Level.VERIFIED)),
    ]
    policies = (STRICT, Policy()) if forwards else (Policy(), STRICT)

    effects = under(records, *policies)

    cases = effects.opened if forwards else effects.closed
    assert [case.kind for case in cases] == ["contested"]
    assert (effects.closed if forwards else effects.opened) == ()


def test_what_is_merely_new_is_nothing_to_tell() -> None:
    call = a_call(P)

    assert between(resolve([]), resolve([call])).is_nothing
