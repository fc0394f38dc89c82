"""What happens to values between a mouth and a table: keys, scanners, spreadsheets, hurry."""

import random
from collections.abc import Callable

from benchmarks.dedupe.countries import Country

_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {
    letter: "".join(row[max(at - 1, 0) : at] + row[at + 1 : at + 2])
    for row in _KEYBOARD
    for at, letter in enumerate(row)
}
_SCANNED = (
    ("rn", "m"),
    ("m", "rn"),
    ("l", "1"),
    ("o", "0"),
    ("cl", "d"),
    ("ri", "n"),
    ("vv", "w"),
    ("e", "c"),
)


def _neighbour(rng: random.Random, text: str, at: int) -> str:
    letter = text[at]
    beside = _BESIDE.get(letter.lower())
    return text[:at] + (rng.choice(beside) if beside else letter * 2) + text[at + 1 :]


def _transposed(_rng: random.Random, text: str, at: int) -> str:
    return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]


def _dropped(_rng: random.Random, text: str, at: int) -> str:
    return text[:at] + text[at + 1 :]


def _doubled(_rng: random.Random, text: str, at: int) -> str:
    return text[:at] + text[at] + text[at:]


def _scanned(rng: random.Random, text: str, at: int) -> str:
    fitting = [pair for pair in _SCANNED if pair[0] in text[1:]]
    if not fitting:
        return _neighbour(rng, text, at)
    seen, read = rng.choice(fitting)
    return text[0] + text[1:].replace(seen, read, 1)


_SLIPS: tuple[Callable[[random.Random, str, int], str], ...] = (
    _neighbour,
    _transposed,
    _dropped,
    _doubled,
    _scanned,
)


def slip(rng: random.Random, text: str) -> str:
    """Return `text` with one mistake after its first letter; what is shorter than three letters stays."""
    return rng.choice(_SLIPS)(rng, text, rng.randrange(1, len(text))) if len(text) > 2 else text


def mistyped_number(rng: random.Random, number: str) -> str:
    """Return the digits of `number` with one other, two turned round or one missing among the last six."""
    at = len(number) - rng.randrange(2, 7)
    other = str((int(number[at]) + rng.randrange(1, 10)) % 10)
    return rng.choice(
        (
            number[:at] + other + number[at + 1 :],
            number[:at] + number[at + 1] + number[at] + number[at + 2 :],
            number[:at] + number[at + 1 :],
        )
    )


def written_number(rng: random.Random, country: Country, national: str, *, region: str) -> str:
    """Return the number as somebody writes it into a table of a source with that region."""
    groups = f"{national[:3]} {national[3:6]} {national[6:]}"
    forms = [
        f"+{country.dialled}{national}",
        f"+{country.dialled} {groups}",
        f"+{country.dialled}-{groups.replace(' ', '-')}",
        f"00{country.dialled}{national}",
    ]
    if region == country.code:
        forms += [f"{country.trunk}{national}", f"({country.trunk}{national[:3]}) {national[3:]}"] * 2
    return rng.choice(forms)


def spreadsheet(rng: random.Random, country: Country, national: str) -> str:
    """Return what a spreadsheet made of the number: a decimal, a power of ten, a lost zero or plus."""
    digits = f"{country.dialled}{national}"
    return rng.choice((f"{digits}.0", f"{float(digits):.4E}", digits, national))
