"""Reasons: what ties two contacts loosely. Whatever is certain has joined them before."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from msgspec import Struct

from worker.domain import blocklist, emails, phones
from worker.domain.conflicts import Conflict
from worker.domain.decisions import Ruling
from worker.domain.evidence import CLAIMED, STORED, Key
from worker.domain.policy import Policy

MOST_CONTACTS_A_VALUE = 8
"""A value on more contacts than this makes no pairs of them: it says as little as a switchboard."""

_SPELT = frozenset({"phone", "email"})


class Reason(Struct, frozen=True, order=True):
    """One thing that ties two contacts loosely, and how surely each holds it (ranks of levels)."""

    type: str
    namespace: str
    value: str
    one: int
    other: int
    kind: str = "equal"
    """`equal`: both hold the value. `variant`: each holds a spelling of it. `about`: a source that is not trusted
    for it, or not sure, says that a record of one is about the record `value` of the other. `conflict`: one stands
    between the other and somebody else."""
    other_value: str = ""
    """The spelling that the other contact holds, of a variant."""


def key_of(reason: Reason) -> Key:
    """Return the identifier that a reason speaks of, as the smaller contact holds it."""
    return reason.type, reason.namespace, reason.value


class Holding(NamedTuple):
    """A contact's hold on a value: how surely, and on how many records."""

    contact: str
    rank: int
    records: int


class Told(NamedTuple):
    """What is said of one record, though not for certain: whose it is, and the contacts said to be them."""

    contact: str
    claims: tuple[Holding, ...]


class Between(NamedTuple):
    """A component that had to be torn: contacts that stand between others, and those others."""

    contacts: frozenset[str]
    sides: frozenset[str]


def between(case: Conflict, whose: Mapping[str, str]) -> Between:
    """Return between which contacts a torn component stands, given the contact of each record."""
    on_sides = {each for side in case.sides for each in side}
    return Between(
        frozenset(whose[each] for each in case.records if each not in on_sides and each in whose),
        frozenset(whose[each] for each in on_sides if each in whose),
    )


class Ties(NamedTuple):
    """What ties contacts loosely. Whatever is certain has joined them before."""

    held: Mapping[Key, Sequence[Holding]]
    """Who holds each value that may suggest somebody, all spellings of a value together."""
    told: Mapping[str, Told] = {}
    """By the record that it is told of."""
    between: Iterable[Between] = ()


class Found(NamedTuple):
    """One reason for one pair, smaller id first."""

    pair: tuple[str, str]
    reason: Reason
    records: int
    crowd: int = 0


def spelling(key: Key) -> Key:
    """Return one key for all spellings of a value: two may be one when theirs is the same.

    >>> spelling(("email", "", "b.o.b+vip@googlemail.com")), spelling(("account", "crm", "7"))
    (('email', '', 'bob@gmail.com'), ('account', 'crm', '7'))
    >>> spelling(("phone", "", "+5511987654321")) == spelling(("phone", "", "+551187654321"))
    True
    """
    type_, namespace, value = key
    if type_ == "email":
        return type_, namespace, (*emails.variants(value), value)[0]
    if type_ == "phone" and value.startswith(phones.SPELT_TWO_WAYS):
        return type_, namespace, min((value, *phones.variants(value)))
    return key


def may_suggest(key: Key, policy: Policy, ruling: Ruling) -> bool:
    """Say whether an equal value may suggest somebody: a common one never does."""
    if key in ruling.common or key in ruling.own:
        return False
    return blocklist.why_common(key[0], key[2], policy.own_numbers, policy.extra_roles) is None


def findings(ties: Ties) -> Iterable[Found]:
    """Return every reason for every pair that `ties` gives."""
    spellings: dict[Key, dict[str, Sequence[Holding]]] = {}
    for key, holdings in ties.held.items():
        if len(holdings) > 1:
            yield from _of_value(key, holdings)
        if key[0] in _SPELT:
            spellings.setdefault(spelling(key), {})[key[2]] = holdings
    for key, by_value in spellings.items():
        if len(by_value) > 1:
            yield from _of_spellings(key, by_value)
    for record_id, told in ties.told.items():
        yield from _of_told(record_id, told)
    for between in set(ties.between):
        if len(between.contacts) <= MOST_CONTACTS_A_VALUE:
            yield from _of_between(between)


def _of_value(key: Key, holdings: Sequence[Holding]) -> Iterable[Found]:
    if len(holdings) > MOST_CONTACTS_A_VALUE:
        yield from _crowd(key, [(each, key[2]) for each in holdings], lambda _: True)
        return
    for one, other in combinations(sorted(holdings), 2):
        reason = Reason(*key, one.rank, other.rank)
        yield Found((one.contact, other.contact), reason, one.records + other.records)


def _of_spellings(key: Key, by_value: Mapping[str, Sequence[Holding]]) -> Iterable[Found]:
    """Return the pairs that hold different spellings of a value, and none that is equal."""
    values: dict[str, set[str]] = defaultdict(set)
    for value, holdings in by_value.items():
        for each in holdings:
            values[each.contact].add(value)
    if len(values) > MOST_CONTACTS_A_VALUE:
        held = _surest(by_value, least=STORED)
        strong = strongest(each for each, _ in held.values())
        if strong is not None:
            yield from _crowd(key, [*held.values()], lambda other: values[other].isdisjoint(values[strong]))
        return
    held = _surest(by_value, least=CLAIMED)
    for one, other in combinations(sorted(held), 2):
        if values[one].isdisjoint(values[other]):
            yield _pair(key, held[one], held[other])


def _surest(by_value: Mapping[str, Sequence[Holding]], least: int) -> dict[str, tuple[Holding, str]]:
    """Return for each contact its surest spelling, the first of several; levels below `least` are one."""
    held: dict[str, tuple[Holding, str]] = {}
    for value in sorted(by_value):
        for each in by_value[value]:
            known = held.get(each.contact)
            if known is None or each.rank > max(known[0].rank, least - 1):
                held[each.contact] = each, value
    return held


def strongest(holdings: Iterable[Holding]) -> str | None:
    """Return the one contact that holds a value stored or verified, if it is only one."""
    strong = [each.contact for each in holdings if each.rank >= STORED]
    return strong[0] if len(strong) == 1 else None


def _crowd(key: Key, held: Sequence[tuple[Holding, str]], counts: Callable[[str], bool]) -> Iterable[Found]:
    """Let one suggestion stand for all who claim what only one contact holds with any proof."""
    strong = strongest(each for each, _ in held)
    if strong is None:
        return
    (own,) = (each for each in held if each[0].contact == strong)
    others = [each for each in held if each[0].contact != strong and counts(each[0].contact)]
    if others:
        first, value = min(others)
        found = _pair(key, own, (first._replace(rank=CLAIMED), value))  # It stands for all of them.
        count = own[0].records + sum(each.records for each, _ in others)
        yield found._replace(records=count, crowd=len(others) - 1)


def _pair(key: Key, held: tuple[Holding, str], other_held: tuple[Holding, str]) -> Found:
    """Return what two holdings of one value, or of two spellings of it, say."""
    (one, value), (other, other_value) = sorted((held, other_held))
    pair, count = (one.contact, other.contact), one.records + other.records
    if value == other_value:
        return Found(pair, Reason(*key[:2], value, one.rank, other.rank), count)
    return Found(pair, Reason(*key[:2], value, one.rank, other.rank, "variant", other_value), count)


def _of_told(record_id: str, told: Told) -> Iterable[Found]:
    claims = sorted(each for each in told.claims if each.contact != told.contact)
    crowd = 0
    if len(claims) > MOST_CONTACTS_A_VALUE:
        records = sum(each.records for each in claims)
        claims, crowd = [claims[0]._replace(records=records)], len(claims) - 1
    for each in claims:
        if told.contact < each.contact:
            pair, ranks = (told.contact, each.contact), (STORED, CLAIMED)
        else:
            pair, ranks = (each.contact, told.contact), (CLAIMED, STORED)
        yield Found(pair, Reason("", "", record_id, *ranks, "about"), each.records, crowd)


def _of_between(between: Between) -> Iterable[Found]:
    for contact in between.contacts:
        for side in between.sides - {contact}:
            one, other = sorted((contact, side))
            yield Found((one, other), Reason("", "", "", CLAIMED, CLAIMED, "conflict"), 1)
