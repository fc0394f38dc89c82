"""Random histories. Everything is drawn from small pools, so that clashes happen."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from typing import NamedTuple

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.strategies import DrawFn, SearchStrategy
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from integrations.contract import LEVELS, Identifier, IdentifierType, Interaction, Level, Note, Token
from tests.builders import ID_KEY, LANDED, P, Q, account, at, cookie, email, identifier, phone, version
from worker.domain.folding import Folded, fold
from worker.domain.policy import Policy
from worker.domain.records import Record, Version


def tried(on_every_run: int = 60, at_night: int = 5_000) -> settings:
    """Say on how many histories a law is tried. The first one fills caches and takes a second."""
    night = settings.get_current_profile_name() == "night"
    return settings(
        max_examples=at_night if night else on_every_run,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


SOURCES = {
    "app": Level.VERIFIED,
    "chat": Level.VERIFIED,
    "crm": Level.STORED,
    "pbx": Level.OBSERVED,
    "form": Level.CLAIMED,
}
"""Every source with what it is trusted for at most."""

KEYS = ("k0", "k1", "k2", "k3")
NUMBERS = (P, Q)
ADDRESSES = ("ana@x.es", "luis@x.es")
OWN_NUMBER = "+34910000001"
NAMES: Sequence[str | UnsetType | None] = (
    "Ana Ruiz", "Luis Ruiz", "Ana Ruiz Jr", "Ruiz, Ana", "Ana", "A. Ruiz", "Ana Maria Ruiz", "unknown", UNSET, None,
)  # fmt: skip


class Shape(NamedTuple):
    """What a record says: its name and its identifiers, and who would say so."""

    source: str
    name: str | UnsetType | None
    identifiers: tuple[Identifier, ...]


ROWS = [
    Shape(source, name, (email(mail, Level.STORED), phone(number, Level.STORED), *customer))
    for source, name, mail, number, customer in product(
        ("crm", "app"),
        NAMES,
        ADDRESSES,
        NUMBERS,
        ((), (account("c-1", Level.STORED, "crm"),), (account("c-2", Level.STORED, "crm"),)),
    )
]
SPARSE_ROWS = [
    Shape("crm", name, (held,))
    for name, held in product(
        NAMES,
        [email(mail, Level.STORED) for mail in (*ADDRESSES, "info@x.es")]
        + [phone(number, Level.STORED) for number in (*NUMBERS, OWN_NUMBER, "+18005550199")],
    )
]
LOGINS = [
    Shape("app", name, (account(user), *extra))
    for name, user, extra in product(
        NAMES[:3],
        ("u-1", "u-2"),
        [
            (),
            *((email(mail, Level.VERIFIED),) for mail in ADDRESSES),
            *((phone(number, Level.VERIFIED),) for number in NUMBERS),
            *((phone(number, Level.OBSERVED),) for number in NUMBERS),
            *((cookie(value),) for value in ("ck-1", "ck-2")),
        ],
    )
]
TOKENS = (
    Token(id="t-1"),
    Token(id="t-1", expires_at=at(1)),
    Token(id="t-2", expires_at=at(2), audience="app"),
    Token(id="t-3", audience="other"),
)
SIGNED = [
    Shape(source, name, (replace(account(user), token=token), *extra))
    for source, name, user, token, extra in product(
        ("app", "chat"), NAMES[:2], ("u-1", "u-2"), TOKENS, [(), (email(ADDRESSES[0], Level.VERIFIED),)]
    )
]
CALLS = [
    Shape(source, UNSET, tuple(phone(each, Level.OBSERVED) for each in carried))
    for source, carried in product(("pbx", "app"), [(), (P,), (Q,), (P, Q), (OWN_NUMBER,)])
]
MESSAGES = [Shape("pbx", UNSET, (email(mail, Level.OBSERVED),)) for mail in (*ADDRESSES, "info@x.es")]
VISITS = [
    Shape("chat", name, (cookie(value), *typed))
    for name, value, typed in product(
        NAMES[:2], ("ck-1", "ck-2"), [(), (email(ADDRESSES[0], Level.CLAIMED),)]
    )
]
CODES = [
    Shape("app", UNSET, (proved, *carried))
    for proved, carried in product(
        [email(mail, Level.VERIFIED) for mail in ADDRESSES]
        + [phone(number, Level.VERIFIED) for number in NUMBERS],
        [(), *((phone(number, Level.OBSERVED),) for number in NUMBERS)],
    )
]
POOL: Sequence[tuple[IdentifierType, str, str]] = (
    *(("phone", "", number) for number in (*NUMBERS, OWN_NUMBER, "+18005550199")),
    *(("email", "", mail) for mail in (*ADDRESSES, "info@x.es")),
    *(("account", "app", user) for user in ("u-1", "u-2")),
    *(("account", "crm", customer) for customer in ("c-1", "c-2")),
    *(("device", "site", value) for value in ("ck-1", "ck-2")),
    ("handle", "whatsapp", "h-1"),
)
ANYTHING = [
    identifier(type_, value, level, namespace) for (type_, namespace, value), level in product(POOL, LEVELS)
]
WEAKER = [each for each in ANYTHING if each.level in {Level.CLAIMED, Level.OBSERVED}]
WEAKER += [
    replace(account(user, Level.CLAIMED), token=token) for user, token in product(("u-1", "u-2"), TOKENS)
]


class Sent(NamedTuple):
    """One version of a record as a source sends it."""

    source: str
    version: Version


def _anything(pool: Sequence[Identifier]) -> SearchStrategy[Shape]:
    held = st.lists(st.sampled_from(pool), max_size=4).map(tuple)
    return st.builds(Shape, st.sampled_from(sorted(SOURCES)), st.sampled_from(NAMES), held)


# Made once: a strategy that is made anew for every draw costs more than the draw.
_REAL = (ROWS, SPARSE_ROWS, LOGINS, SIGNED, CALLS, MESSAGES, VISITS, CODES)
_SHAPES = st.one_of(*map(st.sampled_from, _REAL), _anything(ANYTHING))
_WEAK_SHAPES = _anything(WEAKER)
_KEYS = st.sampled_from(KEYS)
_WEAK_KEYS = st.sampled_from(("weak-1", "weak-2", "weak-3"))
_DAYS = st.sampled_from([at(day) for day in (0, 1, 2, 3, 400)])
_LATER = st.none() | _DAYS
_UNSURE = tuple(product(("app", "chat", "pbx"), KEYS, (Level.CLAIMED, Level.STORED)))
_TARGETS = st.sampled_from(((None,) * 24) + tuple(product(SOURCES, KEYS)) + _UNSURE)
_WEAK_TARGETS = st.sampled_from(((None,) * 24) + _UNSURE)
_CALLS = [Interaction(id=key, kind="call", at=at(0)) for key in ("i-1", "i-2")]
_INTERACTIONS = st.sampled_from(((), (_CALLS[0],), tuple(_CALLS)))
_NOTES = st.sampled_from(((), (Note(id="n-1", at=at(0), body="prefers mornings"),)))
_LANDED = st.sampled_from((LANDED, LANDED + timedelta(days=1)))


@st.composite
def sent(draw: DrawFn) -> Sent:
    """Draw one version of one of few records: mostly what real sources send, sometimes anything.

    A time may lie in the future of its delivery.
    """
    shape = draw(_SHAPES)
    made = version(
        draw(_KEYS),
        *shape.identifiers,
        occurred_at=draw(_DAYS),
        updated_at=draw(_LATER),
        name=shape.name,
        about=draw(_TARGETS),
        landed_at=draw(_LANDED),
        interactions=draw(_INTERACTIONS),
        notes=draw(_NOTES),
    )
    return Sent(shape.source, made)


@st.composite
def weak(draw: DrawFn) -> Sent:
    """Draw a record of which nothing is more than claimed or observed, and which no other record is about.

    It may say that it is about another, and is never sure of that.
    """
    shape = draw(_WEAK_SHAPES)
    made = version(
        draw(_WEAK_KEYS),
        *shape.identifiers,
        occurred_at=draw(_DAYS),
        name=shape.name,
        about=draw(_WEAK_TARGETS),
    )
    return Sent(shape.source, made)


_SENT = sent()
_WEAK = weak()


def histories(max_size: int = 12) -> SearchStrategy[list[Sent]]:
    """Draw what sources sent, in some order."""
    return st.lists(_SENT, min_size=2, max_size=max_size)


def weak_histories() -> SearchStrategy[list[Sent]]:
    """Draw what weak evidence there may be beside a history."""
    return st.lists(_WEAK, min_size=1, max_size=4)


def policies() -> SearchStrategy[Policy]:
    """Draw what a business set: small limits, so that values become common."""
    return st.builds(
        Policy,
        trust=st.just(SOURCES),
        common_limit=st.sampled_from((1, 2, 5)),
        complete=st.sampled_from((("name", "email", "phone"), ("name", "email"))),
        phone_binding=st.sampled_from(("suggest", "attach")),
        own_numbers=st.just(frozenset({OWN_NUMBER})),
        audiences=st.sampled_from((frozenset(), frozenset({"app"}))),
    )


def folded(history: Sequence[Sent]) -> list[Folded]:
    """Fold a history into its records, as landing does: the same content twice is one version."""
    versions: dict[tuple[str, str], dict[str, Version]] = {}
    for source, each in history:
        of_record = versions.setdefault((source, each.record.id), {})
        earlier = of_record.get(each.digest)
        if earlier is None or each.landed_at < earlier.landed_at:
            of_record[each.digest] = each
    return [fold(ID_KEY, source, of_record.values()) for (source, _), of_record in versions.items()]


def records(history: Sequence[Sent]) -> list[Record]:
    """Return the records of a history."""
    return [each.record for each in folded(history)]
