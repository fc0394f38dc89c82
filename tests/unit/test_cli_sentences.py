"""Why a contact is what it is: a sentence for every rule, as a support agent would say it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest

from integrations.contract import Identifier, Level, Token
from tests.builders import (
    Q,
    a_call,
    a_chat,
    a_code,
    a_complete_row,
    a_login,
    a_row,
    a_visit,
    at,
    contact_of,
    cookie,
    email,
    identifier,
)
from worker.cli.sentences import SENTENCES, Teller
from worker.cli.words import conflict, described, happened
from worker.domain.changes import Change, ChangeKind
from worker.domain.conflicts import KINDS, Conflict
from worker.domain.contacts import Contact
from worker.domain.decisions import Decision, DecisionKind, ruling
from worker.domain.evidence import Evidence
from worker.domain.policy import Policy
from worker.domain.proofs import RULES
from worker.domain.records import Key, Record
from worker.domain.resolve import resolve
from worker.domain.unproved import unproved
from worker.jobs.explain import Apartness, Around
from worker.jobs.people import Explained, Profile
from worker.storage.changes import ChangeRow
from worker.storage.policies import PolicyRow

ANA = email("ana@x.es", Level.VERIFIED)


def why(about: Record, *others: Record, decisions: Sequence[Decision] = ()) -> list[str]:
    """Return the sentences about the contact of the first record."""
    return teller(about, *others, decisions=decisions).sentences()


def teller(
    about: Record,
    *others: Record,
    decisions: Sequence[Decision] = (),
    policy: PolicyRow | None = None,
    changes: Sequence[ChangeRow] = (),
) -> Teller:
    """Return what tells about the contact of the first record."""
    records = [about, *others]
    resolution = resolve(records, Policy(), decisions)
    contact = contact_of(resolution, about)
    own = [record for record in records if record.id in contact.record_ids]
    cases = [case for case in resolution.conflicts if set(case.records) & set(contact.record_ids)]
    whose = {each: contact for contact in resolution.contacts for each in contact.record_ids}
    around = Around(
        {record.id: record for record in records},
        whose,
        {each.id: each for each in decisions},
        _apart(contact, whose, decisions),
        unproved(Evidence(records, Policy(), ruling(decisions)), contact.record_ids),
        policy,
    )
    profile = Profile(contact, own, [], [], [], cases, {})
    return Teller(Explained(profile, around, [*changes]))


def _apart(contact: Contact, whose: Mapping[str, Contact], decisions: Sequence[Decision]) -> list[Apartness]:
    return [
        Apartness(each, tuple(whose[side[0]] for side in each.sides if whose[side[0]] != contact))
        for each in decisions
        if each.kind == "different"
    ]


def decided(kind: DecisionKind, *sides: Record, reason: str = "", key: Key | None = None) -> Decision:
    """Eva's word of the second of March."""
    return Decision(
        id="d1",
        kind=kind,
        at=at(1),
        author="eva",
        reason=reason,
        sides=tuple((record.id,) for record in sides),
        key=key,
    )


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
        "Ana Ruiz is a user because on 1 March 2026 they confirmed ana@x.es by a one-time code (chat v1)."
    )


def test_one_sentence_says_what_was_proved_and_that_the_books_hold_it() -> None:
    proof = identifier("email", "ana@x.es", Level.VERIFIED, method="otp")

    assert why(a_chat(proof, key="v1", name="Ana Ruiz"), a_row(mail="ana@x.es", key="7")) == [
        (
            "Ana Ruiz is a user because on 1 March 2026 they confirmed ana@x.es by a one-time code (chat v1);"
            " in the books, crm 7 holds the same address."
        )
    ]


def test_a_proof_beside_the_first_one_names_both_sides() -> None:
    login = a_login("u-17", ANA, key="v1")

    assert why(login, a_row(mail="ana@x.es", key="12"))[1] == (
        "chat v1 and crm 12 are one person: on 1 March 2026 they confirmed ana@x.es (chat v1);"
        " in the books, crm 12 holds the same address."
    )


def test_an_address_proved_twice_is_one_person() -> None:
    assert why(a_chat(ANA, key="v1"), a_chat(ANA, key="v2", on=1))[1] == (
        "chat v1 and chat v2 are one person: ana@x.es was proved on each of them."
    )


@pytest.mark.parametrize(
    ("proved", "says"),
    [
        (a_visit("ck1", key="v1"), "the browser ck1 (site) was recognised by its cookie"),
        (a_login("u-17", key="v1"), "they proved that the account u-17 (app) is theirs"),
        (
            a_chat(identifier("account", "u-17", Level.VERIFIED, "app", "session"), key="v1"),
            "they signed in with the account u-17 (app)",
        ),
        (
            a_chat(identifier("phone", Q, Level.VERIFIED, method="agent"), key="v1"),
            "an agent confirmed +34 698 76 54 32, and answers for it",
        ),
    ],
)
def test_every_way_to_prove_something_is_said(proved: Record, says: str) -> None:
    assert f"is a user because on 1 March 2026 {says} (chat v1)." in why(proved)[0]


def test_an_account_in_the_books_makes_rows_one_person() -> None:
    assert why(a_row(customer="c-1", key="1"), a_row(customer="c-1", key="2"))[1] == (
        "crm 1 and crm 2 are one person: the books hold the account c-1 (crm) on each of them."
    )


def test_complete_details_are_named() -> None:
    assert why(a_complete_row(key="12"))[0] == (
        "Ana Ruiz is a user because the books hold complete details (crm 12)."
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


def test_a_proof_given_here_says_who_took_it() -> None:
    call = a_call(key="c1")
    code = a_code(ANA, about=call, on=1)

    assert why(call, code, decisions=[decided("convert", call, code, reason="called back")]) == [
        (
            "+34 612 34 56 78 is a user because on 2 March 2026 they confirmed ana@x.es"
            " (eva took the proof: “called back”)."
        ),
        "The proof of 2 March 2026 was given for pbx c1.",
    ]


def test_history_says_which_line_brought_a_call_along() -> None:
    chat = a_chat(ANA, email("other@x.es", Level.OBSERVED), key="v1", on=1)
    early = a_chat(email("other@x.es", Level.OBSERVED), key="m1")

    assert why(chat, early)[1] == (
        "chat m1 came along: it came over other@x.es, the line on which chat v1 stands, no later than the proof;"
        " no other user has that line."
    )


def test_what_a_person_decided_says_who_when_and_why() -> None:
    call, row = a_call(key="call-1"), a_row(mail="ana@x.es", key="7")

    assert why(call, row, decisions=[decided("same", call, row, reason="same voice")])[1] == (
        "crm 7 and pbx call-1 are one person: eva decided so on 2 March 2026 (“same voice”)."
    )


def test_whom_a_contact_was_told_from_is_said() -> None:
    ana, luis = a_row(name="Ana Ruiz", key="7"), a_row(name="Luis Gómez", key="8")

    assert "Told from Luis Gómez by eva on 2 March 2026." in why(
        ana, luis, decisions=[decided("different", ana, luis)]
    )


def test_a_proof_taken_for_false_says_by_whom() -> None:
    chat = a_chat(ANA, key="v1")
    void = decided("void", chat, reason="a typo", key=("email", "", "ana@x.es"))

    assert why(chat, decisions=[void])[2] == (
        "The proof of ana@x.es on chat v1 counts for nothing:"
        " taken for false by eva on 2 March 2026 (“a typo”)."
    )


@pytest.mark.parametrize(
    ("until", "uses", "why_not"), [(at(-1), 1, "had expired"), (at(9), 2, "had been used on another record")]
)
def test_a_token_that_proved_nothing_says_why(until: datetime, uses: int, why_not: str) -> None:
    signed = Identifier(
        type="account",
        namespace="app",
        value="u-17",
        level=Level.VERIFIED,
        token=Token(id="t1", expires_at=until),
    )
    visits = [a_chat(signed, key=f"v{uses - place}", on=place) for place in range(uses)]

    said = f"The account u-17 (app) on chat v1 counts as claimed: its token {why_not}."
    assert said in why(visits[-1], *visits[:-1])


def test_an_address_that_looks_like_another_is_flagged() -> None:
    assert (
        "Careful: m\u0131ke@x.es has letters outside plain ASCII: it is not the address it may look like."
        in why(a_chat(email("m\u0131ke@x.es", Level.CLAIMED), key="v1"))
    )


def test_a_conflict_says_what_each_side_holds() -> None:
    ana = a_login("u-17", cookie("ck1"), key="v1", name="Ana Ruiz")
    luis = a_login("u-20", cookie("ck1"), key="v9", name="Luis Gómez")
    (case,) = resolve([ana, luis]).conflicts

    assert why(ana, luis)[-1] == (
        "The browser ck1 (site) joins nobody: two people hold it, for their accounts differ."
        f" On one side Ana Ruiz (chat v1), on the other Luis Gómez (chat v9). See: avouch conflicts show {case.case[:8]}"
    )


def test_the_version_of_the_policy_is_named() -> None:
    version = PolicyRow(3, at(0), "eva", "avouch.toml", "", "{}", "{}")

    assert teller(a_call(key="c1"), policy=version).sentences()[-1] == (
        "Judged by version 3 of the policy, in force since 1 March 2026."
    )


@pytest.mark.parametrize(
    ("kind", "key", "says"),
    [
        (
            "contested",
            ("email", "", "ana@x.es"),
            "ana@x.es joins nobody: two people hold it, for their accounts differ.",
        ),
        ("torn", None, "3 records lead from one account to another, so they join nobody."),
        ("two accounts", None, "One record names two accounts, so it proves neither."),
        ("reopened", None, "New proof says that people are one whom somebody decided to be different."),
    ],
)
def test_every_kind_of_conflict_is_said(kind: str, key: Key | None, says: str) -> None:
    case = Conflict(kind, "two accounts", key, ("a", "b", "c"))

    assert kind in KINDS
    assert conflict(case) == says


@pytest.mark.parametrize(
    ("kind", "key", "says"),
    [
        ("same", None, "one person: pbx c1; crm 7"),
        ("different", None, "different people: pbx c1; crm 7"),
        ("convert", ("email", "", "ana@x.es"), "ana@x.es was proved for pbx c1"),
        ("common", ("phone", "", Q), "+34 698 76 54 32 is common: it joins nobody"),
        ("own", ("phone", "", Q), "+34 698 76 54 32 is a number of the company"),
        ("void", ("email", "", "ana@x.es"), "the proof of ana@x.es on pbx c1 is false"),
        ("void", None, "the complete details of pbx c1 prove nothing"),
    ],
)
def test_every_kind_of_decision_is_said(kind: DecisionKind, key: Key | None, says: str) -> None:
    call, row = a_call(key="c1"), a_row(key="7")

    assert described(decided(kind, call, row, key=key), {each.id: each for each in (call, row)}) == says


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("joined", "2 contacts became one"),
        ("split", "one contact became 2"),
        ("converted", "a lead became a user"),
        ("reverted", "a user became a lead again"),
    ],
)
def test_every_change_is_said(kind: ChangeKind, says: str) -> None:
    assert happened(a_change(kind)) == says


def test_a_change_that_was_undone_says_so() -> None:
    row = a_change("joined")._replace(undone_at=at(2), undone_by="ben")

    assert teller(a_call(key="c1"), changes=[row]).history() == [
        "1 March 2026, change 17: 2 contacts became one (undone on 3 March 2026 by ben)."
    ]


def a_change(kind: ChangeKind) -> ChangeRow:
    change = Change(kind=kind, contact="a", sides=(("a",), ("b",)), others=("a", "b"))
    return ChangeRow(17, at(0), change, 1, None, "")
