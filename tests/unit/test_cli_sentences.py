"""Why a contact is what it is: a sentence for every rule, as a support agent would say it."""

from collections.abc import Iterable

import pytest

from integrations.contract import Level
from tests.builders import (
    Q,
    a_call,
    a_chat,
    a_code,
    a_complete_row,
    a_login,
    a_row,
    a_visit,
    contact_of,
    email,
    identifier,
)
from worker.cli.sentences import SENTENCES, Teller, conflict, happened
from worker.domain.changes import Change, ChangeKind
from worker.domain.conflicts import Conflict
from worker.domain.policy import Policy
from worker.domain.proofs import RULES
from worker.domain.records import Record
from worker.domain.resolve import resolve
from worker.jobs.people import Explained, Profile

ANA = email("ana@x.es", Level.VERIFIED)


def why(about: Record, *others: Record) -> list[str]:
    """Return the sentences about the contact of the first record."""
    records = [about, *others]
    resolution = resolve(records, Policy(trust={}))
    contact = contact_of(resolution, about)
    own = [record for record in records if record.id in contact.record_ids]
    cases = [case for case in resolution.conflicts if set(case.records) & set(contact.record_ids)]
    profile = Profile(contact, own, [], [], [], cases, {})
    return Teller(Explained(profile, {record.id: record for record in own}, [])).sentences()


def starts(sentences: Iterable[str], *beginnings: str) -> bool:
    return all(any(each.startswith(start) for each in sentences) for start in beginnings)


def test_every_rule_has_its_sentence() -> None:
    assert set(SENTENCES) == {*RULES, "verified-user", "complete-user"}


def test_a_caller_is_a_lead_that_nothing_identifies() -> None:
    assert why(a_call(key="c1")) == [
        "Whoever uses +34 612 34 56 78 is a lead: nothing proves who this is.",
        "One record is all there is: pbx c1.",
    ]


def test_calls_of_one_line_are_whoever_uses_it() -> None:
    assert why(a_call(key="c1"), a_call(key="c2", on=1))[1] == (
        "2 records came over one line, +34 612 34 56 78: pbx c1 and pbx c2. They are shown as whoever uses it."
    )


def test_many_records_are_counted_beyond_the_first_three() -> None:
    calls = [a_call(key=f"c{n}", on=n) for n in range(9)]

    assert "pbx c0, pbx c1, pbx c2 and 6 more" in why(*calls)[1]


def test_a_confirmed_address_says_when_and_how() -> None:
    chat = a_chat(identifier("email", "ana@x.es", Level.VERIFIED, method="otp"), key="v1", name="Ana Ruiz")

    assert why(chat)[0] == (
        "Ana Ruiz is a user because on 1 March 2026 ana@x.es was confirmed by a one-time code (chat, record v1)."
    )


def test_a_proved_address_that_the_books_hold_names_both_sides() -> None:
    assert why(a_chat(ANA, key="v1"), a_row(mail="ana@x.es", key="12"))[1] == (
        "chat v1 and crm 12 are one person: ana@x.es was proved on chat v1, and the books hold it on crm 12."
    )


def test_an_address_proved_twice_is_one_person() -> None:
    assert why(a_chat(ANA, key="v1"), a_chat(ANA, key="v2", on=1))[1] == (
        "chat v1 and chat v2 are one person: ana@x.es was proved on each of them."
    )


def test_a_browser_is_recognised() -> None:
    assert "the browser ck1 (site) was recognised" in why(a_visit("ck1"))[0]


def test_an_account_is_proved_and_stands_in_the_books() -> None:
    assert "the account u-17 (app) was proved" in why(a_login("u-17"))[0]
    assert why(a_row(customer="c-1", key="1"), a_row(customer="c-1", key="2"))[1] == (
        "crm 1 and crm 2 are one person: the books hold the account c-1 (crm) on each of them."
    )


def test_complete_details_are_named() -> None:
    assert why(a_complete_row(key="12"))[0] == (
        "Ana Ruiz is a user because the books hold complete details (crm, record 12)."
    )


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        (
            {"name": "Ana Ruiz", "mail": "ana@x.es"},
            {"name": "Ana Ruiz", "mail": "ana@x.es"},
            "e-mail and full name",
        ),
        ({"mail": "ana@x.es", "number": Q}, {"mail": "ana@x.es", "number": Q}, "e-mail and phone"),
    ],
)
def test_corroboration_names_the_details_that_agree(
    one: dict[str, str], other: dict[str, str], agree: str
) -> None:
    sentences = why(a_row(key="1", **one), a_row(key="2", **other))  # type: ignore[arg-type]  # texts only

    assert (
        f"crm 1 and crm 2 are one person: in the books, {agree} agree and nothing contradicts." in sentences
    )


def test_a_proof_given_here_is_named_by_its_day() -> None:
    call = a_call(key="c1")

    sentences = why(call, a_code(ANA, about=call, on=1))

    assert (
        "pbx c1 and the proof of 2 March 2026 are one person: the proof of 2 March 2026 was recorded about pbx c1."
        in sentences
    )


def test_history_says_which_line_brought_a_call_along() -> None:
    call = a_call(key="c1")
    chat = a_chat(ANA, email("other@x.es", Level.OBSERVED), key="v1", on=1)
    early = a_chat(email("other@x.es", Level.OBSERVED), key="m1")

    assert starts(
        why(chat, early, call), "chat m1 came along: the line was other@x.es, which chat v1 carries"
    )


def test_a_conflict_is_said_and_nothing_is_guessed() -> None:
    contested = Conflict("contested", "two accounts", ("email", "", "ana@x.es"), ("a", "b"))
    torn = Conflict("torn", "two accounts through a chain", None, ("a", "b", "c"))

    assert conflict(contested) == "Contested: ana@x.es joins nobody, for it leads to two accounts."
    assert conflict(torn) == "3 records are kept apart: two accounts through a chain."


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("joined", "2 contacts became one"),
        ("split", "some of the records left"),
        ("converted", "a lead became a user"),
        ("reverted", "a user became a lead again: the proof no longer holds"),
    ],
)
def test_every_change_is_said(kind: ChangeKind, says: str) -> None:
    change = Change(kind=kind, contact="a", sides=(("a",), ("b",)), others=("a", "b"))

    assert happened(change) == says
