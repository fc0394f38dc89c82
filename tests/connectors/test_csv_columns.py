"""Which column says what: every target, every header that is known, and what a person is told of the rest."""

import re
from pathlib import Path

import pytest

from integrations.errors import AccessError, FormatError
from integrations.imports.files.columns import TARGETS, form
from integrations.imports.files.headers import (
    ACCOUNT_HEADERS,
    HEADERS,
    KEPT_HEADERS,
    guessed_target,
    unnumbered,
)
from integrations.imports.files.sheet import CsvOptions
from integrations.registry import connector
from tests.connectors.importing import a_source, pages_in, pages_of, records, told, values, warnings

FILES = Path(__file__).parent / "files"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "import-files.md"


class TestStated:
    """The setting `columns` goes before what a header says by itself."""

    def test_every_target_can_be_stated(self, tmp_path: Path) -> None:
        columns = {
            "A": "id", "B": "first_name", "C": "middle_name", "D": "last_name", "E": "suffix", "F": "email",
            "G": "phone", "H": "account:crm", "I": "handle:whatsapp", "J": "device:shop", "K": "company",
            "L": "created_at", "M": "updated_at", "N": "note", "O": "profile:tier", "P": "ignore",
            "Q": "phone", "R": "account", "S": "name",
        }  # fmt: skip
        row = "7,Ana,M,Ruiz,Jr,a@b.c,1,2,3,4,Acme,2024-03-01T10:00Z,2025-03-01T10:00Z,hi,gold,x,5,6,\n"

        (record,) = records(pages_in(tmp_path, "a.csv", ",".join(columns) + "\n" + row, columns=columns))

        assert set(map(str, columns.values())) >= {
            target for target in TARGETS if TARGETS[target].key == "none"
        } - {"occurred_at"}
        assert (record.id, record.name) == ("7", "Ana M Ruiz Jr")
        assert told(record.identifiers) == [
            ("email", "", "a@b.c"), ("phone", "", "1"), ("account", "crm", "2"), ("handle", "whatsapp", "3"),
            ("device", "shop", "4"), ("phone", "", "5"), ("account", "books", "6"),
        ]  # fmt: skip
        assert record.profile == {"company": "Acme", "tier": "gold"}
        assert [note.body for note in record.notes] == ["hi"]
        assert (record.occurred_at.year, str(record.updated_at)) == (2024, "2025-03-01 10:00:00+00:00")

    def test_a_stated_column_goes_before_a_known_header(self, tmp_path: Path) -> None:
        content = "ID,Nr,Phone,Name\na,7,1,Ana\n"

        pages = pages_in(tmp_path, "a.csv", content, columns={"Nr": "id", "phone": "ignore"})

        (record,) = records(pages)
        assert (record.id, record.identifiers, record.profile) == ("7", (), {"ID": "a"})
        assert warnings(pages) == ["columns that are not mapped are kept in the profile: 'ID'"]

    def test_case_accents_and_spaces_of_a_header_do_not_count(self, tmp_path: Path) -> None:
        content = "TELEFONO  MOVIL;Name\n1;Ana\n"

        (record,) = records(pages_in(tmp_path, "a.csv", content, columns={"Teléfono móvil": "phone"}))

        assert values(record, "phone") == ["1"]

    def test_of_two_headers_that_are_nearly_alike_the_exact_one_is_meant(self, tmp_path: Path) -> None:
        content = "Name;Tel;TEL.\nAna;1;2\n"

        (record,) = records(pages_in(tmp_path, "a.csv", content, columns={"TEL.": "ignore"}))

        assert values(record, "phone") == ["1"]

    def test_a_stated_column_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(FormatError) as raised:
            pages_in(tmp_path, "a.csv", "Kunden,Name\n7,Ana\n", columns={"Kunde": "account:crm"})

        assert str(raised.value).endswith(
            "columns names 'Kunde', and row 1 has no such column. Did you mean 'Kunden'?\n"
            "    Correct columns, or the file; nothing of it was imported."
        )

    @pytest.mark.parametrize(
        ("columns", "told"),
        [
            ({"Kunde": "acount:x"}, "columns: Kunde: 'acount:x' is no target. Did you mean account? There are:"),
            ({"Kunde": "handle"}, "columns: Kunde: 'handle' is written handle:NAMESPACE"),
            ({"Kunde": "profile:"}, "columns: Kunde: 'profile:' is written profile:KEY"),
            ({"Kunde": "phone:home"}, "columns: Kunde: 'phone:home' is written phone"),
            ({"A": "id", "B": "id"}, "columns: A and B are both id; only one can be"),
            ({"A": "created_at", "B": "occurred_at"}, "columns: A and B are both occurred_at"),
            (["name", "x"], "columns: 2: 'x' is no target. There are"),
            ([], "columns is empty; list a target for each column"),
        ],
    )  # fmt: skip
    def test_a_wrong_target_is_told_before_anything_is_read(self, columns: object, told: str) -> None:
        with pytest.raises(AccessError, match=re.escape(told)):
            connector(a_source("a.csv", columns=columns))

    @pytest.mark.parametrize(
        ("settings", "told"),
        [
            ({"delimiter": ";;"}, "delimiter has to be one character"),
            ({"encoding": "utf-99"}, "encoding: 'utf-99' is not known; use for example utf-8"),
            ({"encoding": "rot13"}, "encoding: 'rot13' is not read"),
            ({"timezone": "Europe/Atlantis"}, "timezone: 'Europe/Atlantis' is no zone"),
            ({"header": False}, "header = false needs a target for each column"),
            ({"as_of": "2024-03-01T10:00:00"}, "timezone component - at `$.as_of`"),
        ],
    )
    def test_a_wrong_setting_is_told_before_anything_is_read(
        self, settings: dict[str, object], told: str
    ) -> None:
        with pytest.raises(AccessError, match=re.escape(told)):
            connector(a_source("a.csv", **settings))  # type: ignore[arg-type] # settings of any kind


class TestKnownExports:
    """Exports of well-known programs need no setting."""

    @pytest.mark.parametrize(
        ("file", "emails", "phones"),
        [
            (
                "google-old.csv",
                ["ana@example.com", "ruiz@example.com", "ana@example.org"],
                ["+34 612 34 56 01"],
            ),
            (
                "outlook.csv",
                ["ana@example.com", "ana@example.org"],
                ["+34 91 123 45 01", "+34 91 123 45 02", "+34 612 34 56 01"],
            ),
            ("hubspot.csv", ["ana@example.com"], ["+34 91 123 45 01", "+34 612 34 56 01"]),
            ("salesforce.csv", ["ana@example.com"], ["+34 91 123 45 01", "+34 612 34 56 01"]),
            (
                "pipedrive.csv",
                ["ana@example.com", "ana@example.org"],
                ["+34 91 123 45 01", "+34 612 34 56 01"],
            ),
        ],
    )
    def test_names_addresses_and_numbers_are_found(
        self, file: str, emails: list[str], phones: list[str]
    ) -> None:
        record = records(pages_of(a_source(FILES / file)))[0]

        assert (values(record, "email"), values(record, "phone")) == (emails, phones)
        assert record.name in {"Ana Ruiz", "Ana Maria Ruiz"}
        assert record.profile["company"] == "Olivar Norte"

    @pytest.mark.parametrize(
        ("file", "key"), [("hubspot.csv", "101"), ("salesforce.csv", "003A000001"), ("pipedrive.csv", "7")]
    )
    def test_a_crm_gives_ids_and_times(self, file: str, key: str) -> None:
        (record,) = records(pages_of(a_source(FILES / file)))

        assert record.id == key
        assert str(record.occurred_at) == "2024-03-01 10:00:00+00:00"
        assert str(record.updated_at) == "2025-01-02 11:30:00+00:00"

    @pytest.mark.parametrize("file", ["google-old.csv", "outlook.csv"])
    def test_an_address_book_is_read_without_a_warning(self, file: str) -> None:
        assert warnings(pages_of(a_source(FILES / file))) == []

    def test_numbers_of_machines_and_of_other_people_are_no_phones(self) -> None:
        (record,) = records(pages_of(a_source(FILES / "outlook.csv")))

        assert record.profile["Business Fax"] == "+34 91 123 45 09"
        assert record.profile["Company Main Phone"] == "+34 91 123 45 00"
        assert record.profile["Assistant's Phone"] == "+34 91 123 45 08"

    def test_a_companys_account_is_never_taken_for_a_persons(self) -> None:
        pages = pages_of(a_source(FILES / "salesforce.csv"))

        assert values(records(pages)[0], "account") == []
        (warning,) = warnings(pages)
        assert warning == (
            "column 'Account ID' looks like an account. If each person has their own, set columns ="
            ' {"Account ID" = "account:NAMESPACE"}; until then it is kept in the profile'
        )


class TestGuesses:
    @pytest.mark.parametrize(
        "header",
        [
            "Nombre;Apellidos;Correo electrónico;Teléfono móvil",
            "vorname;NACHNAME;E-Mail-Adresse;Handy",
            "Prénom;Nom;Courriel;Téléphone",
            "Nome;Cognome;Indirizzo e-mail;Cellulare",
            "Nome;Sobrenome;E-mail;Telemóvel",
            "Voornaam;Achternaam;E-mailadres;Telefoonnummer",
            "first_name;last_name;email;phone",
        ],
    )
    def test_headers_are_known_in_seven_languages(self, tmp_path: Path, header: str) -> None:
        (record,) = records(pages_in(tmp_path, "a.csv", header + "\nAna;Ruiz;a@example.com;1\n"))

        assert record.name == "Ana Ruiz"
        assert told(record.identifiers) == [("email", "", "a@example.com"), ("phone", "", "1")]

    def test_no_header_means_two_things(self) -> None:
        headers = [(target, header) for target, names in HEADERS.items() for header in names]
        kept = {unnumbered(header) for header in (*KEPT_HEADERS, *ACCOUNT_HEADERS)}

        assert all(guessed_target(header) == target for target, header in headers)
        assert not kept & {unnumbered(header) for _, header in headers}
        assert set(HEADERS) <= set(TARGETS)

    def test_columns_that_are_not_mapped_are_kept_and_named_once(self, tmp_path: Path) -> None:
        content = "Name,Region,,Region\n" + "Ana,North,x,South\n" * 3

        pages = pages_in(tmp_path, "a.csv", content)

        assert records(pages)[0].profile == {"Region": "North", "column 3": "x", "Region (column 4)": "South"}
        assert warnings(pages) == [
            "columns that are not mapped are kept in the profile: 'Region', 'column 3', 'Region (column 4)'"
        ]

    def test_a_warning_names_no_more_columns_than_one_can_read(self, tmp_path: Path) -> None:
        content = ",".join(["Name", *(f"x{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]) + "\n"

        (warning,) = warnings(pages_in(tmp_path, "a.csv", content))

        assert warning.endswith("'xt' and 6 more")


class TestPage:
    """`docs/reference/import-files.md` says what the code does."""

    def test_it_has_every_target_with_its_meaning(self) -> None:
        page = PAGE.read_text(encoding="utf-8")

        for name, target in TARGETS.items():
            assert f"| `{form(name)}` | {target.means} |" in page

    def test_it_has_every_known_header(self) -> None:
        page = PAGE.read_text(encoding="utf-8")

        for target, headers in HEADERS.items():
            assert f"| `{target}` | {', '.join(headers)} |" in page
        assert ", ".join(ACCOUNT_HEADERS) in page

    def test_it_has_every_setting(self) -> None:
        page = PAGE.read_text(encoding="utf-8")

        assert [name for name in CsvOptions.__struct_fields__ if f"| `{name}` |" not in page] == []
