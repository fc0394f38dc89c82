"""Identifiers in canonical form: equal values, and nothing else, are equal keys."""

import unicodedata
from collections.abc import Callable
from functools import lru_cache

from worker.domain import emails, phones
from worker.domain.keys import (
    LOOK_ALIKE,
    NO_VALUE,
    TOO_LONG,
    Canonical,
    Key,
    Unusable,
    control_character,
    imitates_plain_characters,
    stands_for_nothing,
)

__all__ = ["Canonical", "Key", "Unusable", "canonical"]

LONGEST = 512
"""In characters. Longer texts are pages and tokens in the wrong column, and would fill the cache."""


def canonical(type: str, namespace: str, value: str, region: str | None) -> Canonical:  # noqa: A002 - the record's own word
    """Return the key that `value` stands for, or why it is none.

    `region` is the source's setting for phone numbers without a country code; nothing else reads it.
    Raises KeyError for a type that is not one of `integrations.contract.IdentifierType`.

    >>> canonical("email", "", "Bob@Example.COM", None)
    Key(namespace='', value='bob@example.com')
    >>> canonical("account", "app", " u-17 ", None)
    Key(namespace='app', value='u-17')
    >>> canonical("phone", "", "020 7946 0958", None).reason[:43]
    'has no country code and its source has no r'
    """
    if len(value) > LONGEST:
        return TOO_LONG
    return _canonical(type, namespace, value, region)


@lru_cache(maxsize=1 << 15)
def _canonical(type: str, namespace: str, value: str, region: str | None) -> Canonical:  # noqa: A002 - as above
    """Remember the last 32,768 values (about 15 MB): a person's records come together, and come again."""
    form = _FORMS[type](value, region)
    if isinstance(form, Unusable):
        return form
    return Key("" if type in _WITHOUT_NAMESPACE else namespace.strip(), form)


def _as_given(value: str, _region: str | None) -> str | Unusable:
    """Keep an account, device or handle as its platform wrote it: upper and lower case differ there."""
    text = value.strip()
    if stands_for_nothing(text):
        return NO_VALUE
    if control := control_character(text):
        return Unusable(f"has a control character inside: {control}")
    if imitates_plain_characters(text):
        return LOOK_ALIKE
    text = unicodedata.normalize("NFC", text)
    return TOO_LONG if len(text) > LONGEST else text


def _email(value: str, _region: str | None) -> str | Unusable:
    return emails.canonical(value)


_FORMS: dict[str, Callable[[str, str | None], str | Unusable]] = {
    "account": _as_given,
    "device": _as_given,
    "email": _email,
    "handle": _as_given,
    "phone": phones.canonical,
}
_WITHOUT_NAMESPACE = frozenset({"email", "phone"})
