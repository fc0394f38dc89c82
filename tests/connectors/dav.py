"""A CardDAV server on loopback in the shape that the RFCs give, which forgets tokens and cuts lists off when told."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape, unescape

from worker.demo.simulator_server import Answer, Asked, LoopbackServer

HOME = "/dav/addressbooks/ana/"
NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
_SPACES = 'xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav" xmlns:s="http://sabredav.org/ns"'
_PRINCIPAL = "<d:current-user-principal><d:href>/dav/principals/ana/</d:href></d:current-user-principal>"
_BOOK = "<d:resourcetype><d:collection/><card:addressbook/></d:resourcetype>"


def a_card(name: str, *lines: str) -> str:
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", f"UID:{name}", f"FN:{name}", *lines, "END:VCARD", ""])


def multistatus(*responses: str, token: str = "") -> Answer:
    ended = f"<d:sync-token>{escape(token)}</d:sync-token>" if token else ""
    body = f'<?xml version="1.0"?>\n<d:multistatus {_SPACES}>{"".join(responses)}{ended}</d:multistatus>'
    return Answer(body.encode(), 207, {"Content-Type": "application/xml; charset=utf-8"})


def found(href: str, properties: str, status: str = "HTTP/1.1 200 OK") -> str:
    inner = f"<d:prop>{properties}</d:prop><d:status>{status}</d:status>"
    return f"<d:response><d:href>{escape(href)}</d:href><d:propstat>{inner}</d:propstat></d:response>"


def not_found(href: str, status: str = "HTTP/1.1 404 Not Found") -> str:
    return f"<d:response><d:href>{escape(href)}</d:href><d:status>{status}</d:status></d:response>"


def refused(condition: str, status: int) -> Answer:
    said = f"<s:exception>Sabre</s:exception><s:message>No such Ana</s:message><d:{condition}/>"
    return Answer(f'<?xml version="1.0"?><d:error {_SPACES}>{said}</d:error>'.encode(), status)


class DavServer(LoopbackServer):
    """Keeps books of cards and every change to them; a token is the number of changes so far."""

    def __init__(self, most: int = 0) -> None:
        super().__init__(self._answer)
        self.books: dict[str, list[tuple[str, str | None]]] = {}
        self.most = most
        """What the server lists at once; 0 is all."""
        self.forgets = ("", 403)
        """The token that is answered with `valid-sync-token`, and by which status."""
        self.asked: list[Asked] = []
        self.home = HOME
        self.missing = 404

    def add_book(self, name: str, *cards: str) -> str:
        book = f"{HOME}{name}/"
        self.books[book] = []
        for number, card in enumerate(cards):
            self.put(book, f"{number:03}.vcf", card)
        return book

    def put(self, book: str, file: str, card: str | None) -> None:
        """Write a card, or delete it where `card` is None."""
        self.books[book].append((f"{book}{file}", card))

    def cards(self, book: str) -> dict[str, str]:
        """Return the cards that are there."""
        return {href: card for href, card in dict(self.books[book]).items() if card is not None}

    @property
    def reports(self) -> list[str]:
        return [asked.body.decode() for asked in self.asked if asked.method == "REPORT"]

    def _answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if asked.method == "PROPFIND":
            return self._properties(asked)
        book = next((book for book in self.books if book == asked.path), None)
        if book is None:
            return Answer(status=self.missing)
        body = asked.body.decode()
        return self._cards(book, body) if "addressbook-multiget" in body else self._changes(book, body)

    def _properties(self, asked: Asked) -> Answer:
        if asked.path in self.books:
            return multistatus(found(asked.path, _BOOK + _PRINCIPAL))
        if asked.path == "/dav/principals/ana/":
            home = f"<card:addressbook-home-set><d:href>{self.home}</d:href></card:addressbook-home-set>"
            return multistatus(found(asked.path, home))
        if asked.path == HOME:
            books = [found(book, _BOOK) for book in self.books]
            return multistatus(found(HOME, "<d:resourcetype><d:collection/></d:resourcetype>"), *books)
        return multistatus(
            found(asked.path, _PRINCIPAL)[: -len("</d:response>")]
            + "<d:propstat><d:prop><card:addressbook-home-set/></d:prop>"
            "<d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>"
        )

    def _changes(self, book: str, body: str) -> Answer:
        token = _between(body, "sync-token")
        if token and token == self.forgets[0]:
            return refused("valid-sync-token", self.forgets[1])
        begin = int(token.rpartition("/")[2] or 0)
        changes = self.books[book][begin:]
        listed = changes[: self.most or None]
        now = dict(self.books[book])
        responses = [
            not_found(href) if now[href] is None else found(href, "<d:getetag>e</d:getetag>")
            for href, _ in dict(listed).items()
            if now[href] is not None or begin
        ]
        if len(listed) < len(changes):
            responses.append(not_found(book, "HTTP/1.1 507 Insufficient Storage"))
        return multistatus(*responses, token=f"http://example.com/sync/{begin + len(listed)}")

    def _cards(self, book: str, body: str) -> Answer:
        cards = self.cards(book)
        modified = f"<d:getlastmodified>{format_datetime(NOON, usegmt=True)}</d:getlastmodified>"
        asked = [unescape(href) for href in re.findall("<d:href>([^<]*)</d:href>", body)]
        return multistatus(
            *(
                found(href, f"{modified}<card:address-data>{escape(cards[href])}</card:address-data>")
                if href in cards
                else not_found(href)
                for href in asked
            )
        )


def _between(body: str, name: str) -> str:
    match = re.search(f"<d:{name}>([^<]*)</d:{name}>", body)
    return unescape(match[1]) if match else ""


def people(count: int) -> Sequence[str]:
    return [a_card(f"Person {number}", f"EMAIL:p{number}@example.com") for number in range(count)]
