"""`avouch import`: its report of what is wrong in a file, and of people who are known under other ids."""

from pathlib import Path

import pytest

from tests.acceptance.terminal import Avouch
from tests.acceptance.zygote import Zygote

pytestmark = pytest.mark.servers

HEADER = "id,name,email,phone,updated_at"
ROWS = (
    "1,Ana Ruiz,ana@acme-mail.es,612345678,2026-01-01T00:00Z",
    "2,Luis Gil,info@acme-mail.es,612345679,2026-01-01T00:00Z",
    "3,Mia Sol,m\u0131ke@acme-mail.es,+12345678901,2099-01-01T00:00Z",
    "4,Leo Paz,leo@acme-mail.es,-,2026-01-01T00:00Z",
    "5,Eva Rey,eva@acme-mail.es,unknown,2026-01-01T00:00Z",
    "1,Ana Ruiz,other@acme-mail.es,612345678,2026-01-01T00:00Z",
)
FOUND = (
    "  1 phone value ties nothing: it stands for no value (row 5)\n"
    "  1 phone value ties nothing: it says that the number is withheld (row 6)\n"
    "  1 email value is common: it is a role address (row 3)\n"
    "  1 phone value is blocked: it is a pattern of digits, not a number somebody has (row 4)\n"
    "  Warning: 1 e-mail address has letters outside plain ASCII: not the address that it may look like (row 4)\n"
    "  Warning: 1 record carries a time in the future; it ranks by its delivery (row 4)\n"
)
TWICE = "  Note: row 2 and row 7 have one id and different e-mail addresses; both are kept as versions\n"
WHAT_TO_DO = (
    "    If the ids of the file changed, keep the old ones: say which column holds them with --column"
    ' "HEADER=id".\n    With new ids each of these people gets a second record.\n'
)


@pytest.fixture(scope="module")
def first(avouch: Avouch) -> str:
    """What the first import printed."""
    return avouch("import", avouch.file("a.csv", HEADER, *ROWS), "--source", "crm", "--region", "ES")


def test_the_report_names_what_is_wrong_with_places_and_no_values(first: str) -> None:
    assert first == (
        "6 entries read: 5 new or changed, 1 unchanged, 0 rejected.\n"
        + TWICE
        + FOUND
        + "In all: 2 users, 3 leads.\n"
    )


@pytest.mark.usefixtures("first")
class TestNewIds:
    """The same people come again, and every id is another one."""

    def test_a_dry_run_says_so_with_what_to_do(self, avouch: Avouch) -> None:
        printed = avouch("import", self.renumbered(avouch, "b.csv"), "--source", "crm", "--dry-run")

        assert printed == (
            "Nothing was written. 6 records would be kept, 6 of them with a name; 0 would be rejected.\n"
            "  6 email, stored\n"
            "  4 phone, stored\n"
            + FOUND
            + TWICE
            + "  Warning: 6 of 6 rows look like known people under new ids"
            " (row 2, row 3, row 4, row 5, row 6, ...)\n" + WHAT_TO_DO
        )
        assert not avouch.json("import", "b.csv", "--source", "other", "--dry-run")["known_under_new_ids"][
            "count"
        ]

    def test_the_json_has_counts_and_places(self, avouch: Avouch) -> None:
        found = avouch.json("import", self.renumbered(avouch, "c.csv"), "--source", "crm", "--dry-run")

        assert found["known_under_new_ids"] == {
            "count": 6,
            "where": ["row 2", "row 3", "row 4", "row 5", "row 6"],
        }
        assert found["future"] == found["look_alike"] == {"count": 1, "where": ["row 4"]}
        assert found["not_compared"] is None

    def test_an_import_warns_of_it_without_places(self, avouch: Avouch) -> None:
        avouch("import", avouch.file("d.csv", HEADER, *ROWS), "--source", "shop", "--region", "ES")

        printed = avouch("import", self.renumbered(avouch, "e.csv"), "--source", "shop")

        assert "  Warning: 6 of 6 rows look like known people under new ids\n" + WHAT_TO_DO in printed

    @staticmethod
    def renumbered(avouch: Avouch, name: str) -> Path:
        return avouch.file(name, HEADER, *(f"new-{row}" for row in ROWS))


class TestNothingToCompareWith:
    """A dry run makes no database, and says why it did not compare."""

    def test_a_database_that_does_not_answer_is_named_without_its_password(
        self, zygote: Zygote, tmp_path: Path
    ) -> None:
        alone = Avouch(zygote, tmp_path, DATABASE_URL="postgresql://ana:secret@127.0.0.1:1/avouch")
        alone.file("a.csv", HEADER, *ROWS)

        found = alone.json("import", "a.csv", "--source", "crm", "--dry-run")

        assert found["not_compared"] == "the database at 127.0.0.1:1/avouch does not answer"
        assert found["known_under_new_ids"] is None

    def test_another_id_key_compares_nothing(self, avouch: Avouch) -> None:
        file = avouch.file("f.csv", HEADER, *ROWS)
        avouch("import", file, "--source", "keyed", "--region", "ES")

        said = avouch.run("import", file, "--source", "keyed", "--dry-run", AVOUCH_ID_KEY="another")

        assert said.out.endswith(
            "  Not compared with what is known: the ids in the database were made with another id key.\n"
        )

    def test_a_database_of_another_version_compares_nothing(self, avouch: Avouch, database_url: str) -> None:
        file = avouch.file("g.csv", HEADER, *ROWS)

        said = avouch.run("import", file, "--source", "crm", "--dry-run", DATABASE_URL=database_url)

        assert said.out.endswith(
            "  Not compared with what is known: the database has not the tables of this version.\n"
        )

    def test_a_shared_database_without_the_shared_key_compares_nothing(
        self, avouch: Avouch, database_url: str
    ) -> None:
        file = avouch.file("h.csv", HEADER, *ROWS)

        said = avouch.run(
            "import", file, "--source", "crm", "--dry-run", DATABASE_URL=database_url, AVOUCH_ID_KEY=""
        )

        assert said.out.endswith(
            "  Not compared with what is known: AVOUCH_ID_KEY is not set."
            " With DATABASE_URL set, every machine needs the same key.\n"
        )
