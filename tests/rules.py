"""The rules as documentation: what the tests of tests/spec say, read out of their names and docstrings.

`make rules` writes docs/reference/rules.md; a run of tests/spec alone prints the same tree.
"""

import io
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "tests" / "spec"
PAGE = ROOT / "docs" / "reference" / "rules.md"
MOST_CASES = 12
"""Values of one sentence that the page names."""
_SENTENCES = 30
"""Cases that are longer than this on average are sentences of their own."""
_RULES_FROM, _LAST = 2.0, 9.0
"""Section 1 of DESIGN explains words; a module that names no other section is told last."""
_LONGEST = 64
"""Characters of a value that are shown."""

_SECTION = re.compile(r"\b(\d+(?:\.\d)?)\b")
_BEHIND_SECTION = re.compile(r"\(DESIGN (\d+(?:\.\d)?)")
_ONE_RULE = re.compile(r'^DESIGN [^:]*"')
_BEFORE = re.compile(r'^DESIGN (?:section )?[\d.]+(?: and (?:[\d.]+|"[^"]*"))*(?:, "[^"]*")?: ')
_BEHIND = re.compile(r" ?\(DESIGN [^)]*\)")


class Claim(NamedTuple):
    """One sentence that is tested, with its cases."""

    sentence: str
    cases: list[str]
    """Empty where the sentence is tested once."""
    tests: list[str]
    """The node ids of its tests: one, or one a case."""


class Rule(NamedTuple):
    """Sentences that belong together."""

    says: str
    """Empty where sentences stand alone."""
    name: str
    scenarios: tuple[int, ...]
    claims: list[Claim]


class Section(NamedTuple):
    """The rules of one module."""

    title: str
    module: str
    """Its path in the project."""
    rules: list[Rule]

    @property
    def scenarios(self) -> list[int]:
        """The numbers of the scenarios it tests."""
        return sorted(number for rule in self.rules for number in rule.scenarios)


def tree(items: Iterable[pytest.Item]) -> list[Section]:
    """Return what `items` say, in the order of DESIGN section 2 and then the scenarios."""
    functions = sorted((item for item in items if isinstance(item, pytest.Function)), key=_place)
    sections: dict[Path, Section] = {}
    order: dict[Path, tuple[float, bool, str]] = {}
    for item in functions:
        path = item.path
        if path not in sections:
            words = (item.module.__doc__ or path.stem).strip()
            sections[path] = Section(_title(words), path.relative_to(ROOT).as_posix(), [])
            order[path] = _order(words, path)
        _add(sections[path].rules, item)
    made = sorted(sections, key=lambda path: order[path])
    plain = [sections[path] for path in made if not sections[path].scenarios]
    return plain + sorted(
        (sections[path] for path in made if sections[path].scenarios), key=lambda each: each.scenarios
    )


def _add(rules: list[Rule], item: pytest.Function) -> None:
    holder = item.cls
    name = holder.__name__ if holder else ""
    if not rules or rules[-1].name != name:
        numbers = sorted({mark.args[0] for mark in item.iter_markers("scenario")})
        words = holder.__doc__ if holder is not None else None
        rules.append(Rule(" ".join((words or "").split()), name, tuple(numbers), []))
    claims = rules[-1].claims
    sentence = _sentence(item.originalname)
    if not claims or claims[-1].sentence != sentence:
        claims.append(Claim(sentence, [], []))
    claims[-1].tests.append(item.nodeid)
    if hasattr(item, "callspec"):
        claims[-1].cases.append(_case(item.callspec.params, item.callspec.id))


def _place(item: pytest.Function) -> tuple[str, int, tuple[int, ...]]:
    """Sort tests as they stand in their file, whatever order they run in."""
    indices = tuple(item.callspec.indices.values()) if hasattr(item, "callspec") else ()
    return (str(item.path), item.location[1] or 0, indices)


def _order(words: str, path: Path) -> tuple[float, bool, str]:
    """Place a module by the paragraph of DESIGN section 2 that it tests: the whole before one of its rules."""
    numbers = [float(each) for each in _SECTION.findall(words.split(":", maxsplit=1)[0])]
    numbers += [float(each) for each in _BEHIND_SECTION.findall(words)]
    number = next((each for each in numbers if each >= _RULES_FROM), _LAST)
    return (number, _ONE_RULE.search(words) is not None, path.stem)


def _title(words: str) -> str:
    plain = _BEHIND.sub("", _BEFORE.sub("", words.split("\n\n", maxsplit=1)[0]))
    plain = " ".join(plain.split()).rstrip(".")
    return plain[:1].upper() + plain[1:]


_OWNER = "agent|caller|client|family|kiosk|lead|person|platform|source|user|vendor|visitor"
_OWNS = re.compile(
    rf"\b((?:an?|another|one) (?:{_OWNER})|company|family|neither|nobody|policy|somebody|the switchboard)s\b"
)


def _sentence(name: str) -> str:
    """Read a name aloud: what a name in code cannot hold is put back.

    >>> _sentence("test_a_call_from_a_users_number_stays_a_lead")
    "A call from a user's number stays a lead"
    """
    words = re.sub(r"\be mail", "e-mail", name.removeprefix("test_").replace("_", " "))
    words = _OWNS.sub(r"\1's", words)
    return words[:1].upper() + words[1:]


def _case(params: Mapping[str, object], identity: str) -> str:
    """Name a case: by the words its test gives it, else by its values."""
    by_itself = "-".join(str(each).encode("unicode_escape").decode() for each in params.values())
    numbered = any(re.search(rf"(^|-){re.escape(name)}\d+(-|$)", identity) for name in params)
    values = [_value(each) for each in params.values()]
    if None in values or not (identity == by_itself or numbered):
        return identity.strip("-")
    return " / ".join(map(str, values))


def _value(value: object) -> str | None:
    """Write a value down; None for one that has no form of its own."""
    if value is None:
        return "none"
    if isinstance(value, str):
        shown = "".join(f"\\u{ord(each):04x}" if _is_invisible(each) else each for each in value[:_LONGEST])
        return (shown or "(nothing)") + ("…" if len(value) > _LONGEST else "")
    if isinstance(value, tuple | list) and not hasattr(value, "_fields"):
        return ", ".join(str(_value(each)) for each in value)
    if isinstance(value, set | frozenset):
        return ", ".join(sorted(str(_value(each)) for each in value)) or "nothing"
    if isinstance(value, int | float):
        return str(value)
    inner = getattr(value, "value", None)  # What an enum or an identifier stands for.
    return _value(inner) if isinstance(inner, str) else None


def _is_invisible(character: str) -> bool:
    name = unicodedata.name(character, "")
    return not character.isprintable() or "FILLER" in name or "VARIATION SELECTOR" in name


class _Collector:
    """Keeps what pytest collects."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = session.items


def collected() -> list[Section]:
    """Return the tree of tests/spec without running a test."""
    found = _Collector()
    options = ["-qq", "--collect-only", "-p", "no:randomly", str(SPEC)]
    with redirect_stdout(io.StringIO()) as said:
        status = pytest.main(options, plugins=[found])
    if status != pytest.ExitCode.OK:
        raise SystemExit(f"tests/spec could not be read:\n{said.getvalue()}")
    return tree(found.items)


HEAD = """# Rules

What Avouch promises about people. Each sentence below is a test in `tests/spec`, so each of them holds.
This page is made from the tests: `make rules`. A run of `make test T=tests/spec` prints the same with a tick.

- [What the rules say](#what-the-rules-say)
- [The identity scenarios](#the-identity-scenarios)

## What the rules say
"""


def page(sections: Iterable[Section]) -> str:
    """Write the tree down for people who do not read code."""
    lines = [HEAD]
    told = [*sections]
    for section in told:
        if not section.scenarios:
            lines += _told(section)
    lines.append("## The identity scenarios\n")
    lines.append("Each is tested with its records in every order (up to six) or in 200 shuffles (more).\n")
    for section in told:
        if section.scenarios:
            lines += _table(section)
    return "\n".join(lines)


def _told(section: Section) -> Iterator[str]:
    yield f"### {section.title}\n"
    for place, rule in enumerate(section.rules):
        if rule.says:
            yield f"**{_escaped(rule.says)}**\n"
        elif place:
            yield "**Beside that:**\n"
        for claim in rule.claims:
            yield f"- {_escaped(claim.sentence)}{_cases(claim)}"
        yield ""


def _cases(claim: Claim) -> str:
    """Write cases down: sentences below each other, values in a row."""
    if sum(map(len, claim.cases)) > _SENTENCES * len(claim.cases):
        return ":" + "".join(f"\n  - {_case_told(each)}" for each in claim.cases)
    shown = [_code(each) for each in claim.cases[:MOST_CASES]]
    more = len(claim.cases) - len(shown)
    rest = f" and {more} more" if more else ""
    return f": {', '.join(shown)}{rest}" if shown else ""


def _case_told(case: str) -> str:
    """Write a long case down: words as they are, several values as code."""
    parts = case.split(" / ")
    return " / ".join(map(_code, parts)) if len(parts) > 1 else _escaped(case)


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _table(section: Section) -> Iterator[str]:
    yield f"### {section.title.removeprefix('Scenarios: ').capitalize()}\n"
    yield "| # | scenario | tested by |"
    yield "|---|---|---|"
    rules = [rule for rule in section.rules if rule.scenarios]
    for rule in sorted(rules, key=lambda rule: rule.scenarios):
        numbers = ", ".join(map(str, rule.scenarios))
        says = _escaped(rule.says).replace("|", "\\|")
        yield f"| {numbers} | {says} | [{rule.name}](../../{section.module}) |"
    yield ""


def _escaped(text: str) -> str:
    """Keep stars and brackets of a text from becoming marks, outside what is code."""
    parts = text.split("`")
    return "`".join(
        part if place % 2 else re.sub(r"([*\[\]<>])", r"\\\1", part) for place, part in enumerate(parts)
    )


if __name__ == "__main__":
    written = page(collected())
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(written)
    else:
        PAGE.write_text(written, encoding="utf-8")
