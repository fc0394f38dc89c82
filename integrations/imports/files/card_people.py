"""A card as a record: what each of its properties says of the person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from msgspec import UNSET

from integrations.contract import ContactRecord, Identifier, IdentifierType, Level
from integrations.imports.files.card_properties import Property, read_property
from integrations.imports.files.cards import Card
from integrations.imports.files.cells import is_identifier, name_in, note_of, stable_id
from integrations.imports.files.times import Clock, FileTime, read_time

_IDENTIFIERS: Mapping[str, tuple[IdentifierType, str]] = {
    "EMAIL": ("email", "mailto:"),
    "TEL": ("phone", "tel:"),
}
_NO_VOICE = frozenset({"FAX", "PAGER", "MODEM", "BBS", "TEXTPHONE"})
_VOICE = frozenset({"VOICE", "CELL", "TEXT", "MSG"})
_LEFT_OUT = frozenset(
    (
        "VERSION", "PRODID", "REV", "UID", "SORT-STRING", "CLASS", "MAILER", "LABEL", "AGENT", "KIND",
        "CLIENTPIDMAP", "XML", "FN", "N", "NOTE", "X-ABLABEL", "X-ABADR", "X-ABUID", "X-ABSHOWAS",
        "X-ADDRESSBOOKSERVER-KIND", "X-ADDRESSBOOKSERVER-MEMBER", "MEMBER",
    )
)  # fmt: skip
"""What says nothing about the person, or has a place of its own in the record."""
_PROFILE = {"BDAY": "birthday", "URL": "website", "ADR": "address", "CATEGORIES": "labels"}
"""Properties with a better name in the profile; others keep their own, in small letters."""
_STRUCTURED = {"ADR": ", ", "GENDER": " ", "X-PHONETIC-ORG": " "}


def record_of(card: Card, encoding: str, clock: Clock, time: FileTime) -> ContactRecord:
    """Return the record of a card; raises `ValueError` with a reason that names the property."""
    return _record(_properties(card, encoding), clock, time)


def _properties(card: Card, encoding: str) -> list[Property]:
    version = ""
    found = []
    for line in card.lines:
        each = read_property(line, encoding, version)
        if each.name == "VERSION":
            version = each.text
        found.append(each)
    return found


def _record(properties: list[Property], clock: Clock, time: FileTime) -> ContactRecord:
    """Return the record of a card; raises `ValueError` with a reason that names the property."""
    by_name: dict[str, list[Property]] = {}
    for each in properties:
        by_name.setdefault(each.name, []).append(each)
    if _first(by_name, "KIND", "X-ADDRESSBOOKSERVER-KIND").casefold() == "group":
        raise ValueError("a list of contacts, not a contact")
    identifiers = tuple(dict.fromkeys(filter(None, map(_identifier, properties))))
    name = _name(by_name, identifiers)
    key = _first(by_name, "UID") or stable_id("card", name, identifiers)
    if key is None:
        raise ValueError("the card has no UID, no name, no e-mail and no phone")
    updated = _updated(by_name, clock)
    occurred = updated or time.stamp
    return ContactRecord(
        id=key,
        occurred_at=occurred,
        identifiers=identifiers,
        updated_at=updated,
        name=name or UNSET,
        profile=_profile(properties),
        notes=tuple(note_of(each.text, occurred) for each in by_name.get("NOTE", ()) if each.text),
    )


def _first(by_name: Mapping[str, list[Property]], *names: str) -> str:
    return next((each.text for name in names for each in by_name.get(name, ()) if each.text), "")


def _identifier(each: Property) -> Identifier | None:
    known_as = _IDENTIFIERS.get(each.name)
    if known_as is None or not each.text or _is_no_voice(each):
        return None
    kind, scheme = known_as
    value = each.text
    if value.casefold().startswith(scheme):
        value = unquote(value[len(scheme) :])
    return Identifier(type=kind, value=value, level=Level.STORED) if value else None


def _is_no_voice(each: Property) -> bool:
    """Tell whether nobody speaks at the other end of this number."""
    return each.name == "TEL" and bool(each.types & _NO_VOICE) and not each.types & _VOICE


def _name(by_name: Mapping[str, list[Property]], identifiers: tuple[Identifier, ...]) -> str:
    """Return the name of the person; nothing for a company, or a card named after its number.

    Address books fill the obligatory FN with whatever there is. A number is no name, and a company's name
    beside its switchboard would make a person who doesn't exist.
    """
    parts = next((each.parts() for each in by_name.get("N", ())), [])
    family, given, middle, _, suffix = [*map(name_in, parts), "", "", "", "", ""][:5]
    structured = " ".join(filter(None, (given, middle, family, suffix)))
    shown = name_in(_first(by_name, "FN"))
    company = next((each.parts()[0] for each in by_name.get("ORG", ())), "")
    is_company = (
        _first(by_name, "KIND").casefold() in {"org", "organization"}
        or _first(by_name, "X-ABSHOWAS").casefold() == "company"
        or (not structured and bool(company) and shown == company)
    )
    if is_company:
        return ""
    return next((name for name in (shown, structured) if name and not is_identifier(name, identifiers)), "")


def _updated(by_name: Mapping[str, list[Property]], clock: Clock) -> datetime | None:
    """Return the time of REV. One that can't be read ranks nothing, and costs no contact."""
    try:
        read = read_time(_first(by_name, "REV"), clock)
    except ValueError:
        return None
    return read.at if read else None


def _profile(properties: list[Property]) -> dict[str, Any]:
    profile: dict[str, Any] = {}
    for each in properties:
        if each.name in _LEFT_OUT or (each.name in _IDENTIFIERS and not _is_no_voice(each)):
            continue
        if each.name == "ORG":
            company, *units = each.parts()
            told = {"company": company, "department": ", ".join(filter(None, units))}
        else:
            field = "fax" if each.name == "TEL" else _PROFILE.get(each.name, each.name.lower())
            between = _STRUCTURED.get(each.name)
            told = {field: between.join(filter(None, each.parts())) if between else each.text}
        for field, value in told.items():
            if value:
                before = profile.get(field)
                profile[field] = value if before is None else [*_listed(before), value]
    return profile


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - a text or a list of texts
    return value if isinstance(value, list) else [value]
