"""What a new source is begun from: module, test, recording and registry line, which pass as they stand."""

import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

from msgspec import Struct

from integrations.contract import SourceKind
from integrations.errors import AccessError

TEMPLATES = Path(__file__).parent / "templates"
ROOMS: Mapping[SourceKind, str] = {"phone": "phone", "chat": "chat", "import": "imports"}
"""The folder of each kind."""

REGISTRY = Path("integrations") / "connectors.py"
MARK = "    # The next one goes here.\n"

_BOOKS = '''EMAIL = Level.STORED
PHONE = Level.STORED
"""The business's own books hold them; nobody has proved them."""'''
_TYPED = '''EMAIL = Level.CLAIMED
PHONE = Level.CLAIMED
"""Whoever opens the chat types them; nothing that the vendor signs holds them."""'''

REFERENCE = Path("docs") / "reference" / "configuration.md"
BEFORE = "### Connector `csv`\n"
_SETTINGS = """### Connector `$name`

$title.

| key | what | default |
|---|---|---|
| `token` | secret: the token of the API | required |
| `base_url` | another address of the API | the vendor's |

"""

_LINE = """    "$name": Entry(
        title="$title",
        kind="$kind",
        loads="integrations.$room.$module:$function",
        trust=Level.VERIFIED,
        optional=("base_url",),
        secrets=(("token",),),
    ),
"""


class Begun(Struct, frozen=True):
    """A file to write, or to change, relative to the checkout."""

    path: Path
    text: str


def a_module(root: Path, name: str, kind: SourceKind) -> list[Begun]:
    """Return the files of a new connector in the checkout at `root`, in the order a person reads them.

    Raises `AccessError` where there is no checkout, or something of that name is there.
    """
    words = _words(name, kind)
    registry = root / REGISTRY
    if not registry.is_file() or not (root / "tests" / "connectors").is_dir():
        raise AccessError(
            f"{root} is no checkout of Avouch, and a connector in Python is part of one.\n"
            f"    Without Python, in one file: avouch sources new {name} --declared"
        )
    shape = "calls" if kind == "phone" else "people"
    module = words["module"]
    tests = Path("tests") / "connectors"
    begun = [
        Begun(Path("integrations") / ROOMS[kind] / f"{module}.py", _filled(f"{shape}.py.txt", words)),
        Begun(tests / "recorded" / f"{name}.json", (TEMPLATES / f"{shape}.json").read_text(encoding="utf-8")),
        Begun(tests / f"test_{module}.py", _filled("test.py.txt", words)),
    ]
    _check_free(root, begun)
    text = registry.read_text(encoding="utf-8")
    if f'"{name}": Entry(' in text:
        raise AccessError(f"A connector is called {name} already. Nothing was written; choose another name")
    line = Template(_LINE).substitute(words)
    reference = (root / REFERENCE).read_text(encoding="utf-8")
    settings = Template(_SETTINGS).substitute(words)
    return [
        *begun,
        Begun(REGISTRY, text.replace(MARK, line + MARK)),
        Begun(REFERENCE, reference.replace(BEFORE, settings + BEFORE)),
    ]


def a_declaration(folder: Path, name: str) -> list[Begun]:
    """Return the file that declares a vendor without Python; raises `AccessError` where it is there."""
    begun = [Begun(Path(f"{name}.toml"), _filled("declared.toml", _words(name, "import")))]
    _check_free(folder, begun)
    return begun


def _check_free(folder: Path, begun: list[Begun]) -> None:
    there = [each.path for each in begun if (folder / each.path).exists()]
    if there:
        raise AccessError(f"{there[0]} is there already. Nothing was written; choose another name")


def _words(name: str, kind: SourceKind) -> dict[str, str]:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise AccessError(f"{name}: not a connector's name; allowed: lower-case letters, digits and hyphens")
    if keyword.iskeyword(name):
        raise AccessError(f"{name}: not a connector's name; it is a word of Python's")
    module = name.replace("-", "_")
    return {
        "name": name,
        "kind": kind,
        "room": ROOMS[kind],
        "module": module,
        "function": module,
        "title": name.replace("-", " ").title(),
        "Class": name.replace("-", " ").title().replace(" ", ""),
        "levels": _TYPED if kind == "chat" else _BOOKS,
    }


def _filled(template: str, words: Mapping[str, str]) -> str:
    return Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(words)
