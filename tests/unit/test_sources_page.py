"""docs/reference/sources.md says what the connectors are, and a new one is in it."""

from integrations.connectors import CONNECTORS
from tests import sources


def test_the_page_is_up_to_date() -> None:
    assert sources.PAGE.read_text(encoding="utf-8") == sources.page(), (
        "docs/reference/sources.md is out of date. Run: make sources"
    )


def test_every_connector_is_on_it() -> None:
    page = sources.page()

    assert [name for name in CONNECTORS if f'`connector = "{name}"`' not in page] == []
