"""The Matrix connector against Synapse: accounts, addresses, logins, messages by the sync token, closed accounts, 429.

Synapse limits who writes and nothing that the connector reads, so a server in front makes it refuse: it lets an
account write until Synapse answers 429, and hands on that answer in place of the one to the connector.

Each test has an account of its own to read with: Synapse gives one account the same first answer of `/sync` for two
minutes.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from time import monotonic
from typing import Any
from urllib.parse import quote

import pytest
import requests

from integrations import registry
from integrations.chat.matrix_entries import ADDED_AT_ONCE
from integrations.contract import Connector, ContactRecord, HasParts, Identifier, Level, Page, Refetches
from integrations.errors import AccessError
from integrations.source import Source, now
from tests.connectors.contract import read, records
from tests.database import exported, resolve_all
from tests.real.synapse import DOMAIN, PASSWORD, Synapse, User
from worker.demo.simulator_server import Answer, Asked, LoopbackServer
from worker.jobs.sync import Outcome, Run
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.real

NAME = "matrix-main"
STAFF = ["@admin*:example.com", "@support*:example.com"]
WITHIN = 30
"""Seconds: Synapse writes down every five who was seen."""
A_DAY_LATER = timedelta(hours=25)


def an_account_to_read_with(server: Synapse) -> User:
    """Make an administrator of the support team's."""
    support = server.new_user("support")
    server.ask("PUT", f"/_synapse/admin/v2/users/{quote(support.id)}", {"admin": True})
    return support


def a_reader(
    server: Synapse,
    support: User,
    *,
    url: str = "",
    page_limit: int | None = None,
    later: timedelta = timedelta(0),
    **settings: Any,
) -> Connector:
    stated = {"base_url": url or server.url, "server_name": DOMAIN, "staff": STAFF, **settings}
    return registry.connector(
        Source(
            name=NAME,
            connector="matrix",
            settings=stated,
            secrets={"access_token": support.token},
            page_limit=page_limit,
            clock=lambda: now() + later,
        )
    )


def of(user: User, pages: list[Page]) -> list[ContactRecord]:
    return [record for record in records(pages) if record.id == user.id]


def said(user: User, pages: list[Page]) -> list[str]:
    return [each.summary for record in of(user, pages) for each in record.interactions]


def identifiers(server: Synapse, user: User, **settings: Any) -> list[Identifier]:
    support = an_account_to_read_with(server)
    (record,) = of(user, read(a_reader(server, support, rooms=False, **settings)))
    return list(record.identifiers)


def give(server: Synapse, user: User, address: str) -> None:
    """Add an address to an account, as an administrator does."""
    known = {"threepids": [{"medium": "email", "address": address}]}
    server.ask("PUT", f"/_synapse/admin/v2/users/{quote(user.id)}", known)


def add_by_link(server: Synapse, user: User, address: str) -> None:
    """Add an address as its owner does: ask for the e-mail, open its link, come back and finish."""
    asked_for = {"client_secret": "made-up", "email": address, "send_attempt": 1}
    path = "/_matrix/client/v3/account/3pid/email/requestToken"
    sid = server.ask("POST", path, asked_for, by=user)["sid"]
    link = re.search(r"http://\S+", server.mailbox.next_text())
    assert link is not None
    with requests.Session() as session:
        session.trust_env = False
        session.get(link[0], timeout=30).raise_for_status()
        opened_at = monotonic()
        # Nobody is back in the other window within a second.
        until(lambda: monotonic() - opened_at > ADDED_AT_ONCE / 1000 + 0.1)
        add = f"{server.url}/_matrix/client/v3/account/3pid/add"
        signed = {"Authorization": f"Bearer {user.token}"}
        proof = {"client_secret": "made-up", "sid": sid}
        wanted = session.post(add, json=proof, headers=signed, timeout=30).json()
        person = {"type": "m.id.user", "user": user.id}
        login = {"type": "m.login.password", "identifier": person, "password": PASSWORD}
        auth = {**login, "session": wanted["session"]}
        session.post(add, json={**proof, "auth": auth}, headers=signed, timeout=30).raise_for_status()


def until(is_so: Callable[[], object]) -> None:
    """Ask until something is so."""
    deadline = monotonic() + WITHIN
    while not is_so():
        assert monotonic() < deadline


def known_of(server: Synapse, user: User) -> dict[str, Any]:
    return server.ask("GET", f"/_synapse/admin/v2/users/{quote(user.id)}")


class TestAccounts:
    def test_they_come_in_pages_each_once(self, synapse: Synapse) -> None:
        made = [synapse.new_user("page") for _ in range(7)]
        support = an_account_to_read_with(synapse)

        pages = read(a_reader(synapse, support, page_limit=5, rooms=False))

        found = [record.id for record in records(pages)]
        assert {user.id for user in made} <= set(found)
        assert len(found) == len(set(found))
        assert support.id not in found
        assert [page.rejected for page in pages if page.rejected] == []

    def test_a_later_run_brings_new_ones_and_leaves_the_others_out(self, synapse: Synapse) -> None:
        support = an_account_to_read_with(synapse)
        old = synapse.new_user("old")
        first = read(a_reader(synapse, support, rooms=False))
        new = synapse.new_user("new")

        found = read(a_reader(synapse, support, rooms=False), first[-1].cursor)
        later = read(a_reader(synapse, support, rooms=False), without_accounts(found[-1].cursor))

        assert (len(of(old, first)), len(of(new, found))) == (1, 1)
        assert records(later) == []

    def test_both_answers_tell_the_same_time_of_creation(self, synapse: Synapse) -> None:
        ana = synapse.new_user("ana")
        support = an_account_to_read_with(synapse)
        (whole,) = of(ana, read(a_reader(synapse, support, rooms=False)))
        synapse.deactivate(ana)

        (gone,) = of(ana, read(a_reader(synapse, support, rooms=False)))

        assert gone.occurred_at == whole.occurred_at
        assert timedelta(0) <= datetime.now(UTC) - whole.occurred_at < timedelta(minutes=10)

    def test_what_an_administrator_typed_is_the_books_word(self, synapse: Synapse) -> None:
        ana = synapse.new_user(
            "ana",
            threepids=[("email", "ana@example.com"), ("msisdn", "12025550101")],
            external_ids=[("oidc-shop", "17")],
        )

        found = identifiers(synapse, ana, addresses_proved=True, providers={"oidc-shop": "shop"})

        assert sorted((each.type, each.namespace, each.value, each.level) for each in found) == [
            ("account", "matrix", ana.id, Level.STORED),
            ("account", "shop", "17", Level.STORED),
            ("email", "", "ana@example.com", Level.STORED),
            ("phone", "", "+12025550101", Level.STORED),
        ]

    def test_an_address_whose_link_was_opened_is_proved_where_nobody_else_adds_any(
        self, synapse: Synapse
    ) -> None:
        ana = synapse.new_user("ana")
        add_by_link(synapse, ana, "ana.by.link@example.com")

        found = identifiers(synapse, ana, addresses_proved=True)
        cautious = identifiers(synapse, ana)

        assert [(each.level, each.method) for each in found if each.type == "email"] == [
            (Level.VERIFIED, "link")
        ]
        assert [each.level for each in cautious if each.type == "email"] == [Level.STORED]

    def test_an_account_that_somebody_uses_is_proved_with_its_logins(self, synapse: Synapse) -> None:
        ana = synapse.new_user("ana", external_ids=[("oidc-shop", "18")])
        synapse.ask("GET", "/_matrix/client/v3/account/whoami", by=ana)
        until(lambda: known_of(synapse, ana)["last_seen_ts"])

        found = identifiers(synapse, ana)

        assert {(each.namespace, each.level, each.method) for each in found} == {
            ("matrix", Level.VERIFIED, "session"),
            ("oidc-shop", Level.VERIFIED, "session"),
        }

    def test_a_guest_proves_nothing(self, synapse: Synapse) -> None:
        made = synapse.ask("POST", "/_matrix/client/v3/register?kind=guest", {})
        guest = User(made["user_id"], made["access_token"])

        found = identifiers(synapse, guest)

        assert [(each.type, each.level) for each in found] == [("handle", Level.OBSERVED)]

    def test_a_closed_one_is_deleted_and_names_nobody(self, synapse: Synapse) -> None:
        ana = synapse.new_user("ana", threepids=[("email", "ana@example.com")], shown_as="Ana Ruiz")
        support = an_account_to_read_with(synapse)
        first = read(a_reader(synapse, support, rooms=False))
        synapse.deactivate(ana, erase=True)

        found = read(a_reader(synapse, support, rooms=False, later=A_DAY_LATER), first[-1].cursor)

        assert [(each.name, each.deleted) for each in of(ana, first)] == [("Ana Ruiz", False)]
        assert {(each.deleted, each.identifiers) for each in of(ana, found)} == {(True, ())}

    def test_a_lead_is_asked_for_again(self, synapse: Synapse) -> None:
        ana = synapse.new_user("ana")
        reader = a_reader(synapse, an_account_to_read_with(synapse))
        assert isinstance(reader, Refetches)
        give(synapse, ana, "ana.again@example.com")

        page = reader.refetch([ana.id, "@nobody:example.com", "@ana:elsewhere.example"])

        (record,) = records([page])
        assert record.id == ana.id
        assert "ana.again@example.com" in {each.value for each in record.identifiers}


class TestMessages:
    def test_only_those_since_the_last_run_come_again(self, synapse: Synapse) -> None:
        support, ana = an_account_to_read_with(synapse), synapse.new_user("ana")
        room = synapse.new_room(support, ana)
        quiet = synapse.new_room(support, ana)
        for text in ("one", "two", "three"):
            synapse.say(room, ana, text)
        synapse.say(quiet, ana, "before")
        first = read(a_reader(synapse, support))
        late = synapse.say(room, ana, "four")
        synapse.say(room, support, "an answer")

        found = read(a_reader(synapse, support), first[-1].cursor)
        nothing = read(a_reader(synapse, support), found[-1].cursor)

        assert sorted(said(ana, first)) == ["before", "one", "three", "two"]
        assert [(each.id, each.summary) for record in of(ana, found) for each in record.interactions] == [
            (late, "four")
        ]
        assert of(support, first + found) == []
        assert said(ana, nothing) == []

    def test_hundreds_come_in_pages_in_the_order_they_were_written(self, synapse: Synapse) -> None:
        support, ana = an_account_to_read_with(synapse), synapse.new_user("ana")
        room = synapse.new_room(support, ana)
        texts = [f"message {number}" for number in range(230)]
        for text in texts:
            synapse.say(room, ana, text)

        pages = read(a_reader(synapse, support))

        assert said(ana, pages) == texts

    def test_rooms_that_the_account_is_not_in_are_not_read(self, synapse: Synapse) -> None:
        support, ana, bea = (
            an_account_to_read_with(synapse),
            synapse.new_user("ana"),
            synapse.new_user("bea"),
        )
        synapse.say(synapse.new_room(ana, bea), ana, "between us")

        assert said(ana, read(a_reader(synapse, support))) == []

    def test_whoever_writes_is_looked_at_again(self, synapse: Synapse) -> None:
        support, ana, bea = (
            an_account_to_read_with(synapse),
            synapse.new_user("ana"),
            synapse.new_user("bea"),
        )
        room = synapse.new_room(support, ana, bea)
        first = read(a_reader(synapse, support))
        for user, address in ((ana, "ana.ruiz@example.com"), (bea, "bea@example.com")):
            give(synapse, user, address)
        synapse.say(room, ana, "it is me")

        found = read(a_reader(synapse, support), without_accounts(first[-1].cursor))

        values = {each.value for record in of(ana, found) for each in record.identifiers}
        assert values == {ana.id, "ana.ruiz@example.com"}
        assert of(bea, found) == []

    def test_a_message_that_was_taken_back_does_not_come(self, synapse: Synapse) -> None:
        support, ana = an_account_to_read_with(synapse), synapse.new_user("ana")
        room = synapse.new_room(support, ana)
        taken_back = synapse.say(room, ana, "my password")
        path = f"/_matrix/client/v3/rooms/{quote(room)}/redact/{quote(taken_back)}/1"
        synapse.ask("PUT", path, {}, by=ana)
        synapse.say(room, ana, "never mind")

        assert said(ana, read(a_reader(synapse, support))) == ["never mind"]

    def test_a_room_that_is_deleted_while_it_is_read_stops_nothing(self, synapse: Synapse) -> None:
        support, ana = an_account_to_read_with(synapse), synapse.new_user("ana")
        room = synapse.new_room(support, ana)
        synapse.say(room, ana, "hello")
        reader = a_reader(synapse, support)
        assert isinstance(reader, HasParts)
        rooms = next(part for part in reader.parts() if part.name == "rooms")
        page = reader.fetch(rooms.cursor)
        started = synapse.ask("DELETE", f"/_synapse/admin/v2/rooms/{quote(room)}", {"purge": True})
        status = f"/_synapse/admin/v2/rooms/delete_status/{started['delete_id']}"
        until(lambda: synapse.ask("GET", status)["status"] == "complete")

        pages = read(reader, page.cursor)

        assert said(ana, pages) == []
        assert not pages[-1].more

    def test_a_token_that_the_server_cannot_read_is_answered_with_everything(self, synapse: Synapse) -> None:
        support, ana = an_account_to_read_with(synapse), synapse.new_user("ana")
        synapse.say(synapse.new_room(support, ana), ana, "hello")
        cursor = read(a_reader(synapse, support))[-1].cursor

        found = read(a_reader(synapse, support), cursor.replace('"token":"s', '"token":"x'))

        assert said(ana, found) == ["hello"]


class TestRefusals:
    def test_an_account_that_is_no_administrator_needs_a_person(self, synapse: Synapse) -> None:
        with pytest.raises(AccessError, match=r"answered 403 \(code M_FORBIDDEN\)"):
            a_reader(synapse, synapse.new_user("support")).fetch(None)

    def test_a_token_that_is_none_needs_a_person(self, synapse: Synapse) -> None:
        with pytest.raises(AccessError, match=r"answered 401 \(code M_UNKNOWN_TOKEN\)"):
            a_reader(synapse, User("@support:example.com", "made-up")).fetch(None)


class TestLanded:
    """What the connector reads, as it stands in the database."""

    def test_a_user_of_the_server_is_a_contact_with_what_he_wrote(
        self, synapse: Synapse, uow: UnitOfWork
    ) -> None:
        add_source(uow)
        support, ana = an_account_to_read_with(synapse), synapse.new_user("ana", shown_as="Ana Ruiz")
        room = synapse.new_room(support, ana)
        synapse.say(room, ana, "one")
        until(lambda: known_of(synapse, ana)["last_seen_ts"])
        outcomes = [Run(uow, a_reader(synapse, support))(NAME).outcome]
        synapse.say(room, ana, "two")

        outcomes.append(Run(uow, a_reader(synapse, support))(NAME).outcome)
        resolve_all(uow)
        before = exported(uow)
        outcomes.append(Run(uow, a_reader(synapse, support))(NAME).outcome)
        resolve_all(uow)

        contacts = [json.loads(line) for line in exported(uow)]
        (contact,) = [each for each in contacts if {"source": NAME, "id": ana.id} in each["records"]]
        assert outcomes == [Outcome.DONE] * 3
        assert exported(uow) == before
        assert (contact["kind"], contact["name"], contact["interactions"]) == ("user", "Ana Ruiz", 2)

    def test_a_limit_is_heeded_and_the_same_run_goes_on_after_it(
        self, limited_synapse: Synapse, uow: UnitOfWork
    ) -> None:
        add_source(uow)
        server = limited_synapse
        support, ana = an_account_to_read_with(server), server.new_user("ana")
        server.say(server.new_room(support, ana), ana, "hello")
        began = now()
        with refusing_once(server, at="/_matrix/client/v3/sync") as (url, refusals):
            refused = Run(uow, a_reader(server, support, url=url))(NAME)
            with uow.begin() as tx:
                row = tx.sources.get(NAME)
            done = Run(uow, a_reader(server, support, url=url))(NAME)

        (refusal,) = refusals
        asked_for = timedelta(milliseconds=refusal.json()["retry_after_ms"])
        assert refused.outcome is Outcome.LATER
        assert refused.pulled > 0
        assert refused.error is not None
        assert "answered 429 (code M_LIMIT_EXCEEDED)" in refused.error
        assert row is not None
        assert row.next_run_at is not None
        assert row.next_run_at >= began + asked_for
        assert done.outcome is Outcome.DONE
        with uow.begin() as tx:
            assert ana.id in {each.key for each in tx.evidence.load(tx.evidence.ids_of_source(NAME))}

    def test_nothing_that_is_read_is_limited(self, limited_synapse: Synapse) -> None:
        support = an_account_to_read_with(limited_synapse)
        made = [limited_synapse.new_user("many") for _ in range(15)]

        pages = read(a_reader(limited_synapse, support, page_limit=3))

        assert {user.id for user in made} <= {record.id for record in records(pages)}


def add_source(uow: UnitOfWork) -> None:
    with uow.begin() as tx:
        tx.sources.put(
            name=NAME, kind="chat", connector="matrix", trust="verified", configured=True, every=300
        )


def without_accounts(cursor: str) -> str:
    """Return the cursor of somebody who has seen every account there is, so that only messages bring one."""
    begun, _, rest = cursor.partition('"users":{')
    return f'{begun}"users":{{"since":{int(now().timestamp()) + 3600}}}{rest[rest.index("}") + 1 :]}'


@contextmanager
def refusing_once(server: Synapse, at: str) -> Iterator[tuple[str, list[requests.Response]]]:
    """Hand requests on to Synapse; the first one at the path `at` gets the answer of a limit that really is reached."""
    writer = server.new_user("writer")
    room = server.new_room(writer)
    refusals: list[requests.Response] = []
    with requests.Session() as session:
        session.trust_env = False

        def handed_on(asked: Asked) -> Answer:
            if asked.path == at and not refusals:
                refusals.append(refused())
                return as_it_came(refusals[0])
            signed = {"Authorization": asked.headers["authorization"]}
            return as_it_came(
                session.get(server.url + asked.path, params=dict(asked.query), headers=signed, timeout=30)
            )

        def refused() -> requests.Response:
            for number in count():
                path = f"{server.url}/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/{number}"
                signed = {"Authorization": f"Bearer {writer.token}"}
                body = {"msgtype": "m.text", "body": "again"}
                answer = session.put(path, json=body, headers=signed, timeout=30)
                if answer.status_code == requests.codes.too_many:
                    break
            return answer

        with LoopbackServer(handed_on) as front:
            yield front.url, refusals


def as_it_came(answer: requests.Response) -> Answer:
    wait = answer.headers.get("Retry-After")
    return Answer(answer.content, answer.status_code, {} if wait is None else {"Retry-After": wait})
