"""A simulated CardDAV server with so many cards in two address books (RFC 6352), synchronised by RFC 6578."""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import unescape
from urllib.parse import quote, unquote

from msgspec import Struct

from tests.connectors.dav import found, multistatus, not_found, refused
from tests.simulated.crowd import someone
from worker.demo.simulator_server import Answer, Asked

USER, PASSWORD = "ana", "made-up"
ROOT, PRINCIPAL, HOME = "/dav/", "/dav/principals/ana/", "/dav/addressbooks/ana/"
BOOKS = (f"{HOME}contacts/", f"{HOME}Neue%20Kunden/")
TOKEN = "http://example.com/ns/sync/"
_AUTHORIZATION = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()
_IS_BOOK = "<d:resourcetype><d:collection/><card:addressbook/></d:resourcetype>"
_IS_FOLDER = "<d:resourcetype><d:collection/></d:resourcetype>"
_WHO = f"<d:current-user-principal><d:href>{PRINCIPAL}</d:href></d:current-user-principal>"
_HOME_SET = f"<card:addressbook-home-set><d:href>{HOME}</d:href></card:addressbook-home-set>"


class Member(Struct, frozen=True):
    """An address in a book, as its last change left it."""

    change: int
    """The number of that change in its book."""
    at: datetime
    card: str | None
    """None once it is deleted."""


class SimulatedCardDav:
    """Three of four cards are in one address book, the rest in another. A long list comes in eight parts or fewer.

    Every thirteenth was changed a day after it was written: the order of changes, in which the server lists, is not
    that of the addresses.
    """

    connector = "carddav"
    secrets: Mapping[str, str] = {"password": PASSWORD}

    def __init__(self, size: int) -> None:
        self._books: dict[str, dict[str, Member]] = {book: {} for book in BOOKS}
        self._changes = dict.fromkeys(BOOKS, 0)
        self._most = max(1, size // 8)
        """Addresses that the server lists at once."""
        self._size = size
        for place in sorted(range(size), key=lambda place: (someone(place).changed_at, place)):
            self._write(place, someone(place).changed_at, _card(place))

    def settings(self, url: str) -> dict[str, str]:
        """Return the address of the server; the address books are found from there."""
        return {"base_url": f"{url}{ROOT}", "user": USER}

    def pass_a_day(self) -> tuple[set[str], set[str]]:
        """Change every tenth card and add one, and delete every fiftieth; return the paths of both kinds."""
        last = self._size
        at = someone(last).added_at + timedelta(days=2)
        gone = set(range(49, last, 50))
        changed = {*range(9, last, 10), last} - gone
        for place in sorted(changed):
            self._write(place, at, _card(place, "TITLE:Director"))
        for place in sorted(gone):
            self._write(place, at, None)
        return {unquote(_href(place)) for place in changed}, {unquote(_href(place)) for place in gone}

    def _write(self, place: int, at: datetime, card: str | None) -> None:
        book, href = _book(place), _href(place)
        self._changes[book] += 1
        self._books[book][href] = Member(self._changes[book], at, card)

    def answer(self, asked: Asked) -> Answer:
        """Answer PROPFIND, and the reports sync-collection and addressbook-multiget of a book."""
        if asked.headers.get("authorization") != _AUTHORIZATION:
            return Answer(status=401, headers={"WWW-Authenticate": 'Basic realm="made up"'})
        if asked.method == "PROPFIND":
            return _properties(asked)
        if asked.method != "REPORT" or asked.path not in self._books:
            return Answer(status=404)
        body = asked.body.decode()
        if "addressbook-multiget" in body:
            return self._cards(asked.path, map(unescape, re.findall("<d:href>([^<]*)</d:href>", body)))
        # RFC 6578, 3.2: "MUST result in a 400 (Bad Request) response" with another depth than 0.
        if asked.headers.get("depth", "0") != "0" or "<d:sync-level>1</d:sync-level>" not in body:
            return Answer(status=400)
        token = re.search("<d:sync-token>([^<]*)</d:sync-token>", body)
        return Answer(status=400) if token is None else self._changed(asked.path, unescape(token[1]))

    def _changed(self, book: str, token: str) -> Answer:
        """List what changed since a token, in the order of the changes (RFC 6578, 3.4 to 3.6)."""
        since = _number(book, token)
        newest = self._changes[book]
        if since is None or since > newest:
            return refused("valid-sync-token", 403)
        members = sorted(self._books[book].items(), key=lambda member: member[1].change)
        # What was deleted before the first reading was never there for its reader (3.4).
        changed = [
            (href, member)
            for href, member in members
            if member.change > since and (since or member.card is not None)
        ]
        listed = changed[: self._most]
        responses = [
            not_found(href)
            if member.card is None
            else found(href, f'<d:getetag>"{member.change}"</d:getetag>')
            for href, member in listed
        ]
        if len(listed) < len(changed):
            newest = listed[-1][1].change
            responses.append(_cut_off(book))
        return multistatus(*responses, token=f"{TOKEN}{quote(book)}{newest}")

    def _cards(self, book: str, hrefs: Iterable[str]) -> Answer:
        return multistatus(*(self._member(book, href) for href in hrefs))

    def _member(self, book: str, href: str) -> str:
        member = self._books[book].get(href)
        if member is None or member.card is None:
            return not_found(href)
        modified = format_datetime(member.at.astimezone(UTC), usegmt=True)
        card = member.card.replace("&", "&amp;").replace("<", "&lt;").replace("\r", "&#13;")
        return found(
            href,
            f"<d:getlastmodified>{modified}</d:getlastmodified><card:address-data>{card}</card:address-data>",
        )


def _properties(asked: Asked) -> Answer:
    """Say what is at an address and, with depth 1, right below it."""
    known = {ROOT: _IS_FOLDER + _WHO, PRINCIPAL: _WHO + _HOME_SET, HOME: _IS_FOLDER + _WHO} | dict.fromkeys(
        BOOKS, _IS_BOOK + _WHO
    )
    if asked.path not in known:
        return Answer(status=404)
    below = BOOKS if asked.path == HOME and asked.headers.get("depth") == "1" else ()
    return multistatus(*(found(path, known[path]) for path in (asked.path, *below)))


def _number(book: str, token: str) -> int | None:
    """Return after which change of a book a token was given; 0 for none yet, None where it is not the book's."""
    if not token:
        return 0
    number = token.removeprefix(f"{TOKEN}{quote(book)}")
    return int(number) if number.isdecimal() else None


def _cut_off(book: str) -> str:
    """Say that the list is one part of several, as the example of RFC 6578, 3.10 does."""
    error = "<d:error><d:number-of-matches-within-limits/></d:error>"
    end = "</d:response>"
    return not_found(book, "HTTP/1.1 507 Insufficient Storage").removesuffix(end) + error + end


def _book(place: int) -> str:
    return BOOKS[place % 4 == 3]


def _href(place: int) -> str:
    """Return the address of a card; some hold signs that have to be escaped."""
    return (
        f"{_book(place)}{place:x}%40example%20{place % 7}.vcf"
        if place % 5 == 0
        else f"{_book(place)}{place:x}.vcf"
    )


def _card(place: int, *lines: str) -> str:
    one = someone(place)
    head = [f"UID:urn:uuid:{place:032x}", f"FN:{one.name}", f"N:{one.last};{one.first};;;"]
    mail = [f"EMAIL;TYPE=INTERNET:{one.email}"] if one.email else []
    line = [f"TEL;TYPE=CELL:{one.phone}"] if one.phone else []
    note = [f"NOTE:Met at R&D\\, {place}"] if place % 10 == 0 else []
    card = ["BEGIN:VCARD", "VERSION:3.0", *head, *mail, *line, *note, *lines]
    return "\r\n".join([*card, f"REV:{one.added_at:%Y%m%dT%H%M%SZ}", "END:VCARD", ""])
