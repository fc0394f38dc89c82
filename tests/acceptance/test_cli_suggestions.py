"""Suggestions at the terminal: listed with what they rest on, accepted or rejected by id, refused when stale."""

from typing import Any

import pytest

from tests.acceptance.terminal import Avouch, a_record, email, phone

pytestmark = pytest.mark.servers


def pair(avouch: Avouch, name: str, number: str) -> dict[str, Any]:
    """Import a user and a call from the user's number; return the suggestion that they are one."""
    records = [
        a_record("row", email(f"{name}@example.com"), phone(number, "stored"), name=f"{name.title()} Ruiz"),
        a_record("call", phone(number), day=3),
    ]
    avouch("import", avouch.file(f"{name}.jsonl", *records), "--source", name)
    (user,) = avouch.json("lookup", "--email", f"{name}@example.com")["matches"]
    (found,) = avouch.json("suggestions", "list", "--contact", user["id"])["suggestions"]
    return dict(found)


def test_the_list_says_who_what_and_how_surely(avouch: Avouch) -> None:
    found = pair(avouch, "olga", "+34633000001")

    printed = " ".join(avouch("suggestions", "list", "--contact", found["contacts"][0]).split())

    assert found["suggestion"] in printed
    assert "Olga Ruiz (user)" in printed
    assert "+34 633 00 00 01" in printed
    assert "in the books" in printed
    assert "seen on the channel" in printed


def test_accepting_makes_one_contact_and_says_how_to_take_it_back(avouch: Avouch) -> None:
    found = pair(avouch, "nora", "+34633000002")

    printed = avouch(
        "suggestions", "accept", found["suggestion"], "--reason", "same voice", "--author", "eva"
    )

    first, second = avouch.json("show", found["contacts"][0]), avouch.json("show", found["contacts"][1])
    assert first["id"] == second["id"]
    assert printed.startswith(f"Nora Ruiz (user) is one contact now: {first['id']}\n")
    assert "To take it back: avouch decisions withdraw " in printed


def test_rejecting_is_not_asked_again_and_accepting_it_then_is_refused(avouch: Avouch) -> None:
    found = pair(avouch, "sara", "+34633000003")

    rejected = avouch.json("suggestions", "reject", found["suggestion"], "--author", "eva")

    assert avouch.json("suggestions", "list", "--contact", found["contacts"][0])["suggestions"] == []
    assert sorted(rejected["answered"][0]["contacts"]) == sorted(found["contacts"])
    refused = avouch.fails("suggestions", "accept", found["suggestion"])
    assert refused.startswith(f"Error: {found['suggestion']}: its basis changed: eva decided on ")


def test_a_suggestion_that_never_was_is_refused(avouch: Avouch) -> None:
    refused = avouch.fails("suggestions", "accept", "0123456789-abcdef")

    assert refused == (
        "Error: 0123456789-abcdef: there is no such suggestion. See: avouch suggestions list\n"
    )


def test_a_crowd_that_claims_an_address_is_one_line_with_a_warning(avouch: Avouch) -> None:
    claimed = [a_record(f"c{each}", email("rita@example.com", "claimed"), day=2) for each in range(30)]
    login = a_record("row", email("rita@example.com"), name="Rita Ruiz")
    avouch("import", avouch.file("crowd.jsonl", login, *claimed), "--source", "crowd")
    (rita,) = [
        each
        for each in avouch.json("lookup", "--email", "rita@example.com")["matches"]
        if each["kind"] == "user"
    ]

    listed = " ".join(avouch("suggestions", "list", "--contact", rita["id"]).split())
    panel = " ".join(avouch("show", rita["id"]).split())

    assert "! 30 contacts claim rita@example.com without proof" in listed
    assert "30 contacts claim rita@example.com without proof" in panel
