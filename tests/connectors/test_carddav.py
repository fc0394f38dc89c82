"""CardDAV: what is asked of a server, and what its answers become."""

import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from integrations import registry
from integrations.contract import ContactRecord, HasParts, Level, Page
from integrations.errors import AccessError, FormatError, RefusedError, SourceError, UnavailableError
from integrations.imports.carddav import CardDav
from integrations.source import Source
from tests.connectors.contract import Vendor, always, read, records
from tests.connectors.dav import HOME, NOON, DavServer, a_card, found, multistatus, not_found, people, refused
from tests.simulated.carddav import SimulatedCardDav
from worker.demo.simulator_server import Answer, Asked, LoopbackServer

SECRET = "a-password-of-a-test"
CONTACTS = f"{HOME}contacts/"
READ_AT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def a_source(
    server: LoopbackServer, path: str = "/dav/", page_limit: int | None = None, **more: Any
) -> Source:
    return Source(
        name="books",
        connector="carddav",
        settings={"base_url": f"{server.url}{path}", "user": "ana", **more},
        secrets={"password": SECRET},
        page_limit=page_limit,
        clock=lambda: READ_AT,
    )


def a_reader(
    server: LoopbackServer, path: str = "/dav/", page_limit: int | None = None, **more: Any
) -> CardDav:
    return CardDav(a_source(server, path, page_limit, **more))


def present(pages: list[Page]) -> list[str]:
    return [record.id for record in records(pages) if not record.deleted]


def deleted(pages: list[Page]) -> list[str]:
    return [record.id for record in records(pages) if record.deleted]


def swept(pages: list[Page]) -> list[str]:
    sweeps = [page.sweep for page in pages if page.sweep is not None]
    assert len(sweeps) == len(pages)
    assert len({sweep.began_at for sweep in sweeps}) == 1
    assert [sweep.ended for sweep in sweeps] == [False] * (len(sweeps) - 1) + [True]
    return [key for sweep in sweeps for key in sweep.listed]


def scripted(*reports: Answer) -> Callable[[Asked], Answer]:
    """Answer as a server with one address book at the address itself; REPORTs by the script."""
    script = iter(reports)
    book = "<d:resourcetype><d:collection/><card:addressbook/></d:resourcetype>"

    def answer(asked: Asked) -> Answer:
        return next(script) if asked.method == "REPORT" else multistatus(found(asked.path, book))

    return answer


class TestACard:
    """A card is what the `vcard` import makes of it, under the key of its address."""

    def test_its_record_is_that_of_the_vcard_import(self) -> None:
        with DavServer() as server:
            server.add_book(
                "contacts",
                a_card(
                    "Ana Ruiz",
                    "TEL:+44 7700 900123",
                    "EMAIL:ana@example.com",
                    "ORG:Acme",
                    "NOTE:tall",
                    "REV:20260301T100000Z",
                ),
            )
            (record,) = records(read(a_reader(server)))

        assert (record.id, record.name, record.profile) == (
            f"{CONTACTS}000.vcf",
            "Ana Ruiz",
            {"company": "Acme"},
        )
        assert [(each.type, each.value, each.level) for each in record.identifiers] == [
            ("phone", "+44 7700 900123", Level.STORED),
            ("email", "ana@example.com", Level.STORED),
        ]
        assert [note.body for note in record.notes] == ["tall"]

    def test_versions_rank_by_the_servers_time_and_not_by_the_clients(self) -> None:
        with DavServer() as server:
            server.add_book("contacts", a_card("Ana Ruiz", "REV:20260301T100000Z"))
            (record,) = records(read(a_reader(server)))

        assert record.updated_at == NOON
        assert record.occurred_at == datetime(2026, 3, 1, 10, 0, tzinfo=UTC)

    @pytest.mark.parametrize("modified", ["", "<d:getlastmodified>yesterday</d:getlastmodified>"])
    def test_without_a_time_of_the_server_it_ranks_by_when_it_was_read(self, modified: str) -> None:
        href = f"{CONTACTS}1.vcf"
        card = (
            f"{modified}<card:address-data>{a_card('Ana Ruiz', 'REV:20260301T100000Z')}</card:address-data>"
        )
        script = scripted(
            multistatus(found(href, "<d:getetag>e</d:getetag>"), token="t1"), multistatus(found(href, card))
        )
        with Vendor(script) as server:
            (page,) = read(a_reader(server, CONTACTS))

        (record,) = records([page])
        assert (record.updated_at, page.stamp) == (None, READ_AT)

    def test_its_text_is_kept_and_it_can_be_written_as_json(self) -> None:
        with DavServer() as server:
            server.add_book("contacts", a_card("Ana Ruiz"))
            ((delivery,),) = [page.deliveries for page in read(a_reader(server))]

        assert delivery.raw is not None
        assert "FN:Ana Ruiz" in delivery.raw
        assert (
            msgspec.json.decode(msgspec.json.encode(delivery.record), type=ContactRecord) == delivery.record
        )

    @pytest.mark.parametrize(
        ("card", "reason"),
        [
            ("", "the card is empty"),
            ("BEGIN:VCARD\r\nFN:Ana", "the file ends in the middle of this card"),
            (a_card("Ana") * 2, "more than one card"),
            (a_card("Ana", "no property"), "a line without a colon"),
            (a_card("Friends", "KIND:group"), "a list of contacts, not a contact"),
        ],
    )
    def test_a_bad_one_is_rejected_and_costs_only_itself(self, card: str, reason: str) -> None:
        with DavServer() as server:
            server.add_book("contacts", a_card("Ana Ruiz"), card, a_card("Bea Ruiz"))
            pages = read(a_reader(server))

        assert [(reject.where, reject.reason, reject.raw) for page in pages for reject in page.rejected] == [
            ("contacts, card 2", reason, card.replace("\r\n", "\n").strip())
        ]
        assert present(pages) == [f"{CONTACTS}000.vcf", f"{CONTACTS}002.vcf"]

    def test_a_bad_one_is_still_there(self) -> None:
        with DavServer() as server:
            server.add_book("contacts", "no card")
            pages = read(a_reader(server))

        assert swept(pages) == [f"{CONTACTS}000.vcf"]

    def test_one_that_xml_cannot_hold_costs_only_itself(self) -> None:
        with DavServer() as server:
            book = server.add_book("contacts", *people(5))
            server.put(book, "bad.vcf", a_card("Ana\x0bRuiz"))
            pages = read(a_reader(server))

        assert len(present(pages)) == 5
        assert [reject.where for page in pages for reject in page.rejected] == ["contacts, card 6"]

    def test_one_that_is_named_and_not_sent_is_rejected(self) -> None:
        listed = multistatus(found(f"{CONTACTS}1.vcf", ""), token="t1")
        with Vendor(scripted(listed, multistatus())) as server:
            (page,) = read(a_reader(server, CONTACTS))

        assert [reject.reason.partition(":")[0] for reject in page.rejected] == ["address-data"]

    def test_one_that_is_deleted_between_two_requests_is_deleted(self) -> None:
        href = f"{CONTACTS}1.vcf"
        listed = multistatus(found(href, ""), token="t1")
        with Vendor(scripted(listed, multistatus(not_found(href)))) as server:
            pages = read(a_reader(server, CONTACTS))

        assert deleted(pages) == [href]
        assert swept(pages) == []

    def test_its_address_is_asked_for_as_the_server_spells_it(self) -> None:
        listed = multistatus(found(f"{CONTACTS}a%2Fb%20&c d.vcf", ""), token="t1")
        with Vendor(scripted(listed, multistatus())) as server:
            read(a_reader(server, CONTACTS))

        assert f"<d:href>{CONTACTS}a%2Fb%20&amp;c%20d.vcf</d:href>" in server.asked[-1].body.decode()

    def test_an_address_is_one_key_however_it_is_spelled(self) -> None:
        cards = [
            multistatus(found(f"{CONTACTS}{name}", ""), token="t1")
            for name in ("a%40b%C3%A9.vcf", "a@b%c3%a9.vcf")
        ]
        keys = []
        for listed in cards:
            with Vendor(scripted(listed, multistatus(not_found(f"{CONTACTS}a%40b%C3%A9.vcf")))) as server:
                keys += deleted(read(a_reader(server, CONTACTS)))

        assert keys == [f"{CONTACTS}a@bé.vcf"] * 2


class TestARun:
    """The first run reads everything, a later one what changed."""

    def test_it_finds_the_address_books_and_reads_each(self) -> None:
        with DavServer() as server:
            server.add_book("contacts", *people(2))
            server.add_book("suppliers", *people(1))
            pages = read(a_reader(server))

        assert present(pages) == [f"{CONTACTS}000.vcf", f"{CONTACTS}001.vcf", f"{HOME}suppliers/000.vcf"]
        assert [asked.path for asked in server.asked if asked.method == "PROPFIND"] == [
            "/dav/",
            "/dav/principals/ana/",
            HOME,
        ]

    @pytest.mark.parametrize("path", ["/dav/principals/ana/", HOME, CONTACTS])
    def test_it_begins_at_any_address_of_the_account(self, path: str) -> None:
        with DavServer() as server:
            server.add_book("contacts", *people(2))
            pages = read(a_reader(server, path))

        assert present(pages) == [f"{CONTACTS}000.vcf", f"{CONTACTS}001.vcf"]

    def test_only_the_books_that_are_named_are_read(self) -> None:
        with DavServer() as server:
            server.add_book("contacts", *people(1))
            server.add_book("suppliers", *people(1))
            pages = read(a_reader(server, address_books=["suppliers"]))

        assert present(pages) == [f"{HOME}suppliers/000.vcf"]

    def test_a_later_one_brings_what_changed_and_what_was_deleted(self) -> None:
        with DavServer() as server:
            book = server.add_book("contacts", *people(3))
            cursor = read(a_reader(server))[-1].cursor
            server.put(book, "001.vcf", a_card("Bea Ruiz"))
            server.put(book, "002.vcf", None)
            server.put(book, "003.vcf", a_card("Cleo Ruiz"))
            pages = read(a_reader(server), cursor)

        assert present(pages) == [f"{book}001.vcf", f"{book}003.vcf"]
        assert deleted(pages) == [f"{book}002.vcf"]
        assert [page.sweep for page in pages] == [None]

    def test_one_without_changes_brings_nothing_and_ends(self) -> None:
        with DavServer() as server:
            server.add_book("contacts", *people(1))
            cursor = read(a_reader(server))[-1].cursor
            (page,) = read(a_reader(server), cursor)

        assert (page.deliveries, page.more, page.cursor) == ((), False, cursor)

    def test_every_request_carries_the_credentials_and_leaves_depth_to_no_default(self) -> None:
        with DavServer() as server:
            server.add_book("contacts", *people(1))
            read(a_reader(server))

        assert all(asked.headers["authorization"].startswith("Basic ") for asked in server.asked)
        assert [asked.headers["depth"] for asked in server.asked] == ["0", "0", "1", "0", "0"]

    def test_a_new_book_is_read_whole_and_a_book_that_is_gone_takes_its_cards_along(self) -> None:
        with DavServer() as server:
            server.add_book("contacts", *people(1))
            cursor = read(a_reader(server))[-1].cursor
            del server.books[CONTACTS]
            server.add_book("friends", *people(1))
            gone, new = read(a_reader(server), cursor)

        assert gone.sweep is not None
        assert (gone.sweep.prefix, gone.sweep.listed, gone.sweep.ended) == (CONTACTS, (), True)
        assert gone.warnings == ("the address book contacts is gone, and its cards count as deleted",)
        assert swept([new]) == [f"{HOME}friends/000.vcf"]

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_book_that_goes_in_its_midst_takes_its_cards_along_and_the_rest_is_read(
        self, status: int
    ) -> None:
        with DavServer() as server:
            server.add_book("contacts", *people(3))
            server.add_book("suppliers", *people(1))
            page = a_reader(server, page_limit=2).fetch(None)
            del server.books[CONTACTS]
            server.missing = status
            gone, rest = read(a_reader(server), page.cursor)

        assert gone.sweep is not None
        assert (gone.sweep.prefix, gone.sweep.listed, gone.sweep.ended) == (CONTACTS, (), True)
        assert present([rest]) == [f"{HOME}suppliers/000.vcf"]

    def test_its_parts_are_the_address_books_and_each_can_be_read_alone(self) -> None:
        with DavServer() as server:
            server.add_book("contacts", *people(1))
            server.add_book("suppliers", *people(1))
            reader = registry.connector(a_source(server))
            assert isinstance(reader, HasParts)
            parts = reader.parts()
            pages = [reader.fetch(part.cursor) for part in parts]

        assert [part.name for part in parts] == ["contacts", "suppliers"]
        assert [present([page]) for page in pages] == [[f"{CONTACTS}000.vcf"], [f"{HOME}suppliers/000.vcf"]]


class TestALongList:
    """However a server hands out a long list, every card arrives once."""

    @pytest.mark.parametrize("most", [0, 3, 7])
    @pytest.mark.parametrize("page_limit", [1, 4, 5, 100])
    def test_every_card_arrives_once(self, page_limit: int, most: int) -> None:
        with DavServer(most=most) as server:
            book = server.add_book("contacts", *people(20))
            pages = read(a_reader(server, page_limit=page_limit))

        assert sorted(present(pages)) == sorted(server.cards(book))
        assert sorted(swept(pages)) == sorted(server.cards(book))
        assert all(len(page.deliveries) <= page_limit for page in pages)

    @pytest.mark.parametrize("most", [0, 2, 3])
    def test_what_changes_while_it_is_read_is_not_missed(self, most: int) -> None:
        with DavServer(most=most) as server:
            book = server.add_book("contacts", *people(6))
            first = a_reader(server, page_limit=2).fetch(None)
            server.put(book, "000.vcf", a_card("Zoe Ruiz"))
            server.put(book, "005.vcf", None)
            rest = read(a_reader(server, page_limit=2), first.cursor)
            later = read(a_reader(server, page_limit=2), rest[-1].cursor)

        names = {record.id: record.name for record in records([first, *rest, *later]) if not record.deleted}
        assert names[f"{book}000.vcf"] == "Zoe Ruiz"
        assert f"{book}005.vcf" not in names or f"{book}005.vcf" in deleted([*rest, *later])

    def test_three_hundred_are_read_to_the_end_and_a_later_run_brings_only_what_changed(self) -> None:
        account = SimulatedCardDav(300)
        with Vendor(account.answer) as server:
            source = Source(
                name="books",
                connector="carddav",
                settings=account.settings(server.url),
                secrets=account.secrets,
            )
            first = read(registry.connector(source))
            changed, gone = account.pass_a_day()
            second = read(registry.connector(source), first[-1].cursor)
            third = read(registry.connector(source), second[-1].cursor)

        assert len(set(present(first))) == len(present(first)) == 300
        assert (set(present(second)), set(deleted(second))) == (changed, gone)
        assert records(third) == []

    def test_cards_are_asked_for_fifty_at_a_time(self) -> None:
        with DavServer() as server:
            server.add_book("contacts", *people(120))
            read(a_reader(server))

        assert [report.count("<d:href>") for report in server.reports] == [0, 50, 50, 20]

    def test_no_part_of_our_size_is_asked_for(self) -> None:
        with DavServer() as server:
            server.add_book("contacts", *people(3))
            read(a_reader(server, page_limit=2))

        assert not any("limit" in report or "nresults" in report for report in server.reports)

    def test_a_part_that_was_read_before_stops_the_run(self) -> None:
        parts = [
            multistatus(not_found(CONTACTS, "HTTP/1.1 507 Insufficient Storage"), token=f"t{number % 3}")
            for number in range(40)
        ]
        with Vendor(scripted(*parts)) as server, pytest.raises(FormatError, match="read already"):
            read(a_reader(server, CONTACTS))

    def test_a_list_without_a_token_is_a_format_error(self) -> None:
        with (
            Vendor(scripted(multistatus())) as server,
            pytest.raises(FormatError, match="without a sync-token"),
        ):
            read(a_reader(server, CONTACTS))


class TestAForgottenToken:
    """A server may forget a token at any time."""

    @pytest.mark.parametrize("status", [403, 409, 412])
    def test_the_book_is_read_whole_in_a_sweep(self, status: int) -> None:
        with DavServer() as server:
            book = server.add_book("contacts", *people(3))
            cursor = read(a_reader(server))[-1].cursor
            server.put(book, "001.vcf", None)
            server.forgets = ("http://example.com/sync/3", status)
            pages = read(a_reader(server), cursor)

        assert present(pages) == swept(pages) == [f"{book}000.vcf", f"{book}002.vcf"]

    def test_one_forgotten_in_the_midst_of_changes_begins_a_whole_reading_too(self) -> None:
        with DavServer() as server:
            book = server.add_book("contacts", *people(2))
            cursor = read(a_reader(server))[-1].cursor
            for number in range(4):
                server.put(book, f"{number}.vcf", a_card(f"New {number}"))
            page = a_reader(server, page_limit=2).fetch(cursor)
            server.forgets = ("http://example.com/sync/2", 403)
            pages = read(a_reader(server, page_limit=2), page.cursor)

        assert sorted(swept(pages)) == sorted(server.cards(book))

    def test_one_forgotten_in_the_midst_of_a_whole_reading_stops_the_run(self) -> None:
        with DavServer(most=2) as server:
            server.add_book("contacts", *people(4))
            server.forgets = ("http://example.com/sync/2", 403)
            with pytest.raises(RefusedError, match="avouch sync books --full"):
                read(a_reader(server))

    def test_another_refusal_is_no_forgotten_token(self) -> None:
        script = scripted(refused("supported-report", 409))
        with Vendor(script) as server, pytest.raises(RefusedError) as caught:
            read(a_reader(server, CONTACTS))

        assert caught.value.codes == ("supported-report",)


class TestTrouble:
    """What goes wrong is told as what a person, or time, has to do."""

    @pytest.mark.parametrize("status", [401, 403])
    def test_refused_credentials_need_a_person(self, status: int) -> None:
        with (
            Vendor(always(Answer(status=status))) as server,
            pytest.raises(AccessError, match=r"(?s)^books: .*: avouch sources resume books$"),
        ):
            a_reader(server).fetch(None)

    def test_too_many_requests_names_the_time_to_wait(self) -> None:
        busy = Answer(status=429, headers={"Retry-After": "7"})
        with Vendor(always(busy)) as server, pytest.raises(UnavailableError) as caught:
            a_reader(server).fetch(None)

        assert caught.value.retry_after == timedelta(seconds=7)

    @pytest.mark.parametrize("status", [500, 503, 507])
    def test_a_server_in_trouble_is_tried_again_later(self, status: int) -> None:
        with Vendor(always(Answer(status=status))) as server, pytest.raises(UnavailableError):
            a_reader(server).fetch(None)

    @pytest.mark.parametrize(
        "body",
        [
            b"<html><body>Sign in</body></html>",
            b"<a><multistatus/></a>",
            b'<multistatus xmlns="DAV:"><response>',
            b'<multistatus xmlns="DAV:"><response><href>/</href><status>fine</status></response></multistatus>',
            b'<!DOCTYPE multistatus [<!ENTITY a "aaaa">]><multistatus xmlns="DAV:">&a;</multistatus>',
        ],
    )
    def test_an_answer_that_is_no_multistatus_is_a_format_error(self, body: bytes) -> None:
        with Vendor(always(Answer(body, 207))) as server, pytest.raises(FormatError, match="books: PROPFIND"):
            a_reader(server).fetch(None)

    def test_a_web_page_in_place_of_cards_is_a_format_error_and_rejects_nobody(self) -> None:
        listed = multistatus(found(f"{CONTACTS}1.vcf", ""), token="t1")
        page = Answer(b"<html><body>Sign in</body></html>")
        with (
            Vendor(scripted(listed, page)) as server,
            pytest.raises(FormatError, match="no WebDAV multistatus"),
        ):
            a_reader(server, CONTACTS).fetch(None)

    def test_a_refusal_in_place_of_cards_is_an_error_and_rejects_nobody(self) -> None:
        listed = multistatus(found(f"{CONTACTS}1.vcf", ""), token="t1")
        with Vendor(scripted(listed, Answer(status=400))) as server, pytest.raises(RefusedError):
            a_reader(server, CONTACTS).fetch(None)

    @pytest.mark.parametrize("more", [{}, {"address_books": ["elsewhere"]}])
    def test_an_account_without_an_address_book_needs_a_person(self, more: dict[str, Any]) -> None:
        with DavServer() as server:
            if more:
                server.add_book("contacts")
            with pytest.raises(AccessError, match=r"(?s)books: no address book.*avouch sources test books$"):
                a_reader(server, **more).fetch(None)

    def test_address_books_on_another_host_are_named_and_not_asked(self) -> None:
        with DavServer() as server:
            server.home = "https://p42.example.com/addressbooks/"
            with pytest.raises(AccessError, match=r"Set base_url to https://p42\.example\.com/"):
                a_reader(server).fetch(None)

        assert len(server.asked) == 2

    def test_an_address_that_is_none_is_a_format_error(self) -> None:
        with DavServer() as server:
            server.home = "http://[/"
            with pytest.raises(FormatError, match="an address that is none"):
                a_reader(server).fetch(None)

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_no_redirect_is_followed(self, status: int) -> None:
        with Vendor(always(Answer())) as elsewhere, Vendor(always(Answer())) as server:
            server.answering = always(Answer(status=status, headers={"Location": f"{elsewhere.url}/"}))
            with pytest.raises(FormatError):
                a_reader(server).fetch(None)

        assert elsewhere.asked == []

    @pytest.mark.parametrize("cursor", ["", "12", '{"stream":"elsewhere"}', '{"reading":{}}'])
    def test_a_cursor_of_something_else_is_a_format_error(self, cursor: str) -> None:
        with (
            Vendor(always(Answer())) as server,
            pytest.raises(FormatError, match="avouch sync books --full"),
        ):
            a_reader(server).fetch(cursor)

        assert server.asked == []

    @pytest.mark.parametrize("status", [207, 302, 401, 404, 429, 503])
    def test_credentials_show_in_no_error_no_log_and_no_repr(
        self, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        with Vendor(always(Answer(b"<", status))) as server:
            source = a_source(server)
            reader = CardDav(source)
            with pytest.raises(SourceError) as caught:
                reader.fetch(None)

        sent = [asked.headers["authorization"].split()[1] for asked in server.asked]
        shown = "\n".join(
            (*traceback.format_exception(caught.value), caplog.text, repr(source), repr(vars(reader)))
        )
        assert [text for text in (SECRET, *sent) if text in shown] == []
