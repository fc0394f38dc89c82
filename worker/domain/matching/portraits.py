"""Portraits: of a contact, what is compared to find out who else it may be."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from msgspec import Struct

from worker.domain import names, phones
from worker.domain.contacts import Contact
from worker.domain.keys import Unusable, table
from worker.domain.name_words import PARTICLES
from worker.domain.records import Key, Record

MOST_VALUES = 20
"""Of each kind. A contact with more of them is a switchboard's line: the first twenty, in order, are compared."""

_LEGAL_FORMS = table(
    """
    & ab ag and aps as bv cie co company corp corporation et gmbh group inc incorporated kg limited llc llp ltd mbh nv
    ohg oy oyj plc sa sarl sas sl slu spa srl the ug und y
    """
)
"""Words that a company's name carries or leaves out."""
_SPREADSHEET_DECIMAL = re.compile(r"\.0\Z")
_REMARK = re.compile(r"\(?\b(?:cell|fax|home|mobile?|movil|tel|work)\b\.?:?\)?", re.IGNORECASE)
_NOT_A_DIGIT = re.compile(r"\D")


class Portrait(Struct, frozen=True, array_like=True, gc=False):
    """What of a contact is compared, each value in canonical form and each kind in order."""

    names: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to compare."""
        return not (self.names or self.phones or self.emails)


def portrait_of(contact: Contact, records: Iterable[Record], counts: Callable[[Key], bool]) -> Portrait:
    """Return the portrait of a contact.

    Args:
        contact: As the rules made it: its identifiers are those that count after trust.
        records: Its records, for their names, companies and numbers that are no identifiers.
        counts: Says whether an identifier may suggest somebody: a role address or a company's own number may not.
    """
    numbers: set[str] = set()
    addresses: set[str] = set()
    called: set[str] = set()
    companies: set[str] = set()
    for held in contact.identifiers:
        if held.type in {"phone", "email"} and counts((held.type, held.namespace, held.value)):
            (numbers if held.type == "phone" else addresses).add(held.value)
    for record in records:
        called.add(names.canonical(record.name))
        if isinstance(company := record.profile.get("company"), str):
            companies.add(company_name(company))
        for each in record.unusable:
            number = probable_number(each.value) if each.type == "phone" else None
            if number is not None and counts(("phone", "", number)):
                numbers.add(number)
    return Portrait(_first(called), _first(numbers), _first(addresses), _first(companies))


def _first(values: set[str]) -> tuple[str, ...]:
    return tuple(sorted(values - {""})[:MOST_VALUES])


@lru_cache(maxsize=1 << 14)
def company_name(text: str) -> str:
    """Return a company's name without the words for its legal form.

    >>> company_name("Young & Calloway Roofing, Inc."), company_name("RÖSSLER GmbH & Co. KG")
    ('young calloway roofing', 'rossler')
    """
    return " ".join(word for word in names.words(text) if word not in _LEGAL_FORMS)


def probable_number(text: str) -> str | None:
    """Return the number that `text` probably is, which no rule may take for certain; None where it is none.

    Such as a number in full that lost its plus, got a remark or a decimal from a spreadsheet.

    >>> probable_number("34 612 345 678"), probable_number("0034612345678"), probable_number("447911123456.0")
    ('+34612345678', '+34612345678', '+447911123456')
    >>> probable_number("+1 505 555 0142 (mobile)"), probable_number("612 345 678")
    ('+15055550142', None)
    """
    plain = _REMARK.sub("", _SPREADSHEET_DECIMAL.sub("", text.strip()))
    digits = _NOT_A_DIGIT.sub("", plain).removeprefix("00")
    number = phones.canonical(f"+{digits}", None) if digits else None
    return None if number is None or isinstance(number, Unusable) else number


@lru_cache(maxsize=1 << 16)
def ends(name: str) -> tuple[str, str] | None:
    """Return the first and the last word of a name with both, particles and initials aside.

    >>> ends("ana maria de la fuente"), ends("ana"), ends("j smith")
    (('ana', 'fuente'), None, None)
    """
    words = [word for word in names.parts(name).words if word not in PARTICLES and not names.is_initial(word)]
    return (words[0], words[-1]) if len(words) > 1 else None
