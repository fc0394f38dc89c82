"""The queue that people work through: what is in it, what is counted instead, and what comes back later."""

from collections.abc import Iterable
from datetime import datetime
from itertools import product
from typing import Any

import pytest

from integrations.contract import ContactRecord, Level
from tests.builders import START, P, at, email, phone, version
from tests.database import add_sources, land_page
from worker.domain.matching.scoring import Part, Score
from worker.domain.reasons import Reason
from worker.domain.suggestions import Suggestion
from worker.jobs import settle, suggest
from worker.jobs.decide import Said
from worker.jobs.suggest import BasisChangedError, Listed
from worker.storage.shortlist import MOST_A_CONTACT, Wanted
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

MAILBOX = "day.family@example.com"
SWITCHBOARD = "+442079460100"
FIRST_NAMES = (
    "Ada Ben Cleo Dirk Elsa Finn Gwen Hugo Iris Jack Kira Liam Mona Noel Olga Paul Quinn Ruth Sven Tamar Umar Vera"
    " Wade Xenia Zeno"
)
SURNAMES = (
    "Adler Bishop Cortez Dunn Ekman Farrow Grieve Holt Ingram Jarvis Kessler Lund Mercer Novak Osman Perrin"
    " Quigley Rossi Stroud Trent"
)


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    add_sources(uow, {"crm": Level.STORED, "shop": Level.STORED, "pbx": Level.OBSERVED})


def a_row(key: str, name: str, *values: str, **fields: Any) -> ContactRecord:
    held = [email(each, Level.STORED) if "@" in each else phone(each, Level.STORED) for each in values]
    return version(key, *held, name=name, **fields).record


def a_call(number: str) -> ContactRecord:
    return version("call", phone(number, Level.OBSERVED)).record


def landed(uow: UnitOfWork, source: str, *records: ContactRecord) -> None:
    land_page(uow, source, records)
    settle.run(uow)


def listed(
    uow: UnitOfWork, now: datetime = START, *, everything: bool = False, limit: int = 1_000, **wanted: Any
) -> Listed:
    with uow.begin() as tx:
        return suggest.listed(tx, Wanted(**wanted), everything=everything, now=now, limit=limit)


def names(uow: UnitOfWork, found: Iterable[Suggestion]) -> set[frozenset[str]]:
    """Return who is asked about, by name; of a call, its line."""
    with uow.begin() as tx:
        pairs = [tx.contacts.get_all([each.one, each.other]) for each in found]
    return {frozenset(contact.name or "a call" for contact in pair) for pair in pairs}


def stored(uow: UnitOfWork, *found: Suggestion) -> None:
    with uow.begin() as tx:
        tx.suggestions.put(found)


def a_pair(one: str, other: str, weight: float, *reasons: Reason, kind: str = "name") -> Suggestion:
    """A suggestion of two contacts that nothing else is known of, with a weight by one comparison."""
    return Suggestion(one, other, reasons, 1, score=Score(0.0, (Part(kind, "equal", weight, "a", "a"),)))


def pairs(found: Listed) -> list[str]:
    return [each.one + each.other for each in found.suggestions]


class TestASwitchboard:
    """A number that five hundred people hold suggests nobody; who is in the books twice is still found."""

    def test_only_true_duplicates_are_asked_about(self, uow: UnitOfWork) -> None:
        everybody = [f"{first} {last}" for first, last in product(FIRST_NAMES.split(), SURNAMES.split())]
        company = {"company": "Northwind Ltd"}
        rows = [a_row(name, name, SWITCHBOARD, profile=company) for name in everybody]
        landed(uow, "crm", *rows)
        again = a_row("2", "Vera Kesler", SWITCHBOARD, "vera@example.com", profile={"company": "Northwind"})
        landed(uow, "shop", a_row("1", "Benjamin Holt", SWITCHBOARD), again)
        landed(uow, "pbx", a_call(SWITCHBOARD))

        found = listed(uow)

        assert len(everybody) == 500
        assert names(uow, found.suggestions) == {
            frozenset({"Ben Holt", "Benjamin Holt"}),
            frozenset({"Vera Kessler", "Vera Kesler"}),
        }
        assert found.held == {SWITCHBOARD: 503}


@pytest.mark.parametrize("home", ["+442079460958", "+12025550123"], ids=["a landline", "who knows what"])
class TestAFamilyOfSix:
    """Six people on one number and one mailbox are not fifteen questions; their real duplicates are asked about."""

    @pytest.fixture(autouse=True)
    def _family(self, uow: UnitOfWork, home: str) -> None:
        called = ("Albert Day", "Albert Day Jr", "Beatrice Day", "Carl Day", "Dora Day")
        rows = [a_row(name, name, home, MAILBOX) for name in called]
        landed(uow, "crm", *rows, a_row("Rosa Day", "Rosa Day", home, MAILBOX, P))
        landed(uow, "shop", a_row("1", "Rosa Daye", P), a_row("2", "Al Day", MAILBOX))
        landed(uow, "pbx", a_call(home))

    def test_nobody_is_asked_whether_two_of_them_are_one(self, uow: UnitOfWork) -> None:
        found = listed(uow)

        assert names(uow, found.suggestions) == {
            frozenset({"Rosa Day", "Rosa Daye"}),
            frozenset({"Albert Day", "Al Day"}),
        }

    def test_what_is_left_out_is_counted_and_can_be_seen(self, uow: UnitOfWork) -> None:
        some, everything = listed(uow).counts, listed(uow, everything=True)

        assert some.improbable + some.households == everything.counts.listed - some.listed
        assert some.households > 0
        assert frozenset({"Albert Day", "Albert Day Jr"}) in names(uow, everything.suggestions)

    def test_those_of_one_source_can_be_asked_for(self, uow: UnitOfWork) -> None:
        assert names(uow, listed(uow, source="shop").suggestions) == names(uow, listed(uow).suggestions)
        assert listed(uow, source="pbx").suggestions == []


@pytest.mark.parametrize("others", [[], ["Omar Lund"]], ids=["nobody", "one more person"])
def test_two_of_one_surname_are_asked_about_where_few_share_their_number(
    uow: UnitOfWork, others: list[str]
) -> None:
    landed(uow, "crm", *(a_row(name, name, P) for name in ("Ada Lund", "Adah Lund", *others)))
    landed(uow, "pbx", a_call(P))

    asked = names(uow, listed(uow).suggestions)

    assert frozenset({"Ada Lund", "Adah Lund"}) in asked


class TestTheList:
    """The most probable come first; what is improbable or too much of one contact is counted instead."""

    def test_the_most_probable_come_first(self, uow: UnitOfWork) -> None:
        stored(uow, a_pair("a", "b", 1.0), a_pair("c", "d", 7.0), a_pair("e", "f", 3.0))

        assert pairs(listed(uow)) == ["cd", "ef", "ab"]
        assert pairs(listed(uow, limit=1)) == ["cd"]
        assert listed(uow, limit=1).counts.listed == 3

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ({"above": 3.0}, ["cd", "ef"]),
            ({"below": 7.0}, ["ef", "ab"]),
            ({"contact": "d"}, ["cd"]),
            ({"kind": "email"}, ["ef", "ab"]),
            ({"kind": "phone"}, []),
        ],
        ids=["above", "below", "of a contact", "by what speaks for it", "by what nothing says"],
    )
    def test_some_can_be_chosen(self, uow: UnitOfWork, wanted: dict[str, Any], found: list[str]) -> None:
        tie = Reason("email", "", "a@x.es", 2, 0)
        stored(uow, a_pair("a", "b", 1.0, tie), a_pair("c", "d", 7.0), a_pair("e", "f", 3.0, kind="email"))

        assert pairs(listed(uow, **wanted)) == found

    def test_likeness_below_what_the_policy_asks_for_is_counted(self, uow: UnitOfWork) -> None:
        tie = Reason("email", "", "a@x.es", 2, 0)
        stored(uow, a_pair("a", "b", -0.1, tie), a_pair("c", "d", 0.0))

        assert pairs(listed(uow)) == ["cd"]
        assert listed(uow).counts.improbable == 1
        assert pairs(listed(uow, everything=True)) == ["cd", "ab"]

    @pytest.mark.parametrize(
        "reason",
        [
            Reason("", "", "record", 2, 0, "about"),
            Reason("", "", "", 0, 0, "conflict"),
            Reason("account", "app", "7", 2, 0),
            Reason("device", "site", "7", 2, 0),
            Reason("handle", "whatsapp", "7", 2, 0),
        ],
        ids=["about", "conflict", "account", "browser", "handle"],
    )
    def test_more_than_likeness_is_listed_however_improbable(self, uow: UnitOfWork, reason: Reason) -> None:
        stored(uow, a_pair("a", "b", -9.0, reason))

        assert pairs(listed(uow)) == ["ab"]

    def test_a_contact_with_many_shows_its_first_and_the_rest_is_counted(self, uow: UnitOfWork) -> None:
        many = [a_pair("a", f"b{each:02}", 20.0 - each) for each in range(MOST_A_CONTACT + 5)]
        stored(uow, *many, a_pair("c", "d", 1.0))

        found = listed(uow)

        assert pairs(found) == [each.one + each.other for each in many[:MOST_A_CONTACT]] + ["cd"]
        assert found.counts.over_most == 5
        assert len(listed(uow, everything=True).suggestions) == MOST_A_CONTACT + 6


class TestLater:
    """What is put off comes back on its day, or as soon as it rests on something else."""

    @pytest.fixture
    def put_off(self, uow: UnitOfWork) -> Suggestion:
        landed(uow, "crm", a_row("1", "Ada Lund", P))
        landed(uow, "shop", a_row("2", "Adah Lund", P))
        (found,) = listed(uow).suggestions
        suggest.put_off(uow, [found.name], at(30), Said("eva", "", at(1)))
        return found

    def test_it_is_not_listed_until_its_day(self, uow: UnitOfWork, put_off: Suggestion) -> None:
        assert listed(uow, at(29)).suggestions == []
        assert listed(uow, at(29)).counts.put_off == 1
        assert listed(uow, at(29), put_off=True).suggestions == [put_off]
        assert listed(uow, at(30)).suggestions == [put_off]
        assert suggest.shown(uow, put_off.name, at(29)).put_off == at(30)
        assert suggest.shown(uow, put_off.name, at(30)).put_off is None

    def test_it_is_listed_when_it_rests_on_something_else(self, uow: UnitOfWork, put_off: Suggestion) -> None:
        landed(uow, "crm", a_row("1", "Ada Lund", P, "a.lund@example.com"))
        landed(uow, "shop", a_row("2", "Adah Lund", P, "a.lund@example.com"))

        (found,) = listed(uow, at(29)).suggestions

        assert (found.id, found.basis != put_off.basis) == (put_off.id, True)

    def test_what_was_not_shown_cannot_be_put_off(self, uow: UnitOfWork, put_off: Suggestion) -> None:
        with pytest.raises(BasisChangedError, match="rests on phone now"):
            suggest.put_off(uow, [f"{put_off.id}-000000"], at(30), Said("eva", "", at(1)))
