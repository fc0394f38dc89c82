"""The page on adding a vendor is true: its module, line, recording and test class are run as they stand."""

import re
import sys
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from integrations import registry
from integrations.contract import Level
from tests.connectors.contract import ConnectorContract, Recording

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "add-a-vendor.md"
BLOCKS = re.findall(
    r"^```(python|json)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)
MODULE, LINE, RECORDING, TEST_CLASS = (text for _, text in BLOCKS)


class TestRingpost(ConnectorContract):
    connector = "ringpost"

    @property
    def recording(self) -> Recording:
        return msgspec.json.decode(RECORDING, type=Recording)

    @pytest.fixture(autouse=True)
    def ringpost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        module = ModuleType("integrations.phone.ringpost")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(MODULE, "ringpost.py", "exec"), module.__dict__)  # noqa: S102 # the page itself
        line = eval(f"{{{LINE}}}", {"Entry": registry.Entry, "Level": Level})  # noqa: S307 # likewise
        monkeypatch.setattr(registry, "CONNECTORS", {**registry.CONNECTORS, **line})

    def test_the_class_on_the_page_is_all_that_a_vendor_needs(self) -> None:
        names: dict[str, object] = {"__name__": "test_ringpost"}
        exec(TEST_CLASS, names)  # noqa: S102 # the page itself

        written = names["TestRingpost"]
        assert isinstance(written, type)
        assert issubclass(written, ConnectorContract)
        assert written.connector == self.connector
