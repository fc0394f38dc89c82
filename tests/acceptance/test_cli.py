"""The command, from outside: files come in, agents ask, and every answer says what to type next."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.acceptance.terminal import Avouch, a_record, email, phone
from tests.acceptance.zygote import Zygote
from worker.cli.show import day

pytestmark = pytest.mark.servers

CALL = {"kind": "call", "at": "2026-03-01T10:00:00Z", "direction": "inbound"}
STORY = (
    a_record(
        "call-1",
        phone("+34 612 34 56 78"),
        interactions=[{"id": "i1", **CALL, "summary": "asked for an invoice"}],
        notes=[{"id": "n1", "at": "2026-03-01T10:06:00Z", "author": "agent-3", "body": "prefers mornings"}],
    ),
    a_record("v1", phone("+34612345678"), email("Ana@x.es", method="otp"), day=2, name="Ana Ruiz"),
    a_record("crm-12", email("ana@x.es", "stored"), day=1, name="Ana Ruiz"),
    a_record("call-2", phone("+34612345678"), day=3),
    {"id": "bad", "identifiers": []},
)
PANEL = """\
+34 612 34 56 78
╭─ uses this line ───────────────────────────────────────────────────────────────────────────────────────────╮
│ +34 612 34 56 78  lead                                                                                     │
│ {lead}                                                                                   │
│                                                                                                            │
│ Known by     +34 612 34 56 78  seen on the channel                                                         │
│ May also be  Ana Ruiz (user): shares +34 612 34 56 78  {user}                            │
│ From         story (1 record)                                                                              │
╰────────────────────────────────────────────────────────────────────────────────────────────────────────────╯
╭─ may be ───────────────────────────────────────────────────────────────────────────────────────────────────╮
│ Ana Ruiz  user since 2 March 2026                                                                          │
│ {user}                                                                                   │
│                                                                                                            │
│ Known by     ana@x.es  proved                                                                              │
│              +34 612 34 56 78  seen on the channel                                                         │
│ Notes        2026-03-01 10:06  agent-3: prefers mornings                                                   │
│ Last         2026-03-01 10:00  inbound call: asked for an invoice                                          │
│ May also be  +34 612 34 56 78 (lead): shares +34 612 34 56 78  {lead}                    │
│ From         story (3 records)                                                                             │
╰────────────────────────────────────────────────────────────────────────────────────────────────────────────╯
! A number is not a person: verify before you share anything.
"""
WHY = """\
Ana Ruiz is a user because on 2 March 2026 they confirmed ana@x.es by a one-time code (story v1); \
in the books, story crm-12 holds the same address.
story call-1 came along: it came over +34 612 34 56 78, the line on which story v1 stands, no later than the proof; \
no other user has that line.
Judged by version 1 of the policy, in force since {today}.
"""


@pytest.fixture(scope="module")
def story(avouch: Avouch) -> str:
    """What importing the story printed."""
    return avouch("import", avouch.file("story.jsonl", *STORY), "--source", "story")


@pytest.fixture(scope="module")
def ids(avouch: Avouch, story: str) -> dict[str, str]:
    """The ids of the story's contacts, by kind."""
    assert story
    found = avouch.json("lookup", "--phone", "+34612345678")
    return {match["kind"]: match["id"] for match in found["matches"]}


class TestImport:
    """`import FILE`: a bad row is set aside with its reason; the same file again changes nothing."""

    def test_the_report_counts_what_came_and_names_what_was_rejected(self, story: str) -> None:
        assert story.startswith(
            "5 entries read: 4 new or changed, 0 unchanged, 1 rejected.\n"
            "  line 5: Object missing required field `occurred_at`\n"
            "  All of them: avouch rejects list --source story\n"
            "In all: "
        )

    @pytest.mark.usefixtures("story")
    def test_the_same_file_again_changes_nothing(self, avouch: Avouch) -> None:
        report = avouch.json("import", "story.jsonl", "--source", "story")

        assert (report["outcome"], report["read"], report["changed"], report["unchanged"]) == (
            "done",
            5,
            0,
            4,
        )

    @pytest.mark.usefixtures("story")
    def test_what_was_rejected_is_kept_with_its_reason(self, avouch: Avouch) -> None:
        kept = avouch.json("rejects", "list", "--source", "story", "--raw")["rejects"]

        assert [(each["place"], json.loads(each["raw"])) for each in kept] == [("line 5", STORY[-1])]

    def test_a_dry_run_writes_nothing_and_needs_no_server(self, zygote: Zygote, tmp_path: Path) -> None:
        alone = Avouch(zygote, tmp_path)
        alone.file("some.jsonl", *STORY, a_record("call-9", phone("600 12 31 23")))

        printed = alone("import", "some.jsonl", "--source", "dry", "--dry-run")

        assert printed == (
            "Nothing was written. 5 records would be kept, 2 of them with a name; 1 would be rejected.\n"
            "  line 5: Object missing required field `occurred_at`\n"
            "  1 email, stored\n"
            "  1 email, verified\n"
            "  3 phone, observed\n"
            "  1 phone value ties nothing: it has no country code and its source has no region;"
            ' set region = ".." for the source (line 6)\n'
            "  Say which country numbers without a country code belong to: --region ES\n"
            "  Not compared with what is known: there is no database yet.\n"
        )
        assert not (tmp_path / "home").exists()

    def test_a_region_given_later_reads_the_numbers_anew(self, avouch: Avouch) -> None:
        file = avouch.file("national.jsonl", a_record("c1", phone("600 99 88 77")))
        avouch("import", file, "--source", "national")

        avouch("import", file, "--source", "national", "--region", "ES")

        assert len(avouch.json("lookup", "--phone", "+34600998877")["matches"]) == 1

    @pytest.mark.usefixtures("story")
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--source", "story", "--trust", "stored"], "story has been imported as verified"),
            (["--source", "avouch"], "avouch is the platform's own name."),
            (["--source", "My CRM"], "My CRM is no name for a source."),
        ],
    )
    def test_a_name_or_trust_that_cannot_be_is_refused(
        self, avouch: Avouch, arguments: list[str], says: str
    ) -> None:
        assert avouch.fails("import", "story.jsonl", *arguments).startswith(f"Error: {says}")


class TestAsking:
    """`lookup`, `show`, `why`: what an agent needs when the phone rings."""

    def test_lookup_shows_everybody_who_may_be_calling(self, avouch: Avouch, ids: dict[str, str]) -> None:
        assert avouch("lookup", "--phone", "612 34 56 78", "--region", "ES") == PANEL.format(**ids)

    def test_nobody_is_an_answer(self, avouch: Avouch) -> None:
        assert avouch("lookup", "--email", "nobody@example.com") == (
            "nobody@example.com\nNobody is known to hold this address.\n"
        )

    def test_what_is_no_number_is_said(self, avouch: Avouch) -> None:
        assert avouch.fails("lookup", "--phone", "12") == "Error: That is a short code, not a phone number.\n"

    def test_why_gives_the_reasons_in_sentences(self, avouch: Avouch, ids: dict[str, str]) -> None:
        since = avouch.json("policy", "history")["versions"][-1]["at"]

        assert avouch("why", ids["user"]) == WHY.format(today=day(datetime.fromisoformat(since)))

    def test_any_id_ever_shown_finds_its_contact(self, avouch: Avouch, ids: dict[str, str]) -> None:
        proofs = avouch.json("why", ids["user"])["proofs"]

        found = avouch.json("show", proofs[-1]["evidence"][0])

        assert (found["id"], found["name"]) == (ids["user"], "Ana Ruiz")

    def test_a_strange_id_is_answered_with_what_to_type(self, avouch: Avouch) -> None:
        assert avouch.fails("why", "xyz") == (
            "Error: No contact has the id xyz.\n    Look for the contact: avouch lookup --phone or --email\n"
        )


class TestWorking:
    """`note` and `convert`: what people add stays, and proof decides."""

    def test_a_converted_lead_keeps_its_note(self, avouch: Avouch) -> None:
        avouch("import", avouch.file("lead.jsonl", a_record("c", phone("+34622000001"))), "--source", "lead")
        (lead,) = avouch.json("lookup", "--phone", "+34622000001")["matches"]
        avouch("note", lead["id"], "wants a call back", "--author", "ana")

        done = avouch.json("convert", lead["id"], "--identifier", "email:new@example.com", "--method", "otp")

        kept = avouch.json("show", lead["id"])
        assert (done["result"], done["kind"], kept["kind"]) == ("converted", "user", "user")
        assert [(note["author"], note["body"]) for note in kept["notes"]] == [("ana", "wants a call back")]
        assert [each["kind"] for each in avouch.json("changes")["changes"] if each["id"] == done["id"]] == [
            "converted"
        ]

    def test_a_lead_joins_the_user_who_holds_what_it_proved(self, avouch: Avouch) -> None:
        records = [
            a_record("c", phone("+34622000002")),
            a_record("v", email("eva@example.com"), name="Eva Gil"),
        ]
        avouch("import", avouch.file("join.jsonl", *records), "--source", "join")
        (lead,) = avouch.json("lookup", "--phone", "+34622000002")["matches"]
        (user,) = avouch.json("lookup", "--email", "eva@example.com")["matches"]

        said = avouch("convert", lead["id"], "--identifier", "email:eva@example.com", "--method", "link")

        assert said.startswith(
            f"The lead is the user Eva Gil, and joined: {user['id']}\nSee: avouch why {user['id']}\n"
            "To take it back: avouch decisions withdraw "
        )

    def test_a_role_address_makes_nobody_a_user(self, avouch: Avouch) -> None:
        avouch("import", avouch.file("role.jsonl", a_record("c", phone("+34622000003"))), "--source", "role")
        (lead,) = avouch.json("lookup", "--phone", "+34622000003")["matches"]

        done = avouch.json("convert", lead["id"], "--identifier", "email:info@example.com", "--method", "otp")

        assert (done["result"], done["kind"]) == ("still a lead", "lead")
        assert done["why"].startswith("the email is common and proves nobody")

    def test_what_cannot_be_an_identifier_is_refused(self, avouch: Avouch, ids: dict[str, str]) -> None:
        refused = avouch.fails("convert", ids["lead"], "--identifier", "email:nobody", "--method", "otp")

        assert refused.startswith("Error: Not converted: the email ")


class TestAll:
    """Commands about all contacts."""

    @pytest.mark.usefixtures("story")
    def test_a_rebuild_changes_nothing(self, avouch: Avouch) -> None:
        rebuilt = avouch.json("rebuild", "--check")

        assert rebuilt["differ"] == []
        assert rebuilt["records"] >= len(STORY) - 1

    def test_suggestions_name_both_contacts(self, avouch: Avouch, ids: dict[str, str]) -> None:
        found = avouch.json("suggestions", "list")["suggestions"]

        assert sorted(ids.values()) in [sorted(each["contacts"]) for each in found]

    @pytest.mark.usefixtures("story")
    def test_an_export_to_a_file_is_the_one_to_standard_output(self, avouch: Avouch) -> None:
        count = avouch.json("export", "--output", "all.jsonl")["contacts"]

        written = (avouch.folder / "all.jsonl").read_text(encoding="utf-8")
        assert avouch("export") == written
        assert written.count("\n") == count

    def test_reconcile_says_what_it_did(self, avouch: Avouch) -> None:
        assert avouch.json("reconcile") == {"resolved": 0, "asked_again": 0, "changed": 0}
