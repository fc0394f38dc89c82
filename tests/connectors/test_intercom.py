"""Intercom: the contract's cases, and what is particular to its contacts and conversations."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from integrations.chat.intercom import Intercom
from integrations.contract import ContactRecord, Identifier, Level, Refetches
from integrations.errors import AccessError
from integrations.source import Source
from tests.connectors.contract import ConnectorContract, Vendor, always, read, records
from worker.demo.simulator import Simulator
from worker.demo.simulator_server import Answer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class TestIntercom(ConnectorContract):
    connector = "intercom"

    def test_requests_name_the_version_they_were_written_for(self) -> None:
        with Vendor(always(Answer(status=503))) as vendor, pytest.raises(Exception, match="503"):
            self.reader(vendor).fetch(None)

        assert vendor.asked[0].headers["intercom-version"] == "2.15"


def source_of(simulator: Simulator, page_limit: int | None = None, /, **options: object) -> Source:
    return Source(
        name="chat",
        connector="intercom",
        settings={**simulator.intercom.settings, "base_url": simulator.url, **options},
        secrets=simulator.intercom.secrets,
        page_limit=page_limit,
    )


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def only_record(simulator: Simulator, **options: object) -> ContactRecord:
    (record,) = records(read(Intercom(source_of(simulator, None, **options))))
    return record


def levels(record: ContactRecord) -> dict[str, Level | None]:
    return {identifier.type: identifier.level for identifier in record.identifiers}


class TestLevels:
    """Intercom has no verified flag: what identifiers are worth depends on how it was told of them."""

    def test_whatever_a_visitor_types_is_claimed(self, simulator: Simulator) -> None:
        simulator.intercom.add_contact(NOON, email="rosa@example.com", phone="+447700900123")

        found = levels(only_record(simulator, identity_verification="jwt"))
        assert found == {"email": Level.CLAIMED, "phone": Level.CLAIMED}

    def test_the_id_that_intercom_makes_up_for_a_visitor_is_no_account(self, simulator: Simulator) -> None:
        simulator.intercom.add_contact(NOON, external_id="made-up-by-the-vendor")

        assert only_record(simulator).identifiers == ()

    @pytest.mark.parametrize(
        ("verification", "expected"),
        [
            (False, {"account": Level.CLAIMED, "email": Level.CLAIMED, "phone": Level.CLAIMED}),
            (True, {"account": Level.VERIFIED, "email": Level.CLAIMED, "phone": Level.CLAIMED}),
            ("hmac", {"account": Level.VERIFIED, "email": Level.CLAIMED, "phone": Level.CLAIMED}),
            ("jwt", {"account": Level.VERIFIED, "email": Level.STORED, "phone": Level.CLAIMED}),
        ],
    )
    def test_a_users_account_is_proved_only_where_the_workspace_enforces_it(
        self, simulator: Simulator, verification: bool | str, expected: dict[str, Level]
    ) -> None:
        simulator.intercom.add_contact(
            NOON, role="user", external_id="u-17", email="nils@example.com", phone="+447700900124"
        )

        assert levels(only_record(simulator, identity_verification=verification)) == expected

    def test_a_user_who_was_never_seen_has_proved_nothing(self, simulator: Simulator) -> None:
        simulator.intercom.add_contact(NOON, role="user", external_id="u-18", last_seen_at=None)

        (account,) = only_record(simulator, identity_verification="jwt").identifiers
        assert (account.level, account.method) == (Level.STORED, "")

    def test_a_user_without_an_account_has_an_address_at_most(self, simulator: Simulator) -> None:
        simulator.intercom.add_contact(NOON, role="user", email="nils@example.com")

        assert levels(only_record(simulator)) == {"email": Level.CLAIMED}

    def test_accounts_are_this_sources_own_until_the_settings_name_the_app(
        self, simulator: Simulator
    ) -> None:
        simulator.intercom.add_contact(NOON, role="user", external_id="u-17")

        own = only_record(simulator).identifiers
        shared = only_record(simulator, account_namespace="app", identity_verification=True).identifiers

        assert [account.namespace for account in own] == ["chat"]
        assert shared == (
            Identifier(type="account", namespace="app", value="u-17", level=Level.VERIFIED, method="session"),
        )


class TestContacts:
    """A contact is one record; what it no longer says is cleared, what it never says is left alone."""

    def test_a_contact_keeps_its_times_name_and_profile(self, simulator: Simulator) -> None:
        contact = simulator.intercom.add_contact(
            NOON,
            name="Nils Berg",
            language_override="sv",
            location={"type": "location", "country": "Sweden", "city": None},
            custom_attributes={"plan": "team"},
        )
        simulator.intercom.change_contact(contact, NOON + timedelta(hours=1))

        record = only_record(simulator)

        assert (record.id, record.name) == (contact, "Nils Berg")
        assert (record.occurred_at, record.updated_at) == (NOON, NOON + timedelta(hours=1))
        assert record.profile == {"plan": "team", "country": "Sweden", "city": None, "language": "sv"}

    def test_an_empty_name_clears_it_and_an_absent_one_does_not(self, simulator: Simulator) -> None:
        simulator.intercom.add_contact(NOON, name="")
        cleared = only_record(simulator)
        for entry in simulator.intercom.entries("contacts"):
            del entry["name"]

        assert cleared.name is None
        assert only_record(simulator).name is UNSET

    def test_leads_can_be_asked_for_again(self, simulator: Simulator) -> None:
        ids = [simulator.intercom.add_contact(NOON) for _ in range(40)]
        simulator.intercom.change_contact(ids[3], NOON + timedelta(days=1), role="user", external_id="u-3")
        simulator.intercom.drop_contact(ids[5])
        reader = Intercom(source_of(simulator))

        page = reader.refetch(ids)

        found = {record.id: record for record in records([page])}
        assert isinstance(reader, Refetches)
        assert set(found) == set(ids) - {ids[5]}
        assert levels(found[ids[3]]) == {"account": Level.CLAIMED}

    def test_asking_for_nobody_asks_nothing(self, simulator: Simulator) -> None:
        assert Intercom(source_of(simulator)).refetch([]).deliveries == ()


class TestConversations:
    """A conversation is a version of its contacts' records that says nothing but that it took place."""

    def test_it_says_nothing_about_who_the_contact_is(self, simulator: Simulator) -> None:
        contact = simulator.intercom.add_contact(NOON, name="Rosa Alba", email="rosa@example.com")
        began = NOON + timedelta(hours=2)
        simulator.intercom.add_conversation([contact], began, "Do you ship to Leeds &amp; York?")

        _, version = records(read(Intercom(source_of(simulator))))

        (chat,) = version.interactions
        assert (version.id, version.name, version.identifiers, version.profile) == (contact, UNSET, (), {})
        assert (version.occurred_at, version.updated_at) == (began, began)
        assert (chat.kind, chat.at, chat.direction) == ("chat", began, "inbound")
        assert chat.summary == "Do you ship to Leeds & York?"

    def test_each_of_several_contacts_has_it_as_an_interaction_of_its_own(self, simulator: Simulator) -> None:
        people = [simulator.intercom.add_contact(NOON) for _ in range(2)]
        conversation = simulator.intercom.add_conversation(people, NOON, "Our invoice")

        versions = records(read(Intercom(source_of(simulator))))[2:]

        interactions = [interaction.id for version in versions for interaction in version.interactions]
        assert interactions == [f"{conversation}:{contact}" for contact in people]

    @pytest.mark.parametrize(
        ("kind", "told"),
        [("email", "email"), ("phone_call", "call"), ("whatsapp", "message"), ("new_one", "message")],
    )
    def test_its_source_says_what_it_was(self, simulator: Simulator, kind: str, told: str) -> None:
        contact = simulator.intercom.add_contact(NOON)
        simulator.intercom.add_conversation([contact], NOON, "Hello", kind=kind, title="A question")

        (interaction,) = records(read(Intercom(source_of(simulator))))[1].interactions
        assert (interaction.kind, interaction.summary) == (told, "A question: Hello")

    @pytest.mark.parametrize("absent", [None, {"contacts": []}])
    def test_one_without_contacts_makes_no_record(self, simulator: Simulator, absent: object) -> None:
        simulator.intercom.add_conversation([], NOON, "Hello", contacts=absent)

        pages = read(Intercom(source_of(simulator)))
        assert records(pages) == []
        assert [page.rejected for page in pages] == [(), ()]

    def test_one_without_an_opening_still_counts(self, simulator: Simulator) -> None:
        contact = simulator.intercom.add_contact(NOON)
        simulator.intercom.add_conversation([contact], NOON, "", source=None)

        (interaction,) = records(read(Intercom(source_of(simulator))))[1].interactions
        assert (interaction.kind, interaction.summary) == ("chat", "")


class TestWindow:
    """The search knows days only: a run asks from the day before, and passes on what is in its window."""

    def test_what_was_read_before_does_not_come_again(self, simulator: Simulator) -> None:
        old = simulator.intercom.add_contact(NOON)
        new = simulator.intercom.add_contact(NOON + timedelta(hours=1))
        reader = Intercom(source_of(simulator))

        again = read(reader, read(reader)[-1].cursor)

        assert old not in [record.id for record in records(again)]
        assert [record.id for record in records(again)] == [new]

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 9 * 1440).map(lambda minutes: timedelta(minutes=minutes)),
                st.sampled_from(["create", "change", "run"]),
                st.integers(0, 3),
            ),
            max_size=14,
        ),
        st.integers(1, 3),
    )
    def test_whenever_runs_fall_every_change_is_read(
        self, happenings: list[tuple[timedelta, str, int]], page_limit: int
    ) -> None:
        known: list[str] = []
        newest: dict[str, datetime] = {}
        found: dict[str, datetime | None] = {}
        cursor = None

        with Simulator() as simulator:
            reader = Intercom(source_of(simulator, page_limit))
            for at, what, which in [*sorted(happenings), (timedelta(days=10), "run", 0)]:
                if what == "create":
                    known.append(simulator.intercom.add_contact(NOON + at))
                    newest[known[-1]] = NOON + at
                elif what == "change" and which < len(known):
                    simulator.intercom.change_contact(known[which], NOON + at)
                    newest[known[which]] = NOON + at
                elif what == "run":
                    pages = read(reader, cursor)
                    cursor = pages[-1].cursor
                    found |= {record.id: record.updated_at for record in records(pages)}

        assert found == newest


class TestSettings:
    """What is wrong in avouch.toml is said before anything is sent."""

    def test_each_region_has_its_host(self) -> None:
        readers = [
            Intercom(
                Source(
                    name="chat",
                    connector="intercom",
                    settings={"data_region": region},
                    secrets={"access_token": "made-up"},
                )
            )
            for region in ("us", "eu", "au")
        ]

        hosts = ["api.intercom.io", "api.eu.intercom.io", "api.au.intercom.io"]
        assert all(host in repr(vars(reader)) for host, reader in zip(hosts, readers, strict=True))

    @pytest.mark.parametrize("token", ["made up", "made-up\n", "made-üp"])
    def test_a_token_that_cannot_be_one_is_refused_unseen(self, token: str) -> None:
        source = Source(name="chat", connector="intercom", secrets={"access_token": token})

        with pytest.raises(AccessError, match="avouch sources test chat") as caught:
            Intercom(source)

        assert token.strip() not in str(caught.value)

    def test_an_unknown_way_of_verification_is_named(self) -> None:
        source = Source(
            name="chat",
            connector="intercom",
            settings={"identity_verification": "sms"},
            secrets={"access_token": "made-up"},
        )

        with pytest.raises(AccessError, match="identity_verification"):
            Intercom(source)
