"""The real servers do what the tests that stand on them take for granted."""

import pytest
import requests

from tests.real.localstripe import LocalStripe
from tests.real.synapse import Synapse, User


class TestLocalStripe:
    def test_it_keeps_customers_changes_and_deletions(self, localstripe: LocalStripe) -> None:
        ana, bea = (
            localstripe.new_customer(name=name, email=f"{name}@example.com")["id"] for name in ("ana", "bea")
        )
        localstripe.change(ana, name="Ana Ruiz")
        localstripe.delete(bea)

        listed = localstripe.ask("GET", "/v1/customers")

        assert [(each["id"], each["name"]) for each in listed["data"]] == [(ana, "Ana Ruiz")]
        with pytest.raises(requests.HTTPError, match="404"):
            localstripe.ask("GET", f"/v1/customers/{bea}")

    def test_each_test_finds_it_empty(self, localstripe: LocalStripe) -> None:
        assert localstripe.ask("GET", "/v1/customers")["data"] == []


@pytest.mark.real
class TestSynapse:
    def test_it_knows_what_identifies_a_user(self, synapse: Synapse) -> None:
        ana = synapse.new_user(
            "ana", threepids=[("email", "ana@example.com")], external_ids=[("sso", "17")], shown_as="Ana Ruiz"
        )

        known = synapse.ask("GET", f"/_synapse/admin/v2/users/{ana.id}")

        assert known["displayname"] == "Ana Ruiz"
        assert [(each["medium"], each["address"]) for each in known["threepids"]] == [
            ("email", "ana@example.com")
        ]
        assert known["threepids"][0]["validated_at"] > 0
        assert known["external_ids"] == [{"auth_provider": "sso", "external_id": "17"}]

    def test_it_keeps_what_is_said_in_a_room(self, synapse: Synapse) -> None:
        ana, bea = synapse.new_user("ana"), synapse.new_user("bea")
        room = synapse.new_room(ana, bea)
        said = synapse.say(room, bea, "hello")

        messages = synapse.ask("GET", f"/_synapse/admin/v1/rooms/{room}/messages?dir=b")

        assert [each["content"]["body"] for each in messages["chunk"] if each["event_id"] == said] == [
            "hello"
        ]

    def test_a_closed_account_says_so(self, synapse: Synapse) -> None:
        ana = synapse.new_user("ana")
        synapse.deactivate(ana, erase=True)

        known = synapse.ask("GET", f"/_synapse/admin/v2/users/{ana.id}")

        assert (known["deactivated"], known["erased"]) == (True, True)

    def test_only_the_limited_one_answers_that_it_is_too_much(
        self, synapse: Synapse, limited_synapse: Synapse
    ) -> None:
        for server in (synapse, limited_synapse):
            ana = server.new_user("ana")
            room = server.new_room(ana)
            for number in range(9):
                server.say(room, ana, str(number))

        with pytest.raises(requests.HTTPError, match="429"):
            say_much(limited_synapse, room, ana)


def say_much(server: Synapse, room: str, by: User) -> None:
    for number in range(20):
        server.say(room, by, str(number))
