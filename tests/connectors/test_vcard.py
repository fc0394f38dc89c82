"""vCard files: three versions, what phones make of them, and damage that costs one card at most."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from integrations.contract import ContactRecord, Level, Page
from integrations.errors import AccessError, FormatError, SourceError
from integrations.registry import connector
from tests.connectors.importing import (
    a_file,
    a_source,
    pages_in,
    pages_of,
    reasons,
    records,
    rejects,
    told,
    values,
    warnings,
)

FILES = Path(__file__).parent / "files"


def a_card(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD"]) + "\r\n"


def cards(folder: Path, content: str | bytes, **options: object) -> list[Page]:
    return pages_in(folder, "a.vcf", content, **options)


def a_record(folder: Path, *lines: str) -> ContactRecord:
    (record,) = records(cards(folder, a_card(*lines)))
    return record


class TestVersions:
    def test_version_3_as_address_books_export_it(self) -> None:
        ((delivery,),) = (page.deliveries for page in pages_of(a_source(FILES / "contacts-3.0.vcf")))

        record = delivery.record
        assert (record.id, record.name) == ("urn:uuid:5f0c1f9e-0000-4000-8000-000000000001", "Dr. Ana Ruiz")
        assert told(record.identifiers) == [
            ("email", "", "ana@example.com"),
            ("email", "", "ana+news@example.org"),
            ("phone", "", "+34 612 34 56 01"),
            ("phone", "", "+1-202-555-0113;ext=12"),
        ]
        assert {each.level for each in record.identifiers} == {Level.STORED}
        assert record.profile == {
            "company": "Olivar Norte, S.L.",
            "department": "Compras, Aceites",
            "title": "Purchasing",
            "fax": "+34 91 123 45 09",
            "address": "Calle Mayor 12, Madrid, 28013, ES",
            "website": "https://example.com",
            "birthday": "1980-05-17",
            "labels": "Customers,VIP",
            "x-color": ["green", "blue", "red"],
        }
        assert [note.body for note in record.notes] == ["Prefers mornings; wants\nthe new price list"]
        assert str(record.occurred_at) == str(record.updated_at) == "2024-03-01 10:00:00+00:00"
        assert "PHOTO" not in str(delivery.raw)

    def test_version_2_as_old_phones_export_it(self) -> None:
        (record,) = records(pages_of(a_source(FILES / "contacts-2.1.vcf")))

        assert record.name == "José Muñoz"
        assert told(record.identifiers) == [
            ("phone", "", "+34 612 34 56 02"),
            ("email", "", "jose@example.com"),
        ]
        assert record.profile == {
            "fax": ["+34 91 123 45 09", "+34 91 123 45 08"],
            "address": "Calle; Ancha 3, Cádiz",
        }
        assert [note.body for note in record.notes] == ["Llamar por la mañana\r\ny por la tarde"]
        assert record.id.startswith("card-")

    def test_version_4_with_a_company_and_a_list(self) -> None:
        pages = pages_of(a_source(FILES / "contacts-4.0.vcf"))

        person, company = records(pages)
        assert (person.name, values(person, "phone")) == ("Grace Okafor", ["+44-20-7946-0311"])
        assert (company.id, company.name) == ("company-1", UNSET)
        assert reasons(pages) == {"card 3": "a list of contacts, not a contact"}

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    def test_names_come_out_of_any_usual_encoding(self, tmp_path: Path, encoding: str) -> None:
        content = (a_card("FN:José Muñoz") + a_card("FN:Begoña Núñez")).encode(encoding)

        pages = pages_of(a_source(a_file(tmp_path, "a.vcf", content), page_limit=1))

        assert [record.name for record in records(pages)] == ["José Muñoz", "Begoña Núñez"]
        assert len(warnings(pages)) == (encoding == "cp1252")

    def test_quoted_printable_in_a_file_of_utf_16_is_utf_8(self, tmp_path: Path) -> None:
        content = a_card("FN;ENCODING=QUOTED-PRINTABLE:Jos=C3=A9").encode("utf-16")

        assert records(cards(tmp_path, content))[0].name == "José"

    def test_a_letter_may_be_cut_by_a_fold(self, tmp_path: Path) -> None:
        content = a_card("FN:José").encode().replace(b"\xc3\xa9", b"\xc3\r\n \xa9")

        assert records(cards(tmp_path, content))[0].name == "José"

    def test_a_fold_of_version_2_keeps_its_space(self, tmp_path: Path) -> None:
        content = "BEGIN:VCARD\nVERSION:2.1\nFN:Ana\n Ruiz\nEND:VCARD\n"

        assert records(cards(tmp_path, content))[0].name == "Ana Ruiz"

    def test_a_charset_that_nobody_knows_is_that_of_the_file(self, tmp_path: Path) -> None:
        assert a_record(tmp_path, "FN;CHARSET=X-PHONE:José").name == "José"


class TestNames:
    @pytest.mark.parametrize(
        ("lines", "name"),
        [
            (["FN:Ana Ruiz", "N:Gil;Eva;;;"], "Ana Ruiz"),
            (["N:Ruiz;Ana;M.;Dr.;Jr."], "Ana M. Ruiz Jr."),
            (["FN:", "N:Ruiz;Ana"], "Ana Ruiz"),
            (["FN:n/a", "N:Ruiz;Ana"], "Ana Ruiz"),
            (["FN:+1 202 555 0113", "TEL:+12025550113", "N:Ruiz;Ana"], "Ana Ruiz"),
            (["FN:+1 202 555 0113", "TEL:+12025550113", "N:;+12025550113"], UNSET),
            (["FN:ANA@example.com", "EMAIL:ana@example.com"], UNSET),
            (["FN:Acme", "ORG:Acme;Sales", "TEL:1"], UNSET),
            (["FN:Acme", "ORG:Acme", "N:Acme;;;;", "TEL:1"], "Acme"),
            (["FN:Acme", "N:Acme;;;;", "X-ABShowAs:COMPANY", "TEL:1"], UNSET),
        ],
    )
    def test_a_name_is_that_of_a_person(self, tmp_path: Path, lines: list[str], name: object) -> None:
        assert a_record(tmp_path, *lines).name == name


class TestIds:
    def test_a_card_without_a_uid_has_the_same_id_in_every_file(self, tmp_path: Path) -> None:
        one = a_record(tmp_path, "FN:Ana Ruiz", "TEL:+34 612")
        other = a_record(tmp_path, "TEL;TYPE=CELL:+34612", "NOTE:hi", "FN:ANA RUIZ")

        assert one.id == other.id

    def test_a_card_that_says_nothing_is_rejected(self, tmp_path: Path) -> None:
        pages = cards(tmp_path, a_card("NOTE:hi"))

        assert reasons(pages) == {"card 1": "the card has no UID, no name, no e-mail and no phone"}

    def test_a_rev_that_cannot_be_read_costs_no_contact(self, tmp_path: Path) -> None:
        record = a_record(tmp_path, "FN:Ana", "REV:yesterday", "EMAIL:", "TEL:tel:")

        assert (record.updated_at, record.identifiers) == (None, ())

    def test_as_of_stands_for_the_time_of_cards_without_one(self, tmp_path: Path) -> None:
        (page,) = cards(tmp_path, a_card("FN:Ana"), as_of="2024-03-01T10:00:00Z")

        assert page.stamp == page.deliveries[0].record.occurred_at
        assert str(page.stamp) == "2024-03-01 10:00:00+00:00"


class TestDamage:
    """A damaged card is rejected with what is wrong; the cards around it are read."""

    @pytest.mark.parametrize(
        ("card", "reason"),
        [
            (a_card("FN:Bo", "nothing"), "a line without a colon"),
            (a_card("FN:Bo", "é:x"), "a line that begins with no property"),
            (a_card("FN:B\0o"), "FN: holds a NUL character"),
            (a_card("FN;ENCODING=QUOTED-PRINTABLE:=FF"), "FN: what is quoted is not valid utf-8"),
            ("BEGIN:VCARD\r\nFN:Bo\r\n", "the next card begins before this one ends"),
            ("hello\r\n\r\nworld\r\n", "text that belongs to no card"),
            (a_card("FN:" + "x" * 2_000_000), "the line has 2,000,005 bytes; at most 1,048,576 are read"),
            (
                a_card(*["NOTE:" + "x" * 500_000] * 3),
                "the card has more than 1,048,576 bytes without its pictures",
            ),
        ],
    )
    def test_it_costs_itself(self, tmp_path: Path, card: str, reason: str) -> None:
        pages = cards(tmp_path, a_card("FN:Ana") + card + a_card("FN:Cy"))

        assert [record.name for record in records(pages)] == ["Ana", "Cy"]
        assert reasons(pages) == {"card 2": reason}
        assert all(len(each.raw) <= 16_384 for each in rejects(pages))

    def test_bytes_that_are_no_text_cost_their_card(self, tmp_path: Path) -> None:
        content = (a_card("FN:Zoë") + a_card("FN:José")).encode() + a_card("FN:Jos").encode().replace(
            b"s\r", b"\xe9\r"
        )

        pages = cards(tmp_path, content)

        assert [record.name for record in records(pages)] == ["Zoë", "José"]
        assert reasons(pages) == {"card 3": "a line is not valid utf-8"}

    def test_half_characters_of_a_wide_file_cost_their_card(self, tmp_path: Path) -> None:
        content = a_card("FN:A#").encode("utf-16").replace(b"#\0", b"\0\xd8") + a_card("FN:Bo").encode(
            "utf-16-le"
        )

        pages = cards(tmp_path, content)

        assert [record.name for record in records(pages)] == ["Bo"]
        assert reasons(pages) == {"card 1": "a line is not valid utf-16-le"}

    def test_a_file_that_was_cut_off_says_so(self, tmp_path: Path) -> None:
        pages = cards(tmp_path, a_card("FN:Ana") + a_card("FN:Bo")[:-12])

        assert [record.name for record in records(pages)] == ["Ana"]
        assert reasons(pages) == {"card 2": "the file ends in the middle of this card"}

    def test_a_picture_of_megabytes_is_passed_over(self, tmp_path: Path) -> None:
        folded = "PHOTO;ENCODING=b:" + "\r\n ".join(["A" * 70] * 30_000)

        pages = cards(
            tmp_path, a_card("FN:Ana", "PHOTO:" + "A" * 3_000_000, "TEL:1") + a_card(folded, "FN:Bo")
        )

        assert [record.name for record in records(pages)] == ["Ana", "Bo"]

    def test_a_value_that_looks_like_a_soft_line_break_does_not_swallow_the_end(self, tmp_path: Path) -> None:
        card = a_card("FN:Ana", "NOTE;ENCODING=QUOTED-PRINTABLE:x=")

        assert len(records(cards(tmp_path, card + card))) == 2

    @pytest.mark.parametrize(
        "line", ['TEL;TYPE="x:y":1', 'TEL;TYPE="x:1', "TEL;;:1", "TEL;TYPE=:1", ".TEL:1", "a.b.TEL:1"]
    )
    def test_odd_parameters_do_no_harm(self, tmp_path: Path, line: str) -> None:
        assert values(a_record(tmp_path, "FN:Ana", line), "phone")[0].endswith("1")

    def test_a_hostile_line_takes_no_more_time_than_an_honest_one(self, tmp_path: Path) -> None:
        begun = time.perf_counter()

        pages = cards(tmp_path, a_card("TEL;A" + "," * 100_000 + '"', "NOTE:" + "\\" * 100_000) * 3)

        assert len(rejects(pages)) == 3
        assert time.perf_counter() - begun < 10

    @pytest.mark.parametrize("content", ["name,phone\nAna,1\n", " BEGIN:VCARD\n", "{}"])
    def test_a_file_of_another_kind_is_refused(self, tmp_path: Path, content: str) -> None:
        with pytest.raises(FormatError, match="the file is no vCard: no line says BEGIN:VCARD"):
            cards(tmp_path, content)

    @pytest.mark.parametrize("option", [{"timezone": "Mars"}, {"encoding": "utf-99"}, {"columns": {}}])
    def test_a_wrong_setting_is_told(self, option: dict[str, object]) -> None:
        with pytest.raises(AccessError, match="avouch sources test books"):
            connector(a_source("a.vcf", **option))  # type: ignore[arg-type] # settings of any kind


def test_an_import_that_was_killed_ends_as_a_clean_run(tmp_path: Path) -> None:
    content = "".join(a_card(f"FN:Ana {number}", "TEL:1") for number in range(9)) + "junk\n" + a_card("FN:Bo")
    source = a_source(a_file(tmp_path, "a.vcf", content), page_limit=2)
    clean = pages_of(a_source(tmp_path / "a.vcf"))

    pages = pages_of(source)

    for killed_after in range(len(pages) - 1):
        again = [*pages[: killed_after + 1], *pages_of(source, pages[killed_after].cursor)]
        assert records(again) == records(clean)
        assert reasons(again) == reasons(clean)


pieces = st.sampled_from(
    ["BEGIN:VCARD", "END:VCARD", "VERSION:2.1", "FN:Ana", "N;ENCODING=QUOTED-PRINTABLE:R=C3=", " x", "TEL:1", "",
     "PHOTO;BASE64:AAAA", "AGENT:", "NOTE;CHARSET=utf-16:x", 'TEL;TYPE="a:1', "\ud7ff\0", "REV:2024", "ORG:;"]
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(pieces | st.text(max_size=8), max_size=25), encoding=st.sampled_from(["utf-8", "utf-16"])
)
def test_every_card_that_ends_is_a_record_or_a_reject(
    tmp_path: Path, lines: list[str], encoding: str
) -> None:
    content = "\n".join(["BEGIN:VCARD", "UID:1", "END:VCARD", *lines]).encode(encoding, "replace")

    try:
        pages = pages_of(a_source(a_file(tmp_path, "a.vcf", content), page_limit=3))
    except SourceError:
        return

    assert records(pages)[0].id == "1"
    begun = [each for page in pages for each in (*page.deliveries, *page.rejected)]
    assert len(begun) <= 1 + len(lines)
    assert all("\0" not in rejected.raw for rejected in rejects(pages))
