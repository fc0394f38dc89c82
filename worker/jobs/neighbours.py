"""Neighbours: who may be one person with contacts that changed, by the keys and values they have in common."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import combinations
from typing import NamedTuple

from worker.domain.matching.blocking import keys_of, keys_of_value, most_holders, speaks
from worker.domain.matching.comparisons import Known
from worker.domain.matching.pairs import is_shared
from worker.domain.matching.portraits import Portrait
from worker.domain.reasons import MOST_CONTACTS_A_VALUE
from worker.domain.suggestions import Pair
from worker.storage.matching import Asked, PortraitStore, Sought

Portraits = Mapping[str, Portrait]

_NOTHING = Portrait()


class Moved(NamedTuple):
    """The portraits of changed contacts: as they were, and as they are."""

    before: Portraits
    after: Portraits

    @property
    def contacts(self) -> set[str]:
        """Every contact that has or had one."""
        return {*self.before, *self.after}

    @property
    def values(self) -> set[str]:
        """Every value that one shows or showed."""
        return {value for side in self for portrait in side.values() for value in values_of(portrait)}


def values_of(portrait: Portrait) -> tuple[str, ...]:
    """Return the values that others may hold, too."""
    return (*portrait.phones, *portrait.emails)


class Neighbours:
    """The neighbourhood of some contacts: complete for those that `move` and `add` were told of."""

    def __init__(self, store: PortraitStore, silent_among: Callable[[Iterable[str]], set[str]]) -> None:
        """Read and write in one transaction; `silent_among` says which values suggest nobody now."""
        self._store = store
        self._silent_among = silent_among
        self._portraits: dict[str, Portrait] = {}
        self._keys: dict[str, frozenset[str]] = {}
        self._holders: dict[str, list[str]] = {}
        """Of the keys looked at; of those that too many have, some one more than make pairs."""
        self._silent: set[str] = set()
        self._shared: set[str] = set()
        self._crowded: set[str] = set()

    @property
    def known(self) -> Known:
        """What is known of the values of the contacts."""
        return Known(self._shared, self._crowded)

    def portrait(self, contact_id: str) -> Portrait:
        """Return a portrait; an empty one of a contact that nobody has looked at."""
        return self._portraits.get(contact_id, _NOTHING)

    def move(self, moved: Moved) -> set[str]:
        """Write the portraits of contacts that changed; return contacts that did not, and whose pairs are others now.

        Those are the other holders of a key that more contacts have now than make pairs, or no more, and of a value
        that is shared, crowded or silent now, or no more.
        """
        keys = _keys(moved)
        held = [_by_key(side) for side in keys]
        unchanged = self._unchanged(moved, held)
        outdated = _crossing(unchanged, held)
        self._load(
            each for key, who in unchanged.items() if who and len(who) <= most_holders(key) for each in who
        )
        outdated |= self._otherwise(moved, unchanged)
        self._write(moved, keys)
        self._portraits.update(moved.after)
        self._keys.update(keys[1])
        for key, who in unchanged.items():
            now = held[1].get(key, ())
            self._holders[key] = sorted((*who, *now)) if who or len(now) > 1 else [*now]
        return outdated

    def add(self, contact_ids: Collection[str]) -> None:
        """Read the neighbourhood of contacts that did not change. Comes after `move`."""
        self._load(contact_ids)
        for each in contact_ids:
            self._keys[each] = keys_of(self.portrait(each))
        new = {key for each in contact_ids for key in self._keys[each]} - self._holders.keys()
        found = self._store.holders(Asked(key, most_holders(key) + 1) for key in new)
        self._holders.update((key, found.get(key, [])) for key in new)
        values = {value for each in self._keys for value in values_of(self.portrait(each))}
        self._load(each for key in self._all_keys() if self._makes_pairs(key) for each in self._holders[key])
        self._silent = self._silent_among(
            value for portrait in self._portraits.values() for value in values_of(portrait)
        )
        self._judge(values)

    def pairs(self) -> set[Pair]:
        """Return the pairs of the contacts with whoever has a key in common with them."""
        found: set[Pair] = set()
        for key in self._all_keys():
            if self._makes_pairs(key):
                who = self._holders[key]
                if self._silent:
                    who = [each for each in who if speaks(key, self.portrait(each), self._silent)]
                found.update(
                    pair for pair in combinations(who, 2) if pair[0] in self._keys or pair[1] in self._keys
                )
        return found

    def read(self, contact_ids: Iterable[str]) -> None:
        """Read further portraits."""
        self._load(contact_ids)

    def _all_keys(self) -> set[str]:
        return set().union(*self._keys.values())

    def _makes_pairs(self, key: str) -> bool:
        number = len(self._holders[key])
        return number > 1 and number <= most_holders(key)

    def _unchanged(self, moved: Moved, held: list[dict[str, list[str]]]) -> dict[str, list[str]]:
        """Return for each key of changed contacts the others that hold it: all, or one more than make pairs."""
        changed = moved.contacts
        before, after = held
        keys = before.keys() | after.keys()
        found = self._store.holders(
            Asked(key, most_holders(key) + 1 + len(before.get(key, ()))) for key in keys
        )
        return {
            key: [each for each in found[key] if each not in changed] if key in found else [] for key in keys
        }

    def _otherwise(self, moved: Moved, unchanged: Mapping[str, list[str]]) -> set[str]:
        """Return the unchanged holders of values that are something else now; note which are silent."""
        values = moved.values
        were_silent = self._store.silent(values)
        silent = self._silent_among(values)
        self._store.silence(silent - were_silent, were_silent - silent)
        turned = silent ^ were_silent
        outdated = self._every_holder(turned) - moved.contacts
        speaking = values - silent - turned
        others = self._holders_of(speaking, unchanged, moved.contacts)
        showing = [_by_value(side) for side in moved]
        for value in speaking:
            if others[value] and len(others[value]) <= MOST_CONTACTS_A_VALUE:
                shown = [self.portrait(each) for each in others[value]]
                was, now = (_standing([*shown, *side.get(value, ())]) for side in showing)
                outdated.update(others[value] if was != now else ())
        return outdated

    def _every_holder(self, values: Collection[str]) -> set[str]:
        """Return who shows one of the values, however many: what they are compared by has changed."""
        sought = [Sought(keys_of_value(value)[0], value) for value in values]
        found = self._store.showing(sought) if sought else {}
        return {each for who in found.values() for each in who}

    def _judge(self, values: Collection[str]) -> None:
        """Find out which values are shared, and which are crowded."""
        holders = self._holders_of(values, self._holders)
        for value in values:
            if value in self._silent:
                self._crowded.add(value)
            elif len(holders[value]) > 1:
                standing = _standing([self.portrait(each) for each in holders[value]])
                if standing:
                    {"shared": self._shared, "crowded": self._crowded}[standing].add(value)

    def _holders_of(
        self, values: Collection[str], by_key: Mapping[str, list[str]], besides: Collection[str] = ()
    ) -> dict[str, list[str]]:
        """Return who shows each value `besides` others: all, or enough to make it crowded; read their portraits."""
        sought = []
        found: dict[str, list[str]] = {}
        for value in values:
            key = keys_of_value(value)[0]
            if len(by_key[key]) <= most_holders(key):
                found[value] = [each for each in by_key[key] if value in values_of(self.portrait(each))]
            else:
                sought.append(Sought(key, value))
        if sought:
            enough = MOST_CONTACTS_A_VALUE + 1 + len(besides)
            shown = self._store.showing(sought, enough)
            found.update(
                (value, [each for each in who if each not in besides]) for value, who in shown.items()
            )
            self._load(each for value in shown for each in found[value])
        return found

    def _load(self, contact_ids: Iterable[str]) -> None:
        new = {*contact_ids} - self._portraits.keys()
        if new:
            self._portraits.update(self._store.get_all(new))

    def _write(self, moved: Moved, keys: list[dict[str, frozenset[str]]]) -> None:
        before, after = keys
        new = {each: portrait for each, portrait in moved.after.items() if moved.before.get(each) != portrait}
        self._store.put(new, moved.before.keys() - moved.after.keys())
        self._store.move(_only_in(before, after), _only_in(after, before))


def _keys(moved: Moved) -> list[dict[str, frozenset[str]]]:
    """Return the keys of each contact before and after; making them costs more than anything else here."""
    before = {each: keys_of(portrait) for each, portrait in moved.before.items()}
    after = {
        each: before[each] if moved.before.get(each) == portrait else keys_of(portrait)
        for each, portrait in moved.after.items()
    }
    return [before, after]


def _by_key(keys: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    held: dict[str, list[str]] = defaultdict(list)
    for contact_id, its in keys.items():
        for key in its:
            held[key].append(contact_id)
    return held


def _only_in(one: Mapping[str, frozenset[str]], other: Mapping[str, frozenset[str]]) -> list[tuple[str, str]]:
    return [(key, each) for each, keys in one.items() for key in keys - other.get(each, frozenset())]


def _crossing(unchanged: Mapping[str, list[str]], held: list[dict[str, list[str]]]) -> set[str]:
    """Return the unchanged holders of keys that make pairs now and did not before, or the other way round."""
    outdated: set[str] = set()
    before, after = held
    for key, others in unchanged.items():
        if others:
            most = most_holders(key) - len(others)
            if (len(before.get(key, ())) <= most) != (len(after.get(key, ())) <= most):
                outdated.update(others)
    return outdated


def _by_value(portraits: Portraits) -> dict[str, list[Portrait]]:
    showing: dict[str, list[Portrait]] = defaultdict(list)
    for portrait in portraits.values():
        for value in values_of(portrait):
            showing[value].append(portrait)
    return showing


def _standing(holders: list[Portrait]) -> str:
    if len(holders) > MOST_CONTACTS_A_VALUE:
        return "crowded"
    return "shared" if is_shared(holders) else ""
