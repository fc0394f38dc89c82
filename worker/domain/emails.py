"""E-mail addresses as keys.

Two addresses are the same key when they differ in nothing but ASCII case and the way a domain with
other letters is written. Nothing else is folded: what a provider does with tags and dots is its own
business, and a letter that looks like another is another letter.
"""

import re
import unicodedata
from string import ascii_lowercase, ascii_uppercase

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from worker.domain.keys import (
    LOOK_ALIKE,
    NO_VALUE,
    TOO_LONG,
    Unusable,
    imitates_plain_characters,
    invisible_character,
    stands_for_nothing,
)

NO_AT = Unusable("has no @, so it is not an e-mail address")
SEVERAL = Unusable("has more than one @; one e-mail address belongs in one field")
INVALID = Unusable("is not a valid e-mail address")
RESERVED = Unusable("has a domain that is reserved and receives no mail")

LONGEST_ADDRESS = 254
"""In octets, RFC 5321 section 4.5.3.1.3."""
LONGEST_LOCAL_PART = 64
"""In octets, RFC 5321 section 4.5.3.1.1."""

_ATOM = r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_PLAIN = re.compile(
    rf"(?=.{{3,{LONGEST_ADDRESS}}}\Z)(?=[^@]{{1,{LONGEST_LOCAL_PART}}}@)"
    rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+([A-Za-z]{{2,63}})"
)
"""The addresses nearly everybody has; what it accepts, email-validator accepts (a property test), at a
tenth of its price. Everything else takes the long way."""

_RESERVED_ENDINGS = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)
_TO_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)

_GMAIL = "gmail.com"
_GMAIL_DOMAINS = frozenset({_GMAIL, "googlemail.com"})


def canonical(value: str) -> str | Unusable:
    r"""Return the key of the address `value`, or why it has none.

    `<ana@x.es>` and `mailto:ana@x.es` are that address; a display name or quotes are not.

    >>> canonical("Bob@Example.COM"), canonical("ana@bücher.example")
    ('bob@example.com', 'ana@xn--bcher-kva.example')
    >>> canonical("m\u0131ke@example.com") == canonical("mike@example.com")
    False
    >>> canonical("an\u00ada@x.es")
    Unusable(reason='has an invisible character inside: SOFT HYPHEN (U+00AD)')
    """
    text = _bare(value)
    plain = _PLAIN.fullmatch(text)
    if plain and "--" not in text and plain[1].lower() not in _RESERVED_ENDINGS:
        return text.lower()
    return _refusal(text) or _examined(text)


def variants(value: str) -> tuple[str, ...]:
    """Return the keys under which a person may look for the same mailbox: suggestions, never equality.

    Two addresses may be one mailbox when `{value, *variants(value)}` of both have a key in common.

    >>> variants("b.o.b+vip@googlemail.com")
    ('bob@gmail.com',)
    >>> variants("ana+shop@x.es"), variants("ana@x.es")
    (('ana@x.es',), ())
    """
    local, at, domain = value.rpartition("@")
    local = local.partition("+")[0]
    if domain in _GMAIL_DOMAINS:
        local, domain = local.replace(".", ""), _GMAIL
    base = f"{local}{at}{domain}"
    return (base,) if local and base != value else ()


def warning(value: str) -> str | None:
    r"""Say what an agent should know of the key `value` before trusting what it looks like.

    >>> warning("m\u0131ke@example.com")
    'has letters outside plain ASCII: it is not the address it may look like'
    """
    if value.isascii() and "@xn--" not in value and ".xn--" not in value:
        return None
    return "has letters outside plain ASCII: it is not the address it may look like"


def _bare(value: str) -> str:
    text = value.strip()
    if text[:1] == "<" and text[-1:] == ">":
        text = text[1:-1].strip()
    if (
        text[:7].lower() == "mailto:" and "%" not in text
    ):  # A percent sign there is an escape, not a character.
        text = text[7:]
    return text


def _refusal(text: str) -> Unusable | None:
    if stands_for_nothing(text):
        return NO_VALUE
    if "@" not in text:
        return NO_AT
    if hidden := invisible_character(text):
        return Unusable(f"has an invisible character inside: {hidden}")
    if imitates_plain_characters(text):
        return LOOK_ALIKE
    if _too_long(unicodedata.normalize("NFC", text)):
        return TOO_LONG
    return SEVERAL if text.count("@") > 1 else None


def _too_long(text: str) -> bool:
    local = text.rpartition("@")[0]
    return len(text.encode()) > LONGEST_ADDRESS or len(local.encode()) > LONGEST_LOCAL_PART


def _examined(text: str) -> str | Unusable:
    """Let email-validator read the address; its own messages quote the value, so they are not passed on."""
    domain = text.rpartition("@")[2]
    if domain.rpartition(".")[2].lower() in _RESERVED_ENDINGS:
        return RESERVED
    try:
        read = validate_email(unicodedata.normalize("NFC", text), check_deliverability=False)
    except EmailNotValidError:
        return INVALID
    if _imitates(domain, read.ascii_domain):
        return LOOK_ALIKE
    return f"{read.local_part.translate(_TO_LOWER)}@{read.ascii_domain}"


def _imitates(domain: str, ascii_domain: str) -> bool:
    """Say whether other letters or dots in `domain` ended as plain ones: a full-width x is not an x."""
    written, read = domain.split("."), ascii_domain.split(".")
    return len(written) != len(read) or any(
        not label.isascii() and not plain.startswith("xn--")
        for label, plain in zip(written, read, strict=True)
    )
