"""What a cell says, once the spreadsheet's own marks are off it."""

import re
from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

from integrations.contract import Identifier, Note

_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_TEXT_MARK = re.compile(r"'(?=[+\-=@0-9])")
_NO_NAMES = frozenset(
    (
        "-", "--", "---", ".", "?", "\\N", "n/a", "N/A", "#N/A", "#n/a", "NULL", "null", "<null>", "(null)",
        "None", "none", "NONE", "(none)", "NaN", "nan", "nil", "undefined", "Unknown", "unknown", "UNKNOWN",
        "(unknown)", "[object Object]",
    )
)  # fmt: skip
"""What programs write where there is no name. Null, Nan and Na, written as names are, are people's names."""
_BETWEEN = {"email": re.compile(r":::|[;,\n]"), "phone": re.compile(r":::|\n")}
"""What stands between several values of one cell: Google's mark, and what no e-mail address contains. A
number may contain a comma (a pause) and a semicolon (before its extension)."""


def cleaned(cell: str) -> str:
    """Return a cell without spaces round it, and without what spreadsheets do to keep text from changing.

    >>> cleaned('="0034612"'), cleaned("'+34612"), cleaned(" 6.50253E+09 "), cleaned("'t Hart")
    ('0034612', '+34612', '6.50253E+09', "'t Hart")
    """
    cell = cell.strip()
    if cell.startswith("="):
        cell = _FORMULA.sub(r"\1", cell).strip()
    elif cell.startswith("'"):
        cell = _TEXT_MARK.sub("", cell, count=1)
    return cell


def values_of(kind: str, cell: str) -> list[str]:
    """Return the values in the cell of an identifier, as they stand: a wrong one gets its reason later.

    >>> values_of("email", "ana@example.com ::: ana@example.org")
    ['ana@example.com', 'ana@example.org']
    """
    between = _BETWEEN.get(kind)
    if between is None or not between.search(cell):
        return [cell]
    return [part for part in map(str.strip, between.split(cell)) if part]


def name_in(text: str) -> str:
    """Return the name that a cell holds, or nothing where it says that there is none.

    >>> name_in("Null"), name_in("NULL"), name_in("n/a")
    ('Null', '', '')
    """
    return "" if text in _NO_NAMES else text


def stable_id(prefix: str, name: str, identifiers: Iterable[Identifier]) -> str | None:
    """Return an id for an entry that has none: what stands for its name and its identifiers.

    The same entry has the same id in the next file. The price: an edited entry is another record, and two
    people with one name and nothing else are one. None where there is nothing to go by.
    """
    told = sorted({f"{each.type}:{each.namespace}:{_bare(each)}" for each in identifiers})
    if not name and not told:
        return None
    text = "\n".join([" ".join(name.casefold().split()), *told])
    return f"{prefix}-{blake2b(text.encode(), digest_size=16).hexdigest()}"


def is_identifier(name: str, identifiers: Iterable[Identifier]) -> bool:
    """Tell whether the name is but an address or a number: programs fill empty names with them."""
    return any(_bare_text(each.type, name) == _bare(each) for each in identifiers)


def _bare(identifier: Identifier) -> str:
    return _bare_text(identifier.type, identifier.value)


def _bare_text(kind: str, text: str) -> str:
    if kind == "phone":
        return "".join(sign for sign in text.casefold() if sign.isalnum() or sign == "+")
    return text.casefold() if kind == "email" else text


def note_of(body: str, at: datetime) -> Note:
    """Return a note with an id of its text: the same text is the same note; an edited one is kept beside."""
    return Note(id=f"note-{blake2b(body.encode(), digest_size=12).hexdigest()}", at=at, body=body)
