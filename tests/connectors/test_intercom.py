"""Intercom: the contract's cases, and what is particular to its contacts, conversations, calls and notes."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from integrations import registry
from integrations.chat.intercom import RATES, Intercom
from integrations.contract import About, ContactRecord, Identifier, Level, Note, Refetches
from integrations.errors import AccessError, SourceError, UnavailableError
from integrations.limits import Rate, Unlimited
from integrations.source import Source
from tests.builders import ID_KEY, LANDED, P, a_call, suggested, told
from tests.connectors.contract import ConnectorContract, Vendor, always, listed, read, records
from tests.simulated.intercom import SimulatedIntercomWorkspace
from worker.demo.simulator import Simulator
from worker.demo.simulator_intercom import refusal
from worker.demo.simulator_server import Answer, Asked, LoopbackServer, answer_json
from worker.domain.folding import fold
from worker.domain.records import Version, content_digest
from worker.domain.resolve import resolve

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=2)


class TestIntercom(ConnectorContract):
    connector = "intercom"

    def test_requests_name_the_version_they_were_written_for(self) -> None:
        with Vendor(always(Answer(status=503))) as vendor, pytest.raises(Exception, match="503"):
            self.reader(vendor).fetch(None)

        assert vendor.asked[0].headers["intercom-version"] == "2.15"

    @pytest.mark.parametrize(
        ("status", "code", "error", "then"),
        [
            (429, "rate_limit_exceeded", UnavailableError, "later by itself"),
            (400, "rate_limit_exceeded", UnavailableError, "later by itself"),
            (401, "unauthorized", AccessError, "avouch sources resume under-test"),
            (401, "token_unauthorized", AccessError, "avouch sources resume under-test"),
            (404, "token_unauthorized", AccessError, "avouch sources resume under-test"),
            (403, "api_plan_restricted", AccessError, "Set calls or notes to false in avouch.toml"),
            (400, "intercom_version_invalid", AccessError, "version 2.15 .*\n    Update Avouch"),
        ],
    )
    def test_its_codes_say_what_to_do(
        self, status: int, code: str, error: type[SourceError], then: str
    ) -> None:
        refused = refusal(status, code, "Refused")
        with Vendor(always(refused)) as vendor, pytest.raises(error, match=then) as caught:
            self.reader(vendor).fetch(None)

        assert code in str(caught.value)

    def test_a_429_without_a_wait_holds_everybody_back_for_longer_than_a_window(self) -> None:
        held: list[timedelta] = []

        class Held(Unlimited):
            def hold_back(self, key: str, rates: Sequence[Rate], wait: timedelta) -> None:  # noqa: ARG002 - as the limiter has it
                held.append(wait)

        busy = refusal(429, "rate_limit_exceeded", "Slow down", **{"X-RateLimit-Reset": "1772445610"})
        with Vendor(always(busy)) as vendor, pytest.raises(UnavailableError):
            registry.connector(replace(self.source(vendor), limiter=Held())).fetch(None)

        assert held > [timedelta(seconds=RATES[0].seconds)]


def source_of(
    simulator: Simulator, page_limit: int | None = None, /, *, at: datetime = LATER, **options: object
) -> Source:
    return Source(
        name="chat",
        connector="intercom",
        settings={**simulator.intercom.settings, "base_url": simulator.url, **options},
        secrets=simulator.intercom.secrets,
        page_limit=page_limit,
        clock=lambda: at,
    )


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def only_record(simulator: Simulator, **options: Any) -> ContactRecord:
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

        assert (record.id, record.name) == (f"contact:{contact}", "Nils Berg")
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

        page = reader.refetch([f"contact:{each}" for each in ids])

        found = {record.id: record for record in records([page])}
        assert isinstance(reader, Refetches)
        assert set(found) == {f"contact:{each}" for each in ids if each != ids[5]}
        assert levels(found[f"contact:{ids[3]}"]) == {"account": Level.CLAIMED}

    @pytest.mark.parametrize("ids", [[], ["call:34"]])
    def test_asking_for_nobody_asks_nothing(self, ids: list[str]) -> None:
        with Vendor(always(Answer())) as vendor:
            page = Intercom(
                Source(
                    name="chat",
                    connector="intercom",
                    settings={"base_url": vendor.url},
                    secrets={"access_token": "made-up"},
                )
            ).refetch(ids)

        assert (page.deliveries, vendor.asked) == ((), [])

    def test_once_a_day_the_whole_list_shows_who_is_gone(self, simulator: Simulator) -> None:
        kept, merged = (simulator.intercom.add_contact(NOON) for _ in range(2))
        cursor = read(Intercom(source_of(simulator, at=NOON)))[-1].cursor
        simulator.intercom.drop_contact(merged)

        soon = read(Intercom(source_of(simulator, at=NOON + timedelta(hours=23))), cursor)
        next_day = read(Intercom(source_of(simulator, at=NOON + timedelta(hours=25))), soon[-1].cursor)

        assert listed(soon) is None
        assert listed(next_day) == [f"contact:{kept}"]
        assert {page.sweep.prefix for page in next_day if page.sweep} == {"contact:"}


class TestConversations:
    """A conversation is a version of its contacts' records that says nothing but that it took place."""

    def test_it_says_nothing_about_who_the_contact_is(self, simulator: Simulator) -> None:
        contact = simulator.intercom.add_contact(NOON, name="Rosa Alba", email="rosa@example.com")
        began = NOON + timedelta(hours=2)
        simulator.intercom.add_conversation([contact], began, "Do you ship to Leeds &amp; York?")

        _, version = records(read(Intercom(source_of(simulator))))

        (chat,) = version.interactions
        told = (version.id, version.name, version.identifiers, version.profile)
        assert told == (f"contact:{contact}", UNSET, (), {})
        assert (version.occurred_at, version.updated_at) == (began, began)
        assert (chat.kind, chat.at, chat.direction) == ("chat", began, "inbound")
        assert chat.summary == "Do you ship to Leeds & York?"

    def test_a_subject_of_nothing_but_opened_tags_is_read_at_once(self, simulator: Simulator) -> None:
        opening = {"type": "email", "subject": "<" * 100_000}
        simulator.intercom.add_conversation([simulator.intercom.add_contact(NOON)], NOON, "", source=opening)
        began = process_time()

        _, version = records(read(Intercom(source_of(simulator))))

        assert set(version.interactions[0].summary) == {"<"}
        assert process_time() - began < 2

    def test_each_of_several_contacts_has_it_as_an_interaction_of_its_own(self, simulator: Simulator) -> None:
        people = [simulator.intercom.add_contact(NOON) for _ in range(2)]
        conversation = simulator.intercom.add_conversation(people, NOON, "Our invoice")

        versions = records(read(Intercom(source_of(simulator))))[2:]

        interactions = [interaction.id for version in versions for interaction in version.interactions]
        assert interactions == [f"{conversation}:{contact}" for contact in people]

    @pytest.mark.parametrize(
        ("kind", "told"),
        [
            ("email", "email"),
            ("phone_call", "call"),
            ("phone_switch", "chat"),
            ("whatsapp", "message"),
            ("new_one", "message"),
        ],
    )
    def test_its_source_says_what_it_was(self, simulator: Simulator, kind: str, told: str) -> None:
        contact = simulator.intercom.add_contact(NOON)
        simulator.intercom.add_conversation([contact], NOON, "Hello", kind=kind, title="A question")

        (interaction,) = records(read(Intercom(source_of(simulator, calls=False))))[1].interactions
        assert (interaction.kind, interaction.summary) == (told, "A question: Hello")

    @pytest.mark.parametrize("absent", [None, {"contacts": []}])
    def test_one_without_contacts_makes_no_record(self, simulator: Simulator, absent: object) -> None:
        simulator.intercom.add_conversation([], NOON, "Hello", contacts=absent)

        pages = read(Intercom(source_of(simulator)))
        assert records(pages) == []
        assert not any(page.rejected for page in pages)

    def test_one_without_an_opening_still_counts(self, simulator: Simulator) -> None:
        contact = simulator.intercom.add_contact(NOON)
        simulator.intercom.add_conversation([contact], NOON, "", source=None)

        (interaction,) = records(read(Intercom(source_of(simulator))))[1].interactions
        assert (interaction.kind, interaction.summary) == ("chat", "")


class TestCalls:
    """A call is a record of its own with the line that it came from; whose it is, is a claim of Intercom's."""

    @pytest.mark.parametrize(
        ("fields", "level"),
        [
            ({}, Level.OBSERVED),
            ({"direction": "outbound"}, Level.OBSERVED),
            ({"direction": "outbound", "answered_at": None}, Level.CLAIMED),
            ({"direction": None, "answered_at": None}, Level.CLAIMED),
            ({"answered_at": None}, Level.OBSERVED),
        ],
    )
    def test_the_number_is_a_line_where_the_channel_carried_it(
        self, simulator: Simulator, fields: dict[str, Any], level: Level
    ) -> None:
        call = simulator.intercom.add_call("+447700900123", NOON, **fields)

        record = only_record(simulator)

        assert record.id == f"call:{call}"
        assert record.identifiers == (Identifier(type="phone", value="+447700900123", level=level),)

    def test_the_contact_that_intercom_found_by_the_number_is_claimed(self, simulator: Simulator) -> None:
        contact = simulator.intercom.add_contact(NOON, role="user", external_id="u-17")
        simulator.intercom.add_call("+447700900123", NOON, contact=contact)

        person, call = records(read(Intercom(source_of(simulator, identity_verification=True))))

        assert [each.type for each in person.identifiers] == ["account"]
        assert call.about == About("chat", f"contact:{contact}", level=Level.CLAIMED)

    def test_who_typed_a_callers_number_gets_none_of_that_callers_calls(self, simulator: Simulator) -> None:
        """A user has proved an account and typed a stranger's number, and Intercom gives him the stranger's call."""
        simulator.intercom.add_contact(NOON, role="user", external_id="u-17", phone=P)
        (contact,) = (each["id"] for each in simulator.intercom.entries("contacts"))
        call = simulator.intercom.add_call(P, NOON + timedelta(hours=1), contact=contact)
        delivered = records(read(Intercom(source_of(simulator, identity_verification="jwt"))))
        earlier = a_call(P, on=-1, key="earlier")
        judged = [
            fold(ID_KEY, "chat", [Version(each, content_digest(each)[1], None, LANDED)]).record
            for each in delivered
        ]

        contacts = resolve([*judged, earlier])

        assert told(contacts) == {f"user: contact:{contact}", f"lead: call:{call}, earlier"}
        assert suggested(contacts, [*judged, earlier]) == {f"contact:{contact} ~ earlier"}

    def test_one_of_nobody_is_about_nobody(self, simulator: Simulator) -> None:
        simulator.intercom.add_call("+447700900123", NOON)

        assert only_record(simulator).about is None

    def test_one_without_a_number_is_its_contacts(self, simulator: Simulator) -> None:
        contact = simulator.intercom.add_contact(NOON, name="Rosa Alba")
        call = simulator.intercom.add_call(None, NOON + timedelta(hours=1), contact=contact)

        version = records(read(Intercom(source_of(simulator))))[1]

        assert (version.id, version.name, version.identifiers) == (f"contact:{contact}", UNSET, ())
        assert [each.id for each in version.interactions] == [f"call:{call}"]

    def test_one_without_a_number_or_a_contact_stands_alone(self, simulator: Simulator) -> None:
        call = simulator.intercom.add_call("", NOON)

        record = only_record(simulator)
        assert (record.id, record.identifiers, record.about) == (f"call:{call}", (), None)

    @pytest.mark.parametrize(
        ("fields", "direction", "summary"),
        [
            ({}, "inbound", "answered, 90 s"),
            ({"answered_at": None, "ended_reason": "no_answer"}, "inbound", "no answer"),
            ({"direction": "outbound", "ended_reason": None}, "outbound", "completed, 90 s"),
            ({"ended_at": None, "ended_reason": None, "state": None}, "inbound", ""),
        ],
    )
    def test_it_tells_how_it_went(
        self, simulator: Simulator, fields: dict[str, Any], direction: str, summary: str
    ) -> None:
        simulator.intercom.add_call("+447700900123", NOON, **fields)

        (told,) = only_record(simulator).interactions
        assert (told.kind, told.at, told.direction, told.summary) == ("call", NOON, direction, summary)

    def test_one_that_was_never_dialled_has_the_time_it_was_made(self, simulator: Simulator) -> None:
        simulator.intercom.add_call("+447700900123", NOON, initiated_at=None, updated_at=None)

        record = only_record(simulator)
        assert (record.occurred_at, record.updated_at) == (NOON, NOON)

    def test_the_conversation_of_a_call_does_not_make_it_twice(self, simulator: Simulator) -> None:
        contact = simulator.intercom.add_contact(NOON)
        conversation = simulator.intercom.add_conversation([contact], NOON, "", kind="phone_call")
        simulator.intercom.add_call("+447700900123", NOON, contact=contact, conversation_id=conversation)

        found = records(read(Intercom(source_of(simulator))))

        assert [each.kind for record in found for each in record.interactions] == ["call"]

    def test_where_calls_are_not_read_nothing_asks_for_them(self, simulator: Simulator) -> None:
        simulator.intercom.add_call("+447700900123", NOON)

        reader = Intercom(source_of(simulator, calls=False))
        assert records(read(reader)) == []
        assert [part.name for part in reader.parts()] == ["contacts", "conversations", "all-contacts"]

    def test_a_later_run_reads_back_to_the_last_one_and_follows_a_call_to_its_end(
        self, simulator: Simulator
    ) -> None:
        calls = [
            simulator.intercom.add_call(f"+4477009001{hour:02}", NOON + timedelta(hours=hour))
            for hour in range(9)
        ]
        going_on = simulator.intercom.entries("calls")[6]
        going_on["ended_at"] = None
        end = NOON + timedelta(hours=10)
        cursor = read(Intercom(source_of(simulator, 2, at=end)))[-1].cursor
        going_on["ended_at"] = going_on["answered_at"] + 7500

        again = records(read(Intercom(source_of(simulator, 2, at=end)), cursor))
        later = records(read(Intercom(source_of(simulator, 2, at=end)), cursor))

        assert [record.id for record in again] == [f"call:{call}" for call in calls[:5:-1]]
        assert again == later
        assert again[2].interactions[0].summary == "answered, 7500 s"

    def test_in_whatever_order_they_come_a_day_brings_them_all(self) -> None:
        now = [NOON]
        calls = [{"id": str(number), "created_at": int(NOON.timestamp()) + number} for number in range(9)]

        def oldest_first(asked: Asked) -> Answer:
            if asked.path != "/calls":
                found = "conversations" if "conversations" in asked.path else "data"
                return answer_json({found: []})
            start = 2 * int(asked.query["page"]) - 2
            return answer_json({"data": calls[start : start + 2]})

        with Vendor(oldest_first) as vendor:
            reader = Intercom(
                Source(
                    name="chat",
                    connector="intercom",
                    settings={"base_url": vendor.url},
                    secrets={"access_token": "made-up"},
                    page_limit=2,
                    clock=lambda: now[0],
                )
            )
            now[0] += timedelta(hours=1)
            first = read(reader)
            late = now[0] + timedelta(hours=1)
            calls.append({"id": "late", "created_at": int(late.timestamp())})
            now[0] += timedelta(hours=25)
            second = read(reader, first[-1].cursor)

        assert [record.id for record in records(first)] == [f"call:{number}" for number in range(9)]
        assert "call:late" in [record.id for record in records(second)]


class TestNotes:
    """What the team wrote about a contact stands on its record; it costs a request for each that has some."""

    def test_a_note_has_its_author_and_says_nothing_else(self, simulator: Simulator) -> None:
        contact = simulator.intercom.add_contact(NOON, name="Rosa Alba", email="rosa@example.com")
        at = NOON + timedelta(hours=1)
        note = simulator.intercom.add_note(contact, at, "Prefers <b>mornings</b> &amp; mail")

        version = records(read(Intercom(source_of(simulator))))[1]

        assert (version.id, version.name, version.identifiers) == (f"contact:{contact}", UNSET, ())
        assert version.notes == (
            Note(id=f"note:{note}", at=at, body="Prefers mornings & mail", author="Rui Prado"),
        )

    def test_one_without_author_or_text_is_there_all_the_same(self, simulator: Simulator) -> None:
        contact = simulator.intercom.add_contact(NOON)
        simulator.intercom.add_note(contact, NOON, "Hello")
        simulator.intercom.entries("notes")[0].update(author=None, body=None)

        (note,) = records(read(Intercom(source_of(simulator))))[1].notes
        assert (note.body, note.author) == ("", "")

    def test_who_has_none_costs_nothing(self) -> None:
        quiet = {"id": "a", "created_at": 1, "updated_at": 1}
        people = [
            quiet,
            {**quiet, "id": "b", "notes": {"total_count": 0}},
            {**quiet, "id": "c", "notes": None},
        ]
        with Vendor(always(answer_json({"data": people, "conversations": []}))) as vendor:
            source = Source(
                name="chat",
                connector="intercom",
                settings={"base_url": vendor.url, "calls": False},
                secrets={"access_token": "made-up"},
            )
            read(Intercom(source))

        assert [asked.path for asked in vendor.asked] == ["/contacts/search", "/conversations/search"]

    def test_an_id_leads_to_no_other_address(self) -> None:
        strange = "a/../admins?x=1#y%2F"
        contact = {"id": strange, "created_at": 1, "updated_at": 1, "notes": {"total_count": 1}}
        with Vendor(always(answer_json({"data": [contact]}))) as vendor:
            source = Source(
                name="chat",
                connector="intercom",
                settings={"base_url": vendor.url},
                secrets={"access_token": "made-up"},
            )
            Intercom(source).fetch(Intercom(source).fetch(None).cursor)

        assert vendor.asked[1].path == f"/contacts/{quote(strange, safe='')}/notes"
        assert vendor.asked[1].query == {}

    def test_where_notes_are_not_read_nothing_asks_for_them(self, simulator: Simulator) -> None:
        contact = simulator.intercom.add_contact(NOON)
        simulator.intercom.add_note(contact, NOON, "Prefers mornings")

        found = records(read(Intercom(source_of(simulator, notes=False))))
        assert [record.notes for record in found] == [()]

    def test_a_contact_that_vanishes_before_its_notes_are_read_costs_only_them(
        self, simulator: Simulator
    ) -> None:
        contacts = [simulator.intercom.add_contact(NOON) for _ in range(2)]
        for contact in contacts:
            simulator.intercom.add_note(contact, NOON, "Prefers mornings")
        reader = Intercom(source_of(simulator))
        page = reader.fetch(None)
        simulator.intercom.drop_contact(contacts[0])

        rest = records(read(reader, page.cursor))

        assert [record.id for record in rest] == [f"contact:{contacts[1]}"]


class TestWindow:
    """The search knows days only: a run asks from the day before, and passes on what is in its window."""

    def test_what_was_read_before_does_not_come_again(self, simulator: Simulator) -> None:
        old = simulator.intercom.add_contact(NOON)
        new = simulator.intercom.add_contact(NOON + timedelta(hours=1))
        reader = Intercom(source_of(simulator))

        again = read(reader, read(reader)[-1].cursor)

        assert f"contact:{old}" not in [record.id for record in records(again)]
        assert [record.id for record in records(again)] == [f"contact:{new}"]

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
            # The clock of a run lies after all that has happened, and calls for no whole list.
            reader = Intercom(
                source_of(simulator, page_limit, at=NOON + timedelta(days=10), reconcile_hours=1000)
            )
            for at, what, which in [*sorted(happenings), (timedelta(days=10), "run", 0)]:
                if what == "create":
                    known.append(simulator.intercom.add_contact(NOON + at))
                    newest[f"contact:{known[-1]}"] = NOON + at
                elif what == "change" and which < len(known):
                    simulator.intercom.change_contact(known[which], NOON + at)
                    newest[f"contact:{known[which]}"] = NOON + at
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


class TestSimulated:
    """The simulated workspace is read to its end; later runs bring what is not yet sure, and who is gone."""

    def test_three_hundred_contacts_are_read_once_and_those_that_vanish_are_missed(self) -> None:
        now = [NOON]
        made = SimulatedIntercomWorkspace(300)
        with LoopbackServer(made.answer) as server:
            source = Source(
                name="intercom",
                connector="intercom",
                settings=made.settings(server.url),
                secrets=made.secrets,
                clock=lambda: now[0],
            )
            reader = registry.connector(source)
            first = read(reader)
            second = read(reader, first[-1].cursor)
            gone = made.vanish()
            now[0] += timedelta(hours=25)
            third = read(reader, second[-1].cursor)

        people = {record.id for record in records(first) if record.name is not UNSET}
        kinds = {each.kind for record in records(first) for each in record.interactions}
        assert len(people) == 300
        assert kinds == {"call", "chat", "email"}
        assert sum(len(record.notes) for record in records(first)) == 30
        assert 0 < len(records(second)) < 40
        assert listed(second) is None
        assert set(listed(third) or ()) == people - gone
        assert len(gone) == 10
