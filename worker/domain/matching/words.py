"""Reasons in words: what each comparison of two contacts found, as one would say it to a colleague."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from rapidfuzz.distance import DamerauLevenshtein

from worker.domain import names
from worker.domain.matching.comparisons import BY_EMAIL, BY_PHONE, given
from worker.domain.matching.scoring import Part
from worker.domain.nicknames import formal, may_be_one

LEAST = 0.5
"""Bits below which a part says next to nothing: it is in the picture, and in no summary."""
MOST = 3
"""Reasons on each side that a summary names."""

Written = Callable[[str], str]
"""Writes a canonical number for people."""

_ROMAN = frozenset({"ii", "iii", "iv"})
_AT = {"": "", BY_PHONE: ", at one phone", BY_EMAIL: ", at one mailbox"}

WORDS: Mapping[str, Mapping[str, str]] = {
    "name": {
        "equal": "same name{at}: {one}",
        "variant": "{variant}{at}",
        "typo": "the names differ by {slip}{at}",
        "spelt": "the address spells the name{at}: {one}, {other}",
        "spelt_initial": "the address may spell the name{at}: {one}, {other}",
        "part": "what is known of the names agrees{at}: {one}, {other}",
        "surname": "only a surname is known of one{at}: {one}, {other}",
        "part_typo": "what is known of the names differs by {slip}{at}",
        "missing": "no name is known of one{at}",
        "scripts": "names in two scripts can't be compared{at}: {one}, {other}",
        "given": "same first name, other surname{at}: {one}, {other}",
        "family": "same surname, other first name{at}, as in a household: {one}, {other}",
        "different": "other names{at}: {one}, {other}",
        "suffix": "{suffix}{at}: {one}, {other}",
    },
    "rarity": {
        "rare": "few have this name",
        "usual": "as many have this name as most names",
        "frequent": "many have this name",
    },
    "phone": {
        "mobile": "same mobile number {one}",
        "any": "same phone {one}",
        "spelling": "same phone written differently: {one}, {other}",
        "fixed": "same landline {one}",
        "shared_mobile": "same mobile number {one}, {shared}",
        "shared_any": "same phone {one}, {shared}",
        "shared_fixed": "same landline {one}, {shared}",
        "crowd": "the number {one} is one that {crowd} hold",
        "missing": "no phone is known of one",
        "typo": "the numbers differ by one digit: {one}, {other}",
        "different": "other phones",
        "extension": "one switchboard, other extensions: {one}, {other}",
    },
    "email": {
        "equal": "same e-mail address {one}",
        "shared": "same e-mail address {one}, {shared}",
        "crowd": "the e-mail address {one} is one that {crowd} hold",
        "variant": "same mailbox written differently: {one}, {other}",
        "typo": "e-mail addresses differ by {slip}",
        "local": "e-mail addresses are the same before the @: {one}, {other}",
        "missing": "no e-mail address is known of one",
        "different": "other e-mail addresses",
    },
    "company": {
        "equal": "same company: {one}",
        "close": "companies are written nearly the same: {one}, {other}",
        "missing": "no company is known of one",
        "different": "other companies: {one}, {other}",
    },
}
"""What each level says. A name's level is said of a phone or a mailbox in common by `{at}`."""


def in_words(part: Part, written: Written = str, held: Mapping[str, int] | None = None) -> str:
    """Say what a comparison found.

    Args:
        part: Of a score.
        written: Writes a number, such as in groups of digits.
        held: How many contacts hold a value, where that is known.

    >>> in_words(Part("name", "variant by phone", 4.1, "bob smith", "robert smith"))
    'Bob is short for Robert, at one phone'
    >>> in_words(Part("name", "typo", 3.2, "ana smiht", "ana smith"))
    'the names differ by one letter (Smiht, Smith)'
    >>> in_words(Part("phone", "crowd", -2.9, "+12025550123", "+12025550123"), held={"+12025550123": 40})
    'the number +12025550123 is one that 40 contacts hold'
    """
    text = WORDS[part.comparison][entry(part)]
    holders = (held or {}).get(part.one, 0)
    shown = [shown_value(part.comparison, each, written) for each in (part.one, part.other)]
    return text.format(
        one=shown[0],
        other=shown[1],
        at=_AT[given(part.level)],
        variant=_variant(part) if "{variant}" in text else "",
        slip=_slip(part) if "{slip}" in text else "",
        suffix=_suffix(part) if "{suffix}" in text else "",
        shared=_shared(holders),
        crowd=f"{holders} contacts" if holders else "a crowd of contacts",
    )


def _shared(holders: int) -> str:
    """Say that others hold a value too, or that just the two do under names that are not one person's."""
    if holders == 2:  # noqa: PLR2004 - the two
        return "under two names"
    return f"shared by {holders} contacts" if holders else "shared by several people"


def entry(part: Part) -> str:
    """Return which entry of `WORDS` a part is said by."""
    if part.comparison == "rarity":
        return "rare" if part.weight >= LEAST else "frequent" if part.weight <= -LEAST else "usual"
    if part.comparison == "phone" and part.level == "any" and part.one != part.other:
        return "spelling"
    level = part.level.removesuffix(given(part.level))
    return "scripts" if (part.comparison, level) == ("name", "missing") and part.one else level


class Strongest(NamedTuple):
    """The parts of a score that say most, strongest first."""

    for_: tuple[Part, ...]
    against: tuple[Part, ...]


def strongest(parts: Iterable[Part]) -> Strongest:
    """Return what to name in a summary: the most telling parts for one person, and those against.

    What is missing is in the picture alone: it weighs something, and tells nobody anything.
    """
    telling = [each for each in parts if abs(each.weight) >= LEAST and not each.level.startswith("missing")]
    telling.sort(key=lambda each: -abs(each.weight))
    for_ = [each for each in telling if each.weight > 0]
    against = [each for each in telling if each.weight < 0]
    return Strongest(tuple(for_[:MOST]), tuple(against[:MOST]))


def sentence(parts: Iterable[Part], said: Callable[[Part], str] = in_words) -> str:
    """Sum a score up; empty where nothing tells.

    >>> sentence([Part("company", "different", -1.9, "acme", "northwind"), Part("rarity", "equal", 2.0)])
    'For: few have this name. Against: other companies: Acme, Northwind.'
    """
    found = strongest(parts)
    sides = (("For", found.for_), ("Against", found.against))
    return " ".join(f"{side}: {'; '.join(map(said, named))}." for side, named in sides if named)


def probability(value: float) -> str:
    """Write a probability; never certain, since a person decides.

    >>> [probability(each) for each in (0.5, 0.97, 0.9951, 0.99996, 0.004, 1.0)]
    ['50 %', '97 %', '99.5 %', '>99.9 %', '<1 %', '>99.9 %']
    """
    if value >= 0.9995:  # noqa: PLR2004 - it would round to 100 %
        return ">99.9 %"
    if value < 0.01:  # noqa: PLR2004 - it would round to 0 %
        return "<1 %"
    return f"{value * 100:.1f} %" if value >= 0.985 else f"{value * 100:.0f} %"  # noqa: PLR2004 - as above


def shown_value(comparison: str, value: str, written: Written = str) -> str:
    """Write one of the values that were compared for people.

    >>> shown_value("name", "ana ruiz jr"), shown_value("name", "ana.ruiz@x.es"), shown_value("email", "a@x.es")
    ('Ana Ruiz Jr', 'ana.ruiz@x.es', 'a@x.es')
    """
    if comparison == "phone":
        return written(value)
    if comparison == "email" or "@" in value:
        return value
    return " ".join(word.upper() if word in _ROMAN else word.capitalize() for word in value.split())


def _variant(part: Part) -> str:
    """Say in what way two names are variants of one."""
    one, other = (names.parts(each).words for each in (part.one, part.other))
    rest, other_rest = _rest(one, other), _rest(other, one)
    for a in rest:
        for b in other_rest:
            if names.is_initial(a) != names.is_initial(b) and a[0] == b[0]:
                initial, word = sorted((a, b), key=len)
                return f"{initial.upper()}. may stand for {word.capitalize()}"
            if may_be_one(a, b):
                short, long = (a, b) if a not in formal(b) else (b, a)
                return f"{short.capitalize()} is short for {long.capitalize()}"
    shown = [shown_value("name", each) for each in (part.one, part.other)]
    if not rest and not other_rest:
        return f"same name in another order: {shown[0]}, {shown[1]}"
    return f"one name written in two ways: {shown[0]}, {shown[1]}"


def _slip(part: Part) -> str:
    """Say by how many letters two values differ, and show where."""
    if part.comparison != "name":
        letters, told = DamerauLevenshtein.distance(part.one, part.other), [part.one, part.other]
    else:
        letters, told = _slip_of_names(*(names.parts(each).words for each in (part.one, part.other)))
    several = {0: "the order of the words", 1: "one letter", 2: "two letters"}.get(letters, "some letters")
    return f"{several} ({told[0]}, {told[1]})"


def _slip_of_names(one: Sequence[str], other: Sequence[str]) -> tuple[int, list[str]]:
    """Return how many letters are wrong, and the words that they are in; of no words, the names."""
    letters = 0
    wrong: list[tuple[str, str]] = []
    rest, other_rest = _rest(one, other), _rest(other, one)
    turned = len(rest) > len(other_rest)
    for word in other_rest if turned else rest:
        nearest = min(
            rest if turned else other_rest, key=lambda each: DamerauLevenshtein.distance(word, each)
        )
        if not may_be_one(word, nearest):
            letters += DamerauLevenshtein.distance(word, nearest)
            wrong.append((nearest, word) if turned else (word, nearest))
    sides = zip(*wrong, strict=True) if wrong else (one, other)
    return letters, [shown_value("name", " ".join(each)) for each in sides]


def _suffix(part: Part) -> str:
    """Say which suffixes tell two names apart."""
    one, other = (names.parts(each).suffixes for each in (part.one, part.other))
    told = [shown_value("name", " ".join(each)) for each in (one, other) if each]
    if len(told) > 1:
        return f"{told[0]} and {told[1]} tell them apart"
    return f"one is {told[0]}, the other is not"


def _rest(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """Return the words of one that are not in the other, in their order."""
    left = Counter(other)
    rest = []
    for word in one:
        if left[word]:
            left[word] -= 1
        else:
            rest.append(word)
    return rest
