"""What a new source is begun from passes as it stands: its module, line, recording and test class are run."""

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import msgspec
import pytest

from integrations import connectors, registry, scaffold
from integrations.contract import Level, SourceKind
from integrations.errors import AccessError
from tests.connectors.contract import ConnectorContract, Recording

ROOT = Path(__file__).resolve().parents[2]


class Begun(ConnectorContract):
    """The contract, for what the template of one kind makes."""

    connector = "ring-post"
    kind: ClassVar[SourceKind]

    @property
    def begun(self) -> dict[str, str]:
        return {each.path.name: each.text for each in scaffold.a_module(ROOT, "ring-post", self.kind)}

    @property
    def recording(self) -> Recording:
        return msgspec.json.decode(self.begun["ring-post.json"], type=Recording)

    @pytest.fixture(autouse=True)
    def ring_post(self, monkeypatch: pytest.MonkeyPatch) -> None:
        room = scaffold.ROOMS[self.kind]
        module = ModuleType(f"integrations.{room}.ring_post")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(self.begun["ring_post.py"], "ring_post.py", "exec"), module.__dict__)  # noqa: S102 # what a person gets
        found = re.search(
            r'^    "ring-post": Entry\(\n.*?^    \),\n', self.begun["connectors.py"], re.MULTILINE | re.DOTALL
        )
        assert found is not None
        line = eval(f"{{{found[0]}}}", {"Entry": connectors.Entry, "Level": Level})  # noqa: S307 # likewise
        monkeypatch.setattr(registry, "CONNECTORS", {**connectors.CONNECTORS, **line})

    def test_the_class_that_is_written_is_all_that_it_needs(self) -> None:
        names: dict[str, object] = {"__name__": "test_ring_post"}
        exec(self.begun["test_ring_post.py"], names)  # noqa: S102 # what a person gets

        written = names["TestRingPost"]
        assert isinstance(written, type)
        assert issubclass(written, ConnectorContract)
        assert written.connector == self.connector


class TestPhone(Begun):
    kind = "phone"


class TestChat(Begun):
    kind = "chat"


class TestImport(Begun):
    kind = "import"


del Begun  # Or it would be collected, without a kind.


def test_the_style_of_what_is_written_is_ours(tmp_path: Path) -> None:
    for kind in scaffold.ROOMS:
        for each in scaffold.a_module(ROOT, "ring-post", kind):
            if each.path.suffix == ".py":
                written = tmp_path / each.path
                written.parent.mkdir(parents=True, exist_ok=True)
                written.write_text(each.text, encoding="utf-8")
    ruff = str(Path(sys.executable).parent / "ruff")
    ours = ["--config", str(ROOT / "pyproject.toml")]
    # In a folder of its own, ruff cannot tell which packages are of the house.
    house = [
        *ours,
        "--config",
        'lint.isort.known-first-party = ["integrations", "tests"]',
        "--ignore",
        "INP001",
    ]

    for check in (["format", "--check", *ours], ["check", "--output-format", "concise", *house]):
        done = subprocess.run([ruff, *check, "."], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_nothing_is_written_over(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match=r"integrations/phone/twilio\.py is there already"):
        scaffold.a_module(ROOT, "twilio", "phone")

    (tmp_path / "ring-post.toml").touch()
    with pytest.raises(AccessError, match=r"ring-post\.toml is there already"):
        scaffold.a_declaration(tmp_path, "ring-post")


@pytest.mark.parametrize("name", ["Ringpost", "ring post", "../x", "", "9to5", "ring_post"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(AccessError, match="not a connector's name"):
        scaffold.a_module(ROOT, name, "phone")


def test_a_word_of_pythons_is_no_name() -> None:
    with pytest.raises(AccessError, match="a word of Python's"):
        scaffold.a_module(ROOT, "class", "phone")


def test_a_connector_of_another_kind_has_its_name_for_itself() -> None:
    with pytest.raises(AccessError, match="A connector is called csv already"):
        scaffold.a_module(ROOT, "csv", "phone")


def test_where_there_is_no_checkout_the_other_way_is_named(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="avouch sources new ringpost --declared"):
        scaffold.a_module(tmp_path, "ringpost", "phone")
