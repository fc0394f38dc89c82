"""Comparisons: how alike two portraits are in name, phone, e-mail address and company, each as one level.

A level is a word of the tables below. What it weighs is said by the model, not here. The levels of names come in
three kinds, since households and offices share numbers, mailboxes and surnames: a missing or another first name
says something else of two who have a phone in common, of two who have an e-mail address in common, and of others.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from phonenumbers import PhoneNumberType
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from worker.domain import emails, names, phones
from worker.domain.matching.blocking import letters_of
from worker.domain.matching.portraits import Portrait, ends
from worker.domain.name_words import PARTICLES
from worker.domain.nicknames import may_be_one

NAME_LEVELS = (
    "equal", "variant", "typo", "spelt", "spelt_initial", "part", "surname", "part_typo", "missing", "given", "family",
    "different", "suffix",
)  # fmt: skip
BY_PHONE = " by phone"
"""Ends the level of names where a phone is in common, and no e-mail address."""
BY_EMAIL = " by email"
"""Ends the level of names where an e-mail address is in common."""
PHONE_LEVELS = (
    "mobile", "any", "fixed", "shared_mobile", "shared_any", "shared_fixed", "crowd", "missing", "typo", "different",
    "extension",
)  # fmt: skip
EMAIL_LEVELS = ("equal", "shared", "crowd", "variant", "typo", "local", "missing", "different")
COMPANY_LEVELS = ("equal", "close", "missing", "different")

MISSING = "missing"
"""How levels begin where one of two has no value to compare."""
CROWD = "crowd"
"""The level of a phone or an e-mail address that more contacts have than anybody looks at."""

LEVELS = {
    "name": tuple(level + ending for ending in ("", BY_PHONE, BY_EMAIL) for level in NAME_LEVELS),
    "phone": PHONE_LEVELS,
    "email": EMAIL_LEVELS,
    "company": COMPANY_LEVELS,
}
"""What each comparison may find; of several values, the first level in the list counts."""

_SAME_PHONE = frozenset({"mobile", "any", "fixed", "shared_mobile", "shared_any", "shared_fixed"})
_SAME_EMAIL = frozenset({"equal", "shared", "variant"})
"""A crowd's value is none that two have in common: names in a switchboard say what they say anywhere."""
_KINDS = {PhoneNumberType.MOBILE: "mobile", PhoneNumberType.FIXED_LINE_OR_MOBILE: "any"}
"""Of a number; others stand in a house. In North America nobody can tell."""
_LEAST_WORD_WITH_A_TYPO = 4
_LEAST_WORD_WITH_TWO = 7
_LEAST_ADDRESS_WITH_A_TYPO = 6
_LEAST_LOCAL_PART = 5
_CLOSE_COMPANIES = 0.92
_SEPARATE = re.compile(r"[^a-z]+")


class Level(NamedTuple):
    """What one comparison found, and by which values."""

    name: str
    one: str = ""
    other: str = ""


_NOTHING = Level("missing")
"""Where one of two has no value of a kind."""


class Known(NamedTuple):
    """What is known of values beyond the two contacts: who else holds them."""

    shared: Collection[str] = ()
    """Phones and e-mail addresses that contacts hold under names that are not one person's."""
    crowded: Collection[str] = ()
    """Those that more contacts hold than anybody looks at."""


class Compared(NamedTuple):
    """The levels of two contacts."""

    name: Level
    phone: Level
    email: Level
    company: Level

    @property
    def pattern(self) -> tuple[str, str, str, str]:
        """The levels without the values."""
        return self.name.name, self.phone.name, self.email.name, self.company.name


def given(level: str) -> str:
    """Return what the level of a name is conditional on: what the two have in common; empty for nothing.

    >>> given("part by phone"), given("equal")
    (' by phone', '')
    """
    return next((ending for ending in (BY_PHONE, BY_EMAIL) if level.endswith(ending)), "")


def compare(one: Portrait, other: Portrait, known: Known) -> Compared:
    """Compare two portraits."""
    phone = _best(PHONE_LEVELS, [phone_level(a, b, known) for a in one.phones for b in other.phones])
    email = _best(EMAIL_LEVELS, [email_level(a, b, known) for a in one.emails for b in other.emails])
    common = BY_EMAIL if email.name in _SAME_EMAIL else BY_PHONE if phone.name in _SAME_PHONE else ""
    name = _name(one, other)
    return Compared(
        Level(name.name + common, name.one, name.other) if common else name,
        phone,
        email,
        _best(COMPANY_LEVELS, [_company_level(a, b) for a in one.companies for b in other.companies]),
    )


def _best(levels: tuple[str, ...], found: Sequence[Level]) -> Level:
    """Return the level that stands first; where nothing was compared, a value is missing.

    Of values on one level the first count, whichever of the two contacts has them.
    """
    if len(found) < 2:  # noqa: PLR2004 - as nearly always: most contacts have one value of a kind
        return found[0] if found else _NOTHING
    return min(found, key=lambda each: (levels.index(each.name), sorted((each.one, each.other))))


def _name(one: Portrait, other: Portrait) -> Level:
    best = _best(NAME_LEVELS, [Level(name_level(a, b), a, b) for a in one.names for b in other.names])
    if best.name in {"part", "surname", "part_typo", "missing"}:
        spelt = _best(NAME_LEVELS, [*_spelt(one, other), *_spelt(other, one), *_both_spelt(one, other)])
        return best if spelt.name == "missing" else spelt
    return best


@lru_cache(maxsize=1 << 16)
def name_level(one: str, other: str) -> str:
    """Compare two names in canonical form.

    >>> [name_level("robert smith", each) for each in ("robert smith", "bob smith", "robert smiht", "rita smith")]
    ['equal', 'variant', 'typo', 'family']
    >>> [name_level("robert smith", each) for each in ("bob", "smith", "robet", "rita", "robert jones", "bob smith jr")]
    ['part', 'surname', 'part_typo', 'different', 'given', 'suffix']
    """
    here, there = names.parts(one), names.parts(other)
    both_full = names.is_full(one) and names.is_full(other)
    if here.suffixes != there.suffixes and (both_full or (here.suffixes and there.suffixes)):
        return "suffix"
    if both_full:
        return _full_name_level(one, other, here.words, there.words)
    if names.compatible(one, other):
        return "surname" if _is_surname(here.words, there.words) else "part"
    return "part_typo" if any(_is_near(a, b) for a in here.words for b in there.words) else "different"


def _is_surname(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Say whether a single word is the last one of the other name: the whole family answers to it."""
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) == 1 < len(longer) and shorter[0] == longer[-1] != longer[0]


def _full_name_level(one: str, other: str, words: tuple[str, ...], other_words: tuple[str, ...]) -> str:
    if words == other_words:
        return "equal"
    if names.in_different_scripts(words, other_words):
        return "missing"
    if names.compatible(one, other):
        return "variant"
    if _differ_by_typos(words, other_words):
        return "typo"
    common = {*words} & {*other_words} - PARTICLES
    if not common:
        return "different"
    return "family" if {words[-1], other_words[-1]} & common else "given"


def _differ_by_typos(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter, longer = sorted((one, other), key=len)
    for turned in (shorter, shorter[::-1]):
        rest = iter(longer)
        if all(any(_is_near(word, each) or may_be_one(word, each) for each in rest) for word in turned):
            return True
    return False


@lru_cache(maxsize=1 << 16)
def _is_near(one: str, other: str) -> bool:
    """Say whether two words differ by a slip of the fingers: one, in long words two."""
    shortest = min(len(one), len(other))
    if one == other or shortest < _LEAST_WORD_WITH_A_TYPO:
        return one == other
    most = 2 if shortest >= _LEAST_WORD_WITH_TWO else 1
    return DamerauLevenshtein.distance(one, other, score_cutoff=most) <= most


def _spelt(named: Portrait, writer: Portrait) -> Iterable[Level]:
    """Compare the full names of one with the addresses of the other, who gives no full name."""
    if not writer.emails or any(map(names.is_full, writer.names)):
        return
    for name in named.names:
        both = ends(name)
        for address in writer.emails:
            level = spells(address, *both) if both else ""
            if level:
                yield Level(level, name, address)


def _both_spelt(one: Portrait, other: Portrait) -> Iterable[Level]:
    """Compare the addresses of two who give no full names: one name at two mailboxes."""
    if not (one.emails and other.emails) or any(map(names.is_full, (*one.names, *other.names))):
        return
    for a in one.emails:
        for b in other.emails:
            spelt = letters_of(a)
            long_enough = len(spelt) >= _LEAST_LOCAL_PART and (_has_several_words(a) or _has_several_words(b))
            if long_enough and spelt == letters_of(b) and mailbox(a) != mailbox(b):
                yield Level("spelt", a, b)


def _has_several_words(address: str) -> bool:
    return len([*filter(None, _SEPARATE.split(address.partition("@")[0]))]) > 1


def spells(address: str, first: str, last: str) -> str:
    """Say how an address spells a name before the @: `spelt`, `spelt_initial`, or not at all.

    >>> spells("ruiz.ana77@x.es", "ana", "ruiz"), spells("aruiz@x.es", "ana", "ruiz"), spells("a@x.es", "ana", "ruiz")
    ('spelt', 'spelt_initial', '')
    """
    letters = letters_of(address)
    if len(letters) < _LEAST_LOCAL_PART:
        return ""
    if letters in {first + last, last + first}:
        return "spelt"
    return "spelt_initial" if letters in {first[0] + last, last + first[0]} else ""


def phone_level(one: str, other: str, known: Known) -> Level:
    """Compare two numbers in E.164, with or without extension."""
    number, other_number = one.partition(";")[0], other.partition(";")[0]
    level = "different"
    if one == other:
        kind = _KINDS.get(phones.kind(one), "fixed")
        level = "crowd" if one in known.crowded else f"shared_{kind}" if one in known.shared else kind
    elif number == other_number:
        level = "extension"
    elif other_number.startswith(phones.SPELT_TWO_WAYS) and number in phones.variants(other_number):
        level = "any"
    elif DamerauLevenshtein.distance(number, other_number, score_cutoff=1) <= 1:
        level = "typo"
    return Level(level, one, other)


def email_level(one: str, other: str, known: Known) -> Level:
    """Compare two addresses in canonical form."""
    level = "different"
    if one == other:
        level = "crowd" if one in known.crowded else "shared" if one in known.shared else "equal"
    elif mailbox(one) == mailbox(other):
        level = "variant"
    else:
        local, other_local = one.rpartition("@")[0], other.rpartition("@")[0]
        if local == other_local and len(local) >= _LEAST_LOCAL_PART:
            level = "local"
        elif len(local) >= _LEAST_ADDRESS_WITH_A_TYPO and _differs_by_two(one, other):
            level = "typo"
    return Level(level, one, other)


@lru_cache(maxsize=1 << 16)
def mailbox(address: str) -> str:
    """Return the address without what its provider ignores."""
    return (*emails.variants(address), address)[0]


def _differs_by_two(one: str, other: str) -> bool:
    return DamerauLevenshtein.distance(one, other, score_cutoff=2) <= 2  # noqa: PLR2004 - as its name says


@lru_cache(maxsize=1 << 16)
def _company_level(one: str, other: str) -> Level:
    if one == other:
        return Level("equal", one, other)
    close = JaroWinkler.similarity(one, other) >= _CLOSE_COMPANIES
    return Level("close" if close else "different", one, other)
