"""Mentions: where a text that nobody could read as a record speaks of somebody."""

import json
import re
from collections.abc import Iterable

import phonenumbers

_SHORT = 4
"""A word of fewer characters counts only as a whole text in quotes: `7` stands everywhere."""
_WORDS_A_PATTERN = 100
"""Longer patterns take PostgreSQL longer to compile than to use."""
_BETWEEN_DIGITS = r"[- ./()]*"


def patterns(words: Iterable[str], numbers: Iterable[str] = ()) -> list[str]:
    r"""Return regular expressions, for Python and PostgreSQL alike, that match texts naming one of `words`.

    `numbers` are canonical phone numbers: they match in whatever groups they are written. To be used without
    regard to case.

    >>> (one,) = patterns(["ana@x.es", "v1"], ["+34612345678"])
    >>> texts = ('{"mail": "Ana@X.es"}', "banana@x.es", '{"id": "v1"}', "v1", "tel 0034 612 34 56 78", "+346123456789")
    >>> [bool(re.search(one, text, re.IGNORECASE)) for text in texts]
    [True, False, True, False, True, False]
    """
    given = sorted({form for word in words if word.strip() for form in (word.strip(), _in_json(word))})
    parts = [_quoted(word) if len(word) < _SHORT else _escaped(word) for word in given]
    parts += sorted({_number(each) for each in numbers if ";" not in each})
    chunks = [parts[start : start + _WORDS_A_PATTERN] for start in range(0, len(parts), _WORDS_A_PATTERN)]
    return [f"(?<![0-9A-Za-z])(?:{'|'.join(chunk)})(?![0-9A-Za-z])" for chunk in chunks]


def _in_json(word: str) -> str:
    return json.dumps(word.strip())[1:-1]


def _quoted(word: str) -> str:
    return f"[\"']{_escaped(word)}[\"']"


def _escaped(word: str) -> str:
    """Take every character for itself; both languages read a backslash before a sign so."""
    return re.sub(r"([\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f])", r"\\\1", word)


def _number(value: str) -> str:
    """Match a number in any groups, with or without its country code."""
    try:
        parsed = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return _escaped(value)
    code = _spaced(str(parsed.country_code))
    national = _spaced(phonenumbers.national_significant_number(parsed))
    return rf"(?:(?:\+|00)?{code}{_BETWEEN_DIGITS})?0?{_BETWEEN_DIGITS}{national}"


def _spaced(digits: str) -> str:
    return _BETWEEN_DIGITS.join(digits)
