"""How many lines of code a connector has: what the next vendor would cost to write and to read.

Counted are its module and the modules beside it that no other connector has. Not counted are what several share, the
engine, and what reads formats (`integrations/imports/files`, `integrations/canonical.py`), though a format may be one
connector's only.
"""

import ast
import io
import statistics
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path

from integrations.connectors import CONNECTORS
from integrations.scaffold import ROOMS

ROOT = Path(__file__).parents[1]
ENGINE = "declared"
"""Not a vendor's: it reads what a file declares."""
NO_CODE = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


def code_lines(source: str) -> int:
    r"""Return how many lines have code: not those of blanks, comments, docstrings and texts that document a name.

    >>> code_lines("LIMIT = 3  # of the vendor\n'For all lists.'\n\n# Nothing else.\n")
    1
    """
    documenting: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            documenting |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - documenting)


def of_connectors() -> dict[str, int]:
    """Return the lines of code of each connector that is a vendor's or a format's."""
    loaded = {name: entry.loads.partition(":")[0] for name, entry in CONNECTORS.items() if name != ENGINE}
    beside = {name: _reached(module, frozenset(loaded.values())) for name, module in loaded.items()}
    return {name: sum(map(_lines_of, _own(name, beside))) for name in loaded}


def median(counted: Mapping[str, int]) -> float:
    """Return the lines of the connector in the middle."""
    return statistics.median(counted.values())


def _own(name: str, beside: Mapping[str, set[str]]) -> set[str]:
    return beside[name].difference(*(modules for other, modules in beside.items() if other != name))


def _reached(module: str, loaded: frozenset[str]) -> set[str]:
    """Return the module and those of its folder that it needs, without those that are other connectors'."""
    reached, waiting = {module}, [module]
    while waiting:
        new = set(_imported(waiting.pop())) - reached - loaded
        reached |= new
        waiting += new
    return reached


def _imported(module: str) -> Iterator[str]:
    room = module.rpartition(".")[0]
    assert room.rpartition(".")[2] in ROOMS.values(), f"{module} is in no folder of connectors"
    for node in ast.walk(ast.parse(_file(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").rpartition(".")[0] == room:
            yield node.module or ""


def _lines_of(module: str) -> int:
    return code_lines(_file(module).read_text(encoding="utf-8"))


def _file(module: str) -> Path:
    return ROOT / f"{module.replace('.', '/')}.py"
