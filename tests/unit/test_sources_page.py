"""docs/reference/sources.md says what the connectors are, and a new one is in it."""

from integrations.connectors import CONNECTORS
from tests import lines, sources


def test_the_page_is_up_to_date() -> None:
    assert sources.PAGE.read_text(encoding="utf-8") == sources.page(), (
        "docs/reference/sources.md is out of date. Run: make sources"
    )


def test_every_connector_is_on_it() -> None:
    page = sources.page()

    assert [name for name in CONNECTORS if f'`connector = "{name}"`' not in page] == []


def test_the_connector_in_the_middle_is_short() -> None:
    counted = lines.of_connectors()

    assert lines.median(counted) < 120, (
        f"{counted}: find what repeats in them, and give it one place in integrations"
    )


def test_the_modules_that_a_connector_has_for_itself_are_counted() -> None:
    phone = lines.ROOT / "integrations" / "phone"

    counted = lines.of_connectors()

    # Both use parties.py, and Twilio's two connectors share twilio_account.py: counted for neither.
    of_its_own = {"twilio": ("twilio",), "ringcentral": ("ringcentral", "ringcentral_book")}
    for name, modules in of_its_own.items():
        texts = ((phone / f"{module}.py").read_text(encoding="utf-8") for module in modules)
        assert counted[name] == sum(map(lines.code_lines, texts))
