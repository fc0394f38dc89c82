"""People's names: a form to compare them in, and whether two of them may be one person's.

A name is never a key. It corroborates (`agree`) or contradicts (not `compatible`) what identifiers say.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from worker.domain.name_words import CONJUNCTIONS, CREDENTIALS, NOBODY, PARTICLES, SUFFIXES, TITLES
from worker.domain.nicknames import may_be_one

_LONGEST = 200
"""In characters; what comes after is not compared. The longest real names are well below."""
_MOST_WORDS = 16
"""More words than this are compared as a whole: they are a text, not a name."""

_PLAIN_LETTERS = str.maketrans(
    {
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "ħ": "h",
        "ŧ": "t",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
    }
)
_NOT_IN_ASCII_WORDS = re.compile(r"[^a-z0-9_&,]+")
_UMLAUT_IN_TWO_LETTERS = re.compile(r"(?<=[aou])e")
_APOSTROPHES = re.compile("['`\u00b4\u2018\u2019\u2032\u02b9\u02bb\u02bc]")
_INSIDE_A_WORD = frozenset({"Mn", "Mc", "Me", "Cf"})
_MARKS_MAKE_LETTERS_FROM = "\u0400"
"""Marks fall away from Latin and Greek letters; in Cyrillic, Hindi or kana they make another letter."""
_LATIN = frozenset({"LATIN"})
_VARIATION_SELECTORS = frozenset(map(chr, range(0xFE00, 0xFE10)))
_HAN_AND_HANGUL = ((0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0x20000, 0x323AF))
_LEAST_FULL_NAME_IN_HAN_OR_HANGUL = 3


class Parts(NamedTuple):
    """A name as it is compared."""

    words: tuple[str, ...]
    suffixes: tuple[str, ...]


def canonical(name: str) -> str:
    """Return `name` in the form in which names are compared; empty when it names nobody.

    NFKC and case folding, the accents of Latin and Greek letters dropped, apostrophes closed up, other
    punctuation and symbols a space, titles and credentials dropped, "Family, Given" turned round,
    a suffix (jr, sr, ii) last.

    >>> canonical("Dr. Ruiz-Gómez,  ANA"), canonical("Sean O'Brien, Jr.")
    ('ana ruiz gomez', 'sean obrien jr')
    >>> canonical("Wireless Caller"), canonical("🔥")
    ('', '')
    """
    read = parts(name)
    return " ".join(read.words + read.suffixes)


def words(text: str) -> list[str]:
    """Return the words of a text that need not be a person's name, folded as those of names are.

    >>> words("Café Müller, S.L.")
    ['cafe', 'muller', 's', 'l']
    """
    return _folded(text[: 2 * _LONGEST]).replace(",", " ").split()


@lru_cache(maxsize=1 << 16)
def is_full(name: str) -> bool:
    """Say whether `name` holds a given and a family part: two words that are no initials.

    Two people ("Ana & Luis Ruiz"), a handle with digits or underscores and a surname with its particle
    are none. A single word in Chinese or Korean script is one from three characters on.

    >>> [is_full(name) for name in ("Ana Ruiz", "A. Ruiz", "Ana", "Sr. da Mota", "王小明")]
    [True, False, False, False, True]
    """
    read = parts(name).words
    if not all(_is_word(word) for word in read):
        return False
    counted = [word for at, word in enumerate(read, start=1) if at == len(read) or word not in PARTICLES]
    names = [word for word in counted if not is_initial(word)]
    return len(names) > 1 or (len(names) == 1 and _is_full_in_one_word(names[0]))


def agree(one: str, other: str) -> bool:
    """Say whether both are the same full name.

    >>> agree("Ruiz, Ana", "ana ruiz"), agree("Ana", "Ana"), agree("Ana Ruiz", "Ana Ruiz Jr")
    (True, False, False)
    """
    return canonical(one) == canonical(other) and is_full(one)


def compatible(one: str, other: str) -> bool:
    """Say whether nothing in the two names speaks against one person.

    Initials, nicknames, missing parts, a family name put first and spellings of umlauts are compatible,
    and so are names in two scripts, which can't be compared. Other first names, other middle initials
    and other suffixes are not, and neither is a suffix on one of two full names: father and son.
    A typing error is not understood: in a household, Ivan and Ivana are two people.

    >>> compatible("Bob Smith", "Smith, Robert"), compatible("J. Smith", "John Smith")
    (True, True)
    >>> compatible("Ana", "Ana Ruiz"), compatible("Ana Ruiz", "Luis Ruiz"), compatible("J. Smith", "S. Jones")
    (True, False, False)
    >>> compatible("Al Day", "Al Day Jr"), compatible("Al", "Al Day Jr")
    (False, True)
    """
    return one == other or _compatible(parts(one), parts(other))


@lru_cache(maxsize=1 << 16)
def _compatible(one: Parts, other: Parts) -> bool:
    if one == other or not one.words or not other.words:
        return True
    if one.suffixes != other.suffixes and ((one.suffixes and other.suffixes) or _both_long(one, other)):
        return False
    if max(len(one.words), len(other.words)) > _MOST_WORDS:
        return one.words == other.words
    if in_different_scripts(one.words, other.words):
        return True
    if sorted(one.words) == sorted(other.words) or _closed_up(one.words) == _closed_up(other.words):
        return True
    shorter, longer = sorted((one.words, other.words), key=len)
    return _in_order(shorter, longer) or _turned_round(shorter, longer)


def _both_long(one: Parts, other: Parts) -> bool:
    """Say whether both are more than a first name, which leaves out a suffix like any other part."""
    return len(one.words) > 1 and len(other.words) > 1


def _in_order(shorter: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    """Say whether every word of the shorter name has its counterpart in the longer one, in this order."""
    rest = iter(longer)
    return all(any(_may_be_one_word(word, counterpart) for counterpart in rest) for word in shorter)


def _turned_round(shorter: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    """Say whether the names match with the family name in front.

    At least one word must stand in both in full: by initials alone, J. Smith would be S. Jones.
    """
    if not any(_is_spelled(word, counterpart) for word in shorter for counterpart in longer):
        return False
    return any(_in_order(shorter[at:] + shorter[:at], longer) for at in range(1, len(shorter)))


def _may_be_one_word(one: str, other: str) -> bool:
    if is_initial(one) or is_initial(other):
        return one.startswith(other) or other.startswith(one)
    return _is_spelled(one, other)


@lru_cache(maxsize=1 << 16)
def _is_spelled(one: str, other: str) -> bool:
    if is_initial(one) or is_initial(other):
        return False
    return one == other or may_be_one(one, other) or _closed_up((one,)) == _closed_up((other,))


def _closed_up(words: tuple[str, ...]) -> str:
    """Return the words in one: Karl-Heinz is Karlheinz, and Mueller is Müller."""
    return _UMLAUT_IN_TWO_LETTERS.sub("", "".join(words))


def in_different_scripts(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Say whether two names have no script in common, so that nobody can compare them letter by letter."""
    return _scripts("".join(one)).isdisjoint(_scripts("".join(other)))


def _scripts(text: str) -> frozenset[str]:
    """Return the scripts of the letters; digits and signs are in every script, so they give the empty one."""
    if text.isascii():
        return _LATIN
    return frozenset(
        unicodedata.name(c, "").partition(" ")[0] if c.isalpha() else "" for c in text if c.isalnum()
    )


def _is_word(word: str) -> bool:
    return word not in CONJUNCTIONS and not any(c == "_" or (c.isnumeric() and not c.isalpha()) for c in word)


def is_initial(word: str) -> bool:
    """A single letter of a script that has capitals; in Chinese a single character is a name."""
    return len(word) == 1 and word.upper() != word.lower()


def _is_full_in_one_word(word: str) -> bool:
    return len(word) >= _LEAST_FULL_NAME_IN_HAN_OR_HANGUL and all(
        any(first <= ord(c) <= last for first, last in _HAN_AND_HANGUL) for c in word
    )


def parts(name: str) -> Parts:
    """Return the words of `name` in canonical form, and its suffixes apart.

    >>> parts("Dr. Ruiz-Gómez, ANA"), parts("Al Day, Jr.").suffixes
    (Parts(words=('ana', 'ruiz', 'gomez'), suffixes=()), ('jr',))
    """
    return _parts(name[: 2 * _LONGEST])


@lru_cache(maxsize=1 << 16)
def _parts(name: str) -> Parts:
    suffixes: set[str] = set()
    segments = [
        _without_endings(segment.split(), suffixes) for segment in _folded(name)[:_LONGEST].split(",")
    ]
    segments = [words for words in map(_without_titles, segments) if words]
    if len(segments) == 2:  # noqa: PLR2004 - "Family, Given"
        segments.reverse()
    words = [word for segment in segments for word in segment]
    if " ".join(words) in NOBODY:
        return Parts((), ())
    return Parts(tuple(words), tuple(sorted(suffixes)))


def _without_endings(words: list[str], suffixes: set[str]) -> list[str]:
    """Return the words before credentials and suffixes, and note the suffixes."""
    if "".join(words) in CREDENTIALS:  # "Ph.D." stands by itself between commas.
        return []
    last = len(words)
    while last and (words[last - 1] in CREDENTIALS or words[last - 1] in SUFFIXES):
        last -= 1
    suffixes.update(SUFFIXES[word] for word in words[last:] if word in SUFFIXES)
    return words[:last]


def _without_titles(words: list[str]) -> list[str]:
    first = next((at for at, word in enumerate(words) if word not in TITLES), len(words))
    return words[first:]


def _folded(name: str) -> str:
    """Return `name` as words of lower-case letters and digits, with a comma between its segments."""
    if name.isascii():
        return _NOT_IN_ASCII_WORDS.sub(" ", _APOSTROPHES.sub("", name).lower())
    text = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", name)).casefold()
    kept: list[str] = []
    base = ""
    for character in unicodedata.normalize("NFKD", text).translate(_PLAIN_LETTERS):
        piece = _piece(character, base)
        kept.append(piece)
        base = base if unicodedata.category(character) in _INSIDE_A_WORD else piece
    return _APOSTROPHES.sub("", unicodedata.normalize("NFC", "".join(kept)))


def _piece(character: str, base: str) -> str:
    """Return what stays of a character that follows the letter `base`: itself, nothing, or a space."""
    category = unicodedata.category(character)
    if category in _INSIDE_A_WORD:
        stays = (
            category != "Cf" and base >= _MARKS_MAKE_LETTERS_FROM and character not in _VARIATION_SELECTORS
        )
        return character if stays else ""
    return character if category[0] in "LN" or character in "_&," else " "
