"""Measuring contacts and suggestions by a list of whose each record is."""

from itertools import combinations
from pathlib import Path

import pytest

from integrations.contract import ContactRecord, Level
from tests.builders import at, cookie, email, id_of, phone, version
from tests.database import add_sources, land_page
from worker.jobs import decide, evaluate, settle
from worker.jobs.decide import Said
from worker.jobs.evaluate import Evaluated, Row, TruthError
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

TRUST = {"pbx": Level.OBSERVED, "site": Level.VERIFIED, "crm": Level.STORED, "form": Level.CLAIMED}
NUMBER, OTHER_NUMBER = "+34612345678", "+34698765432"
SAID = Said("eva", "", at(20))


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    add_sources(uow, TRUST)


def measured(uow: UnitOfWork, truth: dict[str, str]) -> Evaluated:
    """Measure by a list of `source key`: person."""
    settle.run(uow)
    rows = [
        Row(line, *said.split(" ", maxsplit=1), person)  # type: ignore[call-arg]  # a source and an id
        for line, (said, person) in enumerate(truth.items(), start=2)
    ]
    return evaluate.run(uow, rows, "truth.csv")


def a_call(key: str, number: str = NUMBER) -> ContactRecord:
    return version(key, phone(number, Level.OBSERVED)).record


def a_visit(key: str, browser: str, address: str) -> ContactRecord:
    return version(key, cookie(browser), email(address, Level.CLAIMED)).record


def a_form(key: str, name: str, number: str = "", address: str = "") -> ContactRecord:
    held = [phone(number, Level.CLAIMED)] if number else []
    held += [email(address, Level.CLAIMED)] if address else []
    return version(key, *held, name=name).record


TRUTH = {
    "form 1": "ana",
    "form 2": "ana",
    "form 3": "ana",
    "form 4": "eva",
    "form 5": "eva",
    "pbx 1": "ana",
    "pbx 2": "luis",
}


class TestMixing:
    """A contact that holds two people is listed with what holds it together."""

    def test_a_line_that_two_people_call_from_is_one_lead_honestly(self, uow: UnitOfWork) -> None:
        land_page(uow, "pbx", [a_call("1"), a_call("2")])

        found = measured(uow, {"pbx 1": "ana", "pbx 2": "luis"})

        (each,) = found.mixed
        assert (each.cause, each.rules) == ("line", ("line",))
        assert [row.person for row in each.rows] == ["ana", "luis"]
        assert (found.mixing("line"), found.mixing("rules")) == (1, 0)
        assert found.per_100_000(1) == 50_000

    def test_a_browser_that_two_people_use_is_counted_apart(self, uow: UnitOfWork) -> None:
        land_page(
            uow, "site", [a_visit("1", "ck-1", "ana@example.com"), a_visit("2", "ck-1", "luis@example.com")]
        )

        found = measured(uow, {"site 1": "ana", "site 2": "luis"})

        assert [each.cause for each in found.mixed] == ["cookie"]

    def test_what_a_person_joined_is_counted_apart(self, uow: UnitOfWork) -> None:
        land_page(uow, "form", [a_form("1", "Ana Ruiz"), a_form("2", "Luis Gil")])
        settle.run(uow)
        decide.merge(uow, id_of("form", "1"), id_of("form", "2"), SAID)

        found = measured(uow, {"form 1": "ana", "form 2": "luis"})

        assert [(each.cause, each.rules) for each in found.mixed] == [("decision", ("decided",))]

    def test_what_the_rules_joined_is_named_by_its_rules(self, uow: UnitOfWork) -> None:
        rows = [
            version(
                key, phone(NUMBER, Level.STORED), email("ana@example.com", Level.STORED), name="Ana Ruiz"
            ).record
            for key in ("1", "2")
        ]
        land_page(uow, "crm", rows)

        found = measured(uow, {"crm 1": "mother", "crm 2": "daughter"})

        assert [(each.cause, each.rules) for each in found.mixed] == [("rules", ("corroborated",))]

    def test_who_is_not_listed_mixes_nobody(self, uow: UnitOfWork) -> None:
        land_page(uow, "pbx", [a_call("1"), a_call("2")])

        found = measured(uow, {"pbx 1": "ana"})

        assert (found.rows, found.contacts, found.mixed) == (1, 1, ())


class TestCurves:
    """What the rules joined, and what the suggestions above them would."""

    @pytest.fixture
    def found(self, uow: UnitOfWork) -> Evaluated:
        forms = [
            a_form("1", "Ana Ruiz", NUMBER), a_form("2", "Ana Ruiz", address="ana.ruiz@example.com"),
            a_form("3", "Anna Ruiz", NUMBER), a_form("4", "Eva Sanz", OTHER_NUMBER), a_form("5", "Eva Sanz", OTHER_NUMBER),
        ]  # fmt: skip
        land_page(uow, "form", forms)
        land_page(uow, "pbx", [a_call("1"), a_call("2")])
        return measured(uow, TRUTH)

    def test_what_the_rules_joined_is_told_by_itself(self, found: Evaluated) -> None:
        assert (found.joined.pairs, found.joined.right, found.joined.mixed) == (1, 0, 1)
        assert found.true_pairs == 6 + 1
        assert found.share_joined == 0

    def test_every_point_is_what_counting_pairs_of_rows_gives(
        self, uow: UnitOfWork, found: Evaluated
    ) -> None:
        with uow.begin() as tx:
            suggested = tx.suggestions.strongest(1_000)
        place = {row: id_of(*row.split(" ")) for row in TRUTH}
        with uow.begin() as tx:
            on = tx.contacts.membership([*place.values()])
        contact = {row: on[each] for row, each in place.items()}
        weights = {frozenset((each.one, each.other)): each.score.weight for each in suggested}

        for point in found.pairs.points:
            taken = [
                (one, other)
                for one, other in combinations(TRUTH, 2)
                if contact[one] != contact[other]
                and weights.get(frozenset((contact[one], contact[other])), float("-inf")) >= point.threshold
            ]
            right = sum(TRUTH[one] == TRUTH[other] for one, other in taken)
            assert (point.pairs, point.right) == (len(taken), right)

    def test_a_chain_pays_for_everybody_it_joins(self, found: Evaluated) -> None:
        # Ana's forms share the line that Luis calls from, too.
        assert found.clusters.points[-1].pairs > found.pairs.points[-1].pairs
        assert found.clusters.points[-1].mixed == 1


class TestTheList:
    """It is refused where it is not what it has to be, with line and reason."""

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("source,id\nform,1\n", "truth.csv, line 1: no column is called person"),
            ("source,id,person\nform,1,ana\nform,,eva\n", "truth.csv, line 3: id is empty"),
            ("source,id,person\nform,1\n", "truth.csv, line 2: person is empty"),
            (
                "source,id,person\nform,1,ana\nform,1,eva\n",
                "truth.csv, line 3: the record is on line 2 already",
            ),
            ("", "truth.csv, line 1: no column is called source"),
        ],
    )
    def test_what_is_wrong_is_said_with_its_line(self, tmp_path: Path, text: str, says: str) -> None:
        file = tmp_path / "truth.csv"
        file.write_text(text, encoding="utf-8")

        with pytest.raises(TruthError, match=says):
            evaluate.read(file)

    def test_what_is_no_text_is_said(self, tmp_path: Path) -> None:
        file = tmp_path / "truth.csv"
        file.write_bytes(b"source,id,person\nform,1,\xff\n")

        with pytest.raises(TruthError, match="is no CSV in UTF-8"):
            evaluate.read(file)

    def test_columns_may_stand_in_any_order_beside_others(self, tmp_path: Path) -> None:
        file = tmp_path / "truth.csv"
        file.write_text("note,person,source,id\nx, ana ,form,1\n", encoding="utf-8")

        assert evaluate.read(file) == [Row(2, "form", "1", "ana")]

    def test_records_that_are_not_here_are_left_out_and_named_by_their_lines(self, uow: UnitOfWork) -> None:
        land_page(uow, "form", [a_form("1", "Ana Ruiz")])

        found = measured(uow, {"form 1": "ana", "form 99": "eva"})

        assert (found.rows, found.missing) == (1, (3,))

    @pytest.mark.parametrize(
        ("truth", "says"),
        [
            ({"forms 1": "ana"}, "line 2: no source is called forms"),
            ({"form 99": "ana"}, r"no record of it is here \(lines 2\)"),
            ({}, "has no row"),
        ],
    )
    def test_a_list_of_which_nothing_is_here_is_refused(
        self, uow: UnitOfWork, truth: dict[str, str], says: str
    ) -> None:
        land_page(uow, "form", [a_form("1", "Ana Ruiz")])

        with pytest.raises(TruthError, match=says):
            measured(uow, truth)
