"""Pairs: who is compared with whom, and what is known of the values they share, for contacts held in memory.

The dedupe job asks the database the same questions for a few contacts at a time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from worker.domain import names
from worker.domain.matching.blocking import keys_of, most_holders
from worker.domain.matching.comparisons import Known
from worker.domain.matching.portraits import Portrait
from worker.domain.reasons import MOST_CONTACTS_A_VALUE


def pairs(portraits: Mapping[str, Portrait]) -> Iterator[tuple[str, str]]:
    """Return the pairs of contacts that have a key in common, each once, smaller id first."""
    holders: dict[str, list[str]] = defaultdict(list)
    for contact in sorted(portraits):
        for key in keys_of(portraits[contact]):
            holders[key].append(contact)
    found: set[tuple[str, str]] = set()
    for key, who in holders.items():
        if 1 < len(who) <= most_holders(key):
            found.update(combinations(who, 2))
    yield from sorted(found)


def known(portraits: Iterable[Portrait]) -> Known:
    """Return which phones and e-mail addresses are shared, and which are crowded."""
    held: dict[str, list[Portrait]] = defaultdict(list)
    for portrait in portraits:
        for value in (*portrait.phones, *portrait.emails):
            held[value].append(portrait)
    crowded = {value for value, who in held.items() if len(who) > MOST_CONTACTS_A_VALUE}
    return Known({value for value, who in held.items() if value not in crowded and is_shared(who)}, crowded)


def is_shared(holders: Sequence[Portrait]) -> bool:
    """Say whether a value is held under names of which two can't be one person's.

    >>> ana, luis = Portrait(names=("ana ruiz",)), Portrait(names=("luis ruiz",))
    >>> is_shared([ana, Portrait(), Portrait(names=("ana",))]), is_shared([ana, luis])
    (False, True)
    """
    called = {name for holder in holders for name in holder.names}
    return any(not names.compatible(one, other) for one, other in combinations(sorted(called), 2))
