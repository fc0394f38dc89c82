"""CardDAV: the address books of Nextcloud, iCloud, Fastmail, Radicale and others (RFC 6352, sync by RFC 6578).

A card is what the business's own books hold, read as the `vcard` import reads it. What servers do, and what is
done about it:
- A change is named by the card's address, and a deletion by nothing else; so the address, without its host, is the
  record's key. A UID is not: the same one may stand in two books, and a deletion doesn't name it. The price: a card
  that is moved to another book is another record, and the old one is deleted.
- A list of changes comes whole, or in parts that the server ends (status 507). It is never asked for a part of our
  size: SabreDAV and Nextcloud cut such a list off, say nothing, and give the token of its end, so that the rest is lost
  (sabre-io/dav#1259, nextcloud/server#50086). Of a long part each page takes some cards, and the next page asks for the
  part again, from the same token, going on behind the last address. The token after it is that of the first time it was
  asked for, so what changes meanwhile comes with the next run. The price is the list of addresses once a page.
- A token that the server has forgotten is answered with `valid-sync-token`: the book is read whole again, as it was
  the first time, in a sweep that finds what vanished meanwhile.
- A book that is gone takes its cards along.
- REV is a client's word, and many clients leave it as it was. Versions rank by the server's own time of change, or by
  the time they were read where it states none (Radicale): what is read is how the card is now.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from integrations.contract import ContactRecord, Delivery, Page, Part, Rejected, Sweep
from integrations.credentials import basic
from integrations.errors import AccessError, FormatError, RefusedError
from integrations.http import HttpApi, Request
from integrations.imports import webdav
from integrations.imports.dav_cursor import Place, Reading, resume
from integrations.imports.files.pages import reject
from integrations.imports.files.times import FileTime
from integrations.imports.vcard import record_in
from integrations.imports.webdav import Answer, ForeignError, Multistatus
from integrations.payloads import mail_time
from integrations.source import Source
from integrations.verdicts import STRANGE

MOST_CARDS = 200
"""On a page: four requests for cards and one for the list, a few seconds even where servers are slow."""
BATCH = 50
"""Cards that are asked for at once: with their pictures some megabytes."""
NO_TOKEN = "valid-sync-token"  # noqa: S105 - a code of the protocol
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""An address book that was there when the run began."""
_HEADERS = {"Accept": "application/xml, text/xml", "Content-Type": "application/xml; charset=utf-8"}


class CardDavOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a CardDAV source."""

    base_url: str
    user: str
    address_books: tuple[str, ...] = ()


class _Change(NamedTuple):
    """One card that a list of changes names."""

    key: str
    href: str
    deleted: bool


class CardDav:
    """Reads the cards of an account's address books. A card of the books proves nobody's identity."""

    def __init__(self, source: Source) -> None:
        self._source = source.name
        self._options = source.options(CardDavOptions)
        self._clock = source.clock
        self._most = min(source.page_limit or MOST_CARDS, MOST_CARDS)
        self._api = HttpApi(
            source,
            self._options.base_url,
            auth=basic(self._options.user, source.secret("password")),
            headers=_HEADERS,
            meanings={NO_TOKEN: STRANGE},
        )

    def parts(self) -> list[Part]:
        """Return the address books; raises as `fetch` does, since it asks the server for them."""
        return [
            Part(name=_label(book), cursor=Place(left=(book,)).cursor, permission="read the address book")
            for book in self._books()
        ]

    def fetch(self, cursor: str | None) -> Page:
        """Return the next page of changed cards, of one address book after the other."""
        place = resume(self._source, cursor)
        if place.is_between_runs:
            place = place.begun(self._books())
        if place.gone:
            return _without(place, self._clock())
        reading = place.reading or place.first(int(self._clock().timestamp()))
        try:
            reading, listed = self._listed(reading)
        except RefusedError as error:
            if error.status not in GONE:
                raise
            return _without(place.losing(reading.book), self._clock())
        return self._page(place, reading, listed)

    def _listed(self, reading: Reading) -> tuple[Reading, Multistatus]:
        """Return what changed, and how it was asked for in the end: whole, where the token is forgotten."""
        try:
            return reading, self._report(reading.book, webdav.what_changed(reading.token))
        except RefusedError as error:
            # The token in the midst of a whole reading was given moments ago; asking anew would go on for ever.
            if NO_TOKEN not in error.codes or reading.began_at:
                raise
        reading = Reading(book=reading.book, began_at=int(self._clock().timestamp()))
        return reading, self._report(reading.book, webdav.what_changed(reading.token))

    def _page(self, place: Place, reading: Reading, listed: Multistatus) -> Page:
        whole = unquote(reading.book)
        cut_off = any(
            each.status == HTTPStatus.INSUFFICIENT_STORAGE
            and _folder(unquote(self._path(each.href))) == whole
            for each in listed.answers
        )
        named = {each.key: each for each in self._named(whole, listed.answers)}
        changes = [named[key] for key in sorted(named) if key > reading.after]
        taken = changes[: self._most]
        now = self._clock()
        read = list(self._read(reading.book, taken, now))
        place = place.after(
            reading,
            source=self._source,
            token=listed.sync_token,
            cut_off=cut_off,
            last=taken[-1].key if len(changes) > len(taken) else "",
        )
        sweep = None
        if reading.began_at:
            sweep = Sweep(
                began_at=datetime.fromtimestamp(reading.began_at, UTC),
                listed=tuple(change.key for change, made in read if not _says_deleted(made)),
                ended=place.reading is None,
                prefix=whole,
            )
        return Page(
            deliveries=tuple(made for _, made in read if isinstance(made, Delivery)),
            rejected=tuple(made for _, made in read if isinstance(made, Rejected)),
            cursor=place.cursor,
            more=not place.is_between_runs,
            sweep=sweep,
            stamp=now,
        )

    def _named(self, book: str, answers: Sequence[Answer]) -> Iterator[_Change]:
        """Yield the cards among the answers; the book itself and what is elsewhere is none."""
        for each in answers:
            path = self._path(each.href)
            key = unquote(path)
            if key.startswith(book) and key != book:
                yield _Change(key, path, each.status == HTTPStatus.NOT_FOUND)

    def _read(
        self, book: str, changes: Sequence[_Change], now: datetime
    ) -> Iterator[tuple[_Change, Delivery | Rejected]]:
        wanted = [each.href for each in changes if not each.deleted]
        answers: dict[str, Answer | None] = {}
        for begin in range(0, len(wanted), BATCH):
            answers |= self._cards(book, wanted[begin : begin + BATCH])
        for number, change in enumerate(changes, start=1):
            where = f"{_label(book)}, card {number}"
            answer = answers.get(change.key)
            if change.deleted or (answer is not None and answer.status == HTTPStatus.NOT_FOUND):
                gone = ContactRecord(id=change.key, occurred_at=now, identifiers=(), deleted=True)
                yield change, Delivery(gone, None, where)
            else:
                yield change, _made(change.key, answer, where, now)

    def _cards(self, book: str, hrefs: Sequence[str]) -> dict[str, Answer | None]:
        """Return by key what the server says of each address: nothing of one whose answer can't be read.

        A card with a control character in it makes the XML of its whole batch unreadable with some servers, so the
        batch is halved until that card is alone.
        """
        try:
            answers = self._report(book, webdav.cards_at(hrefs)).answers
        except FormatError as error:
            if isinstance(error, RefusedError) or isinstance(error.__cause__, ForeignError):
                raise
            if len(hrefs) == 1:
                return {unquote(hrefs[0]): None}
            half = len(hrefs) // 2
            return self._cards(book, hrefs[:half]) | self._cards(book, hrefs[half:])
        return {unquote(self._path(each.href)): each for each in answers}

    def _report(self, book: str, content: bytes) -> Multistatus:
        request = Request(method="REPORT", path=book, content=content, headers={"Depth": "0"})
        return self._api.read(request, webdav.multistatus)

    def _books(self) -> list[str]:
        """Return the paths of the address books to read; raises `AccessError` when there is none."""
        here = self._found("", 0)
        books = [self._path(each.href) for each in here if each.is_book]
        if not books:
            homes = [home for each in here for home in each.homes]
            if not homes:
                principals = [each.principal for each in here if each.principal]
                homes = [home for who in principals for each in self._found(who, 0) for home in each.homes]
            books = [self._path(each.href) for home in homes for each in self._found(home, 1) if each.is_book]
        wanted = self._options.address_books
        books = [book for book in dict.fromkeys(map(_folder, books)) if not wanted or _label(book) in wanted]
        if not books:
            named = " of the names in address_books" if wanted else ""
            raise AccessError(
                f"{self._source}: no address book{named} is found from base_url.\n"
                "    Set it to the address of the account or of one address book, then run: avouch sources test"
                f" {self._source}"
            )
        return books

    def _found(self, href: str, depth: int) -> list[Answer]:
        path = self._path(href) if href else ""
        request = Request(
            method="PROPFIND", path=path, content=webdav.what_is_here(), headers={"Depth": str(depth)}
        )
        return self._api.read(request, webdav.multistatus).answers

    def _path(self, href: str) -> str:
        """Return the path of an address as the server spells it; raises `AccessError` for one on another host.

        Keys are paths with their escapes undone: what one answer escapes and the next leaves plain is one card.
        """
        here = urlsplit(self._options.base_url).hostname
        try:
            url = urlsplit(urljoin(self._options.base_url, href))
            host = url.hostname
        except ValueError as error:
            raise FormatError(f"{self._source}: the server names an address that is none") from error
        if host != here:
            raise AccessError(
                f"{self._source}: its address books are on another host: {host}.\n"
                f"    Set base_url to https://{host}/ in avouch.toml, then run: avouch sources test {self._source}"
            )
        return quote(url.path, safe="/%@:!$&'()*+,;=~")


def _without(place: Place, now: datetime) -> Page:
    """Return the page that says of one address book that it is gone."""
    book = place.gone[0]
    place = replace(place, gone=place.gone[1:])
    return Page(
        deliveries=(),
        cursor=place.cursor,
        more=not place.is_between_runs,
        sweep=Sweep(began_at=now, listed=(), ended=True, prefix=unquote(book), emptied=True),
        warnings=(f"the address book {_label(book)} is gone, and its cards count as deleted",),
    )


def _folder(path: str) -> str:
    return path if path.endswith("/") else f"{path}/"


def _label(book: str) -> str:
    """Return the last part of a book's path, by which avouch.toml names it."""
    return unquote(book).rstrip("/").rpartition("/")[2]


def _says_deleted(made: Delivery | Rejected) -> bool:
    return isinstance(made, Delivery) and made.record.deleted


def _made(key: str, answer: Answer | None, where: str, now: datetime) -> Delivery | Rejected:
    if answer is None or answer.card is None:
        return Rejected(
            where, "address-data: the server names the card and doesn't send it as XML can hold it", ""
        )
    try:
        modified = mail_time(answer.modified, "getlastmodified") if answer.modified else None
    except ValueError:
        modified = None  # It ranks nothing, and costs no contact.
    try:
        record = record_in(answer.card.encode(), FileTime(None, modified or now))
    except ValueError as error:
        return reject(where, str(error), answer.card)
    return Delivery(replace(record, id=key, updated_at=modified), answer.card, where)
