"""Blocking: the keys under which contacts are looked up that may be one person.

Nobody can compare everybody with everybody. Two contacts are compared when they have a key in common that few
enough have (`MOST_HOLDERS`). Each kind of key finds what the others miss; together they find the pairs that are
worth a person's look (docs/explanation/dedupe-model.md says how many of them).
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import jellyfish

from worker.domain import emails, names, phones
from worker.domain.matching.portraits import Portrait, ends
from worker.domain.name_words import PARTICLES
from worker.domain.nicknames import formal

MOST_HOLDERS = 30
"""A key that more contacts have makes no pairs: 30 make 435 of them, and say as little as a switchboard."""
_LEAST_LOCAL_PART = 5
"""Letters of the part before the @ that may be somebody's name: `info` or `anna` are everybody's."""
_NOT_A_LETTER = re.compile(r"[^a-z]+")
_LAST_DIGITS = 6


def keys_of(portrait: Portrait) -> frozenset[str]:
    """Return the keys of a contact; each begins with its kind.

    >>> sorted(keys_of(Portrait(names=("bob smith",))))
    ['local:bobsmith', 'local:bsmith', 'local:smithbob', 'name:bob smith', 'name:robert smith', 'sound:BB SM0']
    """
    return frozenset(_keys(portrait))


def _keys(portrait: Portrait) -> Iterator[str]:
    for name in portrait.names:
        yield from _of_name(name)
    for number in portrait.phones:
        main = number.partition(";")[0]
        yield from (f"phone:{each}" for each in (main, *phones.variants(main)))
        for initial in {word[0] for name in portrait.names for word in names.parts(name).words}:
            yield from (f"near:{digits}{initial}" for digits in _most_digits(main))
        # In the crowd of a switchboard, those whose names sound alike.
        yield from (f"desk:{main} {word}" for word in _sounds(portrait))
    for address in portrait.emails:
        yield f"email:{(*emails.variants(address), address)[0]}"
        letters = letters_of(address)
        if len(letters) >= _LEAST_LOCAL_PART:
            yield f"local:{letters}"
    yield from (f"firm:{firm} {word}" for firm in portrait.companies for word in _sounds(portrait))


def _sounds(portrait: Portrait) -> set[str]:
    return {
        sound(word)
        for name in portrait.names
        for word in names.parts(name).words
        if word not in PARTICLES and not names.is_initial(word)
    }


@lru_cache(maxsize=1 << 14)
def _of_name(name: str) -> tuple[str, ...]:
    """Return the keys of a full name: as it sounds, with its formal names, and as addresses spell it."""
    both = ends(name)
    if both is None:
        return ()
    found = {f"sound:{' '.join(sorted(map(sound, both)))}"}
    for one, other in (both, both[::-1]):
        found.update(f"name:{' '.join(sorted((name, other)))}" for name in formal(one))
        spelt = _NOT_A_LETTER.sub("", one + other), _NOT_A_LETTER.sub("", one[0] + other)
        found.update(f"local:{each}" for each in spelt if len(each) >= _LEAST_LOCAL_PART)
    return tuple(found)


@lru_cache(maxsize=1 << 14)
def letters_of(address: str) -> str:
    """Return the letters of an address before the @, without its tag.

    >>> letters_of("ana.ruiz77+shop@x.es")
    'anaruiz'
    """
    return _NOT_A_LETTER.sub("", address.rpartition("@")[0].partition("+")[0])


@lru_cache(maxsize=1 << 14)
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
