"""DESIGN section 1, "suggestion": two contacts that may be one person, with reasons; a person decides."""

from collections.abc import Iterable, Sequence

import pytest
from msgspec.structs import replace

from integrations.contract import Level
from tests.builders import (
    P,
    a_call,
    a_chat,
    a_code,
    a_complete_row,
    a_decision,
    a_login,
    a_record,
    a_row,
    account,
    cookie,
    email,
    phone,
    version,
    withdrawn,
)
from tests.one_pass import all_suggestions
from worker.domain.decisions import Decision
from worker.domain.evidence import CLAIMED, OBSERVED, STORED, VERIFIED
from worker.domain.matching.blocking import MOST_HOLDERS
from worker.domain.matching.model import Model, default
from worker.domain.policy import Policy
from worker.domain.reasons import MOST_CONTACTS_A_VALUE
from worker.domain.records import Record
from worker.domain.resolve import resolve
from worker.domain.suggestions import Suggestion

A = "ana@x.es"
NINE_PEOPLE = (
    "Ana Ruiz", "Luis Gil", "Eva Sanz", "Hugo Prats", "Nora Vidal", "Leo Costa", "Rita Mora", "Ivan Font", "Olga Roig",
)  # fmt: skip


def suggestions(
    records: Sequence[Record], *decisions: Decision, policy: Policy | None = None, model: Model | None = None
) -> list[Suggestion]:
    """Return what is suggested of the contacts that records make."""
    resolution = resolve(records, policy, decisions)
    return all_suggestions(resolution.contacts, resolution.conflicts, records, policy, decisions, model)


def doubting(bits: float = 20.0) -> Model:
    """Return a model that takes any two for one person so much less readily than the one that ships."""
    model = default()
    return replace(model, prior=model.prior - bits)


def named(found: Iterable[Suggestion], records: Sequence[Record]) -> set[str]:
    """Say which pairs are suggested, each contact by the key of its founding record."""
    key = {record.id: record.key for record in records}
    return {" ~ ".join(sorted((key[each.one], key[each.other]))) for each in found}


def claims(number: int, value: str = A) -> list[Record]:
    return [a_chat(email(value, Level.CLAIMED), key=f"claim-{each}") for each in range(number)]


class TestReasons:
    """Whatever two contacts share without having been joined is a reason to ask a person."""

    @pytest.mark.parametrize("level", [Level.CLAIMED, Level.STORED])
    def test_an_equal_value_is_a_reason_with_how_surely_each_holds_it(self, level: Level) -> None:
        visitor = a_chat(email(A, Level.CLAIMED), key="visitor")
        ana = a_record("crm", version("ana", email(A, level)))

        (found,) = suggestions([visitor, ana])

        assert [(each.kind, each.value) for each in found.reasons] == [("equal", A)]
        assert {found.reasons[0].one, found.reasons[0].other} == {CLAIMED, level.rank}
        assert found.count == 2

    def test_all_values_of_a_pair_are_reasons_of_one_suggestion(self) -> None:
        ana = a_complete_row(mail=A, number=P)
        call = a_call(P)
        chat = a_chat(email(A, Level.CLAIMED), phone(P, Level.CLAIMED))

        found = suggestions([ana, call, chat])

        reasons = sorted([reason.type for reason in each.reasons] for each in found)
        assert reasons == [["email", "phone"], ["phone"], ["phone"]]

    def test_each_record_that_holds_a_shared_value_counts(self) -> None:
        calls = [a_call(P) for _ in range(3)]

        (found,) = suggestions([*calls, a_complete_row(number=P)])

        assert found.count == 4

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (email("b.o.b@gmail.com", Level.STORED), email("bob+vip@googlemail.com", Level.CLAIMED)),
            (email("ana+shop@x.es", Level.CLAIMED), email(A, Level.VERIFIED)),
            (phone("+5491123456789", Level.OBSERVED), phone("+541123456789", Level.STORED)),
        ],
    )
    def test_two_spellings_that_may_be_one_are_a_reason(self, one: object, other: object) -> None:
        records = [a_chat(one, key="one"), a_chat(other, key="other")]  # type: ignore[arg-type]  # identifiers

        (found,) = suggestions(records)

        (reason,) = found.reasons
        assert reason.kind == "variant"
        assert {reason.value, reason.other_value} == {one.value, other.value}  # type: ignore[attr-defined]  # identifiers

    def test_an_about_that_is_not_trusted_is_a_reason(self) -> None:
        call = a_call(P, key="call")
        card = a_record("helpdesk", version("card", about=("pbx", "call")))
        policy = Policy(trust={"helpdesk": Level.CLAIMED})

        (found,) = suggestions([call, card], policy=policy)

        assert [each.kind for each in found.reasons] == ["about"]
        assert named([found], [call, card]) == {"call ~ card"}

    def test_who_stands_between_two_people_may_be_either(self) -> None:
        ana = a_login("ana", cookie("c-1"), key="ana")
        luis = a_login("luis", cookie("c-2"), key="luis")
        between = a_chat(cookie("c-1"), cookie("c-2"), key="between")

        found = suggestions([ana, luis, between])

        assert named(found, [ana, luis, between]) == {"ana ~ between", "between ~ luis"}
        assert all("conflict" in {each.kind for each in one.reasons} for one in found)

    def test_a_contested_value_is_none(self) -> None:
        ana = a_login("ana", phone(P, Level.VERIFIED))
        luis = a_login("luis", phone(P, Level.VERIFIED))

        assert suggestions([ana, luis, a_call(P)]) == []

    def test_a_value_that_somebody_marked_as_common_is_none(self) -> None:
        records = [a_call(P), a_complete_row(number=P)]

        assert suggestions(records, a_decision("common", key=("phone", "", P))) == []


class TestManyContacts:
    """A value on many contacts says as little as a switchboard; what only one of them proved is claimed by a crowd."""

    def test_a_switchboard_suggests_nobody(self) -> None:
        rows = [a_row(name=name, number=P) for name in NINE_PEOPLE]

        assert len(rows) == MOST_CONTACTS_A_VALUE + 1
        assert len(suggestions(rows[1:])) == MOST_CONTACTS_A_VALUE * (MOST_CONTACTS_A_VALUE - 1) / 2
        assert suggestions(rows) == []

    def test_ten_thousand_claims_are_one_suggestion_with_a_count(self) -> None:
        ana = a_login("ana", email(A, Level.VERIFIED), key="ana")

        (found,) = suggestions([ana, *claims(10_000)])

        assert (found.count, found.crowd) == (10_001, 9_999)
        assert found.claimed == ana.id

    def test_claims_of_many_spellings_are_one_suggestion_too(self) -> None:
        ana = a_login("ana", email("ana@gmail.com", Level.VERIFIED), key="ana")
        chats = [a_chat(email(f"ana+{each}@gmail.com", Level.CLAIMED)) for each in range(1_000)]

        (found,) = suggestions([ana, *chats])

        assert (found.count, found.crowd) == (1_001, 999)
        assert found.reasons[0].kind == "variant"

    def test_a_crowd_that_claims_what_nobody_proved_is_nothing(self) -> None:
        assert suggestions(claims(100)) == []

    def test_many_who_say_that_they_are_about_one_record_are_one_suggestion(self) -> None:
        call = a_call(P, key="call")
        cards = [a_record("helpdesk", version(f"card-{each}", about=("pbx", "call"))) for each in range(50)]

        (found,) = suggestions([call, *cards], policy=Policy(trust={"helpdesk": Level.CLAIMED}))

        assert (found.count, found.crowd, found.claimed) == (50, 49, call.id)


class TestProbable:
    """Two contacts that share no value may be one person by what is alike of them. A model weighs it."""

    def test_a_typo_in_the_name_of_two_rows_of_one_company_is_a_suggestion_without_reasons(self) -> None:
        one = a_record("crm", version("one", name="Snezana Petrovic", profile={"company": "Acme Ltd"}))
        other = a_record("crm", version("other", name="Snezana Petrovci", profile={"company": "Acme"}))

        (found,) = suggestions([one, other])

        assert found.reasons == ()
        assert found.score.probability >= 0.5
        assert [part.level for part in found.score.parts if part.comparison == "name"] == ["typo"]

    def test_two_that_are_improbable_are_none(self) -> None:
        one = a_row(name="Snezana Petrovic", number=P, mail="snezana@example.com")
        other = a_row(name="Snezana Petrovic", number="+14155550100", mail="petrovic@example.net")

        assert suggestions([one, other], model=doubting()) == []

    def test_what_rests_on_a_reason_stays_however_improbable(self) -> None:
        (found,) = suggestions([a_call(P), a_complete_row(number=P)], model=doubting())

        assert found.reasons != ()
        assert found.score.probability < 0.01

    def test_a_crowd_that_claims_one_address_makes_no_pairs_of_its_own(self) -> None:
        crowd = claims(MOST_CONTACTS_A_VALUE + 1)

        assert suggestions(crowd) == []

    def test_many_namesakes_make_no_pairs(self) -> None:
        namesakes = [a_row(name="Ana Ruiz", key=f"row-{each}") for each in range(MOST_HOLDERS + 1)]

        assert len(suggestions(namesakes[1:])) == MOST_HOLDERS * (MOST_HOLDERS - 1) / 2
        assert suggestions(namesakes) == []

    def test_another_model_leaves_the_name_of_a_suggestion_as_it_was_shown(self) -> None:
        records = [a_row(name="Ana Ruiz"), a_row(name="Ana Ruiz")]
        (before,) = suggestions(records)

        (after,) = suggestions(records, model=doubting(-1.0))

        assert after.score.weight > before.score.weight
        assert after.name == before.name

    def test_two_whom_somebody_told_apart_are_none(self) -> None:
        one, other = a_row(name="Ana Ruiz"), a_row(name="Ana Ruiz")

        assert suggestions([one, other], a_decision("different", [one], [other])) == []


class TestDecided:
    """Who was decided to be two people is never suggested again, until that is taken back."""

    def test_different_is_never_suggested_again(self) -> None:
        call, row = a_call(P), a_complete_row(number=P)
        different = a_decision("different", [call], [row])

        assert len(suggestions([call, row])) == 1
        assert suggestions([call, row, a_chat(email(A, Level.CLAIMED))], different) != []
        assert suggestions([call, row], different) == []
        assert len(suggestions([call, row], withdrawn(different))) == 1

    def test_more_calls_of_the_line_do_not_bring_it_back(self) -> None:
        call, later, row = a_call(P), a_call(P, on=5), a_complete_row(number=P)

        assert suggestions([call, later, row], a_decision("different", [call], [row])) == []

    def test_what_a_later_merge_overruled_is_suggested_again(self) -> None:
        call, row = a_call(P, key="call"), a_complete_row(number=P, key="row")
        different = a_decision("different", [call], [row], on=1)
        same = a_decision("same", [call], [row], on=2)

        assert len(suggestions([call, row], different, withdrawn(same))) == 0
        assert suggestions([call, row], different, same) == []
        assert len(resolve([call, row], None, [different, same]).contacts) == 1


class TestNames:
    """What a person types names the pair, and what was shown of it."""

    def test_a_further_claim_changes_the_count_and_not_the_name(self) -> None:
        row = a_complete_row(number=P)
        first = a_call(P)

        (before,) = suggestions([row, first])
        (after,) = suggestions([row, first, a_call(P, on=1)])

        assert after.count == before.count + 1
        assert after.name == before.name

    def test_another_reason_changes_the_basis_and_not_the_id(self) -> None:
        row = a_complete_row(number=P, mail=A)
        call = version("call", phone(P, Level.OBSERVED))
        with_mail = version("call", phone(P, Level.OBSERVED), email(A, Level.CLAIMED))

        (before,) = suggestions([row, a_record("pbx", call)])
        (after,) = suggestions([row, a_record("pbx", with_mail)])

        assert after.id == before.id
        assert after.basis != before.basis


def test_a_code_on_a_users_line_leaves_later_calls_a_suggestion() -> None:
    call = a_call(P, on=0, key="call")
    code = a_code(email(A, Level.VERIFIED), about=call, on=1)
    later = a_call(P, on=2, key="later")

    (found,) = suggestions([call, code, later])

    assert {found.reasons[0].one, found.reasons[0].other} == {OBSERVED}


def test_levels_are_those_that_the_source_is_trusted_for() -> None:
    form = a_record("form", version("form", account("u-1"), email(A, Level.VERIFIED)))
    row = a_row(mail=A, name="Ana Ruiz")

    (found,) = suggestions([form, row], policy=Policy(trust={"form": Level.CLAIMED}))

    assert {found.reasons[0].one, found.reasons[0].other} == {CLAIMED, STORED}
    assert VERIFIED not in {found.reasons[0].one, found.reasons[0].other}
