"""The policy from outside: look, test, apply, go back; every step says the next one."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.acceptance.terminal import Avouch, a_record, email, phone

pytestmark = pytest.mark.servers

EVIDENCE = (
    a_record("call-1", phone("+34612345678")),
    a_record("call-2", phone("+34612345678"), day=2),
    a_record("row-1", phone("+34698765432", "stored"), email("ana@x.es", "stored"), name="Ana Ruiz"),
    a_record("row-2", email("ben@x.es", "stored"), name="Ben Ortega"),
)
NEW = 'own_numbers = ["+34612345678"]\ncomplete = ["name", "email"]\n'
CHANGED = """\
Conversions gained, from lead to user: 1
  Ben Ortega  {ben}
Split: 1
  +34 612 34 56 78  {call}, into 2
In all: 4 contacts.
"""


@pytest.fixture(scope="module")
def ids(avouch: Avouch) -> dict[str, str]:
    """The ids of two contacts of the evidence that the new policy changes."""
    avouch("import", avouch.file("evidence.jsonl", *EVIDENCE), "--source", "crm")
    avouch.file("new.toml", NEW)
    found = [json.loads(line) for line in avouch("export").splitlines()]
    by_record = {record["id"]: contact["id"] for contact in found for record in contact["records"]}
    return {"ben": by_record["row-2"], "call": by_record["call-1"]}


@pytest.fixture
def first(avouch: Avouch, ids: dict[str, str]) -> int:
    """The number of a version that says what the first one says, and is in force."""
    assert ids
    return int(avouch.json("policy", "apply", "--version", "1")["version"])


def exported(avouch: Avouch) -> str:
    """Return what `avouch export | sha256sum` prints."""
    return hashlib.sha256(avouch("export").encode()).hexdigest()


class TestPolicy:
    """`policy test` says what `policy apply` does, and an earlier version gives back what was."""

    def test_a_test_says_what_would_change_and_writes_nothing(
        self, avouch: Avouch, ids: dict[str, str], first: int
    ) -> None:
        before = exported(avouch)

        said = avouch.run("policy", "test", "new.toml")

        assert said.out == f"Nothing was written. new.toml in place of version {first}:\n" + CHANGED.format(
            **ids
        )
        assert said.err == "To put it in force: avouch policy apply new.toml\n"
        assert exported(avouch) == before
        assert avouch.json("policy", "history")["versions"][0]["version"] == first

    def test_applying_does_it_and_the_old_version_undoes_it(
        self, avouch: Avouch, ids: dict[str, str], first: int
    ) -> None:
        before = exported(avouch)
        tested = avouch.json("policy", "test", "new.toml")

        applied = avouch.json("policy", "apply", "new.toml", "--reason", "asked for by the shop")
        after = exported(avouch)
        shown = avouch.json("show", ids["ben"])
        back = avouch.run("policy", "apply", "--version", "1", "--limit", "0")

        assert applied == {**tested, "version": first + 1, "written": True}
        assert applied["export_sha256"] == after
        assert (shown["kind"], shown["policy"]) == ("user", first + 1)
        assert back.out == (
            f"Version {first + 2} is in force, in place of version {first + 1}:\n"
            "Conversions withdrawn, from user to lead: 1\n"
            "  and 1 more: --limit 1, or --json\n"
            "Joined: 1\n"
            "  and 1 more: --limit 1, or --json\n"
            "In all: 3 contacts.\n"
        )
        assert exported(avouch) == before

        versions = avouch.json("policy", "history", "--limit", "2")["versions"]
        assert [(each["version"], each["origin"], each["reason"]) for each in versions] == [
            (first + 2, "version 1", ""),
            (first + 1, "new.toml", "asked for by the shop"),
        ]
        assert [each["changed"] for each in versions] == [["own_numbers", "complete"]] * 2
        assert avouch.json("status")["work"]["policy"] == first + 2

    def test_what_is_shown_is_a_file_that_can_be_applied(self, avouch: Avouch, first: int) -> None:
        avouch.file("shown.toml", avouch("policy", "show"))

        assert avouch("policy", "apply", "shown.toml") == (
            f"Nothing changes: version {first} says the same.\n"
        )
        assert avouch("policy", "test", "shown.toml") == (
            f"Nothing changes: version {first} says the same.\n"
        )

    @pytest.mark.usefixtures("ids")
    def test_everything_wrong_in_a_file_is_told_at_once(self, avouch: Avouch) -> None:
        avouch.file("wrong.toml", "common_limt = 3", "complete = []", "[trust]", 'crmm = "stored"')

        assert avouch.fails("policy", "test", "wrong.toml") == (
            "Error: wrong.toml: 3 problems\n"
            "  common_limt: unknown key (did you mean common_limit?); allowed: audiences, common_limit, complete,"
            " dedupe_auto, own_numbers, phone_binding, policy, roles_extra, schedule, sources, suggest_above, trust\n"
            "  complete: an empty array; allowed: at least one of name, email, phone\n"
            "  trust.crmm: no such source (did you mean crm?); allowed: crm\n"
        )

    @pytest.mark.usefixtures("ids")
    def test_a_version_that_never_was_is_refused(self, avouch: Avouch) -> None:
        says = "Error: There is no version 99. See: avouch policy history\n"

        assert avouch.fails("policy", "apply", "--version", "99") == says
        assert avouch.fails("policy", "show", "--version", "99") == says

    @pytest.mark.parametrize("given", [(), ("new.toml", "--version", "1")])
    def test_a_file_or_a_version_is_given_and_not_both(
        self, avouch: Avouch, ids: dict[str, str], given: tuple[str, ...]
    ) -> None:
        assert ids
        said = avouch.run("policy", "apply", *given)

        assert said.code == 2
        assert "Give a FILE or --version, one of them." in said.err


def test_the_file_in_use_is_tested_before_it_takes_effect(avouch: Avouch, first: int) -> None:
    in_use: Path = avouch.folder / "avouch.toml"
    in_use.write_text(f"[policy]\n{NEW}", encoding="utf-8")

    tested = avouch("policy", "test", "avouch.toml", "--limit", "0")
    applied = avouch("policy", "apply", "avouch.toml", "--limit", "0")
    after = avouch.json("policy", "history")["versions"]

    assert tested.splitlines()[1:] == applied.splitlines()[1:]
    assert [(each["version"], each["origin"]) for each in after[:1]] == [(first + 1, "avouch.toml")]
