"""Scenarios: devices, sessions and tokens."""

import json
from pathlib import Path

import pytest

from integrations.contract import Level, Token
from tests.builders import (
    a_login,
    a_token_chat,
    a_visit,
    at,
    contact_of,
    cookie,
    email,
    told,
)
from tests.orders import in_every_order, told_in_every_order
from tests.scenes import Scene, a_file, delivered_login
from worker.domain.evidence import Evidence
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.domain.unproved import unproved
from worker.storage.unit_of_work import UnitOfWork

CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED
E = "ana@x.es"


@pytest.mark.scenario(32)
class TestAKiosk:
    """When A logs in on a kiosk, then a visitor chats, then B logs in, A and B are two; the visitor is a lead."""

    def test_the_visitor_belongs_to_neither(self) -> None:
        ana = a_login("ana", cookie("kiosk"), on=0, key="ana")
        visitor = a_visit("kiosk", on=1, key="visitor")
        luis = a_login("luis", cookie("kiosk"), on=2, key="luis")

        resolution = in_every_order([ana, visitor, luis])

        assert told(resolution) == {"user: ana", "user: luis", "lead: visitor"}
        assert [(case.kind, case.key) for case in resolution.conflicts] == [
            ("contested", ("device", "site", "kiosk"))
        ]


@pytest.mark.scenario(33)
class TestOnesOwnBrowser:
    """When a cookie was used by A alone for a year, a new visit with it is A's."""

    def test_the_visit_joins_its_user(self) -> None:
        first, last = (a_login("ana", cookie("ck-9"), on=day, key=f"login-{day}") for day in (0, 365))
        visit = a_visit("ck-9", on=366, key="visit")

        contacts = told_in_every_order(first, last, visit)

        assert contacts == {"user: login-0, login-365, visit"}


@pytest.mark.scenario(34)
class TestATokenThatProvesNothing:
    """A token of A that had expired, is for another audience, or was replayed counts as claimed; nothing fails."""

    OF_ANA = a_login("ana", email(E, VERIFIED), key="ana")
    SHOP = Policy(audiences=frozenset({"shop"}))
    GOOD = Token(id="t-1", expires_at=at(2), audience="shop")

    @pytest.mark.parametrize(
        ("chat", "why"),
        [
            (a_token_chat("ana", Token(id="t-2", expires_at=at(0)), on=1, key="chat"), "had expired"),
            (a_token_chat("ana", Token(id="t-3", audience="forum"), on=1, key="chat"), "was made for somebody else"),
        ],
        ids=["expired at the time of the visit", "for another audience"],
    )  # fmt: skip
    def test_the_chat_is_a_lead_that_claims_the_account_and_says_why(self, chat: Record, why: str) -> None:
        resolution = in_every_order([self.OF_ANA, chat], policy=self.SHOP)
        (reason,) = unproved(Evidence([self.OF_ANA, chat], self.SHOP), [chat.id])

        assert told(resolution) == {"user: ana", "lead: chat"}
        (claim,) = contact_of(resolution, chat).identifiers
        assert (claim.value, claim.level) == ("ana", CLAIMED)
        assert reason.why == f"its token {why}"

    def test_a_token_seen_on_another_record_counts_on_the_first_one_only(self) -> None:
        chat = a_token_chat("ana", self.GOOD, on=1, key="chat")
        replayed = a_token_chat("ana", self.GOOD, email("mallory@y.es", VERIFIED), on=1.5, key="replayed")

        resolution = in_every_order([self.OF_ANA, chat, replayed], policy=self.SHOP)
        (reason,) = unproved(Evidence([self.OF_ANA, chat, replayed], self.SHOP), [chat.id, replayed.id])

        assert told(resolution) == {"user: ana, chat", "user: replayed"}
        assert (reason.record_id, reason.why) == (replayed.id, "its token had been used on another record")

    def test_a_token_that_is_good_proves_its_user(self) -> None:
        chat = a_token_chat("ana", self.GOOD, on=1, key="chat")

        contacts = told_in_every_order(self.OF_ANA, chat, policy=self.SHOP)

        assert contacts == {"user: ana, chat"}

    def test_a_visit_is_judged_by_its_start(self) -> None:
        token = Token(id="t-4", expires_at=at(1))
        signed = a_token_chat("ana", token, on=0.9, key="long chat", updated_at=at(3))

        contacts = told_in_every_order(self.OF_ANA, signed)

        assert contacts == {"user: ana, long chat"}


@pytest.mark.scenario(35)
@pytest.mark.servers
class TestAClientsOwnWord:
    """When a client sends `verified: true`, it is ignored."""

    def test_the_level_stays_what_the_channel_gives(self, uow: UnitOfWork, tmp_path: Path) -> None:
        scene = Scene(uow)
        scene.see("chat", delivered_login("login", "ana", email(E, VERIFIED)))
        claim = {"type": "email", "value": E, "level": "claimed", "verified": True}
        entry = {
            "id": "form",
            "occurred_at": "2026-03-02T10:00:00Z",
            "identifiers": [claim],
            "verified": True,
        }

        scene.imported(a_file(tmp_path, "widget.jsonl", [json.dumps(entry)]), "widget")

        assert scene.told() == {"user: login", "lead: form"}
        (held,) = scene.contact("widget", "form").identifiers
        assert held.level is CLAIMED


@pytest.mark.scenario(36)
class TestOnesCookieAnothersToken:
    """With A's cookie and B's token on one session, the chat is B's, the cookie contested, A and B are two."""

    def test_the_session_belongs_to_whom_the_token_names(self) -> None:
        ana = a_login("ana", cookie("ck"), on=0, key="ana")
        luis = a_login("luis", on=0, key="luis")
        token = Token(id="t-1", expires_at=at(2))
        session = a_token_chat("luis", token, cookie("ck"), on=1, key="session")

        resolution = in_every_order([ana, luis, session])

        assert told(resolution) == {"user: ana", "user: luis, session"}
        assert [(case.kind, case.key) for case in resolution.conflicts] == [
            ("contested", ("device", "site", "ck"))
        ]
