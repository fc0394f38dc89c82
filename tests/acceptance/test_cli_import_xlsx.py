"""`avouch import` of a workbook: told by its ending, or by `--format`."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.acceptance.terminal import Avouch

pytestmark = pytest.mark.servers


@pytest.mark.parametrize(("name", "options"), [("a.xlsx", ()), ("a.export", ("--format", "xlsx"))])
def test_a_workbook_is_imported_with_the_places_of_what_is_wrong(
    avouch: Avouch, tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Contacts"
    for row in (["id", "name", "Reached"], [1, "Ana Ruiz", 12025550111], ["#REF!", "Luis Gil", 12025550122]):
        sheet.append(row)
    book.save(tmp_path / name)

    printed = avouch(
        "import",
        str(tmp_path / name),
        "--source",
        f"books-{len(options)}",
        "--column",
        "Reached=phone",
        *options,
    )

    assert printed.startswith(
        "2 entries read: 1 new or changed, 0 unchanged, 1 rejected.\n"
        "  sheet 'Contacts', row 3: column 'id': the formula of this cell failed (#REF!)\n"
    )
