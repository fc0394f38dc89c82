"""What every engine is fed: the values of a row in the worker's canonical forms, placeholders left out.

The peers would read a written number as a text; with our forms they compare what we compare.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.dedupe.truth import Row
from worker.domain import blocklist, identifiers, names
from worker.domain.keys import Key
from worker.domain.matching.portraits import company_name, probable_number
from worker.domain.name_words import SUFFIXES

CONTACT_FIELDS = ("id", "phone", "email", "given", "family", "full_name", "company")
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
        "phone": value("phone", row.phone, row.region),
        "email": value("email", row.email, row.region),
        "given": given,
        "family": family,
        "full_name": f"{given} {family}" if family else "",
        "company": company_name(row.company),
    }


def write(path: Path, rows: Iterable[Mapping[str, str]], fields: Sequence[str]) -> None:
    """Write `rows` as CSV for an engine's process."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields)
        writer.writeheader()
        writer.writerows(rows)


def value(type_: str, written: str, region: str) -> str:
    """Return the number or the address that `written` is, or probably is; empty for none, and for nobody's.

    A comparison may guess where a key may not: a messenger's id is the number without its plus.
    """
    form = identifiers.canonical(type_, "", written, region or None) if written else None
    found = form.value if isinstance(form, Key) else None
    if found is None and written and type_ == "phone":
        found = probable_number(written)
    return "" if found is None or blocklist.why_common(type_, found, _NOBODYS, _NOBODYS) else found
