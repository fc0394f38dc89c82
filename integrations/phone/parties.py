"""Who of the two parties of a call is outside: a table of call records does not say, so its owner does."""

import re
from collections.abc import Sequence

from integrations.contract import Identifier, Level
from integrations.phone.twilio import WITHHELD

_SCHEME = re.compile(r"<?(?:sips?|tel):", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[\d\s().-]*\d[\d\s().-]*")
_FEATURE = re.compile(r"[*#]")
"""How what is typed to steer the exchange begins: *97 is a mailbox, and nobody outside."""

DIRECTIONS = {
    "inbound": "inbound", "incoming": "inbound", "in": "inbound", "i": "inbound",
    "outbound": "outbound", "outgoing": "outbound", "out": "outbound", "o": "outbound",
    "internal": "", "local": "",
}  # fmt: skip
"""What a column of directions says; nothing for calls between two colleagues."""


class Inside:
    """Tells the own extensions and numbers from everybody else's."""

    def __init__(self, patterns: Sequence[str], digits: int, own_numbers: Sequence[str]) -> None:
        """Take what is inside.

        Args:
            patterns: Extensions; `X` stands for a digit and `*` for anything: "2XX", "sales-*".
            digits: Numbers of at most so many digits are extensions; 0 for none.
            own_numbers: The numbers under which the company is called.
        """
        told = [re.escape(each).replace("X", r"\d").replace(r"\*", ".*") for each in patterns]
        self._pattern = re.compile("|".join(told) if told else r"(?!)")
        self._digits = digits
        self._own = frozenset(map(_digits_of, own_numbers))

    def holds(self, party: str) -> bool:
        """Tell whether the party is the company's own."""
        user = party_of(party)[0]
        if self._pattern.fullmatch(user) or _FEATURE.match(user):
            return True
        if not _NUMBER.fullmatch(user):
            return False
        return _digits_of(user) in self._own or (user.isdigit() and len(user) <= self._digits)


def _digits_of(number: str) -> str:
    return re.sub(r"\D", "", number).removeprefix("00")


def party_of(value: str) -> tuple[str, str]:
    """Return user and host of a party.

    >>> party_of("<sip:+34600000001@pbx.example.com;user=phone>"), party_of("201")
    (('+34600000001', 'pbx.example.com'), ('201', ''))
    """
    bare = _SCHEME.sub("", value.strip()).removesuffix(">").partition(";")[0]
    user, _, host = bare.partition("@")
    return user.strip(), host


def withheld(value: str) -> bool:
    """Tell whether a caller hides the number."""
    return party_of(value)[0].removeprefix("+").casefold() in WITHHELD


def identifiers(value: str, level: Level) -> tuple[Identifier, ...]:
    """Return what identifies a party: a number, an address of SIP, or nothing.

    >>> [(i.type, i.value) for i in identifiers("sip:ana@pbx.example.com", Level.OBSERVED)]
    [('handle', 'ana@pbx.example.com')]
    >>> identifiers("Anonymous", Level.OBSERVED)
    ()
    """
    user, host = party_of(value)
    if withheld(value):
        return ()
    if host and not _NUMBER.fullmatch(user):
        return (Identifier(type="handle", namespace="sip", value=f"{user}@{host}", level=level),)
    return (Identifier(type="phone", value=user, level=level),)


def caller_name(text: str) -> str:
    """Return the name in a caller's line as Asterisk writes it; nothing where it is but a number.

    >>> caller_name('"Ana Ruiz" <34600000001>'), caller_name('"34600000001" <34600000001>')
    ('Ana Ruiz', '')
    """
    name = text.partition("<")[0].strip().strip('"').strip()
    return "" if _NUMBER.fullmatch(name) or name.casefold() in WITHHELD else name
