"""Builders: records as sources would deliver them, folded as landing folds them; and contacts in words."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from integrations.contract import About, ContactRecord, Identifier, IdentifierType, Level, Token
from tests.one_pass import all_suggestions
from worker.domain.contacts import Contact, Kind
from worker.domain.decisions import Decision, DecisionKind
from worker.domain.evidence import Key
from worker.domain.folding import fold
from worker.domain.records import Record, Version, content_digest, record_id
from worker.domain.resolve import Resolution

ID_KEY = b"the key of the tests"
START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
LANDED = datetime(2026, 6, 1, tzinfo=UTC)

P = "+34612345678"
Q = "+34698765432"

_numbers = count(1)


def at(day: float) -> datetime:
    """Return the time `day` days after the first of March 2026, ten o'clock."""
    return START + timedelta(days=day)


def identifier(
    type_: IdentifierType, value: str, level: Level | None, namespace: str = "", method: str = ""
) -> Identifier:
    return Identifier(type=type_, value=value, level=level, namespace=namespace, method=method)


def phone(value: str, level: Level) -> Identifier:
    return identifier("phone", value, level)


def email(value: str, level: Level) -> Identifier:
    return identifier("email", value, level)


def account(value: str, level: Level = Level.VERIFIED, namespace: str = "app") -> Identifier:
    return identifier("account", value, level, namespace)


def cookie(value: str, level: Level = Level.VERIFIED, namespace: str = "site") -> Identifier:
    return identifier("device", value, level, namespace)


def handle(value: str, level: Level = Level.OBSERVED, namespace: str = "whatsapp") -> Identifier:
    return identifier("handle", value, level, namespace)


def version(
    key: str,
    *identifiers: Identifier,
    occurred_at: datetime = START,
    updated_at: datetime | None = None,
    name: str | UnsetType | None = UNSET,
    about: tuple[str, str] | tuple[str, str, Level] | None = None,
    landed_at: datetime = LANDED,
    stamp: datetime | None = None,
    **fields: Any,
) -> Version:
    """Return one delivered version of a record."""
    record = ContactRecord(
        id=key,
        occurred_at=occurred_at,
        updated_at=updated_at,
        name=name,
        identifiers=identifiers,
        about=About(*about) if about else None,
        **fields,
    )
    return Version(record, content_digest(record)[1], stamp, landed_at)


def a_record(source: str, *versions: Version) -> Record:
    """Fold versions of one key into the record that the rules see."""
    return fold(ID_KEY, source, versions).record


def a_call(number: str | None = P, *, on: float = 0, key: str | None = None, **fields: Any) -> Record:
    """A finished call: the channel carried the number, and proves nothing. None is a withheld number."""
    line = [] if number is None else [phone(number, Level.OBSERVED)]
    return a_record("pbx", version(key or f"call-{next(_numbers)}", *line, occurred_at=at(on), **fields))


def a_message(sender: Identifier, *, on: float = 0, key: str | None = None) -> Record:
    """A message on a channel that does not track identity: SMS, social, e-mail."""
    return a_record("inbox", version(key or f"message-{next(_numbers)}", sender, occurred_at=at(on)))


def a_row(
    *,
    name: str | None = None,
    mail: str | None = None,
    number: str | None = None,
    customer: str | None = None,
    on: float = 0,
    key: str | None = None,
) -> Record:
    """A row of the business's own books."""
    held = [
        *([] if mail is None else [email(mail, Level.STORED)]),
        *([] if number is None else [phone(number, Level.STORED)]),
        *([] if customer is None else [account(customer, Level.STORED, "crm")]),
    ]
    made = version(key or f"row-{next(_numbers)}", *held, occurred_at=at(on), name=name or UNSET)
    return a_record("crm", made)


def a_complete_row(
    *,
    name: str = "Ana Ruiz",
    mail: str = "ana@x.es",
    number: str = P,
    customer: str | None = None,
    on: float = 0,
    key: str | None = None,
) -> Record:
    """A row with complete details: full name, e-mail and phone."""
    return a_row(name=name, mail=mail, number=number, customer=customer, on=on, key=key)


def a_chat(*identifiers: Identifier, on: float = 0, key: str | None = None, **fields: Any) -> Record:
    """A chat, with whatever its channel and its visitor gave."""
    return a_record(
        "chat", version(key or f"chat-{next(_numbers)}", *identifiers, occurred_at=at(on), **fields)
    )


def a_visit(
    browser: str, *identifiers: Identifier, on: float = 0, key: str | None = None, **fields: Any
) -> Record:
    """A chat on the business's own site, whose cookie came back; nobody logged in."""
    return a_chat(cookie(browser), *identifiers, on=on, key=key, **fields)


def a_login(
    user: str, *identifiers: Identifier, on: float = 0, key: str | None = None, **fields: Any
) -> Record:
    """A session that the business's own site authenticated."""
    return a_chat(account(user), *identifiers, on=on, key=key, **fields)


def a_code(
    proved: Identifier, *, about: Record, line: str | None = P, on: float = 1, key: str | None = None
) -> Record:
    """A one-time code that our own platform confirmed for the person of another record, on that line."""
    carried = [] if line is None else [phone(line, Level.OBSERVED)]
    made = version(
        key or f"code-{next(_numbers)}",
        proved,
        *carried,
        occurred_at=at(on),
        about=(about.source, about.key),
    )
    return a_record("avouch", made)


def id_of(source: str, key: str) -> str:
    """Return the id of a record."""
    return record_id(ID_KEY, source, key)


def contact_of(resolution: Resolution, record: Record) -> Contact:
    """Return the contact that a record is in."""
    return next(contact for contact in resolution.contacts if record.id in contact.record_ids)


def kinds(resolution: Resolution) -> dict[str, Kind]:
    """Return the kind of each record's contact, by record key."""
    return {record.id: contact.kind for contact in resolution.contacts for record in contact.records}


def told(resolution: Resolution) -> set[str]:
    """Say what contacts there are, each by its records' keys: `lead: call-1, call-2`."""
    return {
        f"{contact.kind.value}: {', '.join(sorted(record.id for record in contact.records))}"
        for contact in resolution.contacts
    }


def suggested(resolution: Resolution, records: Iterable[Record]) -> set[str]:
    """Say which contacts may be one person, each by the key of its founding record: `call ~ row`."""
    every = list(records)
    key = {record.id: record.key for record in every}
    found = all_suggestions(resolution.contacts, resolution.conflicts, every)
    return {" ~ ".join(sorted((key[each.one], key[each.other]))) for each in found}


_decisions = count(1)


def a_decision(
    kind: DecisionKind, *sides: Iterable[Record], on: float = 10, key: Key | None = None
) -> Decision:
    """What a person said about records, `on` days after the first of March."""
    return Decision(
        id=f"{kind}-{next(_decisions)}",
        kind=kind,
        at=at(on),
        author="eva",
        sides=tuple(tuple(record.id for record in side) for side in sides),
        key=key,
    )


def withdrawn(decision: Decision, *, on: float = 20) -> Decision:
    """The same decision, taken back."""
    return replace(decision, withdrawn_at=at(on), withdrawn_by="eva")


def a_card(*identifiers: Identifier, on: float = 0, key: str | None = None, **fields: Any) -> Record:
    """What an agent typed during a call."""
    return a_record(
        "helpdesk", version(key or f"card-{next(_numbers)}", *identifiers, occurred_at=at(on), **fields)
    )


def a_token_chat(
    user: str, token: Token, *identifiers: Identifier, on: float = 0, key: str | None = None, **fields: Any
) -> Record:
    """A chat that a signed token says is by `user`."""
    signed = Identifier(
        type="account", value=user, namespace="app", level=Level.VERIFIED, method="jwt", token=token
    )
    return a_chat(signed, *identifiers, on=on, key=key, **fields)
