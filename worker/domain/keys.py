"""What a canonical identifier is, and the texts that can never be one whatever their type."""

import re
import unicodedata
from typing import TypeAlias

from msgspec import Struct


class Key(Struct, frozen=True):
    """An identifier in canonical form: two records carry the same one exactly when these are equal."""

    namespace: str
    """Whose accounts, devices or handles these are; always empty for e-mail and phone."""
    value: str


class Unusable(Struct, frozen=True):
    """A value that is kept as it came and is no key."""

    reason: str
    """Completes "this value ..." for the person who reads the report. Never quotes the value."""


Canonical: TypeAlias = Key | Unusable

NO_VALUE = Unusable("stands for no value")
TOO_LONG = Unusable("is too long for an identifier")
LOOK_ALIKE = Unusable("has a character that only looks like a plain one")


def table(entries: str) -> frozenset[str]:
    """Read a table of short texts, written with white space between them; `_` is a space inside one."""
    return frozenset(entry.replace("_", " ") for entry in entries.split())


NULL_LIKE = table(
    """
    #n/a #name? #ref! #value! anonymous asdf blank deleted desconocido dummy empty error false guest
    inconnu indefinido k.a. kein keine keiner leer missing n.a. n.d. n.v.t. n/a n/d n\\a na nan nda
    neant nessuno nichts nil ninguna ninguno no-data no_data nobody none nope not-available
    not_available not-provided not_provided notset not_set nothing null nulo object_object onbekend
    pending placeholder qwerty s/d s/n sconosciuto sin_datos string tba tbc tbd tbs test test_test
    testing true undef undefined unassigned unbekannt unknown unset vacio void visitor xxx
    xxxx \\n
    """
)
"""What forms, exports and programs write where there is nothing."""

_WRAPPING = " \t'\"`\u00b4\u2018\u2019\u201c\u201d<>()[]{}"
_LONGEST_NULL_LIKE = 40
_NO_SUBSTANCE = re.compile(r"[\s0!-/:-@\[-`{-~]*")
"""ASCII punctuation, white space and zeros: `-`, `--`, `?`, `0`, and the identifier of zeros only that a
device reports when tracking is off."""

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
_INVISIBLE_LETTERS_AND_MARKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {
    chr(code) for code in (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}
"""Fillers, joiners and variation selectors: Unicode files them under letters and marks, yet nothing shows."""


def stands_for_nothing(text: str) -> bool:
    """Say whether `text` is what somebody writes when there is no value.

    >>> [stands_for_nothing(text) for text in ("n/a", "[object Object]", '"null"', "0", "", "u-17")]
    [True, True, True, True, True, False]
    """
    if len(text) > _LONGEST_NULL_LIKE:
        return False
    if _NO_SUBSTANCE.fullmatch(text):
        return True
    return " ".join(text.strip(_WRAPPING).casefold().replace("_", " ").split()) in NULL_LIKE


def control_character(text: str) -> str | None:
    """Name the first character in `text` that no identifier holds and no database stores."""
    return next((_named(c) for c in text if unicodedata.category(c) in {"Cc", "Cs"}), None)


def invisible_character(text: str) -> str | None:
    r"""Name the first character in `text` that a reader can't see; a plain space does not count.

    >>> invisible_character("an\u200ba@x.es")
    'ZERO WIDTH SPACE (U+200B)'
    """
    return next((_named(c) for c in text if _is_invisible(c)), None)


def imitates_plain_characters(text: str) -> bool:
    r"""Say whether normalising `text` would turn something else into ASCII, as NFC does to the Kelvin sign.

    Two texts that their systems tell apart would become one key, so such a text is refused.

    >>> imitates_plain_characters("\u212aim"), imitates_plain_characters("Kim")
    (True, False)
    """
    return not text.isascii() and any(
        not c.isascii() and unicodedata.normalize("NFC", c).isascii() for c in text
    )


def _is_invisible(character: str) -> bool:
    if character.isascii():
        return not character.isprintable()
    return (
        unicodedata.category(character) in _INVISIBLE_CATEGORIES or character in _INVISIBLE_LETTERS_AND_MARKS
    )


def _named(character: str) -> str:
    return f"{unicodedata.name(character, 'control character')} (U+{ord(character):04X})"
