"""The parties of a call: what identifies the one outside, and which one that is where the vendor does not say."""

import re
from collections.abc import Sequence

from integrations.contract import Identifier, IdentifierType, Level
from integrations.records import identified

WITHHELD = frozenset(
    {"", "anonymous", "blocked", "private", "restricted", "unavailable", "unknown", "withheld"}
    # ANONYMOUS, BLOCKED, PRIVATE, RESTRICTED, UNAVAILABLE and UNKNOWN on a telephone's keypad.
    | {"266696687", "2562533", "7748283", "7378742833", "86282452253", "8656696"}
)
"""What stands in place of the number of a caller who hides it."""

_SCHEME = re.compile(r"<?(?:sips?|tel):", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[\d\s().-]*\d[\d\s().-]*")
_FEATURE = re.compile(r"[*#]")
"""How what is typed to steer the exchange begins: *97 is a mailbox, and nobody outside."""

ADDRESSES: dict[str, IdentifierType] = {"": "phone", "whatsapp": "phone", "rcs": "phone"}
"""What an address "scheme:value" is; others (client, sip, sim, messenger ...) are handles of that scheme."""

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
        return identified("handle", f"{user}@{host}", level=level, namespace="sip")
    return identified("phone", user, level=level)


def addressed(address: str, level: Level) -> tuple[Identifier, ...]:
    """Return what an address of a service of many channels identifies: a number, a handle, or nothing.

    >>> [(i.type, i.namespace, i.value) for i in addressed("whatsapp:+34600000001", Level.OBSERVED)]
    [('phone', '', '+34600000001')]
    >>> [(i.type, i.namespace, i.value) for i in addressed("sip:ana@pbx.example.com", Level.OBSERVED)]
    [('handle', 'sip', 'ana@pbx.example.com')]
    >>> addressed("+266696687", Level.OBSERVED)
    ()
    """
    scheme, colon, value = address.strip().partition(":")
    if not colon:
        scheme, value = "", scheme
    if withheld(value):
        return ()
    kind = ADDRESSES.get(scheme, "handle")
    return identified(kind, value, level=level, namespace=scheme if kind == "handle" else "")


def caller_name(text: str) -> str:
    """Return the name in a caller's line as Asterisk writes it; nothing where it is but a number.

    >>> caller_name('"Ana Ruiz" <34600000001>'), caller_name('"34600000001" <34600000001>')
    ('Ana Ruiz', '')
    """
    name = text.partition("<")[0].strip().strip('"').strip()
    return "" if _NUMBER.fullmatch(name) or name.casefold() in WITHHELD else name
