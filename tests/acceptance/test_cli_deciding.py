"""Deciding, from outside: every answer says how it ended, and how to take it back."""

import re
from collections.abc import Mapping

import pytest

from tests.acceptance.terminal import Avouch, a_record, email, phone

pytestmark = pytest.mark.servers

LINE, OTHER_LINE = "+34612345678", "+34698765432"
EVA = ("--author", "eva")


def account(value: str) -> dict[str, str]:
    return {"type": "account", "namespace": "app", "value": value, "level": "verified", "method": "session"}


def cookie(value: str) -> dict[str, str]:
    return {"type": "device", "namespace": "site", "value": value, "level": "verified", "method": "cookie"}


SOURCES: Mapping[str, list[Mapping[str, object]]] = {
    "pbx": [a_record("call-1", phone(LINE)), a_record("call-2", phone(OTHER_LINE))],
    "chat": [
        a_record("v1", email("ana@x.es", method="otp"), name="Ana Ruiz"),
        a_record("v2", account("u-17"), cookie("ck1"), day=2, name="Marta Sol"),
        a_record("v3", account("u-20"), cookie("ck1"), day=4, name="Luis Gómez"),
    ],
    "crm": [
        a_record("7", email("ana@x.es", "stored"), phone(LINE, "stored"), name="Ana Ruiz"),
    ],
}


@pytest.fixture(scope="module")
def ids(avouch: Avouch) -> dict[str, str]:
    """The ids of the contacts, by a short name."""
    for source, records in SOURCES.items():
        avouch("import", avouch.file(f"{source}.jsonl", *records), "--source", source)
    return {
        "ana": the_id(avouch, "--email", "ana@x.es", "user"),
        "lead": the_id(avouch, "--phone", LINE, "lead"),
        "other": the_id(avouch, "--phone", OTHER_LINE, "lead"),
    }


def the_id(avouch: Avouch, option: str, value: str, kind: str) -> str:
    matches = avouch.json("lookup", option, value)["matches"]
    return next(str(each["id"]) for each in matches if each["kind"] == kind)


def plain(text: str, ids: Mapping[str, str]) -> str:
    """Return output with ids by name, and whatever differs from run to run as a word."""
    for name, each in ids.items():
        text = text.replace(each, f"<{name}>")
    text = re.sub(r"on \d{1,2} [A-Z][a-z]+ 20[2-9]\d(?= \(|\.$| by)", "on <day>", text, flags=re.MULTILINE)
    text = re.sub(r"^\d+ [A-Z][a-z]+ \d{4}, change \d+", "<day>, change <n>", text, flags=re.MULTILINE)
    text = re.sub(r"^Judged by .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\bundo \d+", "undo <n>", text)
    text = re.sub(r"\b[0-9a-f]{10}-[0-9a-f]{6}\b", "<suggestion>", text)
    return re.sub(r"\b[0-9a-f]{16}\b", "<decision>", text)


class TestMergeAndUndo:
    """`merge`, then `undo`: the export is what it was."""

    def test_a_merge_says_what_came_of_it_and_how_to_take_it_back(
        self, avouch: Avouch, ids: dict[str, str]
    ) -> None:
        before = avouch("export")

        merged = avouch("merge", ids["ana"], ids["lead"], "--reason", "same voice", *EVA)
        why = avouch("why", ids["lead"])
        number = merged.rsplit(" ", 1)[1].strip()
        undone = avouch("undo", number, "--reason", "two people", "--author", "ben")

        assert plain(merged, ids) == (
            "They are one contact now:\n"
            "    Ana Ruiz (user)  <ana>\n"
            "        chat v1, crm 7 and pbx call-1\n"
            "To take it back: avouch undo <n>\n"
        )
        *reasons, joined, converted = plain(why, ids).splitlines()
        assert [line for line in reasons if not line.startswith("<day>")] == [
            (
                "Ana Ruiz is a user because on 1 March 2026 they confirmed ana@x.es by a one-time code (chat v1);"
                " in the books, crm 7 holds the same address."
            ),
            "chat v1 and pbx call-1 are one person: eva decided so on <day> (“same voice”).",
        ]
        assert (joined, converted) == (
            "<day>, change <n>: 2 contacts became one.",
            "<day>, change <n>: a lead became a user.",
        )
        assert plain(undone, ids) == (
            f"Change {number} is undone.\n"
            "    Withdrawn: one person: chat v1 and crm 7; pbx call-1 (decision <decision>).\n"
            "Now there are:\n"
            "    Ana Ruiz (user)  <ana>\n"
            "        chat v1 and crm 7\n"
            "    +34 612 34 56 78 (lead)  <lead>\n"
            "        pbx call-1\n"
            "To take it back: avouch undo <n>\n"
        )
        assert avouch("export") == before

    def test_what_was_undone_is_in_the_list_of_changes(self, avouch: Avouch, ids: dict[str, str]) -> None:
        done = avouch.json("merge", ids["ana"], ids["other"])
        number = int(done["take_back"].split()[-1])
        avouch("undo", str(number), "--author", "ben")

        listed = avouch.json("changes", "--contact", ids["ana"], "--since", "1h")["changes"]

        row = next(each for each in listed if each["change"] == number)
        assert (row["kind"], row["undone_by"], row["from"]) == (
            "joined",
            "ben",
            sorted([ids["ana"], ids["other"]]),
        )

    def test_changes_before_a_time_are_left_out(self, avouch: Avouch) -> None:
        assert avouch.json("changes", "--since", "2999-01-01") == {"changes": []}

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["undo", "99999"], "Nothing was changed: there is no change 99999. See: avouch changes"),
            (
                ["merge", "xyz", "abc"],
                "Nothing was changed: no contact has the id xyz. Look for it: avouch lookup --phone or --email",
            ),
            (
                ["decisions", "withdraw", "nope"],
                "There is no decision nope. See: avouch decisions list",
            ),
            (
                ["conflicts", "show", "zz"],
                "No open case begins with zz: it may be settled by now. See: avouch conflicts list",
            ),
        ],
    )
    @pytest.mark.usefixtures("ids")
    def test_what_is_not_there_is_answered_with_what_to_type(
        self, avouch: Avouch, arguments: list[str], says: str
    ) -> None:
        assert avouch.fails(*arguments) == f"Error: {says}\n"

    def test_a_contact_is_not_merged_with_itself(self, avouch: Avouch, ids: dict[str, str]) -> None:
        said = avouch.fails("merge", ids["ana"], ids["ana"])

        assert plain(said, ids) == (
            "Error: Nothing was changed: they are one contact already. See: avouch show <ana>\n"
        )


class TestSplit:
    """`split ID RECORD`: records are named as `show` prints them."""

    def test_a_record_is_taken_out_and_put_back(self, avouch: Avouch, ids: dict[str, str]) -> None:
        split = avouch.json("split", ids["ana"], "crm/7", "--reason", "her son", *EVA)
        told = avouch("why", ids["ana"])

        assert sorted([record["source"] for record in each["records"]] for each in split["contacts"]) == [
            ["chat"],
            ["crm"],
        ]
        crm = next(each["id"] for each in split["contacts"] if each["id"] != ids["ana"])
        assert f"Told from Ana Ruiz ({crm}) by eva on <day> (“her son”)." in plain(told, ids)
        withdrawn = avouch("decisions", "withdraw", split["decisions"][0]["id"][:8], *EVA)
        assert plain(withdrawn, ids) == (
            "Withdrawn: different people: crm 7; chat v1.\n"
            "Now there are:\n"
            "    Ana Ruiz (user)  <ana>\n"
            "        chat v1 and crm 7\n"
            "To take it back: avouch undo <n>\n"
        )

    def test_a_mistyped_record_is_answered_with_the_nearest(
        self, avouch: Avouch, ids: dict[str, str]
    ) -> None:
        said = avouch.fails("split", ids["ana"], "crm/77")

        assert plain(said, ids) == (
            "Error: crm/77 is no record of this contact. Did you mean crm/7? See: avouch show <ana>\n"
        )


class TestWhyNot:
    """`why-not ID ID`: what they share, and what would join them."""

    def test_what_is_missing_is_said_with_the_values_masked(
        self, avouch: Avouch, ids: dict[str, str]
    ) -> None:
        assert plain(avouch("why-not", ids["ana"], ids["lead"]), ids) == (
            "Ana Ruiz (user) and +34 612 34 56 78 (lead) are two contacts.\n"
            "They share +34 612 34 56 78: Ana Ruiz (user) has it in the books (crm 7),"
            " +34 612 34 56 78 (lead) was seen with it (pbx call-1).\n"
            "It does not join them: only one of them has it for certain.\n"
            "\n"
            "What is missing, one of:\n"
            "    - a one-time code to +34…78, from +34 612 34 56 78 (lead)\n"
            "    - a confirmed link at a…@x.es, from +34 612 34 56 78 (lead)\n"
            "\n"
            "Or a person decides:\n"
            "    they are one person:        avouch merge <ana> <lead>\n"
            "    they are different people:  avouch suggestions reject <suggestion>\n"
        )

    def test_two_strangers_share_nothing(self, avouch: Avouch, ids: dict[str, str]) -> None:
        answer = avouch.json("why-not", ids["lead"], ids["other"])

        assert (answer["verdict"], answer["shared"], answer["missing"]) == ("nothing shared", [], [])
        assert answer["decide"] == [f"avouch merge {ids['lead']} {ids['other']}"]


class TestConflicts:
    """`conflicts`: who stands on which side, and what a person may do."""

    def test_a_case_shows_its_sides_and_the_ways_out(self, avouch: Avouch, ids: dict[str, str]) -> None:
        (case,) = avouch.json("conflicts", "list", "--kind", "contested")["conflicts"]
        marta, luis = (side["contacts"][0]["id"] for side in case["sides"])

        shown = avouch("conflicts", "show", case["case"][:6])

        known = {**ids, "marta": marta, "luis": luis, "case": case["case"]}
        assert [line.rstrip() for line in plain(shown, known).splitlines()] == [
            "The browser ck1 (site) joins nobody: two people hold it, for their accounts differ.",
            "contested, case <case>, open since 4 March 2026",
            "",
            "One side    Marta Sol (user)  <marta>",
            "              chat v2: proved since 2 March 2026, account u-17 (app)",
            "Other side  Luis Gómez (user)  <luis>",
            "              chat v3: proved since 4 March 2026, account u-20 (app)",
            "",
            "What a person may do:",
            "    they are one person:",
            "        avouch merge <marta> <luis>",
            "    many people use this browser:",
            "        avouch mark device/site:ck1 --as common",
            "    a wrong join brought it about: look for it, and undo it:",
            "        avouch changes --contact <marta>",
        ]

    @pytest.mark.usefixtures("ids")
    def test_marking_the_value_common_settles_it_until_that_is_withdrawn(self, avouch: Avouch) -> None:
        marked = avouch.json("mark", "device/site:ck1", "--as", "common", "--reason", "a kiosk", *EVA)
        settled = avouch.json("conflicts", "list")["total"]

        avouch("decisions", "withdraw", marked["decisions"][0]["id"])

        assert (settled, avouch.json("conflicts", "list")["total"]) == (0, 1)

    @pytest.mark.usefixtures("ids")
    def test_a_number_is_marked_in_its_canonical_form(self, avouch: Avouch) -> None:
        marked = avouch.json("mark", "phone:912 34 56 78", "--as", "own", "--region", "ES", *EVA)

        assert marked["decisions"][0]["identifier"] == {"type": "phone", "value": "+34912345678"}
        assert marked["take_back"] == f"avouch decisions withdraw {marked['decisions'][0]['id']}"

    def test_a_number_without_a_country_is_refused(self, avouch: Avouch) -> None:
        assert avouch.fails("mark", "phone:912345678", "--as", "common") == (
            "Error: That has no country code. Write it with + and the code, or say --region ES.\n"
        )


class TestDecisions:
    """`decisions list`: who said what, and what was taken back."""

    def test_a_proof_is_a_decision_with_its_author(self, avouch: Avouch, ids: dict[str, str]) -> None:
        proof = ("--identifier", "email:new@example.com", "--method", "otp", "--reason", "called back")
        done = avouch.json("convert", ids["other"], *proof, *EVA)

        listed = avouch.json("decisions", "list", "--contact", ids["other"])["decisions"]
        why = avouch("why", ids["other"])
        avouch("decisions", "withdraw", done["decision"])

        assert [
            (each["id"], each["author"], each["reason"]) for each in listed if each["kind"] == "convert"
        ] == [(done["decision"], "eva", "called back")]
        assert "they confirmed new@example.com by a one-time code (eva took the proof: “called back”)" in why
        assert avouch.json("show", ids["other"])["kind"] == "lead"

    def test_the_list_names_records_people_and_reasons(self, avouch: Avouch, ids: dict[str, str]) -> None:
        done = avouch.json("merge", ids["lead"], ids["other"], "--reason", "one voice", *EVA)

        printed = " ".join(avouch("decisions", "list", "--limit", "1").split())
        avouch("undo", done["take_back"].split()[-1])

        assert "eva one person: pbx call-1; pbx call-2 (“one voice”)" in printed
