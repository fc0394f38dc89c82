"""WebDAV as CardDAV servers speak it: what is asked, in XML, and what a multistatus answers.

Sources: RFC 4918 (multistatus), RFC 5397 (current-user-principal), RFC 6352 (CardDAV), RFC 6578 (sync-collection).
"""

import re
from collections.abc import Iterable
from html import escape
from http import HTTPStatus

from msgspec import Struct

from integrations.xml_tree import Element, parse

DAV = "{DAV:}"
CARD = "{urn:ietf:params:xml:ns:carddav}"
_SPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"'
_STATUS = re.compile(r"HTTP/\d(?:\.\d)? (\d{3})")


class ForeignError(ValueError):
    """Raised when an answer is something else than a multistatus: a web page, the answer of another program."""


class Answer(Struct, frozen=True):
    """What a multistatus says of one address."""

    href: str
    status: int
    """Of the address itself; 200 where only its properties have one."""
    properties: Element
    """Those that the server found."""

    @property
    def is_book(self) -> bool:
        """Tell whether this is an address book."""
        return self.properties.first(f"{DAV}resourcetype", f"{CARD}addressbook") is not None

    @property
    def principal(self) -> str:
        """The address of who is logged in; empty where the server doesn't say."""
        return self.properties.text_at(f"{DAV}current-user-principal", f"{DAV}href")

    @property
    def homes(self) -> list[str]:
        """The addresses below which the address books are."""
        home = self.properties.first(f"{CARD}addressbook-home-set")
        return [] if home is None else [each.text.strip() for each in home.all(f"{DAV}href")]

    @property
    def card(self) -> str | None:
        """The text of the vCard; None where the answer holds none."""
        found = self.properties.first(f"{CARD}address-data")
        return None if found is None else found.text

    @property
    def modified(self) -> str:
        """When the server last changed it, as HTTP writes dates."""
        return self.properties.text_at(f"{DAV}getlastmodified")


class Multistatus(Struct, frozen=True):
    """What a server says of several addresses."""

    answers: list[Answer]
    sync_token: str


def multistatus(body: bytes) -> Multistatus:
    """Return what an answer says; raises `ValueError` with a reason that names no value."""
    if b"multistatus" not in body[:1024]:
        raise ForeignError("no WebDAV multistatus")
    root = parse(body)
    if root.name != f"{DAV}multistatus":
        raise ForeignError("no WebDAV multistatus")
    return Multistatus(
        [_answer(each, href) for each in root.all(f"{DAV}response") for href in each.all(f"{DAV}href")],
        root.text_at(f"{DAV}sync-token"),
    )


def _answer(response: Element, href: Element) -> Answer:
    properties = Element(f"{DAV}prop")
    for each in response.all(f"{DAV}propstat"):
        found = each.first(f"{DAV}prop")
        if found is not None and _status(each) == HTTPStatus.OK:
            properties.children += found.children
    return Answer(href.text.strip(), _status(response), properties)


def _status(of: Element) -> int:
    stated = of.text_at(f"{DAV}status")
    if not stated:
        return HTTPStatus.OK
    match = _STATUS.match(stated)
    if match is None:
        raise ValueError("a status that is none")
    return int(match[1])


def what_is_here() -> bytes:
    """Ask of an address whether it is an address book, and where the others are."""
    return _xml(
        "d:propfind",
        "<d:prop><d:resourcetype/><d:current-user-principal/><c:addressbook-home-set/></d:prop>",
    )


def what_changed(token: str) -> bytes:
    """Ask for the addresses of cards that changed since `token`; an empty one asks for all."""
    return _xml(
        "d:sync-collection",
        f"<d:sync-token>{escape(token)}</d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop>",
    )


def cards_at(hrefs: Iterable[str]) -> bytes:
    """Ask for the cards at these addresses."""
    listed = "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs)
    return _xml("c:addressbook-multiget", f"<d:prop><d:getlastmodified/><c:address-data/></d:prop>{listed}")


def _xml(name: str, inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?><{name} {_SPACES}>{inner}</{name}>'.encode()
