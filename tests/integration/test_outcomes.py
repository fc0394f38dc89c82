"""Outcomes: how a decision ended is said, also where the rules do otherwise."""

import pytest

from integrations.contract import ContactRecord, Level, Token
from integrations.contract import Identifier as Given
from tests.builders import P, Q, account, at, cookie, email, id_of, phone, version
from tests.database import add_sources, land_page, resolve_all
from worker.cli.decisions import casework, outcomes
from worker.domain.decisions import Decision
from worker.jobs import cases, convert, decide, settle, suggest
from worker.jobs.cases import Case, UnknownCaseError
from worker.jobs.decide import Said
from worker.jobs.people import People
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

X, Y = id_of("pbx", "x"), id_of("pbx", "y")


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    add_sources(uow, dict.fromkeys(("chat", "crm", "pbx"), Level.VERIFIED))
    with uow.begin() as tx:
        convert.ensure_own_source(tx)


def landed(uow: UnitOfWork, source: str, *records: ContactRecord) -> None:
    land_page(uow, source, records)
    resolve_all(uow)


def two_calls(uow: UnitOfWork) -> None:
    landed(
        uow,
        "pbx",
        version("x", phone(P, Level.OBSERVED)).record,
        version("y", phone(Q, Level.OBSERVED)).record,
    )


def said(day: float) -> Said:
    return Said("eva", "", at(day))


def the_case(uow: UnitOfWork, kind: str) -> Case:
    ((case,), total) = cases.listed(uow, kind, 10)
    assert total == 1
    return case


def test_a_merge_that_somebody_takes_back_at_once_says_who(uow: UnitOfWork) -> None:
    two_calls(uow)
    later = []

    def merge_and_be_contradicted() -> Decision:
        merged = decide.merge(uow, X, Y, said(10))
        later.append(decide.differ(uow, X, Y, Said("luis", "", at(20))))
        return merged

    ended = outcomes.decided(uow, merge_and_be_contradicted)

    assert len(ended.contacts) == 2
    assert ended.why == (
        "a later decision told them from each other by luis on 21 March 2026.\n"
        f"    To take that one back: avouch decisions withdraw {later[0].id}"
    )


def test_whoever_decides_later_has_the_last_word_though_a_clock_ran_ahead(uow: UnitOfWork) -> None:
    two_calls(uow)
    decide.merge(uow, X, Y, said(400))
    resolve_all(uow)

    ended = outcomes.decided(uow, lambda: decide.split(uow, X, [Y], said(10)))

    assert (len(ended.contacts), ended.why) == (2, "")


def test_a_decision_without_a_change_is_taken_back_by_its_withdrawal(uow: UnitOfWork) -> None:
    two_calls(uow)

    ended = outcomes.decided(uow, lambda: decide.mark(uow, "common", ("email", "", "a@x.es"), said(1)))

    assert ended.take_back == f"avouch decisions withdraw {ended.decisions[0].id}"


def test_the_undo_of_an_undo_joins_them_again(uow: UnitOfWork) -> None:
    two_calls(uow)
    merged = outcomes.decided(uow, lambda: decide.merge(uow, X, Y, said(1)))
    _, apart = outcomes.undone(uow, lambda: decide.undo(uow, number(merged.take_back), said(2)))

    _, again = outcomes.undone(uow, lambda: decide.undo(uow, number(apart.take_back), said(3)))

    assert [len(each.contacts) for each in (merged, apart, again)] == [1, 2, 1]


def number(command: str) -> int:
    return int(command.removeprefix("avouch undo "))


def test_a_token_used_elsewhere_says_so_though_the_other_record_is_another_contact(uow: UnitOfWork) -> None:
    signed = Given(type="account", namespace="app", value="u-17", level=Level.VERIFIED, token=Token(id="t1"))
    landed(uow, "chat", version("v1", signed).record, version("v2", signed, occurred_at=at(1)).record)

    explained = People(uow).why(id_of("chat", "v2"))

    assert [each.why for each in explained.around.unproved] == ["its token had been used on another record"]


def a_torn_chain(uow: UnitOfWork) -> None:
    landed(
        uow,
        "chat",
        version("ana", account("u-17"), email("ana@x.es", Level.VERIFIED)).record,
        version("luis", account("u-20"), cookie("ck1"), occurred_at=at(1), name="Luis Gómez").record,
        version("both", email("ana@x.es", Level.VERIFIED), cookie("ck1"), occurred_at=at(2)).record,
    )


def test_a_merge_that_other_evidence_tears_says_which_case_to_settle(uow: UnitOfWork) -> None:
    crm, shop = account("c-1", Level.STORED, "crm"), account("s-1", Level.STORED, "shop")
    landed(uow, "crm", version("1", crm).record, version("2", shop).record)
    settle.run(uow)
    # Nobody has judged these when somebody merges the rows: two steps away, each leads to another account.
    land_page(
        uow,
        "chat",
        [
            version("near-ana", crm, email("ana@x.es", Level.STORED)).record,
            version("ana", account("u-17"), email("ana@x.es", Level.VERIFIED)).record,
            version("near-luis", shop, phone(P, Level.STORED)).record,
            version("luis", account("u-20"), phone(P, Level.VERIFIED)).record,
        ],
    )

    ended = outcomes.decided(uow, lambda: decide.merge(uow, id_of("crm", "1"), id_of("crm", "2"), said(10)))

    assert ended.why == (
        "other evidence leads from them to two different accounts.\n"
        f"    See what to settle first: avouch conflicts show {the_case(uow, 'torn').conflict.case[:8]}"
    )


def test_who_stands_between_stays_with_one_side_once_told_from_the_other(uow: UnitOfWork) -> None:
    a_torn_chain(uow)
    settle.run(uow)

    ways = dict(casework.ways_out(the_case(uow, "torn")))

    name = ways["who stands between is not Luis Gómez:"].split()[-1]
    suggest.answer(uow, [name], "reject", said(10))
    resolve_all(uow)
    with uow.begin() as tx:
        whose = tx.contacts.membership([id_of("chat", each) for each in ("ana", "both", "luis")])
    assert whose[id_of("chat", "both")] == whose[id_of("chat", "ana")] != whose[id_of("chat", "luis")]


def test_a_torn_chain_shows_who_stands_between(uow: UnitOfWork) -> None:
    a_torn_chain(uow)

    case = the_case(uow, "torn")

    assert [[each.record.key for each in side.holdings] for side in case.sides] == [["ana"], ["luis"]]
    assert [each.record.key for each in case.between.holdings] == ["both"]
    assert [command.split()[1] for _, command in casework.ways_out(case)] == ["merge", "changes"]


def test_a_reopened_case_names_the_decision_and_how_to_take_it_back(uow: UnitOfWork) -> None:
    landed(
        uow,
        "chat",
        version("one", email("ana@x.es", Level.VERIFIED)).record,
        version("other", cookie("ck1")).record,
    )
    one, other = id_of("chat", "one"), id_of("chat", "other")
    decision = decide.differ(uow, one, other, said(1))
    proof = version("proof", email("ana@x.es", Level.VERIFIED), cookie("ck1"), occurred_at=at(5)).record
    landed(uow, "chat", proof)

    case = the_case(uow, "reopened")

    assert case.decision == decision
    assert casework.ways_out(case)[0] == (
        "they are one person after all:",
        f"avouch decisions withdraw {decision.id}",
    )


def test_a_record_of_two_accounts_is_mended_at_its_source(uow: UnitOfWork) -> None:
    landed(uow, "chat", version("v1", account("u-17"), account("u-20")).record)

    case = the_case(uow, "two accounts")

    assert [each.accounts for each in case.between.holdings] == [(("app", "u-17"), ("app", "u-20"))]
    assert [command for _, command in casework.ways_out(case)] == ["avouch sync SOURCE"]


def test_a_case_is_found_by_the_beginning_of_its_id(uow: UnitOfWork) -> None:
    landed(uow, "chat", version("v1", account("u-17"), account("u-20")).record)
    case = the_case(uow, "two accounts").conflict

    assert cases.find(uow, case.case[:5]).conflict == case
    with pytest.raises(UnknownCaseError, match="No open case begins with zz"):
        cases.find(uow, "zz")


def test_a_beginning_that_several_cases_share_is_answered_with_them(uow: UnitOfWork) -> None:
    records = [version(f"v{n}", account(f"a{n}"), account(f"b{n}")).record for n in range(17)]
    landed(uow, "chat", *records)
    found, _ = cases.listed(uow, None, 100)
    first = [each.conflict.case[:1] for each in found]
    shared = next(each for each in first if first.count(each) > 1)

    with pytest.raises(UnknownCaseError, match=f"Several cases begin with {shared}: "):
        cases.find(uow, shared)
