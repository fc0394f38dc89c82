"""Phone numbers as keys: E.164, with an extension as `;ext=`.

A number is used only when every digit given has its place in a valid number. Whatever needs a guess
(a missing country, letters for digits, digits a spreadsheet dropped) is refused with its reason.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumber, PhoneNumberType

from worker.domain.keys import NO_VALUE, Unusable, stands_for_nothing, table

WITHHELD = Unusable("withheld")
SCIENTIFIC = Unusable("a spreadsheet wrote this number in scientific notation; the digits are lost")
DECIMAL = Unusable(
    "a spreadsheet wrote this number as a decimal; format the column as text and export it again"
)
NOT_DIGITS = Unusable("has characters that are no part of a phone number")
NO_COUNTRY = Unusable('has no country code and its source has no region; set region = ".." for the source')
UNKNOWN_REGION = Unusable('its source has a region that is no country; set region to a code such as "GB"')
SHORT_CODE = Unusable("is a short code, not a phone number")
INVALID = Unusable("is not a valid phone number")
LEFT_OVER = Unusable("has digits that belong to no part of a phone number")

E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_LONGEST_SHORT_CODE = 6
_COUNTRY_CODES = frozenset(map(str, COUNTRY_CODE_TO_REGION_CODE))

WITHHELD_WORDS = table(
    """
    anonym anonyme anonymous anonymous@anonymous.invalid anonimo anónimo blocked blocked_number
    caller_id_blocked caller_id_unavailable caller_id_withheld desconocido hidden hidden_number
    id_unavailable id_withheld inconnu masqué no_caller_id no_number not_available number_blocked
    number_unavailable number_withheld numéro_masqué numéro_privé nummer_unterdrückt número_oculto
    número_privado oculto out_of_area private private_caller private_number privado privat privé
    restricted sconosciuto unavailable unbekannt unknown unknown_caller unknown_number unterdrückt
    withheld withheld_number
    """
)
"""What switches and carriers send instead of a number."""

_KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
WITHHELD_NUMBERS = frozenset(
    "+" + word.translate(_KEYPAD) for word in ("anonymous", "blocked", "restricted", "unavailable", "unknown")
)
"""The same words typed on a keypad, as some carriers send them: +266696687 spells "anonymous"."""

_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?E[+-]?[0-9]+", re.IGNORECASE)
_DECIMAL = re.compile(r"\+?[0-9]{5,}[.,]0+")
_WRITTEN = re.compile(
    r"""(?:tel:)?[ ]*\(?(?P<plus>\+?)
    (?P<number>[0-9 ().\[\]/-]*[0-9][ )\]]*)
    (?:(?:;ext=|,?[ ]*(?:extension|extn|ext|x|\#|доб)[.:]?[ ]*)(?P<extension>[0-9]{1,15})\#?)?""",
    re.IGNORECASE | re.VERBOSE,
)
_PLAIN_FORMS = {"Cf": "", "Zs": " ", "Pd": "-"}
"""Spaces and dashes of any width; address books wrap numbers in marks of direction that nobody sees."""
_PUNCTUATION = frozenset({"Ps", "Pe", "Po", "Sm"})
_SPACES = re.compile(" +")
_NOT_A_DIGIT = re.compile(r"[^0-9]")
_AREA_CODE_AT_MOST, _SUBSCRIBER_AT_LEAST = 8, 5

_SPELLINGS = (
    # Brazil put a 9 before mobile numbers, and Mexico dropped a 1 there.
    (re.compile(r"\+55([1-9]{2})9([6-9][0-9]{7})"), r"+55\1\2"),
    (re.compile(r"\+55([1-9]{2})([6-9][0-9]{7})"), r"+55\g<1>9\2"),
    (re.compile(r"\+521([2-9][0-9]{9})"), r"+52\1"),
    (re.compile(r"\+52([2-9][0-9]{9})"), r"+521\1"),
    # Argentina's 9 marks a mobile number called from abroad.
    (re.compile(r"\+549([1-8][0-9]{9})"), r"+54\1"),
    (re.compile(r"\+54([1-8][0-9]{9})"), r"+549\1"),
    # Benin put 01 before every number.
    (re.compile(r"\+22901([2-9][0-9]{7})"), r"+229\1"),
    (re.compile(r"\+229([2-9][0-9]{7})"), r"+22901\1"),
)
"""Two ways to write what is often one line. Each row leads from one to the other."""
SPELT_TWO_WAYS = ("+55", "+52", "+54", "+229")
"""The country codes of these rows: a number of any other has no variant, and need not be read to know so."""


class _Written(NamedTuple):
    digits: str
    """All digits given, after a plus where there was one."""
    extension: str


def canonical(value: str, region: str | None) -> str | Unusable:
    """Return the key of the number `value`, or why it has none.

    `region` is the source's setting (ISO 3166, "ES"); only a number without a country code needs it.

    >>> canonical("020 7946 0958", "GB"), canonical("2079460958", "US")
    ('+442079460958', '+12079460958')
    >>> canonical("+1 202-555-0123 ext. 12", None), canonical("+39 06 1234 5678", None)
    ('+12025550123;ext=12', '+390612345678')
    >>> canonical("+1650253000O", None).reason, canonical("6.50253E+09", "US").reason[:37]
    ('has characters that are no part of a phone number', 'a spreadsheet wrote this number in sc')
    """
    if E164.fullmatch(value) and _is_valid(value):
        return value
    written = _read(value)
    if isinstance(written, Unusable):
        return written
    number = _international(written.digits) if written.digits[0] == "+" else _national(written.digits, region)
    if isinstance(number, Unusable) or not written.extension:
        return number
    return f"{number};ext={written.extension}"


def variants(value: str, region: str | None = None) -> tuple[str, ...]:
    """Return the other ways to write the line `value`: suggestions, never equality.

    Made before the check for validity, since the old way to write a number is often no longer valid:
    `value` may be a key or a number as it was given. Two numbers may be one line when
    `{value, *variants(value)}` of both have a key in common.

    >>> variants("+55 11 8765-4321"), variants("+5511987654321"), variants("+34612345678")
    (('+5511987654321',), ('+551187654321',), ())
    """
    written = _read(value)
    if isinstance(written, Unusable):
        return ()
    number = written.digits if written.digits[0] == "+" else _parsed(written.digits, region)
    extension = written.extension and f";ext={written.extension}"
    rewritten = (rule.sub(other, number) for rule, other in _SPELLINGS if number and rule.fullmatch(number))
    return tuple(spelling + extension for spelling in rewritten)


def old_spelling(value: str, region: str | None = None) -> str | None:
    """Return a number that is not valid any more in the form of a key, where its new spelling is valid.

    It is no key, and may only suggest who has the new one.

    >>> old_spelling("+55 11 8765-4321"), old_spelling("+5511987654321"), old_spelling("12")
    ('+551187654321', None, None)
    """
    written = _read(value)
    if isinstance(written, Unusable):
        return None
    number = written.digits if written.digits[0] == "+" else _parsed(written.digits, region)
    if not number or written.extension or _is_valid(number):
        return None
    return number if any(map(_is_valid, variants(number))) else None


@lru_cache(maxsize=1 << 15)
def kind(value: str) -> int:
    """Return the `PhoneNumberType` of a number in E.164, with or without extension; UNKNOWN is not valid.

    A type is known exactly when `is_valid_number` holds (a property test). The digits stand as written,
    so `phonenumbers.parse` would find out nothing more, and nearly double the price.
    """
    code, national = _split(value) if E164.fullmatch(value.partition(";")[0]) else ("", "")
    if not code or not national:
        return PhoneNumberType.UNKNOWN
    zeros = min(len(national) - len(national.lstrip("0")), len(national) - 1)
    return phonenumbers.number_type(
        PhoneNumber(
            country_code=int(code),
            national_number=int(national),
            italian_leading_zero=zeros > 0 or None,
            number_of_leading_zeros=zeros if zeros > 1 else None,
        )
    )


def national(value: str) -> str:
    """Return the digits after the country code of a number in E.164, without the extension.

    >>> national("+12025550123;ext=12")
    '2025550123'
    """
    return _split(value)[1]


def _split(value: str) -> tuple[str, str]:
    """Return country code and national number; no country code begins with another one."""
    digits = value[1:].partition(";")[0]
    length = next((n for n in (1, 2, 3) if digits[:n] in _COUNTRY_CODES), 0)
    return digits[:length], digits[length:]


def _read(value: str) -> _Written | Unusable:
    text = _SPACES.sub(" ", "".join(map(_plain_character, value))).strip()
    if not text or " ".join(text.casefold().split()) in WITHHELD_WORDS:
        return WITHHELD
    if stands_for_nothing(text):
        return NO_VALUE
    if _SCIENTIFIC.fullmatch(text):
        return SCIENTIFIC
    if _DECIMAL.fullmatch(text):
        return DECIMAL
    written = _WRITTEN.fullmatch(text)
    if written is None or _is_two_numbers(written["number"]):
        return NOT_DIGITS
    digits = written["plus"] + _NOT_A_DIGIT.sub("", written["number"])
    return WITHHELD if digits in WITHHELD_NUMBERS else _Written(digits, written["extension"] or "")


def _plain_character(character: str) -> str:
    """Return the ASCII digit, dash or space that `character` is in another script or width."""
    if character.isascii():
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    category = unicodedata.category(character)
    if category in _PUNCTUATION:
        return unicodedata.normalize("NFKC", character)
    return _PLAIN_FORMS.get(category, character)


def _is_two_numbers(number: str) -> bool:
    """Say whether a slash means "or": `030/123456` is one number, `030 123456/57` is two."""
    area, slash, subscriber = number.partition("/")
    if not slash:
        return False
    before, after = (len(_NOT_A_DIGIT.sub("", part)) for part in (area, subscriber))
    return "/" in subscriber or before > _AREA_CODE_AT_MOST or after < _SUBSCRIBER_AT_LEAST


def _international(digits: str) -> str | Unusable:
    """Read a number with its country code: as written, or without the trunk zero of `+44 (0)20`."""
    if _is_valid(digits):
        return digits
    number = _parsed(digits, None)
    if not _is_valid(number):
        return _not_valid(digits)
    trunk_zero = any(digits[at] == "0" and digits[:at] + digits[at + 1 :] == number for at in (2, 3, 4))
    return number if trunk_zero else LEFT_OVER


def _national(digits: str, region: str | None) -> str | Unusable:
    """Read a number as people write it inside `region`."""
    number = _parsed(digits, region)
    if _is_valid(number):
        return number
    if f"+{digits}" in WITHHELD_NUMBERS:
        return WITHHELD
    if region is not None and not _is_country(region):
        return UNKNOWN_REGION
    return NO_COUNTRY if region is None and len(digits) > _LONGEST_SHORT_CODE else _not_valid(digits)


def _parsed(digits: str, region: str | None) -> str:
    """Return what the library makes of plain digits, valid or not; nothing when it makes nothing of them."""
    if digits[0] != "+" and (region is None or not _is_country(region)):
        return ""
    try:
        number = phonenumbers.parse(digits, region and region.upper())
    except phonenumbers.NumberParseException:
        return ""
    return f"+{number.country_code}{phonenumbers.national_significant_number(number)}"


def _is_country(region: str) -> bool:
    return region.upper() in phonenumbers.SUPPORTED_REGIONS


def _is_valid(number: str) -> bool:
    return kind(number) != PhoneNumberType.UNKNOWN


def _not_valid(digits: str) -> Unusable:
    return SHORT_CODE if len(digits.lstrip("+")) <= _LONGEST_SHORT_CODE else INVALID
