"""Scenarios: imports."""

import multiprocessing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from integrations.contract import Level
from tests.builders import P, Q, a_call, a_complete_row, email, suggested, told
from tests.database import empty, resolve_all
from tests.orders import in_every_order
from tests.scenes import KILLED, Scene, a_file, delivered_call, delivered_login, import_until_killed
from worker.storage.unit_of_work import UnitOfWork

CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED
E, F = "ana@x.es", "ana@y.es"
HEADER = "id,name,email,phone"
ANA = f"1,Ana Ruiz,{E},{P}"


@pytest.mark.scenario(37)
@pytest.mark.servers
class TestACompleteRow:
    """A complete row from a stored source makes a user."""

    def test_the_row_is_a_user(self, uow: UnitOfWork, tmp_path: Path) -> None:
        scene = Scene(uow)

        scene.imported(a_file(tmp_path, "books.csv", [HEADER, ANA]))

        assert scene.told() == {"user: 1"}
        assert [proof.rule for proof in scene.contact("books", "1").proofs] == ["complete-user"]


@pytest.mark.scenario(38)
@pytest.mark.servers
class TestARowOfNameAndPhone:
    """A row with name and phone only makes a lead."""

    def test_the_row_is_a_lead(self, uow: UnitOfWork, tmp_path: Path) -> None:
        scene = Scene(uow)

        scene.imported(a_file(tmp_path, "books.csv", [HEADER, f"1,Ana Ruiz,,{P}"]))

        assert scene.told() == {"lead: 1"}


@pytest.mark.scenario(39)
class TestACompleteRowOnALeadsLine:
    """A complete row whose phone equals lead P's line makes a user; lead P stays; a suggestion says why."""

    def test_the_number_joins_nobody(self) -> None:
        row, call = a_complete_row(number=P, key="row"), a_call(P, key="call")
        again = a_call(P, on=1, key="again")

        resolution = in_every_order([row, call, again])

        assert told(resolution) == {"user: row", "lead: again, call"}
        assert suggested(resolution, [row, call, again]) == {"call ~ row"}

    @pytest.mark.servers
    def test_the_suggestion_names_the_number_and_how_sure_each_side_is(
        self, uow: UnitOfWork, tmp_path: Path
    ) -> None:
        scene = Scene(uow)
        scene.see("pbx", delivered_call("call"))

        scene.imported(a_file(tmp_path, "books.csv", [HEADER, ANA]))

        (suggestion,) = scene.profile("pbx", "call").suggestions
        (reason,) = suggestion.reasons
        assert (reason.type, reason.value) == ("phone", P)
        assert sorted((reason.one, reason.other)) == [OBSERVED.rank, STORED.rank]


@pytest.mark.scenario(40)
@pytest.mark.servers
class TestTheSameFileAgain:
    """The same file again makes 0 changes."""

    def test_nothing_changes(self, uow: UnitOfWork, tmp_path: Path) -> None:
        scene = Scene(uow)
        books = a_file(tmp_path, "books.csv", [HEADER, ANA, f"2,Luis Ruiz,,{Q}"])
        first = scene.imported(books)
        before = scene.exported(), scene.changes()

        again = scene.imported(books)

        assert (first.report.changed, again.report.changed) == (2, 0)
        assert (scene.exported(), scene.changes()) == before


@pytest.mark.scenario(41)
@pytest.mark.servers
class TestNewIds:
    """When the same people come with every id changed, a dry run counts those that look known under new ids."""

    ROWS = ("Ana Ruiz,ana@x.es,", "Luis Gomez,luis@x.es,", "Eva Prado,eva@x.es,")

    def a_scene(self, uow: UnitOfWork, folder: Path) -> tuple[Scene, Path]:
        """Import three people, and write the file that has them under new ids."""
        scene = Scene(uow)
        old = [f"{number},{row}" for number, row in enumerate(self.ROWS)]
        new = [f"new-{number},{row}" for number, row in enumerate(self.ROWS)]
        scene.imported(a_file(folder, "old.csv", [HEADER, *old]))
        return scene, a_file(folder, "new.csv", [HEADER, *new])

    def test_the_report_says_so_and_nothing_is_written(self, uow: UnitOfWork, tmp_path: Path) -> None:
        scene, renumbered = self.a_scene(uow, tmp_path)
        before = scene.exported()

        rehearsal = scene.rehearsed(renumbered)

        assert rehearsal.inspected.renumbered is not None
        assert rehearsal.inspected.renumbered.count == 3
        assert rehearsal.inspected.mostly_renumbered
        assert scene.exported() == before

    def test_the_import_itself_says_so_too(self, uow: UnitOfWork, tmp_path: Path) -> None:
        scene, renumbered = self.a_scene(uow, tmp_path)

        imported = scene.imported(renumbered)

        assert imported.renumbered is not None
        assert imported.renumbered.count == 3


@pytest.mark.scenario(42)
@pytest.mark.servers
class TestTwoRowsOfOneId:
    """Two rows of one file with one id and different e-mails are named in the report; verified data stays."""

    def test_the_report_names_both_and_the_verified_address_stands(
        self, uow: UnitOfWork, tmp_path: Path
    ) -> None:
        scene = Scene(uow)
        scene.see("chat", delivered_login("login", "ana", email(E, VERIFIED)))

        imported = scene.imported(
            a_file(tmp_path, "books.csv", [HEADER, f"7,Ana Ruiz,{E},", "8,Luis Gomez,,", f"7,Ana Ruiz,{F},"])
        )

        (warning,) = [each for each in imported.warnings if "one id" in each]
        assert "2" in warning
        assert "4" in warning
        user = scene.contact("chat", "login")
        assert {each.value: each.level for each in user.identifiers if each.type == "email"} == {
            E: VERIFIED,
            F: STORED,
        }
        assert user.name == "Ana Ruiz"


@pytest.mark.scenario(43)
@pytest.mark.servers
class TestOneIdAtTwoSources:
    """Id 42 from source X and from source Y are two records: ids are scoped by source."""

    def test_two_files_make_two_contacts(self, uow: UnitOfWork, tmp_path: Path) -> None:
        scene = Scene(uow)

        scene.imported(a_file(tmp_path, "x.csv", [HEADER, f"42,Ana Ruiz,{E},"]), "x")
        scene.imported(a_file(tmp_path, "y.csv", [HEADER, f"42,Luis Gomez,{F},"]), "y")

        records = sorted((each.source, each.id) for contact in scene.contacts() for each in contact.records)
        assert records == [("x", "42"), ("y", "42")]
        assert len(scene.contacts()) == 2


NULL_LIKE = ("unknown", "n/a", "none", "-", "NULL", "0", "test", "[object Object]", '"null"')


@pytest.mark.scenario(44)
@pytest.mark.servers
class TestNullLikeValues:
    """`unknown`, `n/a`, `none`, `-`, `NULL`, `0`, `test`, `[object Object]` and `"null"` are no keys, and counted."""

    FILE = (
        "id,name,email,customer",
        *(f'{row}-{n},,"{value}","{value}"'
          for row, value in enumerate(each.replace('"', '""') for each in NULL_LIKE) for n in range(2)),
    )  # fmt: skip

    def test_no_two_rows_are_joined_by_them(self, uow: UnitOfWork, tmp_path: Path) -> None:
        scene = Scene(uow)

        scene.imported(a_file(tmp_path, "books.csv", self.FILE), columns={"customer": "account:crm"})

        contacts = scene.contacts()
        assert [len(contact.records) for contact in contacts] == [1] * 2 * len(NULL_LIKE)
        assert [each for contact in contacts for each in contact.identifiers] == []
        assert scene.suggested() == set()

    def test_the_report_counts_them(self, uow: UnitOfWork, tmp_path: Path) -> None:
        path = a_file(tmp_path, "books.csv", self.FILE)

        found = Scene(uow).rehearsed(path, columns={"customer": "account:crm"}).inspected.findings

        assert {type_: seen.count for (type_, _), seen in found.unusable.items()} == {
            "email": 2 * len(NULL_LIKE),
            "account": 2 * len(NULL_LIKE),
        }


@pytest.mark.scenario(45)
@pytest.mark.servers
class TestAbsentEmptyAndCleared:
    """A column that is absent and a cell that is empty touch nothing; an explicit marker clears, with history."""

    @pytest.mark.parametrize(
        ("rows", "fields"),
        [
            (["id,name", "1,Ana Ruiz"], {"company": "Acme"}),
            (["id,name,company", "1,Ana Ruiz,"], {"company": "Acme"}),
            (["id,name,company", "1,Ana Ruiz,<clear>"], {}),
        ],
        ids=["column absent", "cell empty", "clear marker"],
    )
    def test_the_next_file_leaves(
        self, uow: UnitOfWork, tmp_path: Path, rows: list[str], fields: dict[str, str]
    ) -> None:
        scene = Scene(uow)
        scene.imported(a_file(tmp_path, "monday.csv", ["id,name,company", "1,Ana Ruiz,Acme"]))

        scene.imported(a_file(tmp_path, "tuesday.csv", rows))

        profile = scene.profile("books", "1")
        assert profile.fields == fields
        with uow.begin() as tx:
            (versions,) = tx.evidence.versions([profile.contact.id]).values()
        assert {"company": "Acme"} in [version.record.profile for version in versions]


@pytest.mark.scenario(46)
@pytest.mark.servers
class TestAKilledImport:
    """An import of 10,000 rows, row 5,000 malformed, that is killed at 7,000 resumes, and ends like a clean run."""

    def test_the_end_state_equals_one_clean_run(
        self, uow: UnitOfWork, engine: Engine, tmp_path: Path
    ) -> None:
        rows = [f"{row},Ana Ruiz,{'' if row % 50 else E}," for row in range(1, 10_001)]
        rows[4_999] += ',"'
        books = a_file(tmp_path, "books.csv", [HEADER, *rows])
        clean = Scene(uow)
        report = clean.read(books).report
        resolve_all(uow)
        expected = clean.exported()
        empty(engine)
        again = Scene(uow)
        url = engine.url.render_as_string(hide_password=False)
        import_process = multiprocessing.get_context("spawn").Process(
            target=import_until_killed, args=(url, str(books), 7_000)
        )

        import_process.start()
        import_process.join(timeout=60)
        resumed = again.read(books).report
        resolve_all(uow)

        assert import_process.exitcode == KILLED
        assert (report.pulled, report.rejected) == (10_000, 1)
        assert resumed.pulled == 4_000
        assert [each.place for each in again.rejects()] == ["row 5001"]
        assert again.exported() == expected
