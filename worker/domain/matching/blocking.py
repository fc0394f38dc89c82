"""Blocking: the keys under which contacts are looked up that may be one person.

Nobody can compare everybody with everybody. Two contacts are compared when they have a key in common that few
enough have (`MOST_HOLDERS`). Each kind of key finds what the others miss; together they find the pairs that are
worth a person's look (docs/explanation/dedupe-model.md says how many of them).
"""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

import jellyfish

from worker.domain import emails, names, phones
from worker.domain.matching.portraits import Portrait, ends
from worker.domain.name_words import PARTICLES
from worker.domain.nicknames import formal
from worker.domain.reasons import MOST_CONTACTS_A_VALUE

MOST_HOLDERS = 30
"""A key that more contacts have makes no pairs: 30 make 435 of them, and say as little as a switchboard."""
_OF_VALUES = ("phone:", "email:")
"""How the keys of identifiers begin: with more holders than make reasons, an identifier makes no pairs either."""
_LEAST_LOCAL_PART = 5
"""Letters of the part before the @ that may be somebody's name: `info` or `anna` are everybody's."""
_NOT_A_LETTER = re.compile(r"[^a-z]+")
_LAST_DIGITS = 6


def most_holders(key: str) -> int:
    """Return how many contacts may have a key that makes pairs."""
    return MOST_CONTACTS_A_VALUE if key.startswith(_OF_VALUES) else MOST_HOLDERS


def keys_of(portrait: Portrait) -> frozenset[str]:
    """Return the keys of a contact; each begins with its kind.

    >>> sorted(keys_of(Portrait(names=("bob smith",))))
    ['local:bobsmith', 'local:smithbob', 'name:bob smith', 'name:robert smith', 'sound:BB SM0']
    """
    return frozenset(_keys(portrait))


def _keys(portrait: Portrait) -> Iterator[str]:
    for name in portrait.names:
        yield from _of_name(name)
    for number in portrait.phones:
        main = number.partition(";")[0]
        yield from keys_of_value(number)
        for initial in {word[0] for name in portrait.names for word in names.parts(name).words}:
            yield from (f"near:{digits}{initial}" for digits in _most_digits(main))
        # In the crowd of a switchboard, those whose names sound alike.
        yield from (f"desk:{main} {word}" for word in _sounds(portrait))
    for address in portrait.emails:
        yield from keys_of_value(address)
        letters = letters_of(address)
        if len(letters) >= _LEAST_LOCAL_PART:
            yield f"local:{letters}"
    yield from (f"firm:{firm} {word}" for firm in portrait.companies for word in _sounds(portrait))


@lru_cache(maxsize=1 << 16)
def keys_of_value(value: str) -> tuple[str, ...]:
    """Return the keys of a phone number or an e-mail address; everybody who holds it has the first of them.

    >>> keys_of_value("+34910000000;ext=101"), keys_of_value("ana+shop@x.es")
    (('phone:+34910000000',), ('email:ana@x.es',))
    """
    if "@" in value:
        return (f"email:{(*emails.variants(value), value)[0]}",)
    main = value.partition(";")[0]
    others = phones.variants(main) if main.startswith(phones.SPELT_TWO_WAYS) else ()
    return tuple(f"phone:{each}" for each in (main, *others))


def speaks(key: str, portrait: Portrait, silent: Collection[str]) -> bool:
    """Say whether a contact has a key by more than values that are `silent`: those suggest nobody."""
    quiet = silent and {each for each in (*portrait.phones, *portrait.emails) if each in silent}
    return not quiet or key in _keys_without(portrait, frozenset(quiet))


@lru_cache(maxsize=1 << 12)
def _keys_without(portrait: Portrait, silent: frozenset[str]) -> frozenset[str]:
    phones_left, emails_left = (
        tuple(each for each in values if each not in silent) for values in (portrait.phones, portrait.emails)
    )
    return keys_of(Portrait(portrait.names, phones_left, emails_left, portrait.companies))


def _sounds(portrait: Portrait) -> set[str]:
    return {
        sound(word)
        for name in portrait.names
        for word in names.parts(name).words
        if word not in PARTICLES and not names.is_initial(word)
    }


@lru_cache(maxsize=1 << 16)
def _of_name(name: str) -> tuple[str, ...]:
    """Return the keys of a full name: as it sounds, with its formal names, and as addresses spell it."""
    both = ends(name)
    if both is None:
        return ()
    found = {f"sound:{' '.join(sorted(map(sound, both)))}"}
    for one, other in (both, both[::-1]):
        found.update(f"name:{' '.join(sorted((name, other)))}" for name in formal(one))
        # Not with an initial: every jsmith would be compared with every other, and few of them are one.
        spelt = _NOT_A_LETTER.sub("", one + other)
        if len(spelt) >= _LEAST_LOCAL_PART:
            found.add(f"local:{spelt}")
    return tuple(found)


@lru_cache(maxsize=1 << 14)
def letters_of(address: str) -> str:
    """Return the letters of an address before the @, without its tag.

    >>> letters_of("ana.ruiz77+shop@x.es")
    'anaruiz'
    """
    return _NOT_A_LETTER.sub("", address.rpartition("@")[0].partition("+")[0])


@lru_cache(maxsize=1 << 16)
def sound(word: str) -> str:
    """Return how a word sounds in English (Metaphone); a word in another script as it stands.

    >>> sound("smith"), sound("smyth"), sound("снежана")
    ('SM0', 'SM0', 'снежана')
    """
    return jellyfish.metaphone(word) or word if word.isascii() else word


def _most_digits(number: str) -> tuple[str, ...]:
    """Return two runs of a number's last digits: one wrong digit leaves one of them as it is."""
    national = phones.national(number)
    return national[-_LAST_DIGITS:], national[-_LAST_DIGITS - 1 : -1]
