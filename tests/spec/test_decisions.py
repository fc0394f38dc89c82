"""DESIGN 1 and 2.4: what people decide about records is evidence, and it can be withdrawn."""

from collections.abc import Sequence
from datetime import datetime
from itertools import permutations

import pytest
from msgspec.structs import replace

from integrations.contract import Level
from tests.builders import (
    P,
    Q,
    a_call,
    a_code,
    a_complete_row,
    a_login,
    a_message,
    a_record,
    a_row,
    a_visit,
    account,
    at,
    contact_of,
    cookie,
    email,
    phone,
    told,
    version,
)
from worker.domain.contacts import Kind, encode
from worker.domain.decisions import Decision, DecisionKind, decision_id
from worker.domain.policy import Policy
from worker.domain.records import Key, Record
from worker.domain.resolve import Resolution, resolve

OBSERVED, STORED, VERIFIED = Level.OBSERVED, Level.STORED, Level.VERIFIED
E, F = "ana@x.es", "luis@y.es"


def decided(kind: DecisionKind, *sides: Sequence[Record], key: Key | None = None, on: float = 10) -> Decision:
    """A decision about records, each side a list of them."""
    ids = tuple(tuple(record.id for record in side) for side in sides)
    return Decision(id=decision_id(kind, ids, key), kind=kind, at=at(on), author="eva", sides=ids, key=key)


def same(*sides: Sequence[Record], on: float = 10) -> Decision:
    return decided("same", *sides, on=on)


def different(*sides: Sequence[Record], on: float = 10) -> Decision:
    return decided("different", *sides, on=on)


def withdrawn(decision: Decision) -> Decision:
    return replace(decision, withdrawn_at=at(20), withdrawn_by="eva")


def resolved(records: Sequence[Record], *decisions: Decision, policy: Policy | None = None) -> Resolution:
    """Resolve, after making sure that neither order matters."""
    first = resolve(records, policy, decisions)
    for order in permutations(records):
        assert resolve(order, policy, decisions) == first
    for said in permutations(decisions):
        assert resolve(records, policy, said) == first
    return first


def exported(resolution: Resolution) -> list[str]:
    return [encode(contact) for contact in resolution.contacts]


class TestSame:
    """A person may say that records are one person."""

    def test_a_lead_and_a_user_become_that_user(self) -> None:
        call, login = a_call(key="call"), a_login("ana", key="login")

        made = resolved([call, login], same([call], [login]))

        assert told(made) == {"user: call, login"}

    def test_it_makes_nobody_a_user(self) -> None:
        one, other = a_call(P, key="one"), a_call(Q, key="other")

        assert told(resolved([one, other], same([one], [other]))) == {"lead: one, other"}

    def test_the_proof_names_the_decision(self) -> None:
        one, other = a_call(P, key="one"), a_call(Q, key="other")
        decision = same([one], [other])

        (reason,) = contact_of(resolved([one, other], decision), one).proofs

        assert (reason.rule, reason.decision) == ("decided", decision.id)
        assert set(reason.evidence) == {one.id, other.id}

    def test_evidence_that_proves_as_much_is_named_first(self) -> None:
        row, login = a_row(mail=E), a_login("ana", email(E, VERIFIED))

        made = contact_of(resolved([row, login], same([row], [login])), row)

        assert [reason.rule for reason in made.proofs] == ["verified-user", "verified-stored"]

    def test_later_calls_on_the_line_are_a_lead(self) -> None:
        call, login = a_call(key="call"), a_login("ana", key="login")
        later = a_call(on=30, key="later")

        assert told(resolved([call, login, later], same([call], [login]))) == {
            "user: call, login",
            "lead: later",
        }

    def test_two_accounts_of_a_namespace_may_be_one_person_by_decision_only(self) -> None:
        one, other = a_login("ana-1", key="one"), a_login("ana-2", key="other")
        link = a_visit("ck", key="visit")
        ones = a_login("ana-1", cookie("ck"), key="ones")
        others = a_login("ana-2", cookie("ck"), key="others")

        apart = resolved([one, other, ones, others, link])
        joined = resolved([one, other, ones, others, link], same([one], [other]))

        assert told(apart) == {"user: one, ones", "user: other, others", "lead: visit"}
        assert told(joined) == {"user: one, ones, other, others, visit"}
        assert joined.conflicts == ()

    def test_of_two_accounts_that_are_one_person_the_newest_gives_the_name(self) -> None:
        one = a_login("ana-1", name="Ana Ruiz", key="one")
        other = a_login("ana-2", name="Ana Soler", on=1, key="other")

        made = resolved([one, other], same([one], [other]))

        assert contact_of(made, one).name == "Ana Soler"

    def test_a_record_between_two_accounts_stays_with_the_one_it_was_said_to_be(self) -> None:
        ana, luis = a_login("ana", email(E, VERIFIED), key="ana"), a_login("luis", cookie("ck"), key="luis")
        both = a_visit("ck", email(E, VERIFIED), key="both")

        assert told(resolved([ana, luis, both])) == {"user: ana", "user: luis", "user: both"}
        assert told(resolved([ana, luis, both], same([both], [ana]))) == {"user: ana, both", "user: luis"}

    def test_two_names_of_one_person_contradict_nothing(self) -> None:
        login = a_login("ana", email(E, VERIFIED), name="Ana Ruiz", key="login")
        row = a_row(name="Eva Soler", mail=E, key="row")

        assert len(resolved([login, row]).conflicts) == 1
        assert resolved([login, row], same([login], [row])).conflicts == ()

    def test_it_holds_over_whatever_evidence_comes_later(self) -> None:
        one, other = a_call(P, key="one"), a_call(Q, key="other")
        code = a_code(email(E, VERIFIED), about=one, line=None, on=3, key="code")

        made = resolved([one, other, code], same([one], [other]))

        assert told(made) == {"user: code, one, other"}

    def test_records_that_are_not_there_yet_are_waited_for(self) -> None:
        one, other = a_call(P, key="one"), a_call(Q, key="other")

        assert told(resolved([one], same([one], [other]))) == {"lead: one"}


class TestDifferent:
    """A person may say that records are different people: they share no contact, whatever is equal."""

    def test_it_tears_what_an_identifier_joins(self) -> None:
        login, row = a_login("ana", email(E, VERIFIED), key="login"), a_row(mail=E, key="row")

        assert told(resolved([login, row], different([login], [row]))) == {"user: login", "lead: row"}

    def test_what_is_one_step_from_both_stands_alone(self) -> None:
        login, row = a_login("ana", email(E, VERIFIED), key="login"), a_row(mail=E, key="row")
        link = a_message(email(E, VERIFIED), key="link")

        made = resolved([login, row, link], different([login], [row]))

        assert told(made) == {"user: login", "lead: row", "user: link"}

    def test_what_is_one_step_from_one_side_stays_with_it(self) -> None:
        login = a_login("ana", email(E, VERIFIED), phone(Q, VERIFIED), key="login")
        row, hers = a_row(mail=E, key="row"), a_row(number=Q, key="hers")

        made = resolved([login, row, hers], different([login], [row]))

        assert told(made) == {"user: hers, login", "lead: row"}

    def test_a_side_takes_along_every_record_of_its_accounts(self) -> None:
        login, row = a_login("ana", key="login"), a_row(mail=E, key="row")
        later = a_login("ana", email(E, VERIFIED), on=30, key="later")

        made = resolved([login, row, later], different([login], [row]))

        assert told(made) == {"user: later, login", "lead: row"}

    def test_rows_that_corroborate_each_other_on_one_side_stay_together(self) -> None:
        rows = [a_row(name="Ana Ruiz", mail=E, on=day, key=f"row-{day}") for day in range(3)]

        made = resolved(rows, different(rows[:1], rows[1:]))

        assert told(made) == {"lead: row-0", "lead: row-1, row-2"}

    def test_on_a_line_each_side_stays_together_and_the_others_stay_on_the_line(self) -> None:
        calls = [a_call(on=day, key=f"call-{day}") for day in range(6)]

        made = resolved(calls, different(calls[:2], calls[2:4]))

        assert told(made) == {"lead: call-0, call-1", "lead: call-2, call-3", "lead: call-4, call-5"}

    def test_a_lead_does_not_come_along_to_a_user_it_was_told_from(self) -> None:
        call = a_call(key="call")
        login = a_login("ana", phone(P, VERIFIED), on=1, key="login")

        assert told(resolved([call, login])) == {"user: call, login"}
        assert told(resolved([call, login], different([call], [login]))) == {"user: login", "lead: call"}

    def test_of_calls_told_from_each_other_none_comes_along(self) -> None:
        one, other = a_call(key="one"), a_call(key="other")
        login = a_login("ana", phone(P, VERIFIED), on=1, key="login")

        made = resolved([one, other, login], different([one], [other]))

        assert told(made) == {"user: login", "lead: one", "lead: other"}

    def test_it_is_silent_where_nothing_new_is_known(self) -> None:
        login, row = a_login("ana", email(E, VERIFIED), key="login"), a_row(mail=E, key="row")

        assert resolved([login, row], different([login], [row])).conflicts == ()

    def test_proof_that_occurred_after_it_reopens_it_as_a_case(self) -> None:
        login, row = a_login("ana", key="login"), a_row(mail=E, key="row")
        proof = a_login("ana", email(E, VERIFIED), on=11, key="proof")
        decision = different([login], [row], on=10)

        made = resolved([login, row, proof], decision)

        (case,) = made.conflicts
        assert (case.kind, case.decision, case.key) == ("reopened", decision.id, ("email", "", E))
        assert told(made) == {"user: login, proof", "lead: row"}

    def test_proof_about_one_side_alone_reopens_nothing(self) -> None:
        login = a_login("ana", email(E, VERIFIED), key="login")
        row, call = a_row(mail=E, number=P, key="row"), a_call(P, key="call")
        code = a_code(phone(P, VERIFIED), about=call, line=None, on=20, key="code")

        made = resolved([login, row, call, code], different([row], [login]))

        assert made.conflicts == ()

    def test_proof_on_who_stands_between_reopens_it(self) -> None:
        login = a_login("ana", email(E, VERIFIED), key="login")
        row = a_row(number=P, key="row")
        between = a_record(
            "chat",
            version("between", email(E, VERIFIED), occurred_at=at(0)),
            version("between", email(E, VERIFIED), phone(P, VERIFIED), occurred_at=at(0), updated_at=at(20)),
        )

        made = resolved([login, row, between], different([row], [login]))

        assert [case.kind for case in made.conflicts] == ["reopened"]

    def test_weak_evidence_after_it_reopens_nothing(self) -> None:
        call, row = a_call(key="call"), a_row(number=P, key="row")
        later = a_call(on=30, key="later")

        made = resolved([call, row, later], different([call], [row]))

        assert made.conflicts == ()
        assert "lead: row" in told(made)


class TestOpposite:
    """Of two decisions that contradict each other the later one holds, by time and then by id."""

    def test_a_later_different_takes_back_a_same(self) -> None:
        one, other = a_call(P, key="one"), a_call(Q, key="other")

        made = resolved([one, other], same([one], [other], on=1), different([one], [other], on=2))

        assert told(made) == {"lead: one", "lead: other"}

    def test_a_later_same_takes_back_a_different(self) -> None:
        one, other = a_call(P, key="one"), a_call(Q, key="other")

        made = resolved([one, other], same([one], [other], on=2), different([one], [other], on=1))

        assert told(made) == {"lead: one, other"}

    def test_a_later_different_divides_a_same_and_leaves_each_side_together(self) -> None:
        calls = [a_call(f"+3461234560{each}", key=f"call-{each}") for each in range(4)]

        made = resolved(calls, same(calls[:2], calls[2:], on=1), different(calls[:1], calls[1:], on=2))

        assert told(made) == {"lead: call-0", "lead: call-1, call-2, call-3"}

    def test_at_the_same_moment_there_is_one_order(self) -> None:
        one, other = a_call(P, key="one"), a_call(Q, key="other")
        said = same([one], [other]), different([one], [other])
        last = max(said, key=lambda each: each.id)

        joined = told(resolved([one, other], *said)) == {"lead: one, other"}

        assert joined == (last.kind == "same")

    def test_what_was_withdrawn_contradicts_nothing(self) -> None:
        one, other = a_call(P, key="one"), a_call(Q, key="other")

        made = resolved([one, other], same([one], [other], on=1), withdrawn(different([one], [other], on=2)))

        assert told(made) == {"lead: one, other"}


class TestWithdrawn:
    """A decision that was withdrawn leaves the contacts, to the byte, as if it had never been made."""

    def test_each_link_of_a_chain_can_be_withdrawn_by_itself(self) -> None:
        one, two, user = a_call(P, key="one"), a_call(Q, key="two"), a_login("ana", key="user")
        links = same([one], [two], on=1), same([two], [user], on=2)

        assert told(resolved([one, two, user], *links)) == {"user: one, two, user"}
        assert told(resolved([one, two, user], withdrawn(links[0]), links[1])) == {
            "lead: one",
            "user: two, user",
        }
        assert told(resolved([one, two, user], links[0], withdrawn(links[1]))) == {
            "lead: one, two",
            "user: user",
        }

    @pytest.mark.parametrize("kind", ["same", "different"])
    def test_to_the_byte(self, kind: DecisionKind) -> None:
        records = [a_call(key="call"), a_login("ana", phone(P, VERIFIED), on=1, key="login")]
        decision = decided(kind, records[:1], records[1:])

        assert exported(resolved(records, withdrawn(decision))) == exported(resolved(records))

    def test_the_evidence_of_a_withdrawn_conversion_is_on_no_contact(self) -> None:
        call = a_call(key="call")
        code = a_code(email(E, VERIFIED), about=call, key="code")
        decision = decided("convert", [call], [code], key=("email", "", E))

        assert told(resolved([call, code], decision)) == {"user: call, code"}
        assert exported(resolved([call, code], withdrawn(decision))) == exported(resolved([call]))


class TestVoid:
    """A person may say that a proof was false: then it counts as claimed on that record."""

    def test_a_false_login_makes_a_lead(self) -> None:
        chat = a_visit("ck", email(E, VERIFIED), key="chat")
        row = a_row(mail=E, key="row")
        false = (
            decided("void", [chat], key=("email", "", E)),
            decided("void", [chat], key=("device", "site", "ck")),
        )

        made = resolved([chat, row], *false)

        assert told(made) == {"lead: chat", "lead: row"}
        assert {held.level for held in contact_of(made, chat).identifiers} == {Level.CLAIMED}

    def test_complete_details_can_be_false_too(self) -> None:
        row = a_complete_row(key="row")

        assert told(resolved([row], decided("void", [row]))) == {"lead: row"}

    def test_only_on_that_record(self) -> None:
        one, other = a_login("ana", key="one"), a_login("ana", key="other")

        made = resolved([one, other], decided("void", [one], key=("account", "app", "ana")))

        assert told(made) == {"lead: one", "user: other"}


class TestMarked:
    """A person may say that an identifier joins nobody."""

    def test_common(self) -> None:
        login, row = a_login("ana", email(E, VERIFIED), key="login"), a_row(mail=E, key="row")

        made = resolved([login, row], decided("common", key=("email", "", E)))

        assert told(made) == {"user: login", "lead: row"}

    def test_a_line_may_be_common(self) -> None:
        calls = [a_call(on=day, key=f"call-{day}") for day in range(2)]

        assert told(resolved(calls, decided("common", key=("phone", "", P)))) == {"lead: call-0, call-1"}

    def test_the_companys_own_number_is_no_line(self) -> None:
        calls = [a_call(on=day, key=f"call-{day}") for day in range(2)]

        made = resolved(calls, decided("own", key=("phone", "", P)))

        assert told(made) == {"lead: call-0", "lead: call-1"}

    def test_what_is_common_is_contested_no_more(self) -> None:
        logins = [a_login(user, cookie("kiosk"), key=user) for user in ("ana", "luis")]

        made = resolved(logins, decided("common", key=("device", "site", "kiosk")))

        assert made.conflicts == ()


class TestToken:
    """A signed token proves somebody once, in time, and to whom it was made out; else it is a claim."""

    def signed(
        self, token: str, *, until: datetime | None = None, audience: str = "", key: str, on: float = 0
    ) -> Record:
        from integrations.contract import Token

        held = replace(account("ana"), token=Token(id=token, expires_at=until, audience=audience))
        return a_record("chat", version(key, held, occurred_at=at(on)))

    def test_a_good_one(self) -> None:
        assert contact_of(resolved([one := self.signed("t-1", key="one")]), one).kind is Kind.USER

    def test_expired_at_the_time_of_the_visit(self) -> None:
        visit = self.signed("t-1", until=at(1), key="visit", on=2)

        assert told(resolved([visit])) == {"lead: visit"}

    def test_made_for_somebody_else(self) -> None:
        visit = self.signed("t-1", audience="other", key="visit")

        made = resolved([visit], policy=Policy(audiences=frozenset({"ours"})))

        assert told(made) == {"lead: visit"}

    def test_seen_on_another_record_before(self) -> None:
        first, again = self.signed("t-1", key="first"), self.signed("t-1", key="again", on=1)

        assert told(resolved([first, again])) == {"user: first", "lead: again"}
