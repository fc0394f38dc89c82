"""Chatwoot: the contract's cases, and what is particular to its contacts, sessions, conversations and notes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import UNSET

from integrations.chat.chatwoot import chatwoot
from integrations.contract import ContactRecord, Identifier, Level, Note, Page
from integrations.errors import AccessError
from integrations.source import Source
from tests.connectors.contract import MOST_PAGES, ConnectorContract, Vendor, read, records
from tests.simulated.vendor import simulated_source
from worker.demo.simulator_server import Answer, Asked, answer_json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


class TestChatwoot(ConnectorContract):
    connector = "chatwoot"


def a_contact(**fields: Any) -> dict[str, Any]:
    return {"id": 11, "name": "Rosa Alba", "created_at": int(NOON.timestamp()), **fields}


def a_conversation(
    sender: dict[str, Any] | None = None,
    channel: str | None = "Channel::WebWidget",
    hmac_verified: bool | None = False,
    **fields: Any,
) -> dict[str, Any]:
    return {
        "id": 55,
        "created_at": int(NOON.timestamp()),
        "last_activity_at": int(LATER.timestamp()),
        "meta": {"sender": sender, "channel": channel, "hmac_verified": hmac_verified},
        **fields,
    }


def a_message(number: int, content: str | None = "Hello", **fields: Any) -> dict[str, Any]:
    return {"id": number, "content": content, "created_at": int(LATER.timestamp()), **fields}


class Desk(Vendor):
    """A vendor with these lists, a page each."""

    def __init__(
        self,
        contacts: list[dict[str, Any]] | None = None,
        conversations: list[dict[str, Any]] | None = None,
        messages: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(self.list)
        self.contacts, self.conversations, self.messages = contacts or [], conversations or [], messages or []

    def list(self, asked: Asked) -> Answer:
        first = asked.query.get("page", "1") == "1"
        if asked.path.endswith("/contacts"):
            contacts = self.contacts if first else []
            return answer_json({"meta": {"count": len(self.contacts)}, "payload": contacts})
        if asked.path.endswith("/conversations"):
            return answer_json({"data": {"payload": self.conversations if first else []}})
        later = [each for each in self.messages if each["id"] > int(asked.query["after"])]
        return answer_json({"payload": later[:100]})


def source_of(url: str, /, at: datetime = LATER, **settings: object) -> Source:
    return Source(
        name="chat",
        connector="chatwoot",
        settings={"base_url": url, "account_id": 3, **settings},
        secrets={"access_token": "made-up"},
        clock=lambda: at,
    )


def pulled(desk: Desk, **settings: Any) -> list[Page]:
    with desk:
        return read(chatwoot(source_of(desk.url, **settings)))


def only_contact(**fields: Any) -> ContactRecord:
    first, *_ = records(pulled(Desk([a_contact(**fields)])))
    return first


def said_by(
    sender: dict[str, Any],
    channel: str = "Channel::WebWidget",
    *,
    hmac: bool | None = False,
    **settings: object,
) -> ContactRecord:
    desk = Desk(conversations=[a_conversation(sender, channel, hmac)])
    (record,) = records(pulled(desk, **settings))
    return record


class TestLevels:
    """What a visitor may write into a contact, and into whose, proves nothing."""

    def test_what_the_list_of_contacts_says_is_claimed(self) -> None:
        record = only_contact(email="rosa@example.com", phone_number="+447700900123", identifier="u-17")

        assert [(each.type, each.level) for each in record.identifiers] == [
            ("account", Level.CLAIMED),
            ("email", Level.CLAIMED),
            ("phone", Level.CLAIMED),
        ]

    @pytest.mark.parametrize(
        ("enforced", "hmac", "expected"),
        [
            (True, True, (Level.VERIFIED, "hmac")),
            (True, False, (Level.CLAIMED, "")),
            (True, None, (Level.CLAIMED, "")),
            (False, True, (Level.CLAIMED, "")),
            (False, False, (Level.CLAIMED, "")),
        ],
    )
    def test_a_session_proves_its_identifier_where_none_is_taken_unsigned(
        self,
        enforced: bool,
        hmac: bool | None,
        expected: tuple[Level, str],
    ) -> None:
        record = said_by(
            a_contact(identifier="u-17"), hmac=hmac, identity_verification=enforced, account_namespace="shop"
        )

        level, method = expected
        assert record.identifiers == (
            Identifier(type="account", namespace="shop", value="u-17", level=level, method=method),
        )

    def test_a_signed_session_proves_no_address_and_no_number(self) -> None:
        sender = a_contact(email="rosa@example.com", phone_number="+447700900123")

        record = said_by(sender, hmac=True, identity_verification=True)
        assert [each.level for each in record.identifiers] == [Level.CLAIMED, Level.CLAIMED]

    @pytest.mark.parametrize(
        ("channel", "level"),
        [
            ("Channel::Whatsapp", Level.OBSERVED),
            ("Channel::Sms", Level.OBSERVED),
            ("Channel::TwilioSms", Level.OBSERVED),
            ("Channel::Voice", Level.OBSERVED),
            ("Channel::WebWidget", Level.CLAIMED),
            ("Channel::Email", Level.CLAIMED),
        ],
    )
    def test_a_number_is_observed_where_the_channel_carried_it(self, channel: str, level: Level) -> None:
        record = said_by(a_contact(phone_number="+447700900123"), channel)

        assert [(each.type, each.level) for each in record.identifiers] == [("phone", level)]

    def test_accounts_are_this_sources_own_until_the_settings_name_the_app(self) -> None:
        assert [each.namespace for each in only_contact(identifier="u-17").identifiers] == ["chat"]


class TestContacts:
    def test_a_contact_keeps_its_name_and_profile_and_ranks_by_when_it_was_read(self) -> None:
        contact = a_contact(
            additional_attributes={"city": "Leeds", "created_at_ip": "192.0.2.1"},
            custom_attributes={"plan": "team"},
        )

        page, *_ = pulled(Desk([contact]))

        (record,) = records([page])
        assert (record.id, record.name, record.profile) == (
            "contact:11",
            "Rosa Alba",
            {"plan": "team", "city": "Leeds"},
        )
        assert (record.occurred_at, record.updated_at, page.stamp) == (NOON, None, LATER)

    @pytest.mark.parametrize("made_up", ["silent-river-17", "+44 7700 900123", "rosa@example.com", "", None])
    def test_what_stands_in_place_of_a_name_is_none(self, made_up: str | None) -> None:
        assert only_contact(name=made_up, email="rosa@example.com").name is None

    def test_a_name_that_is_absent_clears_nothing(self) -> None:
        contact = a_contact()
        del contact["name"]

        first, *_ = records(pulled(Desk([contact])))
        assert first.name is UNSET

    def test_an_edit_without_activity_is_found_when_the_list_is_read_whole(self) -> None:
        contacts = [
            a_contact(id=2, created_at=int(LATER.timestamp())),
            a_contact(id=1, email="old@example.com"),
        ]
        with Desk(contacts) as desk:
            first = read(chatwoot(source_of(desk.url)))
            contacts[1]["email"] = "new@example.com"
            soon = read(chatwoot(source_of(desk.url, LATER + timedelta(hours=1))), first[-1].cursor)
            late = read(chatwoot(source_of(desk.url, LATER + timedelta(hours=25))), soon[-1].cursor)

        assert "contact:1" not in [record.id for record in records(soon)]
        edited = [record for record in records(late) if record.id == "contact:1"]
        assert [each.value for record in edited for each in record.identifiers] == ["new@example.com"]
        assert late[-1].sweep is not None
        assert (late[-1].sweep.prefix, late[-1].sweep.identified) == ("contact:", True)


class TestConversations:
    def test_it_is_a_version_of_its_senders_record(self) -> None:
        said = {"content": "Do you\n ship?", "private": False}
        desk = Desk(conversations=[a_conversation(a_contact(), last_non_activity_message=said)])

        (record,) = records(pulled(desk))

        (chat,) = record.interactions
        assert (record.id, record.occurred_at, record.updated_at) == ("contact:11", NOON, LATER)
        assert (chat.id, chat.kind, chat.at, chat.summary) == (
            "conversation:55",
            "chat",
            NOON,
            "Do you ship?",
        )

    def test_a_visitor_who_is_in_no_list_comes_with_it(self) -> None:
        record = said_by(a_contact(name="silent-river-17"))

        assert (record.id, record.name, record.identifiers) == ("contact:11", None, ())
        assert len(record.interactions) == 1

    @pytest.mark.parametrize(
        ("channel", "kind"),
        [
            ("Channel::Email", "email"),
            ("Channel::Api", "chat"),
            ("Channel::Voice", "call"),
            ("Channel::Sms", "message"),
        ],
    )
    def test_its_channel_says_what_it_was(self, channel: str, kind: str) -> None:
        assert [each.kind for each in said_by(a_contact(), channel).interactions] == [kind]

    @pytest.mark.parametrize(
        "said", [None, {"content": None}, {"content": "Prefers mornings", "private": True}]
    )
    def test_what_the_team_says_among_itself_is_no_summary(self, said: Any) -> None:
        desk = Desk(conversations=[a_conversation(a_contact(), None, last_non_activity_message=said)])

        (record,) = records(pulled(desk))
        assert [(each.kind, each.summary) for each in record.interactions] == [("message", "")]

    def test_one_without_a_sender_makes_no_record_and_asks_for_no_messages(self) -> None:
        desk = Desk(conversations=[a_conversation(None)])

        assert records(pulled(desk)) == []
        assert not any(asked.path.endswith("/messages") for asked in desk.asked)


class TestNotes:
    def test_private_messages_are_notes_of_the_contact(self) -> None:
        private = a_message(7, "Prefers mornings", private=True, sender={"name": "Ida Holm"})
        empty = a_message(8, None, private=True)
        desk = Desk(conversations=[a_conversation(a_contact())], messages=[a_message(6), private, empty])

        _, record = records(pulled(desk))

        assert record.notes == (Note(id="message:7", at=LATER, body="Prefers mornings", author="Ida Holm"),)
        assert (record.id, record.identifiers, record.interactions, record.name) == (
            "contact:11",
            (),
            (),
            UNSET,
        )

    def test_a_long_conversation_is_read_to_its_end(self) -> None:
        messages = [a_message(n, private=n == 205, sender=None) for n in range(1, 206)]
        desk = Desk(conversations=[a_conversation(a_contact())], messages=messages)

        found = records(pulled(desk))

        assert [note.id for record in found for note in record.notes] == ["message:205"]
        assert [asked.query["after"] for asked in desk.asked if "after" in asked.query] == ["0", "100", "200"]

    def test_they_cost_nothing_where_nobody_wants_them(self) -> None:
        desk = Desk(conversations=[a_conversation(a_contact())], messages=[a_message(1, private=True)])

        assert [record.notes for record in records(pulled(desk, notes=False))] == [()]
        assert not any(asked.path.endswith("/messages") for asked in desk.asked)


class TestSettings:
    @pytest.mark.parametrize("url", ["http://chat.example", "chat.example"])
    def test_credentials_are_never_sent_unencrypted(self, url: str) -> None:
        with pytest.raises(AccessError, match="base_url must begin with https"):
            chatwoot(source_of(url))

    @pytest.mark.parametrize("account", [0, "mine"])
    def test_an_account_that_cannot_be_one_is_named(self, account: object) -> None:
        with pytest.raises(AccessError, match="account_id"):
            chatwoot(source_of("https://chat.example", LATER, account_id=account))


def test_everybody_is_read_to_the_end_and_a_later_run_brings_the_overlap_only() -> None:
    with simulated_source("chatwoot", 300) as source:
        first = pages_of(source, None)
        again = pages_of(source, first[-1].cursor)

    assert {record.id for record in records(first)} == {f"contact:{n}" for n in range(1, 301)}
    assert len({note.id for record in records(first) for note in record.notes}) == 66
    assert len({record.id for record in records(again)}) < 20


def pages_of(source: Source, cursor: str | None) -> list[Page]:
    """Fetch every page of a run, each with a connector of its own, as workers that take turns do."""
    pages: list[Page] = []
    while not pages or pages[-1].more:
        assert len(pages) < MOST_PAGES
        pages.append(chatwoot(source).fetch(pages[-1].cursor if pages else cursor))
    return pages
