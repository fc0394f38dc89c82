"""Two entries of one file with one id: both places are named, however far apart, in bounded memory."""

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import UNSET

from integrations.contract import ContactRecord, Delivery, Identifier, Page
from integrations.imports.files import repeated
from integrations.imports.files.repeated import Repeated
from integrations.registry import connector
from tests.connectors.importing import a_file, a_source, pages_in, warnings

AT = datetime(2026, 3, 1, tzinfo=UTC)


def an_entry(number: int, key: str, mail: str = "", *, name: str = "", changed: bool = False) -> Delivery:
    record = ContactRecord(
        id=key,
        occurred_at=AT,
        updated_at=AT if changed else None,
        name=name or UNSET,
        identifiers=(Identifier(type="email", value=mail),) if mail else (),
    )
    return Delivery(record, None, f"row {number}")


def read_in_one_run(path: Path, **options: int) -> list[Page]:
    """Fetch every page by one connector, as a run does."""
    reader = connector(a_source(path, page_limit=options.get("page_limit")))
    pages = [reader.fetch(None)]
    while pages[-1].more:
        pages.append(reader.fetch(pages[-1].cursor))
    return pages


def said(*deliveries: Delivery) -> list[str]:
    return Repeated().warnings(deliveries, ended=True)


class TestAcrossPages:
    """Row 42: two rows, one id, different e-mails in one file; the report names both."""

    def test_both_rows_are_named_when_pages_lie_between_them(self, tmp_path: Path) -> None:
        rows = [f"{number},{number}@example.com" for number in range(2, 5_002)]
        rows[4_000] = "5,other@example.com"
        file = a_file(tmp_path, "a.csv", "\n".join(["id,email", *rows]))

        pages = read_in_one_run(file)

        assert len(pages) == 3
        assert warnings(pages) == [
            "row 5 and row 4002 have one id and different e-mail addresses; both are kept as versions"
        ]

    def test_lines_and_cards_are_named_too(self, tmp_path: Path) -> None:
        line = '{{"id": "7", "occurred_at": "2026-03-01T10:00:00Z", "identifiers": [{{"type": "email", "value": "{}"}}]}}'
        card = "BEGIN:VCARD\nVERSION:3.0\nUID:7\nFN:Ana\nEMAIL:{}\nEND:VCARD"
        both = "a@example.com", "b@example.com"

        lines = pages_in(tmp_path, "a.jsonl", "\n".join(map(line.format, both)))
        cards = pages_in(tmp_path, "a.vcf", "\n".join(map(card.format, both)) + "\n")

        assert "line 1 and line 2 have one id and different e-mail addresses" in warnings(lines)[0]
        assert "card 1 and card 2 have one id and different e-mail addresses" in warnings(cards)[0]

    def test_two_files_of_a_folder_are_versions_of_one_another(self, tmp_path: Path) -> None:
        a_file(tmp_path, "a.csv", "id,email\n7,a@example.com\n")
        a_file(tmp_path, "b.csv", "id,email\n7,b@example.com\n7,c@example.com\n")

        pages = read_in_one_run(tmp_path / "*.csv")

        assert warnings(pages) == [
            "b.csv: row 2 and row 3 have one id and different e-mail addresses; both are kept as versions"
        ]
        assert [each.where for page in pages for each in page.deliveries] == [
            "a.csv, row 2",
            "b.csv, row 2",
            "b.csv, row 3",
        ]


class TestWhatDiffers:
    """What is no mistake is not named."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            pytest.param(an_entry(2, "7", "a@x.com"), an_entry(3, "7", "a@x.com"), id="the same again"),
            pytest.param(an_entry(2, "7", "a@x.com"), an_entry(3, "8", "b@x.com"), id="two ids"),
            pytest.param(an_entry(2, "7", "a@x.com"), an_entry(2, "7", "b@x.com"), id="one place read twice"),
            pytest.param(
                an_entry(2, "7", name="Ana", changed=True),
                an_entry(3, "7", name="Bo", changed=True),
                id="a history",
            ),
            pytest.param(
                Delivery(an_entry(2, "7", "a@x.com").record),
                Delivery(an_entry(3, "7", "b@x.com").record),
                id="no places",
            ),
        ],
    )
    def test_nothing_is_said(self, one: Delivery, other: Delivery) -> None:
        assert said(one, other) == []

    def test_other_differences_are_named_without_the_address(self) -> None:
        assert said(an_entry(2, "7", name="Ana"), an_entry(3, "7", name="Bo")) == [
            "row 2 and row 3 have one id and differ; both are kept as versions"
        ]

    def test_what_cannot_be_written_is_left_to_landing(self) -> None:
        assert said(an_entry(2, "7", name="\ud800"), an_entry(3, "7", name="\ud801")) == []

    def test_the_rest_is_counted_with_the_last_page(self) -> None:
        memory = Repeated()
        entries = [an_entry(number, "7", f"{number}@x.com") for number in range(1, 16)]

        first = memory.warnings(entries, ended=False)
        last = memory.warnings([], ended=True)

        assert (len(first), last) == (10, ["4 more have the id of an earlier entry and differ"])


class TestMemory:
    """A file may be larger than the memory: an id takes some 50 bytes, and there is a limit."""

    def test_an_id_takes_few_bytes(self) -> None:
        memory = Repeated()
        tracemalloc.start()
        try:
            for start in range(0, 20_000, 1_000):
                memory.warnings(
                    (an_entry(n, f"id-{n}", f"{n}@x.com") for n in range(start, start + 1_000)), ended=False
                )
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert held / 20_000 < 70

    def test_ids_beyond_the_limit_are_compared_with_those_before_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(repeated, "MOST_IDS", 1)

        found = said(
            an_entry(1, "a", "a@x.com"),
            an_entry(2, "b", "b@x.com"),
            an_entry(3, "b", "c@x.com"),
            an_entry(4, "a", "d@x.com"),
        )

        assert found == [
            "row 1 and row 4 have one id and different e-mail addresses; both are kept as versions"
        ]
