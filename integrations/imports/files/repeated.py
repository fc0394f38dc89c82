"""Entries of one file that have one id and say different things: found in bounded memory, pages apart."""

from array import array
from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from integrations.contract import ContactRecord, Delivery

MOST_IDS = 1_000_000
"""Ids that are remembered of one file, in at most 42 MB. Later ones are compared with these only."""
NAMED_AT_MOST = 10
"""Pairs of one file that are named; the rest are counted."""
_BYTES_OF_A_CODE = 4

_encode = msgspec.json.Encoder(order="deterministic").encode


class Repeated:
    """Remembers of each id of one file where it stood first, and a code of what was said there.

    It lives as long as the connector: a run that goes on in another process begins anew, and then misses a pair
    whose first half was read before.
    """

    def __init__(self) -> None:
        self._ids = _Ids()
        self._named: list[str] = []
        self._more = 0

    def warnings(self, deliveries: Iterable[Delivery], *, ended: bool) -> list[str]:
        """Return what is to be said of a page, and with the last one how many more pairs there are."""
        self._named = []
        for delivery in deliveries:
            self._see(delivery)
        if ended and self._more:
            self._named.append(f"{self._more:,} more have the id of an earlier entry and differ")
            self._more = 0
        return self._named

    def _see(self, delivery: Delivery) -> None:
        word, _, number = delivery.where.rpartition(" ")
        if not number.isdecimal():
            return
        record = delivery.record
        content, mails = _code_of_content(record), _code_of_mails(record)
        first = self._ids.first(record.id, int(number), content, mails)
        if first is None or first[0] == int(number):
            return
        if mails and first[2] and mails != first[2]:
            self._name(f"{word} {first[0]} and {delivery.where} have one id and different e-mail addresses")
        elif content != first[1] and record.updated_at is None:
            # Entries that say when they were changed are a history, and no mistake.
            self._name(f"{word} {first[0]} and {delivery.where} have one id and differ")

    def _name(self, what: str) -> None:
        self._ids.found += 1
        if self._ids.found <= NAMED_AT_MOST:
            self._named.append(f"{what}; both are kept as versions")
        else:
            self._more += 1


class _Ids:
    """A table with open addressing: 20 bytes a slot, where a dictionary takes 150 an id."""

    def __init__(self) -> None:
        self.found = 0
        self._count = 0
        self._make(1 << 10)

    def first(self, key: str, number: int, content: int, mails: int) -> tuple[int, int, int] | None:
        """Return what was kept of `key` when it came first; None when that is now."""
        digest = int.from_bytes(blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest()) or 1
        slot = self._slot(digest)
        if self._digests[slot]:
            return self._numbers[slot], self._contents[slot], self._mails[slot]
        if self._count < MOST_IDS:
            self._put(slot, (digest, number, content, mails))
            self._count += 1
            if 3 * self._count > 2 * len(self._digests):
                self._grow()
        return None

    def _slot(self, digest: int) -> int:
        slot = digest & self._last
        while self._digests[slot] not in (0, digest):
            slot = (slot + 1) & self._last
        return slot

    def _put(self, slot: int, kept: tuple[int, int, int, int]) -> None:
        self._digests[slot], self._numbers[slot], self._contents[slot], self._mails[slot] = kept

    def _make(self, size: int) -> None:
        self._last = size - 1
        self._digests = array("Q", bytes(8 * size))
        self._numbers, self._contents, self._mails = (array("I", bytes(4 * size)) for _ in range(3))

    def _grow(self) -> None:
        before = zip(self._digests, self._numbers, self._contents, self._mails, strict=True)
        self._make(2 * len(self._digests))
        for kept in before:
            if kept[0]:
                self._put(self._slot(kept[0]), kept)


def _code(text: bytes) -> int:
    return int.from_bytes(blake2b(text, digest_size=_BYTES_OF_A_CODE).digest())


def _code_of_content(record: ContactRecord) -> int:
    try:
        return _code(_encode(record))
    except (UnicodeEncodeError, RecursionError):
        return 0  # Half a character, or a profile nested too deep: it is rejected when it lands.


def _code_of_mails(record: ContactRecord) -> int:
    """Return a code of the record's e-mail addresses; 0 for none, which says nothing against others."""
    mails = sorted({each.value.strip().casefold() for each in record.identifiers if each.type == "email"})
    return _code("\n".join(mails).encode(errors="surrogatepass")) or 1 if mails else 0
