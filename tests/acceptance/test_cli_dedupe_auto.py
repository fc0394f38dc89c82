"""Decisions by the policy from outside: look, switch on, take back, switch off."""

import json

import pytest

from tests.acceptance.terminal import Avouch, a_record, email

pytestmark = pytest.mark.servers

BOB = "bob.ashdown@example.com"
AUTHOR = "policy:dedupe_auto"


@pytest.fixture(scope="module")
def ids(avouch: Avouch) -> list[str]:
    """The ids of two contacts that are one person all but certainly, and of a household."""
    avouch.file("on.toml", "dedupe_auto = 0.99")
    avouch.file("off.toml", 'dedupe_auto = "off"')
    rows = [a_record("row", email(BOB, "stored"), name="Robert Ashdown")]
    forms = [a_record("form", email(BOB, "claimed"), name="Bob Ashdown", day=2)]
    home = "home@example.com"
    rows.append(a_record("ana", email(home, "stored"), name="Ana Ruiz"))
    forms.append(a_record("luis", email(home, "claimed"), name="Luis Ruiz"))
    avouch("import", avouch.file("rows.jsonl", *rows), "--source", "crm")
    avouch("import", avouch.file("forms.jsonl", *forms), "--source", "forms")
    return contacts(avouch)


def contacts(avouch: Avouch) -> list[str]:
    return [json.loads(line)["id"] for line in avouch("export").splitlines()]


class TestDedupeAuto:
    """The policy joins whom `policy test` says it would, and all of it can be taken back."""

    def test_whom_the_test_names_are_joined_stay_so_when_it_is_off_and_are_taken_back(
        self, avouch: Avouch, ids: list[str]
    ) -> None:
        said = avouch("policy", "test", "--dedupe-auto", "0.99")
        told = avouch.json("policy", "test", "on.toml")["dedupe_auto"]
        before = contacts(avouch)
        avouch("policy", "apply", "on.toml")
        avouch("reconcile")
        joined = contacts(avouch)
        (listed,) = avouch.json("decisions", "list", "--decided-by", AUTHOR)["decisions"]
        off = avouch("policy", "apply", "off.toml")
        kept = contacts(avouch)
        back = avouch("decisions", "withdraw", "--decided-by", AUTHOR, "--since", "1d")
        avouch("policy", "apply", "on.toml")
        avouch("reconcile")

        assert "Decided by the policy, from 99 % on: 1 pair\n  the least probable:\n" in said
        assert f"For: same e-mail address {BOB}; Bob is short for Robert, at one mailbox." in said
        assert (told["from"], len(told["decided"]), told["at_once"], told["put_off"]) == (0.99, 1, 1, 0)
        assert sorted(told["decided"][0]["contacts"]) == sorted(
            each for side in listed["sides"] for each in side
        )
        assert before == ids
        assert len(joined) == len(ids) - 1
        assert (listed["kind"], listed["author"]) == ("same", AUTHOR)
        assert (
            f"What the policy decided stays in force: 1 decision. To take it back: avouch decisions withdraw --decided-by {AUTHOR}\n"
            in off
        )
        assert kept == joined
        assert back == f"Withdrawn: 1 decision by {AUTHOR}. The policy decides none of them again.\n"
        assert contacts(avouch) == ids

    @pytest.mark.usefixtures("ids")
    @pytest.mark.parametrize("line", ["0.9", "1", "maybe", "nan"])
    def test_a_probability_that_is_too_low_is_refused(self, avouch: Avouch, line: str) -> None:
        said = avouch.run("policy", "test", "--dedupe-auto", line)

        assert said.code == 2
        assert f'{line} is none; write "off", or a probability from 0.99 to below 1: 0.999' in said.err

    @pytest.mark.usefixtures("ids")
    def test_one_decision_or_an_author_is_given_and_not_both(self, avouch: Avouch) -> None:
        for wrong in ((), ("3f2a", "--decided-by", "eva"), ("3f2a", "--since", "1d")):
            said = avouch.run("decisions", "withdraw", *wrong)

            assert said.code == 2
            assert "Give one DECISION, or --decided-by with or without --since." in said.err
