"""What every engine is fed: the values of a row in the worker's canonical forms, placeholders left out.

The peers would read a written number as a text; with our forms they compare what we compare.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.dedupe.truth import Row
from worker.domain import blocklist, identifiers, names
from worker.domain.keys import Key, table
from worker.domain.name_words import SUFFIXES

CONTACT_FIELDS = ("id", "phone", "email", "given", "family", "full_name", "company")
_LEGAL_FORMS = table("ab ag bv co corp gmbh inc kg limited llc ltd nv plc pvt sa sarl sas sl spa srl")
_NOBODYS: frozenset[str] = frozenset()


def contact(row: Row) -> dict[str, str]:
    """Return `row` as a contact to compare; what has no canonical form is empty.

    >>> contact(Row("1", "s", "import", "GB", "Ruiz, Ana Jr", "020 7946 0958", "info@x.es", "Acme Ltd.", ""))
    {'id': '1', 'phone': '+442079460958', 'email': '', 'given': 'ana', 'family': 'ruiz', 'full_name': 'ana ruiz', \
'company': 'acme'}
    """
    words = [word for word in names.canonical(row.name).split() if word not in SUFFIXES]
    given, family = (words[0], words[-1]) if len(words) > 1 else ("".join(words), "")
    return {
        "id": row.id,
        "phone": _key("phone", row.phone, row.region),
        "email": _key("email", row.email, row.region),
        "given": given,
        "family": family,
        "full_name": f"{given} {family}" if family else "",
        "company": company(row.company),
    }


def company(written: str) -> str:
    """Return a company's name without its legal form."""
    plain = "".join(letter if letter.isalnum() else " " for letter in written.casefold().replace(".", ""))
    return " ".join(word for word in plain.split() if word not in _LEGAL_FORMS)


def write(path: Path, rows: Iterable[Mapping[str, str]], fields: Sequence[str]) -> None:
    """Write `rows` as CSV for an engine's process."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields)
        writer.writeheader()
        writer.writerows(rows)


def _key(type_: str, written: str, region: str) -> str:
    ways = [written, *_international(written, region)] if type_ == "phone" else [written]
    for way in filter(None, ways):
        form = identifiers.canonical(type_, "", way, region or None)
        if isinstance(form, Key):
            return "" if blocklist.why_common(type_, form.value, _NOBODYS, _NOBODYS) else form.value
    return ""


def _international(written: str, region: str) -> Iterator[str]:
    """Yield what a careful person would try where the worker refuses to guess.

    A comparison may guess where a key may not, and the peers shall not lose by our strictness: a messenger's
    id is the number without its plus, and 00 is dialled for it from most countries.
    """
    digits = "".join(filter(str.isdigit, written.removesuffix(".0")))
    if digits.startswith("00"):
        yield f"+{digits[2:]}"
    elif written.endswith(".0"):
        yield digits
    if not region:
        yield f"+{digits}"
