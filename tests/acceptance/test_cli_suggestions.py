"""Suggestions at the terminal: listed with why, shown as a picture, answered by id or by the batch, refused when stale."""

import os
import pty
import subprocess
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.acceptance.terminal import COMMAND, Avouch, Said, a_record, email, phone
from worker.domain.matching import words

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


def at_a_terminal(avouch: Avouch, typed: str, *arguments: str) -> Said:
    """Run a command whose standard input is a terminal at which somebody types a line."""
    terminal, its_end = pty.openpty()
    with subprocess.Popen(
        [COMMAND, *arguments],
        cwd=avouch.folder,
        env=avouch.env,
        stdin=its_end,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.write(terminal, f"{typed}\n".encode())
        out, err = process.communicate(timeout=60)
    os.close(terminal)
    os.close(its_end)
    return Said(process.returncode, out, err)


def test_the_list_says_who_what_and_how_surely(avouch: Avouch) -> None:
    found = pair(avouch, "olga", "+34633000001")

    printed = " ".join(avouch("suggestions", "list", "--contact", found["contacts"][0]).split())

    assert found["suggestion"] in printed
    assert "Olga Ruiz (user)" in printed
    assert "+34 633 00 00 01" in printed
    assert "in the books" in printed
    assert "seen on" in printed
    assert f" {words.probability(found['probability'])} + same mobile number" in printed


def test_json_has_every_part_of_a_score(avouch: Avouch) -> None:
    found = pair(avouch, "alma", "+34633000004")

    parts = {each["comparison"]: each for each in found["parts"]}

    assert parts["phone"]["says"].startswith("same mobile number +34 633 00 00 04 (")
    assert found["prior"] + sum(each["weight"] for each in parts.values()) == pytest.approx(found["weight"])


def test_one_is_shown_side_by_side_with_a_bar_for_each_comparison(avouch: Avouch) -> None:
    found = pair(avouch, "ines", "+34633000005")

    printed = avouch("suggestions", "show", found["suggestion"])

    title = printed.partition(":")[0]
    assert set(title.split(" and ")) == {"Ines Ruiz (user)", "+34 633 00 00 05 (lead)"}
    assert "ines@example.com (proved)" in printed
    (bar,) = [line for line in printed.splitlines() if line.startswith("same mobile number")]
    assert "\u2588" in bar
    assert f"avouch suggestions accept {found['suggestion']}" in printed


def test_one_is_written_as_a_picture_and_as_a_page(avouch: Avouch) -> None:
    found = pair(avouch, "lola", "+34633000006")
    svg, page = avouch.folder / "pair.svg", avouch.folder / "pair.html"

    said = avouch.json("suggestions", "show", found["suggestion"], "--svg", svg, "--html", page)

    assert said["one"]["id"] == found["contacts"][0]
    assert said["summary"].startswith("For: same mobile number +34 633 00 00 06")
    assert ET.parse(svg).getroot().tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own file
    assert f"<br>{found['contacts'][0]}</td>" in page.read_text(encoding="utf-8")
    assert "<script" not in page.read_text(encoding="utf-8")


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


def test_later_is_not_listed_until_then_and_can_be_looked_at(avouch: Avouch) -> None:
    found = pair(avouch, "elsa", "+34633000007")
    of_contact = ("--contact", found["contacts"][0])

    printed = avouch("suggestions", "later", found["suggestion"], "--until", "2099-12-01")

    assert printed.startswith(
        "1 suggestion is put off until 1 December 2099, or until there is something new.\n"
    )
    assert avouch.json("suggestions", "list", *of_contact)["hidden"]["put_off"] == 1
    assert avouch.json("suggestions", "list", *of_contact)["suggestions"] == []
    (later,) = avouch.json("suggestions", "list", *of_contact, "--put-off")["suggestions"]
    assert later["suggestion"] == found["suggestion"]


class TestBatches:
    """Options choose what is answered; it is asked first, and all of a batch is decided or nothing."""

    def test_those_that_options_choose_are_decided(self, avouch: Avouch) -> None:
        one = pair(avouch, "berta", "+34633000011")
        chosen = ("--source", "berta", "--above", "0.6")

        answered = avouch.json("suggestions", "accept", *chosen, "--yes", "--author", "eva")["answered"]

        assert [each["suggestion"] for each in answered] == [one["suggestion"]]
        assert avouch.json("suggestions", "list", *chosen)["suggestions"] == []

    def test_a_batch_is_no_longer_than_it_may_be(self, avouch: Avouch) -> None:
        for place, name in enumerate(("dora", "irma")):
            pair(avouch, name, f"+3463300002{place}")

        said = avouch.run("suggestions", "reject", "--kind", "phone", "--batch", "1", "--yes", "--json")

        assert said.code == 0
        assert said.out.count('"decision"') == 1
        assert "more suggestion" in said.err

    def test_nobody_is_answered_unasked(self, avouch: Avouch) -> None:
        said = avouch.run("suggestions", "accept", "--above", "0.5")

        assert said.code == 2
        assert "To answer without being asked, add --yes." in said.err

    def test_they_are_listed_and_asked_about_first(self, avouch: Avouch) -> None:
        one = pair(avouch, "wanda", "+34633000041")
        chosen = ("suggestions", "accept", "--source", "wanda")

        refused, accepted = at_a_terminal(avouch, "n", *chosen), at_a_terminal(avouch, "y", *chosen)

        assert refused.code == 1
        assert one["suggestion"] in refused.out
        assert "Decide that each pair is one person? 1 suggestion [y/N]" in refused.err
        assert accepted.code == 0
        assert "Wanda Ruiz (user) is one contact now: " in accepted.out

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["accept"], "Give ids of suggestions, or options that choose them"),
            (["accept", "--all", "--yes"], "Give ids of suggestions, or options that choose them"),
            (["reject", "0123456789-abcdef", "--above", "0.9"], "not both"),
            (["later", "0123456789-abcdef", "--until", "2020-01-01"], "2020-01-01 is past"),
            (["list", "--above", "97"], "97.0 is not in the range 0<=x<=1"),
        ],
    )
    def test_wrong_usage_is_explained(self, avouch: Avouch, arguments: list[str], says: str) -> None:
        said = avouch.run("suggestions", *arguments)

        assert said.code == 2
        assert says in " ".join(said.err.split())

    def test_a_mistyped_source_is_explained(self, avouch: Avouch) -> None:
        pair(avouch, "oswaldo", "+34633000031")

        said = avouch.fails("suggestions", "list", "--source", "oswalda")

        assert said == "Error: No source is called oswalda. Did you mean oswaldo? See: avouch sources list\n"


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
