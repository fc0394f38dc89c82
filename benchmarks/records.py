"""Makes mixed records for the benchmarks: calls, chats, rows of the books; the same for the same seed."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from integrations.contract import ContactRecord, Identifier, Interaction, Level

_START = datetime(2026, 1, 1, tzinfo=UTC)
_GIVEN = ("Ana", "Luis", "Marta", "Ivan", "Eva", "Hugo", "Nora", "Leo", "Sara", "Pau", "Olga", "Rita")
_FAMILY = ("Ruiz", "Soler", "Vidal", "Costa", "Mora", "Prats", "Font", "Roig", "Sanz", "Vila", "Marin")


def records(number: int, seed: int = 7) -> Iterator[ContactRecord]:
    """Yield `number` records about half as many people, who come back over number, cookie or address.

    45 % calls, 25 % chats (half of them of a logged-in person), 30 % rows of the books; two identifiers and
    about 640 bytes each.
    """
    rng = random.Random(seed)
    people = max(number // 2, 1)
    for place in range(number):
        person = rng.randrange(people)
        yield _MAKERS[rng.choices((0, 1, 2), (45, 25, 30))[0]](rng, place, person)


def _call(rng: random.Random, place: int, person: int) -> ContactRecord:
    at = _at(rng)
    call = Interaction(
        id=f"call-{place}", kind="call", at=at, direction="inbound", summary="asked for an invoice"
    )
    line = (
        Identifier(type="phone", value=_phone(person), level=Level.OBSERVED),
        Identifier(
            type="handle", namespace="sip", value=f"user-{person}@carrier.example", level=Level.OBSERVED
        ),
    )
    leg: dict[str, Any] = {
        "direction": "inbound",
        "duration": rng.randrange(900),
        "queue": f"queue-{rng.randrange(9)}",
        "status": "completed",
        "answered_by": f"agent-{rng.randrange(40)}",
        "recording": f"https://recordings.example.com/2026/{place:032x}",
        "trunk": f"trunk-{rng.randrange(4)}.example.com",
        "price": {"amount": "-0.0085", "currency": "EUR"},
    }
    return ContactRecord(
        id=f"call-{place}", occurred_at=at, identifiers=line, interactions=(call,), profile=leg
    )


def _chat(rng: random.Random, place: int, person: int) -> ContactRecord:
    at = _at(rng)
    seen = [
        Identifier(
            type="device", namespace="site", value=f"ck-{person}", level=Level.VERIFIED, method="cookie"
        )
    ]
    if rng.random() < 0.5:
        seen.append(Identifier(type="account", namespace="app", value=f"u-{person}", level=Level.VERIFIED))
    else:
        seen.append(Identifier(type="email", value=_email(person), level=Level.CLAIMED))
    chat = Interaction(id=f"chat-{place}", kind="chat", at=at, direction="inbound", summary="order status")
    return ContactRecord(
        id=f"chat-{place}", occurred_at=at, identifiers=tuple(seen), interactions=(chat,), profile=_visit(rng)
    )


def _row(rng: random.Random, place: int, person: int) -> ContactRecord:
    held = (
        Identifier(type="email", value=_email(person), level=Level.STORED),
        Identifier(type="phone", value=_phone(person), level=Level.STORED),
    )
    profile: dict[str, Any] = {
        "company": f"Company {person % 500}",
        "city": "Valencia",
        "street": f"Carrer de la Pau {person % 300}",
        "postcode": f"46{person % 1000:03d}",
        "segment": "b2b",
        "owner": f"agent-{person % 40}",
        "lifecycle": rng.choice(("subscriber", "customer", "former customer")),
        "last_order": f"order-{rng.randrange(10**8)}",
        "newsletter": True,
        "tags": ["spring fair", "price list", "returns"],
        "remarks": "Asks for delivery before noon; the gate on the left side of the yard is open from eight.",
    }
    return ContactRecord(
        id=f"row-{place}",
        occurred_at=_at(rng),
        updated_at=_at(rng),
        name=f"{_GIVEN[person % 12]} {_FAMILY[person // 12 % 11]}",
        identifiers=held,
        profile=profile,
    )


def _visit(rng: random.Random) -> dict[str, Any]:
    return {
        "page": f"https://shop.example.com/orders/{rng.randrange(10**8)}?utm_source=newsletter&utm_medium=email",
        "referrer": "https://search.example.com/",
        "browser": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Safari/537.36",
        "language": "es-ES",
        "team": f"team-{rng.randrange(6)}",
        "rating": rng.randrange(1, 6),
    }


_MAKERS = (_call, _chat, _row)


def _at(rng: random.Random) -> datetime:
    return _START + timedelta(seconds=rng.randrange(300 * 86_400))


def _phone(person: int) -> str:
    return f"+346{10_000_000 + person * 7:08d}"


def _email(person: int) -> str:
    return f"person.{person}@example{person % 50}.com"


def as_jsonl(made: Iterator[ContactRecord]) -> bytes:
    """Write records in the canonical form, a line each."""
    return msgspec.json.Encoder().encode_lines(list(made))
